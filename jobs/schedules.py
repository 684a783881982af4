"""What runs by the clock: settings.SCHEDULES says what and when, the rows how it goes. The scheduler process ticks.

Why not RQ's cron, which the specification suggests: it keeps its next times in the memory of its process, and two of those double every
job. Here a schedule that is due is claimed by one conditional update of its row, which moves its next time on. Whoever moves it, runs it:
any number of schedulers, on any number of hosts, run each time once, and what was missed while none ran is seen from the row.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from bookstrack.lib.db import in_db
from bookstrack.lib.errors import ApiError
from jobs import crons
from jobs.models import Schedule, ScheduleRun

log = structlog.get_logger(__name__)
LIMIT_S = 600.0  # of one work; what takes longer is a job
LOST_AFTER = timedelta(seconds=LIMIT_S + 60)
MISSED_AFTER = timedelta(days=1)  # what is later than this is not made up for
KEPT = timedelta(days=30)  # runs
CLOCK = "schedule"  # who asks, as the work is told, when nobody does
LOST = "Nothing was heard of its end: the process that ran it died."
STOPPED = "The process that ran it was stopped."
DETAIL_CHARS = 300
TRIES, PAUSE_S = 5, 2.0  # at writing an end down
RunOutcome = ScheduleRun.Outcome
_GOING = (RunOutcome.WAITING, RunOutcome.RUNNING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a work: "started" (a job, which has its own end), "done" or "nothing" (to do, or it goes on already); `detail` is for
    people."""

    outcome: str
    detail: str
    job_id: str = ""


Work = Callable[[str], Awaitable[Outcome]]  # it is told who asks: "schedule", "command", or a user's name


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule as the settings define it; `work` is the dotted name of a Work."""

    name: str
    label: str
    cron: str
    work: str


class Unknown(LookupError):
    """No schedule has this name."""


class Busy(Exception):
    """Its last run goes on still, or waits to begin."""


def plans() -> dict[str, Plan]:
    """Every schedule by name, in the settings' order."""
    return {name: Plan(name, said["label"], said["cron"], said["work"]) for name, said in settings.SCHEDULES.items()}


def faults() -> list[str]:
    """What is wrong with settings.SCHEDULES and settings.SCHEDULER_STEPS, for `manage.py check`."""
    found = []
    for name, said in settings.SCHEDULES.items():
        if missing := [member for member in ("label", "cron", "work") if not said.get(member)]:
            found.append(f"SCHEDULES[{name!r}] has no {', '.join(missing)}")
            continue
        try:
            crons.next_after(said["cron"], timezone.now())
        except crons.WrongCron:
            found.append(f"SCHEDULES[{name!r}]: {said['cron']!r} is no cron expression of five fields that ever comes")
        found += [f"SCHEDULES[{name!r}]: {wrong}" for wrong in _faults_of(said["work"])]
    for dotted, every_s in settings.SCHEDULER_STEPS:
        found += [f"SCHEDULER_STEPS: {wrong}" for wrong in _faults_of(dotted)]
        if not every_s > 0:
            found.append(f"SCHEDULER_STEPS: {dotted} every {every_s} s")
    return found


def _faults_of(dotted: str) -> list[str]:
    try:
        function = import_string(dotted)
    except ImportError as error:
        return [f"{dotted} cannot be imported: {error}"]
    return [] if inspect.iscoroutinefunction(function) else [f"{dotted} is no async function"]


# -- by the clock
_working: dict[int, asyncio.Task[None]] = {}  # runs of this process


async def tick() -> int:
    """Begin what is due or was asked for, each in a task beside the scheduler's other work; how many that were."""
    runs = await in_db(_taken, timezone.now(), tuple(_working))
    for run in runs:
        task = asyncio.create_task(_done(run))
        _working[run.pk] = task
        task.add_done_callback(lambda _, pk=run.pk: _working.pop(pk, None))  # type: ignore[misc]
    return len(runs)


async def leave(wait_s: float) -> None:
    """Let the runs of this process end, but not for ever: what goes on after `wait_s` is stopped, and failed."""
    if not _working:
        return
    tasks = list(_working.values())
    _, late = await asyncio.wait(tasks, timeout=wait_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


def _taken(now: datetime, own: tuple[int, ...]) -> list[ScheduleRun]:
    """The runs that are this process's to do. `own`: those it does already, which are not lost whatever the clock says."""
    known = plans()
    rows = {row.pk: row for row in Schedule.objects.filter(pk__in=known)}
    if missing := [Schedule(pk=name) for name in known if name not in rows]:
        Schedule.objects.bulk_create(missing, ignore_conflicts=True)
        rows |= {row.pk: row for row in missing}
    _close_lost(now, own)
    found = []
    for name, plan in known.items():
        try:
            run = _if_due(rows[name], plan, now)
        except crons.WrongCron:
            log.error("a schedule has no cron expression that is one", schedule=name, cron=plan.cron)
            continue
        found += [run] if run else []
    asked = ScheduleRun.objects.filter(outcome=RunOutcome.WAITING, schedule_id__in=known)
    return found + [run for run in asked if _taken_up(run, now)]


def _if_due(row: Schedule, plan: Plan, now: datetime) -> ScheduleRun | None:
    """Its run, where it is due and nobody else took it. A next time that is missing, or cannot be meant, is worked out anew."""
    planned = row.next_run_at
    mine = Schedule.objects.filter(pk=row.pk, next_run_at=planned)
    if planned is None or (planned > now and not crons.fits(plan.cron, planned, now)):
        mine.update(next_run_at=crons.next_after(plan.cron, now))
        return None
    if row.paused or planned > now:
        return None
    due_at = max(planned, crons.last_until(plan.cron, now))  # of several that were missed the last one counts
    upcoming = crons.next_after(plan.cron, now)
    if now - due_at >= MISSED_AFTER:
        if mine.update(next_run_at=upcoming):
            log.warning("a run was missed more than a day ago, and is left out", schedule=row.pk, due_at=due_at.isoformat())
        return None
    with transaction.atomic():
        if not mine.filter(paused=False).update(next_run_at=upcoming, last_run_at=now):
            return None
        if _goes_on(row.pk):
            detail = "Its last run goes on still."
            ScheduleRun.objects.create(
                schedule_id=row.pk, due_at=due_at, began_at=now, ended_at=now, outcome=RunOutcome.NOTHING, detail=detail
            )
            return None
        return ScheduleRun.objects.create(schedule_id=row.pk, due_at=due_at, began_at=now)


def _taken_up(run: ScheduleRun, now: datetime) -> bool:
    """Whether this process is the one that does what somebody asked for."""
    if not ScheduleRun.objects.filter(pk=run.pk, outcome=RunOutcome.WAITING).update(outcome=RunOutcome.RUNNING, began_at=now):
        return False
    Schedule.objects.filter(pk=run.schedule_id).update(last_run_at=now)
    run.began_at = now
    return True


def _goes_on(name: str) -> bool:
    return ScheduleRun.objects.filter(schedule_id=name, outcome__in=_GOING).exists()


def _close_lost(now: datetime, own: tuple[int, ...]) -> None:
    """Runs whose process died, or that no scheduler took up: they have failed."""
    too_long = Q(began_at__lt=now - LOST_AFTER) | Q(began_at__gt=now + LOST_AFTER)  # later than now: by a clock that was ahead
    for run in ScheduleRun.objects.filter(too_long, outcome__in=_GOING).exclude(pk__in=own):
        waited = run.outcome == RunOutcome.WAITING
        _end(run, RunOutcome.FAILED, "No scheduler process took it up." if waited else LOST)


# -- doing it
async def _done(run: ScheduleRun) -> None:
    """Do the work of a run and write its end down, whatever it is."""
    try:
        outcome, detail, job_id = await _worked(run)
    except asyncio.CancelledError:
        await _written(run, RunOutcome.FAILED, STOPPED)
        raise
    await _written(run, outcome, detail, job_id)


async def _worked(run: ScheduleRun) -> tuple[ScheduleRun.Outcome, str, str]:
    """(outcome, detail, job id) of the work; never an exception's own text, which may hold a secret."""
    limit = asyncio.timeout(LIMIT_S)
    try:
        work: Work = import_string(plans()[run.schedule_id].work)
        async with limit:
            found = await work(run.asked_by or CLOCK)
        return RunOutcome(found.outcome), found.detail, found.job_id
    except ApiError as error:
        return RunOutcome.FAILED, error.message, ""
    except Exception as error:
        if limit.expired():
            return RunOutcome.FAILED, f"It took longer than {LIMIT_S:.0f} s and was stopped.", ""
        log.exception("the work of a schedule failed", schedule=run.schedule_id, run=run.pk)
        return RunOutcome.FAILED, f"It failed ({type(error).__name__}); the log says more.", ""


async def _written(run: ScheduleRun, outcome: ScheduleRun.Outcome, detail: str, job_id: str = "") -> None:
    """Write an end down, also where the database is away for a moment; later it is taken for lost."""
    log.info("a schedule ran", schedule=run.schedule_id, run=run.pk, outcome=outcome.value, detail=detail, job=job_id)
    for _ in range(TRIES):
        try:
            await in_db(_end, run, outcome, detail, job_id)
            return
        except DatabaseError as error:
            log.warning("the end of a schedule's run waits: the database is away", run=run.pk, error=type(error).__name__)
        await asyncio.sleep(PAUSE_S)


def _end(run: ScheduleRun, outcome: ScheduleRun.Outcome, detail: str, job_id: str = "") -> None:
    detail = detail[:DETAIL_CHARS]
    run.outcome, run.detail, run.job_id, run.ended_at = outcome, detail, job_id, timezone.now()
    run.save(update_fields=["outcome", "detail", "job_id", "ended_at"])
    Schedule.objects.filter(pk=run.schedule_id).update(last_outcome=outcome.value, last_detail=detail)


# -- by hand
async def run_now(name: str, asked_by: str) -> ScheduleRun:
    """Do a schedule's work here and now, to its end, whether it is paused or not; its next time stays. The run, ended.

    Raises: Unknown, Busy.
    """
    run = await in_db(_begun, name, asked_by, RunOutcome.RUNNING)
    await _done(run)
    return run


def ask(name: str, asked_by: str) -> ScheduleRun:
    """Have a schedule's work done by a scheduler process within seconds; the run, which waits for it.

    Raises: Unknown, Busy.
    """
    return _begun(name, asked_by, RunOutcome.WAITING)


def _begun(name: str, asked_by: str, outcome: ScheduleRun.Outcome) -> ScheduleRun:
    now = timezone.now()
    row = _row(name)
    _close_lost(now, tuple(_working))  # also where no scheduler is there to do so
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=row.pk)  # of two that ask at once one is told that it goes on
        if _goes_on(name):
            raise Busy(f"{plans()[name].label}: its last run goes on still.")
        if outcome is RunOutcome.RUNNING:
            Schedule.objects.filter(pk=name).update(last_run_at=now)
        return ScheduleRun.objects.create(schedule_id=name, began_at=now, outcome=outcome, asked_by=asked_by[:150])


def pause(name: str) -> bool:
    """Leave a schedule out from now on; whether it was not paused before. Raises: Unknown."""
    return bool(Schedule.objects.filter(pk=_row(name).pk, paused=False).update(paused=True))


def resume(name: str) -> bool:
    """Run a schedule again, from its next time on: what was left out is not made up for; whether it was paused. Raises: Unknown."""
    upcoming = crons.next_after(plans()[_row(name).pk].cron, timezone.now())
    return bool(Schedule.objects.filter(pk=name, paused=True).update(paused=False, next_run_at=upcoming))


def _row(name: str) -> Schedule:
    if name not in plans():
        raise Unknown(f"There is no schedule {name!r}; there are {', '.join(plans()) or 'none'}.")
    return Schedule.objects.get_or_create(pk=name)[0]


async def thin_out() -> int:
    """Delete runs that began more than 30 days ago; how many."""
    old = ScheduleRun.objects.filter(began_at__lt=timezone.now() - KEPT).exclude(outcome__in=_GOING)
    return (await in_db(old.delete))[0]
