"""Use-cases of jobs: starting, seeing, ending. Views, consumers, the admin and other apps call these.

Raises, all of them: ApiError.
"""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson
import structlog
from django.utils import timezone

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import NotFound, RefreshTooEarly, TokenExpired, Unauthorized
from jobs import endings, events, messages, purging, queue, tokens, upkeep
from jobs.audit import by_command, by_token
from jobs.load import Load, load
from jobs.models import Job, JobItem
from jobs.operators import allowed, is_machine
from jobs.pipeline import Counts, Done, pipelines
from jobs.progress import Standing
from jobs.schedule_list import Scheduled, scheduled
from jobs.schedules import Outcome
from jobs.starting import EXPIRES_IN_S, JOB_ID, Started, accepted, checked_job_id, run_here, start, started_before
from jobs.states import State, shown_to_who_cancels

__all__ = [
    "EXPIRES_IN_S",
    "JOB_ID",
    "MAX_PAGE",
    "PAGE",
    "Job",
    "Load",
    "Outcome",
    "Page",
    "Scheduled",
    "Standing",
    "Started",
    "accepted",
    "allowed",
    "authorised",
    "by_command",
    "by_token",
    "cancel",
    "checked_job_id",
    "completed",
    "dead_tokens",
    "expire_uploads",
    "find",
    "followable",
    "is_machine",
    "live_state",
    "load",
    "overdue",
    "purge",
    "queue_trouble",
    "queue_troubles",
    "refresh",
    "rendered",
    "result_options",
    "results",
    "retry",
    "run_here",
    "scheduled",
    "start",
    "started_before",
    "state",
    "taken",
]  # fmt: skip
log = structlog.get_logger(__name__)
overdue, purge, expire_uploads = purging.overdue, purging.purge, purging.expire_uploads
PAGE, MAX_PAGE = 1_000, 5_000
_NO_TOKEN = tokens.digest("")  # what a guess at an unknown job is compared with


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a job's results: `members` of the answer by name, each rendered JSON."""

    job: Job
    members: dict[str, bytes]
    count: int
    offset: int
    limit: int
    total: int  # of what is paged through


# -- who may
async def authorised(job_id: str, token: str | None) -> Job:
    """The job, for whoever has its token. An unknown job, a wrong token and another job's token are told apart by nothing.

    Raises: Unauthorized, TokenExpired, NotFound once its data has expired.
    """
    if not token:
        raise Unauthorized("A job is seen with its token only: Authorization: Bearer <token>.")
    return await in_db(_authorised, job_id, token)


def _authorised(job_id: str, token: str) -> Job:
    job = Job.objects.filter(pk=job_id).defer("payload").first() if re.fullmatch(JOB_ID, job_id) else None
    known = tokens.same(token, job.token_digest if job else _NO_TOKEN)
    if job is None or not known:
        raise Unauthorized("There is no such job, or this is not its token.")
    if job.token_expires_at <= timezone.now():
        raise TokenExpired("The token has expired.")
    if job.purged_at is not None:
        raise NotFound("This job's results and events have expired.")
    return job


async def taken(job_id: str) -> bool:
    """Whether a job has this id, or had it until a day ago."""
    return await in_db(Job.objects.filter(pk=job_id).exists)


async def refresh(job_id: str, old_token: str) -> tuple[str, datetime]:
    """A new token for the old one, which dies at once; the token and when it expires.

    Raises: Unauthorized, TokenExpired, RefreshTooEarly.
    """
    job = await authorised(job_id, old_token)
    now = timezone.now()
    if not tokens.refreshable(job.token_expires_at, now):
        opens = job.token_expires_at - tokens.REFRESH_WINDOW
        details = {"refreshableFrom": clock.iso_ms(opens), "expiresAt": clock.iso_ms(job.token_expires_at)}
        raise RefreshTooEarly("A token is refreshed in the last 30 minutes of its two hours.", details=details)
    token, expires_at = tokens.random(), now + tokens.LIFETIME
    mine = Job.objects.filter(pk=job_id, token_digest=job.token_digest)  # of two at once one wins
    if not await in_db(mine.update, token_digest=tokens.digest(token), token_expires_at=expires_at):
        raise Unauthorized("There is no such job, or this is not its token.")
    return token, expires_at


async def dead_tokens(held: dict[str, set[str]]) -> dict[str, set[str]]:
    """Of token digests held by job id, those that are no longer valid."""
    rows = await in_db(lambda: list(Job.objects.filter(pk__in=list(held)).values_list("pk", "token_digest", "token_expires_at")))
    now = timezone.now()
    valid = {pk: digest for pk, digest, expires_at in rows if expires_at > now}
    return {pk: dead for pk, digests in held.items() if (dead := digests - {valid.get(pk, "")})}


# -- seeing
async def live_state(job: Job) -> events.Live:
    """Where the job stands at this moment: of row and live state whichever is further."""
    try:
        live = await events.live(job.pk)
    except redis_door.Away:
        live = events.Live()
    updated_ms = int(job.updated_at.timestamp() * 1000)
    behind = job.ended or job.updated_at.timestamp() * 1000 >= live.updated_ms
    return events.Live(
        seq=max(live.seq, job.last_seq),
        progress=job.progress if job.ended else max(live.progress, job.progress),
        processed=job.processed_count if job.ended else max(live.processed, job.processed_count),
        total=job.total_count or live.total,
        status=job.status_text if behind else live.status,
        item=job.current_item if behind and job.current_item else live.item,
        updated_ms=max(updated_ms, live.updated_ms),
    )


async def followable(job: Job) -> events.Live:
    """Where the job stands, for who begins to follow it: the log of one that has ended has its end, also where Redis lost the log."""
    live = await live_state(job)
    if job.ended and job.purged_at is None:
        with contextlib.suppress(*redis_door.Away):
            if not (await events.live(job.pk)).ended:
                await endings.tell_from_row(job)
                live = await live_state(job)
    return live


async def state(job: Job) -> dict[str, Any]:
    """The job's state as clients read it (spec 02, "Following and ending jobs")."""
    live = await live_state(job)
    return {
        "jobId": job.pk,
        "pipeline": job.pipeline,
        "status": job.state,
        "progress": live.progress,
        "processedCount": live.processed,
        "totalCount": live.total,
        "currentItem": live.item,
        "startTime": clock.iso_ms(job.started_at or job.created_at),
        "lastUpdate": clock.iso_ms(clock.from_unix(live.updated_ms / 1000)),
        "endTime": clock.iso_ms(job.ended_at) if job.ended_at else None,
        "version": messages.VERSION,
        "error": job.error,
        "lastSeq": live.seq,
    } | ({"waitsUntil": clock.iso_ms(job.wake_at)} if job.wake_at else {})


async def results(job: Job, *, limit: int = PAGE, offset: int = 0, options: Mapping[str, str] = MappingProxyType({})) -> Page:
    """Items that are done, in the order of the input; also while the job runs, and after it was canceled. `options` are the pipeline's.

    Raises: InvalidQuery; NotFound once they have expired.
    """
    if job.purged_at is not None:
        raise NotFound("The results of this job have expired.")
    pipeline = pipelines()[job.pipeline]
    rows = JobItem.objects.filter(job_id=job.pk).values_list("success", "body")
    wanted = rows if pipeline.read_whole else rows[offset : offset + limit]
    kept = await in_db(lambda: [(success, bytes(body)) for success, body in wanted])
    bodies = await pipeline.shown([body for _, body in kept], options)
    done = [Done(success, body) for (success, _), body in zip(kept, bodies, strict=True)]
    counts = Counts(job.processed_count, job.success_count, job.total_count)
    if pipeline.read_whole:
        page = pipeline.page_of(done, job.summary, counts, limit=limit, offset=offset)
        return Page(job, page.members, page.count, offset, limit, page.total)
    return Page(job, pipeline.arranged(done, job.summary, counts), len(done), offset, limit, job.processed_count)


def result_options(job: Job) -> tuple[str, ...]:
    """Query parameters that the results of a job take beside limit and offset."""
    return pipelines()[job.pipeline].options


def rendered(page: Page) -> bytes:
    """`data` of a results answer: {jobId, status, partial?, <items>: […], summary, pagination}"""
    job = page.job
    processed = job.processed_count
    more = page.offset + page.count < page.total
    pagination: dict[str, Any] = {"total": page.total, "limit": page.limit, "offset": page.offset, "hasMore": more}
    if more:
        pagination["nextOffset"] = page.offset + page.count
    head: dict[str, Any] = {"jobId": job.pk, "pipeline": job.pipeline, "status": job.state}
    if job.place is not State.COMPLETED:
        head["partial"] = True
    summary = {
        "totalProcessed": processed,
        "successCount": job.success_count,
        "failureCount": job.failure_count,
        "totalCount": job.total_count,
    }
    head |= {"summary": summary | job.summary, "pagination": pagination}
    if job.error:
        head["error"] = job.error
    own = b"".join(b',"' + name.encode() + b'":' + body for name, body in page.members.items())
    return orjson.dumps(head)[:-1] + own + b"}"


# -- ending
async def cancel(job: Job) -> dict[str, Any]:
    """Stop a job; what was found until then stays. Canceling one that has ended changes nothing: {jobId, status, processedCount}"""
    idle = False
    if not job.ended:
        idle = await in_db(endings.cancel_idle, job)
        if idle:
            await endings.tell_from_row(job)
        elif await in_db(job.move, State.CANCELING):
            try:
                await events.ask_to_cancel(job.pk)
            except redis_door.Away:
                log.warning("the word to cancel goes by the lease: Redis is away", job=job.pk)
        else:
            await in_db(job.refresh_from_db, fields=["state", "processed_count", "progress", "ended_at"])
    live = await live_state(job)
    return {"jobId": job.pk, "status": shown_to_who_cancels(job.place).value, "processedCount": live.processed}


def retry(job: Job) -> bool:
    """An operator's retry of a failed job, from its checkpoint; whether it was one, and its input is still there."""
    if job.place is not State.FAILED or job.purged_at is not None:
        return False
    done = job.move(
        State.QUEUED, note="retried by an operator", failures=0, error=None, ended_at=None, told_end=False, wake_at=None, ticketed_at=None
    )
    if done:
        dead = getattr(job, "dead_letter", None)
        if dead is not None:
            dead.delete()
    return done


async def queue_troubles() -> dict[str, str]:
    """What is wrong with the queue, in words, by what is missing: "workers", "scheduler", or a queue; empty when jobs are worked on and
    looked after.

    Raises: redis.Away.
    """
    found = {}
    served = await queue.served()
    if not served:
        found["workers"] = "no worker process is running"
    else:
        found = {name: f"no worker process takes from {name}" for name in queue.NAMES if name not in served}
    if not await upkeep.looked_after():
        found["scheduler"] = "no scheduler process is running"
    return found


async def queue_trouble() -> str | None:
    """The same in a line, that of the workers first; None when nothing is wrong.

    Raises: redis.Away.
    """
    found = await queue_troubles()
    return "; ".join(words for what, words in found.items() if what != "scheduler") or found.get("scheduler")


async def find(job_id: str) -> Job | None:
    """A job by its id, for staff and commands."""
    return await in_db(Job.objects.filter(pk=job_id).first)


async def completed(pipeline: str, limit: int) -> list[Job]:
    """The newest completed jobs of a pipeline whose results are kept."""
    rows = Job.objects.filter(pipeline=pipeline, state=State.COMPLETED.value, purged_at=None).order_by("-created_at").defer("payload")
    return await in_db(lambda: list(rows[:limit]))
