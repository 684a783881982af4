"""django-rq's own pages, behind our checks: staff who may see jobs look, only superusers change anything.

What these pages show are tickets. A ticket that is deleted there comes back from its job's row; a job is ended on its own page. Their few
inline scripts stay blocked by our policy: they call what Django's admin no longer has.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern
from django_rq import views
from django_rq.urls import get_admin_urlpatterns, get_api_urlpatterns

from bookstrack.lib import redis as redis_door
from jobs import audit
from jobs.audit import AuditEntry

View = Callable[..., HttpResponse]
_Gone: type[Exception] = views.NoSuchJobError  # type: ignore[attr-defined]  # RQ itself is imported by jobs.queue alone


def guarded(view: View) -> View:
    """The view for whoever may: GET needs `jobs.view_job`, everything else a superuser."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        looks = request.method in ("GET", "HEAD")
        if not (request.user.is_superuser or (looks and request.user.has_perm("jobs.view_job"))):
            raise PermissionDenied
        if _stops(request, view):
            messages.warning(request, "A ticket cannot stop its job: cancel it on the job's own page.")
            return redirect("admin:jobs_job_changelist")
        try:
            reply = view(request, *args, **kwargs)
            if not looks:
                said = f"{view.__name__.replace('_', ' ')} {' '.join(map(str, kwargs.values()))}".strip()
                audit.record(AuditEntry.By.STAFF, request.user.get_username(), f"In RQ's pages: {said}.", action=AuditEntry.Action.CHANGED)
            return reply
        except (_Gone, IndexError, AssertionError):  # a ticket, a queue, a worker that is not there any more
            raise Http404 from None
        except redis_door.Away:
            return render(request, "admin/jobs/away.html", admin.site.each_context(request), status=503)

    guarded_view: View = admin.site.admin_view(checked)
    return guarded_view


def _stops(request: HttpRequest, view: View) -> bool:
    """Whether this asks a worker to stop, which ours do not hear from RQ."""
    return request.method == "POST" and (view.__name__ == "stop_job" or request.POST.get("action") == "stop")


urlpatterns: list[URLPattern] = [
    URLPattern(found.pattern, guarded(found.callback), found.default_args, found.name) for found in get_api_urlpatterns()
] + get_admin_urlpatterns(view_wrapper=guarded)
