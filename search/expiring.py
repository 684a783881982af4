"""Rows of the cache whose time is over, with their files in the archive. An answer itself leaves Redis when its time is over."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bookstrack.lib.db import in_db
from search import conf
from search.models import CacheEntry
from search.tiers.cold import COLD, WARM, ColdTier, Row

AT_ONCE = 500


def overdue() -> dict[str, int]:
    """What would be deleted, numbers: rows without a file, rows with one, files that were left behind."""
    return {
        "entries": _over().filter(cold_name=None).count(),
        "coldEntries": _over().filter(cold_name__isnull=False).count(),
        "leftFiles": _left().count(),
    }


async def delete_entries() -> int:
    """Delete some hundred rows whose answer expired more than a day ago and that have no file; how many, 0 when there are no more."""
    return await in_db(_delete_rows)


async def delete_cold(tier: ColdTier) -> int:
    """The same for rows with a file, and the files with them. Raises: StorageAway, DatabaseError."""
    rows = await in_db(_some, _over().filter(cold_name__isnull=False))
    if not rows:
        return 0
    await in_db(CacheEntry.objects.filter(pk__in=[row.pk for row in rows], tier=COLD).update, tier=WARM)
    await tier.drop_files(rows)
    await in_db(_over().filter(pk__in=[row.pk for row in rows], cold_name=None).delete)
    return len(rows)


async def delete_left_files(tier: ColdTier) -> int:
    """Delete some hundred files whose entry is not cold: of a process that died, of a storage that was away; how many.

    Raises: StorageAway, DatabaseError.
    """
    return await tier.drop_files(await in_db(_some, _left()))


def _over() -> QuerySet[CacheEntry]:
    """In the order of an index: some hundred are found without sorting all."""
    return CacheEntry.objects.filter(expires_at__lt=timezone.now() - timedelta(seconds=conf.TTL.stale)).order_by("expires_at")


def _left() -> QuerySet[CacheEntry]:
    return CacheEntry.objects.filter(~Q(tier=COLD), cold_name__isnull=False).order_by("cold_name")


def _some(rows: QuerySet[CacheEntry]) -> list[Row]:
    return [Row(pk, key, name or "") for pk, key, name in rows.values_list("pk", "key", "cold_name")[:AT_ONCE]]


@transaction.atomic
def _delete_rows() -> int:
    """By primary keys alone: with the conditions a second time SQLite goes through all that is over again. The lock stands for them."""
    found = list(_over().filter(cold_name=None).select_for_update().values_list("pk", flat=True)[:AT_ONCE])
    return CacheEntry.objects.filter(pk__in=found).delete()[0]
