"""Covers that we draw ourselves, for works of the sample catalogue: /covers/drawn/{name}.png."""

from django.http import Http404, HttpRequest, HttpResponse

from bookstrack.lib.db import in_db
from search.cover_art import cover_png
from search.models import Work

KEPT_S = 86_400


async def drawn_cover(request: HttpRequest, name: str) -> HttpResponse:
    """The drawn cover of a sample work; 404 for any other name."""
    if not await in_db(Work.objects.filter(source_id=f"sample:{name}").exists):
        raise Http404
    headers = {"Cache-Control": f"public, max-age={KEPT_S}, immutable"}
    return HttpResponse(cover_png(name), content_type="image/png", headers=headers)
