"""Starting imports and scans over HTTP. Source: spec 02, "Starting jobs"."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from bookstrack import envelope, ratelimit
from bookstrack.lib.errors import ApiError, BadInput
from bookstrack.replies import ErrorReply
from jobs import services as jobs
from jobs.schemas import StartedReply
from scanning import services
from scanning.examples import BATCH_EXAMPLE, PLAN_EXAMPLE, START_EXAMPLE, STARTED_EXAMPLE
from scanning.schemas import EnrichmentBody, PlanReply, WorkIdsBody
from scanning.services import Book

router = Router(tags=["jobs"])
REPLIES: dict[int, Any] = {200: PlanReply, 202: StartedReply, **dict.fromkeys((400, 409, 413, 429, 503), ErrorReply)}
STARTING_QUERY = [
    {
        "name": "jobId",
        "in": "query",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
        "description": "the job's id, where the client chooses it",
    },
    {
        "name": "plan",
        "in": "query",
        "schema": {"type": "string", "enum": ["0", "1"]},
        "description": "1: start nothing, tell what it would cost",
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "maxLength": 255},
        "description": "the same key and body within 24 h answer with the first job",
    },
]


def _documented(schema: Any, example: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": _whole(schema), "example": example}}}
    answers = {
        200: {"content": {"application/json": {"example": PLAN_EXAMPLE}}},
        202: {"content": {"application/json": {"example": STARTED_EXAMPLE}}},
    }
    return {"parameters": STARTING_QUERY, "requestBody": body, "responses": answers}


def _whole(schema: Any) -> dict[str, Any]:
    """A schema without references: the body is read by the view, so ninja does not know its parts."""
    found: dict[str, Any] = schema.json_schema()
    parts = found.pop("$defs", {})
    for member in found["properties"].values():
        reference = member.get("items", {}).get("$ref", "")
        if reference:
            member["items"] = parts[reference.rpartition("/")[2]]
    return found


_BATCH = _documented(EnrichmentBody, BATCH_EXAMPLE)


@router.post("/v1/enrichment/batch", response=REPLIES, summary="Enrich a batch of books", openapi_extra=_BATCH)
async def enrich_batch(request: HttpRequest) -> HttpResponse:
    """Find 1 to 5,000 books by ISBN, a provider's id, or title and author, and complete them; followed as a job."""
    return await _enrich(request, services.books_of)


@router.post("/api/enrichment/batch", response=REPLIES, summary="Enrich a batch of books (alias)", openapi_extra=_BATCH)
async def enrich_batch_alias(request: HttpRequest) -> HttpResponse:
    """The same as /v1/enrichment/batch."""
    return await _enrich(request, services.books_of)


@router.post(
    "/api/enrichment/start",
    response=REPLIES,
    summary="Enrich a batch of books (oldest clients)",
    deprecated=True,
    openapi_extra=_documented(WorkIdsBody, START_EXAMPLE),
)
async def enrich_start(request: HttpRequest) -> HttpResponse:
    """The same for a list of ISBNs, providers' ids and titles."""
    return await _enrich(request, services.books_of_work_ids)


async def _enrich(request: HttpRequest, read: Callable[[dict[str, Any]], list[Book]]) -> HttpResponse:
    try:
        body = services.body_of(request.body)
        books = read(body)
        job_id = jobs.checked_job_id(request.GET.get("jobId"), body.get("jobId"))
        plan = flag(request, "plan")
    except ApiError:
        await ratelimit.charge_request(request.scope, "jobs", 1)  # type: ignore[attr-defined]  # ASGI requests have it
        raise
    await ratelimit.charge_request(request.scope, "jobs", 1 if plan else services.cost_of(books))  # type: ignore[attr-defined]
    if plan:
        return envelope.success(await services.plan_enrichment(books))
    started = await services.start_enrichment(
        books,
        job_id=job_id,
        client=request.scope["bookstrack.client"],  # type: ignore[attr-defined]
        route="enrichment",
        key=request.headers.get("Idempotency-Key"),
        body=request.body,
    )
    base_url = f"{request.scheme}://{request.get_host()}"
    more = {"success": True, "processedCount": 0, "totalCount": len(books)}
    return envelope.success(jobs.accepted(started, base_url=base_url) | more, status=202, headers={"Cache-Control": "no-store"})


def flag(request: HttpRequest, name: str) -> bool:
    """Whether a parameter is 1. Raises: BadInput where it is neither 0 nor 1."""
    value = request.GET.get(name, "0")
    if value not in ("0", "1"):
        raise BadInput(f"{name} is 0 or 1.", details={"field": name})
    return value == "1"


