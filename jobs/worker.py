"""A worker process: `python -m jobs.worker`. One event loop for its whole life, one job at a time."""

import asyncio
import os
import socket

_runner: asyncio.Runner | None = None


def owner() -> str:
    """How this process signs its leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def work(job_id: str) -> None:
    """Do one ticket: a turn at the job, if there is one to take."""
    from jobs import runner

    _loop().run(runner.take_turn(job_id, owner()))


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


def main() -> None:
    """Work until SIGTERM."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    from bookstrack.lib import collector, db, redis
    from jobs import pipeline, queue

    pipeline.pipelines()  # a broken one fails now, not at its first job
    collector.spare_what_is_loaded()
    worker = queue.JobWorker(redis.queue_client(), stop)
    worker.run()
    loop = _loop()
    loop.run(_closed())
    loop.close()
    db.close()


if __name__ == "__main__":
    from jobs import worker  # not this `__main__` beside it: there is one event loop

    worker.main()
