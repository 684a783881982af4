"""Jobs in the admin: looked at while they run, canceled, retried. Nothing is edited by hand, and no secret of a job is shown."""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookstrack.lib.errors import ApiError
from jobs import admin_queues, services
from jobs.admin_job_page import PAGE, context_of, live_of, may_be_retried
from jobs.admin_rows import ReadOnly, bar, noted, span_in_words
from jobs.models import Job
from jobs.pipeline import pipelines
from jobs.states import State

ID_CHARS = 12

@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    list_display = (
        "job", "pipeline", "state", "bar", "processed", "succeeded", "client", "created_at", "duration", "run", "worker",
    )  # fmt: skip
    list_filter = (
        ("pipeline", admin.AllValuesFieldListFilter),
        "state",
        ("queue", admin.AllValuesFieldListFilter),
        ("created_at", admin.DateFieldListFilter),
    )
    search_fields = ("^id", "^trace_id")
    ordering = ("-created_at",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("cancel", "retry")
    change_list_template = "admin/jobs/job_list.html"
    change_form_template = "admin/jobs/job.html"
    fieldsets = (
        (None, {"fields": ("id", "pipeline", "queue", "client", "trace_id", "created_at", "started_at", "ended_at", "purged_at")}),
        ("Attempts", {"fields": ("run", "failures", "lease_owner", "lease_until", "wake_at", "ticketed_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("payload")  # megabytes, and people's own

    @admin.display(description="job", ordering="id")
    def job(self, job: Job) -> SafeString:
        shown = job.pk if len(job.pk) <= ID_CHARS else f"{job.pk[:ID_CHARS]}…"
        return format_html('<span title="{}">{}</span>', job.pk, shown)

    @admin.display(description="progress", ordering="progress")
    def bar(self, job: Job) -> SafeString:
        return bar(job.progress)

    @admin.display(description="processed", ordering="processed_count")
    def processed(self, job: Job) -> str:
        return f"{job.processed_count} / {job.total_count}"

    @admin.display(description="succeeded", ordering="success_count")
    def succeeded(self, job: Job) -> int:
        return job.success_count

    @admin.display(description="worker", ordering="lease_owner")
    def worker(self, job: Job) -> str:
        return job.lease_owner or "–"

    @admin.display(description="duration")
    def duration(self, job: Job) -> str:
        return span_in_words(job.started_at, job.ended_at)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may cancel and retry."""
        return request.user.has_perm("jobs.change_job")

    # -- many
    @admin.action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        done = sum(self._canceled(request, job) for job in queryset)
        messages.info(request, f"{done} canceled." + _of_selected(queryset, done, "had ended"))

    @admin.action(description="Retry those that failed, from their checkpoints", permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        done = sum(self._retried(request, job) for job in queryset)
        messages.info(request, f"{done} retried." + _of_selected(queryset, done, "had not failed"))

    # -- one
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("queues/", wrap(admin_queues.page), name="jobs_queues"),
            path("<path:object_id>/live/", wrap(self.live), name="jobs_job_live"),
            path("<path:object_id>/results.json", wrap(self.results), name="jobs_job_results"),
            path("<path:object_id>/cancel/", wrap(self.cancel_one), name="jobs_job_cancel"),
            path("<path:object_id>/retry/", wrap(self.retry_one), name="jobs_job_retry"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = self.get_object(request, unquote(object_id))
        if job is not None and self.has_view_permission(request, job):
            extra_context = {**(extra_context or {}), **context_of(job, request), "may_operate": self.has_operate_permission(request)}
        return super().change_view(request, object_id, form_url, extra_context)

    def live(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Where the job stands at this moment, for the page's script."""
        return JsonResponse(live_of(self._seen(request, object_id)))

    def results(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The results as clients read them, a page of them with `offset`."""
        job = self._seen(request, object_id)
        offset = request.GET.get("offset", "0")
        if job.pipeline not in pipelines() or not (offset.isascii() and offset.isdigit() and len(offset) < 10):
            raise Http404
        try:
            page = async_to_sync(services.results)(job, limit=PAGE * 20, offset=int(offset))
        except ApiError as error:
            raise Http404(error.message) from None
        return HttpResponse(services.rendered(page), content_type="application/json")

    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._operated(request, object_id, self._canceled, "The job is canceled.", "The job had ended before.")

    def retry_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        said = "The job goes on from its checkpoint."
        return self._operated(request, object_id, self._retried, said, "Only a failed job whose results are kept can be retried.")

    def _operated(self, request: HttpRequest, object_id: str, act: Any, done: str, not_done: str) -> HttpResponse:
        job = self._seen(request, object_id)
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if act(request, job):
            messages.success(request, done)
        else:
            messages.warning(request, not_done)
        return redirect("admin:jobs_job_change", quote(job.pk))

    def _seen(self, request: HttpRequest, object_id: str) -> Job:
        """Raises: PermissionDenied, Http404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = self.get_object(request, unquote(object_id))
        if job is None:
            raise Http404
        return job

    def _canceled(self, request: HttpRequest, job: Job) -> bool:
        if job.ended:
            return False
        status = async_to_sync(services.cancel)(job)["status"]
        if status != State.CANCELED.value:
            return False
        noted(request, job, "Canceled.")
        return True

    def _retried(self, request: HttpRequest, job: Job) -> bool:
        if not may_be_retried(job) or not services.retry(job):
            return False
        noted(request, job, "Retried.")
        return True


def _of_selected(queryset: QuerySet[Job], done: int, why: str) -> str:
    rest = queryset.count() - done
    return f" {rest} {why}." if rest > 0 else ""
