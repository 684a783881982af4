"""What the search app counts."""

from bookstrack.lib import telemetry
from search import metrics
from search.entry import Entry
from search.tiers.memory import MemoryTier


def stands(name: str, **labels: str) -> float:
    return sum(one.value for one in telemetry.samples() if one.name == f"bookstrack_{name}" and labels.items() <= one.labels.items())


def test_the_mean_time_of_a_provider_is_of_what_was_sent() -> None:
    name = "a-test-provider"
    assert metrics.mean_ms(name) is None
    metrics.called(name, "open", None)
    assert metrics.mean_ms(name) is None
    metrics.called(name, "ok", 0.1)
    metrics.called(name, "error", 0.3)
    assert metrics.mean_ms(name) == 200.0
    assert stands("provider_calls_total", provider=name) == 3
    assert stands("provider_calls_total", provider=name, status="open") == 1
    assert stands("provider_call_seconds_count", provider=name) == 2


def test_the_memory_tier_tells_what_it_holds_and_gave_up() -> None:
    before = stands("memory_evictions_total")

    def entry(size: int) -> Entry:
        return Entry(b"x" * size, 4e9, 60, "catalogue", {})

    tier = MemoryTier(10_000)
    for number in range(5):
        tier.put(f"{number}", entry(2000), 60)
    held = len(tier)
    assert 0 < held < 5
    assert (stands("memory_entries"), stands("memory_bytes")) == (held, tier.used_bytes)
    assert stands("memory_evictions_total") - before == 5 - held == tier.evictions
    last = next(f"{number}" for number in range(5) if tier.get(f"{number}"))
    tier.put(last, entry(20_000), 60)  # too large to be kept: the old value is gone all the same
    assert (len(tier), stands("memory_entries")) == (held - 1, held - 1)
    tier.clear()
    assert stands("memory_entries") == stands("memory_bytes") == 0
