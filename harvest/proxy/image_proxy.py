"""The image proxy: foreign pictures made small, coded anew, kept, and served from what is kept.

Memory, then the store, then one flight over all processes that fetches the picture, makes every size of it and keeps them. A failure is
told to those who wait for that flight, and kept nowhere. Source: spec 02, "Pictures"; 08, "Safety".
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from django.db import DatabaseError, InterfaceError

from bookstrack.lib import addresses, clock, foreign
from bookstrack.lib.addresses import Address
from bookstrack.lib.byte_cache import ByteCache
from bookstrack.lib.errors import ApiError, BadInput, Forbidden, NotFound, ProvidersFailed, ProvidersLate, Unavailable, UnsupportedMedia
from bookstrack.lib.flight import Flights
from bookstrack.lib.object_store import Missing, StorageAway
from bookstrack.lib.per_loop import PerLoop
from harvest import conf
from harvest.counting import metrics
from harvest.proxy import picture_metrics
from harvest.proxy.picture_reply import Shown, is_whole, shown
from harvest.proxy.proxied_rows import file_name, full, note_kept, store, uses
from scanning.services import CoverPicture, Unreadable, cover_picture

log = structlog.get_logger(__name__)
AT_ONCE = 6  # pictures of one host that a process fetches and decodes: each may have MAX_PICTURE_BYTES, and a slow host holds up no other
TURN_S = 5.0  # waited for that
WAIT_S = 16.0  # for another process: a turn, a fetch, and the making of its sizes
KEPT, NOT_KEPT = "kept", "not kept"  # what other processes are told; anything else is a failure

ROUTE = "proxy"
_kept, _fetched = (metrics.pictures.labels(ROUTE, outcome) for outcome in ("kept", "fetched"))
memory: ByteCache[Shown] = ByteCache(conf.pictures_memory_bytes())
_turns: PerLoop[defaultdict[str, asyncio.Semaphore]] = PerLoop(lambda: defaultdict(lambda: asyncio.Semaphore(AT_ONCE)))


@dataclass(frozen=True, slots=True)
class _Landed:
    """What a flight brought: pictures by size (none where another process has them), or why there are none."""

    told: str
    pictures: Mapping[str, Shown] = field(default_factory=dict)


async def proxied(url: str, size: str) -> Shown:
    """A foreign picture in one of the sizes.

    Raises: ApiError: BadInput, Forbidden, NotFound, UnsupportedMedia, ProvidersFailed, ProvidersLate, Unavailable.
    """
    try:
        address, digest = place_of(url)
        found = in_memory(digest, size) or await _stored(digest, size)
        if found is None:
            found = await _flown(address, digest, size)
            _fetched.inc()
            uses.note(digest, address)
        else:
            served(digest, address)
    except ApiError as error:
        metrics.pictures.labels(ROUTE, _outcome(error)).inc()
        raise
    return found


def place_of(url: str) -> tuple[Address, str]:
    """Where a picture is, and under which digest it is kept. Raises: BadInput, Forbidden."""
    address = _checked(url)
    return address, hashlib.sha256(address.url.encode()).hexdigest()


def in_memory(digest: str, size: str) -> Shown | None:
    """A picture that is in memory."""
    return memory.get(f"{digest}/{size}")


def served(digest: str, address: Address) -> None:
    """Note that a picture was served that was kept."""
    _kept.inc()
    uses.note(digest, address)


def _outcome(error: ApiError) -> str:
    if isinstance(error, BadInput | Forbidden):
        return "refused"
    return "absent" if isinstance(error, NotFound) else "failed"


def _checked(url: str) -> Address:
    try:
        return addresses.checked(url, conf.image_hosts())
    except addresses.Malformed as refused:
        raise BadInput(refused.reason, details={"field": "url"}) from None
    except addresses.Refused as refused:
        raise Forbidden(refused.reason, details={"field": "url"}) from None


async def _stored(digest: str, size: str) -> Shown | None:
    """What the store has; None where it has nothing whole, or is away."""
    try:
        data = await store.read(file_name(digest, size))
    except (Missing, StorageAway):  # the store's door said so in the log
        return None
    if not is_whole(data):
        log.warning("a kept picture is broken: it is fetched again", picture=file_name(digest, size))
        return None
    return _remembered(digest, size, shown(data))


def _remembered(digest: str, size: str, picture: Shown) -> Shown:
    memory.put(f"{digest}/{size}", picture, len(picture.data))
    return picture


async def _flown(address: Address, digest: str, size: str) -> Shown:
    async def work() -> _Landed:
        kept = await _stored(digest, size)  # by another process, between our look at the store and our lead
        return _Landed(KEPT, {size: kept}) if kept else await _brought(address, digest)

    for _ in range(2):  # where another process brought it without keeping it, we do so ourselves
        landed, _led = await _flights.fly(f"picture:{digest}", work)
        if landed.told not in (KEPT, NOT_KEPT):
            raise _error(landed.told, address)
        found = landed.pictures.get(size) or await _stored(digest, size)
        if found is not None:
            return found
    raise _error("busy", address)


async def _brought(address: Address, digest: str) -> _Landed:
    """Fetch the picture, make every size, keep them."""
    turns = _turns.get()[address.host]
    try:
        async with asyncio.timeout(TURN_S):
            await turns.acquire()
    except TimeoutError:
        return _Landed("busy")
    try:
        original_bytes, made = await _made(address)
    except _Failed as failed:
        log.info("a picture was not brought", host=address.host, why=failed.why, detail=failed.detail)
        return _Landed(failed.why)
    finally:
        turns.release()
    pictures = {name: _remembered(digest, name, shown(one.data)) for name, one in made.sizes.items()}
    return _Landed(KEPT if await _keep(digest, address, original_bytes, made) else NOT_KEPT, pictures)


class _Failed(Exception):
    """Why there is no picture: a key of `_ERRORS`; more of it, in our words, for the log."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why)
        self.why, self.detail = why, detail


async def _made(address: Address) -> tuple[int, CoverPicture]:
    """How many bytes came, and what they became. Raises: _Failed."""
    try:
        began_s = clock.monotonic_s()
        fetched = await foreign.fetch_picture(
            address.url,
            hosts=conf.image_hosts(),
            bases=conf.picture_bases(),
            max_bytes=conf.MAX_PICTURE_BYTES,
            timeout_s=conf.FETCH_S,
        )
        metrics.fetch_seconds.observe(clock.monotonic_s() - began_s)
        metrics.fetched_bytes.inc(len(fetched.body))
        return len(fetched.body), await cover_picture(fetched.body, conf.SIZES)
    except foreign.Absent:
        raise _Failed("absent") from None
    except foreign.Refused:
        raise _Failed("refused") from None
    except foreign.ForeignFailed as failed:
        raise _Failed(next(why for kind, why in _WHYS.items() if isinstance(failed, kind)), str(failed)) from None
    except Unreadable as unreadable:
        raise _Failed("away" if unreadable.code == "INTERNAL_ERROR" else "no picture", unreadable.message) from None


async def _keep(digest: str, address: Address, original_bytes: int, made: CoverPicture) -> bool:
    """Whether every size is kept; the picture is served all the same."""
    try:
        if await full():
            log.warning("a proxied picture is not kept: as much is stored as PICTURES_STORE_MB allows")
            return False
        await note_kept(digest, address, original_bytes, made)
        await asyncio.gather(*(store.write(file_name(digest, name), one.data) for name, one in made.sizes.items()))
    except (DatabaseError, InterfaceError, StorageAway) as error:
        log.warning("a proxied picture is not kept", error=type(error).__name__)
        return False
    return True


_WHYS: dict[type[foreign.ForeignFailed], str] = {
    foreign.ForeignTimeout: "late",
    foreign.ForeignTooLarge: "too large",
    foreign.LedAway: "led away",
    foreign.WrongType: "no picture",
    foreign.ForeignFailed: "failed",
}
_ERRORS: dict[str, tuple[type[ApiError], str]] = {
    "absent": (NotFound, "The host has no such picture."),
    "refused": (Forbidden, "The host's name leads to an address that is not public."),
    "late": (ProvidersLate, "The picture's host did not answer in time."),
    "failed": (ProvidersFailed, "The picture's host gave no picture."),
    "led away": (ProvidersFailed, "The picture's host leads to where nothing is fetched."),
    "too large": (ProvidersFailed, f"The picture has more than {conf.MAX_PICTURE_BYTES // 2**20} MB."),
    "no picture": (UnsupportedMedia, "What the host gave is no JPEG, PNG, WebP or GIF that can be read."),
    "away": (Unavailable, "Pictures cannot be read at the moment. Try again later."),
    "busy": (Unavailable, "Too many pictures are being fetched. Try again in a moment."),
}


def _error(why: str, address: Address) -> ApiError:
    error, message = _ERRORS[why]
    return error(message, details={"host": address.host, "reason": why}, headers={"Cache-Control": "no-store"})


def _packed(landed: _Landed) -> bytes:
    return landed.told.encode()


def _unpacked(told: bytes) -> _Landed:
    return _Landed(told.decode())


async def _settled(_: _Landed) -> None:
    """What is kept was kept within the flight."""


_flights: Flights[_Landed] = Flights(
    _packed, _unpacked, _settled, wait_s=WAIT_S, coalesced=picture_metrics.coalesced.inc, away=picture_metrics.away.inc
)
