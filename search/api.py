"""The search routes under /v1/: query in, one service call, envelope out."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from bookstrack import envelope
from bookstrack.lib import trace
from bookstrack.lib.errors import InvalidQuery
from bookstrack.lib.etags import names_tag
from bookstrack.replies import ErrorReply
from search import api_looks, services
from search.author_search import search_author
from search.edition_search import search_editions
from search.entry import Entry
from search.examples import AUTHOR_EXAMPLE, SEARCH_EXAMPLE
from search.normalisers.text import clean_line
from search.schemas import AdvancedQuery, AuthorQuery, EditionsQuery, IsbnQuery, PagedReply, SearchReply, TitleQuery, WordsQuery
from search.services import Answer

router = Router(tags=["search"])
ERRORS: dict[int, Any] = {400: ErrorReply, 429: ErrorReply, 502: ErrorReply, 503: ErrorReply, 504: ErrorReply}
REPLIES: dict[int, Any] = {200: SearchReply, **ERRORS}
FRESH_S = 300  # how long a client may keep a whole answer


def only_known(request: HttpRequest, query: type[Schema]) -> None:
    """Raises: InvalidQuery for a parameter that the route does not know: a misspelt one must not be ignored in silence."""
    unknown = next((name for name in request.GET if name not in query.model_fields), None)
    if unknown is not None:
        field = clean_line(unknown)[:60]
        raise InvalidQuery(f"There is no parameter {field}.", details={"field": field, "known": list(query.model_fields)})


def documented(example: dict[str, Any] = SEARCH_EXAMPLE) -> dict[str, Any]:
    """What a route adds to the OpenAPI document: an example of its answer."""
    return {"responses": {200: {"content": {"application/json": {"example": example}}}}}


@router.get("/search/isbn", response=REPLIES, summary="Search by ISBN", openapi_extra=documented())
async def search_isbn(request: HttpRequest, query: Query[IsbnQuery]) -> HttpResponse:
    """The edition of an ISBN, in any spelling, merged over all providers."""
    only_known(request, IsbnQuery)
    return reply(request, await services.looked(api_looks.isbn(query)))


@router.get("/search/title", response=REPLIES, summary="Search by title", openapi_extra=documented())
async def search_title(request: HttpRequest, query: Query[TitleQuery]) -> HttpResponse:
    """Works whose title has these words, in any script."""
    only_known(request, TitleQuery)
    return reply(request, await services.looked(api_looks.title(query)))


@router.get("/search/advanced", response=REPLIES, summary="Search by title and author", openapi_extra=documented())
async def search_advanced(request: HttpRequest, query: Query[AdvancedQuery]) -> HttpResponse:
    """Works by title and author, or one of them; an ISBN decides alone."""
    only_known(request, AdvancedQuery)
    return reply(request, await services.looked(api_looks.fields(query)))


@router.post(
    "/search/advanced",
    response=REPLIES,
    summary="Search by title and author (JSON)",
    openapi_extra=documented(),
)
async def search_advanced_post(request: HttpRequest, query: AdvancedQuery) -> HttpResponse:
    """The same by a JSON body."""
    return reply(request, await services.looked(api_looks.fields(query)))


@router.get(
    "/search/author",
    response={200: PagedReply, **ERRORS},
    summary="All that an author wrote",
    openapi_extra=documented(AUTHOR_EXAMPLE),
)
async def search_author_works(request: HttpRequest, query: Query[AuthorQuery]) -> HttpResponse:
    """An author's whole bibliography, page by page: every work that any provider lists, each once.

    People of one name are told apart by their ids: the answer is about one of them. Open Library's id says which.
    """
    only_known(request, AuthorQuery)
    name = query.q or query.author
    answer = await search_author(name, limit=query.limit, offset=query.offset, sort=query.sortBy, min_match=query.minMatch)
    return reply(request, answer)


@router.get("/editions/search", response=REPLIES, summary="The editions of a work", openapi_extra=documented())
async def search_editions_of_work(request: HttpRequest, query: Query[EditionsQuery]) -> HttpResponse:
    """Editions by the work's title and author, each ISBN once; `works[i]` is the work of `editions[i]`."""
    only_known(request, EditionsQuery)
    return reply(request, await search_editions(query.workTitle, query.author, limit=query.limit))


@router.get("/search", response=REPLIES, summary="Search by anything", openapi_extra=documented())
async def search_any(request: HttpRequest, query: Query[WordsQuery]) -> HttpResponse:
    """One box: an ISBN, a title, an author, or title and author; `data.detected` says what it was taken for."""
    only_known(request, WordsQuery)
    return reply(request, await services.looked(api_looks.anything(query)))


def reply(request: HttpRequest, answer: Answer) -> HttpResponse:
    """The envelope of a search with its headers; 304 where the client has this very answer."""
    headers = headers_of(answer)
    if names_tag(request.headers.get("If-None-Match"), headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    data = answer.entry.data if answer.plain else answer.data
    return envelope.success(data, metadata=answer.metadata, headers=headers)


def headers_of(answer: Answer) -> dict[str, str]:
    """What the headers say of an answer: how fresh, by whom, how good."""
    entry = answer.entry
    state = "STALE" if answer.stale_because else "HIT" if answer.cache_source else "MISS"
    headers = {
        "ETag": answer.etag,
        "Cache-Control": "no-cache" if answer.stale_because else fresh_for(entry),
        "Vary": "Accept-Encoding",  # of the fast lane's replies
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


def fresh_for(entry: Entry) -> str:
    """Cache-Control of an answer: how long a client may keep it; one that is not whole has to be asked for again."""
    return "no-cache" if entry.degraded else f"public, max-age={max(0, min(FRESH_S, int(entry.left_s)))}"
