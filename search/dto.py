"""What the search core passes around: records as a provider gave them, books as we merged them.

Nothing here knows a provider, a database or the wire. Unknown is None or an empty tuple; text is clean (see normalisers);
ISBNs are canonical ISBN-13; languages are ISO 639-1; years before the common era are negative.
"""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Author:
    """A person or body that wrote the work, under the name to show."""

    name: str
    openlibrary_id: str | None = None  # OL…A
    isbndb_id: str | None = None
    birth_year: int | None = None
    death_year: int | None = None


@dataclass(frozen=True, slots=True)
class Demographics:
    """What Wikidata says of an author. `confidence` (0..1) is how sure it is that they are meant; `region` is one of the fixed list."""

    wikidata_id: str  # Q…
    confidence: float
    retrieved_at: str  # ISO 8601
    gender: str | None = None  # Female, Male, Non-binary, Other
    region: str | None = None
    nationality: str | None = None
    birth_year: int | None = None
    death_year: int | None = None
    birth_date: str | None = None  # YYYY-MM-DD


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    position: float | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """One publication of a work. Every fact belongs to this very edition, never to a sibling."""

    isbns: tuple[str, ...] = ()
    title: str | None = None
    subtitle: str | None = None
    publisher: str | None = None
    published: str | None = None  # YYYY, YYYY-MM or YYYY-MM-DD
    page_count: int | None = None
    format: str | None = None  # Hardcover, Paperback, E-book, Audiobook, Mass Market
    language: str | None = None
    cover_url: str | None = None  # https
    cover_urls: tuple[str, str, str] | None = None  # small, medium, large
    own_covers: tuple[str, str, str] | None = None  # the same, of the cover that we harvested
    note: str | None = None  # "Reprint", "Paperback": noise cut from a title
    openlibrary_id: str | None = None  # OL…M
    google_id: str | None = None
    goodreads_ids: tuple[str, ...] = ()
    librarything_ids: tuple[str, ...] = ()
    asins: tuple[str, ...] = ()
    archive_ids: tuple[str, ...] = ()  # of its scans at the Internet Archive

    @property
    def year(self) -> int | None:
        """Year of publication of this edition."""
        return int(self.published[:4]) if self.published else None


@dataclass(frozen=True, slots=True)
class Record:
    """One provider's word about a work and, where it speaks of one, an edition of it."""

    provider: str
    title: str
    subtitle: str | None = None
    authors: tuple[Author, ...] = ()
    contributors: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    description: str | None = None
    series: Series | None = None
    first_year: int | None = None  # of the work; an edition's year stays in edition.published
    original_language: str | None = None
    languages: tuple[str, ...] = ()  # of all known editions of the work
    other_titles: tuple[str, ...] = ()  # translations and spellings of the work's title
    openlibrary_work_id: str | None = None  # OL…W
    catalogue_id: str | None = None  # the local catalogue's own of the work
    work_isbns: tuple[str, ...] = ()  # of any edition of the work, this one's included
    edition: Edition = field(default_factory=Edition)
    popularity: float = 0.0  # 0..1 within the provider, to break ties
    edited: frozenset[str] = frozenset()  # fields that staff corrected, as they are named here; "edition.publisher" of the edition


class MatchLevel(StrEnum):
    """How surely a result is what was asked, surest first."""

    EXACT_EDITION = "exact_edition"
    SAME_WORK = "same_work"
    WORK_ONLY = "work_only"
    GUESS = "guess"


@dataclass(frozen=True, slots=True)
class Match:
    level: MatchLevel
    score: float  # 0..1
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A work with the one edition that stands for it in an answer, merged from the records of several providers."""

    title: str
    subtitle: str | None
    authors: tuple[Author, ...]
    contributors: tuple[str, ...]
    subjects: tuple[str, ...]
    description: str | None
    series: Series | None
    first_year: int | None
    original_language: str | None
    other_titles: tuple[str, ...]
    openlibrary_work_id: str | None
    catalogue_id: str | None
    work_isbns: tuple[str, ...]
    edition: Edition
    providers: tuple[str, ...]  # in order of trust
    sources: dict[str, str]  # field -> provider
    quality: int  # 0..100
    isbndb_quality: int  # 0..100, of ISBNdb's record alone; 0 where it gave none
    popularity: float = 0.0
    match: Match | None = None
    edited: frozenset[str] = frozenset()  # as in Record, of the work and of this edition
