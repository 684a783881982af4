"""A row to a book or to an error: every cell is read as its column says, and what no member tells is kept as it is. Pure."""

from collections.abc import Callable

from scanning.csv_format import ColumnMap, CsvFormat, Field
from scanning.imports.cells import NOTHING, says_nothing, unescaped
from scanning.imports.fields import reader_of
from scanning.imports.formats import all_formats
from scanning.imports.headers import folded_header
from scanning.imports.imported import Draft, Imported, Refused
from scanning.imports.making import Making
from scanning.imports.people_and_titles import title_in
from scanning.imports.table import RAW_CHARS, Row
from search.schemes import Scheme

_TO_GO_BY = frozenset(scheme.value for scheme in Scheme)


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, column_map: ColumnMap) -> None:
        self.column_map = column_map
        readers = [reader_of(column, column_map.habits) for column in column_map.columns]
        self._columns = [(column.index, column.header, reader) for column, reader in zip(column_map.columns, readers, strict=True)]
        self._header = tuple(map(str.strip, column_map.header))
        self._width = len(column_map.columns)
        self._completed = _completion(column_map)
        self._folded = tuple(map(folded_header, column_map.header))
        self._positions = column_map.of(Field.SERIES_POSITION)

    def read(self, row: Row) -> Imported | Refused:
        """The book of a row, or why it is none."""
        if row.problem is not None:
            return Refused(row.number, "INVALID_ROW", row.problem, _raw(row))
        cells = row.cells
        book = Making(row.number)
        for place, header, reader in self._columns:
            cell = cells[place] if place < len(cells) else ""
            if cell in NOTHING or (cell[0] <= " " and cell.isspace()):
                continue
            if cell[0] == "'":
                cell = unescaped(cell)
            if reader is None or not reader(book, cell):
                book.extra[header] = cell
        for place, cell in enumerate((*cells[self._width :], *row.more), self._width + 1):
            if not says_nothing(cell):
                book.extra[f"Column {place}"] = unescaped(cell)
        return self._made(row, book)

    def _made(self, row: Row, book: Making) -> Imported | Refused:
        if not book.title and not book.isbns and not any(name in _TO_GO_BY for name in book.ids):
            if not any(map(str.strip, (*row.cells, *row.more))):
                return Refused(row.number, "EMPTY_ROW", "Nothing is in this row.", _raw(row))
            return Refused(row.number, "NO_TITLE", "There is no title, no ISBN and no id in this row to go by.", _raw(row))
        if book.title and book.title.strip() == book.title_header.strip() and tuple(map(str.strip, row.cells)) == self._header:
            return Refused(row.number, "REPEATED_HEADER", "This row is the header once more.", _raw(row))
        draft = _draft(book)
        if draft.series_position is not None and draft.series_name is None:
            book.extra |= {self._header[place]: row.cells[place] for place in self._positions if row.cells[place].strip()}
        if draft.title is None and not draft.isbns and not any(name in _TO_GO_BY for name in draft.ids):
            return Refused(row.number, "NO_TITLE", "There is no title, no ISBN and no id in this row to go by.", _raw(row))
        if self._completed is not None:
            draft = self._completed(draft, dict(zip(self._folded, row.cells, strict=False)))
        return Imported(row.number, draft, (*row.notes, *book.warnings))


_reader: RowReader | None = None


def read_row(row: Row, column_map: ColumnMap) -> Imported | Refused:
    """The book of a row, or why it is none. Rows of one file are best read with one column map: its plan is made once."""
    global _reader
    reader = _reader
    if reader is None or reader.column_map is not column_map:
        _reader = reader = RowReader(column_map)
    return reader.read(row)


def _completion(column_map: ColumnMap) -> Callable[[Draft, dict[str, str]], Draft] | None:
    """What the format adds of its own, where it adds anything."""
    known = all_formats().get(column_map.format)
    return None if known is None or type(known).completed is CsvFormat.completed else known.completed


def _raw(row: Row) -> str:
    return row.raw or ", ".join((*row.cells, *row.more))[:RAW_CHARS]


def _draft(book: Making) -> Draft:
    authors = book.authors
    if not authors and (book.first_name or book.last_name):
        authors = (f"{book.first_name} {book.last_name}".strip(),)
    title, subtitle, series, whole = title_in(book.title, book.subtitle, authors)
    if not whole:
        book.extra[book.title_header] = book.title
    if book.series is not None and series is not None and book.series[0] != series[0]:
        book.extra.setdefault(book.title_header, book.title)
    name, position = book.series or series or (None, None)
    if position is None and series is not None and book.series is not None and book.series[0] == series[0]:
        position = series[1]
    author = authors[0] if authors else None
    further = [name for name in dict.fromkeys((*authors[1:], *book.further)) if name != author]
    return Draft(
        title=title,
        subtitle=subtitle,
        author=author,
        additional_authors=tuple(further),
        isbns=tuple(book.isbns),
        series_name=name,
        series_position=book.series_position if book.series_position is not None else position,
        publisher=book.publisher,
        publication_date=book.publication_date,
        original_year=book.original_year,
        page_count=book.page_count,
        format=book.format,
        rating=book.rating,
        status=book.status,
        date_read=book.date_read,
        date_started=book.date_started,
        date_added=book.date_added,
        shelves=tuple(dict.fromkeys(book.shelves)),
        review=book.review,
        notes=book.notes,
        language=book.language,
        read_count=book.read_count,
        ids=book.ids,
        extra=book.extra,
    )
