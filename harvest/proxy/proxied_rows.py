"""Rows of proxied pictures: written before their files, so that no file is without one; last used to the day, written behind; expiry."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError
from django.db.models import Sum

from bookstrack.lib import clock
from bookstrack.lib.addresses import Address
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import ObjectStore
from harvest import conf
from harvest.models import ProxiedPicture
from scanning.services import CoverPicture

log = structlog.get_logger(__name__)
FLUSH_EVERY_S = 5.0
MAX_NOTED = 50_000  # pictures of a day whose use is remembered as written; beyond, it is written again
EXPIRED_AT_ONCE = 100
BELIEVED_S = 60.0

store = ObjectStore("covers")


def file_name(digest: str, size: str) -> str:
    """Where a picture lies in the store."""
    return f"proxied/{digest[:2]}/{digest}/{size}.webp"


async def note_kept(digest: str, address: Address, original_bytes: int, made: CoverPicture) -> None:
    """Write the row of a picture that is about to be stored. Raises: DatabaseError, InterfaceError."""
    sizes = {name: {"width": one.width, "height": one.height, "bytes": len(one.data)} for name, one in made.sizes.items()}
    stored_bytes = sum(len(one.data) for one in made.sizes.values())
    row = _row(digest, address, original_bytes=original_bytes, stored_bytes=stored_bytes, sizes=sizes)
    await in_db(_write, [row], ["original_bytes", "stored_bytes", "sizes", "last_used_at"])


_full: tuple[float, bool] = (0.0, False)  # until when it is believed (monotonic seconds), and what


async def full() -> bool:
    """Whether as much is kept as may be, as of the last minute: addresses are without end. Raises: DatabaseError, InterfaceError."""
    global _full
    until_s, found = _full
    if clock.monotonic_s() >= until_s:
        found = await in_db(_stored_bytes) >= conf.pictures_store_bytes()
        _full = clock.monotonic_s() + BELIEVED_S, found
    return found


def _stored_bytes() -> int:
    return ProxiedPicture.objects.aggregate(size=Sum("stored_bytes"))["size"] or 0


def _today() -> datetime:
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)


class Uses:
    """Which pictures this process served today: each is written once a day."""

    def __init__(self) -> None:
        self._noted: set[str] = set()
        self._day = _today()
        self._waiting: dict[str, Address] = {}

    def note(self, digest: str, address: Address) -> None:
        """Note that a picture was served."""
        if digest not in self._noted:
            self._noted.add(digest)
            self._waiting[digest] = address

    async def run(self) -> None:
        """Write every few seconds until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what was noted; what could not be written is noted again at the picture's next use."""
        waiting, self._waiting = self._waiting, {}
        today = _today()
        try:
            if waiting:
                await in_db(_write, [_row(digest, address) for digest, address in waiting.items()], ["last_used_at"])
        except (DatabaseError, InterfaceError):
            log.warning("the use of proxied pictures is not written", pictures=len(waiting))
            self._noted -= waiting.keys()
        if today != self._day or len(self._noted) > MAX_NOTED:
            self._day = today
            self._noted.clear()


uses = Uses()


async def expire_proxied(days: int = 90, *, dry_run: bool = False) -> int:
    """Delete proxied pictures that were not used for so many days; how many. With `dry_run` only count them.

    Raises: StorageAway, DatabaseError; what was deleted until then stays so, and the rest is found the next time.
    """
    before = _today() - timedelta(days=days)
    if dry_run:
        return await in_db(ProxiedPicture.objects.filter(last_used_at__lt=before).count)
    deleted = 0
    while digests := await in_db(_unused, before):
        for digest in digests:
            await asyncio.gather(*(store.delete(file_name(digest, size)) for size in conf.SIZES))
        deleted += await in_db(_forget, digests, before)
    return deleted


def _row(digest: str, address: Address, **more: object) -> ProxiedPicture:
    return ProxiedPicture(digest=digest, host=address.host, url=address.url, last_used_at=_today(), **more)


def _write(rows: list[ProxiedPicture], fields: Sequence[str]) -> None:
    """A picture whose row is gone, though its files are not, gets one again."""
    ProxiedPicture.objects.bulk_create(rows, update_conflicts=True, unique_fields=["digest"], update_fields=fields, batch_size=200)


def _unused(before: datetime) -> list[str]:
    found = ProxiedPicture.objects.filter(last_used_at__lt=before).order_by("last_used_at")
    return list(found.values_list("pk", flat=True)[:EXPIRED_AT_ONCE])


def _forget(digests: list[str], before: datetime) -> int:
    """Delete the rows, but for those whose picture was used, which is to say fetched again, meanwhile."""
    return ProxiedPicture.objects.filter(pk__in=digests, last_used_at__lt=before).delete()[0]
