"""Archival: which answers move, that none is lost whatever ends it, what its record and its command say."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookstrack.lib import clock, redis
from bookstrack.lib.object_store import ObjectStore, StorageAway
from harvest import services as harvest
from harvest.models import Run
from harvest.pipelines import archival
from jobs import runner
from jobs import services as jobs
from jobs.models import Job
from search import archiving, services
from search.archiving import ArchiveRule
from search.cache import Entry
from search.entry import PREFIX, pack
from search.models import CacheEntry
from search.tiers import cold
from tests import s3
from tests.functional.conftest import outside  # noqa: F401 - a fixture
from tests.functional.outside import ISBN, Outside

OLD = timedelta(days=40)
DAY_S = 86_400.0


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    kept = settings.STORAGES["archive"]
    settings.STORAGES = {**settings.STORAGES, "archive": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "archive"}}}


@pytest.fixture(autouse=True)
async def _closed(transactional_db: None) -> AsyncIterator[None]:
    yield
    await services.settled()
    await redis.close()


def key(number: int) -> str:
    return f"search:isbn:{9780000000000 + number}"


def entry(number: int, *, age: timedelta = OLD) -> Entry:
    made_at = clock.unix_s() - age.total_seconds()
    return Entry(b'{"works":[%d]}' % number, made_at, 365 * DAY_S, "openlibrary", {"openlibrary": "ok"}, found=1)


async def filled(count: int, *, first: int = 0, age: timedelta = OLD, **columns: Any) -> dict[str, Entry]:
    """Entries in Redis with their rows, made and counted `age` ago."""
    made = {key(number): entry(number, age=age) for number in range(first, first + count)}
    for name, one in made.items():
        await redis.client().set(PREFIX + name, pack(one), ex=10_000_000)
    rows = [
        CacheEntry(
            **{"key": name, "kind": "isbn", "created_at": clock.from_unix(one.created_at), "found": 1}
            | {"expires_at": clock.from_unix(one.created_at + one.ttl_s), "counted_at": clock.from_unix(one.created_at)}
            | columns
        )
        for name, one in made.items()
    ]
    await CacheEntry.objects.abulk_create(rows)
    return made


def rule() -> ArchiveRule:
    return ArchiveRule(timezone.now() - timedelta(days=30), 10)


async def once() -> archiving.Moves:
    """One run over what is due."""
    total = archiving.Moves()
    for part in await services.archive_parts(rule()):
        for name, number in (await services.archive(part, rule())).as_figures().items():
            setattr(total, name, getattr(total, name) + number)
    return total


async def tiers() -> dict[str, str]:
    return {row.key: row.tier async for row in CacheEntry.objects.all()}


async def answers(made: dict[str, Entry]) -> set[str]:
    """The tiers from which the entries answer, each as it was made."""
    services.cache.memory.clear()
    found = {name: await services.cache.find(name, bring_back=False) for name in made}
    assert {name: one[0] for name, one in found.items() if one} == made, "an answer is lost, or another one"
    return {one[1] for one in found.values() if one}


async def in_redis() -> int:
    return len(await redis.client().keys(f"{PREFIX}search:*"))


async def test_who_moves_and_who_stays() -> None:
    quiet = await filled(3, hits=109, counted_hits=100)
    often = await filled(2, first=10, hits=110, counted_hits=100)
    young = await filled(2, first=20, age=timedelta(days=20))
    anew = await filled(2, first=30, age=timedelta(days=20), counted_at=timezone.now() - OLD, hits=50, counted_hits=2)
    gone = await filled(2, first=40)
    for name in gone:
        await redis.client().delete(PREFIX + name)
    over = await filled(1, first=50, expires_at=timezone.now() - timedelta(days=2))
    assert (await once()).as_figures() | {"moved_bytes": 0} == {"moved": 3, "moved_bytes": 0, "asked_for": 2, "younger": 2, "gone": 2}
    stay = {**often, **young, **anew, **over}
    assert await tiers() == dict.fromkeys(quiet, "cold") | dict.fromkeys(stay, "redis")
    assert await answers(quiet) == {"cold"} and await answers(stay) == {"redis"}
    restarted = await CacheEntry.objects.aget(key=key(10))
    assert restarted.counted_hits == 110 and timezone.now() - restarted.counted_at < timedelta(minutes=1)
    older = await CacheEntry.objects.aget(key=key(30))
    assert (older.counted_at, older.counted_hits) == (older.created_at, 2), "its hits are counted on"
    assert (await once()).as_figures() == archiving.Moves().as_figures(), "a second run finds nothing"


async def test_parts_have_as_many_due_rows_each_and_leave_out_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "PART", 10)
    made: dict[str, Entry] = {}
    for first in range(0, 70, 7):
        made |= await filled(3, first=first)
        await filled(4, first=first + 3, age=timedelta(days=1))
    parts = await services.archive_parts(rule())
    assert len(parts) == 3 and parts[0][0] == 0 and [one[0] for one in parts[1:]] == [one[1] for one in parts[:-1]]
    moved = [(await services.archive(part, rule())).moved for part in parts]
    assert moved == [10, 10, 10]
    assert await answers(made) == {"cold"}
    assert await services.archive_parts(rule()) == []
    await filled(25, first=500)
    monkeypatch.setattr(archiving, "MAX_PARTS", 2)
    assert len(await services.archive_parts(rule())) == 2, "a run has an end; the next one goes on"


STEPS = ["cold.announce", "archiving._named", "archiving._written", "archiving._made_cold", "archiving._freed"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_no_answer_is_lost_and_the_next_run_ends_it(
    step: str, after: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = await filled(5)
    module, name = {"cold": cold, "archiving": archiving}[step.partition(".")[0]], step.partition(".")[2]
    real = getattr(module, name)

    def died(*_: Any) -> None:
        raise KeyboardInterrupt

    async def dies(*args: Any) -> None:
        if after:
            await real(*args)
        died()

    def dies_now(*args: Any) -> None:
        if after:
            real(*args)
        died()

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies if asyncio.iscoroutinefunction(real) else dies_now)
        with pytest.raises(KeyboardInterrupt):
            await once()
    assert await answers(made) <= {"redis", "cold"}
    await once()
    assert await answers(made) <= {"redis", "cold"}
    if step != "archiving._freed" and not (step == "archiving._made_cold" and after):
        assert await answers(made) == {"cold"}
    files = [path for path in (tmp_path / "archive").rglob("*") if path.is_file()]
    named = [row.cold_name async for row in CacheEntry.objects.exclude(cold_name=None)]
    assert sorted(str(path.relative_to(tmp_path / "archive")) for path in files) == sorted(filter(None, named)), "no file without its row"


async def test_written_anew_while_it_moves_the_new_answer_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    await filled(2)
    newer = entry(0, age=timedelta(0))
    real = archiving._made_cold

    def overtaken(cases: Any) -> Any:
        redis.sync_client().set(PREFIX + key(0), pack(newer))
        return real(cases)

    monkeypatch.setattr(archiving, "_made_cold", overtaken)
    assert (await once()).moved == 2
    assert await answers({key(0): newer}) == {"redis"} and (await tiers())[key(0)] == "redis"
    assert len([path for path in (tmp_path / "archive").rglob("*") if path.is_file()]) == 1


async def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    made = await filled(60)
    [part] = await services.archive_parts(rule())
    moves = await asyncio.gather(*(services.archive(part, rule()) for _ in range(3)))
    assert sum(one.moved for one in moves) == 60
    assert await answers(made) == {"cold"}
    assert len([path for path in (tmp_path / "archive").rglob("*") if path.is_file()]) == 60


async def test_a_storage_that_is_away_moves_nothing_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await filled(20)
    [part] = await services.archive_parts(rule())
    write_now, written = ObjectStore.write_now, []

    def fills_up(store: ObjectStore, name: str, data: bytes) -> None:
        if len(written) >= 5:
            raise StorageAway
        written.append(name)
        write_now(store, name, data)

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "write_now", fills_up)
        with pytest.raises(services.StoresAway) as away:
            await services.archive(part, rule())
    moved = list((await tiers()).values()).count("cold")
    assert away.value.moves.moved == moved >= 5
    assert await answers(made) == {"cold", "redis"}
    assert (await once()).moved == 20 - moved
    assert await answers(made) == {"cold"}


async def test_redis_away_moves_nothing(settings: Any) -> None:
    made = await filled(3)
    [part] = await services.archive_parts(rule())
    await redis.close()
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    with pytest.raises(services.StoresAway):
        await services.archive(part, rule())
    await redis.close()
    settings.REDIS_URL = there
    assert await answers(made) == {"redis"}


# -- the job
async def scheduled() -> tuple[jobs.Outcome, Job]:
    outcome = await harvest.scheduled_archival("schedule")
    return outcome, await Job.objects.aget(pk=outcome.job_id)


async def worked(job: Job) -> Job:
    await runner.take_turn(job.pk, "tester")
    return await Job.objects.aget(pk=job.pk)


async def test_the_schedule_starts_one_job_and_its_record_says_what_it_did() -> None:
    assert (await harvest.scheduled_archival("schedule")).outcome == "nothing"
    made = await filled(4)
    await filled(1, first=10, hits=10)
    outcome, job = await scheduled()
    assert (outcome.outcome, job.queue, job.pipeline) == ("started", "low", "archival")
    again = await harvest.scheduled_archival("schedule")
    assert (again.outcome, again.job_id) == ("nothing", job.pk)
    job = await worked(job)
    assert job.state == "completed"
    run = await Run.objects.aget()
    assert (run.kind, run.state, run.asked_by, run.job_id, run.dry_run) == ("archival", "done", "schedule", job.pk, False)
    assert {name: run.figures[name] for name in ("moved", "asked_for", "gone")} == {"moved": 4, "asked_for": 1, "gone": 0}
    assert job.summary["moved"] == 4 and run.figures["moved_bytes"] > 0 and run.ended_at is not None
    assert await answers(made) == {"cold"}


async def test_a_turn_that_died_goes_on_and_its_record_counts_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "PART", 5)
    monkeypatch.setattr(archival.Archival, "concurrency", 1)
    made = await filled(20)
    _, job = await scheduled()
    real, turns = services.archive, []

    async def dies(*args: Any) -> Any:
        turns.append(1)
        if len(turns) == 3:
            raise asyncio.CancelledError
        return await real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(services, "archive", dies)
        task = asyncio.create_task(runner.take_turn(job.pk, "dying"))
        await asyncio.wait([task])
    await Job.objects.filter(pk=job.pk).aupdate(state="queued", lease_owner="", lease_until=None)
    job = await worked(job)
    assert job.state == "completed" and job.processed_count == 4
    assert (await Run.objects.aget()).figures["moved"] == 20
    assert await answers(made) == {"cold"}


async def test_a_storage_that_stays_away_ends_the_job_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await filled(3)
    _, job = await scheduled()

    def away(store: ObjectStore, name: str, data: bytes) -> None:
        raise StorageAway

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "write_now", away)
        for _ in archival.WAITS_S:
            job = await worked(job)
            assert job.state == "waiting_on_quota" and job.wake_at is not None
            assert "the archive does not answer" in (await Run.objects.aget()).note
            await Job.objects.filter(pk=job.pk).aupdate(state="queued", wake_at=None)
        job = await worked(job)
    assert job.state == "failed" and job.error is not None and job.error["code"] == "STORAGE_AWAY"
    run = await Run.objects.aget()
    assert (run.state, run.figures["moved"]) == ("failed", 0) and "archive" in run.note
    assert await answers(made) == {"redis"}
    assert (await harvest.scheduled_archival("schedule")).outcome == "started", "another night goes on"


async def test_a_run_whose_process_died_keeps_no_other_out() -> None:
    made = await filled(3)
    _, job = await scheduled()
    await Job.objects.filter(pk=job.pk).aupdate(state="running", lease_owner="dead", lease_until=timezone.now())
    assert (await harvest.scheduled_archival("schedule")).outcome == "nothing", "a scheduler gives it to a worker soon"
    await Job.objects.filter(pk=job.pk).aupdate(lease_until=timezone.now() - timedelta(minutes=6))
    outcome = await harvest.scheduled_archival("schedule")
    assert outcome.outcome == "started" and outcome.job_id != job.pk
    assert [run.state async for run in Run.objects.order_by("pk")] == ["failed", "running"]
    await runner.take_turn(outcome.job_id, "tester")
    assert await answers(made) == {"cold"}


# -- the command
def told(*args: str) -> str:
    out = io.StringIO()
    call_command("archive_cache", "--quiet", *args, stdout=out)
    return out.getvalue()


async def test_a_dry_run_changes_nothing_and_is_on_record() -> None:
    made = await filled(3)
    await filled(2, first=10, hits=12)
    before = [row async for row in CacheEntry.objects.order_by("pk").values()]
    said = await asyncio.to_thread(told, "--dry-run")
    assert "3 moved into the archive" in said and "2 asked for often enough to stay" in said
    assert [row async for row in CacheEntry.objects.order_by("pk").values()] == before
    assert await answers(made) == {"redis"}
    run = await Run.objects.aget()
    assert (run.kind, run.state, run.dry_run, run.figures["moved"], run.asked_by) == ("archival", "done", True, 3, "command")


async def test_archived_by_command_asked_for_and_back_on_s3(
    client: httpx.AsyncClient, outside: Outside, s3_bucket: str, s3_address: str  # noqa: F811
) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    first = (await client.get(path)).json()
    await services.settled()
    calls = outside.calls.total()
    old = timezone.now() - OLD
    name = f"search:isbn:{ISBN}"
    found = await services.cache.find(name)
    assert found is not None
    aged = Entry(**{one: getattr(found[0], one) for one in Entry.__slots__} | {"created_at": old.timestamp()})
    await services.cache.keep_everywhere(name, aged, pack(aged))
    await CacheEntry.objects.filter(key=name).aupdate(created_at=old, counted_at=old)

    assert "1 moved into the archive" in await asyncio.to_thread(told)
    services.cache.memory.clear()
    [key_there] = s3.names(s3_address, s3_bucket)
    assert key_there.startswith(f"shelf/archive/cold-cache/{old:%Y/%m}/")
    cold_reply = await client.get(path)
    body = cold_reply.json()
    assert (body["metadata"]["cacheSource"], body["metadata"]["cached"]) == ("cold", True)
    assert body["data"] == first["data"] and outside.calls.total() == calls
    await services.settled()
    services.cache.memory.clear()
    assert (await client.get(path)).json()["metadata"]["cacheSource"] == "redis"
    assert s3.names(s3_address, s3_bucket) == []
    assert (await CacheEntry.objects.aget(key=name)).tier == "redis" and outside.calls.total() == calls


async def test_a_command_whose_storage_is_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(2)
    monkeypatch.setattr(ObjectStore, "write_now", lambda *_: (_ for _ in ()).throw(StorageAway()))
    with pytest.raises(CommandError, match="the archive does not answer"):
        await asyncio.to_thread(told)
