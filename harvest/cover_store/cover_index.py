"""Which books have a cover of ours: `cover:{isbn13}` in Redis, in front of the table; and who may write the files of one.

The table is the truth. What Redis lost, or has not, is read from it again; that there is nothing is remembered for minutes only.
Source: spec 04, "Cache": cover index, 365 d.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import cast

import orjson

from bookstrack.lib import clock, redis
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import StorageAway
from harvest.models import Cover

KEPT_S = 365 * 86_400
NOTHING_S = 600  # that a book has none: a writer that died between row and Redis is made good by then
NOTHING = b"-"
SOME = "cover:some"  # whether there is any cover: as long as there is none, nobody is asked for them
SOME_S = 60
AT_ONCE = 1_000
LOCK_S = 60.0
LOCK_WAIT_S = 30.0
LOCK_PAUSE_S = 0.05
_RELEASE = redis.Script("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")


@dataclass(frozen=True, slots=True)
class Indexed:
    """A cover that is kept: the version of its pictures, and the digest of each size's file."""

    version: str
    digests: dict[str, str]


async def find(isbns: Sequence[str]) -> dict[str, Indexed]:
    """The covers of books, by ISBN-13; those without one are left out. Redis away: the table is asked for all.

    Raises: DatabaseError.
    """
    found: dict[str, Indexed] = {}
    for start in range(0, len(isbns), AT_ONCE):
        found |= await _find(list(dict.fromkeys(isbns[start : start + AT_ONCE])))
    return found


async def of_table(isbns: Sequence[str]) -> dict[str, Indexed]:
    """The same by the table alone."""
    return await in_db(_rows, isbns)


async def put(isbn: str, indexed: Indexed) -> None:
    """A cover was kept: its row is written."""
    try:
        async with redis.client().pipeline(transaction=False) as pipeline:
            pipeline.set(_key(isbn), _packed(indexed), ex=KEPT_S)
            pipeline.set(SOME, b"1", ex=KEPT_S)
            await pipeline.execute()
    except redis.Away:  # what says that there is none expires soon
        return


async def drop(isbns: Iterable[str]) -> None:
    """Covers were withdrawn: their rows say so. Not deleted: who just read the older row would put it back."""
    try:
        async with redis.client().pipeline(transaction=False) as pipeline:
            for isbn in isbns:
                pipeline.set(_key(isbn), NOTHING, ex=NOTHING_S)
            await pipeline.execute()
    except redis.Away as error:
        raise StorageAway from error  # others would go on showing them


@asynccontextmanager
async def writing(isbn: str) -> AsyncIterator[None]:
    """Be the only one who writes the files of a book's cover.

    Raises: StorageAway where nobody can say who else does, or somebody does for very long.
    """
    key, token = f"cover:writing:{isbn}", secrets.token_hex(8)
    deadline = clock.monotonic_s() + LOCK_WAIT_S
    try:
        while not await redis.client().set(key, token, nx=True, px=int(LOCK_S * 1000)):
            if clock.monotonic_s() >= deadline:
                raise StorageAway
            await asyncio.sleep(LOCK_PAUSE_S)
    except redis.Away as error:
        raise StorageAway from error
    try:
        yield
    finally:
        with suppress(*redis.Away):  # it expires by itself
            await _RELEASE(keys=[key], args=[token])


async def _find(isbns: list[str]) -> dict[str, Indexed]:
    try:
        some, *values = cast(list[bytes | None], await redis.client().mget([SOME, *map(_key, isbns)]))
    except redis.Away:
        return await of_table(isbns)
    if some is None:
        some = await _look_for_some()
    if some == b"0":
        return {}
    found = {isbn: _unpacked(value) for isbn, value in zip(isbns, values, strict=True) if value is not None}
    missing = [isbn for isbn in isbns if isbn not in found]
    if missing:
        rows = await of_table(missing)
        await _remember(missing, rows)
        found |= rows
    return {isbn: indexed for isbn, indexed in found.items() if indexed is not None}


async def _look_for_some() -> bytes:
    exists = await in_db(lambda: Cover.objects.filter(state=Cover.State.KEPT).exists())
    some = b"1" if exists else b"0"
    try:
        await redis.client().set(SOME, some, ex=KEPT_S if exists else SOME_S, nx=True)  # the first cover may just have been kept
    except redis.Away:
        return some
    return some


async def _remember(asked: Sequence[str], rows: dict[str, Indexed]) -> None:
    """Only where nothing is known yet: what was written since is newer than these rows."""
    try:
        async with redis.client().pipeline(transaction=False) as pipeline:
            for isbn in asked:
                row = rows.get(isbn)
                pipeline.set(_key(isbn), _packed(row) if row else NOTHING, ex=KEPT_S if row else NOTHING_S, nx=True)
            await pipeline.execute()
    except redis.Away:
        return


def indexed(cover: Cover) -> Indexed:
    """What is indexed of a row."""
    return Indexed(cover.version, {name: about["digest"] for name, about in cover.sizes.items()})


def _rows(isbns: Sequence[str]) -> dict[str, Indexed]:
    rows = Cover.objects.filter(pk__in=isbns, state=Cover.State.KEPT).only("isbn", "version", "sizes")
    return {cover.isbn: indexed(cover) for cover in rows}


def _key(isbn: str) -> str:
    return f"cover:{isbn}"


def _packed(indexed: Indexed) -> bytes:
    return orjson.dumps({"version": indexed.version, "digests": indexed.digests})


def _unpacked(value: bytes) -> Indexed | None:
    if value == NOTHING:
        return None
    about = orjson.loads(value)
    return Indexed(about["version"], about["digests"])
