"""A pipeline of few large items: what is told within one, what a later attempt takes up, pages of what they hold, a cancel's cleaning."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from jobs import services, upkeep
from jobs.messages import Kind
from jobs.services import Started
from jobs.states import State
from tests.jobs.drills import counting
from tests.jobs.hands import drilled, fresh, left_clean, soon, told, turn

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _drills(settings: Any) -> Iterator[None]:
    counting.unwanted.clear()
    counting.expired.clear()
    with drilled(settings):
        yield


@pytest.fixture(autouse=True)
async def _clean() -> Any:
    yield
    await left_clean()


async def start(albums: list[int], **more: Any) -> Started:
    return await services.start(pipeline="albums", payload={"albums": albums, **more}, total=len(albums), job_id=None, client="192.0.2.1")


async def page(job_id: str, **how: int) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(services.rendered(await services.results(await fresh(job_id), **how)))
    return found


async def test_progress_within_an_item_is_told_with_the_pipelines_own_members() -> None:
    started = await start([4])
    reached = asyncio.Event()

    async def wait(_index: int) -> None:
        reached.set()
        await asyncio.sleep(0.3)

    counting.calls["wait"] = wait
    other = await start([4], call="wait")
    await turn(other.job.pk)
    steps = [one["payload"] for one in await told(other.job.pk) if one["type"] == Kind.PROGRESS]
    half = next(step for step in steps if step["status"] == "half of it")
    assert 0.4 < half["progress"] < 0.6 and half["currentItem"] == "album 0, page 2" and half["processedCount"] == 0
    assert all("pages" in step for step in steps)
    assert (await turn(started.job.pk)).place is State.COMPLETED


async def test_results_are_paged_by_what_the_items_hold() -> None:
    started = await start([3, 0, 2])
    await turn(started.job.pk)
    first = await page(started.job.pk, limit=2)
    assert first["pages"] == ["0.0", "0.1"]
    assert first["pagination"] == {"total": 5, "limit": 2, "offset": 0, "hasMore": True, "nextOffset": 2}
    assert first["summary"]["totalProcessed"] == 3
    last = await page(started.job.pk, limit=2, offset=4)
    assert last["pages"] == ["2.1"] and not last["pagination"]["hasMore"]


async def test_a_later_attempt_takes_up_what_was_done() -> None:
    first_time = True

    async def break_once(index: int) -> None:
        nonlocal first_time
        if index == 1 and first_time:
            first_time = False
            from jobs import runner

            runner.stop_turns()
            await asyncio.sleep(5)

    counting.calls["break"] = break_once
    started = await start([3, 2], call="break")
    assert (await turn(started.job.pk)).place is State.QUEUED
    from jobs import runner

    runner._stopping = False
    job = await turn(started.job.pk)
    assert job.place is State.COMPLETED and job.summary == {"pages": 5}


async def test_a_cancel_has_the_pipeline_delete_what_it_kept() -> None:
    idle = await start([1])
    await services.cancel(await fresh(idle.job.pk))
    assert counting.unwanted == [idle.job.pk]
    working = asyncio.Event()

    async def work(_index: int) -> None:
        working.set()
        await asyncio.sleep(10)

    counting.calls["work"] = work
    running = await start([4], call="work")
    going = asyncio.create_task(turn(running.job.pk))
    await working.wait()
    await services.cancel(await fresh(running.job.pk))
    job = await going
    assert (job.place, job.processed_count) == (State.CANCELED, 1)
    assert counting.unwanted == [idle.job.pk, running.job.pk]
    assert (await page(running.job.pk))["pages"] == ["0.0"]  # what was worth keeping of the item in hand


async def test_what_outlives_a_job_expires_by_the_scheduler() -> None:
    await upkeep.purge()
    await soon(lambda: counting.expired == [1])
