"""What alerts look at: figures of the last hour, providers, queues, storage, schedules, the last harvest, each where it is kept."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Q

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import ObjectStore
from harvest.alerting import conf_alerts
from harvest.alerting.alert_rules import HarvestRun, ProviderNow, Seen, Traffic
from harvest.counting import rollups
from harvest.models import CoverVerdict, Run
from jobs import services as jobs
from search import services as search

log = structlog.get_logger(__name__)
T = TypeVar("T")
LOOK_S = 20.0  # each may take so long; what is later is not told
STORAGES = ("covers", "archive", "uploads")
LEFT_OUT = frozenset({"/admin/", "other"})  # no routes of clients


async def seen() -> Seen:
    """Everything at this moment; what cannot be told is None."""
    load = await _looked(_load)
    return Seen(
        traffic=await _looked(_traffic),
        providers=await _looked(_providers),
        waiting=load.waiting if load else None,
        oldest_s=load.oldest_s if load and load.waiting is not None else None,
        dead_letters=load.dead_letters if load else None,
        troubles=await _looked(jobs.queue_troubles),
        disk_free=await _looked(_disk_free),
        storages=await _looked(_storages),
        schedules=await _looked(_schedules),
        harvest=await _looked(_harvest),
    )


async def _looked(look: Callable[[], Awaitable[T]]) -> T | None:
    try:
        async with asyncio.timeout(LOOK_S):
            return await look()
    except (DatabaseError, OSError, TimeoutError, *redis.Away) as error:
        log.warning("an alert's figure could not be read", of=getattr(look, "__name__", "").strip("_"), error=type(error).__name__)
        return None
    except Exception:  # what one look cannot read must not keep the others from being held against their limits
        log.exception("an alert's figure could not be read", of=getattr(look, "__name__", "").strip("_"))
        return None


async def _traffic() -> Traffic:
    counted = await in_db(rollups.counted, conf_alerts.PERIOD_S)
    latency = {}
    for route in counted.by("request_seconds", "route"):
        measured = counted.percentiles("request_seconds", route=route)
        if measured is not None and route not in LEFT_OUT:
            latency[route] = (measured.number, measured.p95, measured.p99)
    lookups = counted.by("cache_lookups", "tier")
    return Traffic(
        requests=counted.total("requests"),
        errors=counted.total("requests", status="5xx"),
        lookups=sum(lookups.values()),
        hits=sum(number for tier, number in lookups.items() if tier != "miss"),
        latency_s=latency,
    )


async def _providers() -> list[ProviderNow]:
    rows = await search.provider_table()
    return [ProviderNow(row["name"], row["circuit"], row["used_today"], _budget_of(row)) for row in rows]


def _budget_of(row: dict[str, Any]) -> int | None:
    left = row["left"]
    return None if left is None else int(row["used_today"] + left)


async def _load() -> jobs.Load:
    return await in_db(jobs.load)


async def _disk_free() -> float:
    usage = await asyncio.to_thread(shutil.disk_usage, settings.DATA_DIR)
    return usage.free / usage.total


async def _storages() -> dict[str, bool]:
    troubles = await asyncio.gather(*(ObjectStore(name).trouble() for name in STORAGES))
    return {name: trouble is None for name, trouble in zip(STORAGES, troubles, strict=True)}


async def _schedules() -> dict[str, str]:
    found = await in_db(jobs.scheduled)
    return {one.plan.name: _how(one) if one.failed else "" for one in found}


def _how(one: jobs.Scheduled) -> str:
    detail = one.run.detail if one.run else ""
    return f"{one.outcome}, {detail}" if detail else one.outcome


async def _harvest() -> HarvestRun | None:
    return await in_db(_last_harvest)


def _last_harvest() -> HarvestRun | None:
    over = Run.objects.filter(kind=Run.Kind.HARVEST, dry_run=False).exclude(state__in=[Run.State.RUNNING, Run.State.CANCELED])
    run = over.order_by("-pk").first()
    if run is None:
        return None
    errors = Count("pk", filter=Q(outcome=CoverVerdict.Outcome.ERROR))
    counts = CoverVerdict.objects.filter(run=run).aggregate(books=Count("pk"), errors=errors)
    return HarvestRun(run.state == Run.State.FAILED, counts["books"], counts["errors"])
