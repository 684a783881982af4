"""The one door to RQ: tickets that bring a job to a worker, the queues they wait in, and the workers that take them.

A ticket says only which job. Whatever else is true stands in the job's row, so that a ticket may be lost, or come twice.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import Any

import structlog
from rq import Queue, SimpleWorker
from rq import Worker as AnyWorker
from rq.timeouts import TimerDeathPenalty

from bookstrack.lib import redis as redis_door
from jobs.pipeline import COMMON
from jobs.pipeline import Queue as Name

log = structlog.get_logger(__name__)
Away = redis_door.Away
FUNCTION = "jobs.worker.work"
NAMES = tuple(name.value for name in Name)
_COMMON = tuple(name.value for name in COMMON)  # in the order in which workers take from them
FAILED_TICKET_KEPT_S = 60
BEAT_EVERY_S = 30.0
AGAIN_S = 1.0  # between two looks whether the queue can be written to
NO_LIMIT = -1  # a job ends by itself, by its owner's word, or by its lease


def put(job_id: str, queue: str, run: int) -> None:
    """Put a ticket for the job's next run into a queue.

    Raises: Away.
    """
    with _connection() as connection:
        Queue(queue, connection=connection).enqueue_call(
            FUNCTION,
            args=(job_id,),
            timeout=NO_LIMIT,
            result_ttl=0,
            failure_ttl=FAILED_TICKET_KEPT_S,
            description=f"{queue}: {job_id}",
            job_id=_ticket_id(job_id, run),
        )


def waiting(queue: str) -> set[tuple[str, int]]:
    """The tickets in a queue, as (job id, run).

    Raises: Away.
    """
    with _connection() as connection:
        tickets = [ticket.rpartition("-") for ticket in Queue(queue, connection=connection).job_ids]
    return {(job_id, int(run)) for job_id, _, run in tickets if run.isdigit()}


async def others_wait(queue: str) -> bool:
    """Whether a ticket waits in this queue, or in one that goes before it.

    Raises: Away.
    """
    server: Any = redis_door.client()
    for name in _COMMON[: _COMMON.index(queue) + 1] if queue in _COMMON else (queue,):
        if await server.llen(Queue.redis_queue_namespace_prefix + name):
            return True
    return False


async def served() -> set[str]:
    """The queues that some worker takes from which has shown a sign of life lately.

    Raises: Away.
    """
    server: Any = redis_door.client()
    keys = await server.smembers(AnyWorker.redis_workers_keys)
    taken = [await server.hget(key, "queues") for key in keys]  # of one that is dead nothing is there any more
    return {name for names in taken if names for name in names.decode().split(",")}


def _ticket_id(job_id: str, run: int) -> str:
    return f"{job_id}-{run}"


@contextmanager
def _connection() -> Iterator[Any]:
    connection = redis_door.sync_client()
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue: tickets that wait, and since when the oldest does."""

    name: str
    depth: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker process and what it does; `job_id` is None while it waits."""

    name: str
    state: str
    job_id: str | None
    since: datetime | None
    last_seen: datetime | None
    done: int
    failed: int


def states() -> tuple[list[QueueState], list[WorkerState]]:
    """Queues and workers, for operators.

    Raises: Away.
    """
    with _connection() as connection:
        queues = [_queue_state(Queue(name, connection=connection)) for name in NAMES]
        return queues, [_worker_state(worker) for worker in AnyWorker.all(connection=connection)]


def _queue_state(queue: Queue) -> QueueState:
    first = queue.get_jobs(0, 1)
    return QueueState(queue.name, queue.count, first[0].enqueued_at if first else None)


def _worker_state(worker: Any) -> WorkerState:
    ticket = worker.get_current_job_id()
    return WorkerState(
        name=worker.name,
        state=worker.get_state(),
        job_id=ticket.rpartition("-")[0] if ticket else None,
        since=worker.birth_date,
        last_seen=worker.last_heartbeat,
        done=worker.successful_job_count,
        failed=worker.failed_job_count,
    )


class JobWorker(SimpleWorker):
    """Works tickets one after another in this process, whose caches and connections stay warm. `stop` is called on SIGTERM.

    `names` are the queues that it takes from, in their order; without any, the common ones.
    """

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 2.0  # it doubles with each time that Redis was away in a worker's life, up to a minute by itself

    def __init__(self, connection: Any, stop: Callable[[], None], names: Sequence[str] = ()) -> None:
        queues = [Queue(name, connection=connection) for name in names or _COMMON]
        super().__init__(queues, connection=connection, name=f"{socket.gethostname()}-{os.getpid()}")
        self._stop = stop
        self._over = threading.Event()

    def handle_warm_shutdown_request(self) -> None:
        self._stop()

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """A second signal: the job in hand is about to be put back; a cold stop would only leave it to the reaper."""
        signal.signal(signum, self.request_force_stop)
        self._stop()

    def run(self) -> None:
        """Work until told to stop; not before the queue can be written to, since RQ would end at once, again and again."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end_before_work)  # until RQ listens itself, which is after it has told that this worker is there
        while not self._stop_requested and not self._writable():
            self._over.wait(AGAIN_S)
        if self._stop_requested:
            return
        beat = threading.Thread(target=self._beat, name="beat", daemon=True)
        beat.start()
        try:
            self.work(logging_level="WARNING")
        finally:
            self._over.set()

    def _end_before_work(self, signum: int, frame: FrameType | None) -> None:
        self._stop_requested = True

    def _writable(self) -> bool:
        try:
            self.connection.set(f"{self.key}:begins", b"1", ex=60)
        except Away as error:
            log.warning("no jobs are taken: the queue cannot be written to", error=type(error).__name__)
            return False
        return True

    def _beat(self) -> None:
        """Show that this worker lives also while a long job is in hand."""
        while not self._over.wait(BEAT_EVERY_S):
            try:
                self.heartbeat()
            except Away:
                log.warning("the queue cannot be told that this worker lives: Redis is away")
