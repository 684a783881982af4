"""A file of books, or of authors, as a list of what to look for: any that the import reads. Part of the services.

Raises: ApiError for a file that cannot be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from scanning.csv_format import ColumnMap, Field
from scanning.imports.cleaning import RowReader
from scanning.imports.fields import reader_of
from scanning.imports.imported import Draft, Refused
from scanning.imports.making import Making
from scanning.imports.reading import open_table
from scanning.imports.table import Row, Unreadable
from scanning.imports.understanding import understand
from scanning.pipelines.csv_import import SAMPLE_ROWS
from scanning.refusals import refusal

_OF_PEOPLE = (Field.AUTHOR, Field.ADDITIONAL_AUTHORS, Field.AUTHOR_FIRST, Field.AUTHOR_LAST)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a row names; empty members are not known, and of a row without anything to go by none is."""

    isbn: str = ""  # ISBN-13
    title: str = ""
    authors: tuple[str, ...] = ()


def listed_books(file: BinaryIO) -> Iterator[Listed]:
    """What each row of a seekable file names, in its order: a book by its ISBN or its title, or authors alone."""
    try:
        yield from _listed(file)
    except Unreadable as error:
        raise refusal(error) from None


def _listed(file: BinaryIO) -> Iterator[Listed]:
    file.seek(0)
    table = open_table(file)
    rows = table.rows()
    sample = list(islice(rows, SAMPLE_ROWS))
    column_map = understand(table.header, [row.cells for row in sample if row.problem is None])
    reader, people = RowReader(column_map), _People(column_map)
    for row in chain(sample, rows):
        read = reader.read(row)
        if not isinstance(read, Refused):
            yield _of_book(read.book, apart=bool(column_map.of(Field.SUBTITLE)))
        elif row.problem is None and read.code == "NO_TITLE":
            yield Listed(authors=people.read(row))
        else:
            yield Listed()


def _of_book(book: Draft, *, apart: bool) -> Listed:
    """A book as clients ask for it; `apart`: subtitles have a column of their own."""
    title = book.title or ""
    if title and book.subtitle and not apart:
        title = f"{title}: {book.subtitle}"
    authors = tuple(filter(None, (book.author, *book.additional_authors)))
    return Listed(book.isbns[0] if book.isbns else "", title, authors)


class _People:
    """Reads the authors of rows that name nothing else."""

    def __init__(self, column_map: ColumnMap) -> None:
        columns = [column for column in column_map.columns if column.field in _OF_PEOPLE]
        self._readers = [(column.index, reader) for column in columns if (reader := reader_of(column, column_map.habits))]

    def read(self, row: Row) -> tuple[str, ...]:
        made = Making(row.number)
        for place, reader in self._readers:
            if place < len(row.cells) and row.cells[place].strip():
                reader(made, row.cells[place])
        alone = f"{made.first_name} {made.last_name}".strip()
        return tuple(dict.fromkeys(name for name in (*(made.authors or ((alone,) if alone else ())), *made.further) if name))
