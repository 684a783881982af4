"""The audit log in the admin: looked at, filtered, never edited."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import audit
from jobs.admin_rows import ReadOnly
from jobs.audit import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, admin.ModelAdmin[AuditEntry]):
    list_display = ("at", "who", "by", "action", "what", "row")
    list_display_links = None
    list_filter = (("at", admin.DateFieldListFilter), "by", "action", ("who", admin.AllValuesFieldListFilter))
    search_fields = ("who", "what", "object_name", "=object_id")
    date_hierarchy = "at"
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-at", "-pk")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_view_permission(request):
            audit.gather()
        return super().changelist_view(request, {**(extra_context or {}), "title": "Audit log"})

    @admin.display(description="row", ordering="kind")
    def row(self, entry: AuditEntry) -> SafeString | str:
        if not entry.kind:
            return "–"
        shown = entry.object_name or entry.object_id
        app, _, model = entry.kind.partition(".")
        try:
            address = reverse(f"admin:{app}_{model}_change", args=[quote(entry.object_id)])
        except NoReverseMatch:  # rows of this kind have no page
            return f"{model} {shown}"
        return format_html('{} <a href="{}">{}</a>', model, address, shown)
