"""Photos read as a job reads them, by sets of engines: each alone, then all together. An engine looks at a photo once."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import orjson

from scanning.detections import Seen
from scanning.engine import EngineFailed
from scanning.evaluation.photo_truth import TruePhoto
from scanning.evaluation.photo_verdicts import PhotoVerdict, verdict
from scanning.looking import usable
from scanning.photos.wire import from_wire, to_wire
from scanning.picture_kinds import Unreadable
from scanning.picture_process import PictureProcess
from scanning.shelf_reading import read_photo
from search.services import Resolver

Dto = dict[str, Any]
TOOK = "lookSeconds"  # the fact of a look that tells how long it took


class Reader(Protocol):
    """Reads a photo as it was uploaded."""

    async def read(self, data: bytes, engines: Sequence[str]) -> tuple[Sequence[Dto], float]:
        """The books that these engines find, as the API gives them, and in how many seconds. Raises: Unreadable, EngineFailed."""
        ...


class RememberedLooks(PictureProcess):
    """A picture process that looks at nothing twice; `spared_s` counts the seconds that it did not look again. Looks are kept in a
    folder where one is given, for whoever works on what follows them."""

    def __init__(self, kept: Path | None = None) -> None:
        super().__init__()
        self._looks: dict[tuple[str, str], Seen] = {}
        self._kept = kept
        self.spared_s = 0.0

    async def look(self, engine: str, jpeg: bytes) -> Seen:
        """What a local engine sees, or saw. Raises: EngineFailed."""
        key = engine, hashlib.sha256(jpeg).hexdigest()
        known = self._looks.get(key) or self._of_folder(key)
        if known is not None:
            self._looks[key] = known
            self.spared_s += known.facts[TOOK]
            return known
        started = time.perf_counter()
        seen = await super().look(engine, jpeg)
        timed = self._looks[key] = replace(seen, facts={**seen.facts, TOOK: time.perf_counter() - started})
        if self._kept:
            self._kept.mkdir(parents=True, exist_ok=True)
            self._file(self._kept, key).write_bytes(orjson.dumps(to_wire(timed)))
        return timed

    def _of_folder(self, key: tuple[str, str]) -> Seen | None:
        file = self._file(self._kept, key) if self._kept else None
        return from_wire(orjson.loads(file.read_bytes())) if file and file.is_file() else None

    @staticmethod
    def _file(folder: Path, key: tuple[str, str]) -> Path:
        return folder / f"{key[1][:32]}.{key[0]}.json"


class ShelfReader:
    """The reading of a job, with the local catalogue alone: nobody outside is asked which book it is, and nothing is cached."""

    def __init__(self, pictures: RememberedLooks, resolver: Resolver) -> None:
        self._pictures, self._resolver = pictures, resolver

    async def read(self, data: bytes, engines: Sequence[str]) -> tuple[Sequence[Dto], float]:
        """The books, and the seconds that these engines alone would have taken. Raises: Unreadable, EngineFailed."""
        started, spared = time.perf_counter(), self._pictures.spared_s
        opened = await self._pictures.open(data)
        size = opened.width, opened.height
        read = await read_photo(opened.jpeg, *size, engines=engines, pictures=self._pictures, resolver=self._resolver)
        failures = [one.failure for one in read.looked if one.failure]
        if failures and len(failures) == len(read.looked):
            raise failures[0]
        return read.books, time.perf_counter() - started + self._pictures.spared_s - spared


def engines_here() -> tuple[str, ...]:
    """The engines that look at photos on this server, the quickest first."""
    return tuple(usable()[0])


def sets_of(engines: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Each engine alone, then all together."""
    alone = tuple((engine,) for engine in engines)
    return (*alone, tuple(engines)) if len(alone) > 1 else alone


async def judged(
    photos: Sequence[TruePhoto], engines: Sequence[str], reader: Reader, tell: Callable[[str], None] = lambda _: None
) -> dict[str, list[PhotoVerdict]]:
    """The verdict on every photo, by set of engines ("ocr", "barcode+ocr"), all together last. `tell` hears of each photo."""
    found: dict[str, list[PhotoVerdict]] = {"+".join(chosen): [] for chosen in sets_of(engines)}
    for place, photo in enumerate(photos, start=1):
        data = photo.path.read_bytes()
        for chosen in sets_of(engines):
            found["+".join(chosen)].append(await _judged(photo, data, chosen, reader))
        last = found["+".join(engines)][-1]
        tell(f"{place} of {len(photos)}: {photo.name}, {last.fates.count('found')} of {last.books} found in {last.seconds:.1f} s")
    return found


async def _judged(photo: TruePhoto, data: bytes, engines: Sequence[str], reader: Reader) -> PhotoVerdict:
    try:
        answers, seconds = await reader.read(data, engines)
    except (Unreadable, EngineFailed) as error:
        return verdict(photo, (), failed=error.message)
    return verdict(photo, answers, seconds=seconds)
