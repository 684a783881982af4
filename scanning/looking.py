"""Which engines look at a photo, and what they saw: each in its own time, none waits for another, and one that fails fails alone."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from bookstrack.lib import clock
from bookstrack.lib.registry import implementations
from scanning import conf
from scanning.detections import Seen
from scanning.engine import Engine, EngineFailed, LocalEngine, RemoteEngine
from scanning.picture_kinds import Unreadable
from scanning.picture_process import PictureProcess

PACKAGE = "scanning.engines"
TILE_SIDE_PX = 2_048  # of what is sent outside
OCR = "ocr"


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one engine's look: what it saw, or why it saw nothing."""

    engine: str
    seen: Seen | None
    failure: EngineFailed | None
    seconds: float

    def as_dto(self) -> dict[str, Any]:
        """For the operators' page: `{engine, seconds, detections, tokens?, model?, error?, …facts}`"""
        dto: dict[str, Any] = {"engine": self.engine, "seconds": round(self.seconds, 3)}
        if self.seen is not None:
            dto |= {"detections": len(self.seen.detections), **self.seen.facts} | ({"model": self.seen.model} if self.seen.model else {})
        if self.failure is not None:
            dto |= {**self.failure.facts, "error": {"code": self.failure.code, "message": self.failure.message}}
        return dto | ({"tokens": self.tokens} if self.tokens else {})

    @property
    def tokens(self) -> int:
        """What it took, also where it came to nothing."""
        return self.seen.tokens if self.seen else self.failure.tokens if self.failure else 0


Heard = Callable[[Looked], None]


@cache
def engines() -> dict[str, Engine]:
    """Every engine by name, the quickest first."""
    found = [cls() for cls in implementations(PACKAGE, Engine)]  # type: ignore[type-abstract]
    return {one.name: one for one in sorted(found, key=lambda one: one.order)}


def usable() -> tuple[list[str], dict[str, str]]:
    """The engines that look here, and those that cannot with the reason in words."""
    wanted = conf.scan_engines() or list(engines())
    reasons = {name: reason for name in wanted if (reason := _missing(name)) is not None}
    return [name for name in engines() if name in wanted and name not in reasons], reasons


def _missing(name: str) -> str | None:
    if name not in engines():
        return "There is no such engine."
    if name == OCR and not conf.with_ocr():
        return "It is turned off."
    return engines()[name].missing()


async def look(
    jpeg: bytes, width: int, height: int, *, names: Sequence[str], pictures: PictureProcess, heard: Heard = lambda _: None
) -> list[Looked]:
    """Have engines look at a photo at the same time; `heard` is told each as it ends. In the order of the names."""

    async def one(name: str) -> Looked:
        looked = await _looked(engines()[name], jpeg, width, height, pictures)
        heard(looked)
        return looked

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(name)) for name in names]
    return [task.result() for task in tasks]


async def _looked(engine: Engine, jpeg: bytes, width: int, height: int, pictures: PictureProcess) -> Looked:
    began_s = clock.monotonic_s()
    seen, failure = None, None
    try:
        if isinstance(engine, LocalEngine):
            seen = await pictures.look(engine.name, jpeg)
        elif isinstance(engine, RemoteEngine):
            seen = await engine.ask(await pictures.tiles(jpeg, engine.tiles(width, height), TILE_SIDE_PX))
    except EngineFailed as error:
        failure = error
    except Unreadable as unreadable:  # the picture could not be cut into tiles
        failure = EngineFailed(unreadable.code, unreadable.message)
    return Looked(engine.name, seen, failure, clock.monotonic_s() - began_s)
