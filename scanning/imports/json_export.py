"""JSON as a table: LibraryThing's export (an object of books by their ids), or a plain array of objects. Pure but for the file."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import orjson

from scanning.imports.header import distinct
from scanning.imports.records import Record
from scanning.imports.shaping import Shaper, too_many_rows
from scanning.imports.table import MAX_CELL_CHARS, MAX_COLUMNS, MAX_ROWS, Row, Table, Unreadable

MAX_BYTES = 20_000_000
MAX_VALUES = 3_000_000  # commas, colons and brackets, each a value in memory
MAX_BRACKETS = 1_000_000
SEPARATOR = ", "
SAMPLE = 100

_NAMES = ("text", "name", "fl")
Book = dict[str, str]
_LISTS = ("books", "items", "library", "data", "results")  # members under which a plain export keeps its books
# LibraryThing: a member as the column of its TSV export.
_LIBRARYTHING: dict[str, str] = {
    "books_id": "Book Id", "title": "Title", "primaryauthor": "Primary Author", "secondary_authors": "Secondary Author",
    "publication": "Publication", "date": "Date", "review": "Review", "rating": "Rating", "comment": "Comment",
    "private_comment": "Private Comment", "summary": "Summary", "format": "Media", "pages": "Page Count", "collections": "Collections",
    "tags": "Tags", "dateacquired": "Acquired", "datestarted": "Date Started", "dateread": "Date Read", "entrydate": "Entry Date",
    "asin": "ASIN", "lccn": "LCCN", "oclc": "OCLC", "language": "Languages", "originallanguage": "Original Languages",
    "isbn": "ISBNs", "originalisbn": "ISBN", "workcode": "Work id", "series": "Series",
}  # fmt: skip


def open_json(file: BinaryIO) -> Table:
    """A table of the books.

    Raises: Unreadable, when it is broken, has no list of books, or too much
    """
    records, flat = _records(_document(file))
    if not records:
        raise Unreadable("EMPTY_BATCH", "The JSON holds no books.")
    if len(records) > MAX_ROWS:
        raise too_many_rows()
    header = _header(records, flat)
    shaper = Shaper(len(header), [])
    return Table("json", distinct(header), lambda: _rows(shaper, records, flat, header), encoding="utf-8")


def _document(file: BinaryIO) -> Any:
    file.seek(0)
    data = file.read(MAX_BYTES + 1).removeprefix(b"\xef\xbb\xbf")
    brackets = data.count(b"{") + data.count(b"[")
    if len(data) > MAX_BYTES or brackets > MAX_BRACKETS or brackets + data.count(b",") > MAX_VALUES:
        raise Unreadable("INVALID_FILE", "The JSON holds more values than a library has. Export it as CSV.")
    try:
        document = orjson.loads(data)
        orjson.dumps(document)  # is more particular about depth, and is what writes a row's own text
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise Unreadable(
            "INVALID_FILE", "The JSON is broken, or nested too deep: it cannot be read to its end. Export it once more."
        ) from error
    return document


def _records(document: Any) -> tuple[list[dict[str, Any]], Callable[[dict[str, Any]], Book]]:
    if isinstance(document, dict):
        books = list(document.values())
        if books and all(isinstance(book, dict) for book in books):
            known = "books_id" in books[0] or "primaryauthor" in books[0]
            return books, _librarything if known else _plain
        document = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), document)
    if isinstance(document, list) and all(isinstance(book, dict) for book in document):
        return document, _plain
    raise Unreadable("INVALID_FILE", "The JSON is no list of books: an array of objects is read, or LibraryThing's export.")


def _header(records: list[dict[str, Any]], flat: Callable[[dict[str, Any]], Book]) -> list[str]:
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(flat(record)))
        if len(names) > MAX_COLUMNS:
            raise Unreadable("INVALID_FILE", f"The books of the JSON have more than {MAX_COLUMNS} different members.", most=MAX_COLUMNS)
    return list(names) or ["Column 1"]


def _rows(shaper: Shaper, records: list[dict[str, Any]], flat: Callable[[dict[str, Any]], Book], header: list[str]) -> Iterator[Row]:
    def made() -> Iterator[Record]:
        for record in records:
            cells = flat(record)
            yield Record([cells.get(name, "") for name in header], [orjson.dumps(record).decode()[: MAX_CELL_CHARS + 1]])

    return shaper.rows(made())


def _plain(record: dict[str, Any]) -> Book:
    return {str(name): _text(value) for name, value in record.items()}


def _librarything(record: dict[str, Any]) -> Book:
    """Its members as the columns of the TSV export; what has none keeps its own name."""
    authors = record.get("authors")
    book: Book = {}
    for name, value in record.items():
        if name == "authors":
            continue
        book[_LIBRARYTHING.get(name, name)] = _text(value)
    if isinstance(authors, list):
        names = [author for author in authors if isinstance(author, dict)]
        others = [_text(author.get("fl") or author.get("lf")) for author in names[1:]]
        roles = [_text(author.get("role")) for author in names[1:]]
        if names:
            book.setdefault("Primary Author", _text(names[0].get("lf")))
        book["Secondary Author"] = "|".join(others)
        book["Secondary Author Roles"] = "|".join(roles) if any(roles) else ""
    return book


def _text(value: Any) -> str:
    """A value as a cell: lists with commas between, objects by their values."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list | dict):
        values = [_name(each) for each in (value if isinstance(value, list) else value.values())]
        if any(isinstance(each, list | dict) and each for each in values):
            return orjson.dumps(value).decode()
        return SEPARATOR.join(text for each in values if (text := _text(each)))
    return str(value)


def _name(value: Any) -> Any:
    """What a small object is called, where it says so: {"code": "1.1", "text": "Paperback"}, {"name": "Ann Bee"}."""
    return next((value[name] for name in _NAMES if isinstance(value.get(name), str)), value) if isinstance(value, dict) else value
