"""Books of a result written out again: in Goodreads' layout, in our own, as JSON. Pure.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, a number does not. Our own layout is read back equal
(`csv_formats.bookstrack`), Goodreads' as far as it has columns. Source: OWASP, "CSV injection"; spec 06, "CSV import".
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from scanning.imports.cells import written_list

Dto = dict[str, Any]
EXTRA = "extra: "
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_OWN = (
    "title", "subtitle", "author", "additionalAuthors", "isbn", "series", "seriesPosition", "publisher", "publicationDate",
    "originalPublicationYear", "pageCount", "format", "userRating", "readingStatus", "dateRead", "dateStarted", "dateAdded", "shelves",
    "review", "notes", "language", "readCount", "ids",
)  # fmt: skip
_GOODREADS = (
    "Book Id", "Title", "Author", "Author l-f", "Additional Authors", "ISBN", "ISBN13", "My Rating", "Average Rating", "Publisher",
    "Binding", "Number of Pages", "Year Published", "Original Publication Year", "Date Read", "Date Added", "Bookshelves",
    "Bookshelves with positions", "Exclusive Shelf", "My Review", "Spoiler", "Private Notes", "Read Count", "Owned Copies",
)  # fmt: skip
_SHELF = {"read": "read", "reading": "currently-reading", "to-read": "to-read", "wishlist": "wishlist", "dnf": "did-not-finish"}


def escaped(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def further_columns(books: Iterable[Dto]) -> dict[str, None]:
    """The headers of `extra` in some books, each once."""
    return dict.fromkeys(header for book in books for header in book["extra"])


def own_csv(books: Iterable[Dto], further: Iterable[str], *, head: bool = True) -> Iterator[str]:
    """Our own layout, line by line: every member, and a column for each of `further`. Without `head` the lines of a further page."""
    headers = list(further)
    if head:
        yield _line([*_OWN, *(escaped(EXTRA + header) for header in headers)])
    for book in books:
        yield _line([*map(escaped, _own_cells(book)), *(escaped(book["extra"].get(header, "")) for header in headers)])


def goodreads_csv(books: Iterable[Dto], *, head: bool = True) -> Iterator[str]:
    """Goodreads' layout, line by line; ISBNs as formulas of text, as Goodreads writes them itself."""
    if head:
        yield _line(_GOODREADS)
    for book in books:
        cells = _goodreads_cells(book)
        isbns = {"ISBN": '=""', "ISBN13": f'="{book.get("isbn") or ""}"'}
        yield _line([isbns.get(name) or escaped(cells.get(name, "")) for name in _GOODREADS])


def _own_cells(book: Dto) -> list[str]:
    series = book.get("series") or {}
    cells = {
        **{name: _text(book.get(name)) for name in _OWN},
        "author": written_list([book["author"]]) if book["author"] else "",
        "additionalAuthors": written_list(book["additionalAuthors"]),
        "isbn": "; ".join(book.get("isbns") or filter(None, [book.get("isbn")])),
        "series": series.get("name", ""),
        "seriesPosition": _text(series.get("position")),
        "shelves": written_list(book["shelves"]),
        "ids": json.dumps(book["ids"], ensure_ascii=False) if book["ids"] else "",
    }
    return [cells[name] for name in _OWN]


def _goodreads_cells(book: Dto) -> dict[str, str]:
    status = book.get("readingStatus")
    return {
        "Book Id": book["ids"].get("goodreads", ""),
        "Title": _whole_title(book),
        "Author": book["author"] or "",
        "Additional Authors": ", ".join(book["additionalAuthors"]),
        "My Rating": _text(book.get("userRating")) or "0",
        "Average Rating": book["extra"].get("Average Rating", ""),
        "Publisher": book.get("publisher") or "",
        "Binding": book.get("format") or "",
        "Number of Pages": _text(book.get("pageCount")),
        "Year Published": _text(book.get("publicationDate"))[:4],
        "Original Publication Year": _text(book.get("originalPublicationYear")),
        "Date Read": (book.get("dateRead") or "").replace("-", "/"),
        "Date Added": (book.get("dateAdded") or "").replace("-", "/"),
        "Bookshelves": ", ".join(book["shelves"]),
        "Exclusive Shelf": _SHELF.get(status or "", ""),
        "My Review": book.get("review") or "",
        "Private Notes": book.get("notes") or "",
        "Read Count": _text(book.get("readCount")),
    }


def _whole_title(book: Dto) -> str:
    """ "Title: Subtitle (Series, #1)", each part where it is known and not in the title already."""
    title = ": ".join(filter(None, (book["title"], book.get("subtitle"))))
    series = book.get("series")
    if not series:
        return title
    position = _text(series.get("position"))
    if series["name"] in title and position in title:  # "Monster, Vol. 3"
        return title
    return f"{title} ({series['name']}, #{position})" if position else f"{title} ({series['name']})"


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
