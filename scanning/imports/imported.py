"""A book as a row tells it, and a row that is none. Values only. Source: spec 06, "CSV import" (members of the result)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scanning.imports.table import Note

Dto = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A book. Unknown is None or empty; everything is cleaned as spec 04 and 06 say."""

    title: str | None = None
    subtitle: str | None = None
    author: str | None = None
    additional_authors: tuple[str, ...] = ()
    isbns: tuple[str, ...] = ()  # ISBN-13, the one to go by first
    series_name: str | None = None
    series_position: float | None = None
    publisher: str | None = None
    publication_date: str | None = None  # YYYY, YYYY-MM or YYYY-MM-DD
    original_year: int | None = None
    page_count: int | None = None
    format: str | None = None  # Hardcover, Paperback, E-book, Audiobook, Mass Market
    rating: float | None = None  # 0.5..5 in halves; None: not rated
    status: str | None = None  # read, reading, to-read, wishlist, dnf
    date_read: str | None = None
    date_started: str | None = None
    date_added: str | None = None
    shelves: tuple[str, ...] = ()
    review: str | None = None  # plain text
    notes: str | None = None
    language: str | None = None  # ISO 639-1
    read_count: int | None = None
    ids: Mapping[str, str] = field(default_factory=dict)  # goodreads, librarything, openlibrary, google, asin, lccn, oclc, …
    extra: Mapping[str, str] = field(default_factory=dict)  # every other column that is not empty, by its header


@dataclass(frozen=True, slots=True)
class Imported:
    """A row that is a book."""

    row: int
    book: Draft
    notes: tuple[Note, ...] = ()

    def as_dto(self) -> Dto:
        """The members of a book of the result; `enrich` is added by the pipeline."""
        book = self.book
        dto: Dto = {
            "row": self.row,
            "title": book.title,
            "author": book.author,
            "additionalAuthors": list(book.additional_authors),
            "shelves": list(book.shelves),
            "ids": dict(book.ids),
            "extra": dict(book.extra),
        }
        series = {"name": book.series_name, **({"position": book.series_position} if book.series_position is not None else {})}
        more: Dto = {
            "subtitle": book.subtitle,
            "isbn": book.isbns[0] if book.isbns else None,
            "isbns": list(book.isbns) if len(book.isbns) > 1 else None,
            "series": series if book.series_name else None,
            "publisher": book.publisher,
            "publicationDate": book.publication_date,
            "publicationYear": int(book.publication_date[:4]) if book.publication_date else book.original_year,
            "originalPublicationYear": book.original_year,
            "pageCount": book.page_count,
            "format": book.format,
            "userRating": book.rating,
            "readingStatus": book.status,
            "dateRead": book.date_read,
            "dateStarted": book.date_started,
            "dateAdded": book.date_added,
            "review": book.review,
            "notes": book.notes,
            "language": book.language,
            "readCount": book.read_count,
        }
        return dto | {name: value for name, value in more.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is no book, with its own text so that nothing is lost."""

    row: int
    code: str  # INVALID_ROW, EMPTY_ROW, NO_TITLE, …
    message: str
    raw: str

    def as_dto(self) -> Dto:
        """A member of `errors` of the result."""
        return {"row": self.row, "code": self.code, "message": self.message, "raw": self.raw}
