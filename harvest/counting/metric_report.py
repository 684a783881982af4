"""The figures of a period as JSON has them. What could not be read is left out, what was not measured is null: nothing is made up."""

from collections.abc import Sequence
from typing import Any

from bookstrack.lib import clock
from bookstrack.lib.telemetry import Sample
from harvest.counting.figures import Figures, Percentiles

GEMINI = "gemini"
NEGATIVE, MISS = "-negative", "miss"
SEARCHES = ("/v1/search/", "/search/")
Json = dict[str, Any]


class Stores:
    """Gauges that were read from the stores, by name."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._found: dict[str, list[Sample]] = {}
        for sample in samples:
            self._found.setdefault(sample.name.removeprefix("bookstrack_"), []).append(sample)

    def one(self, name: str, **labels: str) -> float | None:
        """The gauge with these labels; None where it could not be read."""
        return next((_plain(sample.value) for sample in self._found.get(name, ()) if sample.labels == labels), None)

    def by(self, name: str, label: str) -> dict[str, float]:
        """The gauge by the values of its label; empty where it could not be read."""
        return {sample.labels[label]: _plain(sample.value) for sample in self._found.get(name, ())}

    def known(self, **wanted: str) -> Json:
        """Gauges without labels under other names, without those that could not be read."""
        found = {shown: self.one(name) for shown, name in wanted.items()}
        return {shown: value for shown, value in found.items() if value is not None}


def report(figures: Figures, samples: Sequence[Sample], period: str) -> Json:
    """What GET /metrics?format=json answers."""
    stores = Stores(samples)
    return {
        "period": period,
        "since": clock.iso_ms(figures.since),
        "until": clock.iso_ms(figures.until),
        "hosts": figures.hosts,
        "hitRates": hit_rates(figures),
        "latency": _latency(figures),
        "volume": _volume(figures),
        "costs": _costs(figures),
        "providers": _providers(figures, stores),
        "jobs": _jobs(figures, stores),
        "health": _health(figures, stores),
    }


def cache_report(figures: Figures, samples: Sequence[Sample], period: str) -> Json:
    """What GET /api/cache/metrics answers."""
    stores = Stores(samples)
    memory = {"entries": figures.gauge("memory_entries"), "bytes": figures.gauge("memory_bytes")}
    return {
        "period": period,
        "since": clock.iso_ms(figures.since),
        "hitRates": hit_rates(figures),
        "lookups": _plain(figures.total("cache_lookups")),
        "negativeHits": sum(_plain(n) for tier, n in figures.by("cache_lookups", "tier").items() if tier.endswith(NEGATIVE)),
        "coalesced": _plain(figures.total("cache_coalesced")),
        "staleServed": _plain(figures.total("cache_stale")),
        "brokenEntries": _plain(figures.total("cache_broken")),
        "redisAway": _plain(figures.total("cache_away")),
        **stores.known(entries="cache_entries"),
        "tiers": {
            "memory": {name: _plain(value) for name, value in memory.items() if value is not None}
            | {"evictions": _plain(figures.total("memory_evictions"))},
            "redis": stores.known(keys="redis_keys", bytes="redis_bytes", evictionsSinceStart="redis_evicted_keys"),
        },
    }


def hit_rates(figures: Figures) -> Json:
    """Shares (0..1) of look-ups that the cache answered: `total`, `byTier` (negative answers with their tier), `byKind`, `negative`."""
    tiers = figures.by("cache_lookups", "tier")
    total = sum(tiers.values())
    if not total:
        return {"total": None, "byTier": {}, "byKind": {}, "negative": None}
    by_tier: dict[str, float] = {}
    for tier, count in tiers.items():
        by_tier[tier.removesuffix(NEGATIVE)] = by_tier.get(tier.removesuffix(NEGATIVE), 0) + count
    missed = by_tier.pop(MISS, 0.0)
    kinds = figures.by("cache_lookups", "kind")
    missed_of = figures.by("cache_lookups", "kind", tier=MISS)
    return {
        "total": _share(total - missed, total),
        "byTier": {tier: _share(count, total) for tier, count in by_tier.items()},
        "byKind": {kind: _share(count - missed_of.get(kind, 0), count) for kind, count in kinds.items()},
        "negative": _share(sum(count for tier, count in tiers.items() if tier.endswith(NEGATIVE)), total),
    }


def _latency(figures: Figures) -> Json:
    routes = figures.by("request_seconds", "route")
    by_route = {route: _ms(figures.percentiles("request_seconds", route=route)) for route in routes}
    return {"unit": "ms", **_ms(figures.percentiles("request_seconds")), "byRoute": by_route}


def _volume(figures: Figures) -> Json:
    by_route = _whole(figures.by("requests", "route"))
    return {
        "requests": _plain(figures.total("requests")),
        "requestsPerSecond": round(figures.rate("requests"), 3),
        "searches": sum(count for route, count in by_route.items() if route.startswith(SEARCHES)),
        "byRoute": by_route,
        "byStatus": _whole(figures.by("requests", "status")),
        "limitsRefused": _whole(figures.by("limits_refused", "limit")),
        "cacheLookups": _plain(figures.total("cache_lookups")),
        "pictures": _whole(figures.by("pictures", "outcome")),
        "covers": _whole(figures.by("covers", "outcome")),
        "coversFound": _whole(figures.by("covers", "source", outcome="found")),
        "socketMessages": _plain(figures.total("socket_messages")),
    }


def _costs(figures: Figures) -> Json:
    """`geminiUsd` is null where tokens were used of a model whose price is not known."""
    unpriced = figures.total("gemini_unpriced_tokens")
    return {
        "providerCalls": _whole(figures.by("provider_calls", "provider")),
        "providerBytes": _whole(figures.by("provider_bytes", "provider")),
        "geminiCalls": _plain(figures.total("gemini_calls")),
        "geminiTokens": {name: _plain(figures.total("gemini_tokens", direction=name)) for name in ("asked", "answered")},
        "geminiUsd": None if unpriced else round(figures.total("gemini_usd"), 6),
    }


def _providers(figures: Figures, stores: Stores) -> Json:
    circuits, left, used = (stores.by(name, "provider") for name in ("provider_circuit", "provider_budget_left", "provider_used_today"))
    calls = figures.by("provider_calls", "provider")
    found: Json = {}
    for name in sorted({*calls, *circuits}):
        found[name] = {
            "calls": _plain(calls.get(name, 0)),
            "byStatus": _whole(figures.by("provider_calls", "status", provider=name)),
            "retries": _plain(figures.total("provider_retries", provider=name)),
            "bytes": _plain(figures.total("provider_bytes", provider=name)),
            **_ms(figures.percentiles("provider_call_seconds", provider=name)),
        }
        if name in circuits:
            found[name] |= {"breaker": _CIRCUITS[circuits[name]], "usedToday": used.get(name, 0), "budgetLeft": left.get(name)}
    asked = figures.total("gemini_calls")
    if asked or GEMINI in left:
        found[GEMINI] = {
            "calls": _plain(asked),
            "byStatus": _whole(figures.by("gemini_calls", "outcome")),
            **_ms(figures.percentiles("gemini_seconds")),
            "budgetLeft": left.get(GEMINI),  # tokens
        }
    return found


_CIRCUITS = {0.0: "closed", 0.5: "half open", 1.0: "open"}


def _jobs(figures: Figures, stores: Stores) -> Json:
    depths, ages = stores.by("queue_depth", "queue"), stores.by("queue_oldest_seconds", "queue")
    found: Json = {
        "started": _whole(figures.by("jobs_started", "pipeline")),
        "ended": _whole(figures.by("jobs_ended", "outcome")),
        "items": _whole(figures.by("job_items", "outcome")),
        "durationMs": {name: _ms(figures.percentiles("job_seconds", pipeline=name)) for name in figures.by("job_seconds", "pipeline")},
        "pushMs": _ms(figures.percentiles("push_seconds")),
        "eventLagMs": _ms(figures.percentiles("event_lag_seconds")),
        **stores.known(deadLetters="dead_letters", workers="workers", workersBusy="workers_busy"),
    }
    if stores.one("dead_letters") is not None:
        found["byState"] = stores.by("jobs", "state")
    if depths:
        found["queues"] = {name: {"depth": depth, "oldestSeconds": round(ages.get(name, 0), 1)} for name, depth in depths.items()}
    if (sockets := figures.gauge("sockets_open")) is not None:
        found["socketsOpen"] = _plain(sockets)
    return found


def _health(figures: Figures, stores: Stores) -> Json:
    """`status` is degraded where no worker lives, Redis is away, or a provider's circuit is open."""
    circuits = stores.by("provider_circuit", "provider")
    workers = stores.one("workers")
    opened = sorted(name for name, value in circuits.items() if value)
    return {
        "status": "ok" if workers and not opened else "degraded",
        "queueAnswers": workers is not None,
        "openCircuits": opened,
        "serverErrors": _plain(figures.total("requests", status="5xx")),
        "serverErrorShare": _rounded(figures.share("requests", "status", "5xx")),
        **stores.known(diskFreeBytes="disk_free_bytes", diskBytes="disk_bytes"),
        "storedBytes": stores.by("stored_bytes", "storage"),
    }


def _ms(found: Percentiles | None) -> Json:
    """In ms; nulls where nothing was measured."""
    if found is None:
        return {"count": 0, "mean": None, "p50": None, "p95": None, "p99": None}
    times = {name: round(getattr(found, name) * 1000, 3) for name in ("mean", "p50", "p95", "p99")}
    return {"count": found.number, **times}


def _whole(sums: dict[str, float]) -> dict[str, float]:
    return {name: _plain(value) for name, value in sums.items()}


def _plain(value: float) -> float:
    return int(value) if value == int(value) else round(value, 3)


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
