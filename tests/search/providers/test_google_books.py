"""Google Books: the call that each question makes, and what is read of the answers."""

from typing import Any

import pytest

from search.dto import Record
from search.provider import BadShape, Call, Kind, ProviderConfig, Question, Refusal
from search.providers.google_books import GoogleBooks, read_volume
from tests.search.records import DUNE, MESSIAH

KEY = "very-secret"
google = GoogleBooks(ProviderConfig("https://example.org", key=KEY))
TITLE = Question(Kind.TITLE, text="Dune")


def asked(question: Question) -> dict[str, str]:
    call = google.call(question)
    assert call is not None and call.path == "/volumes" and call.method == "GET"
    return dict(call.params)


def volume(**info: Any) -> dict[str, Any]:
    return {"kind": "books#volume", "id": "B1hSG45JCX4C", "volumeInfo": {"title": "Dune", **info}}


def answer(*volumes: Any, total: Any = None) -> dict[str, Any]:
    return {"kind": "books#volumes", "totalItems": len(volumes) if total is None else total, "items": list(volumes)}


def read(**info: Any) -> Record:
    [record] = google.read(TITLE, answer(volume(**info))).records
    return record


# ---------------------------------------------------------------- calls


def test_an_isbn_is_asked_by_its_field() -> None:
    params = asked(Question(Kind.ISBN, isbns=(DUNE,), lang="fr"))
    assert params["q"] == f"isbn:{DUNE}" and params["printType"] == "books"
    assert "langRestrict" not in params, "an edition has the language it has"


def test_there_is_no_call_for_many_isbns() -> None:
    assert google.many_isbns == 0 and google.call(Question(Kind.MANY_ISBNS, isbns=(DUNE, MESSIAH))) is None


def test_a_title_is_asked_in_the_words_that_were_typed() -> None:
    assert asked(Question(Kind.TITLE, text="Дюна: Мессия"))["q"] == "Дюна: Мессия"
    assert asked(Question(Kind.ANY, text="dune herbert"))["q"] == "dune herbert"


@pytest.mark.parametrize(
    ("title", "author", "query"),
    [
        ("Dune", "Frank Herbert", 'intitle:"Dune" inauthor:"Frank Herbert"'),
        ('The "Genius"', "", 'intitle:"The Genius"'),
        ("", 'Herbert" OR "x', 'inauthor:"Herbert OR x"'),
    ],
)
def test_title_and_author_are_phrases(title: str, author: str, query: str) -> None:
    assert asked(Question(Kind.ADVANCED, title=title, author=author))["q"] == query


@pytest.mark.parametrize(
    "question",
    [
        Question(Kind.ISBN),
        Question(Kind.TITLE, text="  "),
        Question(Kind.ANY),
        Question(Kind.ADVANCED, title='""', author='"'),
    ],
)
def test_nothing_to_ask_makes_no_call(question: Question) -> None:
    assert google.call(question) is None


def test_page_and_language() -> None:
    params = asked(Question(Kind.TITLE, text="Dune", limit=100, offset=60, lang="de"))
    assert (params["maxResults"], params["startIndex"], params["langRestrict"]) == ("40", "60", "de")


def test_the_key_is_in_a_header_only() -> None:
    call = google.call(TITLE)
    assert isinstance(call, Call)
    assert call.headers == {"X-Goog-Api-Key": KEY}
    assert KEY not in call.path and KEY not in str(call.params)


def test_it_is_off_without_a_key() -> None:
    assert google.enabled and not GoogleBooks(ProviderConfig("https://example.org")).enabled


# ---------------------------------------------------------------- records


def test_every_fact_is_the_editions_own() -> None:
    record = read(
        title="Dune Messiah (Dune, #2)",
        subtitle="A Novel",
        authors=["Herbert, Frank"],
        publisher='"Ace, Inc."',
        publishedDate="2008-02",
        description="<p>Twelve <b>years</b> on.</p>",
        industryIdentifiers=[
            {"type": "OTHER", "identifier": "UOM:39015066050820"},
            {"type": "ISBN_10", "identifier": "0593098234"},
            {"type": "ISBN_13", "identifier": MESSIAH},
            {"type": "ISSN", "identifier": "03785955"},
        ],
        pageCount=336,
        categories=["Fiction / Science Fiction / General"],
        language="en-US",
        ratingsCount=50,
    )
    edition = record.edition
    assert (record.title, record.subtitle) == ("Dune Messiah", "A Novel")
    assert record.series is not None and (record.series.name, record.series.position) == ("Dune", 2)
    assert [author.name for author in record.authors] == ["Frank Herbert"]
    assert record.first_year is None, "the date is the edition's, not the work's"
    assert (edition.isbns, record.work_isbns) == ((MESSIAH,), (MESSIAH,))
    assert (edition.published, edition.page_count, edition.publisher) == ("2008-02", 336, "Ace, Inc.")
    assert (edition.language, record.languages, edition.format) == ("en", ("en",), None)
    assert record.description == "Twelve years on."
    assert "Science Fiction" in record.subjects
    assert edition.google_id == "B1hSG45JCX4C"
    assert record.popularity == 0.5


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        ("1998", "1998"),
        ("1998-07", "1998-07"),
        ("1998-07-31", "1998-07-31"),
        ("1998?", "1998"),
        ("19??", None),
        ("soon", None),
        (None, None),
    ],
)
def test_dates_are_parsed_or_dropped(given: str | None, read_as: str | None) -> None:
    assert read(publishedDate=given).edition.published == read_as


def test_only_an_ebook_has_a_format() -> None:
    assert read_volume({**volume(), "saleInfo": {"isEbook": True}}).edition.format == "E-book"
    assert read_volume({**volume(), "saleInfo": {"isEbook": False}}).edition.format is None
    assert read_volume({**volume(), "saleInfo": {"isEbook": "yes"}}).edition.format is None


def test_covers_are_https_in_three_sizes_with_their_query() -> None:
    link = "http://books.google.com/books/content?id=B1h&printsec=frontcover&img=1&zoom=5&edge=curl&source=gbs_api"
    edition = read(imageLinks={"smallThumbnail": link}).edition
    base = "https://books.google.com/books/content?id=B1h&printsec=frontcover&img=1&zoom={}&source=gbs_api"
    assert edition.cover_urls == (base.format(1), base.format(2), base.format(3))
    assert edition.cover_url == base.format(1)


def test_a_signed_cover_stays_in_its_size() -> None:
    link = "http://books.google.com/books/publisher/content?id=B1h&zoom=1&imgtk=AFLRE7&edge=curl"
    edition = read(imageLinks={"thumbnail": link}).edition
    assert edition.cover_urls == ("https://books.google.com/books/publisher/content?id=B1h&zoom=1&imgtk=AFLRE7",) * 3


@pytest.mark.parametrize(
    "links",
    [
        None,
        [],
        {},
        {"thumbnail": None},
        {"thumbnail": "http://evil.example/books/content?id=1"},
        {"thumbnail": "https://books.google.com.evil.example/content?id=1"},
        {"thumbnail": "https://books.google.com@evil.example/content?id=1"},
        {"thumbnail": "https://user@books.google.com/content?id=1"},
        {"thumbnail": "https://books.google.com:8443/content?id=1"},
        {"thumbnail": "javascript:alert(1)"},
        {"thumbnail": "https://[::1/a.jpg"},
        {"thumbnail": "https://books.google.com/no_cover_thumb.gif"},
        {"thumbnail": "https://books.google.com/content?id=1\nX: y"},
    ],
)
def test_what_is_no_cover_of_google_is_none(links: object) -> None:
    assert read(imageLinks=links).edition.cover_url is None


@pytest.mark.parametrize("title", [None, "", "   ", 7, [], {"x": 1}, "\u0000\u200b"])
def test_a_volume_without_a_usable_title_is_left_out(title: object) -> None:
    page = google.read(TITLE, answer(volume(title=title), volume(), total=1300))
    assert [record.title for record in page.records] == ["Dune"] and page.total == 1300


def test_magazines_are_left_out() -> None:
    assert google.read(TITLE, answer(volume(printType="MAGAZINE"), volume(printType="BOOK"))).records[0].title == "Dune"


def test_nobody_is_no_author() -> None:
    assert read(authors=["Unknown"]).authors == read(authors=None).authors == read(authors=[]).authors == ()


def test_odd_values_become_nothing() -> None:
    record = read(
        authors={"name": "Frank Herbert"},
        pageCount=0,
        publisher=["Ace"],
        language=7,
        categories="Poetry",
        industryIdentifiers=[{"type": "ISBN_13", "identifier": "9780000000001"}, None, "x"],
        description=["no"],
        ratingsCount="many",
        publishedDate=[],
    )
    assert [author.name for author in record.authors] == ["Frank Herbert"]
    assert record.subjects == ("Poetry",) and record.edition.publisher == "Ace"
    edition = record.edition
    assert (edition.isbns, edition.page_count, edition.language, edition.published) == ((), None, None, None)
    assert record.description is None and record.popularity == 0


def test_other_isbns_than_the_one_asked_stay_records() -> None:
    other = volume(industryIdentifiers=[{"type": "ISBN_13", "identifier": MESSIAH}])
    [record] = google.read(Question(Kind.ISBN, isbns=(DUNE,)), answer(other)).records
    assert record.edition.isbns == (MESSIAH,)


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("payload", [{"kind": "books#volumes", "totalItems": 0}, {"totalItems": 0}, {"items": []}])
def test_no_hits_is_an_empty_page(payload: object) -> None:
    assert google.read(TITLE, payload).records == ()


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "",
        7,
        True,
        {},
        {"error": {"code": 429}},
        {"error": "quota", "items": []},
        {"totalItems": 3},
        {"totalItems": 1, "items": None},
        {"totalItems": 1, "items": {}},
        {"totalItems": 1, "items": [None, "x"]},
        {"docs": []},
    ],
)
def test_another_shape_is_a_failure(payload: object) -> None:
    with pytest.raises(BadShape):
        google.read(TITLE, payload)


@pytest.mark.parametrize("payload", [None, [], {}, {"error": {}}, {"volumeInfo": {}}, {"volumeInfo": {"title": ""}}])
def test_what_is_no_volume_is_refused(payload: object) -> None:
    with pytest.raises(BadShape):
        read_volume(payload)


# ---------------------------------------------------------------- refusals


def error(reason: str = "", message: str = "", status: str = "") -> dict[str, Any]:
    return {"error": {"code": 0, "message": message, "status": status, "errors": [{"reason": reason, "domain": "usageLimits"}]}}


@pytest.mark.parametrize(
    ("status", "payload", "refusal"),
    [
        (403, error("rateLimitExceeded"), Refusal.QUOTA),
        (403, error("dailyLimitExceeded"), Refusal.QUOTA),
        (403, error("quotaExceeded"), Refusal.QUOTA),
        (403, error("userRateLimitExceeded"), Refusal.QUOTA),
        (429, error(message="Quota exceeded for quota metric 'Queries'", status="RESOURCE_EXHAUSTED"), Refusal.QUOTA),
        (429, None, Refusal.QUOTA),
        (400, {"error": {"details": [{"reason": "RATE_LIMIT_EXCEEDED"}]}}, Refusal.QUOTA),
        (403, {"error": "quota exceeded"}, Refusal.QUOTA),
        (403, error("forbidden", "The caller does not have permission"), Refusal.REJECTED),
        (403, error("accessNotConfigured"), Refusal.REJECTED),
        (400, error("badRequest", "API key not valid. Please pass a valid API key."), Refusal.REJECTED),
        (403, None, Refusal.REJECTED),
        (403, {"error": {"errors": "x", "details": 7}}, Refusal.REJECTED),
        (503, error("backendFailed", "Service temporarily unavailable."), Refusal.FAULT),
        (500, None, Refusal.FAULT),
        (404, error("notFound"), Refusal.ABSENT),
    ],
)
def test_refusals(status: int, payload: object, refusal: Refusal) -> None:
    assert google.refusal(status, payload) is refusal


# ---------------------------------------------------------------- by id


def test_a_volume_by_its_id() -> None:
    question = Question(Kind.PROVIDER_ID, provider="google-books", provider_id="B1hSG45JCX4C")
    call = google.call(question)
    assert call is not None and (call.path, call.params) == ("/volumes/B1hSG45JCX4C", ()) and KEY in call.headers.values()
    [record] = google.read(question, volume()).records
    assert (record.title, record.edition.google_id) == ("Dune", "B1hSG45JCX4C")
    with pytest.raises(BadShape):
        google.read(question, answer(volume()))


@pytest.mark.parametrize(("provider", "given"), [("openlibrary", "OL8934W"), ("google-books", "../x"), ("google-books", ""), ("", "B1hS")])
def test_ids_of_others_are_not_asked(provider: str, given: str) -> None:
    assert google.call(Question(Kind.PROVIDER_ID, provider=provider, provider_id=given)) is None
    assert google.call(Question(Kind.EDITIONS, provider=provider, provider_id=given)) is None
