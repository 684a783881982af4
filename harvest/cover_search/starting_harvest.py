"""Starting cover harvests, one at a time; by API, command, admin and schedule. Part of the services.

The record of a run is made before its job, and it is what keeps a second harvest out. One whose job is gone does not do so for ever.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from bookstrack.lib.db import in_db
from bookstrack.lib.errors import BadInput, BatchTooLarge, EmptyBatch, InvalidIsbnGiven, JobExists
from harvest import conf
from harvest.cover_search.candidates import Candidates, candidates
from harvest.cover_store import covers
from harvest.models import Run
from harvest.pipelines.cover_harvest import CoverHarvest
from harvest.tidying import records
from jobs import schedules
from jobs import services as jobs
from search import services as search

NAMED = "named"  # origin of books that somebody asked for


@dataclass(frozen=True, slots=True)
class HarvestPlan:
    """What a harvest would do. `due` are the ISBN-13s that sources would be asked about, `known` how many of those named are settled;
    `calls` are at most so many, by source."""

    due: list[str]
    known: int
    origins: dict[str, int]
    calls: dict[str, int]
    budget_left: dict[str, int]
    seconds: tuple[float, float]  # where each book's first picture is good; where four are looked at


def isbns_of(given: object) -> list[str]:
    """ISBN-13s of a list of ISBNs in any spelling, each once.

    Raises: BadInput (names the index of what is none), EmptyBatch, BatchTooLarge.
    """
    if not isinstance(given, list):
        raise BadInput("isbns is not a list.", details={"field": "isbns"})
    if not given:
        raise EmptyBatch("The list of ISBNs is empty.", details={"field": "isbns"})
    if len(given) > conf.MAX_HARVEST:
        details = {"field": "isbns", "count": len(given), "most": conf.MAX_HARVEST}
        raise BatchTooLarge(f"A harvest takes at most {conf.MAX_HARVEST:,} books.", details=details)
    found: dict[str, None] = {}
    for index, text in enumerate(given):
        if not isinstance(text, str):
            raise BadInput(f"isbns[{index}] is no text.", details={"field": f"isbns.{index}", "index": index})
        try:
            found[search.isbn_of(text, f"isbns.{index}").isbn13] = None
        except InvalidIsbnGiven as error:
            raise InvalidIsbnGiven(f"isbns[{index}]: {error.message}", details={**error.details, "index": index}) from None
    return list(found)


async def plan_harvest(*, isbns: Sequence[str] | None = None, limit: int | None = None) -> HarvestPlan:
    """What a harvest of these books, or of those that are due, would do. Nobody outside is asked."""
    chosen = await _chosen(isbns, limit)
    due = await covers.due(chosen.isbns)
    sizes = search.cover_sources()
    calls = {source: -(-len(due) // size) for source, size in sizes.items() if source != search.ARCHIVE}
    least_s = len(due) / conf.covers_rate()
    return HarvestPlan(
        due,
        len(chosen.isbns) - len(due),
        chosen.origins,
        calls,
        await search.cover_budget_left(conf.harvest_budget_share()),
        (1.0 + least_s, 1.0 + least_s * max(1, len(sizes))),
    )


async def start_harvest(
    *,
    isbns: Sequence[str] | None = None,
    limit: int | None = None,
    asked_by: str,
    client: str = "",
    job_id: str | None = None,
    route: str = "harvest",
    key: str | None = None,
    body: bytes = b"",
) -> jobs.Started:
    """Start a harvest of these ISBN-13s, or of at most `limit` books whose covers are due.

    `key` is the client's Idempotency-Key, `body` what it stands for. Raises: JobExists, also while a harvest runs; Unavailable, BadInput.
    """
    before = await jobs.started_before(client=client, route=route, key=key, body=body)
    if before is not None:
        return before
    await _see_to_the_last()
    chosen = await _chosen(isbns, limit)
    return await _started(chosen, asked_by, client, job_id, route, key, body)


async def scheduled_harvest(asked_by: str) -> schedules.Outcome:
    """The nightly harvest, for the schedule."""
    try:
        await _see_to_the_last()
        chosen = await _chosen(None, None)
        if not chosen.isbns:
            return schedules.Outcome("nothing", "No cover is due.")
        started = await _started(chosen, asked_by, "", None, "harvest", None, b"")
    except JobExists as error:
        return schedules.Outcome("nothing", error.message, str(error.details.get("jobId", "")))
    return schedules.Outcome("started", f"{len(chosen.isbns)} books", started.job.pk)


async def harvest_here(
    *, isbns: Sequence[str] | None = None, limit: int | None = None, asked_by: str = "command", tell: Callable[[jobs.Standing], None]
) -> tuple[Run, jobs.Job]:
    """Harvest in this process and wait for it, for commands: the record, and the job as it ended. Raises: JobExists."""
    await _see_to_the_last()
    chosen = await _chosen(isbns, limit)
    run = await in_db(_opened, asked_by, str(uuid.uuid4()), chosen)
    payload, total = _payload(run, chosen), len(chosen.isbns)
    try:
        job = await jobs.run_here(pipeline=CoverHarvest.name, payload=payload, total=total, tell=tell, job_id=run.job_id)
    except BaseException:
        if await jobs.find(run.job_id) is None:  # else a worker may take the job up, and with it its record
            await in_db(records.dropped, run)
        raise
    await in_db(run.refresh_from_db)
    return run, job


async def _chosen(isbns: Sequence[str] | None, limit: int | None) -> Candidates:
    if isbns is None:
        return await candidates(limit or conf.harvest_limit())
    named = list(dict.fromkeys(isbns))[: limit or conf.MAX_HARVEST]
    return Candidates(named, {NAMED: len(named)})


async def _started(
    chosen: Candidates, asked_by: str, client: str, job_id: str | None, route: str, key: str | None, body: bytes
) -> jobs.Started:
    run = await in_db(_opened, asked_by, job_id or str(uuid.uuid4()), chosen)
    try:
        started = await jobs.start(
            pipeline=CoverHarvest.name,
            payload=_payload(run, chosen),
            total=len(chosen.isbns),
            job_id=run.job_id,
            client=client,
            route=route,
            key=key,
            body=body,
        )
    except BaseException:
        await in_db(records.dropped, run)
        raise
    if started.before:
        await in_db(records.dropped, run)
    return started


def _payload(run: Run, chosen: Candidates) -> dict[str, Any]:
    return {"run": run.pk, "isbns": chosen.isbns}


def _opened(asked_by: str, job_id: str, chosen: Candidates) -> Run:
    """The record of a run that begins. Raises: JobExists while another runs."""
    try:
        with transaction.atomic():
            return Run.objects.create(kind=Run.Kind.HARVEST, asked_by=asked_by[:150], job_id=job_id, figures={"candidates": chosen.origins})
    except IntegrityError:
        raise _exists(_running()) from None


def _running() -> Run | None:
    return Run.objects.filter(kind=Run.Kind.HARVEST, state=Run.State.RUNNING, dry_run=False).first()


def _exists(run: Run | None) -> JobExists:
    details = {"jobId": run.job_id, "run": run.pk} if run else {}
    return JobExists("A cover harvest runs already: there is one at a time.", details=details)


async def _see_to_the_last() -> None:
    """Close the record of a harvest whose job is gone. Raises: JobExists while one runs."""
    run = await records.going_on(Run.Kind.HARVEST)
    if run is not None:
        raise _exists(run)
