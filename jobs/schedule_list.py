"""Every schedule as it stands, for people and alerts: when it runs next, how it went last. Part of the services.

To be called in a thread that may use the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from jobs import crons, schedules
from jobs.models import Job, Schedule, ScheduleRun
from jobs.states import State

_Outcome = ScheduleRun.Outcome


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule; `run` is its last one, None before the first; `job_state` that of the job which it started, "" where there is none any
    more. `next_run_at` is None while it is paused."""

    plan: schedules.Plan
    paused: bool
    next_run_at: datetime | None
    run: ScheduleRun | None
    job_state: str

    @property
    def when(self) -> str:
        """For people: "daily at 02:00"."""
        return crons.in_words(self.plan.cron)

    @property
    def outcome(self) -> str:
        """For people: "done", "its job: running", "failed"; "–" before its first run."""
        return outcome_in_words(self.run, self.job_state) if self.run else "–"

    @property
    def failed(self) -> bool:
        """Whether its last run failed, or the job that this started."""
        return self.run is not None and (self.run.outcome == _Outcome.FAILED or self.job_state == State.FAILED.value)


def outcome_in_words(run: ScheduleRun, job_state: str) -> str:
    """A run's outcome, of one that started a job the job's state."""
    if run.outcome != _Outcome.STARTED:
        return run.get_outcome_display().lower()
    return f"its job: {job_state.replace('_', ' ')}" if job_state else "started a job"


def scheduled() -> list[Scheduled]:
    """Every schedule of the settings, in their order."""
    rows = Schedule.objects.in_bulk(list(schedules.plans()))
    newest = ScheduleRun.objects.filter(schedule_id__in=rows).order_by().values("schedule_id").annotate(newest=Max("pk")).values("newest")
    runs = {run.schedule_id: run for run in ScheduleRun.objects.filter(pk__in=list(newest.values_list("newest", flat=True)))}
    states = job_states(runs.values())
    found = []
    for name, plan in schedules.plans().items():
        row, run = rows.get(name), runs.get(name)
        upcoming = (row.next_run_at if row else None) or crons.next_after(plan.cron, timezone.now())
        paused = row is not None and row.paused
        found.append(Scheduled(plan, paused, None if paused else upcoming, run, states.get(run.job_id, "") if run else ""))
    return found


def job_states(runs: Iterable[ScheduleRun]) -> dict[str, str]:
    """States of the jobs that runs started, by job id; those that are gone are left out."""
    ids = {run.job_id for run in runs if run.job_id}
    return dict(Job.objects.filter(pk__in=ids).values_list("pk", "state")) if ids else {}
