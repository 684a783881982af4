"""The contract of an export format: how it is known, and which column is what. Pure.

Adding one is one file in `csv_formats/` and its test. Source: spec 06, "CSV import".
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from scanning.imports.imported import Draft


class Field(StrEnum):
    """What a column holds. What no member stands for is kept as it is, under its own header (`extra`)."""

    TITLE = "title"
    SUBTITLE = "subtitle"
    AUTHOR = "author"
    ADDITIONAL_AUTHORS = "additionalAuthors"
    AUTHOR_FIRST = "authorFirst"  # given name, where the family name has a column of its own
    AUTHOR_LAST = "authorLast"
    ISBN = "isbn"
    SERIES = "series"
    SERIES_POSITION = "seriesPosition"
    PUBLISHER = "publisher"
    PUBLICATION_DATE = "publicationDate"  # of the edition: a year or a whole date
    ORIGINAL_YEAR = "originalYear"
    PAGE_COUNT = "pageCount"
    FORMAT = "format"
    RATING = "userRating"
    STATUS = "readingStatus"
    DATE_READ = "dateRead"
    DATE_STARTED = "dateStarted"
    DATE_ADDED = "dateAdded"
    SHELVES = "shelves"  # shelves, tags, collections
    REVIEW = "review"
    NOTES = "notes"
    LANGUAGE = "language"
    READ_COUNT = "readCount"
    GOODREADS_ID = "goodreads"
    LIBRARYTHING_ID = "librarything"
    OPENLIBRARY_ID = "openlibrary"
    GOOGLE_ID = "google"
    ASIN = "asin"
    LCCN = "lccn"
    OCLC = "oclc"
    IDENTIFIERS = "identifiers"  # "goodreads:39077187,isbn:…"
    OTHER_ID = "otherId"  # an id of the exporting program: kept under its header in ids


By = Literal["format", "header", "content", "gemini", "user"]


@dataclass(frozen=True, slots=True)
class Column:
    """What a column was taken for. `field` None: nothing of ours, kept in `extra`."""

    index: int
    header: str
    field: Field | None
    confidence: float = 1.0  # 0..1
    by: By = "format"


# of a cell of authors. any: told by the cell; single: one name as it is shown; listed: commas stand between people; turned: "Last, First";
# kept: names as we wrote them ourselves, semicolons between
People = Literal["any", "single", "listed", "turned", "kept"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How a program writes its cells."""

    rating_of: float = 5.0  # the best rating: 10 of ten stars
    day_first: bool | None = None  # 03/04/2020 is the third of April; None: not known, then only its year is taken
    list_separator: str = ","  # between shelves and tags; empty: told by the cell
    people: People = "any"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A header as it was understood: one Column for each of its cells, in their order."""

    format: str  # name of the format: "goodreads", "generic"
    columns: tuple[Column, ...]
    habits: Habits = Habits()

    @property
    def header(self) -> tuple[str, ...]:
        """The header that was understood."""
        return tuple(column.header for column in self.columns)

    def of(self, field: Field) -> tuple[int, ...]:
        """The places of the columns that hold a field."""
        return tuple(column.index for column in self.columns if column.field is field)


class CsvFormat(ABC):
    """One program's export."""

    name: ClassVar[str]  # "goodreads"
    label: ClassVar[str]  # for people: "Goodreads"

    @abstractmethod
    def fits(self, header: Sequence[str]) -> float:
        """How surely a header is this program's, 0..1; from 0.8 on it is taken."""

    @abstractmethod
    def column_map(self, header: Sequence[str], sample: Sequence[Sequence[str]]) -> ColumnMap:
        """What its columns are; `sample` are the first rows."""

    def completed(self, draft: Draft, cells: Mapping[str, str]) -> Draft:
        """A book with what only this program's own ways of writing tell; `cells` by folded header (`imports.headers.folded_header`)."""
        return draft
