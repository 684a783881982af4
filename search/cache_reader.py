"""The cache read for many keys at once: each asks for one, and Redis is asked for as many as wait at the moment."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import structlog

from bookstrack.lib import clock
from search import metrics
from search.cache import Cache, Entry
from search.ledger import ledger
from search.provider import Kind

log = structlog.get_logger(__name__)
KEYS_AT_ONCE = 100  # their entries are unpacked in one go: 3 ms
WAKE_AT_ONCE = 3


_in_vain: ContextVar[str | None] = ContextVar("in_vain", default=None)


def note_in_vain(key: str) -> None:
    """This task looked for a key just now, and nobody has it: `looked_in_vain` says so once, to whoever would look again."""
    _in_vain.set(key)


def looked_in_vain(key: str) -> bool:
    """Whether the fast lane looked for this key a moment ago, for the request of this task."""
    noted = _in_vain.get()
    if noted is not None:
        _in_vain.set(None)
    return noted == key


class CacheReader:
    """Look-ups in the cache, of one event loop."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._waiting: dict[str, list[asyncio.Future[tuple[Entry, str] | None]]] = {}  # one for each who waits: none may end another's
        self._reading: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return self._reading is not None

    async def find(self, key: str, kind: Kind) -> Entry | None:
        """The entry of a key, expired ones of the last day included; None where there is none. Counted as a search's look-up is."""
        found = await self.look(key)
        if found is None or not found[0].fresh:
            metrics.cache_lookups.labels(kind.value, "miss").inc()
            return found[0] if found else None
        entry, tier = found
        ledger.hit(key)
        metrics.cache_lookups.labels(kind.value, tier if entry.found else f"{tier}-negative").inc()
        return entry

    async def peek(self, key: str) -> Entry | None:
        """The same, counted as nothing: for those who look after the cache."""
        found = await self.look(key)
        return found[0] if found else None

    async def look(self, key: str) -> tuple[Entry, str] | None:
        """The same with the tier that it came from; expired ones too."""
        future: asyncio.Future[tuple[Entry, str] | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        return await future

    async def _read(self) -> None:
        try:
            await asyncio.sleep(0)  # whoever asks in this turn of the loop is read with the first
            while self._waiting:
                keys = list(self._waiting)[:KEYS_AT_ONCE]
                await self._answer(keys, [self._waiting.pop(key) for key in keys])
        finally:
            self._reading = None

    async def _answer(self, keys: Sequence[str], waiting: Sequence[list["asyncio.Future[tuple[Entry, str] | None]"]]) -> None:
        began_s = clock.monotonic_s()
        try:
            found = await self._cache.find_many(keys)
        except Exception:  # a fault of ours: these are asked outside, and we get the traceback
            log.exception("the cache could not be read", keys=len(keys), seconds=round(clock.monotonic_s() - began_s, 3))
            found = {}
        for place, (key, futures) in enumerate(zip(keys, waiting, strict=True), 1):
            for future in futures:
                if not future.done():
                    future.set_result(found.get(key))
            if place % WAKE_AT_ONCE == 0:
                await asyncio.sleep(0)  # what they do with it must not hold the loop in one go
