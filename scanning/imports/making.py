"""A book while its row is read. Pure."""

from scanning.imports.people_and_titles import Names, Series
from scanning.imports.table import Note


class Making:
    """What the cells gave so far; `title_header` is where the title stands."""

    __slots__ = (
        "authors", "date_added", "date_read", "date_started", "extra", "first_name", "format", "further", "ids", "isbns", "language",
        "last_name", "notes", "original_year", "page_count", "publication_date", "publisher", "rating", "read_count", "review", "row",
        "series", "series_position", "shelves", "status", "subtitle", "title", "title_header", "warnings",
    )  # fmt: skip

    def __init__(self, row: int) -> None:
        self.row = row
        self.title = self.title_header = self.subtitle = self.first_name = self.last_name = ""
        self.authors: Names = ()
        self.further: Names = ()
        self.isbns: list[str] = []
        self.series: Series | None = None
        self.series_position: float | None = None
        self.publisher: str | None = None
        self.publication_date: str | None = None
        self.original_year: int | None = None
        self.page_count: int | None = None
        self.format: str | None = None
        self.rating: float | None = None
        self.status: str | None = None
        self.date_read: str | None = None
        self.date_started: str | None = None
        self.date_added: str | None = None
        self.shelves: tuple[str, ...] = ()
        self.review: str | None = None
        self.notes: str | None = None
        self.language: str | None = None
        self.read_count: int | None = None
        self.ids: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.warnings: list[Note] = []

    def warn(self, code: str, message: str, column: str) -> None:
        self.warnings.append(Note(code, message, self.row, column))
