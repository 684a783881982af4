"""Entries moved out of Redis into the archive, and rows whose time is over: what the back office does at night, part by part.

Each step of a move may be the last one of a process that dies: the row gets its file's name, the file is written, the row says that it
is cold, the entry leaves Redis. Until it does it answers from there; done again, each step has the same end.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import THREADS, StorageAway, in_threads
from search import conf
from search.cache import Cache
from search.entry import PREFIX, Entry, unpack
from search.models import CacheEntry
from search.tiers import cold
from search.tiers.cold import COLD, WARM, Row

log = structlog.get_logger(__name__)
PART = 250  # rows that are moved together: so many entries are in hand
MAX_PARTS = 4_000  # of one run; the next one goes on
FREED_AT_ONCE = 50  # Redis hashes their values: 1 ms
_FREE = redis_door.Script(
    """
    local changed = {}
    for place, key in ipairs(KEYS) do
        local value = redis.call('GET', key)
        if value then
            if redis.sha1hex(value) == ARGV[place] then redis.call('UNLINK', key) else changed[#changed + 1] = place end
        end
    end
    return changed
    """
)
ArchivePart = tuple[int, int]  # primary keys: above the first, up to the second


@dataclass(frozen=True, slots=True)
class ArchiveRule:
    """Who is moved: entries made and counted before `before` that were asked for less than `below_hits` times since they were counted."""

    before: datetime
    below_hits: int


@dataclass(slots=True)
class Moves:
    """What became of rows, numbers of entries."""

    moved: int = 0
    moved_bytes: int = 0  # of their files
    asked_for: int = 0  # often enough to stay
    younger: int = 0  # made anew since they were counted
    gone: int = 0  # were not in Redis any more: their rows are deleted

    def as_figures(self) -> dict[str, int]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class StoresAway(Exception):
    """The archive or Redis does not answer. What was moved, `moves`, is moved; the rest is as it was."""

    def __init__(self, moves: Moves) -> None:
        super().__init__("the archive or Redis does not answer")
        self.moves = moves


@dataclass(frozen=True, slots=True)
class _Case:
    pk: int
    key: str
    created_at: datetime
    name: str  # of its file
    entry: Entry
    digest: str  # of its bytes in Redis


# -- who is due
def _due(rule: ArchiveRule) -> QuerySet[CacheEntry]:
    alive = timezone.now() - timedelta(seconds=conf.TTL.stale)
    return CacheEntry.objects.filter(tier=WARM, counted_at__lte=rule.before, expires_at__gt=alive)


def parts(rule: ArchiveRule) -> list[ArchivePart]:
    """The rows that are due, cut into parts by their primary keys."""
    due = _due(rule)
    numbered = due.annotate(place=Window(RowNumber(), order_by="pk")).annotate(rest=F("place") % PART).filter(rest=0)
    ends = list(numbered.order_by("pk").values_list("pk", flat=True)[:MAX_PARTS])
    last = due.order_by("-pk").values_list("pk", flat=True).first()
    if last is not None and len(ends) < MAX_PARTS and last not in ends:
        ends.append(last)
    return list(zip([0, *ends], ends, strict=False))


def outlook(rule: ArchiveRule) -> dict[str, int]:
    """What a run would find, numbers of rows as `Moves` has them; which ones are gone from Redis is not asked."""
    younger = Q(created_at__gt=rule.before)
    often = Q(hits__gte=F("counted_hits") + rule.below_hits)
    return _due(rule).aggregate(
        moved=Count("pk", filter=~younger & ~often), asked_for=Count("pk", filter=~younger & often), younger=Count("pk", filter=younger)
    )


# -- moving
async def move(cache: Cache, part: ArchivePart, rule: ArchiveRule) -> Moves:
    """Move what is due of a part. Raises: StoresAway, DatabaseError."""
    moves = Moves()
    quiet = await in_db(_sorted_out, part, rule, moves)
    try:
        if quiet:
            await _move(cache, quiet, rule, moves)
    except (StorageAway, *redis_door.Away) as error:
        raise StoresAway(moves) from error
    return moves


def _sorted_out(part: ArchivePart, rule: ArchiveRule, moves: Moves) -> list[dict[str, Any]]:
    """The rows to move; the others are due again later."""
    columns = ("pk", "key", "created_at", "hits", "counted_hits", "cold_name")
    rows = list(_due(rule).filter(pk__gt=part[0], pk__lte=part[1]).order_by("pk").values(*columns))
    younger = [row["pk"] for row in rows if row["created_at"] > rule.before]
    often = [row for row in rows if row["created_at"] <= rule.before and row["hits"] - row["counted_hits"] >= rule.below_hits]
    restarted = [row["pk"] for row in often]
    CacheEntry.objects.filter(pk__in=younger).update(counted_at=F("created_at"))  # counted on, until they are old enough themselves
    CacheEntry.objects.filter(pk__in=restarted).update(counted_at=timezone.now(), counted_hits=F("hits"))
    moves.younger += len(younger)
    moves.asked_for += len(often)
    done = {*younger, *restarted}
    return [row for row in rows if row["pk"] not in done]


async def _move(cache: Cache, rows: Sequence[dict[str, Any]], rule: ArchiveRule, moves: Moves) -> None:
    values = cast(list[bytes | None], await redis_door.client().mget([PREFIX + row["key"] for row in rows]))
    cases, gone = [], []
    for row, value in zip(rows, values, strict=True):
        entry = unpack(value) if value else None
        if value is None or entry is None:
            gone.append(row)
        elif entry.created_at <= rule.before.timestamp():
            name = row["cold_name"] or cold.new_name(row["key"], row["created_at"])
            digest = hashlib.sha1(value, usedforsecurity=False).hexdigest()
            cases.append(_Case(row["pk"], row["key"], row["created_at"], name, entry, digest))
        else:  # it was made anew just now, and its row does not know yet
            moves.younger += 1
    moves.gone += await in_db(_removed, [row for row in gone if row["cold_name"] is None])
    cases = await in_db(_named, cases)
    if not cases:
        return
    await cold.announce()
    sizes, failure = await _written(cache, cases)
    moved = await in_db(_made_cold, [case for case in cases if case.pk in sizes])
    moves.moved += len(moved)
    moves.moved_bytes += sum(sizes[case.pk] for case in moved)
    await _freed(cache, moved)
    cold_now = {case.pk for case in moved}
    await _archive_of(cache).discard([Row(case.pk, case.key, case.name) for case in cases if case.pk in sizes.keys() - cold_now])
    if failure is not None:
        raise failure


async def _written(cache: Cache, cases: Sequence[_Case]) -> tuple[dict[int, int], StorageAway | None]:
    """Bytes of each file that could be written, by row; and what kept the others from it."""
    store = _archive_of(cache).store

    def write(some: Sequence[_Case]) -> tuple[dict[int, int], StorageAway | None]:
        done: dict[int, int] = {}
        for case in some:
            file = cold.written(case.key, case.entry)
            try:
                store.write_now(case.name, file)
            except StorageAway as error:
                return done, error
            done[case.pk] = len(file)
        return done, None

    told = await asyncio.gather(*(in_threads(write, cases[place::THREADS]) for place in range(min(THREADS, len(cases)))))
    sizes = {pk: size for done, _ in told for pk, size in done.items()}
    return sizes, next((error for _, error in told if error is not None), None)


async def _freed(cache: Cache, cases: Sequence[_Case]) -> None:
    """Take entries out of Redis; one that was written anew meanwhile stays, and is cold no more."""
    for start in range(0, len(cases), FREED_AT_ONCE):
        some = cases[start : start + FREED_AT_ONCE]
        changed = await _FREE(keys=[PREFIX + case.key for case in some], args=[case.digest for case in some])
        for case in some:
            cache.memory.drop(case.key)
        if changed:
            await _archive_of(cache).forget([some[place - 1].key for place in changed])


def _archive_of(cache: Cache) -> cold.ColdTier:
    """The archive's tier of a cache that has one."""
    if cache.cold is None:
        raise ValueError("this cache has no archive")
    return cache.cold


# -- rows
def _unchanged(cases: Iterable[_Case]) -> list[_Case]:
    """Those whose row is as it was; locked."""
    known = {case.pk: case for case in cases}
    rows = CacheEntry.objects.select_for_update().filter(pk__in=list(known), tier=WARM).values_list("pk", "created_at", "cold_name")
    return [known[pk] for pk, created_at, name in rows if created_at == known[pk].created_at and name in (None, known[pk].name)]


@transaction.atomic
def _named(cases: Sequence[_Case]) -> list[_Case]:
    """Note in the rows which files are about to be written; the cases whose row is as it was."""
    mine = _unchanged(cases)
    _set("cold_name = %s", [(case.name, case.pk) for case in mine])
    return mine


@transaction.atomic
def _made_cold(cases: Sequence[_Case]) -> list[_Case]:
    """Let the files answer; the cases whose row was as it was, and named the file still."""
    named = set(CacheEntry.objects.filter(pk__in=[case.pk for case in cases], cold_name__isnull=False).values_list("pk", flat=True))
    mine = [case for case in _unchanged(cases) if case.pk in named]
    _set("tier = %s", [(COLD, case.pk) for case in mine])
    return mine


def _set(what: str, values: Sequence[tuple[Any, ...]]) -> None:
    """As SQL: hundreds of different values are one statement for each row, which bulk_update makes one of hundreds of CASEs."""
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {CacheEntry._meta.db_table} SET {what} WHERE id = %s", values)  # noqa: S608


def _removed(rows: Sequence[dict[str, Any]]) -> int:
    """Delete rows whose entry is gone, unless they were written anew meanwhile; how many."""
    made = {row["pk"]: row["created_at"] for row in rows}
    with transaction.atomic():
        found = CacheEntry.objects.select_for_update().filter(pk__in=list(made), tier=WARM, cold_name=None).values_list("pk", "created_at")
        over = [pk for pk, created_at in found if created_at == made[pk]]
        return CacheEntry.objects.filter(pk__in=over).delete()[0]
