"""A drill as a job: how it is started, and one that is held from its beginning to its end."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import orjson
import pytest

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import BadInput, JobExists
from harvest.drill import services
from harvest.models import Run
from harvest.pipelines.fire_drill import command_line
from jobs import runner
from jobs import services as jobs
from tests.jobs import hands

HELD_S = 300.0


@pytest.fixture(autouse=True)
async def _left_clean(transactional_db: None) -> AsyncIterator[None]:
    yield
    await redis.close()


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a drill puts what it throws away; a short path, since a socket lies in it."""
    with tempfile.TemporaryDirectory(prefix="bt-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


async def test_a_drill_is_held_and_its_report_kept(scratch: Path) -> None:
    """The whole service in a folder of its own, asked while one catalogue gives garbage and another is down."""
    started = await services.start_drill("tester", {"google": "garbage", "isbndb": "down", "covers": "ok"}, requests=20)
    async with asyncio.timeout(HELD_S):
        await runner.take_turn(started.job.pk, "tester")
    job = await hands.fresh(started.job.pk)
    assert job.ended and not job.error, job.error
    [report] = orjson.loads(jobs.rendered(await jobs.results(job)))["reports"]
    assert report["wrongAnswers"] == [] and report["tracebacks"] == 0  # whether it is passed depends on how fast this machine is just now
    assert report["faults"] == {"google-books": "garbage", "isbndb": "down"} and report["requests"] == 20
    assert set(report["namedAsFailed"]) >= {"google-books", "isbndb"} and report["recoveredAfter"] is not None
    assert report["calls"]["google-books"] > 0 and "isbndb" not in report["calls"]  # who is down hears nothing
    run = await in_db(Run.objects.get, kind=Run.Kind.DRILL)
    assert (run.state, run.asked_by, run.job_id) == (Run.State.DONE, "tester", job.pk)
    assert run.note.startswith(report["status"].replace("_", " "))
    assert run.figures["availability"] == report["availability"] and run.ended_at is not None
    assert list(scratch.iterdir()) == []


async def test_there_is_one_drill_at_a_time() -> None:
    first = await services.start_drill("tester", {}, requests=20)
    with pytest.raises(JobExists) as caught:
        await services.start_drill("another", {"google": "429"})
    assert caught.value.details["jobId"] == first.job.pk
    await jobs.cancel(first.job)
    assert (await in_db(Run.objects.get, job_id=first.job.pk)).state == Run.State.CANCELED
    second = await services.start_drill("another", {"google": "429"})
    assert await in_db(Run.objects.filter(state=Run.State.RUNNING).count) == 1
    assert second.job.payload["faults"] == {"google": "429"}


@pytest.mark.parametrize(
    ("faults", "requests", "field"),
    [
        ({"google": "on fire"}, 100, "faults.google"),
        ({"google": "429 --requests=9"}, 100, "faults.google"),
        ({"--json": "429"}, 100, "faults"),
        ({}, 19, "requests"),
        ({}, 1_001, "requests"),
    ],
)
async def test_what_cannot_be_drilled_is_refused(faults: Mapping[str, str], requests: int, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        await services.start_drill("tester", faults, requests=requests)
    assert caught.value.details["field"] == field
    assert await in_db(Run.objects.count) == 0


def test_nothing_of_a_request_reaches_the_command_line_unchecked() -> None:
    faults = services.checked_faults({"google": " SLOW:5 ", "openlibrary": "ok", "isbndb": ""})
    line = command_line({"faults": faults, "requests": 100, "seed": 7})
    assert line[2:4] == ["drill", "--google=slow:5.0"]
    assert all(part.startswith("--") for part in line[3:])
