"""Refresh ahead as clients see it: hits all along, and new answers before the old ones expire."""

from dataclasses import replace

import httpx
import pytest

from bookstrack.lib import clock
from search import refresh_ahead, services
from search.author_search import key_of_all, key_of_page
from search.bibliography import Sort
from tests.functional.outside import ISBN, Outside, openlibrary
from tests.functional.writers import NAME, Writers

BY_ISBN = f"/v1/search/isbn?isbn={ISBN}"


@pytest.fixture(autouse=True)
def _rested() -> None:
    refresh_ahead._rest_until.clear()


async def lived(part: float, *keys: str) -> None:
    """Have so much (0..1) of these entries' lifetimes have passed."""
    await services.settled()
    for key in keys:
        found = await services.cache.find(key)
        assert found is not None
        entry = replace(found[0], created_at=clock.unix_s() - part * found[0].ttl_s)
        await services.cache.keep_everywhere(key, entry, services.cache.keep_here(key, entry))


async def test_past_four_fifths_it_is_served_and_asked_for_behind(client: httpx.AsyncClient, outside: Outside) -> None:
    await client.get(BY_ISBN)
    await lived(0.7, f"search:isbn:{ISBN}")
    outside.calls.clear()
    outside.say("openlibrary", openlibrary(first_publish_year=1930))
    assert (await client.get(BY_ISBN)).headers["x-cache"] == "HIT"
    await services.settled()
    assert not outside.calls, "it is not old yet"
    await lived(0.9, f"search:isbn:{ISBN}")
    replies = [await client.get(BY_ISBN) for _ in range(5)]  # of which the last ones may find the new answer already
    assert {reply.headers["x-cache"] for reply in replies} == {"HIT"}
    await services.settled()
    assert outside.calls == {"google-books": 1, "openlibrary": 1, "isbndb": 1}
    fresh = await client.get(BY_ISBN)
    assert fresh.headers["x-cache"] == "HIT" and fresh.json()["data"]["works"][0]["firstPublicationYear"] == 1930
    assert fresh.json()["metadata"]["cacheAge"] < replies[0].json()["metadata"]["cacheAge"]


async def test_while_all_fail_it_is_served_as_before(client: httpx.AsyncClient, outside: Outside) -> None:
    await client.get(BY_ISBN)
    await lived(0.9, f"search:isbn:{ISBN}")
    known = (await client.get(BY_ISBN)).json()["data"]
    await services.settled()
    await lived(0.9, f"search:isbn:{ISBN}")
    refresh_ahead._rest_until.clear()
    outside.fail()
    for _ in range(3):
        reply = await client.get(BY_ISBN)
        await services.settled()
        assert reply.headers["x-cache"] == "HIT" and reply.json()["data"]["works"] == known["works"]
        assert "degraded" not in reply.json()["metadata"]


async def test_a_page_of_a_bibliography_is_cut_anew_from_a_new_whole(client: httpx.AsyncClient, writers: Writers) -> None:
    """A page is asked for by nobody outside, and expires with its whole: whoever asks for it has both renewed."""
    path, whole, page = f"/v1/search/author?q={NAME}", key_of_all(NAME), key_of_page(NAME, 50, 0, Sort.YEAR)
    await client.get(path)
    await lived(0.9, whole, page)
    writers.calls.clear()
    first = await client.get(path)
    await services.settled()
    assert first.headers["x-cache"] == "HIT" and writers.calls, "the whole was asked for"
    writers.calls.clear()
    refresh_ahead._rest_until.clear()
    second = await client.get(path)
    await services.settled()
    assert second.headers["x-cache"] == "HIT" and not writers.calls
    assert second.json()["metadata"]["cacheAge"] < first.json()["metadata"]["cacheAge"], "the page is the old whole's"
