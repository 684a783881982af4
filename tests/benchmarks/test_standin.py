"""Our own stand-in answers about the books that benchmarks ask for, counts, and forgets those that it is told to."""

from collections.abc import AsyncIterator

import httpx
import pytest

from benchmarks import stage, standin
from benchmarks.search import title_of

GOOGLE, OPEN_LIBRARY = "/google/books/v1/volumes", "/openlibrary/search.json"


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(standin, "CATALOGUES", {prefix: (name, drills, 0) for prefix, (name, drills, _) in standin.CATALOGUES.items()})
    transport = httpx.ASGITransport(standin.Catalogues())
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-in") as asking:
        yield asking


async def test_every_catalogue_knows_a_fresh_book(client: httpx.AsyncClient) -> None:
    isbn = stage.isbn13(stage.fresh_books(1)[0])
    google = (await client.get(GOOGLE, params={"q": f"isbn:{isbn}"})).json()
    library = (await client.get(OPEN_LIBRARY, params={"q": f"isbn:({isbn})"})).json()
    isbndb = (await client.post("/isbndb/books", content=f"isbns={isbn}")).json()
    assert google["items"][0]["volumeInfo"]["industryIdentifiers"][0]["identifier"] == isbn
    assert (library["docs"][0]["isbn"], isbndb["data"][0]["isbn13"]) == ([isbn], isbn)


async def test_a_title_is_found(client: httpx.AsyncClient) -> None:
    title = title_of(stage.fresh_books(1)[0])
    found = (await client.get(OPEN_LIBRARY, params={"q": title})).json()["docs"]
    assert [doc["title"] for doc in found].index(title) == 0


async def test_calls_are_counted_by_catalogue_and_endpoint_until_they_are_reset(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await client.get(OPEN_LIBRARY, params={"q": "anything"})
    await client.get("/isbndb/book/9780000000000")
    stats = (await client.get("/__stats")).json()
    assert stats["per_upstream"] == {"openlibrary": 2, "isbndb": 1}
    assert stats["per_endpoint"] == {"openlibrary GET search.json": 2, "isbndb GET book": 1}
    await client.post("/__reset")
    assert (await client.get("/__stats")).json()["per_upstream"] == {}


async def test_a_share_of_books_is_unknown_to_one_catalogue_the_same_ones_each_time(client: httpx.AsyncClient) -> None:
    isbns = [stage.isbn13(number) for number in stage.fresh_books(400)]
    await client.post("/__config", json={"miss_isbndb": 0.2})

    async def known() -> set[str]:
        reply = await client.post("/isbndb/books", content=f"isbns={','.join(isbns)}")
        return {one["isbn13"] for one in reply.json()["data"]}

    first = await known()
    assert 280 < len(first) < 360 and await known() == first
    library = (await client.get(OPEN_LIBRARY, params={"q": f"isbn:({' OR '.join(isbns[:50])})"})).json()
    assert library["numFound"] == 50
    await client.post("/__config", json={"miss_isbndb": 0})
    assert await known() == set(isbns)


def test_fresh_books_do_not_come_again() -> None:
    numbers = stage.fresh_books(5_000)
    assert len(set(numbers)) == 5_000
    assert set(numbers) <= set(stage.BOOKS)


async def test_a_path_of_no_catalogue_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/elsewhere/1")).status_code == 404
