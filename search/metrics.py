"""Counters of the search app."""

from prometheus_client import Counter, Histogram

provider_calls = Counter("bookstrack_provider_calls_total", "Calls of outside catalogues.", ["provider", "status"])
provider_seconds = Histogram("bookstrack_provider_call_seconds", "Time of a call, retries included.", ["provider"])
provider_retries = Counter("bookstrack_provider_retries_total", "Attempts after the first.", ["provider"])
cache_lookups = Counter(
    "bookstrack_cache_lookups_total", "Look-ups by kind and the tier that answered.", ["kind", "tier"]
)
cache_coalesced = Counter("bookstrack_cache_coalesced_total", "Requests that waited for another's flight.")
cache_stale = Counter("bookstrack_cache_stale_total", "Expired answers served while all providers failed.")
cache_away = Counter("bookstrack_cache_away_total", "Times that Redis did not answer.")
cache_broken = Counter("bookstrack_cache_broken_total", "Entries that could not be read.")
bulk_isbns = Counter("bookstrack_bulk_isbns_total", "ISBNs asked for in calls that take many.", ["provider"])
late_answers = Counter("bookstrack_late_answers_total", "Rounds completed after their reply.")


def mean_ms(provider: str) -> float | None:
    """Mean time of this process's calls to a provider in ms; None before the first."""
    samples = {
        sample.name.rpartition("_")[2]: sample.value for sample in provider_seconds.labels(provider)._child_samples()
    }
    return round(samples["sum"] / samples["count"] * 1000, 1) if samples.get("count") else None
