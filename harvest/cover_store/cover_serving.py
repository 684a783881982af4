"""Covers as clients get them: from memory, else the file that its row speaks of, and nothing but a whole one."""

import asyncio
import itertools
from dataclasses import dataclass

import structlog
from django.db import DatabaseError

from bookstrack.lib import clock
from bookstrack.lib.byte_cache import ByteCache
from bookstrack.lib.db import in_db
from harvest import conf
from harvest.cover_store import cover_files, cover_index, cover_rows
from harvest.cover_store.cover_index import Indexed
from harvest.proxy.picture_reply import Shown

log = structlog.get_logger(__name__)
TRUSTED_S = 1.0  # of what is in memory: so long another process may have replaced it unseen
REPLACED_TRIES, REPLACED_PAUSE_S = 4, 0.05  # a file that is not its row's yet: it is being replaced


@dataclass(slots=True)
class _Held:
    served: Shown
    version: str
    trusted_until_s: float


_shown: ByteCache[_Held] = ByteCache(conf.pictures_memory_bytes())


def served_at_once(isbn: str, size: str) -> Shown | None:
    """What `served` would answer, where it is in memory and nobody need be asked."""
    held = _shown.get(f"{isbn}/{size}")
    return held.served if held is not None and clock.monotonic_s() < held.trusted_until_s else None


async def served(isbn: str, size: str) -> Shown | None:
    """The picture of an ISBN-13 in one of the sizes; None where there is none, or none that is whole.

    Raises: StorageAway, DatabaseError; neither while it is in memory.
    """
    name = f"{isbn}/{size}"
    held = _shown.get(name)
    try:
        found = (await cover_index.find([isbn])).get(isbn)
    except DatabaseError:
        if held is None:
            raise
        return held.served
    if found is None:
        _shown.drop(name)
        return None
    if held is None or held.version != found.version:
        held = await _read(isbn, size, found)
        if held is None:
            return None
        _shown.put(name, held, len(held.served.data))
    held.trusted_until_s = clock.monotonic_s() + TRUSTED_S
    return held.served


async def _read(isbn: str, size: str, found: Indexed) -> _Held | None:
    """The file that its row speaks of; read again while it is being replaced."""
    for attempt in itertools.count(1):
        data = await cover_files.read(isbn, size)
        if data is not None and cover_files.digest_of(data) == found.digests.get(size):
            if attempt > 1:  # the table was right, and Redis behind it
                await cover_index.put(isbn, found)
            return _Held(Shown(data, f'"{found.version}-{size}"'), found.version, 0.0)
        if attempt == REPLACED_TRIES:
            break
        await asyncio.sleep(REPLACED_PAUSE_S)
        newer = (await cover_index.of_table([isbn])).get(isbn)
        if newer is None:
            await cover_index.drop([isbn])
            return None
        found = newer
    log.error("a cover's file is missing or not whole", isbn=isbn, size=size, there=data is not None)
    await in_db(cover_rows.harvest_again, [isbn])
    return None


def forget(isbn: str) -> None:
    """Drop a book's pictures from this process."""
    for size in conf.SIZES:
        _shown.drop(f"{isbn}/{size}")


def clear() -> None:
    """Drop every picture from this process."""
    _shown.clear()
