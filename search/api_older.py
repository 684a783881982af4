"""The routes of the older API under /search/: the same searches, in the bare shape that its clients know.

They carry Deprecation (RFC 9745) and Sunset (RFC 8594); errors come in the envelope of /v1/.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from bookstrack import envelope
from bookstrack.lib import trace
from bookstrack.lib.errors import ApiError
from search import api_looks, services
from search.api import ERRORS, documented, headers_of, only_known
from search.author_search import search_author
from search.examples import OLDER_EXAMPLE
from search.older import volumes
from search.schemas_older import OlderAdvanced, OlderIsbn, OlderReply, OlderWords
from search.services import Answer

router = Router(tags=["older routes"])
REPLIES: dict[int, Any] = {200: OlderReply, **ERRORS}
AGED = {"Deprecation": "@1793491200", "Sunset": "Mon, 01 Nov 2027 00:00:00 GMT"}


@router.get("/isbn", response=REPLIES, summary="Search by ISBN (older)", deprecated=True, openapi_extra=documented(OLDER_EXAMPLE))
async def older_isbn(request: HttpRequest, query: Query[OlderIsbn]) -> HttpResponse:
    """As /v1/search/isbn."""
    only_known(request, OlderIsbn)
    return await _reply(lambda: services.looked(api_looks.older_isbn(query)))


@router.get("/title", response=REPLIES, summary="Search by title (older)", deprecated=True, openapi_extra=documented(OLDER_EXAMPLE))
async def older_title(request: HttpRequest, query: Query[OlderWords]) -> HttpResponse:
    """As /v1/search/title."""
    only_known(request, OlderWords)
    return await _reply(lambda: services.looked(api_looks.older_title(query)))


@router.get("/author", response=REPLIES, summary="Search by author (older)", deprecated=True, openapi_extra=documented(OLDER_EXAMPLE))
async def older_author(request: HttpRequest, query: Query[OlderWords]) -> HttpResponse:
    """As /v1/search/author: the first works of the bibliography."""
    only_known(request, OlderWords)
    return await _reply(lambda: search_author(query.q, limit=query.maxResults))


@router.get("/advanced", response=REPLIES, summary="Search by fields (older)", deprecated=True, openapi_extra=documented(OLDER_EXAMPLE))
async def older_advanced(request: HttpRequest, query: Query[OlderAdvanced]) -> HttpResponse:
    """As /v1/search/advanced."""
    only_known(request, OlderAdvanced)
    return await _reply(lambda: services.looked(api_looks.older_fields(query)))


@router.post(
    "/advanced", response=REPLIES, summary="Search by fields (older, JSON)", deprecated=True, openapi_extra=documented(OLDER_EXAMPLE)
)
async def older_advanced_post(request: HttpRequest, query: OlderAdvanced) -> HttpResponse:
    """The same by a JSON body."""
    return await _reply(lambda: services.looked(api_looks.older_fields(query)))


async def _reply(ask: Callable[[], Awaitable[Answer]]) -> HttpResponse:
    try:
        answer = await ask()
    except ApiError as error:
        error.headers |= AGED
        raise
    about = {
        "provider": answer.entry.provider,
        "cached": answer.cache_source is not None,
        "responseTime": round(trace.current().elapsed_ms, 2),
    }
    headers = headers_of(answer) | AGED
    del headers["ETag"]  # it is over other data
    return HttpResponse(orjson.dumps(volumes(answer.data) | about), content_type=envelope.JSON, headers=headers)
