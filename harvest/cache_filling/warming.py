"""Warming the cache: by a file of books or authors, a list of ISBNs, what is asked for often, what expires. Part of the services.

Raises, all of them: ApiError.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import BadInput, MissingParameter, TooLarge
from harvest import conf
from harvest.cache_filling import warming_lists
from harvest.cache_filling.warmed_keys import worth as worth
from harvest.cache_filling.warming_depth import AUTHORS
from harvest.cache_filling.warming_lists import AUTHOR, BOOK, ISBN, Worklist
from harvest.models import Run
from harvest.pipelines.cache_warming import CacheWarming, askings_of
from jobs import schedules
from jobs import services as jobs
from jobs.pipeline import Queue
from search import services as search

PRIORITIES = {"low": Queue.LOW, "normal": Queue.DEFAULT, "high": Queue.HIGH}
DEPTHS = (1, 2, 3)
MEAN_WORKS = 25  # of an author whose bibliography is not known here: an assumption, for a first guess only
POPULAR, EXPIRING = 2_000, 10_000  # keys of a night
EXPIRING_DAYS = 2.0  # a night that was missed does no harm
_ESTIMATED = 500  # authors at once


@dataclass(frozen=True, slots=True)
class How:
    """How a list is warmed. Depth 1: what is named, of an author all works; 2: their editions too; 3: also who wrote with them."""

    depth: int = 1
    priority: str = "low"

    @property
    def queue(self) -> Queue:
        """The queue that its job waits in."""
        return PRIORITIES[self.priority]


def how_of(depth: object, priority: object) -> How:
    """The options of a request, each checked; None: as usual. Raises: BadInput."""
    if isinstance(depth, str) and depth in map(str, DEPTHS):
        depth = int(depth)
    if depth is not None and (type(depth) is not int or depth not in DEPTHS):
        raise BadInput("maxDepth is 1, 2 or 3.", details={"field": "maxDepth"})
    if priority is not None and (not isinstance(priority, str) or priority not in PRIORITIES):
        raise BadInput("priority is low, normal or high.", details={"field": "priority", "known": list(PRIORITIES)})
    return How(depth if isinstance(depth, int) else 1, str(priority) if priority is not None else "low")


def list_of_file(file: BinaryIO, size_bytes: int) -> Worklist:
    """What a file that was sent asks to be warmed. Raises: ApiError."""
    if not size_bytes:
        raise MissingParameter("The file is empty.", details={"field": "file"})
    if size_bytes > conf.MAX_WARMING_BYTES:
        details = {"receivedBytes": size_bytes, "maxBytes": conf.MAX_WARMING_BYTES}
        raise TooLarge(f"A file has at most {conf.MAX_WARMING_BYTES // 2**20} MB.", details=details)
    return warming_lists.of_file(file)


async def list_of_popular(limit: int) -> Worklist:
    """The most asked keys of the last month that the cache has no more, or not for long; it may be empty."""
    return warming_lists.of_keys(await search.popular_keys(min(limit, conf.MAX_WARMED)))


async def list_of_expiring(days: float = EXPIRING_DAYS) -> Worklist:
    """Keys that were asked for and expire within so many days; it may be empty."""
    return warming_lists.of_keys(await search.expiring_keys(days, EXPIRING))


async def plan_warming(worklist: Worklist, how: How) -> dict[str, Any]:
    """What warming would cost, without asking anybody: a plan as enrichment's, with `authorsQueued`, `estimatedWorks`, `rowsUnusable`.

    `calls` are those of depth 1: what deeper ones ask is known once authors are.
    """
    refill = search.refill(share=conf.warming_budget_share(), concurrency=conf.WARMED_SINGLY)
    askings = [asking for thing in worklist.things for asking in askings_of(refill, thing)]
    plan = await refill.plan(askings)
    data: dict[str, Any] = {
        "items": len(worklist.things),
        "keys": plan.items,
        "cached": plan.cached,
        "calls": dict(plan.calls),
        "budgetLeft": dict(plan.budget_left),
        "estimatedSeconds": {"p50": plan.seconds_p50, "p90": plan.seconds_p90},
    }
    if plan.waits_until is not None:
        data["waitsUntil"] = clock.iso_ms(clock.from_unix(plan.waits_until))
    return data | await told_of(worklist, how)


async def told_of(worklist: Worklist, how: How) -> dict[str, int]:
    """`{authorsQueued, estimatedWorks, rowsUnusable}`: whose bibliographies are asked for, and how many works that comes to."""
    names = {name.casefold(): name for name in _authors(worklist, how)}
    works = len(worklist.things) - len(worklist.named(AUTHOR))
    known = await _known_works(list(names.values()))
    return {
        "authorsQueued": len(names),
        "estimatedWorks": works + sum(known) + MEAN_WORKS * (len(names) - len(known)),
        "rowsUnusable": worklist.unusable,
    }


async def start_warming(
    worklist: Worklist, how: How, *, asked_by: str, client: str = "", job_id: str | None = None, key: str | None = None, body: bytes = b""
) -> jobs.Started:
    """Start warming what is on a list; `key` is the client's Idempotency-Key, `body` what it stands for."""
    before = await jobs.started_before(client=client, route="warming", key=key, body=body)
    if before is not None:
        return before
    payload = await _opened(worklist, how, asked_by, job_id or str(uuid.uuid4()))
    started: jobs.Started | None = None
    try:
        started = await jobs.start(
            pipeline=CacheWarming.name,
            payload=payload,
            total=len(worklist.things),
            job_id=payload["job"],
            client=client,
            route="warming",
            key=key,
            body=body,
            into=how.queue,
        )
        return started
    finally:
        if started is None or started.before:
            await _dropped(payload)


async def warm_here(
    worklist: Worklist, how: How, *, asked_by: str = "command", tell: Callable[[jobs.Standing], None]
) -> tuple[Run, jobs.Job]:
    """Warm in this process and wait for it, for commands: the record, and the job as it ended."""
    payload = await _opened(worklist, how, asked_by, str(uuid.uuid4()))
    try:
        total = len(worklist.things)
        job = await jobs.run_here(pipeline=CacheWarming.name, payload=payload, total=total, tell=tell, job_id=payload["job"])
    except BaseException:
        if await jobs.find(payload["job"]) is None:  # else a server's worker goes on with it
            await _dropped(payload)
        raise
    return await in_db(Run.objects.get, pk=payload["run"]), job


async def scheduled_warming(asked_by: str) -> schedules.Outcome:
    """The nightly warming, for the schedule: what is asked for often and the cache lacks, and what expires."""
    running = await in_db(Run.objects.filter(kind=Run.Kind.WARMING, asked_by=asked_by, state=Run.State.RUNNING).first)
    if running is not None and (job := await jobs.find(running.job_id)) is not None and not job.ended:
        return schedules.Outcome("nothing", "The last one runs still.", job.pk)
    lists = (await list_of_expiring(), await list_of_popular(POPULAR))
    kept = {key: question for worklist in lists for _, key, question in worklist.things}
    if not kept:
        return schedules.Outcome("nothing", "Nothing that is asked for often is missing, or expires.")
    started = await start_warming(warming_lists.of_keys(kept.items()), How(), asked_by=asked_by)
    return schedules.Outcome("started", f"{len(kept)} keys", started.job.pk)


def _authors(worklist: Worklist, how: How) -> list[str]:
    """Whose bibliographies are asked for: who stands on the list, and at the last depth who wrote its books."""
    alone = [thing[1] for thing in worklist.named(AUTHOR)]
    books = len(worklist.named(ISBN)) + len(worklist.named(BOOK))
    return [*alone, *worklist.authors] if how.depth >= AUTHORS and books else alone


async def _known_works(names: list[str]) -> list[int]:
    """How many works those authors have whose bibliographies were asked for before."""
    refill = search.refill(share=conf.warming_budget_share())
    found: list[int] = []
    for start in range(0, len(names), _ESTIMATED):
        keys = [refill.keys_of(refill.of_author(name))[-1] for name in names[start : start + _ESTIMATED]]
        found += (await in_db(search.works_of, keys)).values()
    return found


async def _opened(worklist: Worklist, how: How, asked_by: str, job_id: str) -> dict[str, Any]:
    """The record of a run and its list; what its job is given."""
    name = await asyncio.to_thread(warming_lists.keep, worklist)
    figures = {"things": len(worklist.things), "depth": how.depth}
    run = await in_db(Run.objects.create, kind=Run.Kind.WARMING, asked_by=asked_by[:150], job_id=job_id, figures=figures)
    return {
        "run": run.pk,
        "job": job_id,
        "list": name,
        "depth": how.depth,
        "since": clock.unix_s(),
        "unusable": worklist.unusable,
    }


async def _dropped(payload: dict[str, Any]) -> None:
    """Take back what was made for a run that never began."""
    await in_db(Run.objects.filter(pk=payload["run"]).delete)
    await asyncio.to_thread(warming_lists.forget, payload["list"])
