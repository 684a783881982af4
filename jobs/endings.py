"""How a turn or a job ends: in the database first, then in the event log, so that whoever hears of an end finds its results.

Each ending holds only for the run that asks for it. What could not be told is told later by the scheduler, from the row.
"""

from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from django.utils import timezone

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from jobs import checkpoints, conf, events, messages
from jobs.messages import Kind
from jobs.models import DeadLetter, Job
from jobs.pipeline import Counts, Ended, pipelines
from jobs.progress import ProgressReporter
from jobs.states import State

log = structlog.get_logger(__name__)
UNEXPECTED = "Something went wrong on our side; the job was tried again and failed each time."
LOST = "The worker that did this job died, again and again."


def complete(job: Job, run: int, **summary: Any) -> bool:
    """The job is done; False when it is not ours any more."""
    counts = checkpoints.counts_of(job.pk)
    counts["total_count"] = counts["processed_count"]
    return _over(job, job.move(State.COMPLETED, fence=run, progress=1.0, summary=summary, error=None, status_text="", **counts))


def cancel_running(job: Job, run: int) -> bool:
    """The owner's word was heard by the worker: what is done stays."""
    job.move(State.CANCELING, fence=run)  # where the word came by Redis before the row said so
    return _canceled(job, fence=run)


def cancel_asked(job: Job, run: int) -> bool:
    """The owner's word came while the turn was ending in another way."""
    return _canceled(job, fence=run, sources={State.CANCELING})


def cancel_idle(job: Job) -> bool:
    """No worker has the job."""
    return _canceled(job, sources={State.QUEUED, State.WAITING_ON_QUOTA})


def _canceled(job: Job, **only: Any) -> bool:
    if not job.move(State.CANCELED, **only, **checkpoints.counts_of(job.pk)):
        return False
    if (pipeline := pipelines().get(job.pipeline)) is not None:
        pipeline.canceled(job.pk)
    return _over(job, True)


def _over(job: Job, moved: bool) -> bool:
    """Let the pipeline know of an end that came to pass."""
    pipeline = pipelines().get(job.pipeline)
    if moved and pipeline is not None:
        counts = Counts(job.processed_count, job.success_count, job.total_count)
        pipeline.ended(job.payload, Ended(job.state, counts, job.summary, job.error))
    return moved


def fail(job: Job, run: int, *, code: str, text: str, details: dict[str, Any] | None = None, retryable: bool = False) -> bool:
    """The job cannot succeed: no other attempt, and no dead letter."""
    error = messages.failed(code, text, retryable=retryable, details=details)
    return _over(job, job.move(State.FAILED, fence=run, note=code, error=error, **checkpoints.counts_of(job.pk)))


def fail_or_retry(
    job: Job,
    run: int,
    *,
    code: str = "INTERNAL_ERROR",
    text: str = UNEXPECTED,
    details: dict[str, Any] | None = None,
    note: str = "an error",
) -> float | None:
    """After a failure that may pass: seconds until the next attempt, or None when it was the last and the job is a dead letter now."""
    job.refresh_from_db(fields=["failures"])
    failures = job.failures + 1
    if failures < conf.max_attempts():
        pause_s = conf.RETRY_PAUSES_S[min(failures, len(conf.RETRY_PAUSES_S)) - 1]
        wake_at = timezone.now() + timedelta(seconds=pause_s)
        _queue_again(job, run, note=f"{note}; attempt {failures + 1} follows", failures=failures, wake_at=wake_at)
        return pause_s
    error = messages.failed(code, text, retryable=True, details=details)
    if job.move(State.FAILED, fence=run, note=note, error=error, failures=failures, **checkpoints.counts_of(job.pk)):
        DeadLetter.objects.update_or_create(
            job=job, defaults={"kind": code, "error": text, "attempts": failures, "failed_at": timezone.now()}
        )
        _over(job, True)
    return None


def put_back(job: Job, run: int, *, note: str) -> bool:
    """Into the queue again, from the checkpoint, at once."""
    return _queue_again(job, run, note=note, wake_at=None)


def park(job: Job, run: int, *, until: datetime, note: str) -> bool:
    """Wait for a quota; the scheduler wakes it."""
    return job.move(State.WAITING_ON_QUOTA, fence=run, note=note, wake_at=until, lease_owner="", lease_until=None)


def _queue_again(job: Job, run: int, *, note: str, **fields: Any) -> bool:
    return job.move(State.QUEUED, fence=run, note=note, lease_owner="", lease_until=None, ticketed_at=None, **fields)


def last_message(job: Job) -> tuple[Kind, dict[str, Any]]:
    """The job's last event, made from its row alone: the same whoever tells it, and whenever."""
    if job.place is State.CANCELED:
        return Kind.CANCELED, messages.canceled(job.processed_count, job.total_count)
    if job.place is State.FAILED:
        return Kind.ERROR, dict(job.error or messages.failed("INTERNAL_ERROR", UNEXPECTED, retryable=True))
    ended = job.ended_at or timezone.now()
    duration_ms = int((ended - (job.started_at or job.created_at)).total_seconds() * 1000)
    # lists, an import's columns for one, are read with the results: a message stays small
    more = {name: value for name, value in job.summary.items() if value is not None and not isinstance(value, list | dict)}
    summary = {
        "totalProcessed": job.processed_count,
        "successCount": job.success_count,
        "failureCount": job.failure_count,
        "duration": duration_ms,
        "resourceId": f"job-results:{job.pk}",
    }
    metadata = {"modelUsed": more.pop("modelUsed", None), "processingTime": duration_ms}
    return Kind.COMPLETE, {
        "pipeline": job.pipeline,
        "summary": summary | more,
        **more,
        "resultsUrl": f"/v1/jobs/{job.pk}/results",
        "expiresAt": clock.iso_ms(job.expires_at or ended),
        "metadata": metadata,
    }


async def tell(job: Job, reporter: ProgressReporter) -> None:
    """Tell the end by the worker's own reporter."""
    kind, payload = last_message(job)
    if kind is Kind.COMPLETE:
        told = await reporter.complete(payload)
    elif kind is Kind.ERROR:
        told = await reporter.fail(payload)
    else:
        told = await reporter.canceled(payload["processedCount"])
    if told:
        await in_db(note_told, job, reporter.seq)


async def tell_from_row(job: Job) -> bool:
    """Tell the end of a job that no worker has; whether it could be told."""
    kind, payload = last_message(job)
    now_ms = int(clock.unix_s() * 1000)
    raw = orjson.dumps(messages.message(kind, job.pk, job.pipeline, payload, now_ms, job.trace_id))
    opening = messages.started(job.total_count, 0)
    begun = orjson.dumps(messages.message(Kind.STARTED, job.pk, job.pipeline, opening, now_ms, job.trace_id))
    live = {"progress": job.progress, "processed": job.processed_count, "total": job.total_count, "status": "", "item": ""}
    seq = job.last_seq
    try:
        await events.append(job.pk, run=job.run, mode="first", kind=Kind.STARTED, message=begun, known=seq, live=live)
        seq, _ = await events.append(job.pk, run=job.run, mode="last", kind=kind, message=raw, live=live)
    except events.Fenced:
        log.debug("the end was told before", job=job.pk)
    except redis_door.Away:
        return False
    await in_db(note_told, job, seq)
    return True


def note_told(job: Job, seq: int) -> None:
    """Remember that the end is in the log."""
    Job.objects.filter(pk=job.pk).update(told_end=True, last_seq=max(seq, job.last_seq))
    _over(job, job.ended)  # a process may have died between the end and its word to the pipeline
