"""GET /covers/{isbn}/{size}.webp: covers that were harvested, for a year; and what is drawn in their place on request.

Source: spec 02, "Pictures".
"""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from bookstrack.lib.byte_cache import ByteCache
from bookstrack.lib.errors import BadInput, NotFound, Unavailable
from bookstrack.lib.object_store import StorageAway
from bookstrack.replies import ErrorReply
from harvest import conf
from harvest.cover_store import cover_serving
from harvest.proxy.picture_reply import TYPE, Shown, picture_reply
from scanning.services import Unreadable, drawn_placeholder
from search import services as search

router = Router(tags=["pictures"])
KEPT_S = 31_536_000
DRAWN_S = 300
RETRY_MS = 5_000
DRAWN_BYTES = 2 * 2**20
_drawn: ByteCache[bytes] = ByteCache(DRAWN_BYTES)
_REFUSALS: dict[int, Any] = dict.fromkeys((400, 404, 429, 503), ErrorReply)
_EXAMPLE = {
    "success": False,
    "data": None,
    "error": {
        "code": "NOT_FOUND",
        "message": "No cover of this book was harvested.",
        "details": {"isbn": "9780306406157"},
        "retryable": False,
        "statusCode": 404,
    },
    "metadata": {"timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 0.2, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"},
}


class CoverQuery(Schema):
    model_config = ConfigDict(extra="ignore")

    placeholder: bool = Field(False, description="1: where there is no cover, one is drawn, with the title on it", examples=[True])
    v: str = Field("", max_length=64, description="the version of the cover: makes addresses differ", examples=["9f2c4a51d0b7e863"])


@router.get(
    "/covers/{isbn}/{size}.webp",
    response={200: None, 304: None, **_REFUSALS},
    summary="A cover that was harvested: small within 128 x 192 px, medium 256 x 384, large 512 x 768",
    openapi_extra={
        "responses": {
            200: {"content": {TYPE: {"schema": {"type": "string", "format": "binary"}}}},
            404: {"content": {"application/json": {"example": _EXAMPLE}}},
        }
    },
)
async def cover(request: HttpRequest, isbn: str, size: str, query: Query[CoverQuery]) -> HttpResponse:
    """`isbn` in any spelling that a path holds, ISBN-10 as well. 404 where no cover of it was harvested."""
    if size not in conf.SIZES:
        raise BadInput("There is no such size.", details={"field": "size", "known": list(conf.SIZES)})
    isbn13 = search.isbn_of(isbn).isbn13
    found = cover_serving.served_at_once(isbn13, size) or await _served(isbn13, size)
    if found is not None:
        return picture_reply(request, found, kept_s=KEPT_S)
    if query.placeholder:
        reply = picture_reply(request, await _placeholder(isbn13, size), kept_s=DRAWN_S)
        reply.headers["Cache-Control"] = f"public, max-age={DRAWN_S}"  # it gives way to a cover
        return reply
    raise NotFound("No cover of this book was harvested.", details={"isbn": isbn13}, headers={"Cache-Control": "no-cache"})


async def _served(isbn13: str, size: str) -> Shown | None:
    try:
        return await cover_serving.served(isbn13, size)
    except StorageAway:  # which says nothing about whether there is one
        raise Unavailable("The covers cannot be read just now.", retry_after_ms=RETRY_MS, headers={"Retry-After": "5"}) from None


async def _placeholder(isbn13: str, size: str) -> Shown:
    title, author = await search.title_and_author(isbn13)
    name = hashlib.sha256("\x1f".join((isbn13, size, title, author)).encode("utf-8", "replace")).hexdigest()[:24]
    data = _drawn.get(name)
    if data is None:
        try:
            data = await drawn_placeholder(title, author, isbn13, conf.SIZES[size])
        except Unreadable:
            raise Unavailable("No placeholder can be drawn just now.", retry_after_ms=RETRY_MS, headers={"Retry-After": "5"}) from None
        _drawn.put(name, data, len(data))
    return Shown(data, f'"drawn-{name}"')
