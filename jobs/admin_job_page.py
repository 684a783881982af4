"""What the admin's page of one job shows beside its fields: where it stands, its timeline, its items."""

from typing import Any

from asgiref.sync import async_to_sync
from django.core.paginator import Paginator
from django.db.models import Count, TextField
from django.db.models.functions import Cast, Length
from django.http import HttpRequest

from bookstrack.lib import clock
from jobs import services
from jobs.admin_rows import size_in_words, span_in_words
from jobs.models import Job, JobItem
from jobs.pipeline import pipelines
from jobs.states import State

PAGE = 50
MAX_MOVES = 200
MAX_BODY_CHARS = 400
SUMMARY_ROWS = 200  # of a list in a job's summary


def context_of(job: Job, request: HttpRequest) -> dict[str, Any]:
    """Everything for the template."""
    query = request.GET
    return {
        "job": job,
        "live": live_of(job),
        "input_size": _input_size(job),
        "items": _items(job, query.get("items", ""), query.get("page", "1")),
        "dead_letter": getattr(job, "dead_letter", None),
        "may_be_canceled": not job.ended and job.place is not State.CANCELING,
        "may_be_retried": may_be_retried(job),
        "has_results": job.purged_at is None and job.pipeline in pipelines(),
        "facts": {name: value for name, value in job.summary.items() if value is not None and not isinstance(value, list)},
        "tables": [table for name, rows in job.summary.items() if (table := _table(name, rows))],
    }


def _table(name: str, rows: Any) -> dict[str, Any] | None:
    """A list of the summary as a table, its columns the members that any row has; None for what is no such list."""
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        return None
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [["" if row.get(column) is None else row[column] for column in columns] for row in rows[:SUMMARY_ROWS]]
    return {"name": name, "columns": columns, "rows": cells, "left": len(rows) - len(cells)}


def may_be_retried(job: Job) -> bool:
    """Whether a retry finds what it needs: after the cleaning its input is gone."""
    return job.place is State.FAILED and job.purged_at is None


def live_of(job: Job) -> dict[str, Any]:
    """Where the job stands at this moment, as texts and numbers for the page's script."""
    live = async_to_sync(services.live_state)(job)
    return {
        "state": job.state,
        "stateText": job.get_state_display(),
        "ended": job.ended,
        "progress": round(live.progress, 4),
        "processed": live.processed,
        "total": live.total,
        "succeeded": job.success_count,
        "status": live.status,
        "item": live.item,
        "seq": live.seq,
        "run": job.run,
        "failures": job.failures,
        "worker": job.lease_owner or "–",
        "duration": span_in_words(job.started_at, job.ended_at),
        "moves": _moves(job),
    }


def _moves(job: Job) -> list[dict[str, str]]:
    """The timeline, oldest first, with how long each state lasted."""
    moves = list(job.moves.order_by("-pk")[:MAX_MOVES])[::-1]
    ends = [move.at for move in moves[1:]] + [job.ended_at]
    return [
        {
            "at": clock.iso_ms(move.at),
            "target": move.target.replace("_", " "),
            "note": move.note,
            "lasted": "" if job.ended and move is moves[-1] else span_in_words(move.at, end),
        }
        for move, end in zip(moves, ends, strict=True)
    ]


def _input_size(job: Job) -> str:
    """Measured by the database: the input itself is not fetched."""
    if job.purged_at is not None:
        return "deleted"
    size = Job.objects.filter(pk=job.pk).values_list(Length(Cast("payload", TextField())), flat=True).first()
    return size_in_words(size or 0)


def _items(job: Job, status: str, number: str) -> dict[str, Any]:
    """A page of the items that are done, of one status or of all."""
    counts = list(JobItem.objects.filter(job=job).order_by("status").values_list("status").annotate(Count("pk")))
    rows = JobItem.objects.filter(job=job).order_by("index")
    if status:
        rows = rows.filter(status=status)
    page = Paginator(rows, PAGE).get_page(number)
    shown = [
        {"index": row.index, "success": row.success, "status": row.status, "body": _shortened(bytes(row.body).decode("utf-8", "replace"))}
        for row in page
    ]
    return {"counts": counts, "all": sum(count for _, count in counts), "status": status, "page": page, "rows": shown}


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_BODY_CHARS else f"{text[:MAX_BODY_CHARS]}…"
