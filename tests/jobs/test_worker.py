"""A worker's loop stands still between two tickets: nothing may be left going on in it."""

import asyncio

import pytest

from jobs import worker


def test_what_a_turn_leaves_behind_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEFT_S", 0.05)
    ended: list[float] = []
    calls: list[asyncio.Task[None]] = []

    async def call(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append(seconds)

    async def turn() -> None:
        calls.extend(asyncio.create_task(call(seconds)) for seconds in (0.01, 60))

    with asyncio.Runner() as loop:
        loop.run(worker.alone(turn()))
        assert ended == [0.01], "what is nearly done may end by itself"
        assert not asyncio.all_tasks(loop.get_loop()) and all(task.done() for task in calls)
