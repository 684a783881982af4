"""The bytes of an uploaded file as a table of rows: `open_table`. Source: spec 06, "CSV import" 1. Pure but for the file it is given."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from scanning.imports import content, json_export, xlsx
from scanning.imports.dialect import NONE, Dialect
from scanning.imports.encoding import CHUNK_BYTES, Encoding, find_encoding
from scanning.imports.header import Head, find_head
from scanning.imports.records import Record, lines_of, records_of
from scanning.imports.shaping import Shaper, too_many_rows
from scanning.imports.sniffing import find_dialect, sample_records
from scanning.imports.table import MAX_ROWS, Row, Table, Unreadable

SAMPLE_CHARS = 1 << 18
SAMPLE_LINES = 2_000


def open_table(file: BinaryIO, *, filename: str = "", encoding: str | None = None, delimiter: str | None = None) -> Table:
    """A table of what a seekable file holds; encoding and delimiter are found unless they are given.

    The file must stay open while rows are read, and one thread at a time may read it. Its name is never believed: the content decides.

    Raises: Unreadable
    """
    del filename  # part of the contract so that callers need not know that it says nothing
    kind = content.kind_of(file)
    if kind == "xlsx":
        return xlsx.open_workbook(file)
    if kind == "json":
        return json_export.open_json(file)
    return _open_text(file, find_encoding(file, encoding), delimiter)


def _open_text(file: BinaryIO, encoding: Encoding, delimiter: str | None) -> Table:
    sample, whole = _sample(file, encoding)
    content.must_be_text("".join(sample), whole=whole)
    dialect = find_dialect(sample, delimiter)
    body = sample[1:] if dialect.declared else sample
    records = sample_records(dialect, body)
    if not records:
        raise Unreadable("EMPTY_BATCH", "The file has no rows.")
    head = find_head(records)
    width = len(head.columns)
    mark = "" if dialect.delimiter == NONE else dialect.delimiter
    shaper = Shaper(width, sample_records(dialect, body, width)[head.first_row :], mark)
    open_records = partial(_records, file, encoding, dialect, head)
    if next(open_records(), None) is None:
        raise Unreadable("EMPTY_BATCH", "The file has a header and no rows under it.")
    if _line_ends(file) > MAX_ROWS and _has_more_than(MAX_ROWS, open_records()):
        raise too_many_rows()
    return Table(
        kind="list" if head.is_list else "csv",
        header=head.columns,
        rows=lambda: _rows(shaper, open_records(), encoding),
        encoding=encoding.name,
        delimiter=mark,
        notes=(*encoding.notes, *head.notes),
        has_header=head.has_header,
    )


def _rows(shaper: Shaper, records: Iterator[Record], encoding: Encoding) -> Iterator[Row]:
    return shaper.rows(records, broken=encoding.broken > 0)


def _sample(file: BinaryIO, encoding: Encoding) -> tuple[list[str], bool]:
    """The first whole lines, and whether they are all."""
    lines: list[str] = []
    size = 0
    source = lines_of(file, encoding)
    for line in source:
        lines.append(line)
        size += len(line)
        if size >= SAMPLE_CHARS or len(lines) >= SAMPLE_LINES:
            return lines, next(source, None) is None
    return lines, True


def _records(file: BinaryIO, encoding: Encoding, dialect: Dialect, head: Head) -> Iterator[Record]:
    """The records under the header."""
    lines = lines_of(file, encoding)
    if dialect.declared:
        next(lines, None)
    return itertools.islice(records_of(lines, dialect, len(head.columns)), head.first_row, None)


def _line_ends(file: BinaryIO) -> int:
    file.seek(0)
    return sum(chunk.count(b"\n") + chunk.count(b"\r") for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))


def _has_more_than(most: int, records: Iterator[Record]) -> bool:
    return next(itertools.islice(records, most, None), None) is not None
