"""ISBNdb: the call that each question makes, and what is read of the answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.dto import Record
from search.provider import BadShape, Kind, ProviderConfig, Question, Refusal
from search.providers.isbndb import Isbndb, page_window, read_author_page, read_book
from tests.search.records import DUNE, MESSIAH

KEY = "very-secret"
isbndb = Isbndb(ProviderConfig("https://example.org", key=KEY))
ISBN = Question(Kind.ISBN, isbns=(DUNE,))
TITLE = Question(Kind.TITLE, text="Dune")


def book(**facts: Any) -> dict[str, Any]:
    return {"title": "Dune", "isbn13": DUNE, **facts}


def read(**facts: Any) -> Record:
    [record] = isbndb.read(ISBN, {"book": book(**facts)}).records
    return record


# ---------------------------------------------------------------- calls


def test_an_isbn_is_a_path() -> None:
    call = isbndb.call(ISBN)
    assert call is not None
    assert (call.method, call.path, call.params, call.form) == ("GET", f"/book/{DUNE}", (), None)


def test_many_isbns_are_one_post() -> None:
    call = isbndb.call(Question(Kind.MANY_ISBNS, isbns=(DUNE, MESSIAH)))
    assert call is not None
    assert (call.method, call.path, call.form) == ("POST", "/books", (("isbns", f"{DUNE},{MESSIAH}"),))


def test_a_title_is_quoted_into_the_path() -> None:
    call = isbndb.call(Question(Kind.TITLE, text="Fahrenheit 9/11? #1 été", lang="fr"))
    assert call is not None
    assert call.path == "/books/Fahrenheit%209%2F11%3F%20%231%20%C3%A9t%C3%A9"
    assert dict(call.params) == {"column": "title", "language": "fr", "page": "1", "pageSize": "20"}


def test_any_words_are_asked_in_every_column() -> None:
    call = isbndb.call(Question(Kind.ANY, text="dune herbert"))
    assert call is not None and call.path == "/books/dune%20herbert" and "column" not in dict(call.params)


def test_title_and_author_are_given_as_far_as_they_are_known() -> None:
    both = isbndb.call(Question(Kind.ADVANCED, title="Dune", author="Frank Herbert"))
    author = isbndb.call(Question(Kind.ADVANCED, author="Frank Herbert"))
    assert both is not None and both.path == "/search/books" and both.params[:2] == (("text", "Dune"), ("author", "Frank Herbert"))
    assert author is not None and "text" not in dict(author.params)


@pytest.mark.parametrize(
    "question",
    [
        Question(Kind.ISBN),
        Question(Kind.MANY_ISBNS),
        Question(Kind.TITLE, text=" "),
        Question(Kind.ANY, text=".."),
        Question(Kind.ANY, text="."),
        Question(Kind.ADVANCED, title=" "),
        Question(Kind.TITLE, text="Dune", offset=1990, limit=1000),
    ],
)
def test_nothing_that_can_be_asked_makes_no_call(question: Question) -> None:
    assert isbndb.call(question) is None


@pytest.mark.parametrize("question", [ISBN, TITLE, Question(Kind.MANY_ISBNS, isbns=(DUNE,)), Question(Kind.ADVANCED, title="Dune")])
def test_the_key_is_in_a_header_only(question: Question) -> None:
    call = isbndb.call(question)
    assert call is not None and call.headers == {"Authorization": KEY}
    assert KEY not in f"{call.path}{call.params}{call.form}"


def test_it_is_off_without_a_key() -> None:
    assert isbndb.enabled and not Isbndb(ProviderConfig("https://example.org")).enabled


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize(
    ("offset", "limit", "window"),
    [(0, 20, (1, 20)), (20, 20, (2, 20)), (40, 20, (3, 20)), (10, 20, (1, 30)), (30, 20, (2, 25)), (0, 1000, (1, 1000)), (0, 1001, None)],
)
def test_the_page_that_holds_the_window(offset: int, limit: int, window: tuple[int, int] | None) -> None:
    assert page_window(offset, limit) == window


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_a_window_is_always_on_one_page(offset: int, limit: int) -> None:
    found = page_window(offset, limit)
    assert found is not None
    page, size = found
    assert (page - 1) * size <= offset and offset + limit <= page * size
    assert limit <= size <= 1000


def test_of_a_page_only_the_window_is_read() -> None:
    question = Question(Kind.TITLE, text="Dune", offset=30, limit=20)
    page, size = page_window(30, 20) or (0, 0)
    books = [{"title": f"Book {(page - 1) * size + place}"} for place in range(size)]
    read_page = isbndb.read(question, {"total": 900, "books": books})
    assert [record.title for record in read_page.records] == [f"Book {place}" for place in range(30, 50)]
    assert read_page.total == 900


# ---------------------------------------------------------------- records


def test_every_fact_of_a_book() -> None:
    record = read(
        title="Dune",
        title_long="Dune: The Desert Planet (Dune, #1)",
        isbn10="0441172717",
        isbn="0441172717",
        authors=["Herbert, Frank", "Schoenherr, John (Illustrator)"],
        publisher="Ace",
        language="eng",
        date_published="July 1990",
        pages="535",
        binding="Mass Market Paperback",
        image="https://images.isbndb.com/covers/27/19/9780441172719.jpg",
        synopsis="<p>Set on <i>Arrakis</i>.</p>",
        overview="Shorter.",
        subjects=["Subjects", "Fiction -- Science Fiction"],
        edition="Reissue",
        other_isbns=[{"isbn": MESSIAH, "binding": "Hardcover"}],
    )
    edition = record.edition
    assert (record.title, record.subtitle) == ("Dune", "The Desert Planet")
    assert record.series is not None and record.series.position == 1
    assert [author.name for author in record.authors] == ["Frank Herbert"]
    assert record.contributors == ("John Schoenherr",)
    assert edition.isbns == (DUNE,) and record.work_isbns == (DUNE, MESSIAH)
    assert (edition.publisher, edition.published, edition.page_count) == ("Ace", "1990-07", 535)
    assert (edition.format, edition.language, edition.note) == ("Mass Market", "en", "Reissue")
    assert edition.cover_url == "https://images.isbndb.com/covers/27/19/9780441172719.jpg"
    assert record.description == "Set on Arrakis."
    assert "Subjects" not in record.subjects and "Science Fiction" in record.subjects
    assert record.first_year is None


@pytest.mark.parametrize(
    ("binding", "format_name"),
    [
        ("Hardcover", "Hardcover"),
        ("Library Binding", "Hardcover"),
        ("Paperback", "Paperback"),
        ("Mass Market Paperback", "Mass Market"),
        ("Kindle Edition", "E-book"),
        ("Audio CD", "Audiobook"),
        ("Unknown Binding", None),
        ([], None),
    ],
)
def test_bindings(binding: object, format_name: str | None) -> None:
    assert read(binding=binding).edition.format == format_name


@pytest.mark.parametrize(
    ("given_date", "published"),
    [
        ("2004", "2004"),
        (2004, "2004"),
        ("2004-09", "2004-09"),
        ("2004-09-30T00:00:01Z", "2004-09-30"),
        ("September 30, 2004", "2004-09-30"),
        ("0000-00-00", None),
        ("", None),
        ({}, None),
    ],
)
def test_dates_are_parsed_or_dropped(given_date: object, published: str | None) -> None:
    assert read(date_published=given_date).edition.published == published


@pytest.mark.parametrize(
    "image",
    [
        None,
        "",
        7,
        "https://images.isbndb.com/covers/no-cover.jpg",
        "https://isbndb.com/modules/placeholder.png",
        "https://isbndb.com/images/nocover.gif",
        "https://evil.example/a.jpg",
        "ftp://images.isbndb.com/a.jpg",
    ],
)
def test_what_is_no_picture_of_isbndb_is_none(image: object) -> None:
    assert read(image=image).edition.cover_url is None


def test_a_picture_is_https_even_where_it_says_http() -> None:
    assert read(image="http://images.isbndb.com/covers/1.jpg").edition.cover_url == "https://images.isbndb.com/covers/1.jpg"


def test_of_numbers_that_differ_the_longer_is_right() -> None:
    assert read(isbn13=MESSIAH, isbn10="0441172717").edition.isbns == (MESSIAH,)
    assert read(isbn13="9780000000001", isbn10="0441172717").edition.isbns == (DUNE,)
    assert read(isbn13=int(DUNE)).edition.isbns == (DUNE,)
    assert read(isbn13="9790060115615").edition.isbns == (), "sheet music"


@pytest.mark.parametrize(
    "authors",
    [["Frank Herbert"], [{"name": "Frank Herbert"}], "Frank Herbert", {"name": "Herbert, Frank"}, ["Herbert, Frank, 1920-1986."]],
)
def test_authors_in_every_shape(authors: object) -> None:
    assert [author.name for author in read(authors=authors).authors] == ["Frank Herbert"]


def test_an_editor_is_the_author_where_nobody_else_wrote() -> None:
    assert [author.name for author in read(authors=["Ellen Datlow (Editor)"]).authors] == ["Ellen Datlow"]
    both = read(authors=["Ellen Datlow (Editor)", "Gene Wolfe"])
    assert ([author.name for author in both.authors], both.contributors) == (["Gene Wolfe"], ("Ellen Datlow",))


def test_odd_values_become_nothing() -> None:
    record = read(pages=[], language={}, publisher="s.n.", synopsis="", overview="xii, 345 pages", subjects=None, edition="1", msrp=[])
    edition = record.edition
    assert (edition.page_count, edition.language, edition.publisher, edition.note) == (None, None, None, None)
    assert record.description is None and record.subjects == ()


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    "payload",
    [
        {"book": book()},
        {"total": 1, "requested": 2, "data": [book()]},
        {"total": 1, "books": [book(), {"title": ""}, None]},
    ],
)
def test_the_three_containers(payload: object) -> None:
    question = Question(Kind.MANY_ISBNS, isbns=(DUNE, MESSIAH))
    assert [record.edition.isbns for record in isbndb.read(question, payload).records] == [(DUNE,)]


@pytest.mark.parametrize("payload", [{"total": 0, "books": []}, {"total": 0, "requested": 2, "data": []}])
def test_no_hits_is_an_empty_page(payload: object) -> None:
    page = isbndb.read(TITLE, payload)
    assert (page.records, page.total) == ((), 0)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "",
        7,
        {},
        {"total": 0},
        {"book": None},
        {"book": []},
        {"books": None},
        {"data": {}},
        {"data": [None]},
        {"data": [{"name": "Frank Herbert"}]},
        {"message": "Limit Exceeded"},
        {"errorMessage": "Not Found"},
        {"index_searched": "isbn", "data": [{"title": "Dune", "isbn13": DUNE, "author_data": []}]},
        {"index_searched": "author", "data": [{"name": "Herbert, Frank", "author_id": "herbert_frank"}]},
    ],
)
def test_another_shape_is_a_failure(payload: object) -> None:
    with pytest.raises(BadShape):
        isbndb.read(TITLE, payload)


def test_the_page_of_an_author() -> None:
    page = read_author_page({"author": "frank-herbert", "name": "Frank Herbert", "books": [book()], "total": 42})
    assert [record.title for record in page.records] == ["Dune"] and page.total == 42
    for payload in (None, {"books": [book()]}, {"author": "frank-herbert"}):
        with pytest.raises(BadShape):
            read_author_page(payload)


def test_one_book_object() -> None:
    assert read_book(book()).edition.isbns == (DUNE,)
    with pytest.raises(BadShape):
        read_book({"isbn13": DUNE})


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("status", "payload", "refusal"),
    [
        (404, {"errorMessage": "Not Found"}, Refusal.ABSENT),
        (429, {"message": "Limit Exceeded"}, Refusal.QUOTA),
        (403, {"message": "Daily quota reached"}, Refusal.QUOTA),
        (403, {"message": "Limit Exceeded"}, Refusal.QUOTA),
        (403, {"message": "Forbidden"}, Refusal.REJECTED),
        (401, {"message": "Unauthorized"}, Refusal.REJECTED),
        (403, None, Refusal.REJECTED),
        (403, ["limit"], Refusal.REJECTED),
        (502, None, Refusal.FAULT),
    ],
)
def test_refusals(status: int, payload: object, refusal: Refusal) -> None:
    assert isbndb.refusal(status, payload) is refusal
