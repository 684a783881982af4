"""The request in hand, known to every line of code that works for it, and to every log line."""

import random
import re
from contextvars import ContextVar
from dataclasses import dataclass, field

from bookstrack.lib import clock

_random = random.Random()  # of our own: whoever seeds the common one does not mean this
_TAKEN = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class Trace:
    """A request's id, and when it began on the monotonic clock."""

    id: str
    began_s: float = field(default_factory=clock.monotonic_s)

    @property
    def elapsed_ms(self) -> float:
        return (clock.monotonic_s() - self.began_s) * 1000


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(given: str | None) -> Trace:
    """Start a request: its client's id where that is well-formed, else one made."""
    trace = Trace(id_of(given))
    _current.set(trace)
    return trace


def id_of(given: str | None) -> str:
    """The id of a request whose client gives it this one."""
    return given if given and _TAKEN.match(given) else new_id()


def new_id() -> str:
    """An id like no other. Nobody is kept from guessing one: it is no secret."""
    return f"{_random.getrandbits(96):024x}"


def current() -> Trace:
    """The request in hand; outside one, a new one."""
    return _current.get() or begin(None)


def current_id() -> str | None:
    """The id of the request in hand, or None outside one."""
    trace = _current.get()
    return trace.id if trace else None
