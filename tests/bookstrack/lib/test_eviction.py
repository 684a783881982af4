"""How the cache compares with other policies, and that these are what they are called: the simulators of benchmarks/zipf.py."""

import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import eviction, zipf

POLICIES = list(zipf.POLICIES.values())
KEYS, REQUESTS = 2_000, 20_000


def rates(shares: list[float], max_bytes: int, *policies: type[eviction.Policy]) -> list[float]:
    """Hit rates in percent, of the second half of the requests, and after them that of the ideal."""
    keys = [f"key {rank}" for rank in range(KEYS)]
    requests = random.Random(1).choices(keys, cum_weights=list(accumulate(shares)), k=2 * REQUESTS)
    sizes = dict.fromkeys(keys, 1_000)
    hits = [[policy.ask(key, 1_000) for key in requests] for policy in (kind(max_bytes) for kind in policies)]
    hits.append(eviction.ideal(requests, sizes, max_bytes, {0: dict(zip(keys, shares, strict=True))}))
    return [100 * sum(answered[REQUESTS:]) / REQUESTS for answered in hits]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.8])
def test_on_a_zipf_trace_it_comes_near_the_ideal_and_before_an_lru(share: float) -> None:
    ours, lru, ideal = rates([1 / rank for rank in range(1, KEYS + 1)], int(share * KEYS) * 1_000, eviction.Ours, eviction.Lru)
    assert ideal - 3 <= ours <= ideal
    assert ours > lru


@given(st.lists(st.sampled_from("abcdefghij"), max_size=120), st.integers(1, 8))
def test_nobody_beats_who_knows_what_comes(keys: list[str], entries: int) -> None:
    sizes, max_bytes = dict.fromkeys(keys, 1_000), entries * 1_000
    best = sum(eviction.clairvoyant(keys, sizes, max_bytes))
    for policy in POLICIES:
        asked = policy(max_bytes)
        assert sum(asked.ask(key, 1_000) for key in keys) <= best
    assert sum(eviction.ideal(keys, sizes, max_bytes, {0: dict.fromkeys(keys, 1.0)})) <= best


@given(st.lists(st.sampled_from("abcdefghij"), max_size=120))
def test_where_all_fit_every_policy_misses_each_key_once(keys: list[str]) -> None:
    for policy in POLICIES:
        asked = policy(10_000)
        assert sum(not asked.ask(key, 1_000) for key in keys) == len(set(keys))


def test_an_lru_drops_who_was_asked_longest_ago() -> None:
    lru = eviction.Lru(2_000)
    assert [lru.ask(key, 1_000) for key in "abacab"] == [False, False, True, False, True, False]


def test_a_sieve_spares_once_who_was_asked() -> None:
    sieve = eviction.Sieve(3_000)
    assert [sieve.ask(key, 1_000) for key in "abcadacb"] == [False, False, False, True, False, True, True, False]
