"""Covers of our own in what searches answer."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from harvest.cover_store import cover_index, cover_rows, covers
from harvest.models import Cover
from search import own_covers, services
from search.dto import Edition, Record
from search.merge import merged
from search.provider import Kind, Question
from tests.functional.conftest import outside
from tests.functional.outside import ISBN, TITLE, Outside, isbndb
from tests.harvest.covering import BOXES, OTHER, cover, folder

__all__ = ["folder", "outside"]
URL = "https://covers.openlibrary.org/b/id/1-L.jpg"
BY_ISBN = f"/v1/search/isbn?isbn={ISBN}"
BY_TITLE = f"/v1/search/title?q={TITLE.replace(' ', '%20')}"
ELSEWHERE = "https://images.isbndb.com/covers/1.jpg"
pytestmark = pytest.mark.usefixtures("folder")


async def _keep(isbn: str = ISBN) -> str:
    """What is written when a cover is kept, without the picture itself; its version."""
    sizes = {size: {"width": 1, "height": 1, "bytes": 1, "digest": "0" * 16} for size in BOXES}
    row = Cover(isbn=isbn, state=Cover.State.KEPT, source="openlibrary", version="9f2c4a51d0b7e863", sizes=sizes, score=0.9)
    assert await in_db(cover_rows.keep, row)
    await cover_index.put(isbn, cover_index.indexed(row))
    await services.cover_changed(isbn)
    return row.version


async def test_a_picture_that_is_kept_is_shown_and_can_be_had(client: httpx.AsyncClient, outside: Outside) -> None:
    await client.get(BY_ISBN)
    assert (await covers.consider(ISBN, "openlibrary", URL, cover())).outcome == "kept"
    for path in (BY_ISBN, BY_TITLE):
        work, edition, _ = await _found(client, path)
        _assert_own(work, edition, (await covers.known([ISBN]))[ISBN])
    picture = await client.get(work["coverImageURL"])
    assert picture.status_code == 200 and picture.headers["content-type"] == "image/webp"


async def _found(client: httpx.AsyncClient, path: str) -> tuple[dict[str, Any], dict[str, Any], httpx.Response]:
    reply = await client.get(path)
    data = reply.json()["data"]
    return data["works"][0], data["editions"][0], reply


def _assert_own(work: dict[str, Any], edition: dict[str, Any], version: str, isbn: str = ISBN) -> None:
    small, medium, large = (f"/covers/{isbn}/{size}.webp?v={version}" for size in ("small", "medium", "large"))
    assert work["coverImageURL"] == work["cover"] == edition["coverImageURL"] == large
    assert edition["coverUrls"] == {"small": small, "medium": medium, "large": large}
    assert work["sources"]["coverImageURL"] == "harvest"


@pytest.mark.parametrize(
    "path",
    [BY_ISBN, BY_TITLE, f"/v1/search?q={ISBN}", "/v1/search/author?q=Gita Iyer", f"/v1/editions/search?workTitle={TITLE}&author=Gita Iyer"],
)
async def test_the_own_cover_is_first(client: httpx.AsyncClient, outside: Outside, path: str) -> None:
    outside.say("isbndb", isbndb(image=ELSEWHERE))
    version = await _keep()
    if "editions" in path:
        edition = (await client.get(path)).json()["data"]["editions"][0]
        assert edition["coverImageURL"] == f"/covers/{ISBN}/large.webp?v={version}"
        return
    work, edition, reply = await _found(client, path)
    _assert_own(work, edition, version)
    if "author" not in path:
        assert reply.headers["x-image-quality"] == "high"


async def test_a_book_without_another_cover_is_the_better_for_it(client: httpx.AsyncClient, outside: Outside) -> None:
    before, _, _ = await _found(client, BY_TITLE)
    await redis.client().flushdb()
    services.cache.memory.clear()
    await _keep()
    work, edition, _ = await _found(client, BY_TITLE)
    assert work["quality"] == edition["quality"] == before["quality"] + 25 and work["isbndbQuality"] == before["isbndbQuality"]


async def test_a_cached_answer_gets_the_cover_without_a_call(client: httpx.AsyncClient, outside: Outside) -> None:
    work, edition, first = await _found(client, BY_ISBN)
    assert "coverImageURL" not in work
    ttl_ms = await redis.client().pttl(f"bt1:search:isbn:{ISBN}")
    calls = outside.calls.total()
    version = await _keep()
    work, edition, reply = await _found(client, BY_ISBN)
    _assert_own(work, edition, version)
    assert outside.calls.total() == calls and reply.headers["x-cache"] == "HIT" and reply.headers["etag"] != first.headers["etag"]
    assert reply.headers["x-image-quality"] == "high" and work["quality"] == first.json()["data"]["works"][0]["quality"] + 25
    assert reply.headers["x-data-completeness"] == str(work["quality"])
    assert ttl_ms - 10_000 < await redis.client().pttl(f"bt1:search:isbn:{ISBN}") <= ttl_ms
    assert reply.json()["data"]["expiresAt"] == first.json()["data"]["expiresAt"]


async def test_a_withdrawn_cover_leaves_the_cached_answer(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.say("isbndb", isbndb(image=ELSEWHERE))
    await _keep()
    await _found(client, BY_ISBN)
    await covers.withdraw([ISBN], "it is none")
    work, _, reply = await _found(client, BY_ISBN)
    assert work["cover"] == ELSEWHERE and work["sources"]["coverImageURL"] == "isbndb" and reply.headers["x-cache"] == "MISS"


async def test_what_is_cached_of_others_stays(client: httpx.AsyncClient, outside: Outside) -> None:
    _, _, first = await _found(client, BY_ISBN)
    await _keep(OTHER)
    await services.cover_changed("9780140328721")
    _, _, again = await _found(client, BY_ISBN)
    assert again.headers["etag"] == first.headers["etag"] and again.headers["x-cache"] == "HIT"


async def test_a_late_answer_has_the_cover_as_well(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_BUDGET_S", "0.1")
    outside.delays_s = {"google-books": 0.4}
    outside.say("openlibrary", {"numFound": 0, "docs": []})
    version = await _keep()
    await client.get(BY_ISBN)
    await services.settled()
    work, edition, _ = await _found(client, BY_ISBN)
    _assert_own(work, edition, version)


async def test_books_of_a_batch_have_it(client: httpx.AsyncClient, outside: Outside) -> None:
    version = await _keep()
    resolver = services.resolver()
    try:
        found = await resolver.resolve(services.Wanted(isbn=ISBN))
    finally:
        await resolver.close()
    assert found.work is not None and found.work["cover"] == f"/covers/{ISBN}/large.webp?v={version}"


@pytest.fixture
def lookup() -> Iterator[list[Any]]:
    """What stands in for our covers' look-up: its questions; an exception put in is raised."""
    before, asked = own_covers._lookup, list[Any]()

    async def look(isbns: Any) -> dict[str, str]:
        asked.append(list(isbns))
        if isinstance(asked[0], Exception):
            raise asked[0]
        if asked[0] == "hangs":
            await asyncio.sleep(5)
        return {}

    own_covers.register(look)
    yield asked
    own_covers._lookup = before


async def test_one_look_up_for_an_answer(client: httpx.AsyncClient, outside: Outside, lookup: list[Any]) -> None:
    await client.get(BY_TITLE)
    assert lookup == [[ISBN]]
    await client.get(BY_TITLE)
    assert len(lookup) == 1


@pytest.mark.parametrize("trouble", [redis.Away[0]("away"), "hangs"])
async def test_a_look_up_that_fails_keeps_no_search_from_its_answer(
    client: httpx.AsyncClient, outside: Outside, lookup: list[Any], trouble: Any
) -> None:
    lookup.append(trouble)
    work, _, reply = await _found(client, BY_TITLE)
    assert reply.status_code == 200 and work["title"] == TITLE


async def test_records_without_isbns_ask_nothing(client: httpx.AsyncClient, outside: Outside, lookup: list[Any]) -> None:
    outside.know_nothing()
    await client.get(BY_TITLE)
    assert lookup == []


def test_the_edition_has_its_own_cover_before_its_works() -> None:
    """Of two editions the one that is shown decides; a sibling's cover is better than none."""
    own = own_covers.addresses(OTHER, "v")
    shown = Record("openlibrary", TITLE, openlibrary_work_id="OL1W", edition=Edition(isbns=(ISBN,), cover_url=ELSEWHERE))
    sibling = Record("isbndb", TITLE, openlibrary_work_id="OL1W", edition=Edition(isbns=(OTHER,), own_covers=own))
    [book] = merged(Question(Kind.ISBN, isbns=(ISBN,)), [shown, sibling][:1])
    assert book.edition.cover_url == ELSEWHERE
    question = Question(Kind.PROVIDER_ID, provider="openlibrary", provider_id="OL1W")
    [book] = merged(question, [Record("openlibrary", TITLE, openlibrary_work_id="OL1W"), sibling])
    assert (book.edition.cover_url, book.edition.cover_urls, book.sources["coverImageURL"]) == (own[-1], own, "harvest")
