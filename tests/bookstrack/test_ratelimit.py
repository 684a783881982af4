"""Limits per client: exact over processes, and whom they are charged to."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import structlog
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstrack import ratelimit
from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis
from bookstrack.ratelimit import Verdict, charge, client_of, headers_of

T = 1_800_000_000.0


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


async def test_what_is_left_and_when_it_is_whole_again(time: Clock) -> None:
    limit = RateLimit(3, 60)
    verdicts = [await charge("search", "a", limit) for _ in range(4)]
    assert verdicts == [
        Verdict(True, 3, 2, 20, 0, 60),
        Verdict(True, 3, 1, 40, 0, 60),
        Verdict(True, 3, 0, 60, 0, 60),
        Verdict(False, 3, 0, 60, 20, 60),
    ]
    assert (await charge("search", "b", limit)).remaining == 2, "clients share a limit"
    assert (await charge("jobs", "a", limit)).remaining == 2, "buckets share a limit"
    time.now_s += 19.9
    assert not (await charge("search", "a", limit)).allowed
    time.now_s += 0.1
    assert await charge("search", "a", limit) == Verdict(True, 3, 0, 60, 0, 60)
    time.now_s += 60
    assert (await charge("search", "a", limit)).remaining == 2
    await redis.close()


async def test_a_batch_costs_more_and_is_refused_whole(time: Clock) -> None:
    limit = RateLimit(10, 60)
    assert (await charge("jobs", "a", limit, 8)).remaining == 2
    assert await charge("jobs", "a", limit, 3) == Verdict(False, 10, 2, 48, 6, 60)
    assert (await charge("jobs", "a", limit, 2)).remaining == 0
    assert await charge("jobs", "b", limit, 11) == Verdict(False, 10, 10, 0, 6, 60), "it can never pass"
    await redis.close()


async def test_a_clock_that_goes_back_gives_nothing_away(time: Clock) -> None:
    limit = RateLimit(2, 60)
    assert [(await charge("search", "a", limit)).allowed for _ in range(2)] == [True, True]
    time.now_s -= 300
    assert not (await charge("search", "a", limit)).allowed
    await redis.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(requests=st.integers(1, 40), window_s=st.integers(1, 100_000), costs=st.lists(st.integers(1, 5), max_size=60))
def test_exactly_the_limit_and_again_after_the_wait(requests: int, window_s: int, costs: list[int]) -> None:
    limit = RateLimit(requests, window_s)

    async def run() -> None:
        time = Clock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "unix_s", time)
            await redis.client().flushdb()
            left = requests
            for cost in costs:
                verdict = await charge("x", "me", limit, cost)
                assert verdict.allowed is (cost <= left)
                left -= cost if verdict.allowed else 0
                assert verdict.remaining == left
                assert 0 <= verdict.reset_s <= window_s
            while (await charge("x", "me", limit)).allowed:
                left -= 1
            assert left == 0
            refused = await charge("x", "me", limit)
            assert 1 <= refused.retry_after_s <= window_s
            time.now_s += refused.retry_after_s
            assert (await charge("x", "me", limit)).allowed
        await redis.close()

    asyncio.run(run())


def together(url: str, times: int) -> list[int]:
    """In another process: how many of so many simultaneous charges pass, of job starts and of searches."""
    django_settings.REDIS_URL = url

    async def run() -> list[int]:
        passed = []
        for bucket in ("jobs", "search"):
            verdicts = await asyncio.gather(*(charge(bucket, "me", RateLimit(50, 36_000)) for _ in range(times)))
            passed.append(sum(verdict.allowed for verdict in verdicts))
        await redis.close()
        return passed

    return asyncio.run(run())


def test_two_processes_let_exactly_the_limit_pass_and_by_lots_nearly(redis_url: str) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        one, other = pool.map(together, [redis_url] * 2, [200] * 2)
    assert one[0] + other[0] == 50
    assert 40 <= one[1] + other[1] <= 50


async def test_open_while_redis_is_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "_said_s", {})
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    with structlog.testing.capture_logs() as logs:
        verdicts = [await charge("search", "a", RateLimit(3, 60), 2) for _ in range(10)]
    assert verdicts == [Verdict(True, 3, 1, 0, 0, 60)] * 10
    assert len(logs) == 1, "one line a minute"
    await redis.close()


def test_headers() -> None:
    assert headers_of(Verdict(False, 100, 0, 60, 1, 60)) == {
        "RateLimit-Limit": "100",
        "X-RateLimit-Limit": "100",
        "RateLimit-Remaining": "0",
        "X-RateLimit-Remaining": "0",
        "RateLimit-Reset": "60",
        "X-RateLimit-Reset": "60",
    }


LOCAL = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.1", "198.51.100.7"),  # whoever is no proxy of ours is not believed
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.1", "203.0.113.1"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.1 ,10.1.2.3", "203.0.113.1"),
        ("127.0.0.1", "10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("127.0.0.1", "203.0.113.1:4711", "203.0.113.1"),
        ("127.0.0.1", "garbage", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.1, unknown", "127.0.0.1"),
        ("127.0.0.1", "," * 100_000, "127.0.0.1"),
        ("::ffff:127.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("127.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", None, "fe80::/64"),
        (None, "203.0.113.1", "unknown"),
        ("testclient", "203.0.113.1", "unknown"),
    ],
)
def test_who_is_charged(peer: str | None, forwarded: str | None, client: str) -> None:
    assert client_of(peer, forwarded, LOCAL) == client


def test_without_proxies_nobody_is_believed() -> None:
    assert client_of("127.0.0.1", "203.0.113.1", []) == "127.0.0.1"


@given(peer=st.text(), forwarded=st.text())
def test_no_input_raises(peer: str, forwarded: str) -> None:
    assert client_of(peer, forwarded, LOCAL)
    assert client_of("127.0.0.1", forwarded, LOCAL)


def test_a_wrong_setting() -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        client_of("127.0.0.1", None, ["localhost"])
