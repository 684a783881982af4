"""Steps of the settings: each again and again in its own time, never beside itself, whatever another does."""

import asyncio
from typing import Any

from jobs import scheduler
from tests.jobs import hands

HERE = "tests.jobs.test_scheduler"
done: dict[str, int] = {}
inside: set[str] = set()


async def _step(name: str, takes_s: float) -> int:
    assert name not in inside, "beside itself"
    inside.add(name)
    await asyncio.sleep(takes_s)
    inside.discard(name)
    done[name] = done.get(name, 0) + 1
    return 1


async def quick() -> int:
    return await _step("quick", 0.0)


async def slow() -> int:
    return await _step("slow", 0.05)


async def breaking() -> int:
    done["breaking"] = done.get("breaking", 0) + 1
    raise RuntimeError("on purpose")


async def hanging() -> int:
    await asyncio.Event().wait()
    return 0


async def test_each_step_runs_in_its_own_time(settings: Any) -> None:
    done.clear()
    names = ("quick", "slow", "breaking", "hanging", "not_there")
    settings.SCHEDULER_STEPS = [(f"{HERE}.{name}", 0.001) for name in names]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(step) for step in scheduler._own_time(stop)]
    await hands.soon(lambda: min(done.get(name, 0) for name in ("quick", "slow", "breaking")) >= 3)
    assert done["quick"] > done["slow"], "the slow one keeps nobody waiting"
    stop.set()
    for task in tasks[3:4]:
        task.cancel()
    async with asyncio.timeout(hands.PATIENCE_S):
        found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in found] == [type(None)] * 3 + [asyncio.CancelledError, type(None)]
