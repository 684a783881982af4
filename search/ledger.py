"""Metadata of cache entries, written behind: requests only note what happened, a task of the process writes it down."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search.cache import Entry
from search.models import CacheEntry, ProviderDay
from search.provider import Question

log = structlog.get_logger(__name__)
FLUSH_EVERY_S = 1.0
MAX_WAITING = (
    10_000  # keys; beyond, news of further keys is dropped rather than memory filled while the database is away
)


@dataclass(frozen=True, slots=True)
class _Kept:
    kind: str
    label: str
    question: dict[str, Any] | None  # None: it cannot be asked again by itself
    entry: Entry
    size_bytes: int


class Ledger:
    """What this process kept and hit since it last wrote."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._hits: Counter[str] = Counter()
        self._calls: Counter[str] = Counter()

    def kept(self, key: str, question: Question, entry: Entry, size_bytes: int) -> None:
        """Note a new entry."""
        if len(self._kept) < MAX_WAITING:
            asked = [*question.isbns, question.text, question.title, question.author, question.provider_id]
            label = " ".join(filter(None, asked))[:200]
            asking = question.as_json() if type(question) is Question else None
            about = replace(entry, data=b"")  # the answer is not ours to hold
            self._kept[key] = _Kept(question.kind.value, label, asking, about, size_bytes)

    def hit(self, key: str) -> None:
        """Note that an entry answered."""
        if key in self._hits or len(self._hits) < MAX_WAITING:
            self._hits[key] += 1

    def called(self, provider: str) -> None:
        """Note a call of a provider without a budget; those with one are counted before the call (budget.py)."""
        self._calls[provider] += 1

    async def run(self) -> None:
        """Write every second until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what was noted; when the database is away it is kept for the next time."""
        kept, self._kept = self._kept, {}
        hits, self._hits = self._hits, Counter()
        calls, self._calls = self._calls, Counter()
        if not kept and not hits and not calls:
            return
        try:
            await in_db(_write, kept, hits, calls)
        except DatabaseError:
            log.warning("cache ledger not written, will try again", entries=len(kept), hits=hits.total())
            self._kept = kept | self._kept
            self._hits.update(hits)
            self._calls.update(calls)


@transaction.atomic
def _write(kept: dict[str, _Kept], hits: Counter[str], calls: Counter[str]) -> None:

    rows = [
        CacheEntry(
            key=key,
            kind=news.kind,
            label=news.label,
            question=news.question,
            providers=news.entry.provider,
            found=news.entry.found,
            quality=news.entry.completeness,
            size_bytes=news.size_bytes,
            created_at=clock.from_unix(news.entry.created_at),
            expires_at=clock.from_unix(min(news.entry.created_at + news.entry.ttl_s, 4e9)),
        )
        for key, news in kept.items()
    ]
    CacheEntry.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["kind", "label", "tier", "question", "providers", "found", "quality", "size_bytes", "created_at", "expires_at"],
        batch_size=500,
    )
    now = clock.now()
    for number, keys in _by_count(hits).items():
        _add_hits(number, keys, now)
    for provider, number in calls.items():
        day, _ = ProviderDay.objects.get_or_create(provider=provider, day=now.date())
        ProviderDay.objects.filter(pk=day.pk).update(used=F("used") + number)


def _add_hits(number: int, keys: list[str], now: datetime) -> None:
    """So many more for each of these. The keys go as one value: thousands of parameters cost a server's other threads milliseconds."""
    which, value = "IN (SELECT value FROM json_each(%s))", orjson.dumps(keys).decode()
    if connection.vendor == "postgresql":
        which = "IN (SELECT json_array_elements_text(%s::json))"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE search_cacheentry SET hits = hits + %s, last_hit_at = %s WHERE key {which}",  # noqa: S608
            [number, connection.ops.adapt_datetimefield_value(now), value],
        )


def _by_count(hits: Counter[str]) -> dict[int, list[str]]:
    """Keys by how often they were hit: after a job thousands were hit once, which is one statement then."""
    keys: dict[int, list[str]] = {}
    for key, number in hits.items():
        keys.setdefault(number, []).append(key)
    return keys


ledger = Ledger()
