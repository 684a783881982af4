"""Answers kept: keys, lifetimes, and the tiers they are looked up in. A failure is never kept, and never keeps a request from its answer.

Source: spec 04, "Cache".
"""

import asyncio
import hashlib
import math
import random
from collections.abc import Iterable, Sequence
from typing import cast

from bookstrack.lib import redis as redis_door
from search import conf, metrics
from search.dto import Book
from search.entry import PREFIX as PREFIX
from search.entry import Entry as Entry
from search.entry import pack as pack
from search.entry import unpack as unpack
from search.normalisers.text import search_key
from search.provider import Kind, Question
from search.tiers import cold
from search.tiers.cold import ColdTier
from search.tiers.memory import MemoryTier

FORGOTTEN_AT_ONCE = 500


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


class Cache:
    """The tiers of one process: memory, Redis, and the archive where it is given."""

    def __init__(self, memory: MemoryTier, cold: ColdTier | None = None) -> None:
        self.memory, self.cold = memory, cold

    async def find(self, key: str, *, bring_back: bool = True) -> tuple[Entry, str] | None:
        """The newest entry of a key and the tier it came from, expired ones of the last day included; None where there is none.

        One that was cold is brought back to the other tiers, unless it is only looked at.
        """
        held = self.memory.get(key)
        if held is not None:
            return held.entry, "memory"
        mark = self.memory.mark()
        try:
            value, flag = cast(list[bytes | None], await redis_door.client().mget([PREFIX + key, cold.FLAG]))
        except redis_door.Away:
            metrics.cache_away.inc()
            held = self.memory.get(key, even_untrusted=True)
            return (held.entry, "memory") if held else await self._from_cold(key, b"1", bring_back=bring_back)
        entry = self._read(value)
        if entry is None:
            self.memory.drop(key)
            return await self._from_cold(key, flag, bring_back=bring_back)
        self.memory.put(key, entry, entry.left_s + conf.TTL.stale, since=mark)
        return entry, "redis"

    async def _from_cold(self, key: str, flag: bytes | None, *, bring_back: bool) -> tuple[Entry, str] | None:
        """The cold entry of a key. `flag`: what Redis has as cold.FLAG."""
        if self.cold is None:
            return None
        found = await self.cold.find(key, flag)
        if key in found.entries:
            entry, row = found.entries[key]
            if bring_back:
                self._bring_back(entry, row)
            return entry, "cold"
        return (await self._again(found.back)).get(key)

    async def find_many(self, keys: Sequence[str]) -> dict[str, tuple[Entry, str]]:
        """The same for many keys at once: those found, by key."""
        found: dict[str, tuple[Entry, str]] = {}
        for key in keys:
            held = self.memory.get(key)
            if held is not None:
                found[key] = held.entry, "memory"
        wanted = [key for key in keys if key not in found]
        if not wanted:
            return found
        mark = self.memory.mark()
        try:
            values = cast(list[bytes | None], await redis_door.client().mget([cold.FLAG, *(PREFIX + key for key in wanted)]))
        except redis_door.Away:
            metrics.cache_away.inc()
            untrusted = ((key, self.memory.get(key, even_untrusted=True)) for key in wanted)
            found |= {key: (held.entry, "memory") for key, held in untrusted if held}
            return found | await self._many_from_cold([key for key in wanted if key not in found], b"1")
        flag, *values = values
        missing = []
        for key, value in zip(wanted, values, strict=True):
            entry = self._read(value)
            if entry is None:
                self.memory.drop(key)
                missing.append(key)
                continue
            self.memory.put(key, entry, entry.left_s + conf.TTL.stale, since=mark)
            found[key] = entry, "redis"
        return found | await self._many_from_cold(missing, flag)

    async def _many_from_cold(self, keys: Sequence[str], flag: bytes | None) -> dict[str, tuple[Entry, str]]:
        if self.cold is None or not keys:
            return {}
        found = await self.cold.find_many(keys, flag)
        for entry, row in found.entries.values():
            self._bring_back(entry, row)
        return {key: (entry, "cold") for key, (entry, _) in found.entries.items()} | await self._again(found.back)

    def _bring_back(self, entry: Entry, row: cold.Row) -> None:
        self.memory.put(row.key, entry, entry.left_s + conf.TTL.stale)
        if self.cold is not None:
            self.cold.bring_back(row, entry)

    async def _again(self, keys: Sequence[str]) -> dict[str, tuple[Entry, str]]:
        """Entries that somebody else brought back between our two looks."""
        try:
            values = cast(list[bytes | None], await redis_door.client().mget([PREFIX + key for key in keys])) if keys else []
        except redis_door.Away:
            return {}
        read = ((key, self._read(value)) for key, value in zip(keys, values, strict=True))
        return {key: (entry, "redis") for key, entry in read if entry is not None}

    def going_on(self) -> list["asyncio.Task[None]"]:
        """Tasks that still bring cold entries back."""
        return self.cold.going_on() if self.cold is not None else []

    def keep_here(self, key: str, entry: Entry) -> bytes:
        """Keep an entry in this process, a day beyond its lifetime so that it can serve while all providers fail; its bytes."""
        self.memory.put(key, entry, entry.ttl_s + conf.TTL.stale)
        return pack(entry)

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
        """Drop a key from all tiers. Raises: DatabaseError, where nobody can tell whether it is cold."""
        await self.forget_many([key])

    async def forget_many(self, keys: Sequence[str]) -> None:
        """The same for many keys."""
        for start in range(0, len(keys), FORGOTTEN_AT_ONCE):
            some = keys[start : start + FORGOTTEN_AT_ONCE]
            for key in some:
                self.memory.drop(key)
            try:
                await redis_door.client().delete(*(PREFIX + key for key in some))
            except redis_door.Away:
                metrics.cache_away.inc()
            if self.cold is not None:
                await self.cold.forget(some)

    @staticmethod
    def _read(value: bytes | None) -> Entry | None:
        return unpack(value) if value else None
