"""Bookshelf scan: one to five photos of shelves become books. Source: spec 06, "Bookshelf scan".

A photo is one item: what was read of it is kept when it is done, and a worker that dies in the middle of one reads it again. Its books are
what clients page through.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from jobs.pipeline import Arranged, Counts, Done, Item, JobFailed, Pipeline, Queue, Result, Stage, Tell, WritePolicy
from scanning import conf, photo_store, uploads
from scanning.looking import OCR, usable
from scanning.photo_records import record
from scanning.photos.scan_results import Outcome, outcome_of, totals_of
from scanning.pictures import pictures
from scanning.shelf_reading import PhotoRead, ShelfReader, facts_of
from search import services

AT_ONCE = 2  # photos: while one's letters are read, another's barcodes and books are
PHOTO_S = {False: 2.0, True: 8.0}  # a first guess: without OCR, and with it
TITLES_SHOWN = 5
WAITING, DONE, FAILED = "waiting", "done", "failed"


@dataclass(slots=True)
class PhotoState:
    """Where a photo stands, as messages tell it."""

    index: int
    status: str = WAITING
    found: int = 0
    error: dict[str, str] | None = None
    titles: list[str] = field(default_factory=list)

    def as_dto(self) -> dict[str, Any]:
        """`{index, status, booksFound, error?, seen?}`"""
        dto: dict[str, Any] = {"index": self.index, "status": self.status, "booksFound": self.found}
        dto |= {"error": self.error} if self.error else {}
        return dto | ({"seen": self.titles[-TITLES_SHOWN:]} if self.titles else {})


class ShelfScan(Pipeline):
    """Input: {scan, photos: [{index, width, height, error?}]}; the pictures are in the photo store under `scan`, the job's id."""

    name = "ai_scan"
    label = "Shelf scan"
    queue = Queue.PHOTOS
    collection = "books"
    stages = (Stage("fetching photos", 0.02), Stage("reading photos", 0.98))
    concurrency = AT_ONCE
    writes = WritePolicy(updates=1, seconds=60.0)
    read_whole = True

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self._states = {photo["index"]: PhotoState(photo["index"]) for photo in payload["photos"]}
        self._outcomes: dict[int, dict[str, Any]] = {}  # bodies of the photos that are done
        self._jpegs: dict[int, bytes] = {}  # of photos to be read
        self._readers: dict[int, ShelfReader] = {}  # of photos in hand
        self._engines, self._missing = usable()
        self._resolver = services.resolver(share=conf.budget_share(), concurrency=conf.title_concurrency())
        self._ledger = asyncio.create_task(services.keep_ledger())
        self._began_s = clock.monotonic_s()

    async def prepare(self, tell: Tell) -> None:
        """Fetch the pictures: a storage that is away then fails the attempt, not a photo, and the job is tried again."""
        self._jpegs = await in_db(self._fetched)

    def _fetched(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for row in photo_store.photos_of(self.payload["scan"]):
            with contextlib.suppress(uploads.Gone):
                found[row.index] = photo_store.picture(row)
        return found

    def items(self) -> Sequence[Item]:
        return [Item(place, f"photo {photo['index'] + 1}", photo) for place, photo in enumerate(self.payload["photos"])]

    def restored(self, done: Mapping[int, Done]) -> None:
        for place, one in done.items():
            self._ended(place, orjson.loads(one.body))

    def told(self) -> dict[str, Any]:
        return {"photos": [state.as_dto() for state in self._states.values()]}

    async def handle(self, item: Item) -> Result:
        photo = item.value
        if photo.get("error"):
            return await self._failed(item, photo["error"]["code"], photo["error"]["message"])
        if not self._engines:
            raise JobFailed("PROVIDER_ERROR", "No engine can look at photos here.", {"engines": self._missing})
        began_s = clock.monotonic_s()
        jpeg = self._jpegs.get(photo["index"])
        if jpeg is None:
            return await self._failed(item, "INVALID_FILE", "The photo is not here any more: send it again.")
        read = await self._read(item, jpeg)
        if all(looked.failure for looked in read.looked):
            failure = read.looked[0].failure
            if failure is not None:
                return await self._failed(item, failure.code, failure.message, retryable=failure.retryable, read=read)
        return await self._done(item, read, clock.monotonic_s() - began_s)

    async def _read(self, item: Item, jpeg: bytes) -> PhotoRead:
        state = self._states[item.value["index"]]

        def tell(share: float, status: str, titles: Sequence[str]) -> None:
            state.status, state.titles = status, list(titles)
            state.found = max(state.found, len(titles))
            self.tell_part(item, share, status, titles[-1] if titles else item.label)

        tell(0.1, "reading barcodes", [])
        reader = self._readers[item.index] = ShelfReader(self._resolver, tell)
        return await reader.read(jpeg, item.value["width"], item.value["height"], engines=self._engines, pictures=pictures)

    async def _done(self, item: Item, read: PhotoRead, seconds: float) -> Result:
        photo = item.value
        body = self._body(photo, read, seconds)
        await in_db(record, self.payload["scan"], photo["index"], body, facts_of(read), seconds)
        self._ended(item.index, body)
        return Result(item.index, True, DONE, orjson.dumps(body))

    def _body(self, photo: dict[str, Any], read: PhotoRead, seconds: float) -> dict[str, Any]:
        outcome = Outcome(photo["index"], photo["width"], photo["height"], photo.get("quality", {}), read.books, read.warnings)
        return outcome_of(outcome, engines=self._engines, model=read.model, tokens=read.tokens, seconds=seconds)

    def salvaged(self) -> Sequence[Result]:
        """The books of photos in hand whose ISBN was read: their owner has seen them already."""
        found = {place: PhotoRead(books) for place, reader in self._readers.items() if (books := reader.found_by_now())}
        bodies = {place: self._body(self.payload["photos"][place], read, 0.0) for place, read in found.items()}
        return [Result(place, True, DONE, orjson.dumps(body)) for place, body in bodies.items()]

    async def _failed(self, item: Item, code: str, message: str, *, retryable: bool = False, read: PhotoRead | None = None) -> Result:
        """One photo's failure; where there is no other one that may be read, the job's. Raises: JobFailed."""
        index = item.value["index"]
        body: dict[str, Any] = {"index": index, "status": FAILED, "error": {"code": code, "message": message}, "books": []}
        await in_db(record, self.payload["scan"], index, body, facts_of(read) if read else [], None)
        self._ended(item.index, body)
        others = [state for place, state in self._states.items() if place != index]
        if all(state.status == FAILED for state in others):
            details = {"photo": index, "tokens": read.tokens} if read else {"photo": index}
            raise JobFailed(code, message, details, retryable=retryable, again=retryable)
        return Result(item.index, False, FAILED, orjson.dumps(body))

    def _ended(self, place: int, body: dict[str, Any]) -> None:
        self._outcomes[place] = body
        self._readers.pop(place, None)
        self._jpegs.pop(body["index"], None)
        state = self._states[body["index"]]
        state.status, state.error = body["status"], body.get("error")
        state.found = len([book for book in body["books"] if book["decision"] != "unreadable"])
        state.titles = []

    def failed(self, item: Item, code: str, message: str) -> Result:
        body = {"index": item.value["index"], "status": FAILED, "error": {"code": code, "message": message}, "books": []}
        self._ended(item.index, body)
        return Result(item.index, False, FAILED, orjson.dumps(body))

    def estimated_s(self, total: int) -> float:
        return total * PHOTO_S[OCR in self._engines]

    def summary(self) -> dict[str, Any]:
        bodies = [self._outcomes[place] for place in sorted(self._outcomes)]
        totals = totals_of(bodies)
        models = [body["model"] for body in bodies if body.get("model")]
        about: dict[str, Any] = {"totalDetected": totals.detected, "approved": totals.approved, "needsReview": totals.needs_review}
        about |= {"unreadable": totals.unreadable, "engines": self._engines, "scanSeconds": round(clock.monotonic_s() - self._began_s, 3)}
        return about | ({"modelUsed": models[0]} if models else {})

    async def close(self) -> None:
        self._ledger.cancel()
        await self._resolver.close()
        await services.settled()

    @classmethod
    def page_of(cls, done: Sequence[Done], summary: dict[str, Any], counts: Counts, *, limit: int, offset: int) -> Arranged:
        """`{totalDetected, approved, needsReview, unreadable, books, suggestions, warnings, photos, metadata}`; books are paged."""
        totals = totals_of([cast(dict[str, Any], orjson.loads(one.body)) for one in done])
        page = totals.books[offset : offset + limit]
        members = totals.members() | {"books": page}
        return Arranged({name: orjson.dumps(value) for name, value in members.items()}, len(page), len(totals.books))

    @classmethod
    async def shown(cls, bodies: Sequence[bytes], options: Mapping[str, str]) -> Sequence[bytes]:
        return await services.with_authors_known(bodies)

    @classmethod
    def canceled(cls, job_id: str) -> None:
        photo_store.unwanted(job_id)

    @classmethod
    def overdue(cls) -> int:
        return photo_store.overdue()

    @classmethod
    def expire(cls) -> int:
        return photo_store.expire()
