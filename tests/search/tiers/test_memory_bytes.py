"""The memory tier's bound is one of real memory: what it says to hold is what is allocated."""

import gc
import os
import tracemalloc

import pytest

from bookstrack.lib.coded import GZIP, PLAIN, ZSTD
from search import fast_lane
from search.entry import Entry, pack, unpack
from search.tiers.memory import MemoryTier

ENTRIES = 400
OVER = 1.05  # of its bound, at most


def packed(number: int, size: int) -> bytes:
    statuses = {"catalogue": "empty", "openlibrary": "ok", "google-books": "ok", "isbndb": "ok"}
    tag = f'W/"{number:024x}"'
    data = os.urandom(size // 2).hex().encode()  # which no coding makes much smaller
    return pack(Entry(data, 1e9 + number, 86_400.0, "openlibrary+google-books+isbndb", statuses, etag=tag, completeness=80, found=1))


@pytest.mark.parametrize("size", [200, 2_000, 20_000])
@pytest.mark.parametrize("forms", [[], [PLAIN], [PLAIN, GZIP], [ZSTD]])
def test_it_holds_no_more_than_it_says(size: int, forms: list[str]) -> None:
    values = [packed(number, size) for number in range(ENTRIES)]
    target = fast_lane.planned(b"/v1/search/isbn?isbn=9780306406157")
    assert target is not None
    tier = MemoryTier(2**30)
    gc.collect()
    tracemalloc.start(1)
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number, value in enumerate(values):
            entry, key = unpack(value), f"search:isbn:978{number:010d}"
            assert entry is not None
            tier.put(key, entry, 1000.0 + number)
            held = tier.get(key)
            assert held is not None
            for coding in forms:
                form = held.forms[coding] = fast_lane.rendered(entry, target, coding)
                tier.grew(key, form.more_bytes)
        really = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.8 * tier.used_bytes < really < OVER * tier.used_bytes
