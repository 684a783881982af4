"""Starting archival: by schedule and command, one run at a time. Part of the services."""

import uuid
from collections.abc import Callable

from bookstrack.lib.db import in_db
from harvest.models import Run
from harvest.pipelines import archival
from harvest.tidying import records
from jobs import services as jobs
from search import services as search

KIND = Run.Kind.ARCHIVAL.value


async def archival_outlook(asked_by: str = "command") -> Run:
    """The record of a dry run: `figures` are numbers of entries, moved, asked_for, younger. Nothing is changed."""
    return await in_db(records.looked_at, KIND, asked_by, await search.archive_outlook(archival.rule()))


async def scheduled_archival(asked_by: str) -> jobs.Outcome:
    """The nightly archival, for the schedule. Raises: Unavailable."""
    if (going_on := await records.going_on(KIND)) is not None:
        return jobs.Outcome("nothing", "Archival goes on already.", going_on.job_id)
    rule = archival.rule()
    parts = await search.archive_parts(rule)
    if not parts:
        return jobs.Outcome("nothing", "No entry is due.")
    run = await in_db(records.opened, KIND, asked_by, str(uuid.uuid4()))
    payload = archival.payload(run.pk, rule, parts)
    try:
        started = await jobs.start(
            pipeline=archival.Archival.name, payload=payload, total=len(parts), job_id=run.job_id, client="", route="archival"
        )
    except BaseException:
        await in_db(records.dropped, run)
        raise
    return jobs.Outcome("started", f"{len(parts)} parts of the cache", started.job.pk)


async def archive_here(*, asked_by: str = "command", tell: Callable[[jobs.Standing], None]) -> tuple[Run, jobs.Job] | None:
    """Archive in this process and wait for it, for commands: the record, and the job as it ended; None while another run goes on."""
    if await records.going_on(KIND) is not None:
        return None
    rule = archival.rule()
    parts = await search.archive_parts(rule)
    run = await in_db(records.opened, KIND, asked_by, str(uuid.uuid4()))
    payload = archival.payload(run.pk, rule, parts)
    try:
        job = await jobs.run_here(pipeline=archival.Archival.name, payload=payload, total=len(parts), tell=tell, job_id=run.job_id)
    except BaseException:
        await in_db(records.dropped, run)
        raise
    await in_db(run.refresh_from_db)
    return run, job
