"""The scheduler process: `python -m jobs.scheduler`. Jobs whose worker died go back into the queue, those that wait are woken, ends that
could not be told are told, and what has expired is deleted.

Every step is a conditional update, so that two schedulers at once do no harm.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable

TICK_S = 2.0
PURGE_EVERY_S = 600.0


def main() -> None:
    """Run until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    asyncio.run(run())


async def run() -> None:
    """Tick until told to stop."""
    from bookstrack.lib import clock, db, redis
    from jobs import upkeep

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    purged_s = -PURGE_EVERY_S
    while not stop.is_set():
        steps: list[Callable[[], Awaitable[int]]] = [
            upkeep.sign_of_life, upkeep.reap, upkeep.wake, upkeep.replace_lost_tickets, upkeep.tell_ends,
        ]  # fmt: skip
        if clock.monotonic_s() - purged_s >= PURGE_EVERY_S:
            purged_s = clock.monotonic_s()
            steps.append(upkeep.purge)
        for step in steps:
            await upkeep.survived(step)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TICK_S)
    await redis.close()
    db.close()


if __name__ == "__main__":
    main()
