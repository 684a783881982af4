"""Whatever a file holds, a row is a book or an error, nothing is invented and nothing is lost."""

import csv
import io
import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from scanning.imports import exporting
from scanning.imports.cells import NOTHING, unescaped
from scanning.imports.column_words import WORDS
from scanning.imports.formats import all_formats
from scanning.imports.headers import KnownHeader
from scanning.imports.imported import Imported
from tests.scanning.imports.reading_books import read

KNOWN = sorted({name for one in all_formats().values() if isinstance(one, KnownHeader) for name in one.fields})
WRITTEN = sorted({phrase for tables in WORDS.values() for phrases in tables.values() for phrase in phrases.split(", ")})
USUAL = (
    "Title",
    "Author",
    "ISBN",
    "Rating",
    "Date Read",
    "Tags",
    "Series",
    "Notes",
    "Review",
    "Subtitle",
    "Publisher",
    "Pages",
    "Language",
    "Authors",
)
HEADERS = st.one_of(st.sampled_from(USUAL), st.sampled_from(USUAL), st.sampled_from(KNOWN), st.sampled_from(WRITTEN), st.text(max_size=12))
CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        (
            '="9780306406157"',
            "0-306-40615-2",
            "9.78E+12",
            "306406152",
            "9780306406157, 0306406152",
            "[9780306406157]",
            "B0084FWN26",
            "'=1+1",
            "=1+1",
            "-1",
            "@x",
            "4.5",
            "3,5",
            "8/10",
            "★★★½",
            "0",
            "4.25",
            "Dune (Dune, #1)",
            "A: B",
            "A - B",
            "Le Guin, Ursula K.",
            "A & B; C, D",
            "['A', \"B\"]",
            '["a; b"]',
            "{}",
            '{"goodreads": "1"}',
            "Anonymous",
            "03/04/2020",
            "31/12/2020",
            "2020-13-40",
            "May 3 2021",
            "1999",
            "[2007-05-08]",
            "to-read",
            "gelesen",
            "English, French",
            "xii, 300 p.",
            "Paperback",
            "OL102749W",
            "/books/OL1M",
            "goodreads:1,isbn:0306406152,x:y",
            "a|b|c",
            "1|||||x",
            "<b>bold</b>&amp;",
            "nan",
            "[]",
            "\u202bx\u202c",
            "É",
            "é",
        )
    ),
    st.from_regex(r"[0-9Xx \-]{8,17}", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}", fullmatch=True),
    st.integers(0, 10**14).map(str),
)
TABLES = st.lists(HEADERS, min_size=1, max_size=6, unique=True).flatmap(
    lambda header: st.tuples(st.just(header), st.lists(st.lists(CELLS, max_size=len(header) + 2), min_size=1, max_size=4))
)


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_a_row_is_a_book_or_an_error_and_is_honest(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    for one, cells in zip(read(header, rows), rows, strict=True):
        if not isinstance(one, Imported):
            assert one.code and one.message and (one.raw.strip() or one.code == "EMPTY_ROW")
            continue
        book = one.book
        assert book.title or book.isbns or book.ids
        assert book.rating is None or (0.5 <= book.rating <= 5 and book.rating * 2 == int(book.rating * 2))
        assert book.page_count is None or 1 <= book.page_count <= 20_000
        assert book.language is None or re.fullmatch("[a-z]{2}", book.language)
        assert book.status in {None, "read", "reading", "to-read", "wishlist", "dnf"}
        for day in (book.publication_date, book.date_read, book.date_started, book.date_added):
            assert day is None or date.fromisoformat((day + "-01-01")[:10])
        digits = ["".join(filter(str.isalnum, cell)) for cell in cells]
        for isbn in book.isbns:
            assert any(isbn[3:12] in cell.zfill(10) or isbn[3:12].lstrip("0") in cell for cell in digits), (isbn, cells)


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_no_cell_is_lost(table: tuple[list[str], list[list[str]]]) -> None:
    """Of every cell all words are in some member, or it stands as it is in `extra` (or `raw`)."""
    header, rows = table
    for one, cells in zip(read(header, rows), rows, strict=True):
        if not isinstance(one, Imported):
            continue
        values = {*one.book.extra.values()}
        told = _words(str(one.as_dto()))
        for place, cell in enumerate(cells):
            if cell.strip() in NOTHING or unescaped(cell) in values:
                continue
            assert place < len(header), cell
            assert _told(cell, told), (header[place], cell, one.as_dto())


def _words(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _told(cell: str, told: str) -> bool:
    """Cells that were read to values: dates, ratings, ids, states; texts have to be there word by word."""
    if re.search(r"[0-9]", cell) or cell in _VALUES or "'" in cell or "[" in cell or "<" in cell or "&" in cell or "*" in cell:
        return True
    return all(_words(word) in told for word in cell.split() if word.isascii() and word.isalnum())


_VALUES = {"to-read", "gelesen", "Paperback", "Anonymous"}


@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_what_is_exported_is_read_back_equal(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    books = [one.as_dto() for one in read(header, rows) if isinstance(one, Imported)]
    if not books:
        return
    again, *lines = csv.reader(io.StringIO("".join(exporting.own_csv(books, exporting.further_columns(books))), newline=""))
    back = read(again, lines)
    assert [one.as_dto() | {"row": 0} for one in back] == [book | {"row": 0} for book in books]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.lists(st.lists(st.text(max_size=20), max_size=5), max_size=5))
def test_any_header_can_be_said_to_be_anything(header: list[str], rows: list[list[str]]) -> None:
    unique = list(dict.fromkeys(header))
    found = read(unique, rows, dict(zip(unique, ("title", "isbn", "userRating", "dateRead", "nonsense"), strict=False)))
    assert len(found) == len(rows)
