"""The scheduler process: `python -m jobs.scheduler`. Jobs whose worker died go back into the queue, those that wait are woken, ends that
could not be told are told, what has expired is deleted, and what settings.SCHEDULES and settings.SCHEDULER_STEPS name is done in its time.

Every step is a conditional update, so that two schedulers at once do no harm.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

Step = Callable[[], Awaitable[int]]
TICK_S = 2.0
PURGE_EVERY_S = 600.0
LEAVE_S = 4.0  # at the end, for what runs by the clock; whoever supervises kills after 8 s


def main() -> None:
    """Run until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    asyncio.run(run())


async def run() -> None:
    """Tick until told to stop."""
    from bookstrack.lib import db, http, redis
    from jobs import schedules

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    others = [asyncio.create_task(step) for step in _own_time(stop)]
    await _tick(stop)
    await schedules.leave(LEAVE_S)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await http.close()
    await redis.close()
    db.close()


async def _tick(stop: asyncio.Event) -> None:
    from bookstrack.lib import clock
    from jobs import schedules, upkeep

    purged_s = -PURGE_EVERY_S
    while not stop.is_set():
        steps: list[Step] = [
            upkeep.sign_of_life, upkeep.reap, upkeep.wake, upkeep.replace_lost_tickets, upkeep.tell_ends, schedules.tick,
        ]  # fmt: skip
        if clock.monotonic_s() - purged_s >= PURGE_EVERY_S:
            purged_s = clock.monotonic_s()
            steps += [upkeep.purge, schedules.thin_out]
        for step in steps:
            await upkeep.survived(step)
        await _waited(stop, TICK_S)


def _own_time(stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    """The steps of the settings, each to be run in a task of its own: a slow one keeps nobody else waiting."""
    from django.conf import settings

    return [again_and_again(_named(name), every_s, stop) for name, every_s in settings.SCHEDULER_STEPS]


def _named(dotted: str) -> Step:
    """A step that is imported when it runs: one that cannot be is logged, and keeps no other from running."""
    from django.utils.module_loading import import_string

    async def step() -> int:
        done: int = await import_string(dotted)()
        return done

    step.__name__ = dotted
    return step


async def again_and_again(step: Step, every_s: float, stop: asyncio.Event) -> None:
    """Do a step, and again so many seconds after its end, until told to stop."""
    from jobs import upkeep

    while not stop.is_set():
        await upkeep.survived(step)
        await _waited(stop, every_s)


async def _waited(stop: asyncio.Event, for_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), for_s)


if __name__ == "__main__":
    main()
