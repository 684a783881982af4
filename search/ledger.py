"""Metadata of cache entries, written behind: requests only note what happened, a task of the process writes it down."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search.cache import Entry
from search.models import CacheEntry, ProviderDay
from search.provider import Question

log = structlog.get_logger(__name__)
FLUSH_EVERY_S = 1.0
KEYS_AT_ONCE = 500  # in one statement
MAX_WAITING = (
    10_000  # keys; beyond, news of further keys is dropped rather than memory filled while the database is away
)


@dataclass(frozen=True, slots=True)
class _Kept:
    kind: str
    label: str
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
            self._kept[key] = _Kept(question.kind.value, label, replace(entry, data=b""), size_bytes)  # the answer is not ours to hold

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
        update_fields=["kind", "label", "providers", "found", "quality", "size_bytes", "created_at", "expires_at"],
        batch_size=500,
    )
    now = clock.now()
    for number, keys in _by_count(hits).items():
        for start in range(0, len(keys), KEYS_AT_ONCE):
            entries = CacheEntry.objects.filter(key__in=keys[start : start + KEYS_AT_ONCE])
            entries.update(hits=F("hits") + number, last_hit_at=now)
    for provider, number in calls.items():
        day, _ = ProviderDay.objects.get_or_create(provider=provider, day=now.date())
        ProviderDay.objects.filter(pk=day.pk).update(used=F("used") + number)


def _by_count(hits: Counter[str]) -> dict[int, list[str]]:
    """Keys by how often they were hit: after a job thousands were hit once, which is one statement then."""
    keys: dict[int, list[str]] = {}
    for key, number in hits.items():
        keys.setdefault(number, []).append(key)
    return keys


ledger = Ledger()
