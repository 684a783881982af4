"""What was asked and how it was answered over a day or a week, as charts and sums. In a thread that may use the database."""

from collections.abc import Callable
from dataclasses import dataclass

from harvest.counting import rollups
from harvest.counting.figures import Figures, Percentiles
from harvest.overview.charts import Chart, Slot, bar_chart, line_chart

PERIODS = {"24h": ("24 hours", 96), "7d": ("7 days", 168)}  # label, points of a chart
ROUTES_SHOWN = 8
CLASSES = {"2xx": "answered", "3xx": "not modified, moved", "4xx": "refused", "5xx": "failed"}
HITS = ("memory", "redis", "cold")
Values = Callable[[Figures], tuple[float | None, ...]]


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route with how often it was asked and how long it took, in ms."""

    route: str
    requests: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class ProviderTraffic:
    """Calls of one provider in the period; times in ms, None where it was not asked."""

    calls: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    chart_place: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """A period in figures. A share is 0..1, and None where nothing was counted."""

    requests: int
    failed: int
    failed_share: float | None
    latency: Percentiles | None
    requests_chart: Chart
    latency_chart: Chart
    routes: list[RouteRow]
    lookups: int
    hit_share: float | None
    by_tier: list[tuple[str, int, float]]  # tier, hits, share of all look-ups
    negative: int
    coalesced: int
    stale: int
    evicted: int
    hits_chart: Chart
    calls_chart: Chart
    providers: dict[str, ProviderTraffic]
    tokens: int


def traffic(period: str) -> Traffic:
    """The period "24h" or "7d"."""
    seconds, (_, points) = rollups.PERIODS[period], PERIODS[period]
    whole, series = rollups.overview(seconds, points)
    label = "%H:%M" if period == "24h" else "%a %H:%M"
    names = sorted(whole.by("provider_calls", "provider"))

    def slots(values: Values) -> list[Slot]:
        return [Slot(f"{point.at:{label}}", _if_known(values(point.figures), point.figures)) for point in series]

    lookups = whole.by("cache_lookups", "tier")
    asked = sum(lookups.values())
    failed = whole.total("requests", status="5xx")
    return Traffic(
        requests=int(whole.total("requests")),
        failed=int(failed),
        failed_share=whole.share("requests", "status", "5xx"),
        latency=whole.percentiles("request_seconds"),
        requests_chart=bar_chart(list(CLASSES.values()), slots(lambda one: tuple(one.total("requests", status=name) for name in CLASSES))),
        latency_chart=line_chart(["half", "95 %", "99 %"], slots(_latency), unit="ms"),
        routes=_routes(whole),
        lookups=int(asked),
        hit_share=_hit_share(lookups),
        by_tier=[(tier, int(hits), hits / asked) for tier in HITS if (hits := lookups.get(tier, 0) + lookups.get(f"{tier}-negative", 0))],
        negative=int(sum(count for tier, count in lookups.items() if tier.endswith("-negative"))),
        coalesced=int(whole.total("cache_coalesced")),
        stale=int(whole.total("cache_stale")),
        evicted=int(whole.total("memory_evictions")),
        hits_chart=line_chart(["answered from the cache", *HITS[:2]], slots(_hits), unit="%", top=100.0),
        calls_chart=bar_chart(names, slots(lambda one: tuple(one.total("provider_calls", provider=name) for name in names))),
        providers={name: _provider(whole, name, place) for place, name in enumerate(names)},
        tokens=int(whole.total("gemini_tokens")),
    )


def _if_known(values: tuple[float | None, ...], figures: Figures) -> tuple[float | None, ...]:
    """Gaps where nobody counted: the server was down."""
    return values if figures.known else (None,) * len(values)


def _latency(figures: Figures) -> tuple[float | None, ...]:
    found = figures.percentiles("request_seconds")
    return (found.p50 * 1000, found.p95 * 1000, found.p99 * 1000) if found else (None, None, None)


def _hits(figures: Figures) -> tuple[float | None, ...]:
    lookups = figures.by("cache_lookups", "tier")
    asked = sum(lookups.values())
    if not asked:
        return None, None, None
    own = [(lookups.get(tier, 0) + lookups.get(f"{tier}-negative", 0)) * 100 / asked for tier in HITS[:2]]
    share = _hit_share(lookups)
    return (None if share is None else share * 100, *own)


def _hit_share(lookups: dict[str, float]) -> float | None:
    asked = sum(lookups.values())
    return 1 - lookups.get("miss", 0) / asked if asked else None


def _routes(figures: Figures) -> list[RouteRow]:
    found = []
    for route, count in list(figures.by("requests", "route").items())[:ROUTES_SHOWN]:
        took = figures.percentiles("request_seconds", route=route)
        if took:
            found.append(RouteRow(route, int(count), took.p50 * 1000, took.p95 * 1000, took.p99 * 1000))
    return found


def _provider(figures: Figures, name: str, place: int) -> ProviderTraffic:
    by_status = figures.by("provider_calls", "status", provider=name)
    well = sum(count for status, count in by_status.items() if status in ("ok", "empty"))
    took = figures.percentiles("provider_call_seconds", provider=name)
    calls = sum(by_status.values())
    return ProviderTraffic(int(calls), int(calls - well), took.p50 * 1000 if took else None, took.p95 * 1000 if took else None, place)
