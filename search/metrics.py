"""Counters of the search app."""

from bookstrack.lib.telemetry import CALL_BUCKETS, Counter, CounterTally, GaugeTally, Histogram, live_gauge

provider_calls = Counter("bookstrack_provider_calls_total", "Calls of outside catalogues.", ["provider", "status"])
provider_seconds = Histogram("bookstrack_provider_call_seconds", "Time of a call, retries included.", ["provider"], buckets=CALL_BUCKETS)
provider_retries = Counter("bookstrack_provider_retries_total", "Attempts after the first.", ["provider"])
provider_bytes = Counter("bookstrack_provider_bytes_total", "Bytes of providers' answers.", ["provider"])
cache_lookups = Counter(
    "bookstrack_cache_lookups_total", "Look-ups by kind and the tier that answered.", ["kind", "tier"]
)
cache_coalesced = Counter("bookstrack_cache_coalesced_total", "Requests that waited for another's flight.")
cache_stale = Counter("bookstrack_cache_stale_total", "Expired answers served while all providers failed.")
cache_refreshes = Counter("bookstrack_cache_refreshes_total", "Answers asked for anew before they expired, by how it ended.", ["outcome"])
cache_away = Counter("bookstrack_cache_away_total", "Times that Redis did not answer.")
cache_broken = Counter("bookstrack_cache_broken_total", "Entries that could not be read.")
own_covers_away = Counter("bookstrack_own_covers_away_total", "Answers made without knowing whether there is a cover of our own.")
memory_evictions = CounterTally(Counter("bookstrack_memory_evictions_total", "Entries that the memory tier gave up for others."))
memory_entries = GaugeTally(live_gauge("bookstrack_memory_entries", "Entries in the memory tiers."))
memory_bytes = GaugeTally(live_gauge("bookstrack_memory_bytes", "Bytes in the memory tiers."))
bulk_isbns = Counter("bookstrack_bulk_isbns_total", "ISBNs asked for in calls that take many.", ["provider"])
late_answers = Counter("bookstrack_late_answers_total", "Rounds completed after their reply.")

_hits: dict[tuple[str, str], CounterTally] = {}
_times: dict[str, tuple[int, float]] = {}  # provider -> calls of this process that were answered or failed, and their seconds


def hit(kind: str, tier: str) -> None:
    """Count a look-up that a tier answered; `tier` ends with -negative where it knows that nobody knows."""
    tally = _hits.get((kind, tier))
    if tally is None:
        tally = _hits[kind, tier] = CounterTally(cache_lookups.labels(kind, tier))
    tally.inc()


def called(provider: str, status: str, latency_s: float | None) -> None:
    """Count a call of a provider; `latency_s` is None where nothing was sent."""
    provider_calls.labels(provider, status).inc()
    if latency_s is not None:
        provider_seconds.labels(provider).observe(latency_s)
        calls, seconds = _times.get(provider, (0, 0.0))
        _times[provider] = calls + 1, seconds + latency_s


def mean_ms(provider: str) -> float | None:
    """Mean time of this process's calls to a provider in ms; None before the first."""
    calls, seconds = _times.get(provider, (0, 0.0))
    return round(seconds / calls * 1000, 1) if calls else None
