"""The records of a text, one by one with the lines they were read from; a quote that is never closed costs one line, not the file. Pure."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from scanning.imports.dialect import Dialect
from scanning.imports.encoding import Encoding

BUFFER_BYTES = 1 << 16
MAX_RUNAWAYS = 20  # then quotes are plain characters: reading on again and again would cost the square of the file
MAX_LINES = 100_000  # of one record
_END = "end"  # stands behind the last line, known by identity: a record that took it was never closed
UNCLOSED = "A quotation mark is opened and never closed: the line cannot be cut into cells."

# One process reads many files: the bound is on the cells that come out (MAX_CELL_CHARS), not on what the reader may hold.
csv.field_size_limit(max(csv.field_size_limit(), 1 << 26))


class Record(NamedTuple):
    """One record; `problem` is why its cells are not to be believed."""

    cells: list[str]
    lines: list[str]
    problem: str | None = None

    @property
    def raw(self) -> str:
        """Its text as it stands in the file, without the line end."""
        return "".join(self.lines).rstrip("\r\n")


class _View(io.RawIOBase):
    """A file read from its beginning by somebody who shares it: each view keeps a place of its own."""

    def __init__(self, file: BinaryIO, place: int) -> None:
        self._file, self._place = file, place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        self._file.seek(self._place)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def lines_of(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The lines of a text with their ends, whichever they are; zero characters are left out, which no text and no database has."""
    reader = io.BufferedReader(_View(file, encoding.skip), BUFFER_BYTES)
    with io.TextIOWrapper(reader, encoding.name, errors="replace", newline="") as text:
        for line in text:
            yield line.replace("\0", "") if "\0" in line else line


def records_of(lines: Iterable[str], dialect: Dialect, width: int = 0) -> Iterator[Record]:
    """Every record that is not an empty line. `width`: the columns of the table, by which a runaway quote is seen."""
    source, rest = iter(lines), deque[str]()
    taken: list[str] = []
    runaways, again = 0, True
    while again:
        again = False
        for cells in dialect.reader(_feed(source, rest, taken)):
            if len(taken) > 1 and _is_runaway(cells, taken, dialect, width):
                rest.extendleft(line for line in reversed(taken[1:]) if line is not _END)
                yield Record(_unquoted(taken[0], dialect), taken[:1], UNCLOSED)
                runaways, again = runaways + 1, True
            elif cells:
                yield Record(cells, taken.copy())
            taken.clear()
            if again:
                break
        if runaways == MAX_RUNAWAYS:
            dialect = Dialect(dialect.delimiter, quoted=False)


def _feed(lines: Iterator[str], rest: deque[str], taken: list[str]) -> Iterator[str]:
    """Lines for the reader: those that were given back first. What the record in hand took is in `taken`, the end as well."""
    while len(taken) < MAX_LINES:
        line = rest.popleft() if rest else next(lines, _END)
        taken.append(line)
        if line is _END:
            return
        yield line
    taken.append(_END)


def _is_runaway(cells: list[str], taken: list[str], dialect: Dialect, width: int) -> bool:
    """Whether a record of several lines has a quote that was not closed where it should have been.

    It has when the file ends in it; or when its quote ends in the middle of a cell, as it does at the next quote that opens, and a line
    that it swallowed is a whole record by itself.
    """
    if taken[-1] is _END:
        return True
    try:
        dialect.strictly(taken)
    except csv.Error:
        return (len(cells) != width or width > 2) and any(_is_whole(line, dialect, width) for line in taken[1:])
    return False


def _is_whole(line: str, dialect: Dialect, width: int) -> bool:
    try:
        records = dialect.strictly([line])
    except csv.Error:
        return False
    return width > 1 and len(records) == 1 and len(records[0]) == width


def _unquoted(line: str, dialect: Dialect) -> list[str]:
    return next(Dialect(dialect.delimiter, quoted=False).reader([line]), [])
