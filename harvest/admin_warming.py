"""Warming in the admin: a page that starts it, and the keys that runs filled, with the hits that they got since."""

from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookstrack.lib.errors import ApiError, MissingParameter
from harvest.cache_filling import warming
from harvest.cache_filling.warming_lists import Worklist
from harvest.models import Run, WarmedKey
from search import services as search

MAY_START = "harvest.add_run"
FILE, POPULAR, EXPIRING = "file", "popular", "expiring"
WHAT = ((FILE, "the books or authors of a file"), (POPULAR, "what is asked for often and not cached"), (EXPIRING, "what expires soon"))
DEPTHS = ((1, "what is named; of an author all works"), (2, "their editions too"), (3, "who wrote with them too"))
PRIORITIES = tuple((name, name) for name in warming.PRIORITIES)


class WarmForm(forms.Form):
    """What to warm and how."""

    what = forms.ChoiceField(choices=WHAT, widget=forms.RadioSelect, initial=FILE)
    file = forms.FileField(required=False, help_text="CSV, TSV, Excel or JSON, up to 10 MB: titles, authors, ISBNs")
    number = forms.IntegerField(min_value=1, max_value=10_000, initial=1_000, required=False, help_text="keys, of those asked for often")
    days = forms.FloatField(min_value=0.1, max_value=60, initial=warming.EXPIRING_DAYS, required=False, help_text="how soon is soon")
    depth = forms.TypedChoiceField(choices=DEPTHS, coerce=int, initial=1)
    priority = forms.ChoiceField(choices=PRIORITIES, initial="low")


@admin.register(WarmedKey)
class WarmedKeyAdmin(admin.ModelAdmin[WarmedKey]):
    list_display = ("key", "hits", "hits_before", "in_run")
    list_display_links = None
    list_select_related = ("run",)
    list_per_page = 50
    search_fields = ("=key",)
    show_full_result_count = False
    ordering = ("-pk",)
    sortable_by = ()
    change_list_template = "admin/harvest/warmed_keys.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: WarmedKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WarmedKey | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[WarmedKey]:
        return search.with_hits(super().get_queryset(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="hits since")
    def hits(self, row: WarmedKey) -> int:
        return max(0, int(row.hits_now) - row.hits_before)  # type: ignore[attr-defined]  # annotated

    @admin.display(description="run")
    def in_run(self, row: WarmedKey) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:harvest_run_change", args=[row.run_id]), row.run)

    # -- the page
    def get_urls(self) -> list[URLPattern]:
        return [path("warm/", self.admin_site.admin_view(self.warm), name="harvest_warm"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "may_warm": request.user.has_perm(MAY_START)})

    def warm(self, request: HttpRequest) -> HttpResponse:
        """Choose what to warm, and start it."""
        if not request.user.has_perm(MAY_START):
            raise PermissionDenied
        form = WarmForm(request.POST, request.FILES) if request.method == "POST" else WarmForm()
        if request.method == "POST" and form.is_valid():
            try:
                return _started(request, form.cleaned_data)
            except ApiError as error:
                form.add_error(FILE if form.cleaned_data["what"] == FILE else None, error.message)
        context = {**self.admin_site.each_context(request), "title": "Warm the cache", "opts": self.opts, "form": form}
        return render(request, "admin/harvest/warm.html", context)


def _started(request: HttpRequest, chosen: dict[str, Any]) -> HttpResponse:
    """Raises: ApiError."""
    worklist = _list(chosen)
    if not worklist.things:
        messages.warning(request, "Nothing is to be warmed: what is asked for is cached, and for long enough.")
        return redirect("admin:harvest_warm")
    how = warming.How(chosen["depth"], chosen["priority"])
    started = async_to_sync(warming.start_warming)(worklist, how, asked_by=str(request.user))
    run = Run.objects.get(job_id=started.job.pk)
    LogEntry.objects.log_actions(str(request.user.pk), [run], ADDITION, f"Warming of {len(worklist.things)} begun.", single_object=True)
    link = format_html('<a href="{}">its job</a>', reverse("admin:jobs_job_change", args=[quote(started.job.pk)]))
    told = async_to_sync(warming.told_of)(worklist, how)
    messages.success(
        request, format_html("{} to warm, {} rows without anything to go by: {}.", len(worklist.things), told["rowsUnusable"], link)
    )
    return redirect("admin:harvest_run_change", run.pk)


def _list(chosen: dict[str, Any]) -> Worklist:
    """Raises: ApiError."""
    if chosen["what"] == POPULAR:
        return async_to_sync(warming.list_of_popular)(chosen["number"] or warming.POPULAR)
    if chosen["what"] == EXPIRING:
        return async_to_sync(warming.list_of_expiring)(chosen["days"] or warming.EXPIRING_DAYS)
    if not chosen["file"]:
        raise MissingParameter("Choose a file.", details={"field": "file"})
    return warming.list_of_file(chosen["file"].file, chosen["file"].size)
