"""What staff see of search: cached answers, providers with circuit and budget, the local catalogue."""

import json
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html

from search import services
from search.models import Author, CacheEntry, Edition, Identifier, Load, LoadError, ProviderDay, Work


class ReadOnly:
    """Rows that the system writes and people only look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
    list_display = ("label", "kind", "found", "providers", "quality", "size", "hits", "created_at", "expires_at")
    list_filter = (Freshness, "kind", "tier")
    search_fields = ("key", "label")
    readonly_fields = ("answer",)
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
        keys = list(queryset.values_list("key", flat=True))
        async_to_sync(services.expire)(keys)
        queryset.delete()
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
            messages.info(request, f"The circuit of {name} is closed; the next search asks it.")
        return redirect("admin:search_providerday_changelist")


class EditionInline(ReadOnly, admin.TabularInline[Edition, Work]):
    model = Edition
    extra = 0
    can_delete = False
    readonly_fields = ("isbns",)

    @admin.display(description="ISBN")
    def isbns(self, edition: Edition) -> str:
        further = edition.identifiers.filter(scheme=Identifier.Scheme.ISBN).values_list("value", flat=True)
        return ", ".join([*([f"{edition.isbn:013d}"] if edition.isbn else []), *further])


@admin.register(Work)
class WorkAdmin(ReadOnly, admin.ModelAdmin[Work]):
    list_display = ("title", "author_names", "first_year", "original_language", "source_id")
    list_filter = ("original_language",)
    search_fields = ("title", "title_words", "author_words", "editions__identifiers__value")
    inlines = (EditionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Work]:
        return super().get_queryset(request).prefetch_related("authors")

    @admin.display(description="authors")
    def author_names(self, work: Work) -> str:
        return ", ".join(author.name for author in work.authors.all())


@admin.register(Author)
class AuthorAdmin(ReadOnly, admin.ModelAdmin[Author]):
    list_display = ("name", "birth_year", "death_year")
    search_fields = ("name", "name_key")


@admin.register(Identifier)
class IdentifierAdmin(ReadOnly, admin.ModelAdmin[Identifier]):
    list_display = ("scheme", "value", "edition")
    search_fields = ("value",)
    list_select_related = ("edition__work",)


class LoadErrorInline(ReadOnly, admin.TabularInline[LoadError, Load]):
    model = LoadError
    extra = 0
    can_delete = False
    max_num = 0
    verbose_name_plural = "bad lines (the first thousand)"


@admin.register(Load)
class LoadAdmin(ReadOnly, admin.ModelAdmin[Load]):
    list_display = ("name", "state", "lines", "bad_lines", "told_counts", "started_at", "ended_at", "error")
    list_filter = ("state",)
    inlines = (LoadErrorInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # where to go on, and what is loaded already, is told by the row

    @admin.display(description="records")
    def told_counts(self, load: Load) -> str:
        return ", ".join(f"{number:,} {what}" for what, number in load.counts.items() if number)
