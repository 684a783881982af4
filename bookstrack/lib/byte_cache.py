"""Whole things kept in memory up to so many bytes; where room is short, what is asked least for its size goes first.

The policy is a frequency one, after TinyLFU (Einziger, Friedman and Manes, ACM Transactions on Storage, 2017): each entry counts its
requests, counts outlive their entries in a table of small counters, and all counts are halved now and then, so that the popular things
of last month do not stay for ever. What goes is the worst of a few, which a hand that goes round as in CLOCK points at: so a hit
costs one look-up and one addition, orders nothing, and a crawl through a thousand things once cannot empty the cache of what is wanted.
Chosen by measurement against LRU, SIEVE, S3-FIFO and W-TinyLFU: `python -m benchmarks.zipf`. For one event loop, or one thread.
"""

from collections.abc import KeysView
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
OVERHEAD_BYTES = 400  # of an entry beside its payload: key, entry, two objects around the bytes, slots (tracemalloc, CPython 3.11)
LOOKED_AT = 24  # entries of which one goes, spread over all; more would find a worse one, at more cost for each eviction
MOST_COUNTED = 15  # requests that tell in the long run (four bits, as in the paper): what was asked a thousand times is forgotten as fast
ROUNDS_A_HALVING = 240  # of the hand: ten evictions for each entry that is there, as in the paper
BYTES_A_COUNTER, LEAST_COUNTERS = 256, 65_536  # a counter is one byte; about 16 of them for each entry of 4 KB, so that few keys share one
HALVES = bytes(count // 2 for count in range(256))


@dataclass(slots=True)
class _Entry(Generic[T]):
    key: str
    value: T
    size: int  # bytes, its overhead with them
    asked: int  # requests, halved now and then
    place: int = 0  # in the ring


def _worth(entry: _Entry[T]) -> float:
    return entry.asked / entry.size


class ByteCache(Generic[T]):
    """Values by key, never more than `max_bytes`. Nothing in it expires, so a key must name a version, or someone drops what changed.

    Shape: `used_bytes` counts payloads and OVERHEAD_BYTES for each entry; `evictions` how many went for want of room, ever.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.evictions = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything, and what was asked how often."""
        self.used_bytes = 0
        self._kept: dict[str, _Entry[T]] = {}
        self._ring: list[_Entry[T]] = []
        self._hand = 0
        self._round = 1
        self._counts = bytearray(max(LEAST_COUNTERS, self.max_bytes // BYTES_A_COUNTER))

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def keys(self) -> KeysView[str]:
        """The keys of what is kept, in no order that means anything."""
        return self._kept.keys()

    def get(self, key: str) -> T | None:
        """What is kept under the key; None where nothing is. Counts as a request for it."""
        entry = self._kept.get(key)
        if entry is None:
            return None
        entry.asked += 1
        return entry.value

    def peek(self, key: str) -> T | None:
        """What is kept under the key, without counting a request."""
        entry = self._kept.get(key)
        return None if entry is None else entry.value

    def put(self, key: str, value: T, payload_bytes: int) -> None:
        """Keep a value whose bytes are so many, in place of what was there; what is larger than the whole is not kept."""
        entry = self._take_out(key) or _Entry(key, value, 0, self._counts[self._counter(key)] + 1)
        entry.value, entry.size = value, payload_bytes + OVERHEAD_BYTES
        self._place(entry)

    def grow(self, key: str, more_bytes: int) -> None:
        """A kept value became so much heavier; others go for it, or itself where it outgrew the whole. Nothing where it is not kept."""
        entry = self._take_out(key)
        if entry is not None:
            entry.size += more_bytes
            self._place(entry)

    def drop(self, key: str) -> bool:
        """Forget the key's value; whether there was one. How often it was asked is remembered: it may come back in a new version."""
        entry = self._take_out(key)
        if entry is not None:
            self._remember(entry)
        return entry is not None

    def _place(self, entry: _Entry[T]) -> None:
        if entry.size > self.max_bytes:
            self._remember(entry)
            return
        while self.used_bytes + entry.size > self.max_bytes:
            self._evict()
        entry.place = len(self._ring)
        self._ring.append(entry)
        self._kept[entry.key] = entry
        self.used_bytes += entry.size

    def _take_out(self, key: str) -> _Entry[T] | None:
        entry = self._kept.pop(key, None)
        if entry is not None:
            self.used_bytes -= entry.size
            last = self._ring.pop()
            if last is not entry:  # the last one fills the gap: a new one thereby lands behind the hand, and has a whole round before it
                self._ring[entry.place] = last
                last.place = entry.place
        return entry

    def _evict(self) -> None:
        stride = max(1, len(self._ring) // LOOKED_AT)
        if self._hand >= stride:
            self._hand = 0
            self._round += 1
            if self._round % ROUNDS_A_HALVING == 0:
                self._counts = self._counts.translate(HALVES)
        looked_at = self._ring[self._hand :: stride]
        self._hand += 1
        if self._round % ROUNDS_A_HALVING == 0:  # as the hand goes: 16,000 at once would hold up the event loop for milliseconds
            for entry in looked_at:
                entry.asked = (min(entry.asked, MOST_COUNTED) + 1) // 2
        self.drop(min(looked_at, key=_worth).key)
        self.evictions += 1

    def _remember(self, entry: _Entry[T]) -> None:
        self._counts[self._counter(entry.key)] = min(entry.asked, MOST_COUNTED)

    def _counter(self, key: str) -> int:
        return hash(key) % len(self._counts)
