"""Whether two candidates are one work: records of one book under two keys are no rivals. Pure."""

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from scanning.photos.book_words import main_title
from scanning.photos.candidate import Candidate
from search.normalisers.names import author_key, author_similarity
from search.normalisers.text import search_key
from search.normalisers.volumes import numbers_of

SAME_AUTHOR = 0.8
ALIKE = 60  # of 100: one subtitle in two languages or editions is seldom less
SPELLING = 90  # of 100: "Romeo y Julieta", "Romeo i Julieta"


@lru_cache(maxsize=4_096)
def _title(book: Candidate) -> str:
    return search_key(main_title(book.title, book.subtitle).title)


@lru_cache(maxsize=4_096)
def _subtitle(book: Candidate) -> str:
    return search_key(main_title(book.title, book.subtitle).subtitle or "")


@lru_cache(maxsize=4_096)
def author_keys(book: Candidate) -> tuple[str, ...]:
    """Its authors in the form for comparing."""
    return tuple(map(author_key, book.authors))


def same_work(one: Candidate, other: Candidate) -> bool:
    """One key, or one title by one author, spelling aside; without authors, one title and subtitle."""
    if one.key == other.key:
        return True
    title, named = _title(one), _title(other)
    if not one.authors or not other.authors:
        return title == named and not one.authors and not other.authors and search_key(one.subtitle) == search_key(other.subtitle)
    if not _subtitles_agree(_subtitle(one), _subtitle(other)):
        return False
    if title != named and (fuzz.ratio(title, named) < SPELLING or numbers_of(title) != numbers_of(named)):
        return False
    return same_author(one, other)


def _subtitles_agree(one: str, other: str) -> bool:
    """Whether they may be one book's: many records leave it out, or cut it; "Earth One" and "Year One" are two books of Batman."""
    return not one or not other or one.startswith(other) or other.startswith(one) or fuzz.ratio(one, other) >= ALIKE


def same_author(one: Candidate, other: Candidate) -> bool:
    """Whether they have an author in common."""
    if set(author_keys(one)) & set(author_keys(other)):
        return True
    return any(author_similarity(name, named) >= SAME_AUTHOR for name in one.authors[:3] for named in other.authors[:3])


def by_work(books: Sequence[Candidate]) -> list[int]:
    """For each candidate the place of the first that is the same work."""
    groups: list[int] = []
    for place, book in enumerate(books):
        groups.append(next((first for first in range(place) if groups[first] == first and same_work(books[first], book)), place))
    return groups
