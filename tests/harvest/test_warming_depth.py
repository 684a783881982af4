"""What an answer leads to, and what a file names."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib.errors import ApiError
from harvest.cache_filling import warming_depth, warming_lists
from harvest.cache_filling.warming_depth import Further, further
from harvest.cache_filling.warming_lists import AUTHOR, BOOK, ISBN, KEY, label_of
from scanning.services import Listed, listed_books
from tests.search.resolving.library import isbn13


def data(*works: tuple[list[int], list[int], list[str]], level: str = "exact_edition") -> dict[str, Any]:
    """Works, each of the ISBNs of the edition that stands for it, those of all, and its authors."""
    return {
        "works": [
            {"isbn": [isbn13(n) for n in every], "authors": [{"name": n} for n in by], "match": {"level": level}}
            for _, every, by in works
        ],
        "editions": [{"isbns": [isbn13(n) for n in own]} for own, _, _ in works],
    }


TWO = data(([1], [1, 2, 3], ["Ann Bee", "Gita Iyer"]), ([9], [9, 8], ["ann bee", "?"]))


def test_of_an_author_every_work_before_the_second_edition_of_any() -> None:
    assert further(TWO, [AUTHOR, "Ann Bee"], 1) == Further()
    assert further(TWO, [AUTHOR, "Ann Bee"], 2) == Further(tuple(map(isbn13, (1, 9, 2, 8, 3))))
    assert further(TWO, [AUTHOR, "Ann Bee"], 3).authors == ("Gita Iyer",), "neither herself nor what cannot be asked"


def test_of_a_book_only_the_work_that_was_meant() -> None:
    assert further(TWO, [ISBN, isbn13(1)], 3) == Further((isbn13(2), isbn13(3)), ("Ann Bee", "Gita Iyer"))
    assert further(TWO, [BOOK, "A Title", "Ann Bee"], 2).isbns == (isbn13(1), isbn13(2), isbn13(3))
    assert further(data(([1], [2], ["Ann Bee"]), level="guess"), [BOOK, "A Title", ""], 3) == Further()
    assert further({"works": [], "editions": []}, [ISBN, isbn13(1)], 3) == Further() == further({}, [ISBN, isbn13(1)], 3)
    assert further(TWO, [KEY, "search:title:x", {}], 3) == Further()


def test_one_thing_leads_to_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming_depth, "MOST_ISBNS", 2)
    monkeypatch.setattr(warming_depth, "MOST_AUTHORS", 1)
    found = further(TWO, [AUTHOR, "Nobody"], 3)
    assert len(found.isbns) == 2 and found.authors == ("Ann Bee",)


def test_what_rows_name() -> None:
    text = "Titel;Autor;ISBN\nDune;Herbert, Frank;0-306-40615-2\n;Ann Bee;\n;;\nSapiens: A Brief History;;\n"
    assert list(listed_books(io.BytesIO(text.encode("cp1252")))) == [
        Listed("9780306406157", "Dune", ("Frank Herbert",)),
        Listed(authors=("Ann Bee",)),
        Listed(),
        Listed(title="Sapiens: A Brief History"),
    ]
    assert [one.authors for one in listed_books(io.BytesIO(b"authors\nAnn Bee; Gita Iyer\n"))] == [("Ann Bee", "Gita Iyer")]


def test_each_thing_once() -> None:
    found = warming_lists.of_file(io.BytesIO(b"title,author,isbn\nDune,Ann,\nDUNE,ann,\nDune,,9780306406157\n,,0306406152\n,Ann Bee,\n"))
    assert found.things == [[BOOK, "Dune", "Ann"], [ISBN, "9780306406157"], [AUTHOR, "Ann Bee"]] and found.rows == 5
    assert [label_of(thing) for thing in found.things] == ["Dune – Ann", "9780306406157", "Ann Bee"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"title,author\n{text}\n".encode("utf-8", "replace")))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        found = warming_lists.of_file(io.BytesIO(content))
    except ApiError as error:
        refused = error.status
    else:
        assert found.things and len(found.things) == len({str(thing).casefold() for thing in found.things})
        return
    assert 400 <= refused < 500
