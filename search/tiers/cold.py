"""The cold tier: answers that are seldom asked for, as files `cold-cache/YYYY/MM/{hash}.json.zst` of the archive; their rows are the index.

A file is zstd of three lines of JSON: whose it is, what is known about the answer, the answer's data. `zstd -dc` shows them.
A row with a `cold_name` has such a file, or is about to; only while its tier is "cold" the file is what answers. So a crash at any place
leaves a file that its row names: whoever expires entries deletes it (`drop_files`).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
import structlog
import zstandard
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import Missing, ObjectStore, StorageAway
from search import conf
from search.entry import MAX_BYTES, PREFIX, SCHEMA, Entry, from_lines, lines_of, pack
from search.models import CacheEntry

log = structlog.get_logger(__name__)
COLD, WARM = "cold", "redis"  # CacheEntry.tier
FOLDER = "cold-cache"
LEVEL = 6  # of zstd: 0.1 ms for an answer of 20 works; 19 makes it 3 % smaller in 20 times the time
KEYS = "search:"  # only these have rows
FLAG = "cold:some"  # in Redis: b"1" there are cold entries, b"0" there are none; looked up anew once it is gone
SOME_S, NONE_S = 3_600, 60
READ_S, READ_MANY_S = 1.0, 5.0  # beyond, the search goes on to the providers
REST_S = 5.0  # a storage that failed is left alone so long


@dataclass(frozen=True, slots=True)
class Row:
    """A cold entry's row."""

    pk: int
    key: str
    name: str  # of its file


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked for: entries by key with their rows, and keys that may be back in Redis since it was asked."""

    entries: dict[str, tuple[Entry, Row]]
    back: tuple[str, ...] = ()


NOTHING = Found({})


def new_name(key: str, created_at: datetime) -> str:
    """A name for an entry's file; another one each time, so that nobody deletes what somebody else has just written."""
    digest = blake2b(f"{key}\x1f{created_at.isoformat()}\x1f{secrets.token_hex(8)}".encode(), digest_size=16)
    return f"{FOLDER}/{created_at:%Y/%m}/{digest.hexdigest()}.json.zst"


def written(key: str, entry: Entry) -> bytes:
    """An entry as its file."""
    head = orjson.dumps({"key": key, "schema": SCHEMA})
    return zstandard.compress(head + b"\n" + lines_of(entry), LEVEL)


def read(file: bytes, key: str) -> Entry | None:
    """The entry of a key in a file; None where it is another one's, of another schema, or nothing that we wrote."""
    try:
        head, _, lines = zstandard.decompress(file, max_output_size=MAX_BYTES).partition(b"\n")
        if orjson.loads(head) != {"key": key, "schema": SCHEMA}:
            return None
    except (zstandard.ZstdError, orjson.JSONDecodeError):
        return None
    return from_lines(lines)


class ColdTier:
    """The cold entries as one process reads them. What fails here is never the search's failure."""

    def __init__(self) -> None:
        self.store = ObjectStore("archive")
        self._rest_until_s = 0.0
        self._reading: dict[tuple[int, str], asyncio.Task[Found]] = {}
        self._behind: dict[tuple[int, str], asyncio.Task[None]] = {}

    async def find(self, key: str, flag: bytes | None) -> Found:
        """The cold entry of a key; who asks for the same meanwhile waits for the same reading. `flag` is what Redis has as FLAG."""
        if flag == b"0" or not key.startswith(KEYS):
            return NOTHING
        place = (id(asyncio.get_running_loop()), key)
        task = self._reading.get(place)
        if task is None or not _goes_on(task):
            task = self._reading[place] = asyncio.create_task(self._found([key], flag, READ_S))
            task.add_done_callback(lambda _: self._reading.pop(place, None))
        return await asyncio.shield(task)

    async def find_many(self, keys: Iterable[str], flag: bytes | None) -> Found:
        """The same for many keys."""
        wanted = [key for key in keys if key.startswith(KEYS)] if flag != b"0" else []
        return await self._found(wanted, flag, READ_MANY_S) if wanted else NOTHING

    def bring_back(self, row: Row, entry: Entry) -> None:
        """Put an entry into Redis again, behind the reply, for the time that it has left."""
        place = (id(asyncio.get_running_loop()), row.name)
        if not _goes_on(self._behind.get(place)):  # else somebody else has found it at this moment
            task = self._behind[place] = asyncio.create_task(_survived(self._back(row, entry)))
            task.add_done_callback(lambda _: self._behind.pop(place, None))

    def going_on(self) -> list["asyncio.Task[None]"]:
        """Tasks that still bring entries back."""
        return [task for task in self._behind.values() if not task.done()]

    async def forget(self, keys: Sequence[str]) -> None:
        """Let cold entries answer no more, and delete their files; a file that cannot be is deleted by the next expiry.

        Raises: DatabaseError.
        """
        rows = await in_db(_with_files, list(keys))
        if rows:
            await in_db(CacheEntry.objects.filter(pk__in=[row.pk for row in rows], tier=COLD).update, tier=WARM)
            try:
                await self.drop_files(rows)
            except StorageAway:
                log.warning("files of forgotten entries are left for the next expiry", entries=len(rows))

    async def drop_files(self, rows: Sequence[Row]) -> int:
        """Delete the files of rows that are not cold; how many. Raises: StorageAway, DatabaseError."""
        mine = await in_db(_unnamed, rows)
        for place, row in enumerate(mine):
            try:
                await self.store.delete(row.name)
            except StorageAway:
                await in_db(_named_again, mine[place:])
                raise
        return len(mine)

    async def discard(self, rows: Sequence[Row]) -> None:
        """Delete files that were written in vain; one that another archival made a row's answer stays.

        Raises: StorageAway, DatabaseError.
        """
        if not rows:
            return
        await self.drop_files(rows)
        named = await in_db(_named_of, [row.name for row in rows])
        for row in rows:
            if row.name not in named:
                await self.store.delete(row.name)

    async def _found(self, keys: Sequence[str], flag: bytes | None, limit_s: float) -> Found:
        if clock.monotonic_s() < self._rest_until_s:
            return NOTHING
        try:
            async with asyncio.timeout(limit_s):
                if flag is None and not await _looked():
                    return NOTHING
                return await self._read(keys, await in_db(_rows_of, list(keys)))
        except DatabaseError as error:
            log.warning("cold entries could not be looked up", error=type(error).__name__)
        except (StorageAway, TimeoutError) as error:
            self._rest_until_s = clock.monotonic_s() + REST_S
            log.warning("the archive does not answer: searches go on without it", error=type(error).__name__)
        return NOTHING

    async def _read(self, keys: Sequence[str], rows: Sequence[tuple[Row, str]]) -> Found:
        cold = [row for row, tier in rows if tier == COLD]
        read = await asyncio.gather(*(self._entry(row) for row in cold))
        entries = {row.key: (entry, row) for row, entry in zip(cold, read, strict=True) if entry is not None}
        alive = {key: found for key, found in entries.items() if found[0].left_s + conf.TTL.stale > 0}
        # What is not there may have been brought back by somebody else since Redis was asked, its row and file tidied up already.
        return Found(alive, tuple(key for key in keys if key not in entries))

    async def _entry(self, row: Row) -> Entry | None:
        """The entry in a row's file; a row whose file is missing or garbled is mended. Raises: StorageAway, DatabaseError."""
        try:
            file = await self.store.read(row.name)
        except Missing:
            entry = None
        else:
            entry = read(file, row.key)
        mine = CacheEntry.objects.filter(pk=row.pk, tier=COLD, cold_name=row.name)
        lost = await in_db(mine.update, tier=WARM) if entry is None else 0
        if lost:
            log.error("a cold entry is lost: its file is missing or garbled", key=row.key, name=row.name)
            await self.drop_files([row])
            await in_db(CacheEntry.objects.filter(pk=row.pk, tier=WARM, cold_name=None).delete)
        return entry

    async def _back(self, row: Row, entry: Entry) -> None:
        left_ms = int((entry.left_s + conf.TTL.stale) * 1000)
        if left_ms <= 0:
            return
        await redis_door.client().set(PREFIX + row.key, pack(entry), px=left_ms, nx=True)  # a newer one stays
        mine = CacheEntry.objects.filter(pk=row.pk, tier=COLD, cold_name=row.name)
        if await in_db(mine.update, tier=WARM, counted_at=timezone.now(), counted_hits=F("hits")):
            await self.drop_files([row])


def _goes_on(task: asyncio.Task[Any] | None) -> bool:
    """Whether a task of this very loop is not done; one of a loop that was closed, whose place another loop has, never will be."""
    return task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop()


async def announce() -> None:
    """Let every process know that there are cold entries, before there are. Raises: redis.Away."""
    await redis_door.client().set(FLAG, b"1", ex=SOME_S)


async def _looked() -> bool:
    """Whether there are cold entries; told to all processes for a while."""
    some = await in_db(CacheEntry.objects.filter(cold_name__isnull=False, tier=COLD).exists)
    try:
        # "none" never takes the place of an archival's word that came meanwhile
        await redis_door.client().set(FLAG, b"1" if some else b"0", ex=SOME_S if some else NONE_S, nx=not some)
    except redis_door.Away:
        log.debug("whether there are cold entries cannot be told: Redis is away")
    return some


async def _survived(work: Awaitable[None]) -> None:
    """Do what the next request, or the next expiry, does again where a store is away."""
    try:
        await work
    except (DatabaseError, StorageAway, *redis_door.Away) as error:
        log.warning("an entry stays cold for now, or its file is left", error=type(error).__name__)


def _rows_of(keys: list[str]) -> list[tuple[Row, str]]:
    """Rows that have a file, with their tier."""
    rows = CacheEntry.objects.filter(key__in=keys, cold_name__isnull=False).values_list("pk", "key", "cold_name", "tier")
    return [(Row(pk, key, name or ""), tier) for pk, key, name, tier in rows]


def _with_files(keys: list[str]) -> list[Row]:
    return [row for row, _ in _rows_of(keys)]


def _named_of(names: list[str]) -> set[str | None]:
    """Those files that some row names."""
    return set(CacheEntry.objects.filter(cold_name__in=names).values_list("cold_name", flat=True))


def _unnamed(rows: Sequence[Row]) -> list[Row]:
    """Take the files' names from rows that are not cold: whoever took one deletes the file."""
    return [row for row in rows if CacheEntry.objects.filter(pk=row.pk, cold_name=row.name).exclude(tier=COLD).update(cold_name=None)]


def _named_again(rows: Sequence[Row]) -> None:
    for row in rows:
        CacheEntry.objects.filter(pk=row.pk, cold_name=None).update(cold_name=row.name)
