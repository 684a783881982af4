"""What the scheduler does again and again for all jobs; each function answers how many jobs it moved."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from jobs import conf, endings, events, leases, queue
from jobs.models import Job, JobItem
from jobs.pipeline import pipelines
from jobs.states import ENDED, State

log = structlog.get_logger(__name__)
TICKET_MISSED_AFTER = timedelta(seconds=10)
MAX_A_TIME = 200
SIGN_OF_LIFE, SIGN_KEPT_S = "scheduler:alive", 15
_ENDED = [state.value for state in ENDED]


async def survived(step: Callable[[], Awaitable[int]]) -> None:
    """Do a step; when a store is away, the next tick does it."""
    try:
        await step()
    except (DatabaseError, *redis_door.Away) as error:
        log.warning("upkeep waits: a store is away", step=getattr(step, "__name__", ""), error=type(error).__name__)
    except Exception:  # one job that cannot be kept up must not keep the others from it
        log.exception("upkeep failed", step=getattr(step, "__name__", ""))


async def sign_of_life() -> int:
    """Let /health know that somebody looks after the jobs."""
    await redis_door.client().set(SIGN_OF_LIFE, b"1", ex=SIGN_KEPT_S)
    return 0


async def looked_after() -> bool:
    """Whether a scheduler has shown a sign of life lately.

    Raises: redis.Away.
    """
    return bool(await redis_door.client().exists(SIGN_OF_LIFE))


async def reap() -> int:
    """Jobs whose worker died go on elsewhere from their checkpoint; one that kills its workers becomes a dead letter."""
    dead = await in_db(leases.expired)
    for job in dead:
        log.warning("the worker of a job died", job=job.pk, worker=job.lease_owner, run=job.run)
        if job.place is State.CANCELING:
            if await in_db(endings.cancel_asked, job, job.run):
                await endings.tell_from_row(job)
            continue
        if await in_db(_after_death, job):
            await endings.tell_from_row(job)
    return len(dead)


def _after_death(job: Job) -> bool:
    """Whether that was the last attempt. The next one begins at once: a death is no reason to wait, unless it comes again and again."""
    pause_s = endings.fail_or_retry(job, job.run, code="WORKER_LOST", text=endings.LOST, note="its worker died")
    if pause_s is None:
        return job.place is State.FAILED
    Job.objects.filter(pk=job.pk, run=job.run, state=State.QUEUED.value).update(wake_at=None)
    _ticket(job)
    return False


async def wake() -> int:
    """Jobs that waited for a quota or for their next attempt, and whose time has come."""
    return await in_db(_wake)


def _wake() -> int:
    due = Job.objects.filter(wake_at__lte=timezone.now(), state__in=[State.WAITING_ON_QUOTA.value, State.QUEUED.value]).defer("payload")
    woken = 0
    for job in due[:MAX_A_TIME]:
        if job.place is State.WAITING_ON_QUOTA:
            done = job.move(State.QUEUED, note="the quota is there again", wake_at=None)
        else:
            done = bool(Job.objects.filter(pk=job.pk, state=State.QUEUED.value, run=job.run).update(wake_at=None))
        if done:
            _ticket(job)
            woken += 1
    return woken


async def replace_lost_tickets() -> int:
    """Queued jobs that no ticket stands for: it was lost with Redis, or with a worker that died with it in its hands."""
    return await in_db(_replace)


def _replace() -> int:
    missed = Q(ticketed_at__lt=timezone.now() - TICKET_MISSED_AFTER) | Q(ticketed_at=None)
    rows = Job.objects.filter(missed, state=State.QUEUED.value, wake_at=None).order_by("created_at").defer("payload")
    tickets: dict[str, set[tuple[str, int]]] = {}
    replaced = 0
    for job in rows.iterator(chunk_size=500):
        if job.ticketed_at is not None:
            if job.queue not in tickets:
                tickets[job.queue] = queue.waiting(job.queue)
            if (job.pk, job.run) in tickets[job.queue]:
                continue
        _ticket(job)
        replaced += 1
    return replaced


def _ticket(job: Job) -> None:
    queue.put(job.pk, job.queue, job.run)
    Job.objects.filter(pk=job.pk).update(ticketed_at=timezone.now())


async def tell_ends() -> int:
    """Ends that are in the database and not yet in the event log: a worker died between the two, or Redis was away."""
    late = timezone.now() - timedelta(seconds=2)
    untold = await in_db(
        lambda: list(Job.objects.filter(state__in=_ENDED, told_end=False, purged_at=None, ended_at__lt=late).defer("payload")[:MAX_A_TIME])
    )
    for job in untold:
        await endings.tell_from_row(job)
    return len(untold)


async def purge() -> int:
    """Delete results and events a day after a job's end, and its row a day later; dead letters are kept a week."""
    over = await in_db(_over)
    purged = 0
    for job_id in over:
        await events.forget(job_id)
        try:
            await in_db(_purge_one, job_id)
        except DatabaseError:
            raise
        except Exception as error:  # its file is in a storage that is away: the others go, and this one the next time
            log.warning("a job's data could not be deleted", job=job_id, error=type(error).__name__)
            continue
        purged += 1
    await in_db(_delete_tombstones)
    for pipeline in pipelines().values():
        await in_db(pipeline.expire)
    return purged


def over() -> QuerySet[Job]:
    """The jobs whose results and events are to be deleted."""
    now = timezone.now()
    plain = Q(dead_letter=None, ended_at__lt=now - timedelta(seconds=conf.KEPT_S))
    dead = Q(ended_at__lt=now - timedelta(seconds=conf.DEAD_LETTERS_KEPT_S))
    return Job.objects.filter(plain | dead, state__in=_ENDED, purged_at=None)


def _over() -> list[str]:
    return list(over().values_list("pk", flat=True)[:MAX_A_TIME])


def _purge_one(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    if job is not None and (pipeline := pipelines().get(job.pipeline)) is not None:
        pipeline.forget(job.payload)
    JobItem.objects.filter(job_id=job_id).delete()
    Job.objects.filter(pk=job_id).update(purged_at=timezone.now(), payload={}, told_end=True)


def _delete_tombstones() -> None:
    Job.objects.filter(purged_at__lt=timezone.now() - timedelta(seconds=conf.TOMBSTONE_S)).delete()
