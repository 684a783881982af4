"""Looking up by an identifier under /v1/: works, editions, authors, and what an id of any scheme names."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from bookstrack.replies import ErrorReply
from search import lookup, work_editions
from search.api import ERRORS, documented, only_known, reply
from search.author_lookup import find_author
from search.catalogue.answering import followed
from search.examples import AUTHOR_EXAMPLE, BOOK_EXAMPLE, PERSON_EXAMPLE, RESOLVED_EXAMPLE
from search.schemas import BookReply, NoQuery, PagedReply, PageQuery, PersonReply, ResolvedReply, Strict
from search.schemes import Scheme

router = Router(tags=["lookup"])
ABSENT: dict[int, Any] = {404: ErrorReply, **ERRORS}


class WorkPath(Strict):
    work_id: str = Field(max_length=200, description="an id that an answer gave, an Open Library id, or an ISBN", examples=["OL893415W"])


class IsbnPath(Strict):
    isbn: str = Field(max_length=200, description="ISBN-10 or 13 in any spelling", examples=["978-0-441-17271-9"])


class AuthorPath(Strict):
    author_id: str = Field(pattern=r"^OL[1-9][0-9]{0,11}A$", description="Open Library's id", examples=["OL79034A"])


class IdPath(Strict):
    scheme: str = Field(max_length=40, description=", ".join(Scheme), examples=["isbn"])
    id: str = Field(max_length=200, examples=["978-0-441-17271-9"])


@router.get("/works/{work_id}", response={200: BookReply, **ABSENT}, summary="A work", openapi_extra=documented(BOOK_EXAMPLE))
async def work(request: HttpRequest, path: Path[WorkPath]) -> HttpResponse:
    """A work with the edition that stands for it; an id that was merged into another leads there."""
    only_known(request, NoQuery)
    return reply(request, await lookup.find_work(path.work_id))


@router.get(
    "/works/{work_id}/editions",
    response={200: PagedReply, **ABSENT},
    summary="The editions of a work",
    openapi_extra=documented(AUTHOR_EXAMPLE),
)
async def editions_of_work(request: HttpRequest, path: Path[WorkPath], query: Query[PageQuery]) -> HttpResponse:
    """All editions that any catalogue lists under a work, the newest first, page by page."""
    only_known(request, PageQuery)
    return reply(request, await work_editions.list_editions(path.work_id, limit=query.limit, offset=query.offset))


@router.get("/editions/{isbn}", response={200: BookReply, **ABSENT}, summary="An edition", openapi_extra=documented(BOOK_EXAMPLE))
async def edition(request: HttpRequest, path: Path[IsbnPath]) -> HttpResponse:
    """The edition of an ISBN, and its work. Another edition of the work is never put in its place."""
    only_known(request, NoQuery)
    return reply(request, await lookup.find_edition(path.isbn))


@router.get("/authors/{author_id}", response={200: PersonReply, **ABSENT}, summary="An author", openapi_extra=documented(PERSON_EXAMPLE))
async def author(request: HttpRequest, path: Path[AuthorPath]) -> HttpResponse:
    """An author by Open Library's id; their works are at /v1/search/author with the same id as `q`."""
    only_known(request, NoQuery)
    return reply(request, await find_author(await followed(path.author_id)))


@router.get(
    "/resolve/{scheme}/{id}",
    response={200: ResolvedReply, **ABSENT},
    summary="What an identifier names",
    openapi_extra=documented(RESOLVED_EXAMPLE),
)
async def resolve(request: HttpRequest, path: Path[IdPath]) -> HttpResponse:
    """From an id of any scheme to the edition and its work, with all that it is called elsewhere."""
    only_known(request, NoQuery)
    return reply(request, await lookup.resolve(path.scheme, path.id))
