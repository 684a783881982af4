"""What of a job is done, in the database: read at the start of an attempt, written while it runs. All of it behind the run's fence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from jobs.models import Job, JobItem
from jobs.pipeline import Done as Finished
from jobs.pipeline import Result
from jobs.progress import Standing
from jobs.states import WORKED_ON


class LeaseLost(Exception):
    """The job is another worker's, or has ended."""


@dataclass(slots=True)
class Done:
    """Items that are done, over all attempts."""

    indexes: set[int] = field(default_factory=set)
    succeeded: int = 0


def done_of(job_id: str) -> Done:
    """The items that earlier attempts have finished."""
    rows = list(JobItem.objects.filter(job_id=job_id).values_list("index", "success"))
    return Done({index for index, _ in rows}, sum(success for _, success in rows))


def bodies_of(job_id: str) -> dict[int, Finished]:
    """What earlier attempts have made of the items, by index."""
    rows = JobItem.objects.filter(job_id=job_id).values_list("index", "success", "body")
    return {index: Finished(success, bytes(body)) for index, success, body in rows}


def summarise(job_id: str, run: int, summary: dict[str, Any]) -> None:
    """Keep what is known of the job before its items are done."""
    Job.objects.filter(pk=job_id, run=run).update(summary=summary)


def _insert(job_id: str, results: Sequence[Result]) -> None:
    """What is there already stays. As SQL because making model instances of a file's fifty thousand rows took a second."""
    if results:
        columns = 'job_id, "index", success, status, body'
        sql = f"INSERT INTO {JobItem._meta.db_table} ({columns}) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.executemany(sql, [(job_id, one.index, one.success, one.status, one.body) for one in results])


def write(job_id: str, run: int, results: Sequence[Result], told: Standing, *, seq: int) -> None:
    """Keep results and where the job stands, in one step.

    Raises: LeaseLost, DatabaseError.
    """
    with transaction.atomic():
        mine = Job.objects.filter(pk=job_id, run=run, state__in=[state.value for state in WORKED_ON])
        if not mine.select_for_update().values_list("pk", flat=True).first():
            raise LeaseLost
        _insert(job_id, results)
        fields: dict[str, Any] = {
            "total_count": told.total,
            "progress": told.progress,
            "status_text": told.status[:200],
            "current_item": told.item[:200],
            "last_seq": seq,
            "updated_at": timezone.now(),
        }
        if results:
            fields |= counts_of(job_id) | {"failures": 0}  # it gets on: a death from here on is the first one again
        mine.update(**fields)


def counts_of(job_id: str) -> dict[str, Any]:
    """processed_count and success_count by the items that are there."""
    found = JobItem.objects.filter(job_id=job_id).aggregate(processed_count=Count("pk"), success_count=Count("pk", filter=Q(success=True)))
    return {name: found[name] or 0 for name in ("processed_count", "success_count")}
