"""What a cold search costs on its way, counted: looks into the cache, and hops between threads. Times are the benchmarks'."""

import threading
from collections.abc import Sequence
from typing import Any

import httpx
import orjson
import pytest
from asgiref.sync import AsyncToSync, SyncToAsync

from bookstrack.lib import clock
from search import services
from search.cache import Cache
from search.cache_reader import looked_in_vain, note_in_vain
from search.demographics import entries, people
from search.demographics.laying import wanted
from search.demographics.people import Told
from search.dto import Demographics
from search.entry import Entry
from search.gateway import ProviderAnswer, Status
from search.provider import Page
from tests.functional.knowing import Knowing, Known
from tests.functional.outside import AUTHOR, ISBN, Outside
from tests.search.records import record

BY_ISBN = f"/v1/search/isbn?isbn={ISBN}"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys that were looked for in the cache, each as often."""
    seen: list[str] = []
    find, find_many = Cache.find, Cache.find_many

    async def noting(cache: Cache, key: str, **how: Any) -> Any:
        seen.append(key)
        return await find(cache, key, **how)

    async def noting_many(cache: Cache, keys: Sequence[str]) -> Any:
        seen.extend(keys)
        return await find_many(cache, keys)

    monkeypatch.setattr(Cache, "find", noting)
    monkeypatch.setattr(Cache, "find_many", noting_many)
    return seen


async def test_it_looks_once_for_its_key(client: httpx.AsyncClient, outside: Outside, looks: list[str]) -> None:
    assert (await client.get(BY_ISBN)).headers["x-cache"] == "MISS"
    assert looks.count(f"search:isbn:{ISBN}") == 1


async def test_what_came_meanwhile_is_not_overlooked(client: httpx.AsyncClient, outside: Outside) -> None:
    await client.get(BY_ISBN)
    await services.settled()
    services.cache.memory.clear()
    note_in_vain("another key")
    assert (await services.search_isbn(ISBN)).cache_source == "redis"
    assert not looked_in_vain("another key"), "it was said once, to whoever asked next"


async def test_it_looks_once_for_its_authors(client: httpx.AsyncClient, knowing: Knowing, looks: list[str]) -> None:
    knowing.people = [Known("Q900001", AUTHOR)]
    await client.get("/v1/search/title?q=anything")
    before_the_reply = [key for key in looks if key.startswith("author:")]
    assert before_the_reply and len(before_the_reply) == len(set(before_the_reply))
    await services.settled()


async def test_authors_whom_merging_made_are_looked_for(knowing: Knowing) -> None:
    """Of the answers' authors all is known beforehand; one whose key only the merged answer has is looked for then."""
    merged = {"authors": [{"name": AUTHOR, "birthYear": 1931}]}
    [(key, author)] = wanted(merged).items()
    somebody = Told(Demographics("Q9", 0.8, "2026-11-26T00:00:00.000Z", gender="Female"))
    await people._keep(services.cache, {key: author}, {key: somebody})
    before = await entries.looked(services.cache, [ProviderAnswer("openlibrary", Status.OK, Page((record(author=AUTHOR),), 1))])
    assert before.asked and key not in before.asked
    entry = Entry(orjson.dumps(merged), clock.unix_s(), 60.0, "openlibrary", {"openlibrary": "ok"}, found=1)
    done = await entries.completed(services.cache, entry, before)
    assert b"Q9" in done.data and done.completed


async def test_it_stays_in_the_thread_of_the_loop(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A middleware that Django takes for a sync one costs two hops between threads for each request."""
    hops: list[str] = []
    for kind in (SyncToAsync, AsyncToSync):
        call = kind.__call__

        def noting(self: Any, *args: Any, _call: Any = call, **more: Any) -> Any:
            hops.append(f"{getattr(self, 'func', None) or getattr(self, 'awaitable', None)} {threading.current_thread().name}")
            return _call(self, *args, **more)

        monkeypatch.setattr(kind, "__call__", noting)
    assert (await client.get(BY_ISBN)).status_code == 200
    assert hops == []
