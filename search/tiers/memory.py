"""The in-process tier: entries as they are shown, bounded by bytes, and never older than a second.

While a watch on Redis tells of every change (`watch.run`), an entry is trusted for as long as that connection answers; otherwise, in a
process that watches nothing, for one second. What is not trusted serves only while Redis is away (`even_untrusted`).
"""

from dataclasses import dataclass, field
from typing import Any

from bookstrack.lib import clock
from bookstrack.lib.byte_cache import ByteCache
from bookstrack.lib.key_watch import KeyWatch
from search import metrics
from search.entry import PREFIX, Entry

ENTRY_BYTES = 800  # of an entry beside key and data: objects, short texts, dictionaries (tracemalloc, CPython 3.11)
TRUSTED_S = 1.0
REMEMBERED = 10_000  # keys that changed lately


@dataclass(slots=True)
class Held:
    """An entry in memory, and what was rendered of it to be sent again: by what was asked for, in whatever form its reader likes."""

    entry: Entry
    expires_s: float
    trusted_until_s: float
    forms: dict[str, Any] = field(default_factory=dict)


class MemoryTier:
    """Entries by key, within so many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._kept: ByteCache[Held] = ByteCache(max_bytes)
        self.watch = KeyWatch(PREFIX, changed=self.changed, lost=self.clear)
        self._turn = 0  # goes up with every change that is told
        self._changed_at: dict[str, int] = {}  # key -> turn
        self._all_changed_at = 0
        self._evictions_told = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def used_bytes(self) -> int:
        return self._kept.used_bytes

    @property
    def evictions(self) -> int:
        return self._kept.evictions

    def get(self, key: str, *, even_untrusted: bool = False) -> Held | None:
        """What is held, or None where nothing is, it expired, or it is not trusted."""
        held = self._kept.get(key)
        if held is None:
            return None
        now_s = clock.monotonic_s()
        if now_s >= held.expires_s:
            self.drop(key)
            return None
        if now_s < self.watch.heard_until_s or now_s < held.trusted_until_s or even_untrusted:
            return held
        return None

    def mark(self) -> int:
        """Now, for `put`: a value that is about to be read elsewhere is no older than this."""
        return self._turn

    def put(self, key: str, entry: Entry, ttl_s: float, *, since: int | None = None) -> None:
        """Keep an entry; what is larger than the whole tier is not kept. One that was read elsewhere, after the mark `since`, is not kept
        where its key changed meanwhile: the value may be the one from before."""
        if since is not None and self._changed_at.get(key, self._all_changed_at) > since:
            return
        now_s = clock.monotonic_s()
        if ttl_s <= 0:
            self.drop(key)
            return
        held = Held(entry, now_s + ttl_s, now_s + min(TRUSTED_S, ttl_s))
        self._kept.put(key, held, len(key) + len(entry.data) + ENTRY_BYTES)
        self._tell()

    def grew(self, key: str, more_bytes: int) -> None:
        """What is held under a key has a further form."""
        self._kept.grow(key, more_bytes)
        self._tell()

    def changed(self, keys: list[str]) -> None:
        """Other processes, or we ourselves, wrote or deleted these keys of Redis."""
        self._turn += 1
        if len(self._changed_at) + len(keys) > REMEMBERED:
            self._changed_at.clear()
            self._all_changed_at = self._turn
        for prefixed in keys:
            key = prefixed.removeprefix(PREFIX)
            self._changed_at[key] = self._turn
            self._kept.drop(key)
        self._tell()

    def drop(self, key: str) -> None:
        """Forget the key."""
        if self._kept.drop(key):
            self._tell()

    def clear(self) -> None:
        """Forget everything, and what is being read just now."""
        self._turn += 1
        self._changed_at.clear()
        self._all_changed_at = self._turn
        self._kept.clear()
        self._tell()

    def _tell(self) -> None:
        metrics.memory_entries.set(len(self._kept))
        metrics.memory_bytes.set(self._kept.used_bytes)
        if self._kept.evictions > self._evictions_told:
            metrics.memory_evictions.inc(self._kept.evictions - self._evictions_told)
            self._evictions_told = self._kept.evictions
