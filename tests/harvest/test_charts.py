"""Where lines and bars stand."""

import re

from hypothesis import given
from hypothesis import strategies as st

from harvest.overview.charts import HEIGHT, WIDTH, Slot, bar_chart, line_chart, shown

values = st.one_of(st.none(), st.floats(0, 1e12))


def slots_of(columns: list[tuple[float | None, float | None]]) -> list[Slot]:
    return [Slot(str(place), pair) for place, pair in enumerate(columns)]


@given(st.lists(st.tuples(values, values), max_size=60))
def test_nothing_is_drawn_outside(columns: list[tuple[float | None, float | None]]) -> None:
    slots = slots_of(columns)
    for chart in (line_chart(["a", "b"], slots), bar_chart(["a", "b"], slots)):
        places = [number for line in chart.series for number in re.findall(r"([\d.]+) ([\d.]+)", line.path)]
        assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in places)
        for bar in (bar for line in chart.series for bar in line.bars):
            assert bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.2 and bar.x + bar.width <= WIDTH and bar.height >= -0.1
        assert len(chart.hovers) == len(slots)
        assert len(chart.below) <= 8
        assert 2 <= len(chart.rungs) <= 6
    assert line_chart(["a", "b"], slots).empty == all(value is None for pair in columns for value in pair)


def test_a_gap_is_no_line_and_a_lonely_value_a_dot() -> None:
    chart = line_chart(["a"], [Slot("1", (1.0,)), Slot("2", (2.0,)), Slot("3", (None,)), Slot("4", (3.0,)), Slot("5", (None,))])
    assert chart.series[0].path.count("M") == 1 and chart.series[0].path.count("L") == 1
    assert len(chart.series[0].dots) == 1
    assert chart.hovers[2].text == "3\nnothing was counted"


def test_higher_is_more() -> None:
    chart = line_chart(["a"], [Slot("1", (10.0,)), Slot("2", (30.0,))])
    (_, low), (_, high) = re.findall(r"([\d.]+) ([\d.]+)", chart.series[0].path)
    assert float(high) < float(low)
    assert [rung.text for rung in chart.rungs] == ["0", "10", "20", "30"]


def test_bars_stand_on_each_other() -> None:
    chart = bar_chart(["a", "b"], [Slot("1", (1.0, 3.0)), Slot("2", (None, 2.0))])
    below, above = chart.series[0].bars[0], chart.series[1].bars[0]
    assert above.y + above.height == below.y
    assert above.height > 2 * below.height
    assert len(chart.series[0].bars) == 1


def test_numbers_for_people() -> None:
    told = {0: "0", 0.25: "0.25", 1: "1", 12.34: "12.3", 999: "999", 1234: "1.23 k", 5_600_000: "5.6 M", 7.2e9: "7.2 G"}
    assert {number: shown(number) for number in told} == told
    assert shown(12, "ms") == "12 ms" and shown(2500, "ms") == "2.5 s" and shown(2500, "B") == "2.5 kB"
