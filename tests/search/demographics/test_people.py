"""Asking about many authors: fifty in a call, once each, and given up when the loop ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bookstrack.lib import clock, http, redis
from search import conf, services
from search.demographics import entries, people
from search.demographics.laying import key_of
from search.dto import Author
from search.entries import entry_of
from tests.functional.knowing import Knowing, Known, names_in


@pytest.fixture
def wikidata(monkeypatch: pytest.MonkeyPatch) -> Iterator[Knowing]:
    for name, value in {"DEMOGRAPHICS": "1", "SEARCH_PROVIDERS": "catalogue,openlibrary", "WIKIDATA_RATE": "1000"}.items():
        monkeypatch.setenv(name, value)
    conf.demographics.cache_clear()
    stand_in = Knowing()
    with http.use_transport(httpx.MockTransport(stand_in)):
        yield stand_in


@pytest.fixture(autouse=True)
async def _ended(transactional_db: None) -> AsyncIterator[None]:
    yield
    await people.landed(within_s=1.0)
    await services.settled()
    await http.close()
    await redis.close()


def names(count: int) -> list[str]:
    return [f"Writer {chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(count)]


async def found(*authors: Author, wait_s: float | None = None) -> dict[str, people.Told]:
    return await people.found(services.cache, {key_of(author): author for author in authors}, wait_s=wait_s)


async def test_fifty_in_a_call(wikidata: Knowing) -> None:
    wikidata.people = [Known(f"Q9{number:03d}", name) for number, name in enumerate(names(120))]
    told = await found(*map(Author, names(120)))
    assert len(told) == 120 and all(one.found for one in told.values())
    assert sorted(len(names_in(query)) for query in wikidata.queries) == [20, 50, 50] and not wikidata.searches


async def test_each_is_asked_once_at_a_time(wikidata: Knowing) -> None:
    wikidata.people = [Known("Q9", "Gita Iyer", countries=("Q668",))]
    both = await asyncio.gather(*(found(Author("Gita Iyer")) for _ in range(5)), services.demographics_of(Author("Gita Iyer")))
    assert len(wikidata.queries) == 1 and both[-1] and both[-1].nationality == "India"
    await found(Author("Gita Iyer"))
    assert len(wikidata.queries) == 1


async def test_who_cannot_wait_gets_nothing_and_has_it_later(wikidata: Knowing) -> None:
    wikidata.people, wikidata.gate = [Known("Q9", "Gita Iyer")], asyncio.Event()
    assert await people.of_author(services.cache, Author("Gita Iyer"), wait_s=0.02) is None
    wikidata.gate.set()
    await services.settled()
    told = await people.of_author(services.cache, Author("Gita Iyer"))
    assert told and told.wikidata_id == "Q9" and len(wikidata.queries) == 1


async def test_given_up_where_it_takes_too_long(wikidata: Knowing) -> None:
    wikidata.gate = asyncio.Event()
    people.ask_behind(services.cache, {key_of(author): author for author in map(Author, names(200))})
    waiting = people.open_questions()
    await people.landed(within_s=0.05)
    assert len(waiting) == 200 and all(not one.result().sure for one in waiting) and not people.open_questions()
    wikidata.gate.set()
    wikidata.people = [Known("Q9", "Gita Iyer")]
    assert (await found(Author("Gita Iyer")))["author:gita iyer"].found  # the next one asks anew


async def test_found_for_a_month_nobody_for_a_day(wikidata: Knowing) -> None:
    wikidata.people = [Known("Q9", "Gita Iyer")]
    await found(Author("Gita Iyer"), Author("Nobody Atall"), Author("Nobody Either"))
    kept = await services.cache.find_many(["author:gita iyer", "author:nobody atall"])
    lives = {key: entry.ttl_s / conf.DAY_S for key, (entry, _) in kept.items()}
    assert 27 <= lives["author:gita iyer"] <= 33 and 0.9 <= lives["author:nobody atall"] <= 1.1


async def test_names_with_quotes(wikidata: Knowing) -> None:
    wikidata.people = [Known("Q9", 'Weird "Al" Iyer'), Known("Q10", "D'Arcy O’Neil")]
    told = await found(Author('Weird "Al" Iyer'), Author("D'Arcy O’Neil"))
    assert {one.found.wikidata_id for one in told.values() if one.found} == {"Q9", "Q10"}


async def test_a_newer_entry_is_left_alone(wikidata: Knowing) -> None:
    older = entry_of([], 0, {"openlibrary": "ok"}, ttl_s=60)
    newer = entry_of([], 0, {"openlibrary": "ok"}, ttl_s=60)
    object.__setattr__(newer, "created_at", clock.unix_s() + 1)
    services.cache.keep_here("search:x", newer)
    await entries.complete(services.cache, "search:x", older)
    kept = await services.cache.find("search:x")
    assert kept and kept[0] == newer and not kept[0].completed
