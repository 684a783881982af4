"""Figures over HTTP: for Prometheus, for other machines, of the cache. Source: spec 02, "Operations"."""

import asyncio

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Router

from bookstrack import envelope
from bookstrack.lib import telemetry
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import InvalidQuery
from bookstrack.replies import ErrorReply
from harvest import conf, examples_metrics
from harvest.counting import metric_report, metrics, rollups
from harvest.schemas_metrics import CacheFiguresReply, FiguresReply
from jobs import services as jobs

router = Router(tags=["operations"])
PERIOD = "1h"
_NO_STORE = {"Cache-Control": "no-store"}
_TEXT = ("text/plain", "application/openmetrics-text")
_FORMS = {**dict.fromkeys(_TEXT, examples_metrics.PROMETHEUS), envelope.JSON: examples_metrics.FIGURES}
_PERIOD_PARAMETER = {"name": "period", "in": "query", "schema": {"type": "string", "enum": list(rollups.PERIODS), "default": PERIOD}}
_FORMAT_PARAMETER = {
    "name": "format",
    "in": "query",
    "schema": {"type": "string", "enum": ["json", "prometheus"]},
    "description": "else as the Accept header asks; Prometheus text where it asks for neither",
}


@router.get(
    "/metrics",
    response={200: FiguresReply, 400: ErrorReply, 401: ErrorReply, 403: ErrorReply},
    summary="Figures of all processes",
    openapi_extra={
        "parameters": [_FORMAT_PARAMETER, _PERIOD_PARAMETER],
        "responses": {200: {"content": {name: {"example": example} for name, example in _FORMS.items()}}},
    },
)
async def all_figures(request: HttpRequest) -> HttpResponse:
    """What all processes of this host counted since they began, as Prometheus reads it; or what all hosts counted in a period, as JSON.

    Needs a service token of scope `metrics` where METRICS_REQUIRE_TOKEN is 1.
    """
    await _may(request)
    if not _wants_json(request):
        accept = request.headers.get("Accept", "")
        body, content_type = await asyncio.to_thread(telemetry.exposition, accept, await metrics.stores())
        return HttpResponse(body, content_type=content_type, headers=_NO_STORE)
    period = _period(request)
    figures, samples = await asyncio.gather(in_db(rollups.counted, rollups.PERIODS[period]), metrics.stores())
    body = orjson.dumps(metric_report.report(figures, samples, period))
    return HttpResponse(body, content_type=envelope.JSON, headers=_NO_STORE)


@router.get(
    "/api/cache/metrics",
    response={200: CacheFiguresReply, 400: ErrorReply, 401: ErrorReply, 403: ErrorReply},
    summary="Figures of the cache",
    openapi_extra={
        "parameters": [_PERIOD_PARAMETER],
        "responses": {200: {"content": {envelope.JSON: {"example": examples_metrics.CACHE}}}},
    },
)
async def cache_figures(request: HttpRequest) -> HttpResponse:
    """What of the look-ups of a period each tier answered, and what the tiers hold now."""
    await _may(request)
    period = _period(request)
    figures, samples = await asyncio.gather(in_db(rollups.counted, rollups.PERIODS[period]), metrics.stores())
    return envelope.success(metric_report.cache_report(figures, samples, period), headers=_NO_STORE)


async def _may(request: HttpRequest) -> None:
    """Raises: Unauthorized, Forbidden."""
    if conf.metrics_require_token():
        await jobs.allowed(request.headers, "metrics")


def _wants_json(request: HttpRequest) -> bool:
    """Raises: InvalidQuery."""
    wanted = request.GET.get("format", "")
    if wanted not in ("", "json", "prometheus"):
        raise InvalidQuery("format is json or prometheus.", details={"field": "format"})
    if wanted:
        return wanted == "json"
    accept = request.headers.get("Accept", "").lower()
    return envelope.JSON in accept and not any(text in accept for text in _TEXT)


def _period(request: HttpRequest) -> str:
    """Raises: InvalidQuery."""
    period = request.GET.get("period", PERIOD)
    if period not in rollups.PERIODS:
        raise InvalidQuery(f"period is one of {', '.join(rollups.PERIODS)}.", details={"field": "period"})
    return period
