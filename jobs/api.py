"""Following and ending jobs over HTTP. Source: spec 02, "Following and ending jobs"."""

import re
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router

from bookstrack import envelope
from bookstrack.lib import clock
from bookstrack.lib.errors import BadInput, InvalidQuery, MissingParameter, Unauthorized
from bookstrack.replies import ErrorReply
from jobs import dead_letters, examples, services, sse
from jobs.examples import documented
from jobs.handshake import sequence_number
from jobs.models import Job
from jobs.schemas import (
    CancelBody,
    CancelReply,
    DeadLettersReply,
    FlatStateReply,
    RefreshBody,
    RefreshReply,
    ResultsReply,
    RetriedReply,
    StateReply,
)

router = Router(tags=["jobs"])
_JOB_ID = re.compile(services.JOB_ID + r"\Z")


def _errors(*statuses: int) -> dict[int, Any]:
    return dict.fromkeys(statuses, ErrorReply)


def bearer(request: HttpRequest) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def _seen(request: HttpRequest, job_id: str, *, by_query: bool = False, given: str = "") -> Job:
    """The job, for whoever brings its token: as a header, in the body where the route takes it there, in the query of old aliases."""
    token = bearer(request) or given or (request.GET.get("token") if by_query else None)
    if not _JOB_ID.match(job_id):
        raise Unauthorized("There is no such job, or this is not its token.")
    return await services.authorised(job_id, token)


@router.get(
    "/v1/jobs/{job_id}",
    response={200: StateReply} | _errors(401, 404),
    summary="State of a job",
    openapi_extra=documented(examples.STATE),
)
async def job_state(request: HttpRequest, job_id: str) -> HttpResponse:
    """Where the job stands at this moment."""
    return envelope.success(await services.state(await _seen(request, job_id)), headers=_PRIVATE)


@router.get(
    "/api/job-state/{job_id}",
    response={200: FlatStateReply} | _errors(401, 404),
    summary="State of a job (older clients)",
    openapi_extra=documented(examples.FLAT_STATE),
)
async def old_job_state(request: HttpRequest, job_id: str) -> HttpResponse:
    """The same, with the members of data repeated at the top level."""
    return envelope.success(await services.state(await _seen(request, job_id)), headers=_PRIVATE, flat=True)


_PRIVATE = {"Cache-Control": "no-store"}
_PAGE_PARAMETERS = [
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": services.MAX_PAGE, "default": services.PAGE}},
    {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "default": 0}},
]
_TOKEN_PARAMETER = {"name": "token", "in": "query", "schema": {"type": "string"}, "description": "instead of the header"}
_MIN_MATCH = {
    "name": "minMatch",
    "in": "query",
    "schema": {"type": "string", "enum": ["exact_edition", "same_work", "work_only", "guess"]},
    "description": "decide the rows again with this floor, out of their own ledgers",
}
_LAST_EVENT_ID = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}, "description": "seq of the last event seen"}


@router.get(
    "/v1/jobs/{job_id}/results",
    response={200: ResultsReply} | _errors(400, 401, 404),
    summary="Results of a job",
    openapi_extra=documented(examples.RESULTS, parameters=_PAGE_PARAMETERS),
)
async def results(request: HttpRequest, job_id: str) -> HttpResponse:
    """What is done, in the order of the input: also while the job runs, and after it was canceled."""
    return await _results(request, await _seen(request, job_id))


def _alias(path: str, name: str, *more: dict[str, Any]) -> None:
    async def view(request: HttpRequest, job_id: str) -> HttpResponse:
        return await _results(request, await _seen(request, job_id, by_query=True))

    view.__name__ = name
    view.__doc__ = "The same as /v1/jobs/{jobId}/results; takes the token as a query parameter too."
    replies = {200: ResultsReply} | _errors(400, 401, 404)
    told = documented(examples.RESULTS, parameters=[*_PAGE_PARAMETERS, _TOKEN_PARAMETER, *more])
    router.get(path, response=replies, summary="Results of a job (alias)", openapi_extra=told)(view)


_alias("/v1/enrichment/results/{job_id}", "enrichment_results")
_alias("/v1/scan/results/{job_id}", "scan_results")
_alias("/v1/csv/results/{job_id}", "csv_results", _MIN_MATCH)


async def _results(request: HttpRequest, job: Job) -> HttpResponse:
    limit = _number(request, "limit", services.PAGE, 1, services.MAX_PAGE)
    offset = _number(request, "offset", 0, 0, 10**9)
    options = {name: request.GET[name] for name in services.result_options(job) if name in request.GET}
    page = await services.results(job, limit=limit, offset=offset, options=options)
    return envelope.success(services.rendered(page), headers=_PRIVATE)


def _number(request: HttpRequest, name: str, default: int, least: int, most: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise InvalidQuery(f"{name} is a whole number from {least} to {most}.", details={"field": name})
    return int(text)


# -- ending
_CANCELED: dict[int, Any] = {200: CancelReply} | _errors(400, 401, 404)
_CANCEL_EXAMPLE = documented(examples.CANCELED)


@router.delete("/v1/jobs/{job_id}", response=_CANCELED, summary="Cancel a job", openapi_extra=_CANCEL_EXAMPLE)
async def cancel_job(request: HttpRequest, job_id: str) -> HttpResponse:
    """Stop a job; what was found until then stays. A job that has ended answers with its real state."""
    return await _cancel(request, job_id)


@router.post("/v1/csv/cancel/{job_id}", response=_CANCELED, summary="Cancel a job (alias)", openapi_extra=_CANCEL_EXAMPLE)
async def cancel_csv(request: HttpRequest, job_id: str) -> HttpResponse:
    """The same as DELETE /v1/jobs/{jobId}."""
    return await _cancel(request, job_id)


@router.post("/api/enrichment/cancel", response=_CANCELED, summary="Cancel a job (alias)", openapi_extra=_CANCEL_EXAMPLE)
async def cancel_enrichment(request: HttpRequest, body: CancelBody) -> HttpResponse:
    """The same, with the jobId in the body."""
    return await _cancel_by_body(request, body)


@router.post("/api/scan-bookshelf/cancel", response=_CANCELED, summary="Cancel a job (alias)", openapi_extra=_CANCEL_EXAMPLE)
async def cancel_scan(request: HttpRequest, body: CancelBody) -> HttpResponse:
    """The same, with the jobId in the body."""
    return await _cancel_by_body(request, body)


async def _cancel_by_body(request: HttpRequest, body: CancelBody) -> HttpResponse:
    if not body.jobId:
        raise MissingParameter("Give the jobId.", details={"field": "jobId"})
    return envelope.success(await services.cancel(await _seen(request, body.jobId, given=body.token)), headers=_PRIVATE)


async def _cancel(request: HttpRequest, job_id: str) -> HttpResponse:
    given = ""
    if request.body:
        try:
            said = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            raise BadInput("The body is not a JSON object.", details={"field": "body"})
        token = said.get("token")
        given = token if isinstance(token, str) else ""
    return envelope.success(await services.cancel(await _seen(request, job_id, given=given)), headers=_PRIVATE)


@router.post(
    "/api/token/refresh",
    response={200: RefreshReply} | _errors(400, 401),
    summary="Refresh a job's token",
    openapi_extra=documented(examples.REFRESHED),
)
async def refresh_token(request: HttpRequest, body: RefreshBody) -> HttpResponse:
    """A new token for the old one, in the last 30 of its 120 minutes; the old one dies at once."""
    if not _JOB_ID.match(body.jobId):
        raise Unauthorized("There is no such job, or this is not its token.")
    token, expires_at = await services.refresh(body.jobId, body.oldToken or " ")
    data = {"jobId": body.jobId, "token": token, "expiresIn": services.EXPIRES_IN_S, "expiresAt": clock.iso_ms(expires_at)}
    return envelope.success(data, headers=_PRIVATE, flat=True)


# -- following
@router.get(
    "/v1/jobs/{job_id}/events",
    response={200: None} | _errors(400, 401, 404, 429, 503),
    summary="Follow a job (Server-Sent Events)",
    openapi_extra={
        "parameters": [_LAST_EVENT_ID],
        "responses": {200: {"content": {"text/event-stream": {"example": "id: 1\ndata: {\"seq\":1,\"type\":\"job_started\"}\n\n"}}}},
    },
)
async def job_events(request: HttpRequest, job_id: str) -> StreamingHttpResponse:
    """The messages of the progress channel, each with its seq as id; ends after the job's last one."""
    job = await _seen(request, job_id)
    after = sequence_number(request.headers.get("Last-Event-ID", "").strip() or "0")
    stream = sse.Stream(job, request.scope["bookstrack.client"], after)  # type: ignore[attr-defined]  # ASGI requests have it
    await stream.open()
    return StreamingHttpResponse(stream.pieces(), content_type="text/event-stream", headers=_PRIVATE | {"X-Accel-Buffering": "no"})


# -- dead letters
@router.get(
    "/api/warming/dlq",
    response={200: DeadLettersReply} | _errors(401, 403),
    summary="Dead letters",
    openapi_extra=documented(examples.DEAD_LETTERS),
)
async def list_dead_letters(request: HttpRequest) -> HttpResponse:
    """Jobs that were given up; needs a service token of scope `warming`."""
    await services.allowed(request.headers, "warming")
    return envelope.success(await dead_letters.listed(), headers=_PRIVATE)


@router.post(
    "/api/warming/dlq/{letter_id}/retry",
    response={200: RetriedReply} | _errors(401, 403, 404),
    summary="Retry a dead letter",
    openapi_extra=documented(examples.RETRIED),
)
async def retry_dead_letter(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Put the job back into its queue, from its checkpoint; needs a service token of scope `warming`."""
    name = await services.allowed(request.headers, "warming")
    return envelope.success(await dead_letters.retried(letter_id, name), headers=_PRIVATE)


