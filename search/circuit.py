"""The rules of asking one provider, pure: its circuit, its own word to wait, its rate. Moments are passed in, in ms.

`breaker` holds the same rules against a state that all processes share. Source: spec 05.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

FAILURES = 5  # failed calls in a row that open a circuit
OPEN_MS = 60_000
PROBE_MS = 15_000  # a probe that says nothing for so long is taken for lost
MAX_SLOTS = 50

Answer = Literal["go", "open", "held", "full"]


@dataclass(frozen=True, slots=True)
class Admission:
    """`go` after `wait_s`; or not: the circuit is `open`, the provider told us to wait (`held`), its rate is used up (`full`).

    `until` (unix seconds) is when asking again may help; None for `go`. A `probe` decides about the circuit.
    """

    answer: Answer
    wait_s: float = 0.0
    until: float | None = None
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many calls within any window of so long."""

    slots: int
    window_ms: float

    @classmethod
    def per_second(cls, rate: float) -> "Rate":
        """3.0: three calls in any second; 0.5: one in any two; a high rate: bursts of 50 at most."""
        slots = min(max(1, int(rate)), MAX_SLOTS)
        return cls(slots, slots / rate * 1000)


@dataclass(slots=True)
class Circuit:
    """The state of one provider. Zero means never."""

    failures: int = 0
    open_until_ms: float = 0.0
    probe_until_ms: float = 0.0
    held_until_ms: float = 0.0
    calls_ms: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_SLOTS))  # when the last ones began, or will

    def admit(self, now_ms: float, *, rate: Rate, max_wait_ms: float, again: bool = False) -> Admission:
        """Take the next free slot, if it comes within `max_wait_ms`. `again`: a retry of a call that was let go."""
        probe = False
        if self.open_until_ms and not again:
            closed_ms = max(self.open_until_ms, self.probe_until_ms)
            if now_ms < closed_ms:
                return Admission("open", until=closed_ms / 1000)
            probe = True
        at_ms = max(now_ms, self.held_until_ms)
        if at_ms - now_ms > max_wait_ms:
            return Admission("held", until=at_ms / 1000)
        if len(self.calls_ms) >= rate.slots:
            at_ms = max(at_ms, self.calls_ms[-rate.slots] + rate.window_ms)
        if at_ms - now_ms > max_wait_ms:
            return Admission("full", until=at_ms / 1000)
        self.calls_ms.append(at_ms)
        if probe:
            self.probe_until_ms = at_ms + PROBE_MS
        return Admission("go", wait_s=(at_ms - now_ms) / 1000, probe=probe)

    def record(self, now_ms: float, *, ok: bool, probe: bool) -> None:
        """How a call ended. What began before the circuit opened says nothing about it any more."""
        if self.open_until_ms and not probe:
            return
        if ok:
            self.failures, self.open_until_ms, self.probe_until_ms = 0, 0.0, 0.0
            return
        self.failures += 1
        if self.open_until_ms or self.failures >= FAILURES:
            self.open_until_ms, self.probe_until_ms = now_ms + OPEN_MS, 0.0

    def hold(self, until_ms: float) -> None:
        """Nobody asks before; a hold is never shortened."""
        self.held_until_ms = max(self.held_until_ms, until_ms)
