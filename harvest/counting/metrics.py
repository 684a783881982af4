"""Counters of the back office, and gauges that are read from the stores of all hosts when somebody looks."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Sum

from bookstrack.lib import clock, redis
from bookstrack.lib.db import in_db
from bookstrack.lib.telemetry import CALL_BUCKETS, Counter, Histogram, Sample
from harvest.models import Cover, ProxiedPicture
from jobs import services as jobs
from scanning import services as scanning
from search import services as search

log = structlog.get_logger(__name__)
LOOK_S = 3.0  # each store may take so long; what is later is left out
SUMMED_FOR_S = 60.0
BREAKERS = {"closed": 0.0, "half open": 0.5, "open": 1.0}

# For harvests: outcome is found, skipped, none or error, as in CoverVerdict; source is empty where no one was asked.
covers = Counter("bookstrack_covers_total", "Covers that were looked for.", ["source", "outcome"])
cover_bytes = Counter("bookstrack_cover_bytes_total", "Bytes of covers that were kept, before and after.", ["source", "form"])
# For the image proxy and covers: kept (it was there), fetched, absent, refused, failed.
pictures = Counter("bookstrack_pictures_total", "Pictures that clients asked for.", ["route", "outcome"])
fetch_seconds = Histogram("bookstrack_picture_fetch_seconds", "Time of fetching a foreign picture.", buckets=CALL_BUCKETS)
fetched_bytes = Counter("bookstrack_picture_fetched_bytes_total", "Bytes of foreign pictures that were fetched.")


def judged(source: str, outcome: str, original_bytes: int, stored_bytes: int) -> None:
    """Count what a harvest did about one book; bytes are of a picture that is kept."""
    covers.labels(source, outcome).inc()
    if stored_bytes:
        cover_bytes.labels(source, "original").inc(original_bytes)
        cover_bytes.labels(source, "stored").inc(stored_bytes)


async def stores() -> list[Sample]:
    """Where the stores that all hosts share stand, and this host's disk. What cannot be read just now is left out."""
    found = await asyncio.gather(*(_read(look) for look in (_providers, _jobs, _cache, _files)))
    return [sample for samples in found for sample in samples]


async def _read(look: Callable[[], Awaitable[list[Sample]]]) -> list[Sample]:
    try:
        async with asyncio.timeout(LOOK_S):
            return await look()
    except (DatabaseError, OSError, TimeoutError, *redis.Away) as error:
        log.warning("a figure could not be read", of=look.__name__.removeprefix("_"), error=type(error).__name__)
        return []


def _gauge(name: str, value: float, **labels: str) -> Sample:
    return Sample(f"bookstrack_{name}", labels, float(value), "gauge")


async def _providers() -> list[Sample]:
    rows = await search.provider_table()
    samples = [_gauge("provider_circuit", BREAKERS[row["circuit"]], provider=row["name"]) for row in rows]
    samples += [_gauge("provider_used_today", row["used_today"], provider=row["name"]) for row in rows]
    samples += [_gauge("provider_budget_left", row["left"], provider=row["name"]) for row in rows if row["left"] is not None]
    tokens = await scanning.gemini_tokens_left()
    return samples if tokens is None else [*samples, _gauge("provider_budget_left", tokens, provider="gemini")]


async def _jobs() -> list[Sample]:
    load = await in_db(jobs.load)
    samples = [_gauge("jobs", count, state=state) for state, count in load.jobs.items()]
    samples.append(_gauge("dead_letters", load.dead_letters))
    for queue, depth in (load.waiting or {}).items():
        samples.append(_gauge("queue_depth", depth, queue=queue))
        samples.append(_gauge("queue_oldest_seconds", load.oldest_s[queue], queue=queue))
    if load.workers is not None:
        samples.append(_gauge("workers", load.workers))
        samples.append(_gauge("workers_busy", load.busy or 0))
    return samples


async def _cache() -> list[Sample]:
    standing = await search.cache_standing()
    samples = [_gauge("cache_entries", standing.fresh)]
    if standing.redis_keys is not None:
        samples.append(_gauge("redis_keys", standing.redis_keys))
    if standing.redis_bytes is not None:
        samples.append(_gauge("redis_bytes", standing.redis_bytes))
    if standing.redis_evictions is not None:
        samples.append(_gauge("redis_evicted_keys", standing.redis_evictions))
    return samples


async def _files() -> list[Sample]:
    disk = await asyncio.to_thread(shutil.disk_usage, settings.DATA_DIR)
    return [_gauge("disk_free_bytes", disk.free), _gauge("disk_bytes", disk.total), *await in_db(_pictures)]


def pictures_now() -> dict[str, dict[str, float]]:
    """The sums of pictures by name and by the value of their one label, counted anew. In a thread that may use the database."""
    found: dict[str, dict[str, float]] = {}
    for sample in _summed_pictures():
        found.setdefault(sample.name.removeprefix("bookstrack_"), {})["".join(sample.labels.values())] = sample.value
    return found


_summed: tuple[float, list[Sample]] = (0.0, [])  # until when it is believed, and what


def _pictures() -> list[Sample]:
    """Covers that are kept, by source, and pictures of the proxy, as of the last minute: there may be a million."""
    global _summed
    until_s, found = _summed
    if clock.monotonic_s() >= until_s:
        found = _summed_pictures()
        _summed = clock.monotonic_s() + SUMMED_FOR_S, found
    return found


def _summed_pictures() -> list[Sample]:
    kept = Cover.objects.filter(state=Cover.State.KEPT).order_by().values("source")
    rows = list(kept.annotate(count=Count("pk"), before=Sum("original_bytes"), after=Sum("stored_bytes")))
    found = [
        _gauge(name, row[column], source=row["source"])
        for row in rows
        for name, column in (("covers_kept", "count"), ("covers_original_bytes", "before"), ("covers_stored_bytes", "after"))
    ]
    states = Cover.objects.order_by().values_list("state").annotate(Count("pk"))
    found += [_gauge("covers_by_state", count, state=state) for state, count in states]
    proxied = ProxiedPicture.objects.aggregate(count=Count("pk"), size=Sum("stored_bytes"))
    sizes = {"covers": sum(row["after"] for row in rows), "pictures": proxied["size"] or 0}
    found += [_gauge("stored_bytes", size, storage=storage) for storage, size in sizes.items()]
    return [*found, _gauge("proxied_pictures", proxied["count"])]
