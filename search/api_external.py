"""One provider alone under /external/: what it says, normalised and bare, for comparing providers."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from bookstrack import envelope
from search import one_provider
from search.api import ERRORS, documented, headers_of, only_known
from search.examples import EXTERNAL_EXAMPLE
from search.providers import google_books, isbndb, openlibrary
from search.schemas_older import ExternalAuthor, ExternalEditions, ExternalIsbn, ExternalReply, OlderWords
from search.services import Answer

router = Router(tags=["one provider"])
REPLIES: dict[int, Any] = {200: ExternalReply, **ERRORS}
EXAMPLE = documented(EXTERNAL_EXAMPLE)


@router.get("/google-books", response=REPLIES, summary="Google Books by words", openapi_extra=EXAMPLE)
async def google_words(request: HttpRequest, query: Query[OlderWords]) -> HttpResponse:
    """What Google Books finds."""
    only_known(request, OlderWords)
    return _reply(google_books.NAME, await one_provider.by_words(google_books.NAME, query.q, limit=query.maxResults))


@router.get("/google-books-isbn", response=REPLIES, summary="Google Books by ISBN", openapi_extra=EXAMPLE)
async def google_isbn(request: HttpRequest, query: Query[ExternalIsbn]) -> HttpResponse:
    """Google Books' volume of an ISBN."""
    only_known(request, ExternalIsbn)
    return _reply(google_books.NAME, await one_provider.by_isbn(google_books.NAME, query.isbn))


@router.get("/openlibrary", response=REPLIES, summary="Open Library by words", openapi_extra=EXAMPLE)
async def openlibrary_words(request: HttpRequest, query: Query[OlderWords]) -> HttpResponse:
    """What Open Library finds."""
    only_known(request, OlderWords)
    return _reply(openlibrary.NAME, await one_provider.by_words(openlibrary.NAME, query.q, limit=query.maxResults))


@router.get("/openlibrary-author", response=REPLIES, summary="Open Library by author", openapi_extra=EXAMPLE)
async def openlibrary_author(request: HttpRequest, query: Query[ExternalAuthor]) -> HttpResponse:
    """Works of an author by Open Library."""
    only_known(request, ExternalAuthor)
    return _reply(openlibrary.NAME, await one_provider.by_author(openlibrary.NAME, query.author, limit=query.maxResults))


@router.get("/isbndb", response=REPLIES, summary="ISBNdb by words", openapi_extra=EXAMPLE)
async def isbndb_words(request: HttpRequest, query: Query[OlderWords]) -> HttpResponse:
    """What ISBNdb finds."""
    only_known(request, OlderWords)
    return _reply(isbndb.NAME, await one_provider.by_words(isbndb.NAME, query.q, limit=query.maxResults))


@router.get("/isbndb-editions", response=REPLIES, summary="ISBNdb's editions of a title", openapi_extra=EXAMPLE)
async def isbndb_editions(request: HttpRequest, query: Query[ExternalEditions]) -> HttpResponse:
    """ISBNdb's editions by title and author."""
    only_known(request, ExternalEditions)
    found = await one_provider.by_title(isbndb.NAME, query.title, query.author, limit=query.maxResults)
    return _reply(isbndb.NAME, found)


@router.get("/isbndb-isbn", response=REPLIES, summary="ISBNdb by ISBN", openapi_extra=EXAMPLE)
async def isbndb_isbn(request: HttpRequest, query: Query[ExternalIsbn]) -> HttpResponse:
    """ISBNdb's edition of an ISBN."""
    only_known(request, ExternalIsbn)
    return _reply(isbndb.NAME, await one_provider.by_isbn(isbndb.NAME, query.isbn))


def _reply(provider: str, answer: Answer) -> HttpResponse:
    """Bare: `{works, editions, authors, provider, cached}`."""
    body = {name: answer.data[name] for name in ("works", "editions", "authors")}
    body |= {"provider": provider, "cached": answer.cache_source is not None}
    headers = headers_of(answer)
    del headers["ETag"]  # it is over other data
    return HttpResponse(orjson.dumps(body), content_type=envelope.JSON, headers=headers)
