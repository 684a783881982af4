"""Known exports: told by their headers in any order, and the ways of writing that each has of its own."""

import pytest

from scanning.csv_format import CsvFormat
from scanning.imports.formats import GENERIC, SURE, all_formats, recognised
from scanning.imports.headers import KnownHeader
from tests.scanning.imports.reading_books import books

KNOWN = [one for one in all_formats().values() if isinstance(one, KnownHeader)]
NAMES = {
    "goodreads",
    "librarything",
    "storygraph",
    "calibre",
    "libib",
    "bookbuddy",
    "clz",
    "bookwyrm",
    "openreads",
    "openlibrary",
    "bookstrack",
    GENERIC,
}


def header_of(one: KnownHeader) -> list[str]:
    return list(dict.fromkeys((*one.fields, *one.others, *one.telling)))


def test_all_formats_are_found() -> None:
    assert set(all_formats()) == NAMES and all(isinstance(one, CsvFormat) and one.label for one in all_formats().values())


@pytest.mark.parametrize("one", KNOWN, ids=lambda one: one.name)
def test_a_whole_header_is_told_in_any_order_and_case(one: KnownHeader) -> None:
    header = header_of(one)
    assert recognised(header).name == recognised([name.upper() for name in reversed(header)]).name == one.name
    assert one.fits(header) == 1.0


@pytest.mark.parametrize("one", KNOWN, ids=lambda one: one.name)
def test_columns_that_somebody_added_or_an_older_version_lacks_do_not_matter(one: KnownHeader) -> None:
    header = header_of(one)
    lacking = [name for name in header if name in one.telling or header.index(name) % 3]
    assert recognised([*lacking, "My own column", "Another"]).name == one.name


@pytest.mark.parametrize("one", KNOWN, ids=lambda one: one.name)
def test_a_known_header_is_no_other_formats(one: KnownHeader) -> None:
    rivals = [other.name for other in KNOWN if other is not one and other.fits(header_of(one)) >= SURE]
    assert not [name for name in rivals if all_formats()[name].fits(header_of(one)) >= 1.0]


def test_a_header_that_says_little_is_nobodys() -> None:
    assert recognised(["Title", "Author", "ISBN"]).name == recognised([]).name == recognised(["", " "]).name == GENERIC


def test_goodreads_shelves_of_ones_own() -> None:
    header = ["Book Id", "Title", "Author", "Author l-f", "My Rating", "Exclusive Shelf", "Bookshelves", "ISBN13", "My Review"]
    [found] = books(header, [["5", "Emma", "Jane Austen", "Austen, Jane", "0", "owned-unread", "classics, owned-unread", '=""', "a<br/>b"]])
    assert "readingStatus" not in found and found["shelves"] == ["classics", "owned-unread"] and found["ids"] == {"goodreads": "5"}
    assert found["review"] == "a\nb" and "userRating" not in found and found["extra"] == {"Author l-f": "Austen, Jane"}


@pytest.mark.parametrize(
    ("publication", "publisher", "pages"),
    [
        ("Gallimard (1979), Edition: Folio, 590 pages", "Gallimard", 590),
        ("Seuil (1989), Unknown Binding", "Seuil", None),
        ("Knopf", "Knopf", None),
        ("Publisher Unknown", None, None),
        ("Ballantine Books, 320 pages", "Ballantine Books", 320),
        ("", None, None),
    ],
)
def test_librarything_line_of_publication(publication: str, publisher: str | None, pages: int | None) -> None:
    header = ["Book Id", "Title", "Sort Character", "Primary Author", "Publication", "Collections", "Dewey Wording", "ISBNs"]
    [found] = books(header, [["7", "Marelle", "1", "Garcia Marquez, Gabriel Jose", publication, "Wishlist", "", "[]"]])
    assert (found.get("publisher"), found.get("pageCount")) == (publisher, pages)
    assert found["author"] == "Gabriel Jose Garcia Marquez" and found["readingStatus"] == "wishlist"


def test_librarything_older_csv() -> None:
    header = [
        "'TITLE'",
        "'AUTHOR (first, last)'",
        "'AUTHOR (last, first)'",
        "'DATE'",
        "'LCC'",
        "'DDC'",
        "'ISBN'",
        "'PUBLICATION INFORMATION'",
    ]
    [found] = books(
        header, [["Emma", "Jane Austen", "Austen, Jane", "2003", "", "", "[0141439580]", "Penguin Classics (2003), Paperback, 512 pages"]]
    )
    assert (found["title"], found["author"], found["isbn"]) == ("Emma", "Jane Austen", "9780141439587")
    assert (found["publisher"], found["pageCount"], found["publicationYear"]) == ("Penguin Classics", 512, 2003)


def test_storygraph_names_and_spans() -> None:
    header = ["Title", "Authors", "Contributors", "ISBN/UID", "Read Status", "Star Rating", "Moods", "Pace", "Dates Read", "Last Date Read"]
    row = [
        "Emma",
        "Jane Austen, Voltaire",
        "Ann Bee (Narrator)",
        "B0084FWN26",
        "did-not-finish",
        "4.25",
        "",
        "",
        "2020/01/01-2020/01/05, 2021/02/03-2021/02/04",
        "2021/02/04",
    ]
    [found] = books(header, [row])
    assert (found["author"], found["additionalAuthors"]) == ("Jane Austen", ["Voltaire", "Ann Bee"]) and found["ids"] == {
        "asin": "B0084FWN26"
    }
    assert (found["dateStarted"], found["dateRead"], found["readingStatus"]) == ("2021-02-03", "2021-02-04", "dnf")
    assert found["userRating"] == 4.5 and found["extra"]["Star Rating"] == "4.25"


def test_calibre() -> None:
    header = [
        "authors",
        "author_sort",
        "title",
        "title_sort",
        "identifiers",
        "series",
        "series_index",
        "languages",
        "pubdate",
        "timestamp",
        "uuid",
    ]
    row = [
        "Ann Bee & Cee Dee",
        "Bee, Ann",
        "Emma",
        "Emma",
        "goodreads:39,isbn:0306406152,amazon:B0084FWN26,doi:x/1",
        "Tales",
        "2.0",
        "eng, fra",
        "2019-03-05T01:00:00+01:00",
        "",
        "u-1",
    ]
    [found] = books(header, [row])
    assert (found["author"], found["additionalAuthors"], found["isbn"]) == ("Ann Bee", ["Cee Dee"], "9780306406157")
    assert found["ids"] == {"goodreads": "39", "asin": "B0084FWN26", "doi": "x/1", "uuid": "u-1"} and found["series"] == {
        "name": "Tales",
        "position": 2.0,
    }
    assert found["publicationDate"] == "2019-03-05" and found["language"] == "en" and found["extra"]["languages"] == "eng, fra"


def test_libib() -> None:
    header = [
        "item_type",
        "title",
        "creators",
        "ean_isbn13",
        "upc_isbn10",
        "number_of_discs",
        "status",
        "began",
        "completed",
        "rating",
        "length",
        "tags",
    ]
    [found] = books(
        header,
        [
            [
                "book",
                "Emma",
                "Jane Austen, Ann Bee",
                "9780306406157",
                "0306406152",
                "",
                "Completed",
                "2020-01-01",
                "2020-01-09",
                "4.5",
                "320",
                "x,y",
            ]
        ],
    )
    assert (found["isbn"], found["readingStatus"], found["dateStarted"], found["dateRead"]) == (
        "9780306406157",
        "read",
        "2020-01-01",
        "2020-01-09",
    )
    assert (found["author"], found["additionalAuthors"], found["shelves"], found["pageCount"]) == (
        "Jane Austen",
        ["Ann Bee"],
        ["x", "y"],
        320,
    )


def test_bookbuddy_wish_and_dates() -> None:
    header = [
        "Title",
        "Author",
        "Author (Last, First)",
        "Google VolumeID",
        "Guided Reading Level",
        "Wish List",
        "Date Published",
        "Year Published",
        "Status",
    ]
    [found] = books(header, [["Emma", "Jane Austen", "Austen, Jane", "t-dSYsi_2lcC", "", "1", "2012/10/31", "2012", "Unread"]])
    assert found["readingStatus"] == "wishlist" and found["publicationDate"] == "2012-10-31" and found["ids"] == {"google": "t-dSYsi_2lcC"}
    assert "Year Published" not in found["extra"]


def test_clz_ratings_are_of_ten() -> None:
    header = ["Author", "Title", "My Rating", "Read It", "Reading Date", "Collection Status", "Index", "Added Date"]
    [found] = books(header, [["Austen, Jane; Bee, Ann", "Emma", "9", "Yes", "2020-01-01", "In Collection", "12", "2019-01-01"]])
    assert (found["userRating"], found["readingStatus"], found["author"], found["additionalAuthors"]) == (
        4.5,
        "read",
        "Jane Austen",
        ["Ann Bee"],
    )
    assert found["extra"]["Collection Status"] == "In Collection"


def test_bookwyrm() -> None:
    header = [
        "title",
        "author_text",
        "remote_id",
        "openlibrary_key",
        "isbn_13",
        "shelf",
        "shelf_name",
        "shelf_date",
        "review_content",
        "inventaire_id",
    ]
    [found] = books(
        header, [["Emma", "Jane Austen", "https://example.org/1", "OL1M", "", "cooking-9", "Cooking", "2024-08-10", "fine", "isbn:1"]]
    )
    assert (
        found["shelves"] == ["Cooking"]
        and "readingStatus" not in found
        and found["ids"] == {"openlibrary": "OL1M", "inventaire_id": "isbn:1"}
    )


def test_openreads() -> None:
    header = ["title", "author", "status", "favourite", "deleted", "olid", "tags", "my_review", "readings", "date_modified", "book_format"]
    row = [
        "Emma",
        "Austen, Jane",
        "abandoned",
        "true",
        "false",
        "OL1M",
        "1|||||Sol",
        "",
        "2020-01-01T00:00:00.000||;2021-02-03T00:00:00.000|2021-02-04T00:00:00.000|99",
        "",
        "audiobook",
    ]
    [found] = books(header, [row])
    assert (found["dateStarted"], found["dateRead"], found["readCount"]) == ("2021-02-03", "2021-02-04", 1) and found["shelves"] == [
        "1",
        "Sol",
    ]
    assert (found["readingStatus"], found["format"], found["author"]) == ("dnf", "Audiobook", "Jane Austen")


def test_openlibrary_reading_log() -> None:
    first, second = books(["Work Id", "Edition Id", "Bookshelf"], [["OL1W", "", "Want to Read"], ["OL1W", "OL2M", "Already Read"]])
    assert first["ids"] == {"openlibrary": "OL1W"} and first["readingStatus"] == "to-read"
    assert second["ids"] == {"openlibrary": "OL2M", "openlibraryWork": "OL1W"} and second["title"] is None
