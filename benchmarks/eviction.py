"""What the memory tier's policy is compared with: others, in their papers' simplest form, and two ideals that know what no cache can.

Each policy answers `ask(key, size)`: whether the key is there; afterwards it is, where the policy lets it in. Sizes are bytes.
"""

import heapq
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol

from bookstrack.lib.byte_cache import OVERHEAD_BYTES, ByteCache

NEVER = 2**62


class Policy(Protocol):
    def ask(self, key: str, size: int) -> bool: ...


class Queue(OrderedDict[str, int]):
    """Keys in order with their sizes, and the sum of these."""

    used = 0

    def add(self, key: str, size: int) -> None:
        self[key] = size
        self.used += size

    def take(self, key: str) -> int:
        size = self.pop(key)
        self.used -= size
        return size

    def oldest(self) -> str:
        return next(iter(self))


class Ours:
    """The cache itself."""

    def __init__(self, max_bytes: int) -> None:
        self.cache: ByteCache[str] = ByteCache(max_bytes)

    def ask(self, key: str, size: int) -> bool:
        if self.cache.get(key) is not None:
            return True
        self.cache.put(key, key, size - OVERHEAD_BYTES)
        return False


class Lru:
    """The least recently used goes."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes, self.kept = max_bytes, Queue()

    def ask(self, key: str, size: int) -> bool:
        if key in self.kept:
            self.kept.move_to_end(key)
            return True
        self.kept.add(key, size)
        while self.kept.used > self.max_bytes:
            self.kept.take(self.kept.oldest())
        return False


class Sieve:
    """Zhang and others, NSDI 2024: a hand goes from old to new, spares once what was asked, and leaves it in its place."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes, self.used = max_bytes, 0
        self.asked: dict[str, bool] = {}
        self.sizes: dict[str, int] = {}
        self.newer: dict[str, str] = {"": ""}  # a ring through "", which stands between the newest and the oldest
        self.older: dict[str, str] = {"": ""}
        self.hand = ""

    def ask(self, key: str, size: int) -> bool:
        if key in self.asked:
            self.asked[key] = True
            return True
        while self.used + size > self.max_bytes:
            self._evict()
        newest = self.older[""]
        self.newer[newest] = self.older[""] = key
        self.older[key], self.newer[key] = newest, ""
        self.asked[key], self.sizes[key] = False, size
        self.used += size
        return False

    def _evict(self) -> None:
        hand = self.hand or self.newer[""]
        while self.asked[hand]:
            self.asked[hand] = False
            hand = self.newer[hand] or self.newer[""]
        older, newer = self.older.pop(hand), self.newer.pop(hand)
        self.newer[older], self.older[newer] = newer, older
        self.used -= self.sizes.pop(hand)
        del self.asked[hand]
        self.hand = newer


class S3Fifo:
    """Yang and others, SOSP 2023: a tenth is for new things; who is asked there, or soon after it went, gets into the main queue."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.new, self.main, self.gone = Queue(), Queue(), Queue()
        self.asked: dict[str, int] = {}

    def ask(self, key: str, size: int) -> bool:
        if key in self.asked:
            self.asked[key] = min(self.asked[key] + 1, 3)
            return True
        if key in self.gone:
            self.gone.take(key)
            self.main.add(key, size)
        else:
            self.new.add(key, size)
        self.asked[key] = 0
        while self.new.used + self.main.used > self.max_bytes:
            if self.new.used > self.max_bytes / 10 or not self.main:
                self._leave_new()
            else:
                self._leave_main()
        return False

    def _leave_new(self) -> None:
        key = self.new.oldest()
        size = self.new.take(key)
        if self.asked[key]:
            self.asked[key] = 0
            self.main.add(key, size)
            return
        del self.asked[key]
        self.gone.add(key, size)
        while self.gone.used > self.max_bytes * 0.9:
            self.gone.take(self.gone.oldest())

    def _leave_main(self) -> None:
        key = self.main.oldest()
        if self.asked[key]:
            self.asked[key] -= 1
            self.main.move_to_end(key)
            return
        self.main.take(key)
        del self.asked[key]


class WTinyLfu:
    """Einziger and others, 2017: a window of 1 %, then a segmented LRU whose door opens to what is asked more than whom it replaces.

    Its counts are exact here, which only flatters it; they stop at 15 and are halved after ten requests for each entry.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes, self.requests = max_bytes, 0
        self.window, self.trial, self.safe = Queue(), Queue(), Queue()
        self.counts: dict[str, int] = {}

    def ask(self, key: str, size: int) -> bool:
        self._count(key)
        if key in self.trial:
            self.safe.add(key, self.trial.take(key))
            while self.safe.used > self.max_bytes * 0.8:
                oldest = self.safe.oldest()
                self.trial.add(oldest, self.safe.take(oldest))
            return True
        for queue in (self.window, self.safe):
            if key in queue:
                queue.move_to_end(key)
                return True
        self.window.add(key, size)
        while self.window.used > self.max_bytes / 100 and len(self.window) > 1:
            self._try(self.window.oldest())
        while self._used() > self.max_bytes:  # nothing but the window's last one grew
            queue = self.trial or self.safe or self.window
            queue.take(queue.oldest())
        return False

    def _count(self, key: str) -> None:
        self.counts[key] = min(15, self.counts.get(key, 0) + 1)
        self.requests += 1
        if self.requests >= 10 * max(100, len(self.window) + len(self.trial) + len(self.safe)):
            self.requests = 0
            self.counts = {name: count // 2 for name, count in self.counts.items() if count > 1}

    def _try(self, key: str) -> None:
        self.trial.add(key, self.window.take(key))
        while self._used() > self.max_bytes and key in self.trial:
            oldest = self.trial.oldest()
            loses = key != oldest and self.counts.get(key, 0) <= self.counts.get(oldest, 0)
            self.trial.take(key if loses else oldest)

    def _used(self) -> int:
        return self.window.used + self.trial.used + self.safe.used


def ideal(keys: Sequence[str], sizes: Mapping[str, int], max_bytes: int, popularity: Mapping[int, Mapping[str, float]]) -> list[bool]:
    """Hits of the online ideal for independent requests: it knows beforehand how popular each key is, and keeps what is worth most for
    its size. `popularity` by the request from which it holds."""
    known: Mapping[str, float] = {}
    kept: set[str] = set()
    worth: list[tuple[float, str]] = []
    used, hits = 0, []
    for number, key in enumerate(keys):
        if number in popularity:
            known = popularity[number]
            worth = [(known.get(name, 0) / sizes[name], name) for name in kept]
            heapq.heapify(worth)
        hits.append(key in kept)
        if key not in kept:
            kept.add(key)
            used += sizes[key]
            heapq.heappush(worth, (known.get(key, 0) / sizes[key], key))
        while used > max_bytes:
            _, least = heapq.heappop(worth)
            kept.remove(least)
            used -= sizes[least]
    return hits


def clairvoyant(keys: Sequence[str], sizes: Mapping[str, int], max_bytes: int) -> list[bool]:
    """Hits of Belady's MIN: it knows every request to come, and drops what is wanted last."""
    following, seen = [NEVER] * len(keys), dict[str, int]()
    for number in range(len(keys) - 1, -1, -1):
        following[number] = seen.get(keys[number], NEVER)
        seen[keys[number]] = number
    kept: dict[str, int] = {}
    wanted: list[tuple[int, str]] = []
    used, hits = 0, []
    for key, following_at in zip(keys, following, strict=True):
        hits.append(key in kept)
        used += 0 if key in kept else sizes[key]
        kept[key] = following_at
        heapq.heappush(wanted, (-following_at, key))
        while used > max_bytes:
            when, last = heapq.heappop(wanted)
            if kept.get(last) == -when:
                del kept[last]
                used -= sizes[last]
    return hits
