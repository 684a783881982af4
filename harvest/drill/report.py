"""A drill's figures, summed up from its verdicts, and how they are shown. Pure."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harvest.drill.faults import OK, Fault
from harvest.drill.load import Group, Kind
from harvest.drill.verdicts import Outcome, Verdict

SHOWN_WRONG = 10
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Recovery:
    """How the service was after the faults had ended. `after_s` is when nobody was called failed any more; None: never."""

    after_s: float | None
    verdicts: Sequence[Verdict]

    @property
    def complete(self) -> bool:
        """Whether every key answers right again."""
        return self.after_s is not None and all(whole(verdict) for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Report:
    """What a drill found. `calls` and `opened` are by provider; `tracebacks` is how many the service's log holds."""

    seed: int
    bar: float  # 0..1
    faults: Mapping[str, Fault]
    before: Sequence[Verdict]
    during: Sequence[Verdict]
    recovery: Recovery
    opened: Collection[str]
    calls: Mapping[str, int]
    tracebacks: int
    took_s: float

    @property
    def availability(self) -> float:
        """The share (0..1) of answers that came in time, of those that could have; 1 where none could."""
        due = [verdict for verdict in self.during if verdict.outcome is not Outcome.REFUSED]
        return sum(verdict.outcome is Outcome.ANSWERED for verdict in due) / len(due) if due else 1.0

    @property
    def wrong(self) -> list[Verdict]:
        """All wrong answers, before, during and after the faults."""
        return [verdict for verdict in (*self.before, *self.during, *self.recovery.verdicts) if verdict.wrong]

    @property
    def shortcomings(self) -> list[str]:
        """Why the drill is not passed; empty when it is."""
        found = []
        if not all(whole(verdict) for verdict in self.before):
            found.append("not everything was well before the faults: the figures say little")
        if self.availability < self.bar:
            found.append(f"{self.availability:.2%} of the answers came in time, under {self.bar:.2%}")
        if self.wrong:
            found.append(f"{len(self.wrong)} answers were wrong")
        if self.recovery.after_s is None:
            found.append("some providers are still taken for failed after the faults have ended")
        elif broken := sum(not whole(verdict) for verdict in self.recovery.verdicts):
            found.append(f"{broken} keys do not answer right after the faults have ended")
        return found

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON; times in seconds, shares 0..1."""
        searches = [verdict for verdict in self.during if verdict.ask.kind is not Kind.BATCH]
        return {
            "seed": self.seed,
            "faults": {name: str(fault) for name, fault in self.faults.items() if fault != OK},
            "passed": not self.shortcomings,
            "shortcomings": self.shortcomings,
            "requests": len(searches),
            "batchItems": len(self.during) - len(searches),
            "availability": round(self.availability, 5),
            "bar": self.bar,
            "outcomes": {str(outcome): count for outcome, count in Counter(verdict.outcome for verdict in self.during).items()},
            "latency": latency(verdict.elapsed_s for verdict in searches),
            "latencyBefore": latency(verdict.elapsed_s for verdict in self.before),
            "latencyKept": latency(verdict.elapsed_s for verdict in searches if verdict.ask.group is Group.KEPT),
            "latencyCold": latency(verdict.elapsed_s for verdict in searches if verdict.ask.group is not Group.KEPT),
            "wrong": len(self.wrong),
            "wrongAnswers": [_described(verdict) for verdict in self.wrong[:SHOWN_WRONG]],
            "stale": sum(verdict.stale for verdict in searches),
            "cached": sum(verdict.cached and not verdict.stale for verdict in searches),
            "forgotten": sum(verdict.forgotten for verdict in searches),
            "degraded": sum(bool(verdict.degraded) for verdict in searches),
            "namedAsFailed": dict(Counter(name for verdict in searches for name in verdict.degraded)),
            "refusedWith": {str(code): count for code, count in sorted(self._refusals().items())},
            "circuitsOpened": sorted(self.opened),
            "calls": dict(self.calls),
            "recoveredAfter": None if self.recovery.after_s is None else round(self.recovery.after_s, 1),
            "keysAskedAgain": len(self.recovery.verdicts),
            "notWellAgain": [_described(verdict) for verdict in self.recovery.verdicts if not whole(verdict)][:SHOWN_WRONG],
            "tracebacks": self.tracebacks,
            "took": round(self.took_s, 1),
        }

    def _refusals(self) -> Counter[int]:
        return Counter(verdict.status for verdict in self.during if verdict.outcome is Outcome.REFUSED and verdict.status)


def latency(elapsed_s: Iterable[float]) -> dict[str, float]:
    """Percentiles in seconds; empty where there is nothing to count."""
    ordered = sorted(elapsed_s)
    if not ordered:
        return {}
    return {name: round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 4) for name, share in PERCENTILES.items()}


def as_text(report: Mapping[str, Any]) -> str:
    """The report, as `as_dict` gives it, for people."""
    lines = [
        ("faults", _pairs(report["faults"]) or "none"),
        ("asked", f"{report['requests']} requests and a batch of {report['batchItems']} books, seed {report['seed']}"),
        ("availability", f"{report['availability']:.2%} (bar {report['bar']:.2%}); {_pairs(report['outcomes'])}"),
        ("latency", _milliseconds(report["latency"])),
        ("  before the faults", _milliseconds(report["latencyBefore"])),
        ("  known keys", _milliseconds(report["latencyKept"])),
        ("  others", _milliseconds(report["latencyCold"])),
        ("wrong answers", str(report["wrong"])),
        ("from the cache", f"{report['cached']} fresh, {report['stale']} stale"),
        ("forgotten", f"{report['forgotten']} answers of nothing about books that were known before the faults"),
        ("degraded", f"{report['degraded']}; called failed: {_pairs(report['namedAsFailed']) or 'nobody'}"),
        ("refused, rightly", _pairs(report["refusedWith"]) or "none"),
        ("circuits opened", ", ".join(report["circuitsOpened"]) or "none"),
        ("calls", _pairs(report["calls"])),
        ("after the faults", _recovered(report)),
        ("tracebacks in the log", str(report["tracebacks"])),
    ]
    shown = [f"{name:<22} {text}" for name, text in lines]
    shown += [
        f"  not well again: {one['what']} {one['asked']}: {one['outcome']}, status {one['status']}, failed {one['degraded']}"
        for one in report["notWellAgain"]
    ]
    shown += [f"  wrong: {one['what']} {one['asked']}: {one['wrong']} (status {one['status']})" for one in report["wrongAnswers"]]
    shown.append("passed" if report["passed"] else f"NOT passed: {'; '.join(report['shortcomings'])}")
    return "\n".join([*shown[:-1], f"{shown[-1]} (took {report['took']:g} s)"])


def _recovered(report: Mapping[str, Any]) -> str:
    if report["recoveredAfter"] is None:
        return f"not well again; {report['keysAskedAgain']} keys asked again"
    return f"well again after {report['recoveredAfter']:g} s; {report['keysAskedAgain']} keys asked again"


def _described(verdict: Verdict) -> dict[str, Any]:
    ask = verdict.ask
    told = {"what": f"{ask.group} {ask.kind}", "asked": ask.number, "status": verdict.status, "wrong": verdict.wrong}
    return told | {"outcome": str(verdict.outcome), "elapsed": round(verdict.elapsed_s, 3), "degraded": list(verdict.degraded)}


def whole(verdict: Verdict) -> bool:
    """An answer as it is when nobody fails; how long it took says more about the machine."""
    came = verdict.outcome in (Outcome.ANSWERED, Outcome.LATE)
    return came and not verdict.wrong and not verdict.degraded and not verdict.stale


def _pairs(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _milliseconds(percentiles: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in percentiles.items()) or "nothing asked"
