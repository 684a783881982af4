"""Records of the nightly runs: opened before their job, added to while it works, closed when it ends.

What a turn has done is added as soon as it is done: a turn that is killed leaves the figures of its last step out, and no others.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from bookstrack.lib.db import in_db
from harvest.models import Run
from jobs import services as jobs
from jobs.pipeline import Ended, JobFailed

STATES = {"completed": Run.State.DONE, "canceled": Run.State.CANCELED, "failed": Run.State.FAILED}
LOST_AFTER = timedelta(minutes=5)  # without a job, or without a worker that looks after it
LOST = "Its job is gone, or nobody works on it any more."


async def going_on(kind: str) -> Run | None:
    """The run of a kind that goes on, or waits to. One whose process died and that nobody takes up is closed: it keeps no other out."""
    run = await in_db(Run.objects.filter(kind=kind, state=Run.State.RUNNING, dry_run=False).first)
    if run is None:
        return None
    job, long_ago = await jobs.find(run.job_id), timezone.now() - LOST_AFTER
    if job is None and run.began_at >= long_ago:
        return run  # its job is about to be made
    if job is not None and not job.ended and (job.lease_until is None or job.lease_until >= long_ago):
        return run
    if job is not None and not job.ended:
        await jobs.cancel(job)
    await in_db(Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update, state=Run.State.FAILED, ended_at=timezone.now(), note=LOST)
    return None


def opened(kind: str, asked_by: str, job_id: str) -> Run:
    """The record of a run that begins."""
    return Run.objects.create(kind=kind, asked_by=asked_by[:150], job_id=job_id)


def dropped(run: Run) -> None:
    """Take back the record of a run that never began."""
    Run.objects.filter(pk=run.pk).delete()


def looked_at(kind: str, asked_by: str, figures: Mapping[str, int]) -> Run:
    """The record of a dry run: it is over at once."""
    now = timezone.now()
    done = Run.State.DONE
    return Run.objects.create(
        kind=kind, state=done, dry_run=True, asked_by=asked_by[:150], began_at=now, ended_at=now, figures=dict(figures)
    )


def taken_up(run_id: int) -> dict[str, Any]:
    """The figures until now of a run that begins, or goes on, maybe after an operator retried its job. Raises: JobFailed."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise JobFailed("NOT_FOUND", "The record of this run is gone.")
    Run.objects.filter(pk=run_id).update(state=Run.State.RUNNING, ended_at=None, note="")
    return dict(run.figures)


def add(run_id: int, figures: Mapping[str, int]) -> dict[str, Any]:
    """Add numbers to a run's figures; all of them as they are now."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            return dict(figures)
        run.figures = {**run.figures, **{name: run.figures.get(name, 0) + number for name, number in figures.items()}}
        run.save(update_fields=["figures"])
        return dict(run.figures)


def noted(run_id: int, note: str) -> None:
    """Say for people why a run waits."""
    Run.objects.filter(pk=run_id).update(note=note[:300])


def closed(run_id: int, how: Ended) -> None:
    """Write the end of a run's job into its record."""
    note = str((how.error or {}).get("message", ""))
    if not note and how.state == "completed" and (left := how.counts.processed - how.counts.succeeded):
        note = f"{left} of {how.counts.processed} parts could not be done; the next run does them."
    run = Run.objects.filter(pk=run_id).first()
    if run is not None:
        run.state, run.note, run.ended_at = STATES[how.state], note[:300], run.ended_at or timezone.now()
        run.save(update_fields=["state", "note", "ended_at"])
