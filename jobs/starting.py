"""Starting a job: its row, its token, its ticket; all of it or nothing. Part of the services."""

import asyncio
import hashlib
import os
import re
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookstrack.lib import redis as redis_door
from bookstrack.lib import trace
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import BadInput, JobExists, Unavailable
from jobs import metrics, queue, runner, tokens
from jobs.models import Job, JobMove
from jobs.pipeline import Queue, pipelines
from jobs.progress import Standing
from jobs.states import State

EXPIRES_IN_S = int(tokens.LIFETIME.total_seconds())
MAX_KEY_CHARS = 255
KEY_LIFETIME = timedelta(hours=24)
TELL_EVERY_S = 0.2
JOB_ID = r"[A-Za-z0-9_-]{1,128}"


@dataclass(frozen=True, slots=True)
class Started:
    """A job that was started, now or, by its Idempotency-Key, before."""

    job: Job
    token: str
    before: bool = False  # by its Idempotency-Key


async def start(
    *,
    pipeline: str,
    payload: Any,
    total: int,
    job_id: str | None,
    client: str,
    route: str = "",
    key: str | None = None,
    body: bytes = b"",
    into: Queue | None = None,
) -> Started:
    """Make a job and put it into its queue; nothing is left half-started.

    `key` is the client's Idempotency-Key, `body` what it stands for; `into` is another queue than the pipeline's. Raises: JobExists,
    BadInput, Unavailable.
    """
    job = _new(pipeline, payload, total, client)
    job.queue = into.value if into else job.queue
    _keyed(job, client, route, key, body)
    await _redis_answers()
    return await in_db(_started, job, job_id)


async def started_before(*, client: str, route: str, key: str | None, body: bytes) -> Started | None:
    """What the same Idempotency-Key has started, for who must know it before there is a job; None without a key.

    Raises: JobExists when it stood for another body, BadInput.
    """
    job = Job()
    _keyed(job, client, route, key, body)
    return await in_db(_started_before, job)


def _keyed(job: Job, client: str, route: str, key: str | None, body: bytes) -> None:
    """Raises: BadInput."""
    if key is None:
        return
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise BadInput(f"Idempotency-Key takes 1 to {MAX_KEY_CHARS} characters.", details={"field": "Idempotency-Key"})
    job.idempotency_key = hashlib.sha256(f"{client}\x1f{route}\x1f{key}".encode()).hexdigest()
    job.body_digest = hashlib.sha256(body).hexdigest()


async def run_here(
    *, pipeline: str, payload: Any, total: int, tell: Callable[[Standing], None], job_id: str | None = None
) -> Job:
    """Do a job in this process, for commands: it needs neither a worker nor Redis. `tell` hears several times a second where it stands.

    The job as it ended. Should the process die, a server's scheduler gives it to a worker.
    """
    job = _new(pipeline, payload, total, "command")
    await in_db(_saved, job, job_id)
    metrics.started.labels(pipeline).inc()
    turn = asyncio.create_task(runner.take_turn(job.pk, f"{socket.gethostname()}:{os.getpid()}"))
    while not turn.done():
        await asyncio.wait([turn], timeout=TELL_EVERY_S)
        standing = runner.standing_of(job.pk)
        if standing is not None:
            tell(standing)
    await turn
    await in_db(job.refresh_from_db)
    return job


def _storable(value: Any) -> Any:
    """What a pipeline was given without NUL signs, which PostgreSQL's JSON cannot hold; a sign that says so stands in for each."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return value


def _new(pipeline: str, payload: Any, total: int, client: str) -> Job:
    job = Job(pipeline=pipeline, queue=pipelines()[pipeline].queue.value, payload=_storable(payload), total_count=total, client=client)
    job.trace_id, job.token_salt = trace.current().id, tokens.new_salt()
    job.token_expires_at = timezone.now() + tokens.LIFETIME
    job.ticketed_at = timezone.now()
    return job


def _saved(job: Job, job_id: str | None) -> str:
    """Keep a new job; its token. Raises: IntegrityError when its id or its Idempotency-Key is taken."""
    job.pk = job_id or str(uuid.uuid4())
    token = tokens.derived(settings.SECRET_KEY, job.pk, job.token_salt)
    job.token_digest = tokens.digest(token)
    with transaction.atomic():
        job.save(force_insert=True)
        JobMove.objects.create(job=job, target=State.QUEUED.value)
    return token


def accepted(started: Started, *, base_url: str) -> dict[str, Any]:
    """What every start of a job answers (spec 02, "Starting jobs"). `base_url` is the server as the client sees it, without a path.

    The token stands in no address: addresses are logged.
    """
    job_id = started.job.pk
    return {
        "jobId": job_id,
        "token": started.token,
        "authToken": started.token,
        "expiresIn": EXPIRES_IN_S,
        "websocketUrl": f"ws{base_url.removeprefix('http')}/ws/progress?jobId={job_id}",
        "sseUrl": f"{base_url}/v1/jobs/{job_id}/events",
        "statusUrl": f"{base_url}/v1/jobs/{job_id}",
        "resultsUrl": f"{base_url}/v1/jobs/{job_id}/results",
    }


def checked_job_id(*given: object) -> str | None:
    """The jobId that a client chose in the query or the body, or None where it chose none.

    Raises: BadInput.
    """
    chosen = [one for one in given if one not in (None, "")]
    if not chosen:
        return None
    if any(one != chosen[0] for one in chosen):
        raise BadInput("The jobId of the query and that of the body differ.", details={"field": "jobId"})
    job_id = chosen[0]
    if not isinstance(job_id, str) or not re.fullmatch(JOB_ID, job_id):
        raise BadInput("jobId takes 1 to 128 letters, digits, - and _.", details={"field": "jobId"})
    return job_id


def _started(job: Job, job_id: str | None) -> Started:
    before = _started_before(job)
    if before is not None:
        return before
    try:
        token = _saved(job, job_id)
    except IntegrityError:
        before = _started_before(job)
        if before is not None:
            return before
        raise JobExists("There is a job with this jobId already.", details={"jobId": job.pk}) from None
    try:
        queue.put(job.pk, job.queue, job.run)
    except queue.Away:
        Job.objects.filter(pk=job.pk, run=0).delete()
        raise _away() from None
    metrics.started.labels(job.pipeline).inc()
    return Started(job, token)


def _started_before(job: Job) -> Started | None:
    """What the same Idempotency-Key has started. Raises: JobExists when it stood for another body."""
    if job.idempotency_key is None:
        return None
    found = Job.objects.filter(idempotency_key=job.idempotency_key).defer("payload").first()
    if found is None:
        return None
    if found.created_at < timezone.now() - KEY_LIFETIME:
        Job.objects.filter(pk=found.pk).update(idempotency_key=None)
        return None
    if found.body_digest != job.body_digest:
        raise JobExists("This Idempotency-Key was used for another request.", details={"field": "Idempotency-Key"})
    return Started(found, tokens.derived(settings.SECRET_KEY, found.pk, found.token_salt), before=True)


async def _redis_answers() -> None:
    try:
        await redis_door.client().ping()
    except redis_door.Away:
        raise _away() from None


def _away() -> Unavailable:
    return Unavailable("Jobs cannot be started just now; nothing was started.", retry_after_ms=5_000, headers={"Retry-After": "5"})
