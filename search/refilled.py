"""Keys to fill and what became of them. Values only."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import orjson

from search.entry import Entry

State = Literal["filled", "fresh", "kept", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Asking:
    """A key and what to ask to fill it, as the ledger keeps it."""

    key: str
    question: dict[str, Any]


@dataclass(frozen=True)
class Refilled:
    """What became of a key.

    "filled": asked, and kept, also that nobody knows the book. "fresh": it needed nothing. "kept": what was there is better than the
    new answer. "failed": somebody could not answer; `quota_until` (unix seconds) is when, where today's calls are used up. "unknown":
    nothing can be asked that leads to this key. `entry` is what clients get now, None where they would have to ask.
    """

    state: State
    entry: Entry | None = None
    keys: tuple[str, ...] = ()  # filled just now
    problem: str = ""
    quota_until: float | None = None

    @property
    def found(self) -> int:
        """Works in the answer."""
        return self.entry.found if self.entry else 0

    @cached_property
    def data(self) -> dict[str, Any]:
        """`data` of the envelope; empty without an answer."""
        found: dict[str, Any] = orjson.loads(self.entry.data) if self.entry else {}
        return found
