"""Cells in the wild, one row each."""

from typing import Any

import pytest

from scanning.imports.imported import Imported, Refused
from tests.scanning.imports.reading_books import book, read

ISBN = "9780306406157"


@pytest.mark.parametrize(
    "cell",
    [
        ISBN,
        f'="{ISBN}"',
        f'"{ISBN}"',
        "0-306-40615-2",
        "978\u20110\u2011306\u201140615\u20117",
        f"ISBN: {ISBN}",
        f"urn:isbn:{ISBN}",
        "306406152",
        "[0306406152]",
        f"{ISBN}.0",
        f"'{ISBN}",
        f"0306406152, {ISBN}",
        f"{ISBN}; 0306406152",
        f"{ISBN} 0306406152",
        f"{ISBN} (pbk.)",
        f"{ISBN} / 0-306-40615-2",
    ],
)
def test_an_isbn_in_every_form(cell: str) -> None:
    found = book(ISBN=cell)
    assert found["isbn"] == ISBN and "isbns" not in found and "ISBN" not in found["extra"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("9.78E+12", "9.78E+12"),
        ("9780306406158", "check digit"),
        ("5012345678900", "978 or 979"),
        ("notanisbn", "notanisbn"),
        ("9790260000438", "sheet music"),
        ("978030640615", "10 or 13 digits"),
        ("12345678", "10 or 13"),
    ],
)
def test_what_is_no_isbn_is_said_and_kept(cell: str, words: str) -> None:
    [one] = read(["Title", "ISBN"], [["A Book", cell]])
    assert isinstance(one, Imported) and not one.book.isbns and one.book.extra == {"ISBN": cell}
    [note] = one.notes
    assert note.code == "INVALID_ISBN" and words in note.message and (note.row, note.column) == (1, "ISBN")


def test_other_ids_in_a_column_of_isbns() -> None:
    assert book(ISBN="b0084fwn26")["ids"] == {"asin": "B0084FWN26"}
    assert book(ISBN="FBDD6B7C-f512-47f2-aa94-d8bf0d5f5175")["ids"] == {"uid": "fbdd6b7c-f512-47f2-aa94-d8bf0d5f5175"}
    assert "isbn" not in book(ISBN='=""')


def test_lost_zeros_are_put_back_where_the_checksum_holds() -> None:
    [one] = read(["Title", "ISBN"], [["A Book", "2712035"]])
    assert isinstance(one, Imported) and one.book.isbns == () and one.notes[0].code == "INVALID_ISBN"
    [one] = read(["Title", "ISBN"], [["A Book", "7123450"]])  # 000-712345-0
    assert isinstance(one, Imported) and one.book.isbns == ("9780007123452",) and one.notes[0].code == "ISBN_REPAIRED"


def test_two_isbns_of_two_columns() -> None:
    found = book(ISBN10="0140328726", ISBN13=ISBN)
    assert found["isbn"] == ISBN and found["isbns"] == [ISBN, "9780140328721"]


@pytest.mark.parametrize(
    ("cell", "title", "subtitle", "series"),
    [
        ("Dune (Dune, #1)", "Dune", None, {"name": "Dune", "position": 1.0}),
        ("Dune (Dune #1.5)", "Dune", None, {"name": "Dune", "position": 1.5}),
        ("Deep Work: Rules for Focus", "Deep Work", "Rules for Focus", None),
        ("Tom &amp; Jerry", "Tom & Jerry", None, None),
        ("Café Müller – „Straße“", "Café Müller – „Straße“", None, None),
        ("Mila 18", "Mila 18", None, None),
        ("  Two   spaces ", "Two spaces", None, None),
        ("Y: The Last Man", "Y: The Last Man", None, None),
        (" One\t and \t two", "One\t and \t two", None, None),
    ],
)
def test_titles(cell: str, title: str, subtitle: str | None, series: dict[str, Any] | None) -> None:
    found = book(Title=cell)
    assert (found["title"], found.get("subtitle"), found.get("series")) == (title, subtitle, series) and found["extra"] == {}


def test_what_is_taken_off_a_title_is_kept() -> None:
    assert book(Title="Emma [Paperback]")["extra"] == {"Title": "Emma [Paperback]"}
    found = book(Title="Images d'Alix - Martin", Author="Martin")
    assert found["title"] == "Images d'Alix" and "subtitle" not in found and found["extra"]["Title"] == "Images d'Alix - Martin"


def test_a_series_of_its_own_columns() -> None:
    assert book(Series="Dune", Volume="2")["series"] == {"name": "Dune", "position": 2.0}
    assert book(Series="Dune #2")["series"] == {"name": "Dune", "position": 2.0}
    found = book(Volume="2")
    assert "series" not in found and found["extra"] == {"Volume": "2"}


@pytest.mark.parametrize(
    ("cell", "author", "further"),
    [
        ("Austen, Jane", "Jane Austen", []),
        ("Ann Bee & Cee Dee", "Ann Bee", ["Cee Dee"]),
        ("Ann Bee; Cee Dee", "Ann Bee", ["Cee Dee"]),
        ("['Shin Takahashi', \"Flann O'Brien\"]", "Shin Takahashi", ["Flann O'Brien"]),
        ("Dr. Seuss", "Dr. Seuss", []),
        ("Le Guin, Ursula K.", "Ursula K. Le Guin", []),
        ("Marie-Paule ARMAND", "Marie-Paule ARMAND", []),
        ("Kurt Vonnegut, Jr.", "Kurt Vonnegut, Jr.", []),
    ],
)
def test_people(cell: str, author: str, further: list[str]) -> None:
    found = book(Author=cell)
    assert (found["author"], found["additionalAuthors"], found["extra"]) == (author, further, {})


def test_roles_and_nobodies_are_kept_aside() -> None:
    found = book(Author="Ann Bee, Cee Dee (Illustrator)")
    assert found["author"] == "Ann Bee" and found["additionalAuthors"] == ["Cee Dee"] and "Illustrator" in found["extra"]["Author"]
    for nobody in ("Unknown", "Anonymous", "Various", "Auteur Inconnu", "Unbekannt"):
        found = book(Author=nobody)
        assert found["author"] is None and found["extra"] == {"Author": nobody}


@pytest.mark.parametrize(
    ("cell", "rating"),
    [
        ("4", 4),
        ("3,5", 3.5),
        ("4/5", 4),
        ("8/10", 4),
        ("★★★★", 4),
        ("★★★★☆", 4),
        ("★★★½", 3.5),
        ("4 stars", 4),
        ("80%", 4),
        ("0", None),
        ("5.000000", 5),
        ("4½", 4.5),
    ],
)
def test_ratings(cell: str, rating: float | None) -> None:
    found = book(Rating=cell)
    assert found.get("userRating") == rating and found["extra"] == {}


def test_ratings_that_cannot_be_told_whole_are_kept() -> None:
    found = book(**{"Star Rating": "4.25"})
    assert found["userRating"] == 4.5 and found["extra"] == {"Star Rating": "4.25"}
    [*_, one] = read(["Title", "Rating"], [*[["A Book", "4"]] * 9, ["B Book", "good"]])
    assert (
        isinstance(one, Imported)
        and one.book.rating is None
        and one.notes[0].code == "INVALID_RATING"
        and one.book.extra == {"Rating": "good"}
    )


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("read", "read"),
        ("Currently Reading", "reading"),
        ("to-read", "to-read"),
        ("Wish List", "wishlist"),
        ("did-not-finish", "dnf"),
        ("gelesen", "read"),
        ("En cours", "reading"),
        ("Por leer", "to-read"),
        ("abbandonato", "dnf"),
        ("quero ler", "to-read"),
        ("aan het lezen", "reading"),
        ("Chcę przeczytać", "to-read"),
        ("přečteno", "read"),
        ("in_progress", "reading"),
        ("x", "read"),
    ],
)
def test_states(cell: str, status: str) -> None:
    assert book(Status=cell)["readingStatus"] == status


def test_a_state_that_is_none_is_kept() -> None:
    [*_, one] = read(["Title", "Status"], [*[["A Book", "read"]] * 3, ["B Book", "lent"]])
    assert isinstance(one, Imported) and one.book.status is None and one.book.extra == {"Status": "lent"}


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2021/05/03", "2021-05-03"),
        ("2021-05-03", "2021-05-03"),
        ("03.05.2021", "2021-05-03"),
        ("May 3 2021", "2021-05-03"),
        ("3. Mai 2021", "2021-05-03"),
        ("[2021-05-03]", "2021-05-03"),
        ("2021-05-03 11:19:58.50", "2021-05-03"),
        ("2021-05-03T00:00:00+01:00", "2021-05-03"),
        ("25/12/2021", "2021-12-25"),
        ("2021", "2021"),
        ("May 2021", "2021-05"),
        ("3 maja 2021", "2021-05-03"),
        ("3. května 2021", "2021-05-03"),
        ("12/25/2021 10:00", "2021-12-25"),
    ],
)
def test_dates(cell: str, day: str) -> None:
    found = book(**{"Date Read": cell})
    assert found["dateRead"] == day and found["extra"] == {}


def test_a_date_that_may_be_two_is_its_year_and_said() -> None:
    [one] = read(["Title", "Date Read"], [["A Book", "03/04/2020"]])
    assert isinstance(one, Imported) and one.book.date_read == "2020" and one.book.extra == {"Date Read": "03/04/2020"}
    assert one.notes[0].code == "UNSURE_DATE" and "03/04/2020" in one.notes[0].message


@pytest.mark.parametrize(
    ("cell", "code"),
    [("eng", "en"), ("fr", "fr"), ("ger", "de"), ("en-US", "en"), ("português", "pt"), ("angličtina", "en"), ("Polski", "pl")],
)
def test_languages(cell: str, code: str) -> None:
    assert book(Language=cell)["language"] == code


def test_of_several_languages_the_first_is_taken_and_all_are_kept() -> None:
    found = book(Language="English, French")
    assert found["language"] == "en" and found["extra"] == {"Language": "English, French"}


@pytest.mark.parametrize(
    ("cell", "count"), [("320", 320), ("320.0", 320), ("320 p.", 320), ("xii, 320 pages", 320), ("0", None), ("30000", None)]
)
def test_pages(cell: str, count: int | None) -> None:
    assert book(Pages=cell).get("pageCount") == count


@pytest.mark.parametrize(
    ("cell", "shelves"),
    [
        ("a, b", ["a", "b"]),
        ("a; b, c", ["a", "b, c"]),
        ("a|b", ["a", "b"]),
        ("a, a", ["a"]),
        ("['a', 'b']", ["a", "b"]),
        ('["a; b", "c"]', ["a; b", "c"]),
    ],
)
def test_shelves(cell: str, shelves: list[str]) -> None:
    assert book(Tags=cell)["shelves"] == shelves


def test_texts() -> None:
    assert book(Review="<b>Fine</b><br/>Really &amp; truly")["review"] == "Fine\nReally & truly"
    assert book(Review="I *liked* it <3, 5 > 4")["review"] == "I *liked* it <3, 5 > 4"
    assert book(Notes='one\r\ntwo, "three"')["notes"] == 'one\ntwo, "three"'


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1:A9)", '=HYPERLINK("http://example.org","x")'])
def test_formulas_are_data(cell: str) -> None:
    assert book(Notes=cell)["notes"] == cell and book(Else=cell)["extra"] == {"Else": cell}


def test_cells_beyond_the_header_are_kept() -> None:
    [one] = read(["Title", "Shelf"], [["Too long", "s", "one", "", "two"]])
    assert isinstance(one, Imported) and one.book.extra == {"Column 3": "one", "Column 5": "two"}


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["", "", ""], "EMPTY_ROW"),
        (["", "", "lonely shelf"], "NO_TITLE"),
        (["", "Ann Bee", ""], "NO_TITLE"),
        (["Title", "Author", "Shelf"], "REPEATED_HEADER"),
    ],
)
def test_rows_that_are_no_books(cells: list[str], code: str) -> None:
    [_, one] = read(["Title", "Author", "Shelf"], [["Good", "Ann Bee", "s"], cells])
    assert isinstance(one, Refused) and one.code == code and one.row == 2
    assert all(cell in one.raw for cell in cells)
