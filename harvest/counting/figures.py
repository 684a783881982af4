"""What was counted in a period, asked by name. Pure.

Names are those of the counters without `bookstrack_` and `_total`: `figures.total("requests", route="/v1/search/isbn")`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from harvest.counting.rollup_math import Block, Table, empty, percentile, values_of


class Percentiles(NamedTuple):
    """Of what was measured, in seconds: half of it, 95 % and 99 % of it took at most so long."""

    number: int
    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What all hosts counted from `since` until `until`.

    `now` is where the gauges of the host that was asked stand; it is empty for a time that is over.
    """

    since: datetime
    until: datetime
    block: Block
    now: Block = field(default_factory=empty)
    hosts: int = 1
    _by: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict, compare=False, repr=False)  # a chart asks again and again

    @property
    def known(self) -> bool:
        """Whether somebody counted in this time: nothing counted is not the same as not counted."""
        return bool(self.block["n"] or self.block["counters"] or self.block["histograms"])

    @property
    def seconds(self) -> float:
        """The length of the period."""
        return max((self.until - self.since).total_seconds(), 1e-6)

    def names(self) -> set[str]:
        """Of everything that was counted."""
        return {*self.block["counters"], *self.block["histograms"], *self.block["gauges"], *self.block["stores"]}

    def total(self, name: str, **labels: str) -> float:
        """The sum of a counter, or how often a histogram was written to, over the series that have these labels; 0 where none has."""
        if len(labels) == 1:
            [(label, value)] = labels.items()
            return self._sums(name, label).get(value, 0)
        if name in self.block["histograms"]:
            return sum(sum(row[1:]) for _, row in _rows(self.block["histograms"], name, labels))
        return _sum(self.block["counters"], name, labels)

    def rate(self, name: str, **labels: str) -> float:
        """The same, a second."""
        return self.total(name, **labels) / self.seconds

    def by(self, name: str, label: str, **labels: str) -> dict[str, float]:
        """The same by the values of one label, the largest first."""
        return dict(sorted(self._sums(name, label, **labels).items(), key=lambda one: (-one[1], one[0])))

    def _sums(self, name: str, label: str, **labels: str) -> dict[str, float]:
        if not labels and (name, label) in self._by:
            return self._by[name, label]
        sums: dict[str, float] = {}
        kind = "histograms" if name in self.block["histograms"] else "counters"
        for value, row in _rows(self.block[kind], name, labels, of=label):
            sums[value] = sums.get(value, 0) + (sum(row[1:]) if kind == "histograms" else row)
        if not labels:
            self._by[name, label] = sums
        return sums

    def share(self, name: str, label: str, *values: str, **labels: str) -> float | None:
        """The share (0..1) of a counter whose label has one of these values; None where nothing was counted."""
        sums = self.by(name, label, **labels)
        total = sum(sums.values())
        return sum(sums.get(value, 0) for value in values) / total if total else None

    def percentiles(self, name: str, **labels: str) -> Percentiles | None:
        """Of a histogram, over the series that have these labels; None where nothing was measured."""
        table = self.block["histograms"].get(name)
        rows = [row for _, row in _rows(self.block["histograms"], name, labels)]
        if table is None or not rows:
            return None
        sums = [sum(column) for column in zip(*rows, strict=True)]
        found = [percentile(table["le"], sums[1:], share) for share in (0.5, 0.95, 0.99)]
        number = sum(sums[1:])
        if not number or any(one is None for one in found):
            return None
        p50, p95, p99 = (one or 0.0 for one in found)
        return Percentiles(int(number), sums[0] / number, p50, p95, p99)

    def gauge(self, name: str, **labels: str) -> float | None:
        """Where a gauge of this host's processes stands now, summed over them; None where it is not known."""
        return _sum(self.now["gauges"], name, labels) if name in self.now["gauges"] else None

    def mean(self, name: str, **labels: str) -> float | None:
        """Where a gauge stood on average: of processes the sum over all hosts; None where nobody looked."""
        looks: int = self.block["n"]
        if not looks:
            return None
        if name in self.block["stores"]:
            return _sum(self.block["stores"], name, labels) / looks
        return _sum(self.block["gauges"], name, labels) * self.hosts / looks


def _rows(tables: dict[str, Table], name: str, labels: dict[str, str], *, of: str = "") -> Iterator[tuple[str, Any]]:
    """The rows of a table that have these labels, each with its value of the label `of`, empty where it has none. A chart asks a thousand
    times: what needs no look at the labels gets none."""
    table = tables.get(name)
    if table is None:
        return
    by: list[str] = table["by"]
    if not labels and (not of or by == [of]):
        yield from table["of"].items()
        return
    if any(label not in by for label in labels):
        return
    wanted = [(by.index(label), value) for label, value in labels.items()]
    place = by.index(of) if of in by else None
    for key, row in table["of"].items():
        values = values_of(key)
        if all(values[at] == value for at, value in wanted):
            yield "" if place is None else values[place], row


def _sum(tables: dict[str, Table], name: str, labels: dict[str, str]) -> float:
    return sum(float(value) for _, value in _rows(tables, name, labels))


class Point(NamedTuple):
    """One point of a chart."""

    at: datetime  # the beginning of its time
    figures: Figures
