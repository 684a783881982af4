"""JSON that is kept: the same bytes, and no more memory than they take."""

import sys
import tracemalloc

import orjson
import pytest

from bookstrack.lib import exact_json


@pytest.mark.parametrize("value", [None, [], {"title": "Ficciones", "pages": 203}, ["é" * 5_000, 1.5]])
def test_it_is_what_orjson_writes(value: object) -> None:
    assert exact_json.dumps(value) == orjson.dumps(value)


@pytest.mark.parametrize("signs", [300, 2_200, 20_000])
def test_it_takes_what_its_bytes_take(signs: int) -> None:
    value = {"title": "x" * signs}
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [exact_json.dumps(value) for _ in range(100)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before <= 1.05 * sum(map(sys.getsizeof, kept)) + 2_000  # and their list
