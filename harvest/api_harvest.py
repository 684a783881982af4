"""Starting a cover harvest over HTTP. Source: spec 02, "Starting jobs"; 06, "Cover harvest"."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bookstrack import envelope, ratelimit
from bookstrack.lib.errors import BadInput
from bookstrack.replies import ErrorReply
from harvest import conf, services
from jobs import services as jobs
from jobs.operators import HARVEST
from jobs.schemas import JobMetadata, StartedReply
from scanning import services as scanning

router = Router(tags=["operations"])
_META = {"timestamp": "2026-01-31T12:00:00.000Z", "processingTime": 2.4, "traceId": "3f1c9a7be21d4c0f8a5b6e7d"}
_ID = "5f0c1a9e-7a5e-4c77-9d1d-2f7a54a9b0c1"
_STARTED: dict[str, Any] = {
    "success": True,
    "data": {
        "jobId": _ID,
        "token": "a-token-of-43-signs",
        "authToken": "a-token-of-43-signs",
        "expiresIn": 7200,
        "websocketUrl": f"ws://127.0.0.1:8000/ws/progress?jobId={_ID}",
        "sseUrl": f"http://127.0.0.1:8000/v1/jobs/{_ID}/events",
        "statusUrl": f"http://127.0.0.1:8000/v1/jobs/{_ID}",
        "resultsUrl": f"http://127.0.0.1:8000/v1/jobs/{_ID}/results",
        "totalCount": 2,
    },
    "metadata": _META,
}
_PLAN: dict[str, Any] = {
    "success": True,
    "data": {
        "items": 1000,
        "cached": 120,
        "calls": {"isbndb": 1, "openlibrary": 9, "google-books": 880},
        "budgetLeft": {"isbndb": 4000, "google-books": 750},
        "estimatedSeconds": {"p50": 89.0, "p90": 353.0},
        "candidates": {"asked": 210, "curated": 0, "popular": 640, "imported": 150},
    },
    "metadata": _META,
}


class HarvestBody(Schema):
    """Which books: `isbns` in any spelling; without them those that are due, at most `limit`."""

    isbns: list[str] | None = Field(None, min_length=1, max_length=conf.MAX_HARVEST)
    limit: int | None = Field(None, ge=1, le=conf.MAX_HARVEST)
    jobId: str | None = Field(None, pattern=jobs.JOB_ID + "$")


class Seconds(Schema):
    p50: float
    p90: float


class HarvestPlanData(Schema):
    items: int
    cached: int = Field(description="of the items, those that no source need be asked about")
    calls: dict[str, int] = Field(description="by source, at most")
    budgetLeft: dict[str, int] = Field(description="calls of today that harvests may make, by source that has a daily budget")
    estimatedSeconds: Seconds
    candidates: dict[str, int] = Field(description="items by where they come from")


class HarvestPlanReply(Schema):
    success: bool
    data: HarvestPlanData
    metadata: JobMetadata


_DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {
            "name": "jobId",
            "in": "query",
            "schema": {"type": "string", "pattern": f"^{jobs.JOB_ID}$"},
            "description": "the job's id, where the client chooses it",
        },
        {
            "name": "plan",
            "in": "query",
            "schema": {"type": "string", "enum": ["0", "1"]},
            "description": "1: start nothing, tell what it would ask",
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "maxLength": 255},
            "description": "the same key and body within 24 h answer with the first job",
        },
    ],
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {"schema": HarvestBody.json_schema(), "example": {"isbns": ["9780306406157", "0-14-044913-2"], "limit": 2}}
        },
    },
    "responses": {
        200: {"content": {"application/json": {"example": _PLAN}}},
        202: {"content": {"application/json": {"example": _STARTED}}},
    },
}
_REPLIES: dict[int, Any] = {
    200: HarvestPlanReply,
    202: StartedReply,
    **dict.fromkeys((400, 401, 403, 409, 413, 429, 503), ErrorReply),
}


@router.post("/api/harvest-covers", response=_REPLIES, summary="Harvest covers", openapi_extra=_DOCUMENTED)
async def harvest_covers(request: HttpRequest) -> HttpResponse:
    """Fetch, judge and keep the covers of books, one harvest at a time; needs a service token of scope `harvest`."""
    name = await jobs.allowed(request.headers, HARVEST)
    scope: dict[str, Any] = request.scope  # type: ignore[attr-defined]  # ASGI requests have it
    await ratelimit.charge_request(scope, "jobs", 1)
    isbns, limit, job_id = _asked(request)
    if _is_plan(request):
        return envelope.success(_as_data(await services.plan_harvest(isbns=isbns, limit=limit)))
    started = await services.start_harvest(
        isbns=isbns,
        limit=limit,
        asked_by=name,
        client=scope["bookstrack.client"],
        job_id=job_id,
        key=request.headers.get("Idempotency-Key"),
        body=request.body,
    )
    base_url = f"{request.scheme}://{request.get_host()}"
    data = jobs.accepted(started, base_url=base_url) | {"totalCount": started.job.total_count}
    return envelope.success(data, status=202, headers={"Cache-Control": "no-store"})


def _asked(request: HttpRequest) -> tuple[list[str] | None, int | None, str | None]:
    """Raises: ApiError."""
    body = scanning.body_of(request.body) if request.body.strip() else {}
    limit = body.get("limit")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= conf.MAX_HARVEST):
        raise BadInput(f"limit is a whole number, 1 to {conf.MAX_HARVEST:,}.", details={"field": "limit"})
    isbns = services.isbns_of(body["isbns"]) if body.get("isbns") is not None else None
    return isbns, limit, jobs.checked_job_id(request.GET.get("jobId"), body.get("jobId"))


def _is_plan(request: HttpRequest) -> bool:
    value = request.GET.get("plan", "0")
    if value not in ("0", "1"):
        raise BadInput("plan is 0 or 1.", details={"field": "plan"})
    return value == "1"


def _as_data(plan: services.HarvestPlan) -> dict[str, Any]:
    return {
        "items": len(plan.due) + plan.known,
        "cached": plan.known,
        "calls": plan.calls,
        "budgetLeft": plan.budget_left,
        "estimatedSeconds": {"p50": round(plan.seconds[0], 1), "p90": round(plan.seconds[1], 1)},
        "candidates": plan.origins,
    }
