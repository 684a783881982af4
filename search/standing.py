"""How the cache stands, for operators. Part of the services."""

from dataclasses import dataclass
from typing import Any

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from bookstrack.lib.per_loop import PerLoop
from search.models import CacheEntry

COUNTED_FOR_S = 30.0  # a million rows take a while to count


@dataclass(frozen=True, slots=True)
class CacheStanding:
    """`fresh` entries are those that have not expired, of all tiers, by the ledger.

    `redis_keys`, `redis_bytes` and `redis_evictions` are of all that Redis holds, jobs and limits too; None while it is away.
    """

    fresh: int
    redis_keys: int | None = None
    redis_bytes: int | None = None
    redis_evictions: int | None = None


async def cache_standing() -> CacheStanding:
    """As it is now, the ledger's part as of the last half minute. Raises: DatabaseError."""
    fresh = await _counted.get().fresh()
    server: Any = redis_door.client()
    try:
        keys = await server.dbsize()
        memory, stats = await server.info("memory"), await server.info("stats")
    except redis_door.Away:
        return CacheStanding(fresh)
    return CacheStanding(fresh, keys, memory.get("used_memory"), stats.get("evicted_keys"))


def cold_entries() -> int:
    """How many entries have a file in the archive. In a thread that may use the database."""
    return CacheEntry.objects.filter(cold_name__isnull=False).count()


class _Counted:
    """The last count of a loop."""

    def __init__(self) -> None:
        self._until_s, self._fresh = 0.0, 0

    async def fresh(self) -> int:
        if clock.monotonic_s() >= self._until_s:
            self._fresh = await in_db(CacheEntry.objects.filter(expires_at__gt=clock.now()).count)
            self._until_s = clock.monotonic_s() + COUNTED_FOR_S
        return self._fresh


_counted = PerLoop(_Counted)
