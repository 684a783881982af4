"""What runs by the clock: each time once, whoever else ticks; missed, late, paused, asked for, failing; a clock that jumps."""

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bookstrack.lib.db import in_db
from jobs import schedule_list, schedules
from jobs.models import Job, Schedule, ScheduleRun
from tests.jobs import hands, scheduling
from tests.jobs.scheduling import plan

pytestmark = pytest.mark.usefixtures("shop")
ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
Outcome = ScheduleRun.Outcome


class Clock:
    """The clock of the schedules, set by a test."""

    now = NOON


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Clock]:
    made = Clock()
    settings.SCHEDULES = {"nightly": plan()}
    settings.SCHEDULER_STEPS = []
    monkeypatch.setattr(schedules.timezone, "now", lambda: made.now)
    scheduling.asked.clear()
    scheduling.gate[:] = [asyncio.Event()]
    yield made
    schedules._working.clear()


async def ticked() -> int:
    """A tick, and the end of what it began."""
    begun = await schedules.tick()
    await schedules.leave(8)
    return begun


async def row(name: str = "nightly") -> Schedule:
    return await in_db(Schedule.objects.get, pk=name)


async def runs() -> list[ScheduleRun]:
    return await in_db(lambda: list(ScheduleRun.objects.order_by("pk")))


async def planned(at: datetime | None, name: str = "nightly") -> None:
    await in_db(Schedule.objects.update_or_create, pk=name, defaults={"next_run_at": at})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


# -- by the clock
async def test_a_new_schedule_waits_for_its_first_time(clock: Clock) -> None:
    assert await ticked() == 0
    assert (await row()).next_run_at == at(29, 3) and await runs() == []


async def test_what_is_due_runs_once_and_is_written_down(clock: Clock) -> None:
    await ticked()
    clock.now = at(29, 3) + timedelta(seconds=1)
    assert await ticked() == 1 and await ticked() == 0
    [run] = await runs()
    assert (run.outcome, run.detail, run.due_at, run.asked_by) == (Outcome.DONE, "Three things.", at(29, 3), "")
    assert run.ended_at is not None and scheduling.asked == ["schedule"]
    found = await row()
    assert (found.next_run_at, found.last_run_at, found.last_outcome, found.last_detail) == (at(30, 3), clock.now, "done", "Three things.")


@pytest.mark.parametrize("later", [timedelta(hours=5), timedelta(hours=23), timedelta(days=3, hours=5)])
async def test_runs_that_were_missed_are_made_up_for_by_one(clock: Clock, later: timedelta) -> None:
    await planned(at(29, 3))
    clock.now = at(29, 3) + later
    assert await ticked() == 1 and await ticked() == 0
    [run] = await runs()
    assert run.due_at is not None and run.due_at <= clock.now < run.due_at + DAY, "the last one that was missed"
    assert (await row()).next_run_at == run.due_at + DAY


async def test_a_run_missed_more_than_a_day_ago_is_left_out(clock: Clock, settings: Any) -> None:
    settings.SCHEDULES = {"weekly": plan(cron="0 3 * * 1")}  # Mondays
    await planned(at(30, 3), "weekly")
    clock.now = at(31, 3) + timedelta(minutes=1)
    assert await ticked() == 0 and await runs() == []
    assert (await row("weekly")).next_run_at == datetime(2026, 4, 6, 3, 0, tzinfo=UTC)


async def test_a_clock_that_jumps_ahead_and_back_runs_nothing_twice_and_stops_nothing(clock: Clock) -> None:
    await ticked()
    clock.now = NOON + 40 * DAY
    assert await ticked() == 1 and await ticked() == 0
    clock.now = NOON + timedelta(minutes=1)
    assert await ticked() == 0
    assert (await row()).next_run_at == at(29, 3), "worked out anew"
    clock.now = at(29, 3)
    assert await ticked() == 1
    clock.now = at(28, 20)  # back by hours: it ran for the 29th already
    assert await ticked() == 0
    clock.now = at(29, 3, 5)
    assert await ticked() == 0
    clock.now = at(30, 3)
    assert await ticked() == 1


async def test_a_changed_expression_counts_at_once(clock: Clock, settings: Any) -> None:
    await ticked()
    settings.SCHEDULES = {"nightly": plan(cron="0 5 * * *")}
    await ticked()
    assert (await row()).next_run_at == at(29, 5)


async def test_one_with_a_wrong_expression_keeps_no_other_from_running(clock: Clock, settings: Any) -> None:
    settings.SCHEDULES = {"wrong": plan(cron="nonsense"), "nightly": plan()}
    await planned(at(28, 3))
    assert await ticked() == 1


# -- several schedulers
def test_of_many_threads_each_schedule_is_taken_by_one(transactional_db: None, settings: Any) -> None:
    settings.SCHEDULES = {f"number-{number}": plan() for number in range(8)}
    Schedule.objects.bulk_create(Schedule(pk=name, next_run_at=at(28, 3)) for name in settings.SCHEDULES)
    schedules.ask("number-0", "somebody")
    barrier, taken = threading.Barrier(6), []

    def take() -> None:
        try:
            barrier.wait()
            taken.extend(run.schedule_id for run in schedules._taken(NOON, ()))
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(taken) == dict.fromkeys(settings.SCHEDULES, 1), "number-0 as it was asked for"
    assert ScheduleRun.objects.count() == 9, "and its time that came meanwhile, when it went on"


def test_two_scheduler_processes_run_each_schedule_once(transactional_db: None, tmp_path: Path, settings: Any, redis_url: str) -> None:
    names, log = [f"number-{number}" for number in range(12)], tmp_path / "log"
    Schedule.objects.bulk_create(Schedule(pk=name, next_run_at=_just_now()) for name in names)
    surroundings = {**os.environ, "DATABASE_URL": _database_url(), "REDIS_URL": redis_url, "SCHEDULING_LOG": str(log)}
    command = [sys.executable, "-m", "tests.jobs.scheduler_process", ",".join(names)]
    two = [
        subprocess.Popen(command, cwd=ROOT, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        for process in two:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        for process in two:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        asyncio.run(hands.soon(_twelve_done))
    finally:
        for process in two:
            process.terminate()
        codes = [process.wait(10) for process in two]
        for process in two:
            process.communicate()
    assert codes == [0, 0]
    assert Counter(ScheduleRun.objects.values_list("schedule_id", flat=True)) == dict.fromkeys(names, 1)
    assert len(log.read_text().splitlines()) == 12, "nothing was done twice"


async def _twelve_done() -> bool:
    return await in_db(ScheduleRun.objects.filter(outcome=Outcome.DONE).count) >= 12


def _just_now() -> datetime:
    """Due, for a process with the real clock."""
    return datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0) - (DAY if datetime.now(UTC).hour < 3 else timedelta())


def _database_url() -> str:
    said = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{said['NAME']}"
    return f"postgres://{said['USER']}:{said['PASSWORD']}@{said['HOST']}:{said['PORT'] or 5432}/{said['NAME']}"


# -- works that take long, fail, or are lost
async def test_a_work_goes_on_beside_the_ticks_and_is_not_begun_again(clock: Clock, settings: Any) -> None:
    settings.SCHEDULES = {"slow": plan("waiting", "*/15 * * * *")}
    await planned(at(28, 11, 45), "slow")
    assert await schedules.tick() == 1
    await asyncio.sleep(0)
    clock.now += timedelta(minutes=15)
    assert await schedules.tick() == 0, "neither waited for nor begun twice"
    scheduling.gate[0].set()
    await schedules.leave(8)
    first, second = await runs()
    assert (first.outcome, first.detail) == (Outcome.NOTHING, "Nothing to do.")
    assert (second.outcome, second.detail) == (Outcome.NOTHING, "Its last run goes on still.")
    clock.now += timedelta(minutes=15)
    assert await ticked() == 1, "the next time it runs again"


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("breaking", "It failed (RuntimeError); the log says more."),
        ("refused", "The queue is away."),
        ("senseless", "It failed (AttributeError); the log says more."),
        ("not_there", "It failed (ImportError); the log says more."),
    ],
)
async def test_a_work_that_fails_says_so_shortly(clock: Clock, settings: Any, work: str, said: str) -> None:
    settings.SCHEDULES = {"nightly": plan(work)}
    await planned(at(28, 3))
    await ticked()
    [run] = await runs()
    assert (run.outcome, run.detail) == (Outcome.FAILED, said)
    assert (await row()).last_outcome == "failed" and (await row()).next_run_at == at(29, 3), "the next time it is tried again"


async def test_a_work_that_takes_too_long_is_stopped(clock: Clock, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "LIMIT_S", 0.05)
    settings.SCHEDULES = {"nightly": plan("waiting")}
    await planned(at(28, 3))
    await ticked()
    [run] = await runs()
    assert run.outcome == Outcome.FAILED and "longer than" in run.detail


async def test_a_scheduler_that_is_stopped_says_so(clock: Clock, settings: Any) -> None:
    settings.SCHEDULES = {"nightly": plan("waiting")}
    await planned(at(28, 3))
    await schedules.tick()
    await schedules.leave(0.05)
    [run] = await runs()
    assert (run.outcome, run.detail) == (Outcome.FAILED, schedules.STOPPED)


async def test_no_run_goes_on_for_ever(clock: Clock) -> None:
    await planned(at(29, 3))
    died = await in_db(ScheduleRun.objects.create, schedule_id="nightly", began_at=NOON - schedules.LOST_AFTER)
    waits = await in_db(
        ScheduleRun.objects.create, schedule_id="nightly", began_at=NOON + 2 * schedules.LOST_AFTER, outcome=Outcome.WAITING, asked_by="x"
    )
    assert await ticked() == 0, "a moment before it is lost"
    clock.now += timedelta(seconds=1)
    await in_db(ScheduleRun.objects.filter(pk=waits.pk).update, began_at=NOON - schedules.LOST_AFTER)
    await ticked()
    found = {run.pk: run for run in await runs()}
    assert (found[died.pk].outcome, found[died.pk].detail) == (Outcome.FAILED, schedules.LOST)
    assert found[waits.pk].outcome == Outcome.FAILED


async def test_a_run_that_was_lost_does_not_keep_others_from_being_asked_for(clock: Clock) -> None:
    await planned(at(29, 3))
    await in_db(ScheduleRun.objects.create, schedule_id="nightly", began_at=NOON - timedelta(seconds=1))
    with pytest.raises(schedules.Busy):
        await schedules.run_now("nightly", "rosa")
    clock.now += schedules.LOST_AFTER
    assert (await schedules.run_now("nightly", "rosa")).outcome == Outcome.DONE


async def test_old_runs_are_deleted(clock: Clock) -> None:
    await planned(at(29, 3))
    for age in (29, 31):
        await in_db(ScheduleRun.objects.create, schedule_id="nightly", began_at=NOON - age * DAY, outcome=Outcome.DONE)
    await schedules.thin_out()
    assert [run.began_at for run in await runs()] == [NOON - 29 * DAY]


# -- by hand
async def test_run_now_says_who_asked_and_leaves_the_next_time(clock: Clock) -> None:
    await ticked()
    run = await schedules.run_now("nightly", "rosa")
    assert (run.outcome, run.asked_by, run.due_at) == (Outcome.DONE, "rosa", None) and scheduling.asked == ["rosa"]
    assert (await row()).next_run_at == at(29, 3)
    with pytest.raises(schedules.Unknown):
        await schedules.run_now("unheard-of", "rosa")


async def test_what_is_asked_for_is_taken_up_by_a_scheduler_once(clock: Clock) -> None:
    await in_db(schedules.ask, "nightly", "rosa")
    with pytest.raises(schedules.Busy):
        await in_db(schedules.ask, "nightly", "emil")
    assert await ticked() == 1 and await ticked() == 0
    assert scheduling.asked == ["rosa"]
    assert [run.outcome for run in await runs()] == [Outcome.DONE]


async def test_a_paused_one_runs_by_hand_only(clock: Clock) -> None:
    await ticked()
    assert await in_db(schedules.pause, "nightly") and not await in_db(schedules.pause, "nightly")
    clock.now = at(29, 4)
    assert await ticked() == 0
    assert (await schedules.run_now("nightly", "rosa")).outcome == Outcome.DONE
    assert await in_db(schedules.resume, "nightly") and not await in_db(schedules.resume, "nightly")
    assert await ticked() == 0, "what was left out is not made up for"
    assert (await row()).next_run_at == at(30, 3)


# -- shown
async def test_a_started_job_shows_its_own_state(clock: Clock, settings: Any) -> None:
    settings.SCHEDULES = {"nightly": plan("starting"), "other": plan()}
    await planned(at(28, 3))
    job = Job(pk="job-of-tests", pipeline="counting", queue="low", token_salt="", token_digest="", token_expires_at=NOON)
    await in_db(job.save, force_insert=True)
    await ticked()
    shown, other = await in_db(schedule_list.scheduled)
    assert (shown.outcome, shown.failed, shown.next_run_at) == ("its job: queued", False, at(29, 3))
    assert (other.outcome, other.run, other.when) == ("–", None, "daily at 03:00")
    await in_db(Job.objects.filter(pk="job-of-tests").update, state="failed")
    assert (await in_db(schedule_list.scheduled))[0].failed
    await in_db(Job.objects.all().delete)
    assert (await in_db(schedule_list.scheduled))[0].outcome == "started a job"


# -- settings
def test_a_wrong_setting_is_found_by_the_check(settings: Any) -> None:
    settings.SCHEDULES = {
        "good": plan(),
        "cron": plan(cron="0 0 31 2 *"),
        "gone": plan("not_there"),
        "plain": plan("not_async"),
        "bare": {"cron": "0 3 * * *"},
    }
    settings.SCHEDULER_STEPS = [(f"{scheduling.HERE}.noted", 60.0), ("no.where.step", 60.0), (f"{scheduling.HERE}.noted", 0)]
    found = schedules.faults()
    assert len(found) == 6 and not any("good" in fault for fault in found), found
    for words in ("'cron'", "not_there", "not_async is no async function", "no label, work", "no.where", "every 0 s"):
        assert any(words in fault for fault in found), words
