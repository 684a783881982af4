"""Covers in the admin: what is kept and why, and two buttons for each: it is no cover, harvest it again. And pictures that are none."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookstrack.lib.errors import ApiError
from bookstrack.lib.object_store import StorageAway
from harvest import services
from harvest.admin_rows import FirstPages, LargeTable, noted
from harvest.cover_search.asking import LABELS
from harvest.cover_store import cover_rows, covers
from harvest.models import Cover, NoCover
from search.identifiers import find_isbn

NAMED = 20  # books whose history tells that their cover was withdrawn with another's


class _Source(admin.SimpleListFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Cover]) -> QuerySet[Cover]:
        return queryset.filter(source=self.value()) if self.value() else queryset


@admin.register(Cover)
class CoverAdmin(LargeTable):
    list_display = ("picture", "isbn", "buttons", "source_", "score_", "why", "kept_at", "state")
    list_display_links = ("isbn",)
    list_filter = ("state", _Source, ("kept_at", admin.DateFieldListFilter))
    search_fields = ("isbn",)
    search_help_text = "An ISBN."
    ordering = ("-kept_at",)
    actions = ("no_cover", "again", "refuse")
    fields = (
        "large_picture", "isbn", "state", "source_", "source_url", "size", "bytes_", "score_", "why", "likeness", "version",
        "kept_at", "checked_at", "retry_at",
    )  # fmt: skip
    readonly_fields = fields

    class Media:
        css = {"all": ["bookstrack/jobs_admin.css"]}
        js = ["bookstrack/jobs_admin.js"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and not request.GET:  # the newest first, which books without a cover are not among
            return redirect(f"{request.path}?state__exact={Cover.State.KEPT}")
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Cover], search_term: str) -> tuple[QuerySet[Cover], bool]:
        if not search_term.strip():
            return queryset, False
        found = find_isbn(search_term)
        return queryset.filter(pk=found.isbn13 if found else ""), False

    def get_list_display(self, request: HttpRequest) -> Any:
        return [name for name in self.list_display if name != "buttons" or self.has_judge_permission(request)]

    @admin.display(description="")
    def picture(self, cover: Cover) -> SafeString | str:
        return self._image(cover, "small", 48, 72)

    @admin.display(description="cover")
    def large_picture(self, cover: Cover) -> SafeString | str:
        return self._image(cover, "medium", 256, 384)

    @admin.display(description="source")
    def source_(self, cover: Cover) -> str:
        return LABELS.get(cover.source, cover.source) or "–"

    @admin.display(description="original")
    def size(self, cover: Cover) -> str:
        return f"{cover.width} × {cover.height}" if cover.state == Cover.State.KEPT else "–"

    @admin.display(description="bytes")
    def bytes_(self, cover: Cover) -> str:
        return f"{cover.stored_bytes:,} in three sizes, of {cover.original_bytes:,} ({cover.original_type})" if cover.stored_bytes else "–"

    @admin.display(description="score")
    def score_(self, cover: Cover) -> str:
        return f"{cover.score:.2f}" if cover.state == Cover.State.KEPT else "–"

    @admin.display(description="why")
    def why(self, cover: Cover) -> str:
        return "; ".join(map(str, cover.reasons)) or "–"

    @admin.display(description="")
    def buttons(self, cover: Cover) -> SafeString:
        """They send the list's own form, whose CSRF token they need."""
        no_cover, again = (reverse(f"admin:harvest_cover_{name}", args=[cover.pk]) for name in ("no_cover", "again"))
        button = '<button type="submit" class="button" formaction="{}"{}>{}</button> '
        told = format_html(button, again, "", "Harvest again")
        if cover.state != Cover.State.KEPT:
            return told
        ask = format_html(' data-confirm="{}"', "Withdraw this picture, and all that look so?")
        return format_html("{}<br>{}", format_html(button, no_cover, ask, "This is no cover"), told)

    def _image(self, cover: Cover, size: str, width: int, height: int) -> SafeString | str:
        if cover.state != Cover.State.KEPT:
            return "–"
        told = '<img src="/covers/{}/{}.webp?v={}" width="{}" height="{}" alt="Cover of {}" loading="lazy" class="thumbnail">'
        fitted = min(width / max(1, cover.width), height / max(1, cover.height))
        shown = round(cover.width * fitted), round(cover.height * fitted)
        return format_html(told, cover.isbn, size, cover.version, *shown, cover.isbn)

    # -- who may
    def has_judge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["harvest.change_cover", "harvest.add_nocover"])

    # -- many
    @admin.action(description="This is no cover: withdraw it, and all that look so", permissions=["judge"])
    def no_cover(self, request: HttpRequest, queryset: QuerySet[Cover]) -> None:
        for cover in queryset.filter(state=Cover.State.KEPT):
            self._unmasked(request, cover)

    @admin.action(description="Harvest again", permissions=["judge"])
    def again(self, request: HttpRequest, queryset: QuerySet[Cover]) -> None:
        self._asked_again(request, list(queryset))

    @admin.action(description="Withdraw, and never keep a cover for this book", permissions=["judge"])
    def refuse(self, request: HttpRequest, queryset: QuerySet[Cover]) -> None:
        chosen = list(queryset)
        if self._withdrawn(request, [cover.isbn for cover in chosen], "staff want no cover for this book", Cover.State.REFUSED):
            for cover in chosen:
                noted(request, cover, "No cover is kept for this book.")
            messages.info(request, f"{len(chosen)} books get no cover.")

    # -- one
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<str:pk>/no-cover/", view(self.no_cover_one), name="harvest_cover_no_cover"),
            path("<str:pk>/again/", view(self.again_one), name="harvest_cover_again"),
            *super().get_urls(),
        ]

    def no_cover_one(self, request: HttpRequest, pk: str) -> HttpResponse:
        """One click: this picture is no cover."""
        return self._of_one(request, pk, lambda cover: self._unmasked(request, cover))

    def again_one(self, request: HttpRequest, pk: str) -> HttpResponse:
        """One click: ask the sources about this book again."""
        return self._of_one(request, pk, lambda cover: self._asked_again(request, [cover]))

    def _of_one(self, request: HttpRequest, pk: str, do: Any) -> HttpResponse:
        if not self.has_judge_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        do(get_object_or_404(Cover, pk=pk))
        return redirect("admin:harvest_cover_changelist")

    def _unmasked(self, request: HttpRequest, cover: Cover) -> None:
        if not cover.likeness:
            messages.warning(request, f"{cover.isbn} has no picture.")
            return
        added = {"note": f"as on {cover.isbn}", "example_url": cover.source_url, "added_by": request.user}
        listed, _ = NoCover.objects.get_or_create(likeness=cover.likeness, defaults=added)
        noted(request, listed, f"Said to be no cover, as on {cover.isbn}.")
        alike = list(dict.fromkeys([cover.isbn, *async_to_sync(covers.alike)(cover.likeness)]))
        if self._withdrawn(request, alike, "staff say that this picture is no cover", Cover.State.NONE):
            for gone in Cover.objects.filter(pk__in=alike[:NAMED]):
                noted(request, gone, "Withdrawn: its picture is no cover.")
            messages.info(request, f"Withdrawn from {len(alike)} book{'s' if len(alike) > 1 else ''}; it is not kept again.")

    def _withdrawn(self, request: HttpRequest, isbns: Sequence[str], why: str, state: str) -> bool:
        try:
            async_to_sync(covers.withdraw)(isbns, why, state=state)
        except StorageAway:
            messages.error(request, "Redis or the storage does not answer: not everything was withdrawn, or its files deleted. Try again.")
            return False
        return True

    def _asked_again(self, request: HttpRequest, chosen: Sequence[Cover]) -> None:
        isbns = [cover.isbn for cover in chosen]
        cover_rows.harvest_again(isbns)
        for cover in chosen:
            noted(request, cover, "Harvested again.")
        try:
            started = async_to_sync(services.start_harvest)(isbns=isbns, asked_by=str(request.user))
        except ApiError as error:
            messages.warning(request, f"{error.message} The next harvest asks about them.")
        else:
            messages.info(request, f"A harvest of {started.job.total_count} has begun. What is kept is shown until there is a better one.")


@admin.register(NoCover)
class NoCoverAdmin(admin.ModelAdmin[NoCover]):
    """What is taken off the list may be kept again."""

    list_display = ("example", "likeness", "note", "added_by", "added_at")
    list_display_links = ("likeness",)
    list_select_related = ("added_by",)
    search_fields = ("likeness", "note")
    paginator = FirstPages
    show_full_result_count = False
    list_per_page = 50
    fields = ("example", "likeness", "note", "example_url", "added_by", "added_at")
    readonly_fields = ("example", "likeness", "added_by", "added_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a likeness is measured, not typed: by the button at a cover

    @admin.display(description="example")
    def example(self, picture: NoCover) -> SafeString | str:
        if not picture.example_url:
            return "–"
        told = '<img src="/images/proxy?size=small&amp;url={}" width="48" alt="{}" loading="lazy" class="thumbnail">'
        return format_html(told, quote_plus(picture.example_url), picture)
