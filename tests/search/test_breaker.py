"""The same rules over a state in Redis: shared by loops and processes, and kept by each process while Redis is away."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstrack.lib import clock, redis
from search import breaker
from search.circuit import FAILURES, OPEN_MS, Circuit, Rate

NAME = "openlibrary"
T = 1_800_000_000.0
OPEN_S = OPEN_MS / 1000


class Clock:
    def __init__(self) -> None:
        self.now_s = T

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "unix_s", made)
    return made


@pytest.fixture(params=["shared", "away"])
async def store(request: pytest.FixtureRequest, settings: Any) -> AsyncIterator[str]:
    breaker._here.clear()
    if request.param == "away":
        settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    yield request.param
    await redis.close()
    breaker._here.clear()


async def ask(**options: Any) -> breaker.Admission:
    return await breaker.admit(NAME, **({"rate": 1000.0, "max_wait_s": 0.0} | options))


async def test_the_life_of_a_circuit(store: str, time: Clock) -> None:
    for _ in range(FAILURES):
        assert (await ask()).answer == "go"
        await breaker.record(NAME, ok=False)
    state = await breaker.state(NAME)
    assert (state.status, state.failures, state.open_until) == ("open", FAILURES, T + OPEN_S)
    assert await ask() == breaker.Admission("open", until=T + OPEN_S)
    assert (await breaker.admit("isbndb", rate=1.0, max_wait_s=0.0)).answer == "go", "another provider's circuit"
    time.now_s += OPEN_S
    assert (await breaker.state(NAME)).status == "half_open"
    answers = await asyncio.gather(*(ask() for _ in range(20)))
    assert [one.answer for one in answers].count("go") == 1
    assert [one.probe for one in answers].count(True) == 1
    await breaker.record(NAME, ok=False, probe=True)
    assert (await ask()).until == T + 2 * OPEN_S
    time.now_s += OPEN_S
    assert (await ask()).probe
    await breaker.record(NAME, ok=True, probe=True)
    assert await breaker.state(NAME) == breaker.CircuitState("closed")
    assert await ask() == breaker.Admission("go")


async def test_a_hold(store: str, time: Clock) -> None:
    await breaker.hold(NAME, 30)
    await breaker.hold(NAME, 5)
    assert await ask(max_wait_s=2.5) == breaker.Admission("held", until=T + 30)
    assert (await breaker.state(NAME)).held_until == T + 30
    time.now_s += 28
    assert (await ask(max_wait_s=2.5)).wait_s == 2
    time.now_s += 3
    assert (await breaker.state(NAME)).held_until is None


async def test_a_circuit_closed_by_hand(time: Clock) -> None:
    for _ in range(FAILURES):
        await breaker.record(NAME, ok=False)
    await breaker.hold(NAME, 30)
    await breaker.reset(NAME)
    assert (await ask()).answer == "go"
    await redis.close()


async def test_a_rate_for_everybody(store: str, time: Clock) -> None:
    waits = [await ask(rate=3.0, max_wait_s=2.0) for _ in range(10)]
    assert [round(one.wait_s, 3) for one in waits if one.answer == "go"] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert waits[-1] == breaker.Admission("full", until=T + 3)


async def test_without_redis_a_process_has_its_part_of_the_rate(settings: Any, time: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    breaker._here.clear()
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    monkeypatch.setenv("BOOKSTRACK_WORKERS", "2")
    assert [(await ask(rate=6.0)).answer for _ in range(4)] == ["go", "go", "go", "full"]
    await redis.close()
    breaker._here.clear()


STEP = st.one_of(
    st.tuples(st.just("admit"), st.sampled_from([0.5, 3.0, 100.0]), st.sampled_from([0, 500, 2500]), st.booleans()),
    st.tuples(st.just("record"), st.booleans(), st.booleans()),
    st.tuples(st.just("hold"), st.integers(1, 90)),
    st.tuples(st.just("sleep"), st.sampled_from([0.001, 0.4, 3.0, 16.0, 61.0])),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(STEP, max_size=40))
def test_redis_and_the_rules_agree(steps: list[Any]) -> None:
    async def both() -> None:
        here, now = Circuit(), Clock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "unix_s", now)
            await redis.client().flushdb()
            for step in steps:
                await play(step, here, now)
            state = await breaker.state(NAME)
        await redis.close()
        assert (state.failures, state.status != "closed") == (here.failures, bool(here.open_until_ms))

    asyncio.run(both())


async def play(step: Any, here: Circuit, now: Clock) -> None:
    now_ms = now.now_s * 1000
    match step:
        case ("sleep", seconds):
            now.now_s += seconds
        case ("hold", seconds):
            here.hold(now_ms + seconds * 1000)
            await breaker.hold(NAME, seconds)
        case ("record", ok, probe):
            here.record(now_ms, ok=ok, probe=probe)
            await breaker.record(NAME, ok=ok, probe=probe)
        case ("admit", rate, max_wait_ms, again):
            wanted = here.admit(now_ms, rate=Rate.per_second(rate), max_wait_ms=max_wait_ms, again=again)
            given_ = await breaker.admit(NAME, rate=rate, max_wait_s=max_wait_ms / 1000, again=again)
            assert (given_.answer, given_.probe) == (wanted.answer, wanted.probe)
            assert given_.wait_s == pytest.approx(wanted.wait_s, abs=0.002)
            assert given_.until == pytest.approx(wanted.until, abs=0.002)


# -- several loops, several processes


def in_process(url: str, now_s: float, what: str) -> list[Any]:
    """In another process, whose clock and settings are its own."""
    django_settings.REDIS_URL = url
    clock.unix_s = lambda: now_s
    return in_loop(url, now_s, what)


def in_loop(_url: str, _now_s: float, what: str) -> list[Any]:
    """In another loop."""

    async def run() -> list[Any]:
        try:
            if what == "fail":
                await breaker.record(NAME, ok=False)
                return []
            return [await ask(rate=20.0) for _ in range(20)]
        finally:
            await redis.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def two() -> Any:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(params=["loops", "processes"])
def spread(request: pytest.FixtureRequest, redis_url: str, time: Clock) -> Callable[..., Any]:
    pool = request.getfixturevalue("two") if request.param == "processes" else None
    work = in_process if request.param == "processes" else in_loop

    async def run(now_s: float, what: str) -> list[Any]:
        time.now_s = now_s
        loop = asyncio.get_running_loop()
        answers = await asyncio.gather(*(loop.run_in_executor(pool, work, redis_url, now_s, what) for _ in range(2)))
        return [one for answer in answers for one in answer]

    return run


async def test_loops_and_processes_share_circuit_and_rate(spread: Callable[..., Any]) -> None:
    answers = await spread(T, "ask")
    assert [one.answer for one in answers].count("go") == 20, "40 asked at a rate of 20"
    for _ in range(2):
        await spread(T, "fail")
    assert {one.answer for one in await spread(T + 10, "ask")} == {"go", "full"}
    await spread(T, "fail")
    assert {one.answer for one in await spread(T + 30, "ask")} == {"open"}
    answers = await spread(T + OPEN_S, "ask")
    assert [one.probe for one in answers].count(True) == 1
    assert [one.answer for one in answers].count("open") == 39
