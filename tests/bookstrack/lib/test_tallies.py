"""What is tallied comes to the same figures as what is counted at once, in one process and over several; nothing twice, nothing lost."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import metric_files, telemetry

BOUNDS = (0.01, 0.1, 1.0)
AMOUNTS = st.floats(-10, 1e6) | st.sampled_from([*BOUNDS, 0.0, float("inf")])
numbers = count()


@pytest.fixture
async def tallying() -> AsyncIterator[None]:
    telemetry.begin_tallying()
    yield
    telemetry.end_tallying()


def counter(name: str) -> telemetry.Counter:
    """One of this test alone."""
    return telemetry.Counter(f"bookstrack_test_{name}_{next(numbers)}_total", "t")


def value_of(counted: telemetry.Counter) -> float:
    """As `samples` has it, without whatever it does beforehand."""
    return next(one.value for one in counted.collect()[0].samples if one.name.endswith("_total"))


def figures_of(histogram: telemetry.Histogram) -> dict[str, float]:
    found = histogram.collect()[0].samples
    return {one.name.rpartition("_")[2] + one.labels.get("le", ""): one.value for one in found if not one.name.endswith("_created")}


@given(turns=st.lists(st.lists(AMOUNTS, max_size=8), max_size=4))
def test_a_tallied_histogram_is_that_of_what_was_observed(turns: list[list[float]]) -> None:
    observed, tallied = (telemetry.Histogram("t_seconds", "t", buckets=BOUNDS, registry=None) for _ in range(2))
    tally = telemetry.HistogramTally(tallied)

    async def run() -> None:
        telemetry.begin_tallying()
        for amounts in turns:
            for amount in amounts:
                tally.observe(amount)
                observed.observe(amount)
            telemetry.flush_tallies()
        telemetry.end_tallying()

    asyncio.run(run())
    telemetry._tallies.remove(tally)
    expected = figures_of(observed)
    assert figures_of(tallied) == expected | {"sum": pytest.approx(expected["sum"], nan_ok=True)}


@pytest.mark.usefixtures("tallying")
async def test_counts_wait_for_the_next_flush_or_reader() -> None:
    counted = counter("waiting")
    tally = telemetry.CounterTally(counted)
    tally.inc()
    tally.inc(2.5)
    assert value_of(counted) == 0
    found = await asyncio.to_thread(telemetry.samples)
    assert [one.value for one in found if one.name == counted.collect()[0].name + "_total"] == [3.5]
    tally.inc(0.5)
    text, _ = telemetry.exposition("text/plain")
    assert f"{counted.collect()[0].name}_total 4.0".encode() in text


@pytest.mark.usefixtures("tallying")
async def test_a_flush_comes_by_itself_again_and_again() -> None:
    counted = counter("again")
    tally = telemetry.CounterTally(counted)
    for turn in range(1, 3):
        tally.inc()
        async with asyncio.timeout(30):
            while value_of(counted) < turn:
                await asyncio.sleep(0.01)


def test_where_nobody_flushes_all_is_counted_at_once() -> None:
    counted = counter("at_once")
    histogram = telemetry.Histogram("t_seconds", "t", buckets=BOUNDS, registry=None)
    telemetry.CounterTally(counted).inc(2)
    telemetry.HistogramTally(histogram).observe(0.05)
    assert value_of(counted) == 2 and figures_of(histogram) == {"bucket0.01": 0, "bucket0.1": 1, "bucket1.0": 1, "bucket+Inf": 1,
                                                               "count": 1, "sum": 0.05}  # fmt: skip


async def test_the_end_hands_on_what_is_left_and_counts_at_once_from_then_on() -> None:
    counted = counter("end")
    tally = telemetry.CounterTally(counted)
    telemetry.begin_tallying()
    telemetry.begin_tallying()  # a second server of this process
    tally.inc()
    telemetry.end_tallying()
    assert value_of(counted) == 1
    tally.inc()
    assert value_of(counted) == 2


@pytest.mark.usefixtures("tallying")
async def test_threads_that_read_meanwhile_lose_nothing() -> None:
    counted, histogram = counter("threads"), telemetry.Histogram("t_seconds", "t", buckets=BOUNDS, registry=None)
    tally, times = telemetry.CounterTally(counted), telemetry.HistogramTally(histogram)
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            telemetry.flush_tallies()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(20_000):
        tally.inc()
        times.observe(number % 3)
    over.set()
    for reader in readers:
        reader.join()
    telemetry.flush_tallies()
    figures = figures_of(histogram)
    assert value_of(counted) == 20_000 == figures["count"] and figures["sum"] == sum(number % 3 for number in range(20_000))


COUNTING = """
import asyncio, os, sys
from bookstrack.lib import telemetry

counter = telemetry.Counter("bookstrack_t_total", "t", ["kind"])
observed = telemetry.Histogram("bookstrack_t_observed_seconds", "t", ["kind"], buckets=(0.01, 0.1))
tallied = telemetry.Histogram("bookstrack_t_tallied_seconds", "t", ["kind"], buckets=(0.01, 0.1))
requests = telemetry.CounterTally(counter.labels("a"))
times = telemetry.HistogramTally(tallied.labels("a"))

async def main():
    telemetry.begin_tallying()
    for seconds in (0.01, 0.05, 0.05, 0.1, 7.0):
        requests.inc()
        times.observe(seconds)
        observed.labels("a").observe(seconds)
    if sys.argv[1] == "forks":
        child = os.fork()
        requests.inc()
        if child:
            os.waitpid(child, 0)
    if sys.argv[1] == "lives":
        await asyncio.sleep(2 * telemetry.FLUSH_EVERY_S)
        print("counted", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""
READING = "import json; from bookstrack.lib import telemetry; print(json.dumps(telemetry.samples()))"


def read(folder: Path) -> dict[str, float]:
    """Every figure as another process sees it."""
    env = os.environ | {metric_files.VARIABLE: str(folder)}
    done = subprocess.run([sys.executable, "-c", READING], env=env, capture_output=True, text=True, timeout=60, check=True)
    return {name + labels.get("le", ""): value for name, labels, value, _ in json.loads(done.stdout)}


def begun(folder: Path, how: str) -> subprocess.Popen[str]:
    env = os.environ | {metric_files.VARIABLE: str(folder)}
    return subprocess.Popen([sys.executable, "-c", COUNTING, how], env=env, stdout=subprocess.PIPE, text=True)


def check(figures: dict[str, float], counted: int) -> None:
    assert figures["bookstrack_t_total"] == counted
    tallied = {name: value for name, value in figures.items() if "_tallied_" in name}
    assert tallied == {name.replace("observed", "tallied"): value for name, value in figures.items() if "_observed_" in name}
    assert tallied["bookstrack_t_tallied_seconds_bucket0.1"] == 4 and tallied["bookstrack_t_tallied_seconds_sum"] == pytest.approx(7.21)


def test_others_see_what_a_process_tallied_even_once_it_is_killed(tmp_path: Path) -> None:
    with begun(tmp_path, "lives") as process:
        assert process.stdout is not None and process.stdout.readline() == "counted\n"
        check(read(tmp_path), 5)
        process.kill()
    check(read(tmp_path), 5)


def test_a_process_that_ends_hands_on_what_is_left(tmp_path: Path) -> None:
    with begun(tmp_path, "ends") as process:
        assert process.wait() == 0
    check(read(tmp_path), 5)


def test_a_forked_child_counts_its_own_only(tmp_path: Path) -> None:
    with begun(tmp_path, "forks") as process:
        assert process.wait() == 0
    check(read(tmp_path), 5 + 2)
