"""Scans in the admin: each photo with its boxes, what engines saw on it, how long that took and what it cost."""

from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scanning import photo_store, scans, uploads
from scanning.models import ScanPhoto

THUMBNAIL_PX = 160
PAGE_PX = 1_600
ID_CHARS = 12


@admin.register(ScanPhoto)
class ScanPhotoAdmin(admin.ModelAdmin[ScanPhoto]):
    list_display = (
        "thumbnail", "scan", "number", "state", "found", "maybe", "unreadable", "engine_names", "tokens", "cost", "took", "created_at",
        "expires_at",
    )  # fmt: skip
    list_display_links = ("thumbnail", "number")
    list_filter = ("state", ("created_at", admin.DateFieldListFilter))
    search_fields = ("^job_id",)
    list_per_page = 25
    show_full_result_count = False
    change_form_template = "admin/scanning/photo.html"
    fields = ("job_id", "index", "state", "size", "quality", "tokens", "cost", "took", "created_at", "expires_at")

    class Media:
        css = {"all": ["bookstrack/scans_admin.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScanPhoto | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ScanPhoto | None = None) -> bool:
        return False  # the picture would stay: a cancel and the expiry delete both

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScanPhoto]:
        return super().get_queryset(request).defer("books")

    @admin.display(description="photo")
    def thumbnail(self, photo: ScanPhoto) -> SafeString | str:
        if not photo.file:
            return "no picture"
        address = reverse("admin:scanning_scanphoto_picture", args=[photo.pk])
        return format_html(
            '<img src="{}?side={}" alt="Photo {} of a scan" loading="lazy" class="scan-thumbnail">', address, THUMBNAIL_PX, photo.index + 1
        )

    @admin.display(description="photo no.", ordering="index")
    def number(self, photo: ScanPhoto) -> int:
        return photo.index + 1

    @admin.display(description="scan", ordering="job_id")
    def scan(self, photo: ScanPhoto) -> SafeString:
        return _scan_link(photo.job_id, photo.job_id[:ID_CHARS])

    @admin.display(description="engines")
    def engine_names(self, photo: ScanPhoto) -> str:
        return ", ".join(f"{one['engine']}{' (failed)' if one.get('error') else ''}" for one in photo.engines) or "–"

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, photo: ScanPhoto) -> str:
        return "–" if photo.cost_usd is None else f"${photo.cost_usd:.4f}"

    @admin.display(description="took", ordering="seconds")
    def took(self, photo: ScanPhoto) -> str:
        return "–" if photo.seconds is None else f"{photo.seconds:.1f} s"

    @admin.display(description="size")
    def size(self, photo: ScanPhoto) -> str:
        return f"{photo.width} × {photo.height} px, {photo.size_bytes / 1e6:.1f} MB" if photo.file else "–"

    # -- one
    def get_urls(self) -> list[URLPattern]:
        own = path("<int:key>/picture", self.admin_site.admin_view(self.picture), name="scanning_scanphoto_picture")
        return [own, *super().get_urls()]

    def picture(self, request: HttpRequest, key: int) -> HttpResponse:
        """The photo, for staff who may see scans."""
        row = ScanPhoto.objects.filter(pk=key).first() if self.has_view_permission(request) else None
        try:
            jpeg = photo_store.picture(row) if row else None
        except (uploads.Gone, OSError):
            jpeg = None
        if row is None or jpeg is None:
            raise Http404
        side = THUMBNAIL_PX if request.GET.get("side") == str(THUMBNAIL_PX) else PAGE_PX
        shown = async_to_sync(scans.smaller)(jpeg, max(row.width, row.height), side)
        return HttpResponse(shown, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        photo = ScanPhoto.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        context = context_of(photo) if photo is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})


def context_of(photo: ScanPhoto) -> dict[str, Any]:
    """What the page of a photo shows beside its fields: the picture with boxes, its books, what each engine did."""
    books = [{**book, "number": number, "rectangle": _rectangle(book["boundingBox"], photo)} for number, book in enumerate(photo.books, 1)]
    facts = [{name: value for name, value in one.items() if name not in ("engine", "error")} for one in photo.engines]
    engines = [{**one, "facts": fact} for one, fact in zip(photo.engines, facts, strict=True)]
    return {"photo": photo, "books": books, "engines": engines, "side": PAGE_PX, "job_link": _scan_link(photo.job_id, photo.job_id)}


def _scan_link(job_id: str, shown: str) -> SafeString:
    """A link to the scan's job, which is gone sooner than its photos."""
    return format_html('<a href="{}" title="{}">{}</a>', reverse("admin:jobs_job_change", args=[quote(job_id)]), job_id, shown)


def _rectangle(box: dict[str, float], photo: ScanPhoto) -> dict[str, int]:
    """In pixels of the kept picture, as SVG wants it."""
    return {
        "x": round(box["x"] * photo.width),
        "y": round(box["y"] * photo.height),
        "width": round(box["width"] * photo.width),
        "height": round(box["height"] * photo.height),
    }
