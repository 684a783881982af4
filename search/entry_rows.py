"""What the rows of cache entries tell: which keys are asked for often, which expire, how often a key answered. Part of the services."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar, cast

from django.db.models import IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search import conf
from search.cache import Cache, Entry
from search.models import CacheEntry

Row = TypeVar("Row", bound=Model)
Kept = tuple[str, dict[str, Any]]  # a key, and the question that fills it
READ_AT_ONCE = 200
LOOKED_AT = 20  # rows for each that is wanted, at most
OLD_SHARE = 0.8  # of its lifetime, from which a popular entry is filled anew
ASKED_WITHIN = timedelta(days=30)
WORTH_IT = 2  # hits from which an entry that expires is filled anew


async def popular(cache: Cache, limit: int) -> list[Kept]:
    """The most asked keys of the last days that the cache has no more, or not for long: the most asked first."""
    since = clock.now() - ASKED_WITHIN
    rows = CacheEntry.objects.filter(last_hit_at__gte=since, question__isnull=False).order_by("-hits", "pk")
    found: list[Kept] = []
    for start in range(0, limit * LOOKED_AT, READ_AT_ONCE):
        some = await in_db(_page, rows, start)
        kept = await cache.find_many([key for key, _ in some])
        found += [(key, question) for key, question in some if key not in kept or _is_old(kept[key][0])]
        if len(found) >= limit or len(some) < READ_AT_ONCE:
            break
    return found[:limit]


async def expiring(days: float, limit: int) -> list[Kept]:
    """Keys that were asked for and expire within so many days: the most asked first. What expired before is of the popular ones."""
    now = clock.now()
    soon = CacheEntry.objects.filter(expires_at__gt=now, expires_at__lte=now + timedelta(days=days))
    rows = soon.filter(hits__gte=WORTH_IT, question__isnull=False).order_by("-hits", "pk").values_list("key", "question")
    return await in_db(lambda: cast(list[Kept], list(rows[:limit])))


def hits_of(keys: Sequence[str]) -> dict[str, int]:
    """How often each key has answered, as far as that is written down; those without a row are left out."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), READ_AT_ONCE):
        found |= dict(CacheEntry.objects.filter(key__in=keys[start : start + READ_AT_ONCE]).values_list("key", "hits"))
    return found


def works_of(keys: Sequence[str]) -> dict[str, int]:
    """How many works were in the newest answer of each key, also where it has expired; those without a row are left out."""
    return dict(CacheEntry.objects.filter(key__in=keys).values_list("key", "found"))


def with_hits(rows: QuerySet[Row], key: str = "key") -> QuerySet[Row]:
    """Rows that name a key of the cache in a column, with `hits_now`: how often it has answered until now."""
    entries = CacheEntry.objects.filter(key=OuterRef(key)).values("hits")[:1]
    counted: QuerySet[Row] = rows.annotate(hits_now=Coalesce(Subquery(entries, output_field=IntegerField()), 0))
    return counted


def _is_old(entry: Entry) -> bool:
    """What was asked in bulk lives a month at most: of an entry that has longer nothing is gained."""
    return entry.left_s <= min((1 - OLD_SHARE) * entry.ttl_s, conf.TTL.bulk * conf.ttl_scale())


def _page(rows: QuerySet[CacheEntry], start: int) -> list[Kept]:
    return cast(list[Kept], list(rows.values_list("key", "question")[start : start + READ_AT_ONCE]))
