"""Flights of searches: any number of simultaneous requests for one cold key make one round of provider calls."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bookstrack.lib import flight
from search import metrics

WAIT_S = 10.0  # for another process: a leader that dies, a second one, and what both take

T = TypeVar("T")


class Flights(flight.Flights[T]):
    """`bookstrack.lib.flight.Flights`, as long as searches take, counted with them."""

    def __init__(
        self,
        pack: Callable[[T], bytes],
        unpack: Callable[[bytes], T],
        settle: Callable[[T], Awaitable[None]],
        *,
        kept: Callable[[str], Awaitable[T | None]] | None = None,
        wait_s: float = WAIT_S,
    ) -> None:
        super().__init__(
            pack,
            unpack,
            settle,
            kept=kept,
            wait_s=wait_s,
            coalesced=metrics.cache_coalesced.inc,
            away=metrics.cache_away.inc,
        )
