"""The client of the picture process: one child per process of ours and event loop, started at first need, started again when it broke.

A picture that crashes a decoder costs this process nothing but an error; so does one that takes too long, and a photo that is not wanted
any more. Importing this imports no picture library. What is asked is sent two at a time, and to one engine one at a time, so that a time
limit counts work and not waiting. Source: docs.python.org, "asyncio Transports and Protocols", subprocess protocols.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bookstrack.lib.per_loop import PerLoop
from scanning.detections import Box, Seen
from scanning.engine import EngineFailed, Tile
from scanning.photos.wire import Garbled, from_wire
from scanning.picture_child import Answer, Child, Ended, Late, Launch, NotStarted
from scanning.picture_kinds import WANTED_BYTES, Unreadable, kind_of, refusal

log = structlog.get_logger(__name__)
AT_ONCE = 2  # threads of the child
TRIES = 3  # of a request that did not break the child itself
CLOSE_S = 1.0
AWAY = "Pictures cannot be read at the moment. Try again later."


class PictureBroken(Unreadable):
    """The picture ended the process that read it, or took it too long."""

    def __init__(self, message: str = "This picture could not be read: it broke the reader.") -> None:
        super().__init__("INVALID_FILE", message)


@dataclass(frozen=True, slots=True)
class Opened:
    """An upload that is a picture: the JPEG to keep, its size, and what was measured; `hopeless` says why nothing can be read on it."""

    jpeg: bytes
    width: int
    height: int
    quality: dict[str, Any]  # scanning.photos.quality.Quality.numbers
    warnings: tuple[str, ...]
    hopeless: str | None


class PictureProcess:
    """Asks the child of the running loop. `idle_s`: after which it ends and gives its memory back; `limit_s`, `look_limit_s`: of work."""

    def __init__(
        self,
        *,
        engines: str = "scanning.engines",
        memory_mb: int = 2_000,
        threads: int = 2,
        idle_s: float = 120.0,
        limit_s: float = 30.0,
        look_limit_s: float = 120.0,
    ) -> None:
        launch = Launch(engines, memory_mb, threads, idle_s)
        self._desks: PerLoop[_Desk] = PerLoop(lambda: _Desk(launch))
        self._limit_s, self._look_limit_s = limit_s, look_limit_s

    async def open(self, data: bytes) -> Opened:
        """Take an upload. Raises: Unreadable, of which PictureBroken is one."""
        if kind_of(data[:WANTED_BYTES]) is None:
            raise refusal(data[:WANTED_BYTES])
        header, parts = await self._ask({"op": "open"}, data)
        told = {name: header[name] for name in ("width", "height", "quality", "hopeless")}
        return Opened(jpeg=parts[0], warnings=tuple(header["warnings"]), **told)

    async def look(self, engine: str, jpeg: bytes) -> Seen:
        """What a local engine sees on a kept JPEG. Raises: EngineFailed."""
        desk = self._desks.get()
        try:
            async with desk.engines[engine]:
                header, _ = await desk.ask({"op": "look", "engine": engine}, jpeg, self._look_limit_s)
            _raise_error(header)
            return from_wire(header["seen"])
        except Late:
            raise EngineFailed("INTERNAL_ERROR", f"Reading the photo ({engine}) took too long.") from None
        except (Ended, Garbled):
            raise EngineFailed("INTERNAL_ERROR", f"Reading the photo ({engine}) broke off.") from None
        except NotStarted as error:
            log.error("the picture process cannot be started", error=str(error))
            raise EngineFailed("INTERNAL_ERROR", AWAY, retryable=True) from error
        except MemoryError:
            raise EngineFailed("INTERNAL_ERROR", f"Reading the photo ({engine}) needs more memory than it may have.") from None
        except Unreadable as unreadable:
            raise EngineFailed(unreadable.code, unreadable.message) from None

    async def tiles(self, jpeg: bytes, boxes: Sequence[Box], max_side_px: int) -> list[Tile]:
        """Parts of a kept JPEG, each shrunk to `max_side_px`. Raises: Unreadable."""
        asked = [(box.x1, box.y1, box.x2, box.y2) for box in boxes]
        _, parts = await self._ask({"op": "tiles", "boxes": asked, "maxSidePx": max_side_px}, jpeg)
        return [Tile(part, box) for part, box in zip(parts, boxes, strict=True)]

    async def shrunk(self, jpeg: bytes, max_side_px: int) -> bytes:
        """A kept JPEG with no side longer than `max_side_px`. Raises: Unreadable."""
        _, parts = await self._ask({"op": "shrunk", "maxSidePx": max_side_px}, jpeg)
        return parts[0]

    async def cover(self, data: bytes, boxes: Mapping[str, tuple[int, int]]) -> Answer:
        """A foreign picture as WebP in each box: what was measured, and a part for each of its `made`. Raises: Unreadable."""
        return await self._ask({"op": "cover", "boxes": dict(boxes)}, data)

    async def placeholder(self, text: str, author: str, seed: str, box: tuple[int, int]) -> bytes:
        """A drawn cover as WebP. Raises: Unreadable, where there is no child."""
        _, parts = await self._ask({"op": "placeholder", "text": text, "author": author, "seed": seed, "box": box}, b"")
        return parts[0]

    async def close(self) -> None:
        """End the running loop's child; the next request starts another one."""
        desk = self._desks.pop()
        if desk is not None:
            await desk.close()

    async def _ask(self, header: dict[str, Any], data: bytes) -> Answer:
        try:
            answer = await self._desks.get().ask(header, data, self._limit_s)
            _raise_error(answer[0])
            return answer
        except Late:
            raise PictureBroken("This picture could not be read: it took the reader too long.") from None
        except Ended:
            raise PictureBroken from None
        except NotStarted as error:
            log.error("the picture process cannot be started", error=str(error))
            raise Unreadable("INTERNAL_ERROR", AWAY) from error
        except MemoryError:
            raise Unreadable("INVALID_FILE", "The picture needs more memory than it may have. Send a smaller one.") from None


class _Desk:
    """A loop's child, and who may speak to it."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._child: Child | None = None
        self._closed = False
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.engines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, header: dict[str, Any], data: bytes, limit_s: float) -> Answer:
        """The child's answer; asked again of another child where the first ended for no fault of this request.

        Raises: Late, Ended, NotStarted.
        """
        async with self._slots:
            tries = itertools.count(1)
            while True:
                child = await self._living()
                try:
                    return await child.ask(header, data, limit_s)
                except Ended as ended:
                    if not ended.blameless or next(tries) == TRIES:
                        raise

    async def _living(self) -> Child:
        async with self._starting:
            if self._closed:
                raise Ended(blameless=False)
            if self._child is not None and self._child.busy_for_nobody:
                self._child.kill()
            if self._child is None or self._child.ending:
                self._child = await Child.started(self._launch)
            return self._child

    async def close(self) -> None:
        """Let it end, then make it end."""
        self._closed = True
        async with self._starting:
            child, self._child = self._child, None
        if child is not None:
            await child.close(CLOSE_S)


def _raise_error(header: dict[str, Any]) -> None:
    """Raises: Unreadable, EngineFailed, MemoryError, Ended."""
    error = header.get("error")
    if error is None:
        return
    if error["kind"] == "unreadable":
        raise Unreadable(error["code"], error["message"])
    if error["kind"] == "engine":
        raise EngineFailed(error["code"], error["message"], retryable=error["retryable"])
    if error["kind"] == "memory":
        raise MemoryError
    raise Ended(blameless=False)
