"""Cache warming: after a run clients' questions cost no call, whatever ends its turns; and what it was worth is counted."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from django.utils import timezone

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from harvest.cache_filling import warming, warming_lists
from harvest.cache_filling.warmed_keys import worth
from harvest.cache_filling.warming import How
from harvest.cache_filling.warming_lists import AUTHOR, BOOK, Worklist
from harvest.models import Run, WarmedKey
from harvest.pipelines.cache_warming import CacheWarming
from jobs import runner, upkeep
from jobs import services as jobs
from jobs.models import Job
from jobs.pipeline import WritePolicy
from jobs.states import State
from search import budget, fan_out, services
from search.ledger import ledger
from search.models import CacheEntry
from tests.functional.conftest import writers
from tests.functional.writers import Writer, Writers
from tests.search.resolving.conftest import library
from tests.search.resolving.library import Library, Volume, isbn13

__all__ = ["library", "writers"]


@pytest.fixture(autouse=True)
def _uploads_here(settings: Any, tmp_path: Path) -> None:
    kept = settings.STORAGES["uploads"]
    settings.STORAGES = {**settings.STORAGES, "uploads": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "uploads"}}}


def isbns(volumes: list[Volume]) -> Worklist:
    return warming_lists.of_isbns(str(volume.isbn) for volume in volumes)


async def started(worklist: Worklist, how: How | None = None) -> str:
    begun = await warming.start_warming(worklist, how or How(), asked_by="night")
    return str(begun.job.pk)


async def worked(job_id: str) -> tuple[Job, Run]:
    await runner.take_turn(job_id, "tester")
    await services.settled()
    return await Job.objects.aget(pk=job_id), await Run.objects.aget(job_id=job_id)


async def warmed(worklist: Worklist, how: How | None = None) -> tuple[Job, Run]:
    job, run = await worked(await started(worklist, how))
    assert job.state == "completed", job.error
    services.cache.memory.clear()  # clients ask other processes
    return job, run


async def hit(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    reply = await client.get(path, params=params)
    assert reply.status_code == 200 and reply.headers["x-cache"] == "HIT", (path, params, reply.headers["x-cache"])
    data: dict[str, Any] = reply.json()["data"]
    return data


# -- the very keys
async def test_isbns_in_any_spelling_are_hits_afterwards(client: httpx.AsyncClient, library: Library) -> None:
    volumes = library.stocked(120)
    job, run = await warmed(isbns(volumes))
    assert library.calls == {"openlibrary": 2, "isbndb": 1}
    assert run.state == Run.State.DONE and run.ended_at is not None and run.asked_by == "night" and run.kind == Run.Kind.WARMING
    assert run.figures["warmed"] == 120 and run.figures["failed"] == 0 and run.figures["calls"] == {"openlibrary": 2, "isbndb": 1}
    library.calls.clear()
    for volume in volumes[::20]:
        text = str(volume.isbn)
        for spelt in (text, f"978-{text[3:]}", services.isbn_of(text).isbn10):
            data = await hit(client, "/v1/search/isbn", isbn=spelt)
            assert data["editions"][0]["isbn"] == volume.isbn
    assert not library.calls and job.summary["callsMade"] == 3


async def test_books_without_isbn_are_hits_afterwards(client: httpx.AsyncClient, library: Library) -> None:
    [volume, other] = library.stocked(2)
    await warmed(Worklist([[BOOK, volume.title, volume.author], [BOOK, other.title, ""]]))
    library.calls.clear()
    data = await hit(client, "/v1/search/advanced", title=volume.title.upper(), author=volume.author)
    assert data["works"][0]["title"] == volume.title
    await hit(client, "/v1/search/title", q=volume.title)
    await hit(client, "/v1/search/title", q=other.title)
    assert not library.calls


async def test_authors_are_hits_afterwards(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [Writer(works=[f"Book {number}" for number in "abcdefg"])]
    _, run = await warmed(Worklist([[AUTHOR, "Gita Iyer"]]))
    calls = writers.calls.total()
    for params in ({}, {"limit": 3}, {"offset": 3, "limit": 3}, {"sortBy": "title"}):
        data = await hit(client, "/v1/search/author", q="Gita Iyer", **params)
        assert data["pagination"]["total"] == 7
    assert writers.calls.total() == calls and run.figures["warmed"] == 1
    assert await WarmedKey.objects.filter(run=run).acount() == 2  # its first page, and the whole


async def test_depth_2_warms_the_editions_in_bulk(client: httpx.AsyncClient, writers: Writers) -> None:
    writers.writers = [Writer(works=["Silent Harbor", "Copper Walnut", "Velvet Thunder"])]
    _, run = await warmed(Worklist([[AUTHOR, "Gita Iyer"]]), How(depth=1))
    assert await WarmedKey.objects.filter(run=run, key__startswith="search:isbn:").acount() == 0
    writers.paths.clear()
    _, run = await warmed(Worklist([[AUTHOR, "Gita Iyer"]]), How(depth=2))
    found = {key async for key in WarmedKey.objects.filter(run=run).values_list("key", flat=True)}
    assert found == {f"search:isbn:{isbn13(number)}" for number in (1, 2, 3)}  # the bibliography was fresh
    assert writers.paths.count("/search.json") == 1, "the ISBNs of an author are asked together"
    for number in (1, 2, 3):
        await hit(client, "/v1/search/isbn", isbn=isbn13(number))


async def test_depth_3_warms_co_authors(client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a book: the other editions of its work, and the bibliographies of who wrote it."""
    [volume] = library.stocked(1)
    usual = library._openlibrary

    def answer(request: httpx.Request) -> tuple[int, Any]:
        if request.url.path == "/search/authors.json":
            return 200, {"numFound": 1, "docs": [{"key": "OL7A", "name": volume.author, "work_count": 1}]}
        if request.url.path.startswith("/authors/"):
            return 200, {"size": 0, "entries": []}
        return usual(request)

    monkeypatch.setattr(library, "_openlibrary", answer)
    isbndb = library._isbndb
    monkeypatch.setattr(library, "_isbndb", lambda request: (404, {}) if "/author/" in request.url.path else isbndb(request))
    _, run = await warmed(isbns([volume]), How(depth=3))
    assert run.figures["warmed"] == 2 and run.figures["failed"] == 0
    library.calls.clear()
    await hit(client, "/v1/search/author", q=volume.author)
    assert not library.calls


async def test_what_is_fresh_costs_nothing_and_what_nobody_knows_is_told(transactional_db: None, library: Library) -> None:
    volumes = library.stocked(3)
    await warmed(isbns(volumes))
    library.calls.clear()
    job, run = await warmed(warming_lists.of_isbns([str(volumes[0].isbn), isbn13(7), "978030640615X", "# a comment", ""]))
    assert {name: run.figures[name] for name in ("warmed", "fresh", "notFound", "failed", "left")} == {
        "warmed": 0, "fresh": 1, "notFound": 1, "failed": 0, "left": 0,
    }  # fmt: skip
    assert run.figures["rowsUnusable"] == 1 and job.success_count == 2
    assert set(re.findall(r"978\d{10}", " ".join(map(asked, library.requests[-3:])))) == {isbn13(7)}


# -- however it ends
async def test_a_killed_turn_is_resumed_without_asking_twice(
    transactional_db: None, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CacheWarming, "concurrency", 100)
    monkeypatch.setattr(CacheWarming, "writes", WritePolicy(updates=10_000, seconds=600.0))
    monkeypatch.setattr(runner, "MAX_BUFFERED", 100)
    volumes = library.stocked(250)
    job_id = await started(isbns(volumes))
    before_it = asyncio.all_tasks()
    asyncio.create_task(runner.take_turn(job_id, "killed"))  # noqa: RUF006
    while (await Job.objects.aget(pk=job_id)).processed_count < 100:
        await asyncio.sleep(0.01)
    while killed := asyncio.all_tasks() - before_it:  # all of it at once, as when its process dies
        for task in killed:
            task.cancel()
        await asyncio.wait(killed)
    await ledger.flush()
    kept = {key.rpartition(":")[2] async for key in CacheEntry.objects.values_list("key", flat=True)}
    assert len(kept) >= 100
    before = len(library.requests)
    await Job.objects.filter(pk=job_id).aupdate(lease_until=timezone.now() - timedelta(minutes=5))
    await upkeep.reap()
    await Job.objects.filter(pk=job_id).aupdate(wake_at=None)
    job, run = await worked(job_id)
    assert job.state == "completed" and job.processed_count == 250 and run.figures["warmed"] + run.figures["fresh"] == 250
    again = {isbn for request in library.requests[before:] for isbn in re.findall(r"97\d{11}", asked(request))}
    assert not again & kept
    in_second = sum(request.url.host == "openlibrary.org" for request in library.requests[before:])
    assert in_second < run.figures["calls"]["openlibrary"] <= library.calls["openlibrary"], "calls of the killed turn are counted"
    assert await WarmedKey.objects.filter(run=run).acount() >= run.figures["warmed"] >= 100


def asked(request: httpx.Request) -> str:
    return f"{request.url} {request.content.decode()}"


async def test_inside_its_share_of_the_budget_it_stops_and_leaves_the_rest_to_searches(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISBNDB_DAILY_BUDGET", "4")
    monkeypatch.setenv("WARMING_BUDGET_SHARE", "0.5")
    fan_out.everybody.cache_clear()
    monkeypatch.setattr(CacheWarming, "concurrency", 50)
    volumes = library.stocked(400)
    assert await in_db(budget.reserve, "isbndb", 4, 1)  # interactive use
    job, run = await warmed(isbns(volumes))
    assert library.calls["isbndb"] == 1 and await in_db(budget.used, "isbndb") == 2
    assert run.state == Run.State.STOPPED and "another day" in run.note
    assert run.figures["warmed"] + run.figures["left"] == 400 and run.figures["left"] >= 300 and run.figures["failed"] == 0
    assert library.calls["openlibrary"] <= 4, "it goes on asking although nothing whole can come"
    reply = await client.get("/v1/search/isbn", params={"isbn": isbn13(77)})
    assert reply.status_code == 200 and library.calls["isbndb"] == 2, "a search may use what warming leaves"
    assert job.summary["left"] == run.figures["left"]


async def test_a_canceled_run_is_closed(transactional_db: None, library: Library) -> None:
    job_id = await started(isbns(library.stocked(3)))
    await jobs.cancel(await Job.objects.aget(pk=job_id))
    run = await Run.objects.aget(job_id=job_id)
    assert run.state == Run.State.CANCELED and run.ended_at is not None


async def test_a_list_that_is_gone_fails_the_job_and_closes_the_run(transactional_db: None, library: Library) -> None:
    job_id = await started(isbns(library.stocked(3)))
    payload = (await Job.objects.aget(pk=job_id)).payload
    CacheWarming.forget(payload)
    CacheWarming.forget(payload)
    job, run = await worked(job_id)
    assert job.state == "failed" and run.state == Run.State.FAILED and "send it again" in run.note


async def test_failures_are_failures_and_no_absence(transactional_db: None, library: Library) -> None:
    library.fail()
    job, run = await warmed(isbns(library.stocked(2)))
    assert run.figures["failed"] == 2 and run.figures["notFound"] == 0 and job.success_count == 0
    page = await jobs.results(job)
    items = orjson.loads(page.members["warmed"])
    assert [item["status"] for item in items] == ["failed", "failed"] and "could not answer" in items[0]["error"]
    assert not await WarmedKey.objects.aexists() and not await CacheEntry.objects.aexists()


async def test_a_provider_that_does_not_answer_loses_nothing_that_expires(client: httpx.AsyncClient, library: Library) -> None:
    volumes = library.stocked(2)
    for volume in volumes:
        for _ in range(3):
            await client.get("/v1/search/isbn", params={"isbn": volume.isbn})
    await services.settled()
    await soon(1.0)
    library.fail("openlibrary")
    _, run = await warmed(await warming.list_of_expiring(2.0))
    assert run.figures["failed"] == 2
    library.fail()
    for volume in volumes:
        assert (await hit(client, "/v1/search/isbn", isbn=volume.isbn))["editions"][0]["isbn"] == volume.isbn


# -- what is asked for often, what expires
async def soon(days: float) -> None:
    """Have all that is kept expire in so many days."""
    async for row in CacheEntry.objects.all():
        entry = (await services.cache.find_many([row.key]))[row.key][0]
        changed = entry.__class__(**{**{name: getattr(entry, name) for name in entry.__slots__}, "ttl_s": entry.age_s + days * 86_400})
        await services.cache.keep_everywhere(row.key, changed, services.cache.keep_here(row.key, changed))
    await CacheEntry.objects.aupdate(expires_at=clock.now() + timedelta(days=days))


async def test_what_is_asked_for_often_and_expires_is_filled_anew(client: httpx.AsyncClient, library: Library) -> None:
    often, once, never = library.stocked(3)
    for volume, times in ((often, 4), (once, 2), (never, 1)):
        for _ in range(times):
            await client.get("/v1/search/isbn", params={"isbn": volume.isbn})
    await client.get("/v1/search/title", params={"q": often.title, "limit": 7})
    for _ in range(2):
        await client.get("/v1/search/title", params={"q": often.title, "limit": 7})
    await services.settled()
    assert not (await warming.list_of_expiring(2.0)).things
    await soon(1.0)
    listed = await warming.list_of_expiring(2.0)
    assert listed.things[0][1] == f"search:isbn:{often.isbn}" and len(listed.things) == 2
    assert warming_lists.label_of(listed.things[0]) == often.isbn
    library.calls.clear()
    _, run = await warmed(listed)
    assert run.figures["warmed"] == 2 and library.calls
    assert not (await warming.list_of_expiring(2.0)).things, "they have longer now"


async def test_what_is_asked_for_often_and_missing_is_filled(client: httpx.AsyncClient, library: Library) -> None:
    often, fresh, seldom = library.stocked(3)
    for volume, times in ((often, 5), (fresh, 4), (seldom, 2)):
        for _ in range(times):
            await client.get("/v1/search/isbn", params={"isbn": volume.isbn})
    await services.settled()
    await services.expire([f"search:isbn:{volume.isbn}" for volume in (often, seldom)])  # as Redis does when it is full
    listed = await warming.list_of_popular(1)
    assert [thing[1] for thing in listed.things] == [f"search:isbn:{often.isbn}"]
    assert [thing[1] for thing in (await warming.list_of_popular(10)).things] == [f"search:isbn:{v.isbn}" for v in (often, seldom)]
    await warmed(listed)
    library.calls.clear()
    await hit(client, "/v1/search/isbn", isbn=often.isbn)
    assert not library.calls


async def test_the_nightly_run(client: httpx.AsyncClient, library: Library) -> None:
    assert (await warming.scheduled_warming("schedule")).outcome == "nothing"
    [volume] = library.stocked(1)
    for _ in range(3):
        await client.get("/v1/search/isbn", params={"isbn": volume.isbn})
    await services.settled()
    await services.expire([f"search:isbn:{volume.isbn}"])
    begun = await warming.scheduled_warming("schedule")
    assert begun.outcome == "started" and begun.job_id
    assert (await warming.scheduled_warming("schedule")).outcome == "nothing", "one at a time"
    job, run = await worked(begun.job_id)
    assert job.queue == "low" and run.state == Run.State.DONE and run.figures["warmed"] == 1


# -- what it was worth
async def test_hits_afterwards_are_counted_at_any_later_time(client: httpx.AsyncClient, library: Library) -> None:
    volumes = library.stocked(4)
    for _ in range(3):  # hits that it had before are not the run's
        await client.get("/v1/search/isbn", params={"isbn": volumes[0].isbn})
    await services.settled()
    await services.expire([f"search:isbn:{volumes[0].isbn}"])
    _, run = await warmed(isbns(volumes))
    assert await in_db(worth, run) == {"keys": 4, "hit": 0, "hits": 0}
    for volume, times in ((volumes[0], 1), (volumes[1], 3)):
        for _ in range(times):
            await hit(client, "/v1/search/isbn", isbn=volume.isbn)
    await services.settled()
    assert await in_db(worth, run) == {"keys": 4, "hit": 2, "hits": 4}
    _, second = await warmed(isbns(volumes))
    assert await in_db(worth, second) == {"keys": 0, "hit": 0, "hits": 0}
    await CacheEntry.objects.all().adelete()  # rows are thinned out: nothing is counted backwards
    assert await in_db(worth, run) == {"keys": 4, "hit": 0, "hits": 0}


async def test_its_message_of_the_end_is_small(transactional_db: None, library: Library) -> None:
    job, _ = await warmed(isbns(library.stocked(150)))
    from jobs import endings

    _, payload = endings.last_message(job)
    assert payload["summary"]["warmed"] == 150 and len(json.dumps(payload)) < 1024 and job.place is State.COMPLETED
