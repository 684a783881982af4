"""An Excel workbook (.xlsx) as a table: its first sheet that has rows. Pure but for the file it is given.

Source: ECMA-376 part 1, 18.8.30 (number formats), 18.17.4.1 (dates as numbers).
"""

import itertools
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, BinaryIO
from xml.parsers import expat

from scanning.imports import sheet_xml
from scanning.imports.header import find_head
from scanning.imports.records import Record
from scanning.imports.shaping import Shaper
from scanning.imports.sheet_xml import Attributes, Cell, damaged
from scanning.imports.sniffing import SAMPLE_RECORDS
from scanning.imports.table import Note, Row, Table, Unreadable

MAX_ENTRIES = 2_000
MAX_PART_BYTES = 200_000_000  # of one part, unpacked
MAX_SHEETS = 100  # looked at for one that has rows
WORKBOOK = "xl/workbook.xml"
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(50, 59)))
_NO_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_INTEGER = re.compile(r"-?[0-9]{1,17}")
# What a hostile or broken archive, or its XML, makes the standard library raise.
_BROKEN = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass(slots=True)
class _Workbook:
    archive: zipfile.ZipFile
    sheets: list[tuple[str, str]] = field(default_factory=list)  # name, part
    dates: frozenset[str] = frozenset()  # styles that show a number as a date
    strings: list[str] = field(default_factory=list)
    epoch: datetime = datetime(1899, 12, 30)  # noqa: DTZ001 - days of a sheet have no zone

    def part(self, name: str) -> IO[bytes]:
        """A part to read from.

        Raises: KeyError, Unreadable
        """
        entry = self.archive.getinfo(name)
        if entry.file_size > MAX_PART_BYTES:
            raise Unreadable(
                "INVALID_FILE", "The Excel workbook unpacks to more than is read. Save the sheet as CSV, and upload that file."
            )
        return self.archive.open(entry)


def open_workbook(file: BinaryIO) -> Table:
    """A table of the first sheet that has rows.

    Raises: Unreadable, when it is no workbook, is damaged, would unpack to too much, or has no rows
    """
    try:
        return _table(_opened(file))
    except _BROKEN as error:
        raise damaged() from error


def _opened(file: BinaryIO) -> _Workbook:
    file.seek(0)
    try:
        book = _Workbook(zipfile.ZipFile(file))
    except _BROKEN as error:
        raise _no_workbook() from error
    names = book.archive.namelist()
    if WORKBOOK not in names:
        raise _no_workbook()
    if len(names) > MAX_ENTRIES:
        raise damaged()
    _read_sheets(book)
    if "xl/styles.xml" in names:
        _read_dates(book)
    if "xl/sharedStrings.xml" in names:
        with book.part("xl/sharedStrings.xml") as part:
            book.strings = sheet_xml.shared_strings(part)
    return book


def _no_workbook() -> Unreadable:
    told = "This is an archive or a document, not an Excel workbook (.xlsx). Unpack it, and upload the CSV or Excel file that is in it."
    return Unreadable("UNSUPPORTED_MEDIA_TYPE", told)


def _read_sheets(book: _Workbook) -> None:
    targets: dict[str, str] = {}
    named: list[tuple[str, str]] = []

    def relation(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")

    def sheet(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            key = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id" and ":" in key), "")
            named.append((attributes.get("name", ""), key))
        elif name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001

    with book.part("xl/_rels/workbook.xml.rels") as part:
        sheet_xml.each_element(part, relation)
    with book.part(WORKBOOK) as part:
        sheet_xml.each_element(part, sheet)
    present = set(book.archive.namelist())
    book.sheets = [(name, targets[key]) for name, key in named if targets.get(key) in present]


def _read_dates(book: _Workbook) -> None:
    own: dict[str, str] = {}
    styles: list[str] = []
    inside = False

    def style(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            styles.append(attributes.get("numFmtId", "0"))

    with book.part("xl/styles.xml") as part:
        sheet_xml.each_element(part, style)
    book.dates = frozenset(str(place) for place, number in enumerate(styles) if _shows_date(number, own.get(number)))


def _shows_date(number: str, code: str | None) -> bool:
    if code is None:
        return number.isdecimal() and len(number) < 5 and int(number) in _DATE_FORMATS
    return code.lower() != "general" and any(letter in "ydmhs" for letter in _NO_CODE.sub("", code[:200]).lower())


def _table(book: _Workbook) -> Table:
    for name, part in book.sheets[:MAX_SHEETS]:
        sample = [record.cells for record in itertools.islice(_records(book, part), SAMPLE_RECORDS)]
        if sample:
            return _sheet(book, name, part, sample)
    raise Unreadable("EMPTY_BATCH", "The workbook has no sheet with rows.")


def _sheet(book: _Workbook, name: str, part: str, sample: list[list[str]]) -> Table:
    head = find_head(sample)
    shaper = Shaper(len(head.columns), sample[head.first_row :])
    if next(itertools.islice(_records(book, part), head.first_row, None), None) is None:
        raise Unreadable("EMPTY_BATCH", "The sheet has a header and no rows under it.")
    notes = head.notes
    if len(book.sheets) > 1:
        notes = (*notes, Note("OTHER_SHEETS", f"Only the sheet “{name[:80]}” is read; the workbook has {len(book.sheets)}."))
    return Table("xlsx", head.columns, lambda: _rows(book, part, head.first_row, shaper), notes=notes, has_header=head.has_header)


def _rows(book: _Workbook, part: str, first: int, shaper: Shaper) -> Iterator[Row]:
    try:
        yield from shaper.rows(itertools.islice(_records(book, part), first, None))
    except _BROKEN as error:
        raise damaged() from error


def _records(book: _Workbook, part: str) -> Iterator[Record]:
    """The rows of a sheet that hold something, as text."""
    with book.part(part) as source:
        for row in sheet_xml.sheet_rows(source):
            if row:
                cells = [""] * (max(row) + 1)
                for column, cell in row.items():
                    cells[column] = _text(book, cell)
                if any(cells):
                    yield Record(cells, ["\t".join(cells)])


def _text(book: _Workbook, cell: Cell) -> str:
    kind, style, text = cell
    if kind == "s":
        place = int(text) if _INTEGER.fullmatch(text) else -1
        return book.strings[place] if 0 <= place < len(book.strings) else ""
    if kind == "b":
        return "FALSE" if text.strip() in ("0", "false") else "TRUE"
    if kind == "n":
        return _date(text, book.epoch) if style in book.dates else _number(text)
    return text


def _number(text: str) -> str:
    """The digits that the workbook holds: 9780441172719 and 4.5, never 9.78E+12 or 4.5000000000000002."""
    if _INTEGER.fullmatch(text):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e17 else repr(value)


def _date(text: str, epoch: datetime) -> str:
    """A number of days as an ISO date, with the time where there is one."""
    try:
        days = float(text)
        if epoch.year == 1899 and days < 60:
            days += 1  # these sheets believe in 29 February 1900
        moment = epoch + timedelta(seconds=round(days * 86_400))
    except (ValueError, OverflowError):
        return text
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat()
