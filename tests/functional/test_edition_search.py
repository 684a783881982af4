"""Editions of a work through the whole application: the author checked, each ISBN once, one provider's failure harmless."""

import httpx
import pytest

from tests.functional.writers import NAME, Writer, Writers, book, volume
from tests.search.resolving.library import isbn13

PATH = "/v1/editions/search"
TITLE = "The Silent Harbor"
ASK = {"workTitle": TITLE, "author": NAME}


def edition(number: int, title: str = TITLE, **more: object) -> dict[str, object]:
    named = {"key": f"/books/OL{number}M", "works": [{"key": "/works/OL1W"}], "isbn_13": [isbn13(number)]}
    return {"type": {"key": "/type/edition"}, "title": title, **named, **more}


@pytest.fixture
def known(writers: Writers) -> Writers:
    """A work that all know, with editions of which some are known to several."""
    writers.writers = [Writer(works=[TITLE, "Another Book"], years={1: 1931})]
    writers.editions = {"OL1W": [edition(1, publishers=["Library Press"]), edition(2), edition(3, "Der stille Hafen")]}
    writers.google = [volume(TITLE, 2, pageCount=217), volume(TITLE, 4), volume("Harbors of the World", 5)]
    writers.isbndb = []
    return writers


async def ask(client: httpx.AsyncClient, **params: object) -> dict[str, object]:
    reply = await client.get(PATH, params={**ASK, **params})
    assert reply.status_code == 200, reply.text
    body: dict[str, object] = reply.json()
    return body


def isbns(body: dict[str, object]) -> set[str]:
    found = [edition["isbn"] for edition in body["data"]["editions"]]  # type: ignore[index]
    assert len(found) == len(set(found)), "an ISBN twice"
    return set(found)


async def test_each_edition_once_from_whoever_knows_it(client: httpx.AsyncClient, known: Writers) -> None:
    body = await ask(client)
    assert isbns(body) == {isbn13(number) for number in (1, 2, 3, 4)}
    works, editions = body["data"]["works"], body["data"]["editions"]  # type: ignore[index]
    assert len(works) == len(editions) == body["data"]["resultCount"]  # type: ignore[index]
    for work, edition in zip(works, editions, strict=True):
        assert edition["isbn"] in work["isbn"] and work["authors"][0]["name"] == NAME
        assert work["openLibraryWorkID"] == "OL1W" and work["firstPublicationYear"] == 1931
    by_isbn = {edition["isbn"]: edition for edition in editions}
    assert by_isbn[isbn13(2)]["pageCount"] == 217 and by_isbn[isbn13(1)]["publisher"] == "Library Press"
    assert by_isbn[isbn13(3)]["title"] == "Der stille Hafen"
    assert known.calls == {"openlibrary": 2, "google-books": 1, "isbndb": 1}


async def test_limit_and_cache(client: httpx.AsyncClient, known: Writers) -> None:
    body = await ask(client, limit=2)
    assert len(isbns(body)) == 2 and body["data"]["totalResults"] == 4  # type: ignore[index]
    before = known.calls.total()
    assert (await client.get(PATH, params={**ASK, "limit": 2})).headers["x-cache"] == "HIT" and known.calls.total() == before


async def test_another_authors_book_of_that_title_is_not_given(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.google, writers.isbndb = [volume(TITLE, 1, "Hugo Keller")], [book(TITLE, 2, "Hugo Keller")]
    writers.google.append({"id": "nobody000001", "volumeInfo": {"title": TITLE}})
    body = await ask(client)
    assert isbns(body) == set() and body["metadata"]["provider"] == "none"  # type: ignore[index]
    assert "degraded" not in body["metadata"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("broken", "left"),
    [("openlibrary", {2, 4}), ("google-books", {1, 2, 3}), ("editions.json", {1, 2, 4}), ("isbndb", {1, 2, 3, 4})],
)
async def test_one_failure_is_harmless(client: httpx.AsyncClient, known: Writers, broken: str, left: set[int]) -> None:
    known.broken = {broken}
    body = await ask(client)
    assert isbns(body) == {isbn13(number) for number in left}
    assert body["metadata"]["degraded"] == ["openlibrary" if broken == "editions.json" else broken]  # type: ignore[index]


async def test_all_failing_is_an_error(client: httpx.AsyncClient, known: Writers) -> None:
    known.broken = {"openlibrary", "google-books", "isbndb"}
    reply = await client.get(PATH, params=ASK)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "PROVIDER_ERROR")


@pytest.mark.parametrize(
    ("params", "field"),
    [({}, "workTitle"), ({"author": NAME}, "workTitle"), ({"workTitle": "x"}, "workTitle"), ({**ASK, "author": "?"}, "author"),
     ({**ASK, "limit": "0"}, "limit"), ({**ASK, "limit": "101"}, "limit"), ({**ASK, "title": "x"}, "title")],
)  # fmt: skip
async def test_bad_input(client: httpx.AsyncClient, writers: Writers, params: dict[str, str], field: str) -> None:
    reply = await client.get(PATH, params=params)
    assert reply.status_code == 400 and reply.json()["error"]["details"]["field"] == field
    assert not writers.calls
