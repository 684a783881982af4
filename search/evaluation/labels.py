"""What a labelled set is made of: works as its makers see them, and queries that say what would be right. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from search.dto import Book
from search.normalisers.names import author_similarity
from search.normalisers.text import dominant_script, search_key

SAME_AUTHOR = 0.85


@dataclass(frozen=True, slots=True)
class Known:
    """A work of the catalogue. `titles` are all it is known by, translations too; `language` is ISO 639-1 or, unknown, a script."""

    title: str
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    language: str = ""
    isbns: tuple[str, ...] = ()  # ISBN-13
    series: str = ""
    place: float | None = None  # in the series

    @property
    def names(self) -> frozenset[str]:
        """Keys of every title that the work goes by."""
        full = f"{self.title}: {self.subtitle}" if self.subtitle else self.title
        return frozenset(search_key(title) for title in (self.title, full, *self.titles))


class Group(StrEnum):
    """What kinds of query have in common: the threshold they are held to."""

    TITLE = "title"
    MISSPELT = "misspelt"
    AUTHOR = "author"
    ISBN = "isbn"
    ABSENT = "absent"  # of books that the catalogue has not: nothing, or only a guess, is right


class Way(StrEnum):
    """How a query is asked."""

    TITLE = "title"  # /v1/search/title
    ADVANCED = "advanced"  # title and author, each in its field
    BOX = "box"  # the one search box
    ISBN = "isbn"


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the work that is meant by it; None where the catalogue has none."""

    kind: str
    group: Group
    way: Way
    text: str
    author: str = ""
    meant: Known | None = None
    language: str = ""  # of what was typed: ISO 639-1, or a script
    by: str = ""  # where an author alone is asked: any work by this one is right

    def accepts(self, book: Book) -> bool:
        """Whether a book is a right answer: the work meant, or one that goes by the same title.

        Several works share a title, and nobody can tell which of them it means; where an author was asked, the author agrees too.
        """
        meant = self.meant
        if meant is None:
            return False
        if self.by:
            return _written_by((self.by,), book)
        if set(meant.isbns) & set(book.work_isbns):
            return True
        if self.group is Group.ISBN or not meant.names & _names(book):
            return False
        return not self.author or _written_by(meant.authors, book)


def _names(book: Book) -> set[str]:
    full = f"{book.title}: {book.subtitle}" if book.subtitle else book.title
    return {search_key(title) for title in (book.title, full, *book.other_titles)}


def _written_by(names: tuple[str, ...], book: Book) -> bool:
    return any(author_similarity(name, author.name) >= SAME_AUTHOR for name in names for author in book.authors)


def language_of(text: str, language: str) -> str:
    """The language, or the script of the title where the language is not known."""
    return language or dominant_script(text) or "no letters"
