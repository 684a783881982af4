"""Works of schedules for tests."""

import asyncio
import os
from pathlib import Path

from bookstrack.lib.errors import Unavailable
from jobs.schedules import Outcome

HERE = "tests.jobs.scheduling"
asked: list[str] = []  # who asked, in this process
gate: list[asyncio.Event] = []  # what `waiting` waits for


def plan(work: str = "noted", cron: str = "0 3 * * *", label: str = "A work of tests") -> dict[str, str]:
    """An entry of settings.SCHEDULES."""
    return {"cron": cron, "label": label, "work": f"{HERE}.{work}"}


async def noted(asked_by: str) -> Outcome:
    asked.append(asked_by)
    if path := os.environ.get("SCHEDULING_LOG"):
        with Path(path).open("a") as log:
            log.write(f"{os.getpid()}\n")
        await asyncio.sleep(0.05)
    return Outcome("done", "Three things.")


async def starting(asked_by: str) -> Outcome:
    return Outcome("started", "A harvest of 5.", "job-of-tests")


async def waiting(asked_by: str) -> Outcome:
    await gate[0].wait()
    return Outcome("nothing", "Nothing to do.")


async def breaking(asked_by: str) -> Outcome:
    raise RuntimeError("password=hunter2")


async def refused(asked_by: str) -> Outcome:
    raise Unavailable("The queue is away.")


async def senseless(asked_by: str) -> None:
    return


def not_async(asked_by: str) -> None:
    return
