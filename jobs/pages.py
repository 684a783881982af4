"""The page of one job. It looks nothing up: static/bookstrack/job.js shows the job to whoever brings its token in the fragment, which
no browser sends to a server."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs import services
from jobs.pipeline import pipelines

_JOB_ID = re.compile(services.JOB_ID + r"\Z")
STATES = {
    "queued": "Waiting for a worker",
    "running": "Running",
    "waiting_on_quota": "Waiting until the catalogues may be asked again",
    "canceling": "Stopping…",
    "canceled": "Canceled",
    "completed": "Done",
    "failed": "Failed",
}
LINES = {
    "connecting": "connecting…",
    "live": "live",
    "reconnecting": "reconnecting…",
    "restarting": "server restarting…",
    "done": "ended",
    "off": "not connected",
}
STATUSES = {"success": "found", "not_found": "not found", "error": "error", "circuit_open": "no catalogue could be asked"}
MATCHES = {
    "isbn": "ISBN",
    "openlibrary_id": "Open Library id",
    "google_id": "Google Books id",
    "title_author": "title and author",
    "title": "title",
    "goodreads": "Goodreads id",
    "librarything": "LibraryThing id",
    "asin": "ASIN",
    "lccn": "LCCN",
    "oclc": "OCLC number",
}


@require_safe
async def job(request: HttpRequest, job_id: str, more_words: Callable[[], Mapping[str, Any]] = dict) -> HttpResponse:
    """The page at `/jobs/<id>`: the same for jobs that are and jobs that are not.

    `more_words`: what the results of pipelines need that are shown in their own way.
    """
    if not _JOB_ID.match(job_id):
        raise Http404
    labels = {name: found.label for name, found in pipelines().items()}
    words = {"pipelines": labels, "states": STATES, "lines": LINES, "statuses": STATUSES, "matches": MATCHES, **more_words()}
    response = render(request, "jobs/job.html", {"job_id": job_id, "words": words})
    response.headers["Cache-Control"] = "private, max-age=0"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
