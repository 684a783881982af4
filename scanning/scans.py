"""Use-cases of shelf scans: photos that clients send, looked into, kept without what is nobody's business, and started as a job.

Raises, all of them: ApiError.
"""

import asyncio
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from bookstrack.lib.db import in_db
from bookstrack.lib.errors import (
    BatchTooLarge,
    EmptyBatch,
    InvalidFile,
    NotFound,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)
from jobs import services as jobs
from scanning import conf, photo_store, uploads
from scanning.engine import RemoteEngine
from scanning.looking import OCR, engines, usable
from scanning.photo_store import NewPhoto, Taken
from scanning.picture_kinds import WANTED_BYTES, Unreadable, kind_of, refusal
from scanning.picture_process import Opened
from scanning.pictures import pictures
from scanning.pipelines.shelf_scan import PHOTO_S, ShelfScan
from search import services as search

TOKENS_A_PICTURE = 1_800  # a first guess of a photo's question and answer
STAGES = (("quality", 0.5, 0.1), ("detection", 6.0, 0.5), ("enrichment", 2.0, 0.95))  # name, typical seconds, progress at its end


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it came: a file open at its beginning, or bytes; `index` is the client's number for it."""

    index: int
    file: BinaryIO
    size_bytes: int

    def content(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


async def start_scan(
    photos: Sequence[Photo], *, job_id: str | None, client: str, key: str | None, alone: bool
) -> tuple[jobs.Started, dict[str, Any]]:
    """Start a scan; the job, and what clients are told of how it goes. `alone`: the one photo must be readable, else a batch reports it."""
    checked(photos)
    digests = await asyncio.to_thread(lambda: [hashlib.sha256(photo.content()).hexdigest() for photo in photos])
    said = json.dumps([[photo.index, digest] for photo, digest in zip(photos, digests, strict=True)]).encode()
    opened = await asyncio.gather(*(_opened(photo, alone=alone or len(photos) == 1) for photo in photos))
    _one_readable(opened)
    scan = job_id or str(uuid.uuid4())
    payload = {"scan": scan, "photos": [_about(photo) for photo in opened]}
    mine = await _kept(scan, opened)
    started: jobs.Started | None = None
    try:
        started = await jobs.start(
            pipeline=ShelfScan.name, payload=payload, total=len(photos), job_id=scan, client=client, route="scan", key=key, body=said
        )
        return started, told_at_start(len(photos))
    finally:
        if mine and (started is None or started.job.pk != scan or started.before):
            await in_db(photo_store.unwanted, scan)


def checked(photos: Sequence[Photo]) -> None:
    """What is seen of photos before anybody opens them: how many, how large, of which kind."""
    if not photos:
        raise EmptyBatch("Send at least one photo.", details={"field": "images"})
    if len(photos) > conf.MAX_PHOTOS:
        details = {"field": "images", "count": len(photos), "most": conf.MAX_PHOTOS}
        raise BatchTooLarge(f"A scan takes at most {conf.MAX_PHOTOS} photos.", details=details)
    most = conf.max_photo_bytes()
    for photo in photos:
        if photo.size_bytes > most:
            details = {"index": photo.index, "receivedBytes": photo.size_bytes, "maxBytes": most}
            raise TooLarge(f"A photo has at most {most / 2**20:g} MB.", details=details)
    for photo in photos:
        if photo.size_bytes == 0:
            raise InvalidFile("The photo is empty.", details={"index": photo.index})
        photo.file.seek(0)
        head = photo.file.read(WANTED_BYTES)
        if kind_of(head) is None:
            _refuse(UnsupportedMedia.code, refusal(head).message, photo.index)


async def _opened(photo: Photo, *, alone: bool) -> NewPhoto:
    """A photo as it is kept, or why it cannot be. Raises: ApiError where it stands alone."""
    try:
        opened: Opened = await pictures.open(await asyncio.to_thread(photo.content))
    except Unreadable as error:
        if alone:
            _refuse(error.code, error.message, photo.index)
        return NewPhoto(photo.index, error={"code": error.code, "message": error.message})
    if opened.hopeless:
        if alone:
            _refuse(InvalidFile.code, opened.hopeless, photo.index)
        return NewPhoto(photo.index, error={"code": InvalidFile.code, "message": opened.hopeless})
    quality = {**opened.quality, "warnings": list(opened.warnings)}
    return NewPhoto(photo.index, opened.jpeg, opened.width, opened.height, quality)


def _refuse(code: str, message: str, index: int) -> NoReturn:
    if code not in (InvalidFile.code, UnsupportedMedia.code):  # the reader of pictures cannot be started
        raise Unavailable(message, retry_after_ms=5_000)
    refused = UnsupportedMedia if code == UnsupportedMedia.code else InvalidFile
    raise refused(message, details={"index": index})


def _one_readable(photos: Sequence[NewPhoto]) -> None:
    """A batch of which nothing can be read is refused by the first one's reason."""
    if all(photo.error for photo in photos) and photos[0].error:
        _refuse(photos[0].error["code"], photos[0].error["message"], photos[0].index)


def _about(photo: NewPhoto) -> dict[str, Any]:
    about: dict[str, Any] = {"index": photo.index, "width": photo.width, "height": photo.height, "quality": photo.quality}
    return about | ({"error": photo.error} if photo.error else {})


async def _kept(scan: str, photos: Sequence[NewPhoto]) -> bool:
    """Keep the pictures; whether they are now those of this request. Of a scan that is there already nothing is touched: the start of
    the job refuses it, or, where its request comes again, answers with it."""
    if await jobs.taken(scan):
        return False
    try:
        await in_db(photo_store.keep, scan, photos)
    except Taken:
        return False
    except Exception as error:  # a storage has errors of its own, S3's for one
        raise Unavailable("Photos cannot be kept just now; nothing was started.", retry_after_ms=5_000) from error
    return True


def told_at_start(count: int) -> dict[str, Any]:
    """`{stages, estimatedRange}` of a scan of so many photos."""
    names, _ = usable()
    typical = PHOTO_S[OCR in names]
    stages = [{"name": name, "typicalDuration": seconds * count, "progress": progress} for name, seconds, progress in STAGES]
    return {"stages": stages, "estimatedRange": [round(0.5 * typical * count, 1), round(2.5 * typical * count, 1)]}


async def plan_scan(photos: Sequence[Photo]) -> dict[str, Any]:
    """What a scan would take, without starting it: questions to Gemini by the photos' sizes; catalogues are asked as books show."""
    checked(photos)
    opened = [one for one in await asyncio.gather(*(_opened(photo, alone=False) for photo in photos)) if not one.error]
    names, reasons = usable()
    asked = [engine for name in names if isinstance(engine := engines()[name], RemoteEngine)]
    calls = sum(len(engine.tiles(one.width, one.height)) for engine in asked for one in opened)
    seconds = PHOTO_S[OCR in names] * len(opened)
    return {
        "items": len(photos),
        "cached": 0,
        "calls": {"gemini": calls} if calls else {},
        "budgetLeft": {"gemini": await search.budget_left("gemini", conf.gemini_daily_tokens())} if calls else {},
        "tokens": calls * TOKENS_A_PICTURE,
        "engines": names,
        "enginesOff": reasons,
        "photos": [_about(one) for one in opened],
        "estimatedSeconds": {"p50": seconds, "p90": 2.5 * seconds},
    }


async def photo_of(job_id: str, token: str | None, index: int, *, side_px: int | None) -> bytes:
    """A photo of a scan as JPEG, for whoever has its token; its longest side at most so many pixels, None: as it is kept."""
    job = await jobs.authorised(job_id, token)
    row = next((row for row in await in_db(photo_store.photos_of, job.pk) if row.index == index), None)
    try:
        jpeg = await in_db(photo_store.picture, row) if row else None
    except uploads.Gone:
        jpeg = None
    if row is None or jpeg is None:
        raise NotFound("This photo is not here, or not any more.")
    return await smaller(jpeg, max(row.width, row.height), side_px)


async def smaller(jpeg: bytes, longest_px: int, side_px: int | None) -> bytes:
    """A picture whose longest side is at most so many pixels."""
    return jpeg if side_px is None or longest_px <= side_px else await pictures.shrunk(jpeg, side_px)


async def close() -> None:
    """End the process that opens pictures: for a clean stop."""
    await pictures.close()
