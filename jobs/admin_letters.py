"""Dead letters in the admin: jobs that were given up, to retry or to discard."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import dead_letters, services
from jobs.admin_rows import ReadOnly, job_link, noted
from jobs.models import DeadLetter


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnly, admin.ModelAdmin[DeadLetter]):
    list_display = ("job_", "buttons", "pipeline", "kind", "error", "attempts", "failed_at")
    list_display_links = None
    list_filter = ("kind", "job__pipeline", ("failed_at", admin.DateFieldListFilter))
    search_fields = ("^job__id", "error")
    ordering = ("-failed_at",)
    fields = ("job_", "pipeline", "kind", "error", "attempts", "failed_at")
    readonly_fields = fields
    actions = ("retry", "discard")
    change_form_template = "admin/jobs/dead_letter.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        return super().get_queryset(request).select_related("job").defer("job__payload")

    @admin.display(description="job", ordering="job__id")
    def job_(self, letter: DeadLetter) -> SafeString:
        return job_link(letter.job_id)

    @admin.display(description="pipeline", ordering="job__pipeline")
    def pipeline(self, letter: DeadLetter) -> str:
        return letter.job.pipeline

    @admin.display(description="")
    def buttons(self, letter: DeadLetter) -> SafeString:
        """They send the list's own form, whose CSRF token they need."""
        retry, discard = (reverse(f"admin:jobs_deadletter_{name}", args=[letter.pk]) for name in ("retry", "discard"))
        return format_html(
            '<button type="submit" class="button" formaction="{}">Retry</button> '
            '<button type="submit" class="button" formaction="{}" data-confirm="Give this job up for good?">Discard</button>',
            retry,
            discard,
        )

    # -- who may
    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_deadletter")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.delete_deadletter")

    def get_list_display(self, request: HttpRequest) -> Any:
        both = self.has_retry_permission(request) and self.has_discard_permission(request)
        return [name for name in self.list_display if both or name != "buttons"]

    # -- many
    @admin.action(description="Retry: each job goes on from its checkpoint", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        done = sum(self._retried(request, letter) for letter in queryset)
        messages.info(request, f"{done} retried.")

    @admin.action(description="Discard: give the jobs up for good", permissions=["discard"])
    def discard(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        letters = list(queryset)
        for letter in letters:
            self._discarded(request, letter)
        messages.info(request, f"{len(letters)} discarded.")

    # -- one
    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("<int:pk>/retry/", site.admin_view(self.retry_one), name="jobs_deadletter_retry"),
            path("retry-all/", site.admin_view(self.retry_all), name="jobs_deadletter_retry_all"),
            path("<int:pk>/discard/", site.admin_view(self.discard_one), name="jobs_deadletter_discard"),
            *super().get_urls(),
        ]

    def retry_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_retry_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        letter = get_object_or_404(self.get_queryset(request), pk=pk)
        if self._retried(request, letter):
            messages.info(request, f"The job {letter.job_id} goes on from its checkpoint.")
            return redirect("admin:jobs_job_change", quote(letter.job_id))
        messages.warning(request, f"The job {letter.job_id} cannot be retried any more.")
        return redirect("admin:jobs_deadletter_changelist")

    def retry_all(self, request: HttpRequest) -> HttpResponse:
        """Retry every dead letter, as the button of the operators' page asks."""
        if not self.has_retry_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        done = sum(self._retried(request, letter) for letter in self.get_queryset(request))
        messages.info(request, f"{done} retried: each job goes on from its checkpoint.")
        return redirect("admin:jobs_deadletter_changelist")

    def discard_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_discard_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        letter = get_object_or_404(self.get_queryset(request), pk=pk)
        self._discarded(request, letter)
        messages.info(request, f"The job {letter.job_id} was given up.")
        return redirect("admin:jobs_deadletter_changelist")

    def _retried(self, request: HttpRequest, letter: DeadLetter) -> bool:
        job = letter.job
        if job.purged_at is not None or not services.retry(job):
            return False
        noted(request, job, "Retried from its dead letter.")
        return True

    def _discarded(self, request: HttpRequest, letter: DeadLetter) -> None:
        noted(request, letter.job, "Dead letter discarded.")
        dead_letters.discarded(letter)
