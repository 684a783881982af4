"""Expiry: what is over goes, what is not stays, and a dry run counts the same without touching it."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookstrack.lib import redis
from bookstrack.lib.object_store import ObjectStore, StorageAway
from harvest import services as harvest
from harvest.models import Alert, CoverVerdict, ProxiedPicture, Run, WarmedKey
from harvest.tidying import expired
from jobs import runner
from jobs.models import Job, JobItem
from scanning.models import ScanPhoto
from search import expiring
from search.models import CacheEntry

ARCHIVE, COVERS = ObjectStore("archive"), ObjectStore("covers")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    def moved(alias: str) -> dict[str, Any]:
        kept = settings.STORAGES[alias]
        return {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / alias}}

    settings.STORAGES = {**settings.STORAGES, **{alias: moved(alias) for alias in ("archive", "covers", "uploads")}}


@pytest.fixture(autouse=True)
async def _closed(transactional_db: None) -> AsyncIterator[None]:
    yield
    await redis.close()


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith("test.sqlite"))


async def entry(key: str, expired_ago: timedelta, **columns: Any) -> None:
    now = timezone.now()
    await CacheEntry.objects.acreate(key=key, kind="isbn", created_at=now - 90 * DAY, expires_at=now - expired_ago, **columns)
    if columns.get("cold_name"):
        await ARCHIVE.write(columns["cold_name"], b"x")


async def run(began_ago: timedelta, **columns: Any) -> Run:
    return await Run.objects.acreate(kind="harvest", began_at=timezone.now() - began_ago, **{"state": "done", **columns})


async def job(name: str, ended_ago: timedelta) -> None:
    at = timezone.now() - ended_ago
    token = {"token_salt": "", "token_digest": name, "token_expires_at": at}
    await Job.objects.acreate(id=name, pipeline="archival", queue="low", state="completed", ended_at=at, **token)
    await JobItem.objects.acreate(job_id=name, index=0, success=True, status="moved", body=b"{}")


async def a_night() -> dict[str, int]:
    """Something of each kind that is over, and something like it that is not; the numbers of what is over."""
    now = timezone.now()
    for number in range(3):
        await entry(f"over {number}", 2 * DAY)
    await entry("stale", DAY / 2)
    await entry("fresh", -DAY)
    await entry("cold and over", 2 * DAY, tier="cold", cold_name="cold-cache/a")
    await entry("over with a file", 2 * DAY, cold_name="cold-cache/b")
    await entry("cold and stale", DAY / 2, tier="cold", cold_name="cold-cache/c")
    await entry("fresh with a file", -DAY, cold_name="cold-cache/d")
    old, young = await run(91 * DAY), await run(89 * DAY)
    await run(91 * DAY, state="running")
    for number in range(2):
        await CoverVerdict.objects.acreate(run=young, isbn=f"97{number}", outcome="none", at=now - (91 - 2 * number) * DAY)
    await WarmedKey.objects.acreate(run=old, key="k")
    await Alert.objects.acreate(rule="a", message="over", value=1, threshold=1, began_at=now - 99 * DAY, ended_at=now - 91 * DAY)
    await Alert.objects.acreate(rule="a", message="late", value=1, threshold=1, began_at=now - 99 * DAY, ended_at=now - 89 * DAY)
    await Alert.objects.acreate(rule="a", message="open", value=1, threshold=1, began_at=now - 99 * DAY)
    await job("over", 2 * DAY)
    await job("young", DAY / 2)
    for days in (100, 1):
        used = now - days * DAY
        await ProxiedPicture.objects.acreate(digest=f"{days:064}", host="h", url="u", created_at=used, last_used_at=used)
    await ScanPhoto.objects.acreate(job_id="s", index=0, expires_at=now - DAY)
    await ScanPhoto.objects.acreate(job_id="s", index=1, expires_at=now + DAY)
    return {
        "entries": 3, "coldEntries": 2, "leftFiles": 2, "pictures": 1, "uploads": 1, "jobs": 1, "verdicts": 1, "runs": 1, "alerts": 1,
    }  # fmt: skip


async def left() -> dict[str, list[Any]]:
    return {
        "entries": [row.key async for row in CacheEntry.objects.order_by("key")],
        "runs": [row.state async for row in Run.objects.filter(kind="harvest").order_by("pk")],
        "verdicts": [row.isbn async for row in CoverVerdict.objects.order_by("pk")],
        "alerts": [row.message async for row in Alert.objects.order_by("pk")],
        "items": [row.job_id async for row in JobItem.objects.filter(job_id__in=["over", "young"])],
        "pictures": [row.digest[-3:] async for row in ProxiedPicture.objects.all()],
        "photos": [row.index async for row in ScanPhoto.objects.all()],
    }


LEFT = {
    "entries": ["cold and stale", "fresh", "fresh with a file", "stale"], "runs": ["done", "running"], "verdicts": ["971"],
    "alerts": ["late", "open"], "items": ["young"], "pictures": ["001"], "photos": [1],
}  # fmt: skip


def told(*args: str) -> str:
    out = io.StringIO()
    call_command("purge_expired", "--quiet", *args, stdout=out)
    return out.getvalue()


async def test_a_dry_run_counts_and_deletes_nothing(tmp_path: Path) -> None:
    numbers = await a_night()
    before, kept = await left(), files(tmp_path)
    said = await asyncio.to_thread(told, "--dry-run")
    assert await left() == before and files(tmp_path) == kept
    record = await Run.objects.aget(kind="expiry")
    assert (record.dry_run, record.state, record.figures) == (True, "done", numbers)
    assert "3 cache entries" in said and "1 photos of scans" in said


async def test_what_is_over_goes_by_command_and_is_on_record(tmp_path: Path) -> None:
    numbers = await a_night()
    said = await asyncio.to_thread(told)
    assert await left() == LEFT
    assert files(tmp_path) == ["c"], "files of entries that answer stay"
    record = await Run.objects.aget(kind="expiry")
    # the file of a row that went with it is no file that was left
    assert (record.state, record.asked_by, record.figures) == ("done", "command", numbers | {"leftFiles": 1})
    assert "2 cold cache entries with their files" in said
    assert (await CacheEntry.objects.aget(key="fresh with a file")).cold_name is None
    again = await asyncio.to_thread(told)
    assert {line.split()[0] for line in again.strip().splitlines()} == {"0"}


async def test_the_schedule_starts_one_job() -> None:
    await a_night()
    outcome = await harvest.scheduled_expiry("schedule")
    assert outcome.outcome == "started"
    assert (await harvest.scheduled_expiry("schedule")).outcome == "nothing"
    await runner.take_turn(outcome.job_id, "tester")
    done = await Job.objects.aget(pk=outcome.job_id)
    assert (done.state, done.success_count, done.summary["entries"]) == ("completed", len(expired.KINDS), 3)
    assert await left() == LEFT


async def test_more_than_one_step_can_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring, "AT_ONCE", 2)
    monkeypatch.setattr(expired, "AT_ONCE", 2)
    for number in range(7):
        await entry(f"over {number}", 2 * DAY, **({"tier": "cold", "cold_name": f"cold-cache/{number}"} if number > 3 else {}))
        await Alert.objects.acreate(rule="a", message="over", value=1, threshold=1, ended_at=timezone.now() - 91 * DAY)
    await asyncio.to_thread(told)
    assert await CacheEntry.objects.acount() == await Alert.objects.acount() == 0


async def test_a_storage_that_is_away_keeps_only_its_own_from_going(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    await a_night()
    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "delete_now", lambda *_: (_ for _ in ()).throw(StorageAway()))
        with pytest.raises(CommandError, match="3 of 9 parts could not be done"):
            await asyncio.to_thread(told)
    found = await left()
    assert {"cold and over", "over with a file"} <= set(found["entries"]) and "over 0" not in found["entries"]
    assert found["verdicts"] == LEFT["verdicts"] and found["items"] == LEFT["items"]
    await asyncio.to_thread(told)
    assert await left() == LEFT and files(tmp_path) == ["c"]
