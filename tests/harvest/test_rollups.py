"""Figures by the minute in a real database: nothing is lost and nothing doubled, whatever clocks and second schedulers do."""

import asyncio
import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bookstrack.lib import db, telemetry
from bookstrack.lib.db import in_db
from harvest.counting import rollup_math, rollups
from harvest.counting.rollup_math import Block
from harvest.models import MetricRollup, MetricSnapshot

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 1, 31, 12, 0, 30, tzinfo=UTC)
HOST = "host-a"


def stood(requests: int, sockets: int = 0) -> Block:
    return rollup_math.block_of(
        [
            ("bookstrack_requests_total", {"route": "/a"}, float(requests), "counter"),
            ("bookstrack_sockets_open", {}, float(sockets), "gauge"),
        ]
    )


def look(at: datetime, requests: int, *, epoch: str = "one", host: str = HOST, sockets: int = 0) -> int:
    before = MetricSnapshot.objects.filter(pk=host).first()
    return rollups._kept(host, at, before, stood(requests, sockets), epoch)


def kept(span: rollups.Span = rollups.Span.MINUTE) -> dict[str, float]:
    rows = MetricRollup.objects.filter(span_s=span).order_by("at")
    return {f"{row.at:%H:%M}": row.data["counters"].get("requests", {"of": {"/a": 0}})["of"]["/a"] for row in rows}


def test_each_minute_has_what_was_counted_in_it() -> None:
    for minute, requests in enumerate((10, 12, 12, 30)):
        look(NOON + timedelta(minutes=minute), requests)
    assert kept() == {"12:00": 10, "12:01": 2, "12:02": 0, "12:03": 18}
    assert kept(rollups.Span.QUARTER) == kept(rollups.Span.HOUR) == {"12:00": 30}


def test_two_looks_in_a_minute_make_one_row() -> None:
    look(NOON, 10, sockets=2)
    look(NOON + timedelta(seconds=20), 15, sockets=4)
    row = MetricRollup.objects.get(span_s=60)
    assert (row.data["counters"]["requests"]["of"]["/a"], row.data["n"]) == (15, 2)
    assert row.data["gauges"]["sockets_open"]["of"][""] == 6


def test_a_new_start_counts_from_zero_even_where_it_counted_further_already() -> None:
    look(NOON, 10)
    look(NOON + timedelta(minutes=1), 25, epoch="two")
    assert kept() == {"12:00": 10, "12:01": 25}


def test_a_clock_that_goes_back_loses_and_doubles_nothing() -> None:
    look(NOON, 10)
    look(NOON + timedelta(minutes=5), 11)
    look(NOON - timedelta(hours=1), 14)
    look(NOON + timedelta(seconds=10), 20)
    assert kept() == {"11:00": 3, "12:00": 16, "12:05": 1}
    assert sum(kept(rollups.Span.HOUR).values()) == 20


def test_a_clock_that_jumps_ahead_for_a_minute_does_not_cost_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "THINNED_AT_ONCE", 3)
    for minute in range(10):
        look(NOON + timedelta(minutes=minute), minute + 1)
    look(NOON + timedelta(days=400), 11)
    assert len(kept()) == 10 - 3 + 1
    figures = rollups.counted(900, now=NOON + timedelta(minutes=10))
    assert figures.total("requests", route="/a") == 7


def test_what_is_older_than_seven_days_is_deleted() -> None:
    look(NOON, 1)
    look(NOON + timedelta(days=6), 2)
    assert MetricRollup.objects.filter(span_s=60).count() == 2
    look(NOON + timedelta(days=8), 3)
    assert [(row.at - NOON).days for row in MetricRollup.objects.filter(span_s=60).order_by("at")] == [5, 7]
    assert MetricRollup.objects.filter(span_s=3600).count() == 2


def test_many_schedulers_at_once_double_nothing() -> None:
    counting = iter(range(11, 10_000))  # what is counted goes on while they look
    look(NOON, 10)
    barrier = threading.Barrier(4)
    written: list[int] = []

    def scheduler() -> None:
        try:
            barrier.wait(10)
            for step in range(8):
                before = MetricSnapshot.objects.get(pk=HOST)
                now = NOON + timedelta(minutes=1, milliseconds=step)
                written.append(rollups._kept(HOST, now, before, stood(next(counting)), "one"))
        finally:
            connection.close()

    threads = [threading.Thread(target=scheduler) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(written) == 32 and 3 in written
    stands = MetricSnapshot.objects.get(pk=HOST).data["counters"]["requests"]["of"]["/a"]
    assert sum(kept().values()) == stands


def test_no_first_look_is_doubled() -> None:
    assert rollups._kept(HOST, NOON, None, stood(10), "one") == 3
    assert rollups._kept(HOST, NOON + timedelta(seconds=1), None, stood(11), "one") == 0
    assert kept() == {"12:00": 10}


def test_of_two_looks_with_one_snapshot_one_counts() -> None:
    look(NOON, 10)
    before = MetricSnapshot.objects.get(pk=HOST)
    assert rollups._kept(HOST, NOON + timedelta(seconds=40), before, stood(17), "one") == 3
    assert rollups._kept(HOST, NOON + timedelta(seconds=41), before, stood(16), "one") == 0
    assert kept() == {"12:00": 10, "12:01": 7}
    again = MetricSnapshot.objects.get(pk=HOST)
    assert look(NOON + timedelta(seconds=40), 17) == 3  # the same moment: a look of its own, with nothing new
    assert rollups._kept(HOST, NOON + timedelta(seconds=40), again, stood(19), "one") == 0
    assert kept() == {"12:00": 10, "12:01": 7}


def test_who_counts_elsewhere_is_not_taken_for_a_new_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that was started by hand beside the other one counts for itself alone."""
    own = rollups.host()
    monkeypatch.setattr(telemetry, "_OWN_EPOCH", "ffffffffffffffff")
    assert rollups.host() != own
    for minute in range(3):
        look(NOON + timedelta(minutes=minute), 10, host=own)
        look(NOON + timedelta(minutes=minute), 1, host=rollups.host(), epoch="other")
    assert rollups.counted(3600, now=NOON + timedelta(minutes=3)).total("requests", route="/a") == 11


def test_hosts_are_added_up() -> None:
    look(NOON, 10, sockets=3)
    look(NOON, 5, host="host-b", sockets=4)
    figures = rollups.counted(3600, now=NOON + timedelta(minutes=1))
    assert figures.total("requests", route="/a") == 15
    assert (figures.hosts, figures.mean("sockets_open")) == (2, 7)


def test_a_period_has_what_lies_in_it_and_says_since_when() -> None:
    for minute in range(0, 60, 5):
        look(NOON + timedelta(minutes=minute), minute + 1)
    now = NOON + timedelta(minutes=57)
    quarter = rollups.counted(900, now=now)
    assert quarter.since == datetime(2026, 1, 31, 12, 42, tzinfo=UTC)
    assert quarter.total("requests", route="/a") == 15
    assert quarter.rate("requests", route="/a") == pytest.approx(15 / (15 * 60 + 30))
    assert rollups.counted(86_400, now=now).total("requests", route="/a") == 56
    assert rollups.counted(604_800, now=now).total("requests", route="/a") == 56
    assert rollups.counted(60, now=now + timedelta(days=1)).total("requests", route="/a") == 0


def test_a_chart_has_its_points_in_order_and_tells_gaps() -> None:
    for hour in (0, 1, 5):
        look(NOON + timedelta(hours=hour), 10 * (hour + 1))
    points = rollups.series(6 * 3600, 6, now=NOON + timedelta(hours=5, minutes=10))
    assert [point.at.hour for point in points] == [12, 13, 14, 15, 16, 17]
    assert [point.figures.total("requests", route="/a") for point in points] == [10, 10, 0, 0, 0, 40]
    assert [point.figures.known for point in points[:5]] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("period_s", "points"), [(900, 15), (3600, 60), (3600, 7), (86_400, 96), (604_800, 168), (604_800, 24), (3600, 500)]
)
def test_any_chart_adds_up_to_its_period(period_s: int, points: int) -> None:
    look(NOON - timedelta(seconds=period_s // 2), 4)
    look(NOON, 10)
    found = rollups.series(period_s, points, now=NOON)
    assert len(found) <= points
    assert sum(point.figures.total("requests", route="/a") for point in found) == 10
    whole, again = rollups.overview(period_s, points, now=NOON)
    assert whole.total("requests", route="/a") == 10 and [point.at for point in again] == [point.at for point in found]
    assert all(one.at < other.at for one, other in itertools.pairwise(found))


async def test_a_step_keeps_what_this_process_counts_and_figures_move_at_once() -> None:
    counter = telemetry.Counter("bookstrack_test_rolled_total", "For this test.", ["kind"])
    counter.labels("x").inc(5)
    assert await rollups.step() == 3
    counter.labels("x").inc(2)
    live = await in_db(rollups.counted, 3600)
    assert live.total("test_rolled") == 7
    assert live.by("test_rolled", "kind") == {"x": 7}
    assert await rollups.step() == 3
    again = await in_db(rollups.counted, 3600)
    assert again.total("test_rolled") == 7
    last = await in_db(MetricRollup.objects.filter(span_s=3600).latest, "at")
    assert last.data["stores"]["disk_free_bytes"]["of"][""] > 0
    assert "python_info" not in str(last.data)


async def test_two_steps_at_once_count_once() -> None:
    counter = telemetry.Counter("bookstrack_test_twice_total", "For this test.")
    await rollups.step()
    counter.inc(3)
    await asyncio.gather(rollups.step(), rollups.step(), rollups.step())
    figures = await in_db(rollups.counted, 3600)
    assert figures.total("test_twice") == 3
    await asyncio.to_thread(db.close)


def test_percentiles_of_a_period_are_of_all_its_minutes() -> None:
    def times(number: int) -> Block:
        bounds = [(0.01, number), (0.1, 2 * number), (float("inf"), 2 * number)]
        name = "bookstrack_request_seconds"
        found = [(f"{name}_bucket", {"route": "/a", "le": str(bound)}, float(upto), "histogram") for bound, upto in bounds]
        return rollup_math.block_of([*found, (f"{name}_sum", {"route": "/a"}, number * 0.06, "histogram")])

    for minute in range(1, 4):
        before = MetricSnapshot.objects.filter(pk=HOST).first()
        rollups._kept(HOST, NOON + timedelta(minutes=minute), before, times(100 * minute), "one")
    found = rollups.counted(3600, now=NOON + timedelta(minutes=4)).percentiles("request_seconds", route="/a")
    assert found is not None
    assert (found.number, found.p50) == (600, 0.01)
    assert found.mean == pytest.approx(0.03)
    assert 0.01 < found.p95 < found.p99 <= 0.1
    assert rollups.counted(3600, now=NOON).percentiles("request_seconds", route="/b") is None
