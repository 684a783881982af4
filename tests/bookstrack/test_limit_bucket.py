"""What Redis keeps of a client's bucket: charged, reserved, free."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis
from bookstrack.limit_bucket import Report, ask

T = 1_800_000_000.0
KEY = "limits:search:me"
ALL = 10**9


@pytest.fixture
def now_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock: its one element is the time, in seconds since T."""
    moment = [0.0]
    monkeypatch.setattr(clock, "unix_s", lambda: T + moment[0])
    return moment


def charged(level: int, limit: RateLimit) -> float:
    return level / (limit.window_s * 1000)


HOLDERS = st.sampled_from("abcdef")
REPORTS = st.lists(st.tuples(HOLDERS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 300), st.integers(0, 3)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(requests=st.integers(1, 500), reports=REPORTS)
def test_each_token_is_charged_or_reserved_or_free(requests: int, reports: list[Any]) -> None:
    limit, held, total = RateLimit(requests, 60), dict.fromkeys("abcdef", 0), 0

    async def run() -> None:
        nonlocal total
        await redis.client().flushdb()
        for who, of_held, of_rest, wanted, cost in reports:
            used = round(held[who] * of_held)
            kept = round((held[who] - used) * of_rest)
            answer = await ask(KEY, limit, cost, Report(who, used, kept, wanted))
            held[who] = 0
            others = sum(held.values())
            assert answer.passed is (total + used + others + kept + cost <= requests)
            total += used + (cost if answer.passed else 0)
            held[who] = answer.held
            assert answer.level == (total + others) * limit.window_s * 1000
            assert kept <= answer.held <= max(kept, min(wanted, requests // 10))
            assert answer.held == kept or sum(held.values()) <= requests // 6
            assert total + sum(held.values()) <= requests
        await redis.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "unix_s", lambda: T)
        asyncio.run(run())


async def test_however_many_hold_lots_five_sixths_pass(now_s: list[float]) -> None:
    limit = RateLimit(1000, 60)
    lots = [(await ask(KEY, limit, 1, Report(str(n), wanted=ALL))).held for n in range(20)]
    assert max(lots) == 100 and sum(lots) == 166
    passed = 20
    while (await ask(KEY, limit, 1)).passed:
        passed += 1
    assert passed == 1000 - 166
    await redis.close()


async def test_lots_shrink_as_the_limit_runs_out(now_s: list[float]) -> None:
    limit = RateLimit(1000, 60)
    lots = []
    while (answer := await ask(KEY, limit, 1, Report("a", used=lots[-1] if lots else 0, wanted=ALL))).passed:
        lots.append(answer.held)
    assert lots == sorted(lots, reverse=True) and lots[0] == 100 and lots[-1] == 0
    assert sum(lots) + len(lots) == 1000
    await redis.close()


async def test_what_a_holder_keeps_is_not_given_twice(now_s: list[float]) -> None:
    limit = RateLimit(100, 60)
    assert (await ask(KEY, limit, 0, Report("a", wanted=10))).held == 10
    assert (await ask(KEY, limit, 88)).passed
    assert (await ask(KEY, limit, 0, Report("a", kept=9, wanted=ALL))).held == 9, "three are free: too few for a lot"
    assert not (await ask(KEY, limit, 4, Report("a", kept=9))).passed
    assert (await ask(KEY, limit, 3, Report("a", kept=9))).passed
    await redis.close()


async def test_what_is_reserved_does_not_leak_before_it_is_used(now_s: list[float]) -> None:
    limit = RateLimit(100, 100)  # one a second
    assert (await ask(KEY, limit, 0, Report("a", wanted=10))).held == 10
    now_s[0] = 4.0
    assert charged((await ask(KEY, limit, 0)).level, limit) == 10, "it leaked"
    assert charged((await ask(KEY, limit, 0, Report("a", used=10))).level, limit) == 10
    now_s[0] = 7.0
    assert charged((await ask(KEY, limit, 0)).level, limit) == 7
    await redis.close()


async def test_lots_of_the_dead_leak_from_their_end_on(now_s: list[float]) -> None:
    limit = RateLimit(100, 100)  # one a second
    assert (await ask(KEY, limit, 0, Report("a", wanted=10))).held == 10
    now_s[0] = 2.0
    assert (await ask(KEY, limit, 0, Report("b", wanted=5))).held == 5
    now_s[0] = 14.0  # a's ended at 10 and was 8 when b's ended at 12
    assert charged((await ask(KEY, limit, 0)).level, limit) == 8 + 5 - 2
    late = await ask(KEY, limit, 0, Report("a", used=10, kept=10))
    assert charged(late.level, limit) == 11 and late.held == 0, "what ended was charged already"
    await redis.close()


async def test_a_refusal_writes_nothing(now_s: list[float]) -> None:
    limit = RateLimit(5, 60)
    await ask(KEY, limit, 5)
    before = await redis.client().hgetall(KEY)
    now_s[0] = 1.0
    assert not (await ask(KEY, limit, 1)).passed
    assert await redis.client().hgetall(KEY) == before
    await redis.close()


async def test_a_bucket_is_forgotten_when_it_says_nothing_more(now_s: list[float]) -> None:
    limit = RateLimit(100, 60)
    await ask(KEY, limit, 10, Report("a", wanted=10))
    lives_ms = await redis.client().pttl(KEY)
    assert 12_000 + 10_000 < lives_ms <= 12_000 + 10_000 + 1_000, "until what is charged has leaked, and what is reserved has ended"
    await redis.close()
