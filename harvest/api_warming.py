"""Starting cache warming over HTTP. Source: spec 02, "Starting jobs"; 06, "Cache warming"."""

import asyncio
import base64
import binascii
import io
import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import Router

from bookstrack import envelope, ratelimit
from bookstrack.lib.errors import ApiError, BadInput, InvalidFile, MissingParameter
from bookstrack.replies import ErrorReply
from harvest.cache_filling import warming
from harvest.examples_warming import PLAN_EXAMPLE, STARTED_EXAMPLE
from harvest.schemas_warming import WarmingPlanReply, WarmingStartedReply
from jobs import services as jobs
from scanning import uploads
from scanning.services import body_of

router = Router(tags=["operations"])
SCOPE = "warming"
_IN_MEMORY_BYTES = 2**20
_DEPTH = {"type": "integer", "minimum": 1, "maximum": 3, "default": 1, "description": "1: works; 2: their editions; 3: co-authors too"}
_PRIORITY = {"type": "string", "enum": list(warming.PRIORITIES), "default": "low", "description": "which queue the job waits in"}
_JOB_ID = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$", "description": "the job's id, where the client chooses it"}
_MEMBERS = {"maxDepth": _DEPTH, "priority": _PRIORITY, "jobId": _JOB_ID}
_CSV = {"type": "string", "format": "byte", "description": "the file, base64"}
_FILE = {"type": "string", "format": "binary"}
_PLAN = {"type": "string", "enum": ["0", "1"], "description": "1: start nothing, tell what it would cost"}
_DOCUMENTED = {
    "parameters": [
        {"name": "jobId", "in": "query", "schema": _JOB_ID},
        {"name": "plan", "in": "query", "schema": _PLAN},
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}},
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE, **_MEMBERS}}},
            "application/json": {
                "schema": {"type": "object", "required": ["csv"], "properties": {"csv": _CSV, **_MEMBERS}},
                "example": {"csv": base64.b64encode(b"author\nUrsula K. Le Guin\n").decode(), "maxDepth": 1, "priority": "low"},
            },
        },
    },
    "responses": {
        200: {"content": {"application/json": {"example": PLAN_EXAMPLE}}},
        202: {"content": {"application/json": {"example": STARTED_EXAMPLE}}},
    },
}
_REPLIES: dict[int, Any] = {
    200: WarmingPlanReply,
    202: WarmingStartedReply,
    **dict.fromkeys((400, 401, 403, 409, 413, 415, 429, 503), ErrorReply),
}
Received = tuple[BinaryIO, int, Mapping[str, Any]]  # the file, its bytes, the fields around it


@router.post("/api/warming/upload", response=_REPLIES, summary="Warm the cache", openapi_extra=_DOCUMENTED)
async def upload(request: HttpRequest) -> HttpResponse:
    """Fill the very keys that clients ask: of a file of books or authors in any layout, up to 10 MB. Needs a service token of scope
    `warming`."""
    await ratelimit.charge_request(request.scope, "jobs", 1)  # type: ignore[attr-defined]  # ASGI requests have it
    asked_by = await jobs.allowed(request.headers, SCOPE)
    file, size, fields = await asyncio.to_thread(_received, request)
    how = warming.how_of(fields.get("maxDepth"), fields.get("priority"))
    job_id = jobs.checked_job_id(request.GET.get("jobId"), fields.get("jobId"))
    plan = request.GET.get("plan", "0")
    if plan not in ("0", "1"):
        raise BadInput("plan is 0 or 1.", details={"field": "plan"})
    worklist = await asyncio.to_thread(warming.list_of_file, file, size)
    if plan == "1":
        return envelope.success(await warming.plan_warming(worklist, how))
    started = await warming.start_warming(
        worklist,
        how,
        asked_by=asked_by,
        client=request.scope["bookstrack.client"],  # type: ignore[attr-defined]
        job_id=job_id,
        key=request.headers.get("Idempotency-Key"),
        body=await asyncio.to_thread(_said, file, how),
    )
    base_url = f"{request.scheme}://{request.get_host()}"
    data = jobs.accepted(started, base_url=base_url) | await warming.told_of(worklist, how)
    return envelope.success(data, status=202, headers={"Cache-Control": "no-store"})


def _said(file: BinaryIO, how: warming.How) -> bytes:
    """What a request said, for its Idempotency-Key."""
    return f"{uploads.digest(file)} {how}".encode()


def _received(request: HttpRequest) -> Received:
    """Raises: ApiError."""
    return _of_form(request) if request.content_type == "multipart/form-data" else _of_json(request)


def _of_form(request: HttpRequest) -> Received:
    try:
        file, fields = request.FILES.get("file"), request.POST.dict()
    except (MultiPartParserError, SuspiciousOperation):
        raise BadInput("The form cannot be read.", details={"field": "body"}) from None
    if file is None:
        raise MissingParameter("Send the file as the field `file` of a form, or as `csv` in JSON.", details={"field": "file"})
    return cast(BinaryIO, file.file), file.size or 0, fields


def _of_json(request: HttpRequest) -> Received:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy:  # Django itself takes no body of this size
        while part := request.read(2**16):
            copy.write(part)
        copy.seek(0)
        fields = body_of(copy.read())
    given = fields.get("csv")
    if given is None or given == "":
        raise MissingParameter("Give the file as `csv`, base64.", details={"field": "csv"})
    content = _decoded(given)
    return io.BytesIO(content), len(content), fields


def _decoded(given: object) -> bytes:
    try:
        if not isinstance(given, str):
            raise ValueError("no text")
        return base64.b64decode(given.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise _no_base64() from None


def _no_base64() -> ApiError:
    return InvalidFile("csv is not base64.", details={"field": "csv"})
