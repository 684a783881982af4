"""The in-process tier: bounded by bytes, least recently used out first, trusted for a second."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import clock
from search.tiers.memory import OVERHEAD_BYTES, TRUSTED_S, MemoryTier


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock on by so many seconds."""
    moved = {"s": 1000.0}
    monkeypatch.setattr(clock, "monotonic_s", lambda: moved["s"])

    def move(seconds: float) -> None:
        moved["s"] += seconds

    return move


def test_an_entry_is_trusted_for_a_second_and_kept_for_longer(later: Callable[[float], None]) -> None:
    tier = MemoryTier(10_000)
    tier.put("a", b"1", ttl_s=60)
    assert tier.get("a") == b"1"
    later(TRUSTED_S + 0.1)
    assert tier.get("a") is None
    assert tier.get("a", even_untrusted=True) == b"1"
    later(60)
    assert tier.get("a", even_untrusted=True) is None
    assert tier.used_bytes == 0


def test_the_least_recently_used_goes_first(later: Callable[[float], None]) -> None:
    size = 100 + 1 + OVERHEAD_BYTES
    tier = MemoryTier(3 * size)
    for key in "abc":
        tier.put(key, b"x" * 100, 60)
    assert tier.get("a")
    tier.put("d", b"x" * 100, 60)
    assert [key for key in "abcd" if tier.get(key)] == ["a", "c", "d"]
    assert tier.evictions == 1


def test_what_is_larger_than_all_of_it_is_not_kept() -> None:
    tier = MemoryTier(1000)
    tier.put("small", b"x", 60)
    tier.put("large", b"x" * 5000, 60)
    assert tier.get("large") is None and tier.get("small") == b"x"


_steps = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 2000), st.sampled_from(["put", "get", "drop"])), max_size=80)


@given(_steps)
def test_its_books_are_right_and_its_bound_holds(steps: list[tuple[str, int, str]]) -> None:
    tier, held = MemoryTier(4000), dict[str, int]()
    for key, size, step in steps:
        if step == "put":
            tier.put(key, b"x" * size, 60)
            held[key] = size
        elif step == "get":
            value = tier.get(key)
            assert value is None or len(value) == held[key]
        else:
            tier.drop(key)
            assert tier.get(key) is None
        assert tier.used_bytes <= 4000
    kept = [value for key in held if (value := tier.get(key)) is not None]
    assert tier.used_bytes == sum(len(value) + 1 + OVERHEAD_BYTES for value in kept)
    tier.clear()
    assert (len(tier), tier.used_bytes) == (0, 0)
