"""Answers asked for anew before they expire: once, behind the reply, and never for the worse."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import backoff, clock, http, redis
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import Unavailable
from search import budget, fan_out, refresh_ahead, services
from search.cache import Entry, key_of
from search.entry import PREFIX
from search.fan_out import Outcome
from search.gateway import refilling
from search.provider import Kind, Question
from tests.functional.conftest import outside
from tests.functional.outside import ISBN, TITLE, Outside, google, openlibrary

__all__ = ["outside"]
QUESTION = Question(Kind.ISBN, isbns=(ISBN,), limit=1)
KEY = key_of(QUESTION)
ONE_EACH = {"google-books": 1, "openlibrary": 1, "isbndb": 1}


@pytest.fixture(autouse=True)
async def _rested(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(backoff, "PAUSES_S", (0.001, 0.002))
    refresh_ahead._rest_until.clear()
    yield
    await services.settled()
    await http.close()
    await redis.close()


def asking(question: Question = QUESTION) -> Callable[[], Any]:
    return lambda: fan_out.ask_everybody(services.cache, key_of(question), question)


async def kept(question: Question = QUESTION) -> Entry:
    found = await services.cache.find(key_of(question))
    assert found is not None
    return found[0]


async def searched(outside: Outside, question: Question = QUESTION, *, lived: float = 0.9, **changes: Any) -> Entry:
    """What a search keeps, of whose lifetime that much (0..1) has passed; the calls for it are not counted."""
    await services.answer(question)
    await services.settled()
    entry = await kept(question)
    entry = replace(entry, created_at=clock.unix_s() - lived * entry.ttl_s, **changes)
    await services.cache.keep_everywhere(key_of(question), entry, services.cache.keep_here(key_of(question), entry))
    outside.calls.clear()
    return entry


def entry(age_s: float, ttl_s: float) -> Entry:
    return Entry(b"{}", clock.unix_s() - age_s, ttl_s, "none", {})


@given(lived=st.floats(0, 1), ttl_s=st.floats(1, 1e8), resting=st.booleans())
def test_due_is_what_has_lived_for_four_fifths_and_does_not_rest(lived: float, ttl_s: float, resting: bool) -> None:
    if abs(lived - 0.8) * ttl_s < 5:
        return  # the clock goes on meanwhile
    refresh_ahead._rest_until.clear()
    old = entry(lived * ttl_s, ttl_s)
    if resting:
        refresh_ahead.rest("k", old)
    assert refresh_ahead.due("k", old) is (lived > 0.8 and not resting)
    assert refresh_ahead.due("another", old) is (lived > 0.8)


async def test_it_is_asked_for_once_and_replaced(outside: Outside) -> None:
    old = await searched(outside)
    outside.say("openlibrary", openlibrary(first_publish_year=1930))
    for _ in range(50):
        if refresh_ahead.due(KEY, old):
            refresh_ahead.behind(KEY, old, asking())
    assert refilling.get() is None, "the request itself goes on as it was"
    await services.settled()
    new = await kept()
    assert outside.calls == ONE_EACH
    assert b'"firstPublicationYear":1930' in new.data and new.left_s > old.left_s
    assert not refresh_ahead.due(KEY, new)
    services.cache.memory.clear()
    assert (await kept()).data == new.data, "other processes have it too"


async def test_no_other_process_asks_meanwhile_or_just_after(outside: Outside) -> None:
    old = await searched(outside)
    await redis.client().set(f"refreshing:{KEY}", "another process", px=5_000)
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert not outside.calls and not refresh_ahead.due(KEY, old), "each hit would ask Redis"


@pytest.mark.parametrize("trouble", ["all fail", "one fails", "nobody knows it", "those who fail not do not know it"])
async def test_nothing_worse_replaces_it_and_it_expires_when_it_would_have(
    outside: Outside, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_ahead, "TURN_S", 0.01)
    old = await searched(outside)
    expires_ms = await redis.client().pexpiretime(PREFIX + KEY)
    if trouble != "one fails":
        outside.know_nothing()
    if trouble != "nobody knows it":
        outside.fail(*([] if trouble == "all fail" else ["google-books"]))
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert outside.calls.keys() == ONE_EACH.keys()
    assert await kept() == old
    assert await redis.client().pexpiretime(PREFIX + KEY) == expires_ms
    await asyncio.sleep(0.05)
    assert not refresh_ahead.due(KEY, old), "it would be asked for again and again"


async def test_a_degraded_answer_becomes_whole(outside: Outside) -> None:
    outside.fail("google-books")
    old = await searched(outside)
    assert old.degraded == ["google-books"] and refresh_ahead.due(KEY, old)
    outside.say("google-books", google())
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert (await kept()).degraded == [] and (await kept()).ttl_s > old.ttl_s


async def test_a_book_that_nobody_knew_is_found(outside: Outside) -> None:
    outside.know_nothing()
    old = await searched(outside)
    assert old.found == 0 and refresh_ahead.due(KEY, old)
    outside.say("openlibrary", openlibrary())
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert (await kept()).found == 1


async def test_who_never_knew_it_and_fails_now_leaves_it_as_it_is(outside: Outside) -> None:
    outside.know_nothing()
    old = await searched(outside)
    outside.fail()
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert await kept() == old


async def test_only_so_many_go_on_in_a_process(outside: Outside) -> None:
    outside.delays_s = dict.fromkeys(ONE_EACH, 0.05)
    questions = [Question(Kind.TITLE, text=f"{TITLE} {number}") for number in range(refresh_ahead.AT_ONCE + 4)]
    olds = [entry(90, 100) for _ in questions]
    for question, old in zip(questions, olds, strict=True):
        refresh_ahead.behind(key_of(question), old, asking(question))
    left = [question for question in questions if key_of(question) not in refresh_ahead._rest_until]
    assert len(left) == 4 and not refresh_ahead.due(key_of(left[0]), olds[-1]), "while no more can go on"
    await services.settled()
    assert outside.calls == dict.fromkeys(ONE_EACH, refresh_ahead.AT_ONCE)
    assert refresh_ahead.due(key_of(left[0]), olds[-1]), "a later request has its turn"


async def test_searches_keep_a_part_of_the_daily_budget(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    old = await searched(outside)
    monkeypatch.setenv("GOOGLE_BOOKS_DAILY_BUDGET", "10")
    fan_out.everybody.cache_clear()
    used = await in_db(budget.used, "google-books")
    assert await in_db(budget.reserve, "google-books", 10, 8 - used)
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert outside.calls == {"openlibrary": 1, "isbndb": 1} and await kept() == old
    await services.search_any(TITLE)
    assert outside.calls["google-books"] == 1


async def test_a_request_that_comes_after_its_end_shares_the_calls(outside: Outside) -> None:
    old = await searched(outside)
    outside.delays_s = dict.fromkeys(ONE_EACH, 0.6)
    refresh_ahead.behind(KEY, old, asking())
    await asyncio.sleep(0.05)
    await services.cache.forget(KEY)
    answer = await services.answer(QUESTION)
    assert answer.entry.found == 1 and answer.cache_source is None and outside.calls == ONE_EACH


async def test_what_succeeded_is_due_again_when_it_is_old_however_soon(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_ahead, "TURN_S", 0.05)
    old = await searched(outside, ttl_s=1.0)
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    await asyncio.sleep(0.1)
    assert refresh_ahead.due(KEY, entry(0.9, 1.0))


@pytest.mark.parametrize("error", [Unavailable("away"), ZeroDivisionError()])
async def test_its_troubles_reach_nobody(outside: Outside, error: Exception) -> None:
    async def fails() -> Outcome:
        raise error

    old = await searched(outside)
    refresh_ahead.behind(KEY, old, fails)
    await services.settled()
    assert await kept() == old and not refresh_ahead.due(KEY, old) and not refresh_ahead._running


async def test_with_redis_away_each_process_asks_for_itself(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    old = await searched(outside)
    await redis.close()
    monkeypatch.setattr("django.conf.settings.REDIS_URL", "redis://127.0.0.1:1/0")
    refresh_ahead.behind(KEY, old, asking())
    await services.settled()
    assert outside.calls == ONE_EACH and (await kept()).created_at > old.created_at


def test_the_list_of_those_that_rest_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh_ahead, "MAX_RESTING", 3)
    old = entry(90, 100)
    for key in ("a", "b", "a", "c", "d"):
        refresh_ahead.rest(key, old)
    due = Counter(key for key in "abcd" if refresh_ahead.due(key, old))
    assert due == {"b": 1}, "who has rested longest is forgotten first"
