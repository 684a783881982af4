"""The stand-in's answers are read by the service's own readers, so that neither drifts from the other."""

import asyncio
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvest.drill.faults import Fault, parsed
from harvest.drill.library import BOOKS, NOBODYS, SHELF, Book, book, books_of, neighbour
from harvest.drill.standin import HUGE_BYTES, StandIn
from search.demographics.answers import candidates_in
from search.demographics.wikidata import AboutPeople, Wikidata
from search.dto import Author
from search.provider import BadShape, Call, Kind, Page, Provider, ProviderConfig, Question, Refusal
from search.providers.google_books import GoogleBooks
from search.providers.isbndb import Isbndb
from search.providers.openlibrary import OpenLibrary

PROVIDERS: dict[str, Provider] = {cls.name: cls(ProviderConfig("", key="a-drill")) for cls in (GoogleBooks, OpenLibrary, Isbndb)}
few = settings(max_examples=25)
numbers = st.integers(0, BOOKS - 1)


def answered(standin: StandIn, provider: str, call: Call) -> tuple[int, bytes]:
    """What the stand-in says to a call."""
    sent: list[MutableMapping[str, Any]] = []
    body = urlencode(list(call.form)).encode() if call.form else b""
    scope = {"raw_path": f"/{call.path.lstrip('/')}".encode(), "query_string": urlencode(list(call.params)).encode(), "headers": []}

    async def receive() -> MutableMapping[str, Any]:
        return {"body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(standin.app(provider)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


def read(provider: str, question: Question, fault: Fault | None = None) -> Page | None:
    """The answer to a question as the service reads it; None where the provider says that it knows nothing by its status."""
    asked, standin = PROVIDERS[provider], StandIn({provider: fault} if fault else {}, delay_s=0.0)
    call = asked.call(question)
    assert call is not None
    status, body = answered(standin, provider, call)
    if status == 200:
        return asked.read(question, orjson.loads(body))
    assert asked.refusal(status, orjson.loads(body)) is Refusal.ABSENT
    return None


def names(page: Page | None) -> list[str]:
    return [record.title for record in page.records] if page else []


@pytest.mark.parametrize("provider", PROVIDERS)
@few
@given(number=numbers)
def test_a_book_by_its_isbn(provider: str, number: int) -> None:
    one = book(number)
    page = read(provider, Question(Kind.ISBN, isbns=(one.isbn13,), limit=1))
    if provider not in one.known_to:
        assert not names(page)
        return
    assert page is not None
    [record] = page.records
    assert record.edition is not None
    told = (record.title, [author.name for author in record.authors], record.edition.isbns, record.edition.page_count)
    assert told == (one.title, [one.author], (one.isbn13,), one.pages)
    assert record.edition.publisher == one.publisher and record.edition.published == str(one.year)
    assert record.edition.cover_url and record.edition.language == "en"


@pytest.mark.parametrize("provider", PROVIDERS)
@few
@given(number=numbers)
def test_a_book_by_its_title(provider: str, number: int) -> None:
    one = book(number)
    expected = [one.title, neighbour(one).title] if provider in one.known_to else []
    assert names(read(provider, Question(Kind.TITLE, text=one.title, limit=20))) == expected
    assert names(read(provider, Question(Kind.ADVANCED, title=one.title, author=one.author, limit=20))) == expected


@pytest.mark.parametrize("provider", ["google-books", "isbndb"])
@few
@given(number=numbers)
def test_an_author_by_name(provider: str, number: int) -> None:
    one = book(number)
    expected = [other.title for other in books_of(one.author_number) if provider in other.known_to]
    assert names(read(provider, Question(Kind.AUTHOR, author=one.author, limit=40))) == expected


@few
@given(numbers)
def test_open_librarys_authors(number: int) -> None:
    one = book(number)
    works = [other.title for other in books_of(one.author_number) if "openlibrary" in other.known_to]
    people = read("openlibrary", Question(Kind.AUTHORS, author=one.author, limit=20))
    assert people is not None
    assert [(person.author.name, person.author.openlibrary_id, person.works) for person in people.people] == (
        [(one.author, one.author_id, len(works))] if works else []
    )
    for kind in (Kind.AUTHOR, Kind.AUTHOR_WORKS):
        question = Question(kind, author=one.author, provider="openlibrary", provider_id=one.author_id, limit=50)
        assert names(read("openlibrary", question)) == works


@few
@given(st.lists(numbers, min_size=1, max_size=20, unique=True))
def test_many_books_in_one_call(asked: list[int]) -> None:
    books: list[Book] = [book(number) for number in asked]
    for provider in ("openlibrary", "isbndb"):
        page = read(provider, Question(Kind.MANY_ISBNS, isbns=tuple(one.isbn13 for one in books)))
        assert names(page) == [one.title for one in books if provider in one.known_to]


@few
@given(st.lists(st.integers(0, SHELF - 1), min_size=1, max_size=5, unique_by=lambda number: book(number).author_id))
def test_wikidata_knows_the_authors(asked: list[int]) -> None:
    people = tuple(Author(book(number).author, openlibrary_id=book(number).author_id) for number in asked)
    call = Wikidata(ProviderConfig("https://www.wikidata.org")).call(AboutPeople(Kind.PERSON, authors=people))
    assert call is not None
    status, body = answered(StandIn(delay_s=0.0), "wikidata", call)
    found = candidates_in(orjson.loads(body))
    assert status == 200 and [one.known_ids for one in found] == [{person.openlibrary_id} for person in people]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_garbage_is_never_an_answer(provider: str) -> None:
    asked, standin = PROVIDERS[provider], StandIn({provider: parsed("garbage")}, delay_s=0.0)
    question = Question(Kind.ISBN, isbns=(book(4711).isbn13,), limit=1)
    call = asked.call(question)
    assert call is not None
    kinds = set()
    for _ in range(12):
        status, body = answered(standin, provider, call)
        kinds.add(body[:60])
        assert status == 200
        if len(body) < HUGE_BYTES:
            with pytest.raises((BadShape, orjson.JSONDecodeError)):
                asked.read(question, orjson.loads(body))
    assert len(kinds) >= 8


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_knows_nothing_says_so_in_the_form_of_its_api(provider: str) -> None:
    one, fault = book(4711), parsed("empty")
    assert not names(read(provider, Question(Kind.ISBN, isbns=(one.isbn13,), limit=1), fault))
    assert not names(read(provider, Question(Kind.TITLE, text=one.title, limit=20), fault))
    if provider == "isbndb":
        assert not names(read(provider, Question(Kind.MANY_ISBNS, isbns=(one.isbn13,)), fault))


def test_pictures() -> None:
    standin, bare = StandIn(delay_s=0.0), next(number for number in range(20) if not book(number).pictured)
    status, body = answered(standin, "covers", Call("/b/id/4712-L.jpg", (("default", "false"),)))
    assert (status, body[:8]) == (200, b"\x89PNG\r\n\x1a\n")
    assert answered(standin, "covers", Call(f"/b/id/{bare + 1}-L.jpg", (("default", "false"),)))[0] == 404
    assert answered(standin, "covers", Call(f"/b/id/{bare + 1}-L.jpg"))[1].startswith(b"GIF89a")
    assert standin.calls == {"covers": 3}


def test_a_book_of_which_nobody_has_heard() -> None:
    one = book(NOBODYS * SHELF)
    assert not any(names(read(provider, Question(Kind.ISBN, isbns=(one.isbn13,), limit=1))) for provider in PROVIDERS)
