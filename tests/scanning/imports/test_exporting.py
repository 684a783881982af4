"""Results written out again."""

import csv
import io
from typing import Any

import pytest

from scanning.imports import exporting
from tests.scanning.imports.reading_books import books

HEADER = [
    "Title",
    "Author",
    "ISBN",
    "Series",
    "Volume",
    "Tags",
    "My rating",
    "Status",
    "Date read",
    "Review",
    "Publisher",
    "Pages",
    "Lent to",
]
ROWS = [
    [
        "Dune: Part One",
        "Frank Herbert & Ann; Bee",
        "9780306406157",
        "Dune",
        "1",
        "a; b",
        "4.5",
        "read",
        "2021-05-03",
        "one\ntwo",
        "House",
        "412",
        "=cmd|' /C calc'!A0",
    ],
    ["=1+1", "+Plus", "", "", "", "-x", "", "wishlist", "", "@SUM(A1)", "", "", "'=quoted"],
]


def table(lines: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline="")))


def without_row(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in book.items() if name != "row"} for book in found]


def test_our_own_layout_is_read_back_equal() -> None:
    found = books(HEADER, ROWS)
    header, *rows = table(exporting.own_csv(found, exporting.further_columns(found)))
    assert header[-1] == "extra: Lent to"
    assert without_row(books(header, rows)) == without_row(found)


def test_goodreads_layout_is_read_back_as_far_as_it_goes() -> None:
    found = books(HEADER, ROWS)
    header, *rows = table(exporting.goodreads_csv(found))
    back = books(header, rows)
    same = (
        "title",
        "author",
        "isbn",
        "userRating",
        "readingStatus",
        "dateRead",
        "publisher",
        "pageCount",
        "review",
        "shelves",
        "series",
        "subtitle",
    )
    assert [back[0].get(name) for name in same] == [found[0].get(name) for name in same]
    assert (back[1]["title"], back[1]["author"], back[1]["readingStatus"]) == ("=1+1", "+Plus", "wishlist")


@pytest.mark.parametrize("layout", [lambda found: exporting.own_csv(found, exporting.further_columns(found)), exporting.goodreads_csv])
def test_no_cell_is_a_formula(layout: Any) -> None:
    for row in table(layout(books(HEADER, ROWS)))[1:]:
        assert all(cell.startswith('="') for cell in row if cell[:1] in ("=", "+", "-", "@"))  # an ISBN as text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1", "'=1"),
        ("+49 30 1", "'+49 30 1"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-1", "-1"),
        ("+4.5", "+4.5"),
        ("plain", "plain"),
        ("'tis", "'tis"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_escaping(cell: str, written: str) -> None:
    assert exporting.escaped(cell) == written
