"""What a batch's item asks for, read: the identifiers that are any, the words, and what is wrong with the rest. Pure."""

import re
from dataclasses import dataclass
from functools import cached_property

from search.acceptance import Meant
from search.identifiers import InvalidIsbn, openlibrary_id, parse_isbn
from search.normalisers.text import clean_line, search_key
from search.provider import Kind, Question
from search.resolution import By, Wanted
from search.schemes import Scheme, canonical, scheme_of

MAX_CHARS = 500
_GOOGLE_ID = re.compile(r"[\w-]{4,40}", re.ASCII)
FOLLOWED = (Scheme.GOODREADS, Scheme.LIBRARYTHING, Scheme.ASIN, Scheme.LCCN, Scheme.OCLC)
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Id:
    """An id that a provider gave."""

    by: By
    provider: str
    text: str

    @property
    def names_work(self) -> bool:
        """Whether it stands for a work in any of its editions."""
        return self.text.startswith("OL") and self.text.endswith("W") and self.by == "openlibrary_id"


@dataclass(frozen=True)
class Asked:
    """An item as it is looked up. `problem` says for the client what was given and is no identifier."""

    wanted: Wanted
    isbn: str | None  # ISBN-13
    ids: tuple[Id, ...]
    named: tuple[tuple[Scheme, str], ...]  # ids in canonical form that only the local catalogue can follow
    meant: Meant
    problem: str | None
    problem_code: str | None

    @property
    def identified(self) -> bool:
        """Whether an identifier was given, right or wrong: then words alone cannot tell which edition is meant."""
        return bool(self.isbn or self.ids or self.named or self.problem)

    @property
    def empty(self) -> bool:
        return not (self.isbn or self.ids or self.named or self.meant.title)

    @cached_property
    def key(self) -> Key:
        """The same for two items that ask for the same."""
        words = (search_key(self.meant.title), *map(search_key, self.meant.authors))
        named = (f"{scheme}:{value}" for scheme, value in self.named)
        return (self.isbn or "", *(given.text for given in self.ids), *named, self.problem or "", *words)

    @cached_property
    def question(self) -> Question:
        """The question by words, as a client asks it: one cache key for both."""
        title = self.meant.asked
        if self.meant.authors:
            return Question(Kind.ADVANCED, title=title, author=self.meant.authors[0])
        return Question(Kind.TITLE, text=title)


def read(wanted: Wanted) -> Asked:
    """Read an item; what cannot be read is its problem, never an exception."""
    isbn, problem, code = None, None, None
    if wanted.isbn.strip():
        try:
            isbn = parse_isbn(wanted.isbn).isbn13
        except InvalidIsbn as error:
            problem, code = str(error), "INVALID_ISBN"
    ids: list[Id] = []
    if given := wanted.openlibrary_id.strip():
        found = openlibrary_id(given, "work") or openlibrary_id(given, "edition")
        if found:
            ids.append(Id("openlibrary_id", "openlibrary", found))
        else:
            problem, code = problem or "This is no Open Library id of a work or an edition.", code or "INVALID_REQUEST"
    if given := wanted.google_id.strip():
        if _GOOGLE_ID.fullmatch(given):
            ids.append(Id("google_id", "google-books", given))
        else:
            problem, code = problem or "This is no Google Books id of a volume.", code or "INVALID_REQUEST"
    schemes = ((scheme_of(name), text) for name, text in wanted.ids.items())
    named = tuple((scheme, value) for scheme, text in schemes if scheme in FOLLOWED and (value := canonical(scheme, text)))
    return Asked(wanted, isbn, tuple(ids), named, Meant(_words(wanted.title), _words(wanted.author)), problem, code)


def _words(text: str) -> str:
    line = clean_line(text[: MAX_CHARS * 2])[:MAX_CHARS].strip()
    return line if any(map(str.isalnum, line)) else ""
