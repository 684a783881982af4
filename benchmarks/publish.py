"""Publishes the events of jobs that nobody works on, as a worker would: `python -m benchmarks.publish` in the environment of a server.

For measuring and drilling the way from the log to the client alone. The first line of standard input is {jobs, events: progress events
a job, rate: a second and job}, that of standard output [[job id, token], …]; publishing begins with the next line of standard input.
Each progress event says when it was made (`at`, unix seconds). Jobs end at their last event.
"""

import asyncio
import contextlib
import os
import secrets
import sys
import time
from datetime import timedelta
from typing import Any

import orjson

PIPELINE = "csv_import"
LEASED = timedelta(hours=2)  # nobody may take the jobs away


def made(count: int) -> list[tuple[str, str]]:
    """Rows of jobs as if a worker had just taken them."""
    from django.utils import timezone

    from jobs import tokens
    from jobs.models import Job
    from jobs.states import State

    told = []
    for _ in range(count):
        job_id, token = secrets.token_hex(16), tokens.random()
        Job.objects.create(
            pk=job_id, pipeline=PIPELINE, queue="default", state=State.RUNNING.value, run=1, started_at=timezone.now(),
            lease_owner="benchmark", lease_until=timezone.now() + LEASED, token_salt=tokens.new_salt(),
            token_digest=tokens.digest(token), token_expires_at=timezone.now() + LEASED,
        )  # fmt: skip
        told.append((job_id, token))
    return told


async def publish(job_id: str, total: int, rate: float, offset_s: float) -> None:
    """Append a job's events at an even rate, then end it."""
    from bookstrack.lib.db import in_db
    from jobs import endings, events, messages
    from jobs.messages import Kind
    from jobs.models import Job
    from jobs.states import State

    async def append(mode: str, kind: Kind, payload: dict[str, Any], live: dict[str, Any]) -> None:
        raw = orjson.dumps(messages.message(kind, job_id, PIPELINE, payload, int(time.time() * 1000)))
        await events.append(job_id, run=1, mode=mode, kind=kind, message=raw, live=live)

    await append("first", Kind.STARTED, messages.started(total, 1.0), {"total": total})
    began_s = time.monotonic() + offset_s
    for number in range(1, total + 1):
        await asyncio.sleep(max(0.0, began_s + number / rate - time.monotonic()))
        progress = round(number / (total + 1), 4)
        payload = messages.progressed(progress, number, total, "working", f"ISBN 978{number:010d}") | {"at": time.time()}
        await append("next", Kind.PROGRESS, payload, {"progress": progress, "processed": number})
    job = await in_db(Job.objects.get, pk=job_id)
    await in_db(job.move, State.COMPLETED, fence=1, progress=1.0, processed_count=total, total_count=total)
    kind, payload = endings.last_message(job)
    with contextlib.suppress(events.Fenced):  # on a slow machine the scheduler has told it meanwhile
        await append("last", kind, payload, {"progress": 1.0})
    await in_db(endings.note_told, job, total + 2)


async def main() -> None:
    from bookstrack.lib import db, redis
    from bookstrack.lib.db import in_db

    asked = orjson.loads(sys.stdin.readline())
    jobs = await in_db(made, asked["jobs"])
    print(orjson.dumps(jobs).decode(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    gap_s = 1 / asked["rate"] / len(jobs)  # not all at the same moment
    await asyncio.gather(*(publish(job_id, asked["events"], asked["rate"], place * gap_s) for place, (job_id, _) in enumerate(jobs)))
    await redis.close()
    db.close()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    asyncio.run(main())
