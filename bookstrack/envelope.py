"""The one envelope of every reply under /v1/ and /api/, errors of the framework included.

Source: spec 02, "Envelope".
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from bookstrack.lib import clock, trace
from bookstrack.lib.errors import (
    ApiError,
    BadInput,
    Forbidden,
    InternalError,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
)

log = structlog.get_logger(__name__)
ENVELOPED = ("/v1/", "/api/", "/search/", "/external/")
JSON = "application/json"
_ENVELOPE = frozenset({"success", "data", "metadata"})


def success(
    data: bytes | Mapping[str, Any],
    *,
    metadata: Mapping[str, Any] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    flat: bool = False,
) -> HttpResponse:
    """`{"success": true, "data": …, "metadata": …}`; `data` may be JSON rendered before. `flat` repeats the members of a mapping at
    the top level, for the oldest clients."""
    rendered = data if isinstance(data, bytes) else orjson.dumps(data)
    body = b'{"success":true,"data":' + rendered + b',"metadata":' + orjson.dumps(_metadata(metadata)) + b"}"
    if flat and not isinstance(data, bytes):
        repeated = orjson.dumps({name: value for name, value in data.items() if name not in _ENVELOPE})
        body = repeated[:-1] + (b"," if len(repeated) > 2 else b"") + body[1:]
    return HttpResponse(body, status=status, content_type=JSON, headers=dict(headers or {}))


def failure(error: ApiError) -> HttpResponse:
    """`{"success": false, "data": null, "error": …, "metadata": …}`"""
    return HttpResponse(failure_body(error), status=error.status, content_type=JSON, headers=error.headers)


def failure_body(error: ApiError) -> bytes:
    """The error envelope as JSON."""
    about: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "details": error.details,
        "retryable": error.retryable,
        "statusCode": error.status,
    }
    if error.retry_after_ms is not None:
        about["retryAfterMs"] = error.retry_after_ms
    return orjson.dumps({"success": False, "data": None, "error": about, "metadata": _metadata(None)})


def _metadata(more: Mapping[str, Any] | None) -> dict[str, Any]:
    current = trace.current()
    return {
        "timestamp": clock.iso_ms(clock.now()),
        "processingTime": round(current.elapsed_ms, 2),
        **(more or {}),
        "traceId": current.id,
    }


Next = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware  # without the mark Django takes it for a sync one: two hops between threads for each request
def error_envelope(get_response: Any) -> Any:
    """Middleware: what the framework refuses by itself (404, 405, a bad host, a broken body) gets the envelope too."""
    if not iscoroutinefunction(get_response):

        def sync(request: HttpRequest) -> HttpResponseBase:
            return _bad_host(request) or _enveloped(request, get_response(request))

        return sync

    async def middleware(request: HttpRequest) -> HttpResponseBase:
        return _bad_host(request) or _enveloped(request, await get_response(request))

    return markcoroutinefunction(middleware)


def _bad_host(request: HttpRequest) -> HttpResponse | None:
    try:
        request.get_host()
    except DisallowedHost:
        return failure(BadInput("The Host header names no host of this server.", details={"field": "Host"}))
    return None


def _enveloped(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code < 400 or not request.path.startswith(ENVELOPED):
        return response
    if response.headers.get("Content-Type", "").startswith(JSON):
        return response
    error = of_status(response.status_code)
    if "Allow" in response.headers:
        error.headers["Allow"] = response.headers["Allow"]
    return failure(error)


def of_status(status: int) -> ApiError:
    """The error that stands for a status which the framework chose."""
    if status == 404:
        return NotFound("There is no such route.")
    if status == 405:
        return MethodNotAllowed("This route does not take this method; the Allow header names those it takes.")
    if status == 401:
        return Unauthorized("A valid token is needed.")
    if status == 403:
        return Forbidden("This is not allowed.")
    if status == 413:
        return TooLarge("The request is too large.")
    if status < 500:
        return BadInput("The request could not be read.")
    log.error("unhandled status", status=status)
    return InternalError("Something went wrong on our side; the traceId helps us to find it.")
