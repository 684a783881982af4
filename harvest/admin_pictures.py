"""Pictures of the image proxy in the admin: where they came from and what they take."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from harvest.admin_rows import LargeTable
from harvest.models import ProxiedPicture


@admin.register(ProxiedPicture)
class ProxiedPictureAdmin(LargeTable):
    list_display = ("picture", "host", "url", "original", "stored", "created_at", "last_used_at")
    list_display_links = ("url",)
    list_filter = (("created_at", admin.DateFieldListFilter),)
    search_fields = ("=url", "=host")
    search_help_text = "A whole address, or a host."
    ordering = ("-created_at",)
    fields = ("picture", "url", "host", "original", "stored", "sizes", "digest", "created_at", "last_used_at")
    readonly_fields = fields

    @admin.display(description="picture")
    def picture(self, row: ProxiedPicture) -> SafeString:
        address = f"/images/proxy?{urlencode({'url': row.url, 'size': 'small'})}"
        return format_html('<img src="{}" alt="" height="72" loading="lazy">', address)

    @admin.display(description="original", ordering="original_bytes")
    def original(self, row: ProxiedPicture) -> str:
        return filesizeformat(row.original_bytes)

    @admin.display(description="three sizes", ordering="stored_bytes")
    def stored(self, row: ProxiedPicture) -> str:
        return filesizeformat(row.stored_bytes)
