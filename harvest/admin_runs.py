"""Runs of the back office in the admin, with what each did about each book. Looked at, not edited; a harvest is begun by a button."""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bookstrack.lib.errors import ApiError
from harvest import services
from harvest.admin_rows import LargeTable, noted
from harvest.cover_search.asking import LABELS
from harvest.models import CoverVerdict, Run

MAY_START = "harvest.add_run"
SHORT = 3  # figures in a list's cell
BYTES = ("bytes", "originalBytes", "savings")


@admin.register(Run)
class RunAdmin(LargeTable):
    list_display = ("began_at", "what", "state", "in_short", "verdicts", "job", "asked_by", "lasted", "note")
    list_filter = ("kind", "state", ("began_at", admin.DateFieldListFilter))
    search_fields = ("^job_id", "asked_by")
    ordering = ("-pk",)
    change_list_template = "admin/harvest/run_list.html"
    fields = ("kind", "state", "dry_run", "asked_by", "began_at", "ended_at", "lasted", "note", "all_figures", "worth", "job", "verdicts")
    readonly_fields = fields

    @admin.display(description="took")
    def lasted(self, run: Run) -> str:
        return _in_words(((run.ended_at or timezone.now()) - run.began_at).total_seconds())

    @admin.display(description="kind")
    def what(self, run: Run) -> str:
        return f"{run.get_kind_display()} (dry run)" if run.dry_run else run.get_kind_display()

    @admin.display(description="figures")
    def in_short(self, run: Run) -> str:
        """The first plain numbers; how many errors, whatever their reasons."""
        plain = {name: value for name, value in run.figures.items() if not isinstance(value, dict)}
        errors = run.figures.get("errors")
        told = [f"{name} {value}" for name, value in _lines(plain)[:SHORT]]
        return ", ".join([*told, *([f"errors {sum(errors.values())}"] if isinstance(errors, dict) and errors else [])]) or "–"

    @admin.display(description="figures")
    def all_figures(self, run: Run) -> SafeString | str:
        return format_html_join("", "<div><strong>{}</strong>: {}</div>", _lines(run.figures)) or "–"

    @admin.display(description="job")
    def job(self, run: Run) -> SafeString | str:
        if not run.job_id:
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[quote(run.job_id)]), run.job_id[:8])

    @admin.display(description="books")
    def verdicts(self, run: Run) -> SafeString | str:
        if run.kind != Run.Kind.HARVEST or run.dry_run:
            return "–"
        return format_html('<a href="{}?run__id__exact={}">books</a>', reverse("admin:harvest_coververdict_changelist"), run.pk)

    @admin.display(description="worth until now")
    def worth(self, run: Run) -> SafeString | str:
        """Of a warming: the hits that its keys got since."""
        if run.kind != Run.Kind.WARMING or run.dry_run:
            return "–"
        found = services.worth(run)
        rows = reverse("admin:harvest_warmedkey_changelist")
        told = f"{found['hit']} of {found['keys']} keys were asked for since, {found['hits']} times"
        return format_html('<a href="{}?run__id__exact={}">{}</a>', rows, run.pk, told)

    # -- the button
    def get_urls(self) -> list[URLPattern]:
        own = path("harvest-now/", self.admin_site.admin_view(self.harvest_now), name="harvest_run_harvest_now")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "may_harvest": request.user.has_perm(MAY_START)})

    def harvest_now(self, request: HttpRequest) -> HttpResponse:
        """Begin a harvest of what is due."""
        if not request.user.has_perm(MAY_START):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            started = async_to_sync(services.start_harvest)(asked_by=str(request.user))
        except ApiError as error:
            messages.warning(request, error.message)
        else:
            run = Run.objects.get(job_id=started.job.pk)
            noted(request, run, "Harvest begun.")
            messages.success(request, format_html("A harvest of {} books has begun: {}.", started.job.total_count, self.job(run)))
        return redirect("admin:harvest_run_changelist")


class _Source(admin.SimpleListFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[CoverVerdict]) -> QuerySet[CoverVerdict]:
        return queryset.filter(source=self.value()) if self.value() else queryset


@admin.register(CoverVerdict)
class CoverVerdictAdmin(LargeTable):
    list_display = ("isbn", "outcome", "source", "score", "reason", "size", "at", "in_run")
    list_filter = ("outcome", _Source, ("at", admin.DateFieldListFilter))
    list_select_related = ("run",)
    search_fields = ("=isbn",)
    ordering = ("-pk",)
    fields = ("isbn", "outcome", "source", "score", "reason", "size", "at", "in_run")
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="kept of")
    def size(self, verdict: CoverVerdict) -> str:
        return f"{_kilobytes(verdict.stored_bytes)} of {_kilobytes(verdict.original_bytes)}" if verdict.stored_bytes else "–"

    @admin.display(description="run")
    def in_run(self, verdict: CoverVerdict) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:harvest_run_change", args=[verdict.run_id]), verdict.run)


def _lines(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Figures for people, in the order in which they were written; those that are lists of numbers on one line."""
    found = []
    for name, value in figures.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{part} {count}" for part, count in value.items() if count)
        else:
            shown = _kilobytes(value) if name in BYTES and isinstance(value, int) else str(value)
        if shown:
            found.append((name, shown))
    return found


def _kilobytes(count: int) -> str:
    return f"{count / 1000:,.1f} kB" if abs(count) < 1_000_000 else f"{count / 1_000_000:,.1f} MB"


def _in_words(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60):02} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"
