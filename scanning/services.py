"""Use-cases of imports and scans: what clients send, checked, becomes a job. Views and commands call these.

Raises, all of them: ApiError.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictStr, TypeAdapter, ValidationError

from bookstrack.lib import clock
from bookstrack.lib.errors import BadInput, BatchTooLarge, EmptyBatch, MissingParameter
from jobs import services as jobs
from scanning import conf
from scanning.covers import CoverPicture as CoverPicture
from scanning.covers import Unreadable as Unreadable
from scanning.covers import WebP as WebP
from scanning.covers import cover_picture as cover_picture
from scanning.covers import drawn_placeholder as drawn_placeholder
from scanning.imported_books import imported_isbns as imported_isbns
from scanning.listed_books import Listed as Listed
from scanning.listed_books import listed_books as listed_books
from scanning.photo_store import photos_bytes as photos_bytes
from scanning.pipelines.batch_enrichment import BatchEnrichment, wanted
from search import services as search
from search.identifiers import openlibrary_id

Book = dict[str, Any]


class _Book(BaseModel):
    """A book of a request; members that are not named here are left out."""

    model_config = ConfigDict(extra="ignore")

    title: StrictStr | None = Field(None, max_length=1000)
    author: StrictStr | None = Field(None, max_length=500)
    isbn: StrictStr | None = Field(None, max_length=100)
    googleBooksId: StrictStr | None = Field(None, max_length=100)
    openLibraryId: StrictStr | None = Field(None, max_length=100)


_WORD = re.compile(r"[^\W\dxX_]{2}")
_VOLUME_ID = re.compile(r"[A-Za-z0-9_-]{12}\Z")
_BOOKS = TypeAdapter(list[_Book])


def body_of(raw: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises: BadInput.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadInput("The body is not JSON that can be read.", details={"field": "body"}) from None
    if not isinstance(body, dict):
        raise BadInput("The body is not a JSON object.", details={"field": "body"})
    return body


def books_of(body: dict[str, Any]) -> list[Book]:
    """The books of a batch, 1..5,000.

    Raises: MissingParameter, EmptyBatch, BatchTooLarge, BadInput (names the index of the book that is none).
    """
    given = _listed(body, "books")
    try:
        books = _BOOKS.validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        index, *path = first["loc"]
        problem = "It is not an object" if first["type"] == "model_type" else first["msg"]  # which would name our own class
        details = {"field": ".".join(["books", *map(str, first["loc"])]), "index": index, "problem": problem}
        raise BadInput(f"books[{index}]{''.join(f'.{part}' for part in path)}: {problem}.", details=details) from None
    return [book.model_dump(exclude_none=True) for book in books]


def books_of_work_ids(body: dict[str, Any]) -> list[Book]:
    """The books of the oldest clients, each an ISBN, a provider's id or a title.

    Raises: as `books_of`.
    """
    given = _listed(body, "workIds")
    for index, one in enumerate(given):
        if not isinstance(one, str) or len(one) > 1000:
            details = {"field": f"workIds.{index}", "index": index}
            raise BadInput(f"workIds[{index}] is not a text of at most 1,000 characters.", details=details)
    return [{_member_of(one.strip()): one.strip()} for one in given]


def _member_of(reference: str) -> str:
    """What a bare reference is: an ISBN, an id of Open Library or Google Books, or else a title."""
    digits = sum(sign.isdigit() for sign in reference)
    if digits >= 9 and not _WORD.search(reference):
        return "isbn"
    if openlibrary_id(reference, "work") or openlibrary_id(reference, "edition"):
        return "openLibraryId"
    # a volume's id has twelve signs, and so has "Frankenstein"
    if _VOLUME_ID.match(reference) and (digits or "_" in reference or (not reference.istitle() and not reference.islower())):
        return "googleBooksId"
    return "title"


def _listed(body: dict[str, Any], member: str) -> list[Any]:
    given = body.get(member)
    if given is None:
        raise MissingParameter(f"Give a list of {member}.", details={"field": member})
    if not isinstance(given, list):
        raise BadInput(f"{member} is not a list.", details={"field": member})
    if not given:
        raise EmptyBatch("The batch is empty.", details={"field": member})
    if len(given) > conf.MAX_BATCH:
        details = {"field": member, "count": len(given), "most": conf.MAX_BATCH}
        raise BatchTooLarge(f"A batch takes at most {conf.MAX_BATCH} books.", details=details)
    return given


def cost_of(books: Sequence[Book]) -> int:
    """What a batch costs of the job starters' limit: 1 per started 100 books."""
    return max(1, -(-len(books) // conf.BOOKS_PER_COST))


async def start_enrichment(
    books: list[Book], *, job_id: str | None, client: str, route: str = "", key: str | None = None, body: bytes = b""
) -> jobs.Started:
    """Start a batch enrichment."""
    payload = {"books": books}
    name = BatchEnrichment.name
    return await jobs.start(
        pipeline=name, payload=payload, total=len(books), job_id=job_id, client=client, route=route, key=key, body=body
    )


async def plan_enrichment(books: Sequence[Book]) -> dict[str, Any]:
    """What a batch would cost, without spending anything (spec 02, `?plan=1`)."""
    return await plan_books([wanted(book) for book in books])


async def plan_books(books: Sequence[search.Wanted]) -> dict[str, Any]:
    """What it would cost to look up books: `{items, cached, calls, budgetLeft, estimatedSeconds, waitsUntil?}`."""
    resolver = search.resolver(share=conf.budget_share(), concurrency=conf.title_concurrency())
    plan = await resolver.plan(books)
    data: dict[str, Any] = {
        "items": plan.items,
        "cached": plan.cached,
        "calls": dict(plan.calls),
        "budgetLeft": dict(plan.budget_left),
        "estimatedSeconds": {"p50": plan.seconds_p50, "p90": plan.seconds_p90},
    }
    if plan.waits_until is not None:
        data["waitsUntil"] = clock.iso_ms(clock.from_unix(plan.waits_until))
    return data


async def enrich_here(books: list[Book], *, tell: Callable[[jobs.Standing], None]) -> list[dict[str, Any]]:
    """Enrich books in this process and wait for them, for commands; the results in the order of the books. Of a job that was
    parked for a quota, what is done so far."""
    job = await jobs.run_here(pipeline=BatchEnrichment.name, payload={"books": books}, total=len(books), tell=tell)
    found: list[dict[str, Any]] = []
    while True:
        page = await jobs.results(job, limit=jobs.MAX_PAGE, offset=len(found))
        found += orjson.loads(page.members[BatchEnrichment.collection])
        if page.count < page.limit:
            return found


async def gemini_tokens_left() -> int | None:
    """Gemini's tokens that are left of today's; None where it is off. Raises: DatabaseError."""
    return await search.budget_left("gemini", conf.gemini_daily_tokens()) if conf.gemini_key() else None
