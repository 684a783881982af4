"""What the drills found, each in its smallest form."""

import asyncio
from typing import Any

import pytest

from bookstrack.lib import redis as redis_door
from jobs import events, places
from jobs.messages import Event
from jobs.progress import ProgressReporter, Standing


async def test_a_command_to_redis_can_be_cancelled_at_any_moment() -> None:
    """Python 3.11's `wait_for` swallows a cancellation that comes as its future ends; the library sends with it."""

    async def user() -> None:
        await events.read("x", after=0)
        await asyncio.Event().wait()

    await events.read("x", after=0)
    for run in range(200):
        task = asyncio.create_task(user())
        for _ in range(run % 12):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=2)
        assert task.cancelled()
    await redis_door.close()


async def test_progress_does_not_fall_when_redis_is_away_as_the_next_attempt_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ProgressReporter("j", "p", run=1, floor=Standing())
    await first.start(100, 1.0)
    first.advance(80, 0.8, status="working")
    await first.close()

    live, away = events.live, True

    async def sometimes(job_id: str) -> Any:
        if away:
            raise redis_door.Away[0]("killed")
        return await live(job_id)

    monkeypatch.setattr(events, "live", sometimes)
    second = ProgressReporter("j", "p", run=2, floor=Standing(0.1, 10, 100), known_seq=1)
    await second.start(100, 1.0)
    away = False
    second.advance(11, 0.11, status="working")
    await second.close()
    log: list[Event] = await events.read("j", after=0)
    told = [event.whole["payload"]["progress"] for event in log if event.kind == "job_progress"]
    assert told == [0.8, 0.8]
    await redis_door.close()


async def test_the_places_of_a_dead_process_are_free() -> None:
    mine = [places.new_member() for _ in range(5)]
    dead = [f"dead:{number}" for number in range(5)]
    for member in (*mine, *dead):
        await places.take("j", "c", member)
    for _ in range(5):
        await places.take("j", "c", places.new_member())
    with pytest.raises(places.Full):
        await places.take("j", "c", places.new_member())
    await redis_door.close()
