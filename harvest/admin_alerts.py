"""Alerts in the admin: what is wrong, what was, and whether it was told. Nothing is edited: an alert is over when it is."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from harvest.models import Alert


class Open(admin.SimpleListFilter):
    title = "state"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "open"), ("0", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        return queryset.filter(ended_at__isnull=self.value() == "1") if self.value() in ("0", "1") else queryset


@admin.register(Alert)
class AlertAdmin(admin.ModelAdmin[Alert]):
    list_display = ("state", "message", "rule", "subject", "worst", "limit", "began_at", "lasted", "told")
    list_display_links = ("message",)
    list_filter = (Open, "rule", ("began_at", admin.DateFieldListFilter))
    search_fields = ("message", "subject")
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-began_at",)
    fields = (
        "state", "message", "rule", "subject", "worst", "limit", "began_at", "seen_at", "ended_at", "told_at", "end_told_at", "through",
    )  # fmt: skip
    readonly_fields = fields

    class Media:
        css = {"all": ["bookstrack/jobs_admin.css"]}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="state", ordering="ended_at")
    def state(self, alert: Alert) -> SafeString | str:
        return "over" if alert.ended_at else format_html('<strong class="error">{}</strong>', "open")

    @admin.display(description="worst", ordering="value")
    def worst(self, alert: Alert) -> str:
        return f"{alert.value:.4g}"

    @admin.display(description="limit", ordering="threshold")
    def limit(self, alert: Alert) -> str:
        return f"{alert.threshold:.4g}"

    @admin.display(description="lasted")
    def lasted(self, alert: Alert) -> str:
        minutes = int(((alert.ended_at or timezone.now()) - alert.began_at).total_seconds() // 60)
        return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{max(0, minutes)} min"

    @admin.display(description="told")
    def told(self, alert: Alert) -> str:
        if alert.told_at is None:
            return "not yet"
        return "begin and end" if alert.end_told_at else "begin"

    @admin.display(description="told through")
    def through(self, alert: Alert) -> str:
        return ", ".join(alert.told_through) or "–"
