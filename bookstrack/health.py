"""How the server is: /health for people and monitors, /livez and /readyz for whoever starts and stops it."""

import asyncio
import os
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Literal

import orjson
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from ninja import Router, Schema

from bookstrack.lib import clock, object_store, redis, trace
from bookstrack.lib.db import in_db
from jobs import services as jobs
from search import services

log = structlog.get_logger(__name__)
router = Router(tags=["operations"])
STARTED_S = clock.monotonic_s()
CHECK_TIMEOUT_S = 3.0


class Check(Schema):
    status: str
    latencyMs: float | None = None
    message: str | None = None


class Probe(Schema):
    status: Literal["ok", "unready"]


class Health(Schema):
    status: Literal["ok", "degraded"]
    service: str
    worker: str
    version: str
    environment: str
    timestamp: str
    uptime: float
    endpoints: list[str]
    checks: dict[str, Any]
    smokeTests: dict[str, str]
    requestId: str


def _example(value: Any) -> dict[str, Any]:
    return {"responses": {200: {"content": {"application/json": {"example": value}}}}}


@router.get("/livez", response={200: Probe}, summary="The process runs", openapi_extra=_example({"status": "ok"}))
async def livez(request: HttpRequest) -> HttpResponse:
    """The process runs."""
    return _bare({"status": "ok"})


@router.get("/readyz", response={200: Probe, 503: Probe}, summary="It can answer", openapi_extra=_example({"status": "ok"}))
async def readyz(request: HttpRequest) -> HttpResponse:
    """Migrations are applied, and database and Redis answer."""
    checks = await asyncio.gather(_checked(_database), _checked(_redis), _checked(_migrations))
    ready = all(check["status"] == "ok" for check in checks)
    return _bare({"status": "ok" if ready else "unready"}, 200 if ready else 503)


@router.get(
    "/health",
    response={200: Health, 503: Health},
    summary="Every part with its state",
    openapi_extra=_example({"status": "ok", "version": "0.1.0"}),
)
async def health(request: HttpRequest) -> HttpResponse:
    """Every part with its state. 503 only when a required part, the database, is down."""
    database, redis_check, queue, storage, limiter, search = await asyncio.gather(
        _checked(_database), _checked(_redis), _checked(_queue), _checked(_storage), _checked(_redis), _smoke()
    )
    providers = await services.states_of_providers()
    checks = {
        "database": database,
        "redis": redis_check,
        "queue": queue,
        "storage": storage,
        "rateLimiter": limiter if settings.RATE_LIMITS_ENABLED else {"status": "off"},
        "providers": providers,
    }
    well = all(check["status"] == "ok" for check in (database, redis_check, queue, storage))
    well = well and all(check["status"] in ("ok", "off") for check in providers.values())
    body = {
        "status": "ok" if well else "degraded",
        "service": "bookstrack",
        "worker": f"{socket.gethostname()}:{os.getpid()}",
        "version": settings.VERSION,
        "environment": settings.ENVIRONMENT,
        "timestamp": clock.iso_ms(clock.now()),
        "uptime": round(clock.monotonic_s() - STARTED_S, 3),
        "endpoints": _endpoints(),
        "checks": checks,
        "smokeTests": {"catalogueSearch": search["status"]},
        "requestId": trace.current().id,
    }
    return _bare(body, 503 if database["status"] != "ok" else 200)


def _bare(body: dict[str, Any], status: int = 200) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json", headers=headers)


async def _checked(probe: Callable[[], Awaitable[str | None]]) -> dict[str, Any]:
    """Run one check in its time: {status: ok|down, latencyMs, message?}. The message is ours, never an exception's text."""
    began = clock.monotonic_s()
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            message = await probe()
    except (DatabaseError, OSError, TimeoutError, *redis.Away) as error:
        log.warning("health check failed", check=probe.__name__, error=type(error).__name__)
        return {"status": "down", "message": "does not answer"}
    latency_ms = round((clock.monotonic_s() - began) * 1000, 2)
    return {"status": "down" if message else "ok", "latencyMs": latency_ms} | ({"message": message} if message else {})


async def _database() -> str | None:
    await in_db(_select_one)
    return None


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def _redis() -> str | None:
    await redis.client().ping()
    return None


async def _queue() -> str | None:
    """The queue answers, somebody works on it, and somebody looks after the jobs."""
    return await jobs.queue_trouble()


async def _storage() -> str | None:
    """A file can be written in each local folder, or the bucket answers."""
    return await object_store.trouble()


_migrated = False


async def _migrations() -> str | None:
    global _migrated  # once applied they stay so for the life of the process
    if not _migrated:
        _migrated = not await in_db(_migrations_waiting)
    return None if _migrated else "migrations are not applied"


def _migrations_waiting() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


async def _smoke() -> dict[str, Any]:
    return await _checked(services.catalogue_answers)


def _endpoints() -> list[str]:
    """Every route that clients may call, the admin and the search page left out."""
    found = {f"/{pattern.pattern}" for pattern in _patterns(get_resolver().url_patterns) if pattern.name != "search"}
    return sorted(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) for path in found if not path.startswith("/admin"))


def _patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Patterns, and those of what is included without a prefix."""
    for one in found:
        if isinstance(one, URLPattern):
            yield one
        elif not str(one.pattern):
            yield from _patterns(one.url_patterns)
