"""Starting expiry: by schedule and command, one run at a time. Part of the services."""

import uuid
from collections.abc import Callable

from bookstrack.lib.db import in_db
from harvest.models import Run
from harvest.pipelines.expiry import Expiry
from harvest.tidying import expired, records
from jobs import services as jobs

KIND = Run.Kind.EXPIRY.value


async def expiry_outlook(asked_by: str = "command") -> Run:
    """The record of a dry run: `figures` are numbers by kind. Nothing is changed."""
    return await in_db(records.looked_at, KIND, asked_by, await expired.overdue())


async def scheduled_expiry(asked_by: str) -> jobs.Outcome:
    """The nightly expiry, for the schedule. Raises: Unavailable."""
    if (going_on := await records.going_on(KIND)) is not None:
        return jobs.Outcome("nothing", "Expiry goes on already.", going_on.job_id)
    run = await in_db(records.opened, KIND, asked_by, str(uuid.uuid4()))
    total = len(expired.KINDS)
    try:
        started = await jobs.start(pipeline=Expiry.name, payload={"run": run.pk}, total=total, job_id=run.job_id, client="", route="expiry")
    except BaseException:
        await in_db(records.dropped, run)
        raise
    return jobs.Outcome("started", f"{total} kinds of things", started.job.pk)


async def expire_here(*, asked_by: str = "command", tell: Callable[[jobs.Standing], None]) -> tuple[Run, jobs.Job] | None:
    """Delete in this process and wait for it, for commands: the record, and the job as it ended; None while another run goes on."""
    if await records.going_on(KIND) is not None:
        return None
    run = await in_db(records.opened, KIND, asked_by, str(uuid.uuid4()))
    try:
        job = await jobs.run_here(pipeline=Expiry.name, payload={"run": run.pk}, total=len(expired.KINDS), tell=tell, job_id=run.job_id)
    except BaseException:
        await in_db(records.dropped, run)
        raise
    await in_db(run.refresh_from_db)
    return run, job
