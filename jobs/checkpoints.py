"""What of a job is done, in the database: read at the start of an attempt, written while it runs. All of it behind the run's fence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from jobs.models import Job, JobItem
from jobs.pipeline import Done as Finished
from jobs.pipeline import Result
from jobs.progress import Standing
from jobs.states import WORKED_ON

ROWS_AT_ONCE = 1_000  # of one statement: SQLite takes 32,766 values, PostgreSQL 65,535
COLUMNS = 'job_id, "index", success, status, body'


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


def _insert(job_id: str, results: Sequence[Result]) -> int:
    """Insert results, and say how many were not there yet; what is there already stays.

    As SQL because making model instances of a file's fifty thousand rows took a second, a thousand in a statement because one by one took
    another half.
    """
    inserted = 0
    with connection.cursor() as cursor:
        for start in range(0, len(results), ROWS_AT_ONCE):
            some = results[start : start + ROWS_AT_ONCE]
            rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(some))
            sql = f"INSERT INTO {JobItem._meta.db_table} ({COLUMNS}) VALUES {rows} ON CONFLICT DO NOTHING"  # noqa: S608
            cursor.execute(sql, [value for one in some for value in (job_id, one.index, one.success, one.status, one.body)])
            inserted += cursor.rowcount
    return inserted


def write(job_id: str, run: int, results: Sequence[Result], told: Standing, *, seq: int) -> None:
    """Keep results and where the job stands, in one step.

    Raises: LeaseLost, DatabaseError.
    """
    with transaction.atomic():
        mine = Job.objects.filter(pk=job_id, run=run, state__in=[state.value for state in WORKED_ON])
        if not mine.select_for_update().values_list("pk", flat=True).first():
            raise LeaseLost
        inserted = _insert(job_id, results)
        fields: dict[str, Any] = {
            "total_count": told.total,
            "progress": told.progress,
            "status_text": told.status[:200],
            "current_item": told.item[:200],
            "last_seq": seq,
            "updated_at": timezone.now(),
        }
        if results:
            fields |= {"failures": 0}  # it gets on: a death from here on is the first one again
            fields |= _raised_by(results) if inserted == len(results) else counts_of(job_id)
        mine.update(**fields)


def _raised_by(results: Sequence[Result]) -> dict[str, Any]:
    """The counts with results that were not there: to count them all each time would take longer with each row that is done."""
    succeeded = sum(result.success for result in results)
    return {"processed_count": F("processed_count") + len(results), "success_count": F("success_count") + succeeded}


def counts_of(job_id: str) -> dict[str, Any]:
    """processed_count and success_count by the items that are there."""
    found = JobItem.objects.filter(job_id=job_id).aggregate(processed_count=Count("pk"), success_count=Count("pk", filter=Q(success=True)))
    return {name: found[name] or 0 for name in ("processed_count", "success_count")}
