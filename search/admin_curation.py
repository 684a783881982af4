"""What staff did to the catalogue, in the admin: merges to undo, corrections to take back."""

from collections.abc import Callable
from copy import copy
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from search.admin_rows import ReadOnly, row_link
from search.catalogue.keys import Letter
from search.curation import correcting, merging
from search.curation.alone import Refused
from search.curation.comparing import id_of
from search.curation.finding import keys_found
from search.models import Correction, Merge


class Curated(ReadOnly, admin.ModelAdmin[Any]):
    """Rows about rows of the catalogue: who may change those may take these back."""

    class Media:
        css = {"all": ["bookstrack/curation.css"]}

    list_select_related = ("by",)
    list_per_page = 50

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it would be done still, and nobody could undo it

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return any(may_curate(request, letter) for letter in merging.KINDS)

    @admin.display(description="kind")
    def kind(self, row: Any) -> str:
        return merging.KINDS[row.letter]

    def each(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], list[str]], done: str) -> None:
        """Do something with the rows one by one, and tell how it went."""
        number = 0
        for row in rows.order_by("-pk"):
            try:
                if not may_curate(request, row.letter):
                    raise Refused(f"You may not change {merging.KINDS[row.letter]}s.")
                before = copy(row)  # an act may delete the row
                for remark in act(row):
                    messages.warning(request, remark)
                self.log_change(request, before, f"{done.capitalize()}.")
                number += 1
            except Refused as refused:
                messages.error(request, f"{row}: {refused}")
        if number:
            messages.success(request, f"{number} {done}.")


def may_curate(request: HttpRequest, letter: Letter) -> bool:
    """Whether somebody may change rows of a kind."""
    return request.user.has_perm(f"search.change_{merging.KINDS[letter]}")


@admin.register(Merge)
class MergeAdmin(Curated):
    list_display = ("at", "kind", "merged", "staying", "by", "state")
    search_fields = ("kept_name", "gone_name")
    search_help_text = "Words of either title or name."
    fields = ("kind", "merged", "gone_id", "staying", "at", "by", "what", "state")
    readonly_fields = fields
    actions = ("undo",)
    change_form_template = "admin/search/merged.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merge]:
        return super().get_queryset(request).select_related("by", "undone_by").defer("given", "changes")

    @admin.display(description="merged")
    def merged(self, merge: Merge) -> str:
        return merge.gone_name

    @admin.display(description="into")
    def staying(self, merge: Merge) -> SafeString:
        return row_link(merge.letter, merge.kept, merge.kept_name)  # type: ignore[arg-type]

    @admin.display(description="its id")
    def gone_id(self, merge: Merge) -> str:
        return id_of(merge.letter, merge.gone)  # type: ignore[arg-type]

    @admin.display(description="state")
    def state(self, merge: Merge) -> str:
        return f"undone by {merge.undone_by or 'somebody'} on {merge.undone_at:%d %b %Y}" if merge.undone_at else "merged"

    @admin.display(description="rows changed")
    def what(self, merge: Merge) -> str:
        counts: dict[str, int] = {}
        for change in merge.changes:
            counts[change["table"]] = counts.get(change["table"], 0) + len(change["keys"])
        return ", ".join(f"{table}s: {number}" for table, number in counts.items())

    def get_urls(self) -> list[URLPattern]:
        return [path("<int:key>/undo/", self.admin_site.admin_view(self.undo_one), name="search_merge_undo"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        merge = self.get_object(request, object_id)
        may = merge is not None and merge.undone_at is None and may_curate(request, merge.letter)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_undo": may})

    def undo_one(self, request: HttpRequest, key: int) -> HttpResponse:
        merge = get_object_or_404(Merge, pk=key)
        if not may_curate(request, merge.letter):  # type: ignore[arg-type]
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self.undo(request, Merge.objects.filter(pk=key))
        return redirect("admin:search_merge_change", key)

    @admin.action(description="Undo: the rows are two again", permissions=["curate"])
    def undo(self, request: HttpRequest, queryset: QuerySet[Merge]) -> None:
        self.each(request, queryset, lambda merge: merging.undo(merge, request.user), "undone")


@admin.register(Correction)
class CorrectionAdmin(Curated):
    list_display = ("at", "kind", "row", "field", "corrected", "source", "by")
    search_fields = ("field",)
    search_help_text = "Any identifier of the row, or words of its title or name."
    fields = ("kind", "row", "field", "corrected", "source", "by", "at")
    readonly_fields = fields
    actions = ("take_back",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        meant = (Q(letter=letter, key__in=keys_found(letter, search_term)) for letter in merging.KINDS)
        return queryset.filter(reduce(or_, meant)), False

    @admin.display(description="row")
    def row(self, correction: Correction) -> SafeString:
        letter: Letter = correction.letter  # type: ignore[assignment]
        return row_link(letter, correction.key, id_of(letter, correction.key))

    @admin.display(description="corrected to")
    def corrected(self, correction: Correction) -> str:
        return _told(correction.value)

    @admin.display(description="the source says")
    def source(self, correction: Correction) -> str:
        return _told(correction.source_value)

    @admin.action(description="Take back: the source's word counts again", permissions=["curate"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Correction]) -> None:
        def act(correction: Correction) -> list[str]:
            correcting.take_back(correction)
            return []

        self.each(request, queryset, act, "taken back")


def _told(value: Any) -> str:
    if value in (None, "", []):
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
