"""The search routes under /v1/: query in, one service call, envelope out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from bookstrack import envelope
from bookstrack.lib import trace
from bookstrack.lib.errors import InvalidQuery
from bookstrack.replies import ErrorReply
from search import services
from search.examples import SEARCH_EXAMPLE
from search.normalisers.text import clean_line
from search.schemas import AdvancedQuery, IsbnQuery, SearchReply, TitleQuery, WordsQuery
from search.services import Answer

router = Router(tags=["search"])
REPLIES: dict[int, Any] = {
    200: SearchReply, 400: ErrorReply, 429: ErrorReply, 502: ErrorReply, 503: ErrorReply, 504: ErrorReply,
}  # fmt: skip
FRESH_S = 300  # how long a client may keep a whole answer


def _only_known(request: HttpRequest, query: type[Schema]) -> None:
    """Raises: InvalidQuery for a parameter that the route does not know: a misspelt one must not be ignored in silence."""
    unknown = next((name for name in request.GET if name not in query.model_fields), None)
    if unknown is not None:
        field = clean_line(unknown)[:60]
        raise InvalidQuery(f"There is no parameter {field}.", details={"field": field, "known": list(query.model_fields)})


def _documented(**more: Any) -> dict[str, Any]:
    return {"responses": {200: {"content": {"application/json": {"example": SEARCH_EXAMPLE}}}}, **more}


@router.get("/search/isbn", response=REPLIES, summary="Search by ISBN", openapi_extra=_documented())
async def search_isbn(request: HttpRequest, query: Query[IsbnQuery]) -> HttpResponse:
    """The edition of an ISBN, in any spelling, merged over all providers."""
    _only_known(request, IsbnQuery)
    return reply(request, await services.search_isbn(query.isbn, min_match=query.minMatch))


@router.get("/search/title", response=REPLIES, summary="Search by title", openapi_extra=_documented())
async def search_title(request: HttpRequest, query: Query[TitleQuery]) -> HttpResponse:
    """Works whose title has these words, in any script."""
    _only_known(request, TitleQuery)
    answer = await services.search_title(
        query.q or query.title,
        limit=query.maxResults or query.limit,
        offset=query.offset,
        lang=query.lang,
        min_match=query.minMatch,
    )
    return reply(request, answer)


@router.get("/search/advanced", response=REPLIES, summary="Search by title and author", openapi_extra=_documented())
async def search_advanced(request: HttpRequest, query: Query[AdvancedQuery]) -> HttpResponse:
    """Works by title and author, or one of them; an ISBN decides alone."""
    _only_known(request, AdvancedQuery)
    return await _advanced(request, query)


@router.post(
    "/search/advanced",
    response=REPLIES,
    summary="Search by title and author (JSON)",
    openapi_extra=_documented(),
)
async def search_advanced_post(request: HttpRequest, query: AdvancedQuery) -> HttpResponse:
    """The same by a JSON body."""
    return await _advanced(request, query)


async def _advanced(request: HttpRequest, query: AdvancedQuery) -> HttpResponse:
    answer = await services.search_advanced(
        title=query.title,
        author=query.author,
        isbn=query.isbn,
        limit=query.limit,
        offset=query.offset,
        lang=query.lang,
        min_match=query.minMatch,
    )
    return reply(request, answer)


@router.get("/search", response=REPLIES, summary="Search by anything", openapi_extra=_documented())
async def search_any(request: HttpRequest, query: Query[WordsQuery]) -> HttpResponse:
    """One box: an ISBN, a title, an author, or title and author; `data.detected` says what it was taken for."""
    _only_known(request, WordsQuery)
    answer = await services.search_any(query.q, limit=query.limit, offset=query.offset, lang=query.lang, min_match=query.minMatch)
    return reply(request, answer)


def reply(request: HttpRequest, answer: Answer) -> HttpResponse:
    """The envelope of a search with its headers; 304 where the client has this very answer."""
    headers = _headers(answer)
    tag = headers["ETag"]
    if tag in [given.strip() for given in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponse(status=304, headers=headers)
    data = answer.entry.data if answer.plain else answer.data
    return envelope.success(data, metadata=answer.metadata, headers=headers)


def _headers(answer: Answer) -> dict[str, str]:
    entry = answer.entry
    state = "STALE" if answer.stale_because else "HIT" if answer.cache_source else "MISS"
    whole = not entry.degraded and not answer.stale_because
    headers = {
        "ETag": entry.etag if answer.plain else _tag_of_variant(answer),
        "Cache-Control": f"public, max-age={max(0, min(FRESH_S, int(entry.left_s)))}" if whole else "no-cache",
        "X-Cache": state,
        "X-Cache-Status": f"{state.lower()}-{answer.cache_source}" if answer.cache_source else state.lower(),
        "X-Provider": entry.provider,
        "X-Response-Time": f"{trace.current().elapsed_ms:.1f}ms",
        "X-Image-Quality": entry.image_quality,
        "X-Data-Completeness": str(entry.completeness),
    }
    if answer.cache_source:
        headers["X-Cache-Age"] = str(int(entry.age_s))
    return headers


def _tag_of_variant(answer: Answer) -> str:
    detected = answer.detected["kind"] if answer.detected else ""
    floor = answer.min_match.value if answer.min_match else ""
    return f'{answer.entry.etag[:-1]}.{detected}.{floor}"'
