"""The one door to prometheus_client: what is counted, of all processes of this host together.

With PROMETHEUS_MULTIPROC_DIR, which the supervisor sets for every part, processes count in files of one folder; without it, in a
command or a test, each counts for itself. The variable is read once, at import, here as in prometheus_client.

What is counted at every request is tallied: a server adds up locally, which is an addition, and hands on what it has a few times a second.
"""

import asyncio
import atexit
import os
import secrets
import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from bookstrack.lib import metric_files

__all__ = [
    "CALL_BUCKETS", "REPLY_BUCKETS", "Counter", "CounterTally", "Gauge", "GaugeTally", "Histogram", "HistogramTally", "Sample",
    "begin_tallying", "end_tallying", "epoch", "exposition", "flush_tallies", "live_gauge", "place", "samples",
]  # fmt: skip

# Seconds. So close that p50, p95 and p99, which are read within a bucket, are of use from a hit in memory to a provider's time-out.
REPLY_BUCKETS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)

MANY_DEAD = 12  # files of processes that are gone
FLUSH_EVERY_S = 0.25  # so much of what is tallied is lost with a process that is killed

_FOLDER = Path(os.environ[metric_files.VARIABLE]) if os.environ.get(metric_files.VARIABLE) else None
_OWN_EPOCH = secrets.token_hex(8)
if _FOLDER is not None:
    metric_files.reserve(_FOLDER)


class Sample(NamedTuple):
    """One figure as it stands. Of a histogram: `…_bucket` (so many at most `le` seconds), `…_count`, `…_sum`."""

    name: str
    labels: dict[str, str]
    value: float
    type: str  # counter, gauge, histogram


def live_gauge(name: str, documentation: str, labels: Iterable[str] = ()) -> Gauge:
    """A gauge of what a process holds or has open: summed over the processes that live."""
    return Gauge(name, documentation, labels, multiprocess_mode="livesum")


class CounterTally:
    """A counter for what happens many thousand times a second: make one for each counter, or for each of its label values, and keep it.

    Counted in the thread of the event loop that `begin_tallying` was called in; read from any thread.
    """

    __slots__ = ("_counter", "_flushed", "_total")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._total: float = 0
        self._flushed: float = 0
        _tallies.append(self)

    def inc(self, amount: float = 1) -> None:
        """Count so many more."""
        if _next_flush is None:
            self._counter.inc(amount)
        else:
            self._total += amount

    def flush(self) -> None:
        """Hand on what was counted since the last time."""
        total = self._total  # only ever grows, so that whoever counts meanwhile needs no lock
        if total != self._flushed:
            self._counter.inc(total - self._flushed)
            self._flushed = total

    def forget(self) -> None:
        """Leave what was not handed on to the process that this one was forked from."""
        self._flushed = self._total


class HistogramTally:
    """The same of a histogram. NaN belongs to no bucket of one, and must not be observed."""

    __slots__ = ("_bounds", "_counts", "_flushed_counts", "_flushed_sum", "_histogram", "_sum")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._bounds: list[float] = histogram._upper_bounds  # the last one is infinite
        self._counts, self._flushed_counts = [0] * len(self._bounds), [0] * len(self._bounds)
        self._sum = self._flushed_sum = 0.0
        _tallies.append(self)

    def observe(self, amount: float) -> None:
        """Count this one."""
        if _next_flush is None:
            self._histogram.observe(amount)
        else:
            self._counts[bisect_left(self._bounds, amount)] += 1
            self._sum += amount

    def flush(self) -> None:
        """Hand on what was counted since the last time. There is no public way to observe many at once: this is what `observe` does."""
        for place, count in enumerate(self._counts):
            if count != self._flushed_counts[place]:
                self._histogram._buckets[place].inc(count - self._flushed_counts[place])
                self._flushed_counts[place] = count
        total = self._sum
        if total != self._flushed_sum:
            self._histogram._sum.inc(total - self._flushed_sum)
            self._flushed_sum = total

    def forget(self) -> None:
        """Leave what was not handed on to the process that this one was forked from."""
        self._flushed_counts[:], self._flushed_sum = self._counts, self._sum


class GaugeTally:
    """The same of a gauge: what it stood at last is handed on."""

    __slots__ = ("_flushed", "_gauge", "_value")

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        self._value = self._flushed = 0.0
        _tallies.append(self)

    def set(self, value: float) -> None:
        """It stands at this."""
        self._value = value
        if _next_flush is None:
            self.flush()

    def flush(self) -> None:
        """Hand on where it stands."""
        value = self._value
        if value != self._flushed:
            self._gauge.set(value)
            self._flushed = value

    def forget(self) -> None:
        """Leave what was not handed on to the process that this one was forked from."""
        self._value = self._flushed


_tallies: list[CounterTally | HistogramTally | GaugeTally] = []
_flushing = threading.RLock()
_next_flush: asyncio.TimerHandle | None = None  # None: nobody will hand on what is tallied, so that it is counted at once


def begin_tallying() -> None:
    """Let tallies add up locally, and hand on what they have every FLUSH_EVERY_S of the running event loop, until `end_tallying`."""
    global _next_flush
    if _next_flush is not None:
        _next_flush.cancel()
    _next_flush = asyncio.get_running_loop().call_later(FLUSH_EVERY_S, _flush_again)


def _flush_again() -> None:
    begin_tallying()  # first: whatever becomes of this flush, there is a next one
    flush_tallies()


def end_tallying() -> None:
    """Hand on what was tallied; whatever comes after this is counted at once. Called in the event loop's thread."""
    global _next_flush
    if _next_flush is not None:
        _next_flush.cancel()
        _next_flush = None
    flush_tallies()


def flush_tallies() -> None:
    """Hand on what was tallied so far; from any thread."""
    with _flushing:
        for tally in list(_tallies):
            tally.flush()


def _forked() -> None:
    global _flushing, _next_flush
    _flushing, _next_flush = threading.RLock(), None
    for tally in _tallies:
        tally.forget()


atexit.register(flush_tallies)
os.register_at_fork(after_in_child=_forked)


def samples() -> list[Sample]:
    """Every figure of all processes of this host. Reads files: not for the event loop."""
    with _whole() as registry:
        return [
            Sample(one.name, one.labels, one.value, family.type)
            for family in registry.collect()
            for one in family.samples
            if not one.name.endswith("_created")
        ]


def exposition(accept: str, more: Iterable[Sample] = ()) -> tuple[bytes, str]:
    """What Prometheus reads, in the form that an Accept header asks for, with its content type. `more` are gauges read elsewhere.

    Reads files: not for the event loop.
    """
    encode, content_type = choose_encoder(accept)
    with _whole() as registry:
        return encode(_Together(registry, list(more))), content_type


def epoch() -> str:
    """What tells one start of the counters from the next: all of them begin at zero with it. Empty where it is not known."""
    return _OWN_EPOCH if _FOLDER is None else metric_files.epoch(_FOLDER)


def place() -> str:
    """What tells those apart who count in different places of one machine: 8 hexadecimal digits."""
    return _OWN_EPOCH[:8] if _FOLDER is None else f"{zlib.crc32(os.fsencode(_FOLDER.resolve())):08x}"


class _Together(CollectorRegistry):
    """A registry's families, and gauges beside them."""

    def __init__(self, registry: CollectorRegistry, more: list[Sample]) -> None:
        super().__init__()
        self._found, self._more = registry, more

    def collect(self) -> Iterator[Metric]:
        yield from self._found.collect()
        families: dict[str, GaugeMetricFamily] = {}
        for one in self._more:
            family = families.setdefault(one.name, GaugeMetricFamily(one.name, "As it stands now.", labels=sorted(one.labels)))
            family.add_metric([one.labels[label] for label in sorted(one.labels)], one.value)
        yield from families.values()


@contextmanager
def _whole() -> Iterator[CollectorRegistry]:
    """What all processes count, while nobody moves it. Of this process nothing is missing, of others what they tallied last."""
    flush_tallies()
    if _FOLDER is None:
        yield REGISTRY
        return
    metric_files.forget_dead(_FOLDER)
    if len(metric_files.of_the_dead(_FOLDER)) > MANY_DEAD:
        with metric_files.looking(_FOLDER, alone=True):
            _fold(_FOLDER)
    with metric_files.looking(_FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(_FOLDER))  # type: ignore[no-untyped-call]
        yield registry


def _fold(folder: Path) -> None:
    """Put what processes counted that are gone into one file of each type: one that dies every half minute would fill the disk."""
    dead = metric_files.of_the_dead(folder)
    for kind in sorted({path.name.partition("_")[0] for path in dead}):
        own = [path for path in dead if path.name.startswith(f"{kind}_")]
        folded, draft = folder / f"{kind}_{metric_files.FOLDED}.db", folder / f"{kind}_{metric_files.FOLDED}.new"
        draft.unlink(missing_ok=True)
        kept = MmapedDict(str(draft))  # type: ignore[no-untyped-call]
        before = [folded] if folded.exists() else []
        paths = [str(path) for path in (*before, *own)]
        for metric in MultiProcessCollector.merge(paths, accumulate=False):  # type: ignore[no-untyped-call]
            for one in metric.samples:
                key = mmap_key(metric.name, one.name, list(one.labels), list(one.labels.values()), metric.documentation)
                kept.write_value(key, one.value, 0.0)  # type: ignore[no-untyped-call]
        kept.close()  # type: ignore[no-untyped-call]
        for path in own:  # who is killed here loses what they counted: better than to count it twice
            path.unlink(missing_ok=True)
        draft.replace(folded)
