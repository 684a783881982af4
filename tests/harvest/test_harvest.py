"""A harvest as a job: sources in their order, what is kept, skipped and not known; what a second turn does not do again."""

import asyncio
import errno
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.utils import timezone

from bookstrack.lib import http, redis
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import JobExists
from harvest import services
from harvest.models import Cover, CoverVerdict, Run
from harvest.pipelines.cover_harvest import CoverHarvest
from jobs import services as jobs
from jobs.states import State
from scanning.pictures import pictures
from search import fan_out
from search import services as search
from tests.harvest.catalogues import GOOD, POOR, Catalogues, isbn13
from tests.jobs import hands


@pytest.fixture(autouse=True)
async def _left_clean(transactional_db: None, catalogues: Catalogues) -> AsyncIterator[None]:
    yield
    await search.settled()
    await pictures.close()
    await http.close()
    await redis.close()


class Full(FileSystemStorage):
    """A disk without room."""

    def _save(self, *args: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")


def isbns_of(count: int, start: int = 2000) -> list[str]:
    return [isbn13(number) for number in range(start, start + count)]


async def harvest(isbns: list[str] | None = None, **more: Any) -> tuple[Run, dict[str, Any]]:
    """A whole harvest: its record, and its results as clients get them."""
    started = await services.start_harvest(isbns=isbns, asked_by="tester", **more)
    return await ended(started.job.pk)


async def ended(job_id: str) -> tuple[Run, dict[str, Any]]:
    job = await hands.turn(job_id)
    assert job.ended, job.state
    results = orjson.loads(jobs.rendered(await jobs.results(job)))
    return await in_db(Run.objects.get, job_id=job_id), results


def outcomes(results: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {one["isbn"]: (one["outcome"], one["source"]) for one in results["covers"]}


async def test_sources_are_asked_in_their_order_until_a_good_picture_is_kept(catalogues: Catalogues) -> None:
    first, second, third, fourth, nobody = isbns = isbns_of(5)
    catalogues.have("isbndb", first)
    catalogues.have("openlibrary", first, second)
    catalogues.have("google-books", first, second, third)
    catalogues.have("archive", fourth, size=POOR)
    run, results = await harvest(isbns)
    assert outcomes(results) == {
        first: ("found", "isbndb"),
        second: ("found", "openlibrary"),
        third: ("found", "google-books"),
        fourth: ("found", "archive"),
        nobody: ("none", None),
    }
    assert catalogues.fetches == {"isbndb": 1, "openlibrary": 1, "google-books": 2, "archive": 1}, "Google's largest was a dot"
    assert catalogues.calls == {"isbndb": 1, "openlibrary": 1, "google-books": 3}
    rows = {row.pk: row for row in await in_db(lambda: list(Cover.objects.all()))}
    assert rows[first].source_url == f"https://images.isbndb.com/covers/{first}.jpg" and (rows[first].width, rows[first].height) == GOOD
    assert rows[third].source_url.endswith("zoom=2") and rows[nobody].state == Cover.State.NONE
    assert run.state == Run.State.DONE and run.ended_at is not None and run.asked_by == "tester"
    summary = results["summary"]
    for told in (run.figures, summary):
        assert {name: told[name] for name in ("found", "skipped", "none", "errors")} == {"found": 4, "skipped": 0, "none": 1, "errors": {}}
        assert told["calls"] == dict(catalogues.calls) and told["pictures"] == dict(catalogues.fetches)
        assert told["bytes"] == sum(row.stored_bytes for row in rows.values()) > 0
        assert told["savings"] == sum(row.original_bytes for row in rows.values()) - told["bytes"]
    verdicts = await in_db(lambda: dict(CoverVerdict.objects.filter(run=run).values_list("isbn", "outcome")))
    assert verdicts == {isbn: outcome for isbn, (outcome, _) in outcomes(results).items()}


async def test_a_poor_picture_lets_the_next_source_try(catalogues: Catalogues) -> None:
    better, alone = isbns = isbns_of(2)
    catalogues.have("isbndb", better, alone, size=POOR)
    catalogues.have("openlibrary", better)
    _, results = await harvest(isbns)
    assert outcomes(results) == {better: ("found", "openlibrary"), alone: ("found", "isbndb")}
    scores = {one["isbn"]: one["score"] for one in results["covers"]}
    assert scores[alone] < 0.6 < scores[better]


async def test_a_source_that_fails_says_nothing(catalogues: Catalogues) -> None:
    """What another one has is kept; what nobody else has is not known, and asked for again."""
    found, unknown, broken = isbns = isbns_of(3)
    catalogues.have("google-books", found)
    catalogues.have("isbndb", broken)
    catalogues.failing |= {"openlibrary": 503, "pictures of isbndb": b"<html>too many requests</html>"}
    _, results = await harvest(isbns)
    assert {isbn: outcome for isbn, (outcome, _) in outcomes(results).items()} == {found: "found", unknown: "error", broken: "error"}
    assert sum(results["summary"]["errors"].values()) == 2 and "Open Library did not answer" in results["summary"]["errors"]
    assert not await in_db(Cover.objects.filter(pk__in=[unknown, broken]).exists), "nothing is known of it"
    catalogues.failing.clear()
    _, again = await harvest(isbns)
    assert outcomes(again) == {found: ("skipped", "google-books"), unknown: ("none", None), broken: ("found", "isbndb")}


async def test_a_second_harvest_asks_nobody_about_what_is_settled(catalogues: Catalogues) -> None:
    kept, nothing = isbns = isbns_of(2)
    catalogues.have("openlibrary", kept)
    await harvest(isbns)
    catalogues.forget()
    run, results = await harvest(isbns)
    assert not catalogues.calls and not catalogues.fetched
    assert results["summary"]["skipped"] == 2 and run.state == Run.State.DONE
    assert {one["isbn"]: one["reason"] for one in results["covers"]} == {kept: "there already", nothing: "known to have none"}
    month_ago = timezone.now() - timedelta(days=31)
    await in_db(Cover.objects.filter(pk=nothing).update, checked_at=month_ago, retry_at=month_ago + timedelta(days=30))
    _, later = await harvest(isbns)
    assert outcomes(later)[nothing] == ("none", None) and catalogues.calls["openlibrary"] == 1


async def test_many_books_are_few_calls(catalogues: Catalogues) -> None:
    isbns = isbns_of(210)
    catalogues.have("isbndb", *isbns[:4], size=None)  # gone: what it says is not what it has
    _, results = await harvest(isbns)
    assert results["summary"]["none"] == 210
    assert [count for source, count in catalogues.asked if source == "isbndb"] == [210]
    assert sorted(count for source, count in catalogues.asked if source == "openlibrary") == [10, 100, 100]
    assert catalogues.calls["google-books"] == 210, "one call a book, for those still without"


async def test_it_stops_inside_the_days_budget(catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_BOOKS_DAILY_BUDGET", "5")
    fan_out.everybody.cache_clear()
    isbns = isbns_of(10)
    catalogues.have("openlibrary", isbns[-1])
    run, results = await harvest(isbns)
    assert catalogues.calls["google-books"] == 4, "a fifth of the budget is for searches"
    assert outcomes(results)[isbns[-1]] == ("found", "openlibrary")
    assert results["summary"]["none"] == 4 and results["summary"]["errors"] == {"today's calls of Google Books are used up": 5}
    assert results["status"] == "completed" and run.state == Run.State.STOPPED and "5 books" in run.note


async def test_no_source_at_all_is_no_absence(catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_PROVIDERS", "catalogue")
    fan_out.everybody.cache_clear()
    _, results = await harvest(isbns_of(1))
    assert outcomes(results) == {isbn13(2000): ("error", None)} and not await in_db(Cover.objects.exists)


# -- one at a time
async def test_two_starts_at_once_make_one_harvest(catalogues: Catalogues) -> None:
    starts = [services.start_harvest(isbns=isbns_of(2), asked_by="tester") for _ in range(4)]
    done = await asyncio.gather(*starts, return_exceptions=True)
    begun = [one for one in done if isinstance(one, jobs.Started)]
    assert len(begun) == 1 and sum(isinstance(one, JobExists) for one in done) == 3
    assert (await services.scheduled_harvest("schedule")).outcome == "nothing"
    await ended(begun[0].job.pk)
    assert await in_db(Run.objects.count) == 1
    await harvest(isbns_of(1))  # the way is free again


async def test_the_same_idempotency_key_is_the_same_harvest(catalogues: Catalogues) -> None:
    first = await services.start_harvest(isbns=isbns_of(1), asked_by="tester", client="c", key="k", body=b"{}")
    again = await services.start_harvest(isbns=isbns_of(1), asked_by="tester", client="c", key="k", body=b"{}")
    assert again.before and again.job.pk == first.job.pk and await in_db(Run.objects.count) == 1
    with pytest.raises(JobExists):
        await services.start_harvest(isbns=isbns_of(1), asked_by="tester", client="c", key="k", body=b"{ }")


async def test_a_run_whose_job_is_gone_keeps_nobody_out(catalogues: Catalogues) -> None:
    long_ago = timezone.now() - timedelta(minutes=10)
    await in_db(Run.objects.create, kind=Run.Kind.HARVEST, job_id="gone", began_at=long_ago)
    await harvest(isbns_of(1))
    assert (await in_db(Run.objects.get, job_id="gone")).state == Run.State.FAILED


# -- ends in between
async def test_a_killed_turn_is_taken_up_without_fetching_again(catalogues: Catalogues) -> None:
    """Whatever was written down before the worker died counts, also what its job does not know of yet."""
    isbns = isbns_of(7)
    catalogues.have("isbndb", *isbns[:5])
    catalogues.have("isbndb", isbns[6], size=None)  # looked for, and gone
    started = await services.start_harvest(isbns=isbns, asked_by="tester")
    run = await in_db(Run.objects.get)
    await hands.dead_worker(started.job.pk)
    dead = CoverHarvest({"run": run.pk, "isbns": isbns})  # the turn of a worker that is killed after two books, before its checkpoint
    await dead.prepare(lambda place, share: None)
    for item in dead.items()[:2]:
        await dead.handle(item)
    await in_db(CoverVerdict.objects.filter(isbn=isbns[1]).delete)  # or between the picture and the word about it
    assert dead._harvest is not None
    await dead._harvest._looked_at(isbns[6], "isbndb", (await dead._harvest.asking.word("isbndb", isbns[6])).urls, [])
    dead._ledger.cancel()
    assert catalogues.fetches == {"isbndb": 3} and catalogues.calls == {"isbndb": 1}
    await hands.set_row(started.job.pk, state=State.QUEUED.value, lease_until=None)
    run, results = await ended(started.job.pk)
    assert outcomes(results) == dict.fromkeys(isbns[:5], ("found", "isbndb")) | dict.fromkeys(isbns[5:], ("none", None))
    assert max(catalogues.fetched.values()) == 1 and catalogues.fetches == {"isbndb": 6}
    assert catalogues.calls["isbndb"] == 1, "what it said is remembered"
    assert run.figures["found"] == 5 and run.figures["none"] == 2 and run.figures["calls"]["isbndb"] == 1


async def test_pictures_that_came_just_before_the_end_are_not_fetched_again(
    catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every picture in hand has come, and of none is anything written down."""
    isbns = isbns_of(5)
    catalogues.have("isbndb", *isbns)
    started = await services.start_harvest(isbns=isbns, asked_by="tester")
    run = await in_db(Run.objects.get)
    await hands.dead_worker(started.job.pk)
    dead = CoverHarvest({"run": run.pk, "isbns": isbns})
    await dead.prepare(lambda place, share: None)
    judged: list[str] = []

    async def never(isbn: str, *about: Any) -> None:
        judged.append(isbn)
        await asyncio.Event().wait()

    with monkeypatch.context() as slow:
        slow.setattr("harvest.cover_store.covers.consider", never)
        turn = asyncio.gather(*map(dead.handle, dead.items()))
        await hands.soon(lambda: len(judged) == len(isbns))
        turn.cancel()
    dead._ledger.cancel()
    await hands.set_row(started.job.pk, state=State.QUEUED.value, lease_until=None)
    _, results = await ended(started.job.pk)
    assert outcomes(results) == dict.fromkeys(isbns, ("found", "isbndb"))
    assert max(catalogues.fetched.values()) == 1 and catalogues.fetches == {"isbndb": 5}
    assert not await redis.client().keys("pictures:*"), "nothing stays behind"


async def test_a_canceled_harvest_stops_and_keeps_what_it_has(catalogues: Catalogues) -> None:
    isbns = isbns_of(40)
    catalogues.have("isbndb", *isbns)
    catalogues.delay_s = 0.02
    started = await services.start_harvest(isbns=isbns, asked_by="tester")
    turn = asyncio.create_task(hands.turn(started.job.pk))
    await hands.soon(lambda: in_db(CoverVerdict.objects.exists))
    catalogues.delay_s = 60
    await jobs.cancel(await hands.fresh(started.job.pk))
    assert (await turn).place is State.CANCELED
    run = await in_db(Run.objects.get)
    found = await in_db(CoverVerdict.objects.filter(run=run, outcome="found").count)
    assert run.state == Run.State.CANCELED and 0 < run.figures["found"] == found < 40
    assert await in_db(Cover.objects.filter(state=Cover.State.KEPT).count) >= found


async def test_while_the_storage_is_away_the_harvest_waits(catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogues.have("isbndb", *isbns_of(2))
    started = await services.start_harvest(isbns=isbns_of(2), asked_by="tester")
    with monkeypatch.context() as full:
        full.setitem(storages._storages, "covers", Full(location=storages["covers"].location))
        job = await hands.turn(started.job.pk)
    assert job.place is State.WAITING_ON_QUOTA and job.wake_at is not None
    assert "storage" in (await in_db(job.moves.last)).note
    assert not await in_db(CoverVerdict.objects.exists) and (await in_db(Run.objects.get)).state == Run.State.RUNNING
    await hands.set_row(job.pk, state=State.QUEUED.value, wake_at=None)
    run, results = await ended(job.pk)
    assert results["summary"]["found"] == 2 and run.state == Run.State.DONE
    assert max(catalogues.fetched.values()) == 1, "what had come was not lost with the storage"
