"""What staff see of search. Here: cached answers, providers with circuit and budget, loads of the catalogue."""

import json
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html

from search import admin_catalogue, admin_curation, services  # noqa: F401  (they register their models)
from search.admin_rows import ReadOnly
from search.models import CacheEntry, Load, LoadError, ProviderDay


class Freshness(admin.SimpleListFilter):
    title = "freshness"
    parameter_name = "fresh"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "fresh"), ("0", "expired"), ("none", "nothing found")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CacheEntry]) -> QuerySet[CacheEntry]:
        if self.value() == "none":
            return queryset.filter(found=0)
        if self.value() == "1":
            return queryset.filter(expires_at__gt=timezone.now())
        return queryset.filter(expires_at__lte=timezone.now()) if self.value() == "0" else queryset


@admin.register(CacheEntry)
class CacheEntryAdmin(ReadOnly, admin.ModelAdmin[CacheEntry]):
    list_display = ("label", "kind", "tier", "found", "providers", "quality", "size", "hits", "created_at", "expires_at")
    list_filter = (Freshness, "kind", "tier")
    search_fields = ("key", "label")
    readonly_fields = ("answer",)
    show_full_result_count = False
    actions = ("expire",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a row without its entry would lie: "expire" drops both

    @admin.display(description="size", ordering="size_bytes")
    def size(self, entry: CacheEntry) -> str:
        return f"{entry.size_bytes / 1024:.1f} kB"

    @admin.display(description="answer")
    def answer(self, entry: CacheEntry) -> str:
        found = async_to_sync(services.cached_data)(entry.key)
        if found is None:
            return "not in the cache any more"
        return format_html("<pre>{}</pre>", json.dumps(found, ensure_ascii=False, indent=2)[:50_000])

    @admin.action(description="Expire now: the next request asks the providers", permissions=["expire"])
    def expire(self, request: HttpRequest, queryset: QuerySet[CacheEntry]) -> None:
        entries = list(queryset)
        keys = [entry.key for entry in entries]
        async_to_sync(services.expire)(keys)
        LogEntry.objects.log_actions(str(request.user.pk), entries, DELETION, "Expired.")
        CacheEntry.objects.filter(key__in=keys, cold_name=None).delete()  # one whose file could not be deleted stays for the next expiry
        messages.info(request, f"{len(keys)} expired.")

    def has_expire_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.delete_cacheentry")


@admin.register(ProviderDay)
class ProviderDayAdmin(ReadOnly, admin.ModelAdmin[ProviderDay]):
    """The ledgers, under a table of every provider as it is now."""

    list_display = ("provider", "day", "used", "failed")
    list_filter = ("provider",)
    date_hierarchy = "day"
    change_list_template = "admin/search/providers.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # the ledger is what the budget is held against

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        providers = async_to_sync(services.provider_table)()
        return super().changelist_view(request, {**(extra_context or {}), "title": "Providers", "providers": providers})

    def get_urls(self) -> list[URLPattern]:
        close = self.admin_site.admin_view(self.close_circuit)
        return [path("close/<str:name>/", close, name="search_close_circuit"), *super().get_urls()]

    def close_circuit(self, request: HttpRequest, name: str) -> HttpResponseRedirect:
        if request.method == "POST" and request.user.has_perm("search.change_providerday"):
            async_to_sync(services.close_circuit)(name)
            kind = ContentType.objects.get_for_model(ProviderDay)
            who = str(request.user.pk)
            LogEntry.objects.create(
                user_id=who, content_type=kind, object_repr=name[:200], action_flag=CHANGE, change_message="Circuit closed."
            )
            messages.info(request, f"The circuit of {name} is closed; the next search asks it.")
        return redirect("admin:search_providerday_changelist")


class LoadErrorInline(ReadOnly, admin.TabularInline[LoadError, Load]):
    model = LoadError
    extra = 0
    can_delete = False
    max_num = 0
    verbose_name_plural = "bad lines (the first thousand)"


@admin.register(Load)
class LoadAdmin(ReadOnly, admin.ModelAdmin[Load]):
    list_display = ("name", "how", "told_counts", "bad_lines", "read", "took", "started_at")
    fields = ("name", "how", "told_counts", "bad_lines", "lines", "read", "took", "started_at", "ended_at", "fingerprint")
    readonly_fields = fields
    inlines = (LoadErrorInline,)

    class Media:
        css = {"all": ["bookstrack/curation.css"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # where to go on, and what is loaded already, is told by the row

    @admin.display(description="state", ordering="state")
    def how(self, load: Load) -> str:
        return f"{load.state}: {load.error}" if load.error else load.state

    @admin.display(description="text read", ordering="position_bytes")
    def read(self, load: Load) -> str:
        return f"{filesizeformat(load.position_bytes)}, of a file of {filesizeformat(load.size_bytes)}"

    @admin.display(description="took")
    def took(self, load: Load) -> str:
        """From the first beginning to the last end; what lies between the runs of a load that was stopped is in it."""
        return str((load.ended_at or timezone.now()) - load.started_at).split(".")[0]

    @admin.display(description="records")
    def told_counts(self, load: Load) -> str:
        return ", ".join(f"{number:,} {what}" for what, number in load.counts.items() if number)
