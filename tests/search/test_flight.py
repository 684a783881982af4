"""One flight per key: within a process, and between processes that share nothing but Redis."""

import asyncio
import secrets

import pytest

from bookstrack.lib import flight, redis
from search.flight import WAIT_S, Flights


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
    await asyncio.gather(*flights.landing())
    await flights.fly("k", work)
    assert work.times == 2


async def test_who_looked_before_a_flight_and_comes_after_it_finds_what_it_kept() -> None:
    """It looked in vain, and another process's flight ended before it could wait for that."""
    there: list[bytes] = []

    async def settle(outcome: bytes) -> None:
        there.append(outcome)

    async def kept(key: str) -> bytes | None:
        assert key == "k"
        return there[0] if there else None

    work, again = Work(), Work(b"again")
    first, second, third = (Flights(bytes, bytes, settle, kept=kept) for _ in range(3))
    assert await first.fly("k", work) == (b"done", True)
    await asyncio.gather(*first.landing())
    both = await asyncio.gather(second.fly("k", again), third.fly("k", again))
    assert {outcome for outcome, _ in both} == {b"done"} and again.times == 0
    there.clear()  # it is gone, or was never kept
    assert await second.fly("k", again) == (b"again", True)


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
    await somebody_leads()
    assert (await flights_of_a_process().fly("k", work))[0] == b"done"
    with pytest.raises(ZeroDivisionError):
        await first


async def test_a_leader_that_dies_is_followed() -> None:
    await redis.client().set("flight:k", "of a process that is gone", px=200)
    work = Work()
    assert (await flights_of_a_process().fly("k", work))[0] == b"done"
    assert work.times == 1


async def test_a_leader_that_lives_is_not_followed_however_long_it_takes() -> None:
    work = Work(takes_s=flight.LEASE_MS / 1000 + 0.4)
    found = await asyncio.gather(*(flights_of_a_process().fly("k", work) for _ in range(3)))
    assert work.times == 1 and {outcome for outcome, _ in found} == {b"done"}


async def test_a_lease_is_short_while_the_leader_works() -> None:
    flying = asyncio.create_task(flights_of_a_process().fly("k", Work(takes_s=flight.RENEW_EVERY_S + 0.2)))
    left_ms = []
    while not flying.done():
        await asyncio.sleep(0.05)
        left_ms.append(await redis.client().pttl("flight:k"))
    assert max(left_ms) <= 2_000, "spec: who leads after one that died need not wait for longer"


async def test_a_flight_that_is_over_is_renewed_by_nobody(scripts_run: list[str]) -> None:
    flights = flights_of_a_process()
    await asyncio.gather(flights.fly("short", Work(takes_s=0.05)), flights.fly("long", Work(takes_s=flight.RENEW_EVERY_S + 0.1)))
    await asyncio.gather(*flights.landing())
    scripts_run.clear()
    await asyncio.sleep(flight.RENEW_EVERY_S + 0.2)
    assert not scripts_run and not await redis.client().exists("flight:short", "flight:long")


async def test_a_leader_that_lost_its_lease_leaves_the_next_one_alone() -> None:
    """As after an event loop that stood still, or a Redis that began anew: somebody else leads by now."""
    server, other = redis.client(), secrets.token_hex(8)
    flights = flights_of_a_process()
    flying = asyncio.create_task(flights.fly("k", Work(b"of the former", takes_s=flight.RENEW_EVERY_S * 2)))
    await somebody_leads()
    await server.set("flight:k", other, px=10_000)
    assert (await flying)[0] == b"of the former", "its own clients get what it found"
    await asyncio.gather(*flights.landing())
    assert await server.get("flight:k") == other.encode() and await server.get("outcome:k") is None
    assert await server.pttl("flight:k") > flight.LEASE_MS, "it renewed what is another's"


async def test_a_redis_that_began_anew_does_not_end_a_flight() -> None:
    first, second = Work(b"of the first", takes_s=0.8), Work(b"of the second", takes_s=0.8)
    processes = [flights_of_a_process(), flights_of_a_process()]
    led = asyncio.create_task(processes[0].fly("k", first))
    await somebody_leads()
    await redis.client().flushdb()
    after = asyncio.create_task(processes[1].fly("k", second))
    assert ((await led)[0], (await after)[0]) == (b"of the first", b"of the second")
    for process in processes:
        await asyncio.gather(*process.landing())
    assert await redis.client().get("outcome:k") == b"of the second", "the first led no more"


async def test_a_thousand_who_wait_ask_as_one(scripts_run: list[str]) -> None:
    await redis.client().set("flight:k", "another process", px=10_000)
    flights, work = flights_of_a_process(), Work()
    waiting = [asyncio.create_task(flights.fly("k", work)) for _ in range(1_000)]
    await asyncio.sleep(0.3)
    await redis.client().set("outcome:k", b"of the other")
    found = await asyncio.gather(*waiting)
    assert {outcome for outcome, _ in found} == {b"of the other"} and work.times == 0
    assert len(scripts_run) < 500, "each of them asked"


async def somebody_leads() -> None:
    """Wait until the key is flown."""
    while not await redis.client().exists("flight:k"):
        await asyncio.sleep(0.01)


async def test_without_redis_each_process_flies_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    await redis.close()
    monkeypatch.setattr("django.conf.settings.REDIS_URL", "redis://127.0.0.1:1/0")
    work = Work()
    assert (await flights_of_a_process().fly("k", work))[0] == b"done"
    assert WAIT_S > flight.LEASE_MS / 1000, "who waits outlives a lease"
    await redis.close()
