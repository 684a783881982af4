"""Arithmetic of what was counted: differences, sums over time and hosts, percentiles. Pure.

A `Block` is what was counted in some time, as it is kept in JSON:

    {"n": 1,
     "counters":   {"requests": {"by": ["method", "route"], "of": {"GET|/health": 3}}},
     "histograms": {"request_seconds": {"by": ["route"], "le": [0.001, …], "of": {"/health": [0.0123, 2, 1, …, 0]}}},
     "gauges":     {"sockets_open": {"by": [], "of": {"": 7}}},
     "stores":     {"queue_depth": {"by": ["queue"], "of": {"default": 2}}}}

Names stand without their prefix `bookstrack_` and without `_total`. A histogram's row is its sum, then the number in each bucket, the
last one for what is above all bounds. `gauges` are of one host's processes, `stores` of what all hosts share. `n` is the number of times
that they were looked at, and each is the sum of what was seen, so that everything in a block can be added; what is zero is left out.
"""

import bisect
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Block = dict[str, Any]
Table = dict[str, Any]
Stands = tuple[str, Mapping[str, str], float, str]  # name, labels, value, type: telemetry.Sample
PREFIX = "bookstrack_"
KINDS = ("counters", "histograms", "gauges", "stores")
_BETWEEN = "|"
_DIGITS = 6


def empty() -> Block:
    """A block of nothing."""
    return {"n": 0} | {kind: {} for kind in KINDS}


def block_of(samples: Iterable[Stands], stores: Iterable[Stands] = ()) -> Block:
    """Where figures stand: of this host's processes, and gauges read from what all hosts share. Others' figures are left out."""
    block = empty() | {"n": 1}
    cumulative: dict[str, dict[str, dict[float, float]]] = {}
    for name, labels, value, kind in samples:
        if not name.startswith(PREFIX) or not math.isfinite(value):
            continue
        short = name.removeprefix(PREFIX)
        if kind == "counter":
            _put(block["counters"], short.removesuffix("_total"), labels, value)
        elif kind == "gauge":
            _put(block["gauges"], short, labels, value)
        elif kind == "histogram" and short.endswith("_bucket"):
            others = {label: text for label, text in labels.items() if label != "le"}
            found = _place(block["histograms"], short.removesuffix("_bucket"), others)
            cumulative.setdefault(short.removesuffix("_bucket"), {}).setdefault(found, {})[float(labels["le"])] = value
        elif kind == "histogram" and short.endswith("_sum"):
            _put(block["histograms"], short.removesuffix("_sum"), labels, value)
    for name, labels, value, _ in stores:
        if math.isfinite(value):
            _put(block["stores"], name.removeprefix(PREFIX), labels, value)
    for name, table in block["histograms"].items():
        _fill(table, cumulative.get(name, {}))
    return block


def _place(tables: dict[str, Table], name: str, labels: Mapping[str, str]) -> str:
    """The key of these labels in the table of this name, which is made where there is none."""
    names = sorted(labels)
    tables.setdefault(name, {"by": names, "of": {}})
    return key_of(labels[one] for one in names)


def _put(tables: dict[str, Table], name: str, labels: Mapping[str, str], value: float) -> None:
    key = _place(tables, name, labels)
    tables[name]["of"][key] = _shown(value)


def key_of(values: Iterable[str]) -> str:
    """Label values as one key."""
    return _BETWEEN.join(value.replace(_BETWEEN, "/") for value in values)


def values_of(key: str) -> list[str]:
    """Label values of a key; of a table without labels one that is empty."""
    return key.split(_BETWEEN)


def _shown(value: float) -> float:
    """A whole number as such, which is shorter in JSON."""
    return int(value) if value == int(value) else round(value, _DIGITS)


def _fill(table: Table, cumulative: dict[str, dict[float, float]]) -> None:
    """Make rows of sums and buckets that count what is at most their bound."""
    bounds: list[float] = sorted({bound for found in cumulative.values() for bound in found if math.isfinite(bound)})
    table["le"] = bounds
    rows = {}
    for key, found in cumulative.items():
        upto = [found.get(bound, 0.0) for bound in [*bounds, math.inf]]
        own = [_shown(here - before) for here, before in zip(upto, [0.0, *upto], strict=False)]
        rows[key] = [table["of"].get(key, 0), *own]
    table["of"] = rows


# -- differences
def difference(new: Block, old: Block | None) -> Block:
    """What was counted since `old`, which is None where counting began since; what is zero is left out.

    A series that stands lower than before began anew in between, and counts whole, as Prometheus takes it.
    """
    found = empty() | {"n": new["n"]}
    before = old or empty()
    for kind in ("counters", "histograms"):
        for name, table in new[kind].items():
            was = before[kind].get(name)
            comparable = was is not None and was["by"] == table["by"] and was.get("le") == table.get("le")
            earlier = was["of"] if was is not None and comparable else {}
            since = _rise if kind == "counters" else _rises
            rows = {key: more for key, value in table["of"].items() if (more := since(value, earlier.get(key)))}
            if rows:
                found[kind][name] = table | {"of": rows}
    for kind in ("gauges", "stores"):
        for name, table in new[kind].items():
            if rows := {key: value for key, value in table["of"].items() if value}:
                found[kind][name] = table | {"of": rows}
    return found


def _rise(new: float, old: float | None) -> float:
    return _shown(new if old is None or new < old else new - old)


def _rises(new: Sequence[float], old: Sequence[float] | None) -> list[float] | None:
    """None where nothing was counted."""
    if old is None or any(here < before for here, before in zip(new[1:], old[1:], strict=True)):
        rows = list(new)
    else:
        rows = [_shown(max(0.0, here - before)) for here, before in zip(new, old, strict=True)]
    return rows if any(rows[1:]) else None


def without_gauges(block: Block) -> Block:
    """What was counted alone: nobody looked at gauges."""
    return block | {"n": 0, "gauges": {}, "stores": {}}


# -- sums
def merged(blocks: Iterable[Block]) -> Block:
    """All of them together: the order does not matter, and merging what was merged changes nothing."""
    total = empty()
    for block in blocks:
        add(total, block)
    return total


def add(total: Block, block: Block) -> None:
    """Add a block to a total."""
    total["n"] += block["n"]
    for kind in KINDS:
        tables = total[kind]
        for name, table in block.get(kind, {}).items():
            sums = tables.get(name)
            if sums is None:
                tables[name] = table | {"of": {key: list(row) if isinstance(row, list) else row for key, row in table["of"].items()}}
            else:
                _add_table(sums, table)


def _add_table(sums: Table, table: Table) -> None:
    if sums["by"] != table["by"]:  # of another version of the program
        names = sorted({*sums["by"], *table["by"]})
        _relabel(sums, names)
        table = {**table, "of": dict(table["of"])}
        _relabel(table, names)
    rows = sums["of"]
    if "le" in sums:
        bounds = sums["le"]
        for key, row in table["of"].items():
            _add_row(rows, key, row if table["le"] == bounds else rebucketed(table["le"], row, bounds))
        return
    for key, value in table["of"].items():
        rows[key] = rows.get(key, 0) + value


def _add_row(rows: dict[str, Any], key: str, row: Sequence[float]) -> None:
    was = rows.get(key)
    rows[key] = list(row) if was is None else [a + b for a, b in zip(was, row, strict=True)]


def _relabel(table: Table, names: list[str]) -> None:
    """Give every row all of these labels, empty where it had none of that name."""
    rows: dict[str, Any] = {}
    for key, row in table["of"].items():
        labels = dict(zip(table["by"], values_of(key), strict=False))
        anew = key_of(labels.get(name, "") for name in names)
        if isinstance(row, list):
            _add_row(rows, anew, row)
        else:
            rows[anew] = rows.get(anew, 0) + row
    table["by"], table["of"] = names, rows


def rebucketed(old: Sequence[float], row: Sequence[float], new: Sequence[float]) -> list[float]:
    """A histogram's row by other bounds: a bucket goes where its upper bound lies, so nothing is shown faster than it was."""
    counts = [0.0] * (len(new) + 1)
    for bound, count in zip([*old, math.inf], row[1:], strict=True):
        counts[bisect.bisect_left(new, bound)] += count
    return [row[0], *(_shown(count) for count in counts)]


# -- percentiles
def percentile(bounds: Sequence[float], counts: Sequence[float], share: float) -> float | None:
    """The value below which this share (0..1) of what was measured lies; None where nothing was.

    Linear within its bucket; of what is above all bounds no more is known than the last of them.
    """
    total = sum(counts)
    if total <= 0:
        return None
    rank, below = share * total, 0.0
    for place, count in enumerate(counts):
        if count > 0 and below + count >= rank:
            if place >= len(bounds):
                return bounds[-1] if bounds else None
            low, high = bounds[place - 1] if place else 0.0, bounds[place]
            return min(high, low + (high - low) * max(0.0, rank - below) / count)  # rounding may lead a hair above
        below += count
    return bounds[-1] if bounds else None
