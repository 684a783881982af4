"""Importing a library export over HTTP. Source: spec 02, "Starting jobs"; 06, "CSV import"."""

import asyncio
import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import Router

from bookstrack import envelope, ratelimit
from bookstrack.lib.errors import BadInput, InvalidQuery, MissingParameter
from bookstrack.replies import ErrorReply
from jobs import services as jobs
from jobs.api import bearer
from scanning import importing
from scanning.api import REPLIES, STARTING_QUERY, flag
from scanning.examples import IMPORT_PLAN_EXAMPLE, IMPORT_STARTED_EXAMPLE
from scanning.importing import Upload
from scanning.schemas import ImportPlanReply

router = Router(tags=["jobs"])
_REPLIES: dict[int, Any] = {**REPLIES, 200: ImportPlanReply, 415: REPLIES[400]}
_IN_MEMORY_BYTES = 2**20
_OPTIONS: dict[str, dict[str, Any]] = {
    "enrich": {"type": "string", "enum": ["0", "1"], "description": "0: read the rows only, and ask nobody"},
    "encoding": {"type": "string", "enum": list(importing.ENCODINGS), "description": "where it is not told by the file"},
    "delimiter": {"type": "string", "enum": ["comma", "semicolon", "tab", "pipe"]},
    "mapping": {"type": "string", "description": "JSON object of column to field; an empty field leaves the column as it is"},
}
_FILE = {"type": "string", "format": "binary"}
_DOCUMENTED = {
    "parameters": [*STARTING_QUERY, *({"name": name, "in": "query", "schema": schema} for name, schema in _OPTIONS.items())],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE, **_OPTIONS}}},
            "text/csv": {"schema": {"type": "string"}, "example": "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n"},
        },
    },
    "responses": {
        200: {"content": {"application/json": {"example": IMPORT_PLAN_EXAMPLE}}},
        202: {"content": {"application/json": {"example": IMPORT_STARTED_EXAMPLE}}},
    },
}


@router.post("/v1/import/csv", response=_REPLIES, summary="Import a library export", openapi_extra=_DOCUMENTED)
async def import_csv(request: HttpRequest) -> HttpResponse:
    """Read a CSV, TSV, XLSX or JSON export of any program, up to 10 MB and 50,000 rows; every row becomes a book or an error."""
    return await _import(request)


@router.post("/api/import/csv-gemini", response=_REPLIES, summary="Import a library export (alias)", openapi_extra=_DOCUMENTED)
async def import_csv_alias(request: HttpRequest) -> HttpResponse:
    """The same as /v1/import/csv."""
    return await _import(request)


@router.get(
    "/v1/csv/export/{job_id}",
    response={200: None, **dict.fromkeys((400, 401, 404), ErrorReply)},
    summary="The books of an import as a file",
    openapi_extra={
        "parameters": [
            {"name": "layout", "in": "query", "schema": {"type": "string", "enum": list(importing.LAYOUTS), "default": "bookstrack"}},
            {"name": "token", "in": "query", "schema": {"type": "string"}, "description": "instead of the header"},
        ],
        "responses": {200: {"content": {"text/csv": {"example": "title,subtitle,author,additionalAuthors,isbn\n"}}}},
    },
)
async def export_csv(request: HttpRequest, job_id: str) -> StreamingHttpResponse:
    """The books as CSV, in our own layout (which imports again as it is) or in Goodreads', or as JSON; no cell is ever a formula."""
    layout = request.GET.get("layout", importing.LAYOUTS[0])
    if layout not in importing.LAYOUTS:
        raise InvalidQuery("There is no such layout.", details={"field": "layout", "known": list(importing.LAYOUTS)})
    job = await importing.import_of(job_id, bearer(request) or request.GET.get("token"))
    kind, ending = ("application/json", "json") if layout == "json" else ("text/csv; charset=utf-8", "csv")
    headers = {"Content-Disposition": f'attachment; filename="books.{ending}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(importing.exported(job, layout), content_type=kind, headers=headers)


async def _import(request: HttpRequest) -> HttpResponse:
    await ratelimit.charge_request(request.scope, "jobs", 1)  # type: ignore[attr-defined]  # ASGI requests have it
    upload, form = await _received(request)
    given = {**form, **request.GET.dict()}
    how = importing.how_of(given)
    if flag(request, "plan"):
        return envelope.success(await importing.plan_import(upload, how))
    started, seen = await importing.start_import(
        upload,
        how,
        job_id=jobs.checked_job_id(request.GET.get("jobId"), form.get("jobId")),
        client=request.scope["bookstrack.client"],  # type: ignore[attr-defined]
        key=request.headers.get("Idempotency-Key"),
    )
    base_url = f"{request.scheme}://{request.get_host()}"
    return envelope.success(jobs.accepted(started, base_url=base_url) | seen, status=202, headers={"Cache-Control": "no-store"})


async def _received(request: HttpRequest) -> tuple[Upload, Mapping[str, str]]:
    """The file and the fields around it: a form's `file`, or the whole body.

    Raises: MissingParameter, BadInput.
    """
    if request.content_type != "multipart/form-data":
        return await asyncio.to_thread(_body, request), {}
    try:
        files, fields = await asyncio.to_thread(lambda: (request.FILES, request.POST))
    except (MultiPartParserError, SuspiciousOperation):
        raise BadInput("The form cannot be read.", details={"field": "body"}) from None
    file = files.get("file")
    if file is None:
        raise MissingParameter("Send the file as the field `file` of a form, or as the body.", details={"field": "file"})
    return Upload(cast(BinaryIO, file.file), file.name or "", file.size or 0), {name: str(value) for name, value in fields.items()}


def _body(request: HttpRequest) -> Upload:
    copy = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - it lives as long as the request
    while part := request.read(2**16):
        copy.write(part)
    size = copy.tell()
    copy.seek(0)
    return Upload(cast(BinaryIO, copy), "", size)
