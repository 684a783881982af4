"""The page "Queues and workers": what waits, who works, on what, and since when."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from jobs import queue
from jobs.admin_rows import span_in_words
from jobs.models import DeadLetter, Job, JobMove
from jobs.states import ENDED, State

SILENT_AFTER = timedelta(seconds=90)  # a worker tells that it lives every 30 s


def page(request: HttpRequest) -> HttpResponse:
    """Queues and workers at this moment; says so when Redis is away."""
    if not request.user.has_perm("jobs.view_job"):
        raise PermissionDenied
    try:
        queues, workers = queue.states()
    except queue.Away:
        queues, workers = None, []
    context = {
        **admin.site.each_context(request),
        "title": "Queues and workers",
        "queues": None if queues is None else [{"is": one, "waits": span_in_words(one.oldest_at)} for one in queues],
        "workers": _with_jobs(workers),
        "states": _counted(),
        "dead_letters": DeadLetter.objects.count(),
        "now": timezone.now(),
    }
    return render(request, "admin/jobs/queues.html", context, status=200 if queues is not None else 503)


def _with_jobs(workers: list[queue.WorkerState]) -> list[dict[str, Any]]:
    """Each worker with the job in its hands, and since when it has it."""
    in_hand = [worker.job_id for worker in workers if worker.job_id]
    jobs = Job.objects.only("pipeline", "progress").in_bulk(in_hand)
    taken: dict[str, datetime] = dict(
        JobMove.objects.filter(job_id__in=in_hand, target=State.RUNNING.value).order_by().values_list("job_id").annotate(Max("at"))
    )
    silent = timezone.now() - SILENT_AFTER
    return [
        {
            "is": worker,
            "quoted": quote(worker.job_id or ""),
            "job": jobs.get(worker.job_id or ""),
            "busy": span_in_words(taken.get(worker.job_id or "")),
            "silent": worker.last_seen is not None and worker.last_seen < silent,
        }
        for worker in sorted(workers, key=lambda worker: worker.name)
    ]


def _counted() -> list[dict[str, Any]]:
    """How many jobs are in each state that is no end."""
    counts = dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    going = [state for state in State if state not in ENDED]
    return [{"value": state.value, "words": state.value.replace("_", " "), "count": counts.get(state.value, 0)} for state in going]
