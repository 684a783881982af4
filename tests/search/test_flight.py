"""One flight per key: within a process, and between processes that share nothing but Redis."""

import asyncio

import pytest

from bookstrack.lib import redis
from search import flight
from search.flight import Flights


def flights_of_a_process() -> Flights[bytes]:
    async def settle(outcome: bytes) -> None:
        assert outcome

    return Flights(bytes, bytes, settle)


class Work:
    """Something that takes a while and counts how often it is done."""

    def __init__(self, outcome: bytes = b"done", takes_s: float = 0.1) -> None:
        self.outcome, self.takes_s, self.times = outcome, takes_s, 0

    async def __call__(self) -> bytes:
        self.times += 1
        await asyncio.sleep(self.takes_s)
        return self.outcome


async def test_simultaneous_requests_share_the_work() -> None:
    flights, work = flights_of_a_process(), Work()
    found = await asyncio.gather(*(flights.fly("k", work) for _ in range(50)))
    assert work.times == 1
    assert {outcome for outcome, _ in found} == {b"done"} and sum(led for _, led in found) == 1


async def test_processes_share_it_too() -> None:
    work = Work()
    processes = [flights_of_a_process() for _ in range(4)]  # none knows of the others
    found = await asyncio.gather(*(process.fly("k", work) for process in processes for _ in range(10)))
    assert work.times == 1
    assert {outcome for outcome, _ in found} == {b"done"}


async def test_other_keys_fly_alone() -> None:
    flights, work = flights_of_a_process(), Work()
    await asyncio.gather(flights.fly("a", work), flights.fly("b", work))
    assert work.times == 2


async def test_a_request_that_comes_afterwards_flies_anew() -> None:
    flights, work = flights_of_a_process(), Work()
    await flights.fly("k", work)
    await flights.fly("k", work)
    assert work.times == 2


async def test_a_client_that_leaves_does_not_end_the_flight() -> None:
    flights, work = flights_of_a_process(), Work()
    leaving = asyncio.create_task(flights.fly("k", work))
    await asyncio.sleep(0.02)
    staying = asyncio.create_task(flights.fly("k", work))
    await asyncio.sleep(0.02)
    leaving.cancel()
    assert (await staying)[0] == b"done"
    assert work.times == 1


async def test_a_leader_that_raises_lets_the_next_one_lead() -> None:
    async def fails() -> bytes:
        await asyncio.sleep(0.05)
        raise ZeroDivisionError

    work = Work()
    first = asyncio.create_task(flights_of_a_process().fly("k", fails))
    await asyncio.sleep(0.01)
    assert (await flights_of_a_process().fly("k", work))[0] == b"done"
    with pytest.raises(ZeroDivisionError):
        await first


async def test_a_leader_that_dies_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    await redis.client().set("flight:k", "of a process that is gone", px=200)
    work = Work()
    assert (await flights_of_a_process().fly("k", work))[0] == b"done"
    assert work.times == 1


async def test_without_redis_each_process_flies_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    await redis.close()
    monkeypatch.setattr("django.conf.settings.REDIS_URL", "redis://127.0.0.1:1/0")
    work = Work()
    assert (await flights_of_a_process().fly("k", work))[0] == b"done"
    assert flight.WAIT_S > flight.LEASE_MS / 1000, "who waits outlives a lease"
    await redis.close()
