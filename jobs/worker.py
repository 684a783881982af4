"""A worker process: `python -m jobs.worker [queue ...]`. One event loop for its whole life, one job at a time.

Without a queue it takes what is common: high, default, low.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Sequence

LEFT_S = 1.0  # what a turn leaves behind may take so long to end by itself
_runner: asyncio.Runner | None = None


def owner() -> str:
    """How this process signs its leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def work(job_id: str) -> None:
    """Do one ticket: a turn at the job, if there is one to take."""
    from bookstrack.lib import collector
    from jobs import runner

    _loop().run(alone(runner.take_turn(job_id, owner())))
    collector.clear_up()


async def alone(turn: Awaitable[None]) -> None:
    """A turn, with all that it set going. The loop stands still until the next ticket: a call to a provider that were left in it would
    be taken for one that the provider did not answer in time."""
    await turn
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if not left:
        return
    _, late = await asyncio.wait(left, timeout=LEFT_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def stop() -> None:
    """Put the job in hand back and take no other; called from a signal handler."""
    from jobs import runner

    runner.stop_turns()


def _loop() -> asyncio.Runner:
    global _runner
    if _runner is None:
        _runner = asyncio.Runner()
    return _runner


async def _closed() -> None:
    from bookstrack.lib import http, redis

    await http.close()
    await redis.close()


def main(names: Sequence[str] = ()) -> None:
    """Work until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    from bookstrack.lib import collector, db, redis
    from jobs import pipeline, queue

    if unknown := [name for name in names if name not in queue.NAMES]:
        raise SystemExit(f"There is no queue {', '.join(unknown)}; there are {', '.join(queue.NAMES)}.")
    pipeline.pipelines()  # a broken one fails now, not at its first job
    collector.spare_what_is_loaded()
    worker = queue.JobWorker(redis.queue_client(), stop, names)
    worker.run()
    loop = _loop()
    loop.run(_closed())
    loop.close()
    db.close()


if __name__ == "__main__":
    from jobs import worker  # not this `__main__` beside it: there is one event loop

    worker.main(sys.argv[1:])
