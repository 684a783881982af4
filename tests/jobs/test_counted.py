"""What jobs leave in figures and in log lines."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bookstrack.lib import telemetry, trace
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import Unavailable
from jobs import endings, services
from tests.jobs import hands

pytestmark = pytest.mark.usefixtures("shop")


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.events: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict):
            self.events.append(record.msg)


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """Our own log events."""
    handler = _Lines()
    logging.getLogger().addHandler(handler)
    yield handler.events
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def before() -> dict[str, float]:
    return stands()


def stands() -> dict[str, float]:
    """Counters of jobs by name and labels."""
    names = ("bookstrack_jobs_started_total", "bookstrack_jobs_ended_total", "bookstrack_job_items_total", "bookstrack_job_seconds_count")
    found = [one for one in telemetry.samples() if one.name in names]
    return {" ".join([one.name.removeprefix("bookstrack_"), *sorted(one.labels.values())]): one.value for one in found}


def risen(before: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0) for name, value in stands().items() if value != before.get(name, 0)}


async def test_a_job_is_counted_once_from_start_to_end(before: dict[str, float]) -> None:
    started = await services.start(pipeline="together", payload={"count": 5}, total=5, job_id=None, client="192.0.2.1")
    assert risen(before) == {"jobs_started_total together": 1}
    job = await hands.turn(started.job.pk)
    await endings.tell_from_row(job)
    await hands.turn(started.job.pk)  # a ticket that comes twice
    assert risen(before) == {
        "jobs_started_total together": 1,
        "jobs_ended_total completed together": 1,
        "job_seconds_count together": 1,
        "job_items_total success together": 3,
        "job_items_total failure together": 2,
    }


async def test_a_job_that_never_ran_has_no_duration(before: dict[str, float]) -> None:
    started = await hands.start(3)
    await services.cancel(started.job)
    await services.cancel(await hands.fresh(started.job.pk))
    assert risen(before) == {"jobs_started_total counting": 1, "jobs_ended_total canceled counting": 1}


async def test_what_is_refused_is_no_start(before: dict[str, float], settings: Any) -> None:
    await hands.left_clean()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(Unavailable):
        await hands.start(3)
    assert risen(before) == {}
    await hands.left_clean()


async def test_lines_of_a_turn_have_the_ids_of_job_and_request(lines: list[dict[str, Any]]) -> None:
    trace.begin("the-request")
    job_id = "two-ids"
    await services.start(pipeline="together", payload={"count": 3, "raise_at": 1}, total=3, job_id=job_id, client="192.0.2.1")
    trace.begin("somebody-else")
    await hands.turn(job_id)
    failed = [line for line in lines if line["event"] == "an item failed"]
    assert len(failed) == 1 and (failed[0]["job"], failed[0]["trace_id"]) == (job_id, "the-request")


async def test_the_load_tells_what_waits(before: dict[str, float]) -> None:
    empty = await in_db(services.load)
    assert empty.jobs == {} and sum((empty.waiting or {}).values()) == 0 and set(empty.oldest_s.values()) == {0.0}
    await hands.start(3)
    await hands.start(3)
    await hands.completed(1)
    found = await in_db(services.load)
    assert found.jobs == {"queued": 2, "completed": 1}
    assert found.waiting is not None and sum(found.waiting.values()) >= 2 and max(found.oldest_s.values()) > 0
    assert (found.dead_letters, found.workers, found.busy) == (0, 0, 0)
