"""Tickets: a worker takes those of the first queue first, and does what they stand for; one that comes twice does no harm."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from bookstrack.lib import redis
from jobs import queue, worker
from jobs.models import Job
from jobs.queue import JobWorker
from jobs.states import State
from tests.jobs import hands


def started(job_id: str, name: str) -> None:
    """A job whose ticket waits in that queue."""

    async def run() -> None:
        await hands.start(2, job_id=job_id)
        await redis.client().delete("rq:queue:default")
        await redis.close()

    asyncio.run(run())
    queue.put(job_id, name, 0)


@pytest.fixture
def burst(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A worker that does all tickets there are."""
    monkeypatch.setattr(worker, "_runner", None)

    def work() -> None:
        connection = redis.queue_client()
        JobWorker(connection, lambda: None).work(burst=True, logging_level="WARNING")
        connection.close()

    yield work
    loop = worker._loop()
    loop.run(worker._closed())
    loop.close()


def test_a_ticket_waits_until_it_is_taken(transactional_db: None) -> None:
    assert not queue.waiting("low")
    queue.put("a-job", "low", 0)
    assert queue.waiting("low") == {("a-job", 0)} and not queue.waiting("high")
    queues, workers = queue.states()
    assert {one.name: (one.depth, one.oldest_at is not None) for one in queues} == {
        **dict.fromkeys(queue.NAMES, (0, False)),
        "low": (1, True),
    }
    assert workers == []


def test_the_first_queue_is_worked_on_first(burst: Callable[[], None]) -> None:
    for name in ("low", "high"):
        started(f"of-{name}", name)
    burst()
    jobs = list(Job.objects.order_by("started_at"))
    assert [job.pk for job in jobs] == ["of-high", "of-low"]
    assert all(job.place is State.COMPLETED and job.run == 1 for job in jobs)


def test_a_ticket_that_comes_twice_does_no_harm(burst: Callable[[], None]) -> None:
    started("a-job", "low")
    for run in (0, 1, 2):
        queue.put("a-job", "low", run)
    queue.put("of-nobody", "high", 0)
    burst()
    job = Job.objects.get()
    assert (job.place, job.run) == (State.COMPLETED, 1)
    assert not any(one.depth for one in queue.states()[0])
