"""JSON: LibraryThing's export, plain arrays, and JSON that wants to do harm."""

import json

import pytest

from scanning.imports.table import MAX_ROWS, Unreadable
from tests.scanning.imports.files import DUNE, opened, rows

LIBRARYTHING = {
    "101": {
        "books_id": "101", "title": "Dune", "primaryauthor": "Herbert, Frank", "originalisbn": DUNE, "isbn": {"0": "0441172717", "2": DUNE},
        "authors": [{"lf": "Herbert, Frank", "fl": "Frank Herbert"}, {"lf": "Bee, Ann", "fl": "Ann Bee", "role": "Translator"}],
        "tags": ["desert", "spice"], "collections": ["Your library"], "language": ["English"], "rating": 4.5, "entrydate": "2020-10-21",
        "format": [{"code": "1.1.1", "text": "Paperback"}], "ddc": {"code": ["813.54"]},
    },
    "102": {"books_id": "102", "title": "Emma", "authors": [], "isbn": [], "public": True, "summary": None},
}  # fmt: skip


def test_librarythings_export_has_the_columns_of_its_tsv() -> None:
    table = opened(json.dumps(LIBRARYTHING))
    assert table.kind == "json" and table.delimiter == ""
    dune, emma = (dict(zip(table.header, row.cells, strict=True)) for row in table.rows())
    assert dune["Title"] == "Dune" and dune["Primary Author"] == "Herbert, Frank" and dune["ISBN"] == DUNE
    assert (
        dune["ISBNs"] == f"0441172717, {DUNE}" and dune["Secondary Author"] == "Ann Bee" and dune["Secondary Author Roles"] == "Translator"
    )
    assert (
        dune["Tags"] == "desert, spice"
        and dune["Rating"] == "4.5"
        and dune["Media"] == "Paperback"
        and dune["ddc"] == '{"code":["813.54"]}'
    )
    assert emma["Title"] == "Emma" and emma["public"] == "true" and emma["Summary"] == "" and emma["ISBN"] == ""


@pytest.mark.parametrize("wrapped", [lambda books: books, lambda books: {"books": books}, lambda books: {"version": 1, "items": books}])
def test_a_plain_array_of_objects(wrapped: object) -> None:
    books = [{"title": "Dune", "authors": [{"name": "Frank Herbert"}]}, {"title": "Emma", "isbn": None, "pages": 320}, {}]
    table = opened(json.dumps(wrapped(books)))  # type: ignore[operator]
    assert table.header == ("title", "authors", "isbn", "pages")
    assert [row.cells for row in table.rows()] == [("Dune", "Frank Herbert", "", ""), ("Emma", "", "", "320"), ("", "", "", "")]
    assert rows(json.dumps(wrapped(books)))[0].raw == '{"title":"Dune","authors":[{"name":"Frank Herbert"}]}'  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "EMPTY_BATCH"),
        ("{}", "INVALID_FILE"),
        ('{"title": "Dune"}', "INVALID_FILE"),
        ('[{"title": "Dune"}, 5]', "INVALID_FILE"),
        ('[{"title": "Dune"', "INVALID_FILE"),
        ('[{"title": "\\ud800"}]', "INVALID_FILE"),
        ('[{"a":' + "[" * 500 + "]" * 500 + "}]", "INVALID_FILE"),
        ('[{"a":' * 100_000, "INVALID_FILE"),
        ("[" + "{}," * (MAX_ROWS + 1) + "{}]", "BATCH_TOO_LARGE"),
        ("[" + "{}," * 1_000_001 + "{}]", "INVALID_FILE"),
        ('[{"a":[0' + ",0" * 3_000_000 + "]}]", "INVALID_FILE"),
        (json.dumps([{f"member {number}": 1} for number in range(600)]), "INVALID_FILE"),
    ],
)
def test_json_that_is_no_list_of_books_is_refused(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        rows(text)
    assert caught.value.code == code


def test_a_title_in_brackets_is_no_json() -> None:
    assert opened("[Untitled],Author\nDune,Herbert\n").kind == "csv"
