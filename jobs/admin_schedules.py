"""Schedules in the admin: when each runs, how it went, run now, paused, resumed; and every run."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import schedule_list, schedules
from jobs.admin_rows import ReadOnly, job_link, noted, span_in_words
from jobs.models import Schedule, ScheduleRun


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly, admin.ModelAdmin[Schedule]):
    """A page of its own in the place of a list: rows are few, and what they say comes from the settings as well."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        buttons = [
            path(f"<str:name>/{what}/", wrap(getattr(self, what)), name=f"jobs_schedule_{what}") for what in ("run", "pause", "resume")
        ]
        return [*buttons, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Schedules",
            "opts": self.opts,
            "media": self.media,
            "schedules": schedule_list.scheduled(),
            "now": timezone.now(),
            "may_operate": self._may_operate(request),
        }
        return render(request, "admin/jobs/schedules.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What is to be seen of one is its runs."""
        return redirect(f"{_runs_url()}?schedule__name__exact={object_id}" if object_id in schedules.plans() else _runs_url())

    # -- buttons
    def run(self, request: HttpRequest, name: str) -> HttpResponse:
        return self._operated(request, name, lambda: bool(schedules.ask(name, str(request.user))), "Run by hand.", "runs within seconds")

    def pause(self, request: HttpRequest, name: str) -> HttpResponse:
        return self._operated(request, name, lambda: schedules.pause(name), "Paused.", "is paused")

    def resume(self, request: HttpRequest, name: str) -> HttpResponse:
        return self._operated(request, name, lambda: schedules.resume(name), "Resumed.", "runs again from its next time on")

    def _operated(self, request: HttpRequest, name: str, act: Callable[[], bool], note: str, done: str) -> HttpResponse:
        if not self._may_operate(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if name not in schedules.plans():
            raise Http404
        label = schedules.plans()[name].label
        try:
            if act():
                noted(request, Schedule.objects.get(pk=name), note)
                messages.success(request, f"{label} {done}.")
            else:
                messages.warning(request, f"{label}: nothing was to be changed.")
        except schedules.Busy as busy:
            messages.warning(request, str(busy))
        return redirect("admin:jobs_schedule_changelist")

    def _may_operate(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_schedule")


@admin.register(ScheduleRun)
class ScheduleRunAdmin(ReadOnly, admin.ModelAdmin[ScheduleRun]):
    list_display = ("began_at", "label", "outcome_", "detail", "job", "took", "due_at", "who")
    list_display_links = None
    list_filter = ("schedule", "outcome", ("began_at", admin.DateFieldListFilter))
    list_per_page = 50
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduleRun]:
        return super().get_queryset(request).select_related("schedule")

    @admin.display(description="schedule", ordering="schedule")
    def label(self, run: ScheduleRun) -> str:
        plan = schedules.plans().get(run.schedule_id)
        return plan.label if plan else run.schedule_id

    @admin.display(description="outcome", ordering="outcome")
    def outcome_(self, run: ScheduleRun) -> SafeString:
        return format_html('<span class="outcome-{}">{}</span>', run.outcome, run.get_outcome_display().lower())

    @admin.display(description="job")
    def job(self, run: ScheduleRun) -> SafeString | str:
        return job_link(run.job_id) if run.job_id else "–"

    @admin.display(description="took")
    def took(self, run: ScheduleRun) -> str:
        return span_in_words(run.began_at, run.ended_at)

    @admin.display(description="asked by", ordering="asked_by")
    def who(self, run: ScheduleRun) -> str:
        return run.asked_by or "the clock"


def _runs_url() -> str:
    return reverse("admin:jobs_schedulerun_changelist")
