"""The HTTP API: every router, one error handler, the OpenAPI document."""

from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from bookstrack import envelope, health
from bookstrack.lib.errors import ApiError, BadInput, InternalError, InvalidQuery, MissingParameter, Unavailable
from harvest.api_covers import router as covers_router
from harvest.api_harvest import router as harvest_router
from harvest.api_metrics import router as metrics_router
from harvest.api_pictures import router as pictures_router
from harvest.api_warming import router as warming_router
from jobs.api import router as jobs_router
from scanning.api import router as scanning_router
from scanning.api_imports import router as imports_router
from scanning.api_scans import router as scans_router
from search.api import router as search_router
from search.api_external import router as external_router
from search.api_lookup import router as lookup_router
from search.api_older import router as older_router

log = structlog.get_logger(__name__)


class _Parser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)  # strict: no NaN, no lone surrogates, bounded depth


api = NinjaAPI(
    title="BooksTrack",
    version=settings.VERSION,
    description=(
        "Finds books in several catalogues at once and merges them. Every JSON reply under /v1/ and /api/ has the same envelope; "
        "a provider's failure is never shown as absence."
    ),
    docs_url="/docs",
    openapi_url="/openapi.json",
    parser=_Parser(),
)
api.add_router("/v1", search_router)
api.add_router("/v1", lookup_router)
api.add_router("/search", older_router)
api.add_router("/external", external_router)
api.add_router("", scanning_router)
api.add_router("", imports_router)
api.add_router("", scans_router)
api.add_router("", jobs_router)
for harvest_part in (pictures_router, covers_router, harvest_router, warming_router, metrics_router):
    api.add_router("", harvest_part)
api.add_router("", health.router)


@api.exception_handler(ApiError)
def _api_error(_request: HttpRequest, error: ApiError) -> HttpResponse:
    return envelope.failure(error)


@api.exception_handler(ValidationError)
def _validation_error(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    where, *path = [str(part) for part in first["loc"]]
    field = next((part for part in path if part not in ("query", "payload", "body")), where)
    details = {"field": field, "problems": [_problem(one) for one in error.errors[:10]]}
    if where == "body":
        return envelope.failure(BadInput(f"{field}: {first['msg']}.", details=details))
    if first["type"] == "missing":
        return envelope.failure(MissingParameter(f"The parameter {field} is missing.", details=details))
    return envelope.failure(InvalidQuery(f"{field}: {first['msg']}.", details=details))


def _problem(error: dict[str, Any]) -> dict[str, str]:
    return {"field": ".".join(str(part) for part in error["loc"][1:])[:200], "problem": error["msg"]}


@api.exception_handler(HttpError)
def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """ninja's own refusals: a body that is no JSON."""
    if error.status_code == 400:
        return envelope.failure(BadInput("The body is not JSON that can be read.", details={"field": "body"}))
    refusal: ApiError = envelope.of_status(error.status_code)
    return envelope.failure(refusal)


@api.exception_handler(OperationalError)
def _database_away(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.error("the database is away", path=request.path, error=str(error))
    away = Unavailable("A part that this request needs does not answer just now.", retry_after_ms=5_000, headers={"Retry-After": "5"})
    return envelope.failure(away)


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("unhandled error", path=request.path, exc_info=error)
    return envelope.failure(InternalError("Something went wrong on our side; the traceId helps us to find it."))
