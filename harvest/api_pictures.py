"""Foreign pictures over HTTP. Source: spec 02, "Pictures"."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from bookstrack.lib.addresses import MAX_URL_SIGNS
from bookstrack.lib.errors import InvalidQuery
from bookstrack.replies import ErrorReply
from harvest.proxy import image_proxy
from harvest.proxy.picture_reply import TYPE, picture_reply

router = Router(tags=["pictures"])
KEPT_S = 30 * 86_400
_REFUSALS: dict[int, Any] = dict.fromkeys((400, 403, 404, 415, 429, 502, 503, 504), ErrorReply)
_EXAMPLE = {
    "success": False,
    "data": None,
    "error": {
        "code": "FORBIDDEN",
        "message": "Pictures of this host are not fetched.",
        "details": {"field": "url"},
        "retryable": False,
        "statusCode": 403,
    },
    "metadata": {"timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 0.2, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"},
}


class PictureQuery(Schema):
    url: str = Field(description=f"https URL of a picture on a host of the allow-list, at most {MAX_URL_SIGNS:,} characters")
    size: Literal["small", "medium", "large"] = Field("medium", description="box of 128 x 192, 256 x 384 or 512 x 768 px; never enlarged")


@router.get(
    "/images/proxy",
    response={200: None, 304: None, **_REFUSALS},
    summary="A provider's picture, made small",
    openapi_extra={
        "responses": {
            200: {"content": {TYPE: {"schema": {"type": "string", "format": "binary"}}}},
            403: {"content": {"application/json": {"example": _EXAMPLE}}},
        }
    },
)
async def proxied_picture(request: HttpRequest, query: Query[PictureQuery]) -> HttpResponse:
    """A picture of a provider as WebP, decoded and coded anew, for 30 days."""
    unknown = next((name for name in request.GET if name not in PictureQuery.model_fields), None)
    if unknown is not None:  # most likely of a URL that was not quoted: cut there, it names another picture
        told = f"There is no parameter {unknown[:64]}. The URL has to be percent-encoded."
        raise InvalidQuery(told, details={"field": unknown[:64], "known": list(PictureQuery.model_fields)})
    return picture_reply(request, await image_proxy.proxied(query.url, query.size), kept_s=KEPT_S)
