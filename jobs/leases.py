"""Leases: who works on a job, and for how long that is believed. A worker that dies stops renewing, and its job goes to another.

The lease is in the database, with the job's run number as its fence: a worker that was taken for dead and is not writes nothing any more.
"""

import threading
from datetime import timedelta
from types import TracebackType
from typing import Self

import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Q
from django.utils import timezone

from jobs import conf
from jobs.models import Job
from jobs.states import WORKED_ON, State

log = structlog.get_logger(__name__)


def acquire(job_id: str, owner: str) -> Job | None:
    """Take a queued job whose time has come, with a lease; None when there is none to take."""
    job = Job.objects.filter(pk=job_id).first()
    now = timezone.now()
    if job is None or job.place is not State.QUEUED or (job.wake_at is not None and job.wake_at > now):
        return None
    taken = job.move(
        State.RUNNING,
        note=owner,
        fence=job.run,
        run=job.run + 1,
        lease_owner=owner,
        lease_until=now + timedelta(seconds=conf.LEASE_S),
        started_at=job.started_at or now,
        wake_at=None,
    )
    return job if taken else None


def renew(job_id: str, run: int) -> State | None:
    """Renew the lease; the job's state, or None when it is not ours any more."""
    mine = Job.objects.filter(pk=job_id, run=run, state__in=[state.value for state in WORKED_ON])
    if not mine.update(lease_until=timezone.now() + timedelta(seconds=conf.LEASE_S)):
        return None
    return State(mine.values_list("state", flat=True).first() or State.RUNNING)


def expired() -> list[Job]:
    """Jobs whose worker is dead, by its lease."""
    over = Q(lease_until__lt=timezone.now()) | Q(lease_until=None)
    return list(Job.objects.filter(over, state__in=[state.value for state in WORKED_ON]).defer("payload"))


class Lease:
    """Renews a job's lease from a thread of its own, so that no amount of work on the event loop lets it expire."""

    def __init__(self, job_id: str, run: int) -> None:
        self._job_id, self._run = job_id, run
        self._stop = threading.Event()
        self.lost = threading.Event()
        self.canceling = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _keep(self) -> None:
        try:
            while not self._stop.wait(conf.RENEW_EVERY_S):
                try:
                    close_old_connections()
                    state = renew(self._job_id, self._run)
                except DatabaseError:
                    log.warning("the lease could not be renewed: the database is away", job=self._job_id)
                    continue
                if state is None:
                    self.lost.set()
                    return
                if state is State.CANCELING:
                    self.canceling.set()
        finally:
            connection.close()
