"""An author's bibliography through the whole application: whole, merged by identity, paged and sorted without further calls."""

import asyncio

import httpx
import pytest

from search import conf, services
from tests.functional.writers import ID, NAME, Writer, Writers, book, volume

PATH = "/v1/search/author"


def titles(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [work["title"] for work in reply.json()["data"]["works"]]


def many(number: int) -> list[str]:
    """Titles that are nothing alike."""
    first = ["amber", "birch", "cedar", "delta", "ivory", "fjord", "grove", "heron"]
    second = ["island", "jasper", "kettle", "lantern", "marble", "nectar", "orchid", "pebble"]
    return [f"{first[n % 8].title()} {second[n // 8 % 8].title()} {'iklmnoprstuvz'[n // 64 % 13] * 6}{n // 832}" for n in range(number)]


async def test_every_page_of_a_long_bibliography(
    client: httpx.AsyncClient, writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_BUDGET_S", "30")  # on a busy machine pages come later than a search waits
    writers.writers = [Writer(works=many(1203))]
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        data = (await client.get(PATH, params={"q": NAME, "limit": 100, "offset": offset})).json()["data"]
        assert data["pagination"]["total"] == data["totalResults"] == 1203
        assert len(data["works"]) == len(data["editions"]) == data["resultCount"]
        assert data["pagination"]["hasMore"] == (offset + 100 < 1203) == ("nextOffset" in data["pagination"])
        seen += [work["id"] for work in data["works"]]
        offset = data["pagination"].get("nextOffset")
    assert len(seen) == len(set(seen)) == 1203
    # who it is, two pages of works, three of the search: no page of ours costs a call
    assert writers.calls == {"openlibrary": 6, "google-books": 1, "isbndb": 1}


async def test_orders(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [Writer(works=["The Zebra", "An Apple", "Middle"], years={1: 1990, 2: 1970})]
    expected = {
        "publicationYear": ["The Zebra", "An Apple", "Middle"],
        "publicationYearAsc": ["An Apple", "The Zebra", "Middle"],
        "title": ["An Apple", "Middle", "The Zebra"],
        "popularity": ["Middle", "An Apple", "The Zebra"],
    }
    for order, shown in expected.items():
        assert titles(await client.get(PATH, params={"author": NAME, "sortBy": order})) == shown
    assert titles(await client.get(PATH, params={"q": NAME})) == expected["publicationYear"]
    assert writers.calls["openlibrary"] == 3


async def test_providers_complete_each_other(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [Writer(works=["The Silent Harbor", "Glass Orchard"], years={1: 1931})]
    writers.isbndb = [book("The Silent Harbor", 1, publisher="Index Press"), book("Only There", 50)]
    writers.google = [volume("Glass Orchard", 60, description="x" * 120), volume("By Another", 61, "Hugo Keller")]
    reply = await client.get(PATH, params={"q": NAME, "sortBy": "title"})
    assert titles(reply) == ["Glass Orchard", "Only There", "The Silent Harbor"]
    glass, _, silent = reply.json()["data"]["works"]
    assert glass["openLibraryWorkID"] == "OL2W" and glass["description"]
    assert silent["providers"] == ["openlibrary", "isbndb"] and silent["firstPublicationYear"] == 1931
    assert reply.json()["data"]["editions"][2]["publisher"] == "Index Press"
    assert reply.json()["metadata"]["provider"] == "openlibrary+google-books+isbndb"
    assert [author["id"] for author in reply.json()["data"]["authors"]] == [ID]


async def test_two_people_of_one_name_are_not_mixed(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [
        Writer(works=["Harbor One", "Lantern Two", "Orchard Three"], born="1950"),
        Writer(id="OL8A", works=["Anatomy Primer", "Surgery Atlas"], born="1901", first=80),
    ]
    writers.isbndb = [book("Lantern Two", 2), book("Anatomy Primer", 80), book("Whose Is This", 90)]
    shown = titles(await client.get(PATH, params={"q": NAME, "sortBy": "title"}))
    assert shown == ["Harbor One", "Lantern Two", "Orchard Three"]


async def test_two_entries_of_one_person_are_one(client: httpx.AsyncClient, writers: Writers) -> None:
    other = Writer("OL8A", works=["Orchard Three"], born="1950", first=80)
    writers.writers = [Writer(works=["Harbor One", "Lantern Two"], born="1950"), other]
    assert len(titles(await client.get(PATH, params={"q": NAME}))) == 3


@pytest.mark.parametrize("broken", ["openlibrary", "isbndb", "google-books", "works.json", "search.json", "authors.json"])
async def test_who_fails_is_named_and_the_rest_is_shown(client: httpx.AsyncClient, writers: Writers, broken: str) -> None:
    writers.writers = [Writer(works=["Harbor One"])]
    writers.isbndb, writers.google = [book("Harbor One", 1)], [volume("Harbor One", 1)]
    writers.broken = {broken}
    reply = await client.get(PATH, params={"q": NAME})
    assert titles(reply) == ["Harbor One"]
    name = "openlibrary" if broken.endswith(".json") else broken
    assert reply.json()["metadata"]["degraded"] == [name]
    assert reply.json()["metadata"]["providers"][name] == "error"
    again = await client.get(PATH, params={"q": NAME})
    assert again.headers["x-cache"] == "HIT" and again.json()["metadata"]["ttl"] <= conf.TTL.degraded * 1.1
    assert again.headers["cache-control"] == "no-cache"


async def test_a_failure_is_never_absence(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.broken = {"openlibrary", "isbndb", "google-books"}
    reply = await client.get(PATH, params={"q": NAME})
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "PROVIDER_ERROR")
    assert set(reply.json()["error"]["details"]["providers"]) == {"catalogue", "openlibrary", "google-books", "isbndb"}
    writers.broken, writers.writers = set(), [Writer(works=["Harbor One"])]
    assert titles(await client.get(PATH, params={"q": NAME})) == ["Harbor One"]


async def test_what_comes_late_completes_the_cache(
    client: httpx.AsyncClient, writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_BUDGET_S", "3")  # enough for the other pages on a busy machine
    writers.writers = [Writer(works=many(1100))]
    writers.held = "offset=1000"
    first = await client.get(PATH, params={"q": NAME, "limit": 100, "offset": 1000})
    assert first.json()["metadata"]["degraded"] == ["openlibrary"]
    assert first.json()["metadata"]["providers"]["openlibrary"] == "late"
    assert first.json()["data"]["pagination"]["total"] == 1000
    writers.let_go.set()
    await services.settled()
    before = writers.calls.total()
    second = await client.get(PATH, params={"q": NAME, "limit": 100, "offset": 1000})
    assert second.json()["data"]["pagination"]["total"] == 1100 and len(titles(second)) == 100
    assert "degraded" not in second.json()["metadata"] and writers.calls.total() == before


async def test_many_at_once_share_one_flight(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [Writer(works=many(90))]
    writers.delays_s = {"openlibrary": 0.05}
    asked = [client.get(PATH, params={"q": NAME, "limit": 10, "offset": 10 * n}) for n in range(9)]
    found = [work for reply in await asyncio.gather(*asked) for work in titles(reply)]
    assert len(set(found)) == 90
    assert writers.calls == {"openlibrary": 3, "google-books": 1, "isbndb": 1}


async def test_nobody_of_that_name(client: httpx.AsyncClient, writers: Writers) -> None:
    reply = await client.get(PATH, params={"q": NAME})
    data = reply.json()["data"]
    assert titles(reply) == [] and data["authors"] == [] and data["totalResults"] == 0
    assert data["pagination"] == {"total": 0, "limit": 50, "offset": 0, "hasMore": False}
    assert reply.json()["metadata"]["provider"] == "none" and "degraded" not in reply.json()["metadata"]
    before = writers.calls.total()
    assert (await client.get(PATH, params={"q": NAME})).headers["x-cache"] == "HIT" and writers.calls.total() == before


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "q"), ({"q": " "}, "q"), ({"q": "a"}, "q"), ({"q": "?!."}, "q"), ({"q": "x" * 501}, "q"),
        ({"q": NAME, "limit": 0}, "limit"), ({"q": NAME, "limit": 101}, "limit"), ({"q": NAME, "offset": -1}, "offset"),
        ({"q": NAME, "sortBy": "rating"}, "sortBy"), ({"q": NAME, "sort": "title"}, "sort"),
    ],
)  # fmt: skip
async def test_bad_input(client: httpx.AsyncClient, writers: Writers, params: dict[str, str], field: str) -> None:
    reply = await client.get(PATH, params=params)
    assert reply.status_code == 400 and reply.json()["error"]["details"]["field"] == field
    assert not writers.calls


async def test_not_modified(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [Writer(works=["Harbor One"])]
    tag = (await client.get(PATH, params={"q": NAME})).headers["etag"]
    assert (await client.get(PATH, params={"q": NAME}, headers={"If-None-Match": tag})).status_code == 304
    assert (await client.get(PATH, params={"q": NAME, "sortBy": "title", "limit": 1, "offset": 1})).headers["etag"] != tag
