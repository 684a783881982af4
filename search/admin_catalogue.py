"""The local catalogue in the admin: works, editions and authors are found by any identifier or by words, corrected, and merged."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from search.admin_rows import LISTED, LargeTable, ReadOnly, row_link
from search.catalogue.keys import Letter
from search.curation import comparing, correcting, merging
from search.curation.alone import Refused
from search.curation.finding import keys_found
from search.curation.forms import AuthorForm, EditionForm, WorkForm
from search.models import Author, Authorship, Correction, Edition, Identifier, Work

SHOWN = 50  # rows that hang on one
HELP = (
    "Any identifier (ISBN, OL…W, OL…M, OL…A, goodreads:2767052, lccn:…, oclc:…, ASIN, …) or words of titles and names. "
    f"Without a search the first {LISTED:,} rows are listed."
)


class CatalogueAdmin(LargeTable):
    """Rows of one letter: corrected one by one, merged several at once."""

    letter: ClassVar[Letter]
    search_help_text = HELP
    actions = ("merge",)

    class Media:
        css = {"all": ["bookstrack/curation.css"]}

    def found(self, text: str) -> list[int]:
        return keys_found(self.letter, text)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a load would bring it again

    # -- one
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        correcting.correct(self.letter, obj.pk, form.corrected(), request.user)

    @admin.display(description="corrected")
    def corrections(self, row: Any) -> SafeString | str:
        found = Correction.objects.filter(letter=self.letter, key=row.pk).select_related("by")
        told = ((each.field.replace("_", " "), each.by or "somebody", _shown(each.source_value)) for each in found)
        return format_html_join("", "<p>{} (by {}; the source says: {})</p>", told) or "nothing"

    @admin.display(description="Open Library")
    def openlibrary(self, row: Any) -> SafeString | str:
        kind = {"W": "works", "M": "books", "A": "authors"}[self.letter]
        url = f"https://openlibrary.org/{kind}/{row.openlibrary_id}"
        return format_html('<a href="{}" rel="noreferrer">{}</a>', url, row.openlibrary_id) if row.openlibrary_id else "–"

    # -- several
    @admin.action(description="Merge: they are one and the same", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        keys = [int(key) for key in request.POST.getlist("_selected_action") if key.isascii() and key.isdigit() and len(key) < 20]
        try:
            merging.chosen(self.letter, keys)
        except Refused as refused:
            messages.error(request, str(refused))
            return None
        return redirect(f"{self._url('merge')}?{urlencode({'rows': ','.join(map(str, keys))})}")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", view, name=f"search_{merging.KINDS[self.letter]}_merge"), *super().get_urls()]

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """The rows side by side; a POST merges them."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        keys = _keys((request.POST if request.method == "POST" else request.GET).get("rows", ""))
        try:
            rows = merging.chosen(self.letter, keys)
            if request.method == "POST":
                return self._merged(request, keys)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect(self._url("changelist"))
        kind = merging.KINDS[self.letter]
        context = self.admin_site.each_context(request) | {
            "title": f"Merge {len(rows)} {kind}s", "opts": self.opts, "kind": kind, "rows": rows, "media": self.media,
            "keys": ",".join(map(str, keys)), "facts": comparing.facts_of(self.letter, rows), "doubts": comparing.doubts(self.letter, rows),
        }  # fmt: skip
        return TemplateResponse(request, "admin/search/merge.html", context)

    def _merged(self, request: HttpRequest, keys: Sequence[int]) -> HttpResponse:
        kept = _keys(request.POST.get("kept", ""))
        if len(kept) != 1 or kept[0] not in keys:
            raise Refused("Choose the row that stays.")
        merges = merging.merge(self.letter, kept[0], [key for key in keys if key != kept[0]], request.user)
        row = self.model._default_manager.get(pk=kept[0])
        self.log_change(request, row, f"Merged into it: {'; '.join(merge.gone_name for merge in merges)}.")
        undo = reverse("admin:search_merge_changelist")
        messages.success(request, format_html('“{}” stays. <a href="{}">This can be undone.</a>', merges[0].kept_name, undo))
        return redirect(self._url("change", kept[0]))

    def _url(self, name: str, *args: int) -> str:
        return reverse(f"admin:search_{merging.KINDS[self.letter]}_{name}", args=args)


@admin.register(Work)
class WorkAdmin(CatalogueAdmin):
    letter = "W"
    form = WorkForm
    list_display = ("title", "author_names", "first_year", "original_language", "openlibrary")
    readonly_fields = ("author_names", "other_names", "edition_list", "openlibrary", "source_id", "corrections")
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "first_year", "original_language", "subjects", ("series_name", "series_position"))}),
        ("What belongs to it", {"fields": ("author_names", "other_names", "edition_list")}),
        ("Where it comes from", {"fields": ("openlibrary", "source_id", "corrections")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Work]:
        return super().get_queryset(request).prefetch_related("authors")

    @admin.display(description="authors")
    def author_names(self, work: Work) -> SafeString:
        return format_html_join(", ", "{}", ((row_link("A", author.pk, author.name),) for author in work.authors.all()))

    @admin.display(description="other titles")
    def other_names(self, work: Work) -> str:
        return ", ".join(work.other_titles) or "–"

    @admin.display(description="editions")
    def edition_list(self, work: Work) -> SafeString | str:
        editions = list(work.editions.all()[: SHOWN + 1])
        shown = ((row_link("M", each.pk, _edition_name(each)),) for each in editions[:SHOWN])
        more = "<p>…</p>" if len(editions) > SHOWN else ""
        return format_html("{}" + more, format_html_join("", "<p>{}</p>", shown)) if editions else "none"


@admin.register(Edition)
class EditionAdmin(CatalogueAdmin):
    letter = "M"
    form = EditionForm
    list_display = ("name", "work_link", "publisher", "published", "format", "language", "openlibrary")
    readonly_fields = ("work_link", "identifier_list", "openlibrary", "corrections")
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "isbn", "publisher", "published", "page_count", "format", "language")}),
        ("What belongs to it", {"fields": ("work_link", "identifier_list")}),
        ("Where it comes from", {"fields": ("openlibrary", "corrections")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        return super().get_queryset(request).prefetch_related("work")  # no join: a work may be missing

    @admin.display(description="edition")
    def name(self, edition: Edition) -> str:
        return _edition_name(edition)

    @admin.display(description="work")
    def work_link(self, edition: Edition) -> SafeString | str:
        try:
            return row_link("W", edition.work_id, edition.work.title)
        except Work.DoesNotExist:
            return "not loaded"

    @admin.display(description="identifiers")
    def identifier_list(self, edition: Edition) -> str:
        return ", ".join(map(str, edition.identifiers.all()[:SHOWN])) or "no further ones"


@admin.register(Author)
class AuthorAdmin(CatalogueAdmin):
    letter = "A"
    form = AuthorForm
    list_display = ("name", "birth_year", "death_year", "openlibrary")
    readonly_fields = ("work_list", "openlibrary", "corrections")
    fieldsets = (
        (None, {"fields": ("name", "birth_year", "death_year")}),
        ("What belongs to it", {"fields": ("work_list",)}),
        ("Where it comes from", {"fields": ("openlibrary", "corrections")}),
    )

    @admin.display(description="works")
    def work_list(self, author: Author) -> SafeString | str:
        works = Authorship.objects.filter(author=author).order_by("work_id").values_list("work_id", "work__title")[: SHOWN + 1]
        shown = list(works)
        more = "<p>…</p>" if len(shown) > SHOWN else ""
        return format_html("{}" + more, format_html_join("", "<p>{}</p>", ((row_link("W", *work),) for work in shown[:SHOWN]))) or "none"


@admin.register(Identifier)
class IdentifierAdmin(ReadOnly, LargeTable):
    list_display = ("scheme", "value", "edition_link")
    search_help_text = "Any identifier."
    fields = ("scheme", "value", "edition_link")
    readonly_fields = fields

    def found(self, text: str) -> list[int]:
        return list(Identifier.objects.filter(edition_id__in=keys_found("M", text)).values_list("pk", flat=True))

    @admin.display(description="edition")
    def edition_link(self, identifier: Identifier) -> SafeString:
        return row_link("M", identifier.edition_id, f"edition {identifier.edition_id}")


def _edition_name(edition: Edition) -> str:
    isbn = f"{edition.isbn:013d}" if edition.isbn else ""
    about = ", ".join(filter(None, [edition.publisher, edition.published]))
    return " · ".join(filter(None, [isbn, edition.title, about])) or f"edition {edition.pk}"


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "", []) else str(value)[:200]


def _keys(text: str) -> list[int]:
    """Primary keys as an address has them; whatever is none is a page that is not there."""
    if len(text) > 300:
        raise Http404
    parts = text.split(",") if text else []
    if not all(part.isascii() and part.isdigit() and len(part) < 20 and int(part) < 2**63 for part in parts):
        raise Http404
    return [int(part) for part in parts]
