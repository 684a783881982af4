"""Scanning shelf photos over HTTP. Source: spec 02, "Starting jobs"; 06, "Bookshelf scan"."""

import asyncio
import base64
import binascii
import io
import tempfile
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import Router

from bookstrack import envelope, ratelimit
from bookstrack.lib.errors import ApiError, BadInput, InvalidFile, InvalidQuery, MissingParameter
from bookstrack.replies import ErrorReply
from jobs import services as jobs
from jobs.api import bearer
from scanning import conf, scans, services
from scanning.api import REPLIES, STARTING_QUERY, flag
from scanning.examples import SCAN_BATCH_STARTED_EXAMPLE, SCAN_PLAN_EXAMPLE, SCAN_STARTED_EXAMPLE
from scanning.scans import Photo
from scanning.schemas import ScanPlanReply, ScanStartedReply

router = Router(tags=["jobs"])
_REPLIES: dict[int, Any] = {**REPLIES, 200: ScanPlanReply, 202: ScanStartedReply, 415: REPLIES[400]}
_IN_MEMORY_BYTES = 2**20
_MAX_INDEX = 999
_SIDES_PX = (64, 8_192)  # what may be asked for
_BINARY = {"type": "string", "format": "binary"}
_PICTURES = {f"image/{kind}": {"schema": _BINARY} for kind in ("jpeg", "png", "webp", "heic")}


def _form(field: str, schema: dict[str, Any]) -> dict[str, Any]:
    members = {field: schema, "jobId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}}
    return {"multipart/form-data": {"schema": {"type": "object", "required": [field], "properties": members}}}


def _documented(content: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    return {
        "parameters": STARTING_QUERY,
        "requestBody": {"required": True, "content": content},
        "responses": {
            200: {"content": {"application/json": {"example": SCAN_PLAN_EXAMPLE}}},
            202: {"content": {"application/json": {"example": example}}},
        },
    }


_BATCH = {
    "type": "object",
    "required": ["images"],
    "properties": {
        "jobId": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
        "images": {
            "type": "array",
            "minItems": 1,
            "maxItems": conf.MAX_PHOTOS,
            "items": {
                "type": "object",
                "required": ["data"],
                "properties": {
                    "index": {"type": "integer", "minimum": 0, "maximum": _MAX_INDEX},
                    "data": {"type": "string", "format": "byte", "description": "the photo, base64"},
                },
            },
        },
    },
}


@router.post(
    "/api/scan-bookshelf",
    response=_REPLIES,
    summary="Scan a shelf photo",
    openapi_extra=_documented({**_form("image", _BINARY), **_PICTURES}, SCAN_STARTED_EXAMPLE),
)
async def scan_bookshelf(request: HttpRequest) -> HttpResponse:
    """Read the books off a photo: barcodes, spines, and Gemini where a key is set. JPEG, PNG, WebP or HEIC."""
    return await _scan(request, batch=False)


@router.post(
    "/api/scan-bookshelf/batch",
    response=_REPLIES,
    summary="Scan several photos of a shelf",
    openapi_extra=_documented(
        {
            "application/json": {"schema": _BATCH, "example": {"images": [{"index": 0, "data": "/9j/4AAQSkZJRg…"}]}},
            **_form("images", {"type": "array", "items": _BINARY}),
        },
        SCAN_BATCH_STARTED_EXAMPLE,
    ),
)
async def scan_bookshelf_batch(request: HttpRequest) -> HttpResponse:
    """One to five photos as one job; books that several show are one, and a photo that cannot be read is reported."""
    return await _scan(request, batch=True)


@router.get(
    "/v1/scan/photos/{job_id}/{index}",
    response={200: None, **dict.fromkeys((400, 401, 404), ErrorReply)},
    summary="A photo of a scan",
    openapi_extra={
        "parameters": [
            {
                "name": "side",
                "in": "query",
                "schema": {"type": "integer", "minimum": _SIDES_PX[0], "maximum": _SIDES_PX[1]},
                "example": 1600,
                "description": "px of the longest side, at most",
            },
            {"name": "token", "in": "query", "schema": {"type": "string"}, "description": "instead of the header"},
        ],
        "responses": {200: {"content": {"image/jpeg": {"schema": _BINARY}}}},
    },
)
async def scan_photo(request: HttpRequest, job_id: str, index: int) -> HttpResponse:
    """A photo as the engines saw it: upright, without location or other metadata; at most `side` pixels long."""
    jpeg = await scans.photo_of(job_id, bearer(request) or request.GET.get("token"), index, side_px=_side(request))
    return HttpResponse(jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _side(request: HttpRequest) -> int | None:
    given = request.GET.get("side")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 5 and _SIDES_PX[0] <= int(given) <= _SIDES_PX[1]):
        raise InvalidQuery(f"side is a number from {_SIDES_PX[0]} to {_SIDES_PX[1]}.", details={"field": "side"})
    return int(given)


async def _scan(request: HttpRequest, *, batch: bool) -> HttpResponse:
    try:
        photos, fields = await asyncio.to_thread(_received, request, batch)
        job_id = jobs.checked_job_id(request.GET.get("jobId"), fields.get("jobId"))
        plan = flag(request, "plan")
        scans.checked(photos)
    except ApiError:
        await ratelimit.charge_request(request.scope, "jobs", 1)  # type: ignore[attr-defined]  # ASGI requests have it
        raise
    await ratelimit.charge_request(request.scope, "jobs", 1 if plan else len(photos))  # type: ignore[attr-defined]
    if plan:
        return envelope.success(await scans.plan_scan(photos))
    started, told = await scans.start_scan(
        photos,
        job_id=job_id,
        client=request.scope["bookstrack.client"],  # type: ignore[attr-defined]
        key=request.headers.get("Idempotency-Key"),
        alone=not batch,
    )
    base_url = f"{request.scheme}://{request.get_host()}"
    more = {"status": "processing", "totalPhotos": len(photos)} if batch else {"status": "started"}
    data = jobs.accepted(started, base_url=base_url) | more | told
    return envelope.success(data, status=202, headers={"Cache-Control": "no-store"}, flat=not batch)


def _received(request: HttpRequest, batch: bool) -> tuple[list[Photo], dict[str, Any]]:
    """The photos of a request and its other fields, in whichever of the forms it came. Raises: ApiError."""
    if request.content_type == "multipart/form-data":
        return _of_form(request, "images" if batch else "image")
    body, size = _body(request)
    if not batch:
        return [Photo(0, body, size)], {}
    body.seek(0)
    return _of_json(body.read())


def _of_form(request: HttpRequest, field: str) -> tuple[list[Photo], dict[str, Any]]:
    try:
        files, fields = request.FILES.getlist(field), request.POST.dict()
    except (MultiPartParserError, SuspiciousOperation):
        raise BadInput("The form cannot be read.", details={"field": "body"}) from None
    if field == "image" and not files:
        raise MissingParameter("Send the photo as the field `image` of a form, or as the body.", details={"field": "image"})
    if field == "image" and len(files) > 1:
        raise BadInput("Send one photo, or several to /api/scan-bookshelf/batch.", details={"field": "image"})
    return [Photo(index, cast(BinaryIO, file.file), file.size or 0) for index, file in enumerate(files)], dict(fields)


def _of_json(raw: bytes) -> tuple[list[Photo], dict[str, Any]]:
    body = services.body_of(raw)
    images = body.get("images")
    if images is None:
        raise MissingParameter("Give a list of images.", details={"field": "images"})
    if not isinstance(images, list):
        raise BadInput("images is not a list.", details={"field": "images"})
    photos = [_of_member(place, one) for place, one in enumerate(images[: conf.MAX_PHOTOS + 1])]
    if len({photo.index for photo in photos}) < len(photos):
        raise BadInput("Two images have the same index.", details={"field": "images"})
    return _counted(photos, len(images)), {"jobId": body.get("jobId")}


def _counted(photos: Sequence[Photo], given: int) -> list[Photo]:
    """As many as were sent, so that the refusal of too many says how many they were."""
    return [*photos, *(photos[-1] for _ in range(given - len(photos)))]


def _of_member(place: int, one: Any) -> Photo:
    where = {"field": f"images.{place}", "index": place}
    if not isinstance(one, dict) or not isinstance(one.get("data"), str):
        raise BadInput(f"images[{place}] is no object with the photo as `data`.", details=where)
    index = one.get("index", place)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index <= _MAX_INDEX:
        raise BadInput(f"images[{place}].index is a number from 0 to {_MAX_INDEX}.", details=where)
    text = one["data"]
    if text.startswith("data:"):  # as browsers give it
        text = text.partition(",")[2]
    try:
        content = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidFile(f"images[{place}].data is not base64.", details=where) from None
    return Photo(index, io.BytesIO(content), len(content))


def _body(request: HttpRequest) -> tuple[BinaryIO, int]:
    copy = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - it lives as long as the request
    while part := request.read(2**16):
        copy.write(part)
    return cast(BinaryIO, copy), copy.tell()
