"""What was counted is the same whichever way it is cut and added up."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harvest.counting import rollup_math

LE = [0.001, 0.01, 0.1, 1.0]
Samples = list[tuple[str, dict[str, str], float, str]]


def stands(requests: dict[str, int], times: dict[str, list[float]], sockets: int = 0) -> Samples:
    """Samples as prometheus_client gives them."""
    found: Samples = [("bookstrack_requests_total", {"route": route}, float(count), "counter") for route, count in requests.items()]
    for route, seconds in times.items():
        for bound in [*LE, math.inf]:
            upto = sum(one <= bound for one in seconds)
            le = "+Inf" if bound == math.inf else str(bound)
            found.append(("bookstrack_request_seconds_bucket", {"route": route, "le": le}, float(upto), "histogram"))
        found.append(("bookstrack_request_seconds_count", {"route": route}, float(len(seconds)), "histogram"))
        found.append(("bookstrack_request_seconds_sum", {"route": route}, sum(seconds), "histogram"))
    found.append(("bookstrack_sockets_open", {}, float(sockets), "gauge"))
    found.append(("process_cpu_seconds_total", {}, 3.0, "counter"))
    return found


routes = st.sampled_from(["/a", "/b|c", ""])
event = st.tuples(routes, st.floats(0, 5, allow_nan=False))
minutes = st.lists(st.lists(event, max_size=20), min_size=1, max_size=8)


def block_after(events: list[tuple[str, float]]) -> rollup_math.Block:
    times: dict[str, list[float]] = {}
    for route, seconds in events:
        times.setdefault(route, []).append(seconds)
    return rollup_math.block_of(stands({route: len(found) for route, found in times.items()}, times))


def rows(block: rollup_math.Block, kind: str, name: str) -> dict[str, list[float]]:
    table = block[kind].get(name, {"of": {}})
    return {key: row if isinstance(row, list) else [row] for key, row in table["of"].items()}


@given(minutes)
def test_merging_minutes_is_counting_the_hour(told: list[list[tuple[str, float]]]) -> None:
    everything: list[tuple[str, float]] = []
    before, parts = None, []
    for minute in told:
        everything += minute
        now = block_after(everything)
        parts.append(rollup_math.difference(now, before))
        before = now
    hour, merged = rollup_math.difference(block_after(everything), None), rollup_math.merged(parts)
    for kind, name in (("counters", "requests"), ("histograms", "request_seconds")):
        one, other = rows(hour, kind, name), rows(merged, kind, name)
        assert one.keys() == other.keys()
        for key in one:
            assert other[key] == pytest.approx(one[key], abs=1e-4)
    assert merged["n"] == len(told)


@given(minutes, st.integers(1, 4))
def test_merging_in_parts_changes_nothing(told: list[list[tuple[str, float]]], size: int) -> None:
    blocks = [rollup_math.difference(block_after(minute), None) for minute in told]
    quarters = [rollup_math.merged(blocks[start : start + size]) for start in range(0, len(blocks), size)]
    whole, parts = rollup_math.merged(blocks), rollup_math.merged(quarters)
    assert rows(whole, "counters", "requests") == rows(parts, "counters", "requests")
    one, other = rows(whole, "histograms", "request_seconds"), rows(parts, "histograms", "request_seconds")
    assert {key: row[1:] for key, row in one.items()} == {key: row[1:] for key, row in other.items()}


@example([0.5, 0.0078125], 0.5)
@given(st.lists(st.floats(0, 0.999), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_lies_in_the_bucket_of_the_true_value(seconds: list[float], share: float) -> None:
    table = block_after([("/a", one) for one in seconds])["histograms"]["request_seconds"]
    found = rollup_math.percentile(table["le"], table["of"]["/a"][1:], share)
    true = sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)]
    bounds = [0.0, *LE]
    place = next(place for place in range(1, len(bounds)) if true <= bounds[place])
    assert found is not None
    assert bounds[place - 1] <= found <= bounds[place]


@given(st.lists(st.integers(0, 50), min_size=4, max_size=5))
def test_percentiles_rise(counts: list[int]) -> None:
    found = [rollup_math.percentile(LE, counts, share) for share in (0.5, 0.95, 0.99)]
    if not sum(counts):
        assert found == [None, None, None]
    else:
        assert found == sorted(one for one in found if one is not None)


def test_what_is_above_all_bounds_is_the_last_of_them() -> None:
    assert rollup_math.percentile(LE, [0, 0, 0, 0, 3], 0.5) == 1.0


def test_a_counter_that_began_anew_counts_whole() -> None:
    before = rollup_math.block_of(stands({"/a": 100, "/b": 5}, {"/a": [0.5] * 100}))
    now = rollup_math.block_of(stands({"/a": 3, "/b": 7}, {"/a": [0.05] * 3}))
    found = rollup_math.difference(now, before)
    assert found["counters"]["requests"]["of"] == {"/a": 3, "/b": 2}
    assert found["histograms"]["request_seconds"]["of"]["/a"] == [0.15, 0, 0, 3, 0, 0]


def test_what_is_zero_and_what_is_of_others_is_left_out() -> None:
    now = rollup_math.block_of(stands({"/a": 4, "/b": 1}, {"/a": [0.5]}))
    found = rollup_math.difference(now, now)
    assert found == rollup_math.empty() | {"n": 1}
    assert rollup_math.difference(now, None)["counters"].keys() == {"requests"}


def test_gauges_add_up_to_a_mean() -> None:
    blocks = [rollup_math.difference(rollup_math.block_of(stands({}, {}, sockets)), None) for sockets in (4, 0, 8)]
    merged = rollup_math.merged(blocks)
    assert (merged["gauges"]["sockets_open"]["of"][""], merged["n"]) == (12, 3)


def test_merging_does_not_touch_what_is_merged() -> None:
    first = rollup_math.difference(rollup_math.block_of(stands({"/a": 1}, {"/a": [0.5]})), None)
    again = rollup_math.merged([first, first])
    assert again["histograms"]["request_seconds"]["of"]["/a"][4] == 2
    assert first["histograms"]["request_seconds"]["of"]["/a"][4] == 1
    assert first["counters"]["requests"]["of"]["/a"] == 1


def test_blocks_of_two_versions_of_the_program_add_up() -> None:
    old = rollup_math.block_of([("bookstrack_x_total", {"route": "/a"}, 2.0, "counter")])
    new = rollup_math.block_of([("bookstrack_x_total", {"route": "/a", "method": "GET"}, 3.0, "counter")])
    merged = rollup_math.merged([old, new])["counters"]["x"]
    assert merged == {"by": ["method", "route"], "of": {"|/a": 2, "GET|/a": 3}}
    assert rollup_math.rebucketed([0.01, 1.0], [9.0, 1, 2, 3], LE) == [9.0, 0, 1, 0, 2, 3]


def test_figures_that_are_no_numbers_are_left_out() -> None:
    block = rollup_math.block_of([("bookstrack_g", {}, math.nan, "gauge"), ("bookstrack_c_total", {}, math.inf, "counter")])
    assert not block["gauges"] and not block["counters"]
