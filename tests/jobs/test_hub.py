"""Following a job: every event once, in order, until the last one, whenever a follower comes and however it reads."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, cast

import pytest

from bookstrack.lib import redis
from jobs import events, hub
from jobs.hub import Follower, Hub, Stopping
from tests.jobs import hands
from tests.jobs.test_events import lost_after

pytestmark = pytest.mark.usefixtures("shop")
JOB = "a-job"


async def reads(follower: Follower, count: int) -> list[int]:
    """The next seqs."""
    found = []
    async with asyncio.timeout(hands.PATIENCE_S):
        for _ in range(count):
            event = await follower.next()
            assert event is not None
            found.append(event.seq)
    return found


async def in_use() -> list[dict[str, str]]:
    """The connections to this test's database; other test processes may have theirs on the same server."""
    server = redis.client()
    mine, clients = int(await server.client_id()), cast(list[dict[str, str]], await server.client_list())
    database = next(one["db"] for one in clients if int(one["id"]) == mine)
    return [one for one in clients if one["db"] == database]


async def is_live(*followers: Follower) -> None:
    """Wait until they have read the log and joined the feed."""
    await hands.soon(lambda: all(follower.live for follower in followers))


async def slowly(count: int, *, first: int = 1, every: int = 7) -> None:
    """Put events into the log, and let others have their turn now and then."""
    for seq in range(first, count + 1):
        await hands.wrote(JOB, seq, first=seq, last=seq == count)
        if seq % every == 0:
            await asyncio.sleep(0.001)


async def test_who_comes_first_waits_for_a_job_that_does_not_exist_yet() -> None:
    follower = hub.hub().follow(JOB)
    following = asyncio.create_task(hands.followed(follower))
    await is_live(follower)
    await hands.wrote(JOB, 5, last=True)
    assert await following == [1, 2, 3, 4, 5]


async def test_who_comes_late_gets_everything_after_what_it_has_seen() -> None:
    await hands.wrote(JOB, 450, last=True)
    for after in (0, 1, 199, 200, 201, 449):
        assert await hands.followed(hub.hub().follow(JOB, after=after)) == list(range(after + 1, 451))


async def test_who_has_seen_the_end_is_told_that_it_was_the_end() -> None:
    await hands.wrote(JOB, 5, last=True)
    assert await hands.followed(hub.hub().follow(JOB, after=5)) == []


@pytest.mark.parametrize("seed", range(6))
async def test_whenever_a_follower_comes_nothing_is_lost_or_doubled(seed: int) -> None:
    chance = random.Random(seed)
    count, both = chance.randint(30, 260), [Hub(), Hub()]

    async def comes() -> tuple[int, list[int]]:
        await asyncio.sleep(chance.random() * 0.1)
        after = chance.choice([0, 0, chance.randint(0, 20)])
        follower = chance.choice(both).follow(JOB, after=after)
        found: list[int] = []
        async with asyncio.timeout(hands.PATIENCE_S):
            while (event := await follower.next()) is not None:
                found.append(event.seq)
                if chance.random() < 0.02:
                    await asyncio.sleep(0.003)
        return after, found

    _, *found = await asyncio.gather(slowly(count, every=chance.randint(1, 20)), *(comes() for _ in range(25)))
    assert all(seqs == list(range(after + 1, count + 1)) for after, seqs in found)
    for one in both:
        await one.stop()


async def test_followers_of_many_jobs_are_served_by_one_reader() -> None:
    jobs = [f"job-{number}" for number in range(120)]
    followers = [hub.hub().follow(job) for job in jobs]
    following = [asyncio.create_task(hands.followed(follower)) for follower in followers]
    await is_live(*followers)
    for job in jobs:
        await hands.wrote(job, 4, last=True)
    assert await asyncio.gather(*following) == [[1, 2, 3, 4]] * 120
    assert len([one for one in await in_use() if one["cmd"] == "xread"]) <= 1


async def test_a_reader_that_waits_for_one_job_hears_of_another_at_once() -> None:
    first = hub.hub().follow("quiet")
    waiting = asyncio.create_task(first.next())
    await is_live(first)
    await hands.soon(lambda: hub.hub()._reading)
    await asyncio.sleep(0.05)  # its read, which knows that job only, is at Redis
    second = hub.hub().follow(JOB)
    following = asyncio.create_task(hands.followed(second))
    await is_live(second)
    await hands.wrote(JOB, 3, last=True)
    assert await following == [1, 2, 3]  # long before that read would have ended
    waiting.cancel()


async def test_a_follower_that_does_not_read_costs_no_memory_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_BEHIND", 10)
    idle, eager = hub.hub().follow(JOB), hub.hub().follow(JOB)
    first = asyncio.create_task(reads(idle, 1))
    reading = asyncio.create_task(hands.followed(eager))
    await is_live(idle, eager)
    await slowly(300, every=5)
    assert await reading == list(range(1, 301))  # and it slows nobody
    assert len(idle._waiting) <= 10
    assert await first + await hands.followed(idle) == list(range(1, 301))


async def test_a_follower_that_leaves_leaves_nothing_behind() -> None:
    followers = [hub.hub().follow(JOB) for _ in range(3)]
    tasks = [asyncio.create_task(follower.next()) for follower in followers]
    await is_live(*followers)
    for task, follower in zip(tasks, followers, strict=True):
        task.cancel()
        follower.close()
        follower.close()  # twice is no harm
    await asyncio.gather(*tasks, return_exceptions=True)
    assert hub.hub()._feeds == {}


async def test_one_that_leaves_does_not_take_the_others_with_it() -> None:
    stays, leaves = hub.hub().follow(JOB), hub.hub().follow(JOB)
    following, left = asyncio.create_task(hands.followed(stays)), asyncio.create_task(leaves.next())
    await is_live(stays, leaves)
    left.cancel()
    leaves.close()
    await hands.wrote(JOB, 3, last=True)
    assert await following == [1, 2, 3]


async def test_next_may_be_given_up_and_asked_again() -> None:
    chance = random.Random(1)
    follower, found = hub.hub().follow(JOB), []
    writing = asyncio.create_task(slowly(120, every=3))
    while not found or found[-1] != 120:
        try:
            async with asyncio.timeout(chance.random() * 0.003):
                event = await follower.next()
            assert event is not None
            found.append(event.seq)
        except TimeoutError:
            continue
    await writing
    assert found == list(range(1, 121))


async def test_who_joins_a_feed_that_others_follow_gets_what_was_before() -> None:
    early = hub.hub().follow(JOB)
    reading = asyncio.create_task(hands.followed(early))
    await is_live(early)
    await slowly(40)
    late = asyncio.create_task(hands.followed(hub.hub().follow(JOB, after=10)))
    assert await reading == list(range(1, 41)) and await late == list(range(11, 41))


async def test_a_job_that_an_operator_retried_goes_on_behind_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "READ_COUNT", 3)  # the first end is the last event of a page
    await hands.wrote(JOB, 3, last=True)
    await events.append(JOB, run=2, mode="first", kind="job_started", message=b'{"x":1}')
    await events.append(JOB, run=2, mode="next", kind="job_progress", message=b'{"x":1}')
    await events.append(JOB, run=2, mode="last", kind="job_complete", message=b'{"x":1}')
    for after in range(5):
        assert await hands.followed(hub.hub().follow(JOB, after=after)) == list(range(after + 1, 6))


# -- the end of the process
async def test_who_follows_when_the_process_stops_is_told_so() -> None:
    followers = [hub.hub().follow(job) for job in (JOB, JOB, "another")]
    tasks = [asyncio.create_task(follower.next()) for follower in followers]
    await is_live(*followers)
    await hub.stop()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in found] == [Stopping] * 3


async def test_who_comes_when_the_process_stops_is_told_at_once() -> None:
    await hands.wrote(JOB, 3, last=True)
    await hub.stop()
    with pytest.raises(Stopping):
        await hub.hub().follow(JOB).next()


async def test_a_hub_stops_that_nobody_used() -> None:
    await hub.stop()


# -- Redis in trouble
async def cut() -> None:
    """Cut every connection of this test's database but the one that says so."""
    server = redis.client()
    mine, clients = int(await server.client_id()), await in_use()
    for one in clients:
        if int(one["id"]) != mine:
            await server.client_kill_filter(_id=one["id"])


async def until_done(follower: Follower) -> list[int]:
    """As a client does it: who is told that the log cannot be read comes back with what it has."""
    found: list[int] = []
    async with asyncio.timeout(hands.PATIENCE_S):
        while True:
            try:
                event = await follower.next()
            except redis.Away:
                follower.close()
                await asyncio.sleep(0.01)
                follower = hub.hub().follow(JOB, after=found[-1] if found else 0)
                continue
            if event is None:
                return found
            found.append(event.seq)


async def test_a_connection_that_is_cut_costs_nobody_an_event() -> None:
    followers = [hub.hub().follow(JOB) for _ in range(5)]
    following = [asyncio.create_task(until_done(follower)) for follower in followers]
    await is_live(*followers)

    async def persistent(seq: int, write: Callable[[int], Any]) -> None:
        while True:
            try:
                await write(seq)
            except redis.Away:
                if (await hands.log_of(JOB))[-1].seq < seq:
                    continue
            return

    for seq in range(1, 41):
        if seq in (10, 11, 25):
            await cut()
        await persistent(seq, lambda number: hands.wrote(JOB, number, first=number, last=number == 40))
    assert await asyncio.gather(*following) == [list(range(1, 41))] * 5


async def test_a_redis_that_was_emptied_is_followed_on() -> None:
    follower = hub.hub().follow(JOB)
    first = asyncio.create_task(reads(follower, 3))
    await is_live(follower)
    await hands.wrote(JOB, 3)
    assert await first == [1, 2, 3]
    rest = asyncio.create_task(hands.followed(follower))
    await redis.client().flushdb()
    await events.append(JOB, run=2, mode="first", kind="job_started", message=b'{"x":1}', known=3)
    await events.append(JOB, run=2, mode="last", kind="job_complete", message=b'{"x":1}')
    assert await rest == [4, 5]


async def test_who_comes_after_redis_lost_events_gets_them_when_they_are_written_again() -> None:
    early = hub.hub().follow(JOB)
    first = asyncio.create_task(reads(early, 10))
    await is_live(early)
    await hands.wrote(JOB, 10)
    assert await first == list(range(1, 11))
    rest = asyncio.create_task(hands.followed(early))
    await lost_after(6)
    late = hub.hub().follow(JOB, after=3)
    reading = asyncio.create_task(hands.followed(late))
    await is_live(late)
    await hands.wrote(JOB, 12, first=7, last=True)
    assert await reading == list(range(4, 13)) and await rest == [11, 12]


async def test_one_broken_event_does_not_end_the_feed_of_all() -> None:
    broken, whole = hub.hub().follow("broken"), hub.hub().follow(JOB)
    unheard = asyncio.create_task(broken.next())
    await is_live(broken)
    following = asyncio.create_task(hands.followed(whole))
    await is_live(whole)
    await redis.client().xadd(events.stream_key("broken"), {"nothing": "of ours"}, id="1-0")
    await hands.wrote(JOB, 3, last=True)
    assert await following == [1, 2, 3]
    unheard.cancel()
