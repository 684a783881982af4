"""Answers kept: keys, lifetimes, and the tiers they are looked up in. A failure is never kept, and never keeps a request from its answer.

Source: spec 04, "Cache".
"""

import hashlib
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import zstandard

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from search import conf, metrics
from search.dto import Book
from search.normalisers.text import search_key
from search.provider import Kind, Question
from search.tiers.memory import MemoryTier

SCHEMA = 1  # of an entry and the DTOs in it: a new version never reads old entries
PREFIX = f"bt{SCHEMA}:"
COMPRESSED_ABOVE_BYTES = 1024
_PLAIN, _ZSTD = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as it is kept: `data` is the JSON that a client gets, rendered once."""

    data: bytes
    created_at: float  # unix seconds
    ttl_s: float
    provider: str
    providers: dict[str, str]  # name -> status
    degraded: list[str] = field(default_factory=list)
    etag: str = ""
    completeness: int = 0  # 0..100: mean quality
    image_quality: str = "missing"  # high, medium, low, missing
    found: int = 0  # works in it
    completed: bool = False  # with all that is known of who its authors are

    @property
    def age_s(self) -> float:
        return max(0.0, clock.unix_s() - self.created_at)

    @property
    def left_s(self) -> float:
        """Seconds that it is still fresh; negative once it expired."""
        return self.ttl_s - self.age_s

    @property
    def fresh(self) -> bool:
        return self.left_s > 0


def key_of(question: Question) -> str:
    """The cache key of a question: one per ISBN-13, one per normalised words with limit, offset and language."""
    if question.kind is Kind.ISBN:
        return f"search:isbn:{question.isbns[0]}"
    if question.kind is Kind.PROVIDER_ID:
        return f"search:id:{question.provider}:{question.provider_id}"
    if question.kind is Kind.PERSON:
        return f"search:person:{question.provider}:{question.provider_id}"
    if question.kind is Kind.EDITIONS:
        return f"search:editions:{question.provider}:{question.provider_id}:{question.limit}"
    words = [search_key(part) for part in (question.text, question.title, question.author)]
    parts = [question.kind.value, *words, str(question.limit), str(question.offset), question.lang or ""]
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
    return f"search:title:{digest}"


def lifetime_s(question: Question, books: Sequence[Book], *, degraded: bool, base_at_most_s: float = math.inf) -> float:
    """How long an answer is fresh: longer when good, shorter when poor, five minutes at most when somebody did not answer."""
    by_isbn = question.kind is Kind.ISBN
    if not books:
        base = conf.TTL.nothing_isbn if by_isbn else conf.TTL.nothing_words
    else:
        quality = mean_quality(books)
        base = min(conf.TTL.isbn if by_isbn else conf.TTL.words, base_at_most_s)
        base *= 2 if quality > 80 else 0.5 if quality < 40 else 1
    return jittered_s(base, degraded=degraded)


def jittered_s(base_s: float, *, degraded: bool) -> float:
    """A lifetime somewhat longer or shorter than the base, so that not all entries of one day expire together."""
    jittered = base_s * random.uniform(0.9, 1.1)
    return (min(jittered, conf.TTL.degraded) if degraded else jittered) * conf.ttl_scale()


def mean_quality(books: Sequence[Book]) -> int:
    """Mean quality of an answer, 0..100; 0 when it is empty."""
    return round(sum(book.quality for book in books) / len(books)) if books else 0


def pack(entry: Entry) -> bytes:
    """An entry as bytes: a flag, a JSON line about it, and its data; compressed above 1 KB."""
    about = {name: getattr(entry, name) for name in Entry.__slots__ if name != "data"}
    raw = orjson.dumps(about) + b"\n" + entry.data
    if len(raw) <= COMPRESSED_ABOVE_BYTES:
        return _PLAIN + raw
    return _ZSTD + zstandard.compress(raw, 1)


def unpack(value: bytes) -> Entry | None:
    """The entry in these bytes, or None where they are none that we wrote."""
    try:
        raw = zstandard.decompress(value[1:], max_output_size=32 * 2**20) if value[:1] == _ZSTD else value[1:]
        about, _, data = raw.partition(b"\n")
        members: dict[str, Any] = orjson.loads(about)
        return Entry(data=data, **members)
    except (zstandard.ZstdError, orjson.JSONDecodeError, TypeError):
        metrics.cache_broken.inc()
        return None


class Cache:
    """The tiers of one process: memory, then Redis. Cold storage joins them in a later issue."""

    def __init__(self, memory: MemoryTier) -> None:
        self.memory = memory

    async def find(self, key: str) -> tuple[Entry, str] | None:
        """The newest entry of a key and the tier it came from, expired ones of the last day included; None where there is none."""
        entry = self._read(self.memory.get(key))
        if entry is not None:
            return entry, "memory"
        try:
            value = cast(bytes | None, await redis_door.client().get(PREFIX + key))
        except redis_door.Away:
            metrics.cache_away.inc()
            entry = self._read(self.memory.get(key, even_untrusted=True))
            return (entry, "memory") if entry else None
        entry = self._read(value)
        if entry is None or value is None:
            self.memory.drop(key)
            return None
        self.memory.put(key, value, entry.left_s + conf.TTL.stale)
        return entry, "redis"

    async def find_many(self, keys: Sequence[str]) -> dict[str, tuple[Entry, str]]:
        """The same for many keys at once: those found, by key."""
        found: dict[str, tuple[Entry, str]] = {}
        for key in keys:
            entry = self._read(self.memory.get(key))
            if entry is not None:
                found[key] = entry, "memory"
        wanted = [key for key in keys if key not in found]
        if not wanted:
            return found
        try:
            values = cast(list[bytes | None], await redis_door.client().mget([PREFIX + key for key in wanted]))
        except redis_door.Away:
            metrics.cache_away.inc()
            untrusted = ((key, self._read(self.memory.get(key, even_untrusted=True))) for key in wanted)
            return found | {key: (entry, "memory") for key, entry in untrusted if entry}
        for key, value in zip(wanted, values, strict=True):
            entry = self._read(value)
            if entry is None or value is None:
                self.memory.drop(key)
                continue
            self.memory.put(key, value, entry.left_s + conf.TTL.stale)
            found[key] = entry, "redis"
        return found

    def keep_here(self, key: str, entry: Entry) -> bytes:
        """Keep an entry in this process, a day beyond its lifetime so that it can serve while all providers fail; its bytes."""
        value = pack(entry)
        self.memory.put(key, value, entry.ttl_s + conf.TTL.stale)
        return value

    async def keep_everywhere(self, key: str, entry: Entry, value: bytes) -> None:
        """Keep an entry's bytes for all processes."""
        kept_s = entry.ttl_s + conf.TTL.stale
        try:
            await redis_door.client().set(PREFIX + key, value, px=max(1, int(kept_s * 1000)))
        except redis_door.Away:
            metrics.cache_away.inc()

    async def keep_many_everywhere(self, kept: Iterable[tuple[str, Entry, bytes]]) -> None:
        """The same for many entries, in one round trip."""
        try:
            async with redis_door.client().pipeline(transaction=False) as pipeline:
                for key, entry, value in kept:
                    pipeline.set(PREFIX + key, value, px=max(1, int((entry.ttl_s + conf.TTL.stale) * 1000)))
                await pipeline.execute()
        except redis_door.Away:
            metrics.cache_away.inc()

    async def forget(self, key: str) -> None:
        """Drop a key from all tiers."""
        self.memory.drop(key)
        try:
            await redis_door.client().delete(PREFIX + key)
        except redis_door.Away:
            metrics.cache_away.inc()

    @staticmethod
    def _read(value: bytes | None) -> Entry | None:
        return unpack(value) if value else None
