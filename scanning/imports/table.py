"""A file of rows as it was read, whatever it was written by: a header, rows with their raw text, and what had to be said about it. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MAX_ROWS = 50_000
MAX_COLUMNS = 500
MAX_CELL_CHARS = 100_000  # more is no cell of a library: the row is reported
RAW_CHARS = 2_000  # of a row's own text, as results show it


class Unreadable(Exception):
    """The file cannot be imported; `code` is the client's error code (INVALID_FILE, UNSUPPORTED_MEDIA_TYPE, EMPTY_BATCH, BATCH_TOO_LARGE),
    the message says what to do."""

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details


@dataclass(frozen=True, slots=True)
class Note:
    """A warning: what was seen, where. Rows count from 1 and do not count the header; None: the file as a whole."""

    code: str  # ENCODING_GUESSED, BROKEN_BYTES, ROW_REPAIRED, SHORT_ROW, LONG_ROW, UNSURE_COLUMN, INVALID_ISBN, …
    message: str
    row: int | None = None
    column: str | None = None

    def as_dict(self) -> dict[str, object]:
        """As results show it."""
        found = {"code": self.code, "message": self.message, "row": self.row, "column": self.column}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `cells` are as many as the header has; what a row has beyond is in `more`."""

    number: int  # from 1, the header not counted; records, not lines
    cells: tuple[str, ...]
    more: tuple[str, ...] = ()
    raw: str = ""  # its own text, cut at RAW_CHARS
    notes: tuple[Note, ...] = ()
    problem: str | None = None  # why it cannot be read, in words: it becomes an error of the result


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read. `rows()` streams them from the first on, every time it is called, with flat memory.

    Raises (rows()): Unreadable, when what comes later makes the whole file unusable (too many rows).
    """

    kind: str  # csv, xlsx, json, list
    header: tuple[str, ...]  # never two alike: "Tags", "Tags (2)"
    rows: Callable[[], Iterator[Row]]
    encoding: str = ""  # "utf-8", "cp1252"; empty for xlsx
    delimiter: str = ""  # of csv
    notes: tuple[Note, ...] = field(default=())
    has_header: bool = True  # otherwise it is made: "Column 1"
