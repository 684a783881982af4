"""What the jobs' admin pages have in common: rows that are only looked at, and how a job is written in a cell."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnly:
    """Rows that the system writes and people only look at."""

    class Media:
        css = {"all": ["bookstrack/jobs_admin.css"]}
        js = ["bookstrack/jobs_admin.js"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def noted(request: HttpRequest, row: Model, what: str) -> None:
    """Write into the history of a job, or of another row, who did what."""
    LogEntry.objects.log_actions(str(request.user.pk), [row], CHANGE, what, single_object=True)


def job_link(job_id: str) -> SafeString:
    """A link to the job's page in the admin."""
    return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[quote(job_id)]), job_id)


def bar(progress: float) -> SafeString:
    """A progress bar with its number."""
    percent = int(progress * 100)
    return format_html('<progress max="100" value="{}">{} %</progress> {} %', percent, percent, percent)


def span_in_words(begin: datetime | None, end: datetime | None = None) -> str:
    """From one time to another, or to now: "7.2 s", "2 min 05 s", "1 h 02 min"; "–" where it has not begun."""
    if begin is None:
        return "–"
    seconds = max(timedelta(), (end or timezone.now()) - begin).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60):02} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"


def size_in_words(count: int) -> str:
    """About how many bytes: "870 bytes", "12.4 kB", "3.1 MB"."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
