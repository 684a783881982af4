"""Which delimiter and which quoting a text of rows has: every candidate reads a sample, and the one that gives even rows is taken. Pure."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from scanning.imports.dialect import NONE, Dialect
from scanning.imports.header import head_place
from scanning.imports.records import records_of
from scanning.imports.table import Unreadable

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_RECORDS = 100
_SEP = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)
_SKIPPING = 0.6  # … when it has to take the first row for a title: less than what two columns with a header are worth
_WRAPPED = 0.5
_OTHER_HEADER = 0.7  # what is left of a score when the header has not as many columns as most rows


def find_dialect(lines: Sequence[str], wanted: str | None = None) -> Dialect:
    """The dialect of a sample of whole lines, with the wanted delimiter where one is given.

    Raises: Unreadable, when the wanted delimiter is none
    """
    if wanted is not None and (len(wanted) != 1 or wanted in '"\\\r\n\0 ' or wanted.isalnum()):
        raise Unreadable("INVALID_FILE", "A delimiter is one character, such as a comma, a semicolon, a tab or a pipe.", field="delimiter")
    said = _SEP.fullmatch(lines[0]) if lines else None
    mark = wanted or (said.group(1) if said and said.group(1) not in '"\\' and not said.group(1).isalnum() else None)
    body = lines[1:] if said else lines
    best, score = Dialect(mark or NONE), 0.0
    for delimiter in (mark,) if mark else DELIMITERS:
        for candidate in _variants(delimiter, body):
            points = _score(candidate, body)
            if points > score:
                best, score = candidate, points
    return replace(best, declared=bool(said))


def _variants(delimiter: str, lines: Sequence[str]) -> Iterator[Dialect]:
    """Unusual dialects only where they are evident, and then first: the next must be better, not only as good."""
    text = "".join(lines[:SAMPLE_RECORDS])
    plain, escaped = Dialect(delimiter), Dialect(delimiter, backslash=True)
    if re.search(rf'{re.escape(delimiter)} +"[^"{re.escape(delimiter)}\r\n]', text):
        yield Dialect(delimiter, spaced=True)
    if '\\"' in text and _is_torn(plain, lines) and not _is_torn(escaped, lines):
        yield escaped
    yield plain
    if '"' in text:
        yield Dialect(delimiter, quoted=False)


def _is_torn(dialect: Dialect, lines: Sequence[str]) -> bool:
    """Whether a quote ends where its cell does not; that the sample ends in a quote says nothing."""
    try:
        dialect.strictly(lines)
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return False


def _score(dialect: Dialect, lines: Sequence[str]) -> float:
    """0..1: the share of records that have the commonest width, and more for more columns; 0 where the header has a single one."""
    records = sample_records(dialect, lines)
    place = head_place(records)
    records = records[place:]
    widths = Counter(len(record) for record in records if len(record) > 1)
    if not widths or len(records[0]) < 2:
        return 0.0
    width, many = max(widths.items(), key=lambda item: (item[1], item[0]))
    header = (1.0 if len(records[0]) == width else _OTHER_HEADER) * (_SKIPPING if place else 1.0)
    return many / len(records) * header * (1 - 1 / (width + 1)) * _tidiness(dialect, records)


def _tidiness(dialect: Dialect, records: Sequence[list[str]]) -> float:
    """Less than 1 when quotes are left around cells that a reader with quotes would have taken off."""
    wrapped = any(len(cell) > 1 and cell[0] == cell[-1] == '"' for record in records for cell in record)
    return _WRAPPED if wrapped and not dialect.quoted else 1.0


def sample_records(dialect: Dialect, lines: Sequence[str], width: int = 0) -> list[list[str]]:
    """Cells of the first records that can be read."""
    readable = (record.cells for record in records_of(lines, dialect, width) if record.problem is None)
    return list(islice(readable, SAMPLE_RECORDS))
