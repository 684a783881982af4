"""Limits by lots: never more than the limit over all processes, seldom a question to Redis, and nothing lost for long."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstrack import limit_lots
from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis
from bookstrack.limit_bucket import Verdict
from bookstrack.limit_lots import FIRST, HOLD_S, LEAST, STANDS_S, Lots, Pace
from bookstrack.ratelimit import at_once, charge, give_back, header_lines, headers_of

T = 1_800_000_000.0
KEY = "limits:search:me"
HUGE = RateLimit(10_000_000, 60)


class Clock:
    """Both clocks, in whole milliseconds."""

    def __init__(self) -> None:
        self.ms = 0

    def unix_s(self) -> float:
        return T + self.ms / 1000

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


@contextlib.contextmanager
def clock_by_hand() -> Any:
    made = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "unix_s", made.unix_s)
        patch.setattr(clock, "monotonic_s", made.monotonic_s)
        yield made


@pytest.fixture
async def time() -> AsyncIterator[Clock]:
    with clock_by_hand() as made:
        yield made
        await give_back()
        await redis.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    """On an empty Redis, in a loop of its own."""

    async def whole() -> None:
        await redis.client().flushdb()
        try:
            await test
        finally:
            await redis.close()

    asyncio.run(whole())


async def asked(lots: Lots, limit: RateLimit) -> Verdict:
    """As a request is charged: with a token in hand, or the long way."""
    return lots.at_once("search", "me", limit) or await lots.charge(KEY, "search", "me", limit)


async def pass_by(bucket: str, client: str, limit: RateLimit) -> Verdict:
    return at_once(bucket, client, limit) or await charge(bucket, client, limit)


async def reserved() -> int:
    """The tokens of the one lot in Redis."""
    (lot,) = [value for name, value in (await redis.client().hgetall(KEY)).items() if name != b"level"]
    return int(lot.split()[0])


async def whole_lot() -> int:
    """Ask until a lot is fresh; the number of its tokens, less one where another request has had it."""
    while at_once("search", "me", HUGE):
        pass
    await charge("search", "me", HUGE)
    return await reserved() - 1


class Exact:
    """What one bucket would say that is charged in the moment of each use."""

    def __init__(self, limit: RateLimit, time: Clock) -> None:
        self.limit, self.time = limit, time
        self.window_ms = limit.window_s * 1000
        self.level, self.at_ms = 0, 0

    def use(self) -> None:
        self.level = max(0, self.level - (self.time.ms - self.at_ms) * self.limit.requests) + self.window_ms
        self.at_ms = self.time.ms
        assert self.level <= self.limit.requests * self.window_ms, "more than the limit passed"


LIMITS = st.builds(RateLimit, st.integers(LEAST, 400), st.integers(1, 120))
WHO = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), WHO, st.integers(1, 60)),
        st.tuples(st.just("together"), WHO, st.integers(2, 40)),
        st.tuples(st.just("all"), WHO, st.integers(1, 12)),
        st.tuples(st.just("wait"), WHO, st.sampled_from([1, 7, 60, 250, 501, 1000, 5500, 10_500, 20_000])),
        st.tuples(st.sampled_from(["tend", "give back", "die"]), WHO, st.just(1)),
        st.tuples(st.just("leave"), WHO, st.integers(0, 6)),
    ),
    max_size=25,
)
CHECKED = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class House:
    """Four processes that charge one client, and what passed."""

    def __init__(self, limit: RateLimit, time: Clock) -> None:
        self.limit, self.time, self.exact = limit, time, Exact(limit, time)
        self.lots = [Lots() for _ in range(4)]
        self.passed = 0

    async def ask(self, who: int) -> bool:
        verdict = await asked(self.lots[who], self.limit)
        if verdict.allowed:
            self.exact.use()
            self.passed += 1
            assert 0 <= verdict.remaining < self.limit.requests
        else:
            assert 1 <= verdict.retry_after_s <= self.limit.window_s
        assert 0 <= verdict.reset_s <= self.limit.window_s
        return verdict.allowed

    async def leave(self, who: int, turns: int) -> None:
        """A request whose client goes while it is charged."""
        task = asyncio.create_task(asked(self.lots[who], self.limit))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            if (await task).allowed:
                self.exact.use()
                self.passed += 1

    async def step(self, what: str, who: int, number: int) -> None:
        match what:
            case "ask":
                for _ in range(number):
                    await self.ask(who)
            case "together":
                await asyncio.gather(*(self.ask(who) for _ in range(number)))
            case "all":
                await asyncio.gather(*(self.ask(each) for each in range(4) for _ in range(number)))
            case "wait":
                self.time.advance(number / 1000)
            case "tend":
                await self.lots[who].tend()
            case "give back":
                await self.lots[who].give_back()
            case "die":
                self.lots[who] = Lots()
            case "leave":
                await self.leave(who, number)


@CHECKED
@given(limit=LIMITS, steps=STEPS)
def test_never_more_than_the_limit_whatever_happens(limit: RateLimit, steps: list[tuple[str, int, int]]) -> None:
    async def body(time: Clock) -> None:
        house = House(limit, time)
        for step in steps:
            await house.step(*step)

    with clock_by_hand() as time:
        run(body(time))


@CHECKED
@given(limit=LIMITS, steps=STEPS.map(lambda steps: [step for step in steps if step[0] != "wait"]), last=WHO)
def test_four_fifths_pass_at_once_and_the_rest_when_lots_are_given_back(limit: RateLimit, steps: list[Any], last: int) -> None:
    async def body(time: Clock) -> None:
        house = House(limit, time)
        for step in steps:
            await house.step(*step)
        lost = {step[0] for step in steps} & {"leave", "die"}
        while await house.ask(last):
            pass
        assert house.passed >= 0.8 * limit.requests - sum(step[0] == "leave" for step in steps)
        for lots in house.lots:
            await lots.give_back()
        while await house.ask(last):
            pass
        assert lost or house.passed == limit.requests

    with clock_by_hand() as time:
        run(body(time))


@CHECKED
@given(limit=LIMITS, together=st.lists(st.integers(1, 30), max_size=30))
def test_in_one_process_each_request_takes_one_of_what_remains(limit: RateLimit, together: list[int]) -> None:
    async def body() -> None:
        lots, left = Lots(), limit.requests
        for number in [*together, limit.requests + 1]:
            verdicts = await asyncio.gather(*(asked(lots, limit) for _ in range(number)))
            passed = sorted((verdict.remaining for verdict in verdicts if verdict.allowed), reverse=True)
            assert passed == list(range(left - 1, left - 1 - len(passed), -1))
            left -= len(passed)
            assert len(passed) == number or left == 0
            for verdict in verdicts:
                used = limit.requests - verdict.remaining
                assert verdict.reset_s == -(-used * limit.window_s // limit.requests), "until so many have leaked out"

    with clock_by_hand():
        run(body())


async def test_a_slow_client_is_charged_one_by_one(time: Clock) -> None:
    for n in range(10):
        assert at_once("search", "me", HUGE) is None
        assert (await charge("search", "me", HUGE)).remaining == HUGE.requests - 1, n
        time.advance(HOLD_S)
    assert await redis.client().hkeys("limits:search:me") == [b"level"], "something was reserved"


async def test_lots_grow_with_the_pace_of_a_client(time: Clock, scripts_run: list[str]) -> None:
    async def second() -> int:
        """20,000 requests of one client in a second."""
        before = len(scripts_run)
        for _ in range(1000):
            for _ in range(20):
                assert (await pass_by("search", "me", HUGE)).allowed
            time.advance(0.001)
            await asyncio.sleep(0)
        return len(scripts_run) - before

    assert await second() <= 30, "20,000 requests, while the lots grow"
    assert await second() <= 10, "20,000 requests"


def test_the_pace_is_that_of_the_last_half_second() -> None:
    pace = Pace()
    assert [pace.count(times, at_s) for times, at_s in ((10, 0.0), (5, 0.125), (1, 0.25), (2, 0.375), (1, 0.75))] == [10, 15, 16, 18, 1]
    assert not pace.is_over(1.125) and pace.is_over(1.25)


async def test_requests_go_on_while_the_next_lot_is_fetched(time: Clock) -> None:
    for _ in range(300):
        await pass_by("search", "me", HUGE)
    held = await whole_lot()
    await redis.client().client_pause(300)
    for n in range(held):
        assert at_once("search", "me", HUGE) is not None, f"number {n} of {held} waited"
        await asyncio.sleep(0)
    assert (await pass_by("search", "me", HUGE)).allowed


async def test_the_next_lot_is_fetched_before_this_one_is_spent(time: Clock) -> None:
    lots = Lots()
    while not lots.renewals:
        assert (await asked(lots, HUGE)).remaining > HUGE.requests - 100, "nothing is fetched ahead"
    for _ in range(5):
        await asyncio.gather(*lots.renewals)
        while not lots.renewals:
            assert lots.at_once("search", "me", HUGE) is not None, "the next lot is not on its way"


@pytest.mark.parametrize(("answers_after_s", "of_use"), [(0.9, True), (5.0, False)])
async def test_where_redis_is_slow_a_lot_counts_from_its_answer(time: Clock, answers_after_s: float, of_use: bool) -> None:
    for _ in range(FIRST):
        await charge("search", "me", HUGE)
    answer = asyncio.create_task(charge("search", "me", HUGE))
    await asyncio.sleep(0)  # it has asked
    time.advance(answers_after_s)
    assert (await answer).allowed
    assert (at_once("search", "me", HUGE) is not None) is of_use


async def test_lots_stay_small_against_the_limit(time: Clock, scripts_run: list[str]) -> None:
    limit = RateLimit(100, 60)
    before = len(scripts_run)
    verdicts = [await pass_by("search", "me", limit) for _ in range(200)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 100 + [False] * 100
    assert len(scripts_run) - before <= 40, "200 requests"
    assert verdicts[-1] == Verdict(False, 100, 0, 60, 1, 60)


async def test_what_is_not_used_is_given_back_within_a_second(time: Clock) -> None:
    limit = RateLimit(100, 3600)
    for _ in range(FIRST + 2):
        await pass_by("search", "me", limit)
    assert len(await redis.client().hkeys(KEY)) == 2, "no lot was reserved"
    time.advance(HOLD_S)
    assert at_once("search", "me", limit) is None, "a lot that ended was used"
    async with asyncio.timeout(20):  # of this machine's time: tending goes on by itself
        while len(await redis.client().hkeys(KEY)) > 1:
            await asyncio.sleep(0.02)
    other = Lots()
    assert (await asked(other, limit)).remaining == 100 - FIRST - 3


async def test_the_stop_gives_all_back(time: Clock) -> None:
    limit = RateLimit(100, 60)
    for client in "abc":
        for _ in range(10):
            await pass_by("images", client, limit)
    await give_back()
    for client in "abc":
        assert await redis.client().hkeys(f"limits:images:{client}") == [b"level"]
        assert (await charge("images", client, limit)).remaining == 89


async def test_the_lot_of_a_dead_process_is_charged_when_it_ends(time: Clock) -> None:
    limit = RateLimit(100, 3600)
    dead, alive = Lots(), Lots()
    for _ in range(FIRST + 1):
        await asked(dead, limit)
    lot = await reserved()
    assert lot > 1
    await asked(dead, limit)  # used, and nobody was told
    before = await asked(alive, limit)
    assert before.remaining == 100 - FIRST - 1 - lot - 1
    time.advance(30)
    assert (await asked(alive, limit)).remaining == before.remaining - 1, "it was given to others, or was not charged"
    time.advance(3600)
    assert (await asked(alive, limit)).remaining == 99


async def test_a_refusal_stands_a_moment_without_a_question(time: Clock, scripts_run: list[str]) -> None:
    limit = RateLimit(20, 20)
    for _ in range(20):
        assert (await charge("search", "me", limit)).allowed
    refused = await charge("search", "me", limit)
    assert refused == Verdict(False, 20, 0, 20, 1, 20)
    asked_before = len(scripts_run)
    assert at_once("search", "me", limit) is None, "the long way says why"
    assert await charge("search", "me", limit) == refused
    assert len(scripts_run) == asked_before
    time.advance(STANDS_S)
    assert not (await charge("search", "me", limit)).allowed
    assert len(scripts_run) == asked_before + 1
    time.advance(1 - STANDS_S)
    assert (await charge("search", "me", limit)).allowed, "after Retry-After"


async def test_job_starters_and_small_limits_are_charged_one_by_one(time: Clock, scripts_run: list[str]) -> None:
    for bucket, limit in (("jobs", HUGE), ("login", HUGE), ("search", RateLimit(LEAST - 1, 60))):
        before = len(scripts_run)
        for _ in range(15):
            assert at_once(bucket, "me", limit) is None
            await charge(bucket, "me", limit)
        assert len(scripts_run) - before == 15, bucket


async def test_a_limit_that_was_changed_holds_at_once(time: Clock) -> None:
    for _ in range(30):
        await pass_by("search", "me", HUGE)
    assert at_once("search", "me", HUGE) is not None
    assert at_once("search", "me", RateLimit(50, 60)) is None
    assert (await charge("search", "me", RateLimit(50, 60))).limit == 50


async def test_redis_goes_away_and_comes_back(time: Clock, settings: Any) -> None:
    limit, address = RateLimit(50, 3600), settings.REDIS_URL
    for _ in range(10):
        await pass_by("search", "me", limit)
    await redis.close()
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    for _ in range(200):
        assert (await pass_by("search", "me", limit)).allowed
    assert at_once("search", "me", limit) == Verdict(True, 50, 49, 0, 0, 3600), "it asked a moment ago"
    await redis.close()
    settings.REDIS_URL = address
    time.advance(STANDS_S)
    verdicts = [await pass_by("search", "me", limit) for _ in range(100)]
    assert 25 <= sum(verdict.allowed for verdict in verdicts) <= 40, "limits are held again"


async def test_while_one_request_finds_out_whether_redis_is_back_the_others_pass(
    time: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    limit = RateLimit(50, 60)
    monkeypatch.setattr(redis, "TIMEOUT_S", 0.2)
    hanging = await asyncio.start_server(lambda reader, writer: asyncio.sleep(60), "127.0.0.1", unused_tcp_port)
    settings.REDIS_URL = f"redis://127.0.0.1:{unused_tcp_port}/0"
    assert (await charge("search", "me", limit)).allowed
    time.advance(60)
    first = asyncio.create_task(charge("search", "me", limit))
    await asyncio.sleep(0)
    assert at_once("search", "me", limit) == Verdict(True, 50, 49, 0, 0, 60)
    assert not first.done() and (await first).allowed
    hanging.close()


async def test_the_memory_of_clients_is_bounded(time: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_lots, "MAX_CLIENTS", 10)
    lots = Lots()
    for n in range(30):
        for _ in range(10):
            await lots.charge(f"limits:search:{n}", "search", str(n), HUGE)
    assert len(lots) == 10
    assert (await lots.charge("limits:search:29", "search", "29", HUGE)).remaining == HUGE.requests - 11
    time.advance(HOLD_S)
    await lots.tend()
    time.advance(HOLD_S)
    await lots.tend()
    assert len(lots) == 0, "clients that are gone"
    assert await redis.client().hkeys("limits:search:0") == [b"level"]


@given(
    limit=st.integers(1, 10**9), remaining=st.integers(0, 10**9), reset_s=st.integers(0, 10**6),
    allowed=st.booleans(), retry_after_s=st.integers(0, 60),
)  # fmt: skip
def test_header_lines_are_the_headers(limit: int, remaining: int, reset_s: int, allowed: bool, retry_after_s: int) -> None:
    verdict = Verdict(allowed, limit, remaining, reset_s, retry_after_s, 60)
    expected = [f"{name.lower()}: {value}" for name, value in headers_of(verdict).items()]
    assert sorted(header_lines(verdict).decode("ascii").split("\r\n")) == ["", *sorted(expected)]
