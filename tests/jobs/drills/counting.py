"""A pipeline that does what its input says, and writes down each time that it does it."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from jobs.pipeline import Arranged, Counts, Done, Item, JobFailed, Park, Pipeline, Result, Stage, Tell, WritePolicy

calls: dict[str, Callable[[int], Awaitable[None]]] = {}  # what a test of this process does at an item; -1: at the preparation
unwanted: list[str] = []  # jobs whose things were to be deleted
expired: list[int] = []


class Together(Pipeline):
    """Input: {count, raise_at?}. Takes ten items at once; odd ones are no successes, and are shown apart."""

    name = "together"
    label = "Together"
    at_once = 10
    concurrency = 1
    stages = (Stage("preparing", 0.2), Stage("counting", 0.8))

    def items(self) -> Sequence[Item]:
        return [Item(index, f"number {index}", index) for index in range(self.payload["count"])]

    async def handle(self, item: Item) -> Result:
        if item.index == self.payload.get("raise_at"):
            raise KeyError("a fault of this item")
        return Result(item.index, item.index % 2 == 0, "success", orjson.dumps(item.index))

    def failed(self, item: Item, code: str, message: str) -> Result:
        return Result(item.index, False, "error", orjson.dumps(code))

    def summary(self) -> dict[str, Any]:
        return {"kind": "numbers"}

    @classmethod
    def arranged(cls, done: Sequence[Done], summary: dict[str, Any], counts: Counts) -> dict[str, bytes]:
        even, odd = (b"[" + b",".join(one.body for one in done if one.success is wanted) + b"]" for wanted in (True, False))
        return {"even": even, "odd": odd, "kind": orjson.dumps(summary.get("kind")), "of": orjson.dumps(counts.total)}


class Albums(Pipeline):
    """Input: {albums: [pages, ...], kill_at?, call?}. An item is an album, and clients page through pages; told in halves."""

    name = "albums"
    label = "Albums"
    read_whole = True
    concurrency = 1
    writes = WritePolicy(updates=1, seconds=60.0)

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self.pages: dict[int, int] = {}

    def restored(self, done: Mapping[int, Done]) -> None:
        self.pages = {index: len(orjson.loads(one.body)) for index, one in done.items()}

    def items(self) -> Sequence[Item]:
        return [Item(index, f"album {index}", count) for index, count in enumerate(self.payload["albums"])]

    def told(self) -> dict[str, Any]:
        return {"pages": sum(self.pages.values())}

    async def handle(self, item: Item) -> Result:
        self.tell_part(item, 0.5, "half of it", f"album {item.index}, page {item.value // 2}")
        if "call" in self.payload:
            await calls[self.payload["call"]](item.index)
        self.pages[item.index] = item.value
        return Result(item.index, True, "success", orjson.dumps([f"{item.index}.{page}" for page in range(item.value)]))

    def failed(self, item: Item, code: str, message: str) -> Result:
        return Result(item.index, False, "error", b"[]")

    def salvaged(self) -> Sequence[Result]:
        place = len(self.pages)
        return [Result(place, True, "success", orjson.dumps([f"{place}.0"]))] if place < len(self.payload["albums"]) else []

    def summary(self) -> dict[str, Any]:
        return {"pages": sum(self.pages.values())}

    @classmethod
    def page_of(cls, done: Sequence[Done], summary: dict[str, Any], counts: Counts, *, limit: int, offset: int) -> Arranged:
        pages = [page for one in done for page in orjson.loads(one.body)]
        return Arranged({"pages": orjson.dumps(pages[offset : offset + limit])}, len(pages[offset : offset + limit]), len(pages))

    @classmethod
    def canceled(cls, job_id: str) -> None:
        unwanted.append(job_id)

    @classmethod
    def expire(cls) -> int:
        expired.append(1)
        return 1


class Counting(Pipeline):
    """Input: {count, delay_s?, trail?, raise_at?, fail_at?, away_at?, kill_at?, hang_at?, park_at?, park_until?, broken?,
    prepare_s?, call?}.

    `trail` is a file to which each handled index is appended. The item at `kill_at` kills the process. `call` names one of `calls`.
    """

    name = "counting"
    label = "Counting"
    collection = "books"
    stages = (Stage("preparing", 0.2), Stage("counting", 0.8))
    concurrency = 5
    item_timeout_s = 1.0
    writes = WritePolicy(updates=2, seconds=0.5)

    async def prepare(self, tell: Tell) -> None:
        await self._called(-1)
        if self.payload.get("broken"):
            raise ZeroDivisionError("broken on purpose")
        for step in range(2):
            await asyncio.sleep(self.payload.get("prepare_s", 0) / 2)
            tell(0, (step + 1) / 2)

    def items(self) -> Sequence[Item]:
        return [Item(index, f"number {index}", index) for index in range(self.payload["count"])]

    async def handle(self, item: Item) -> Result:
        await asyncio.sleep(self.payload.get("delay_s", 0))
        await self._called(item.index)
        self._trouble(item.index)
        if item.index == self.payload.get("hang_at"):
            await asyncio.sleep(60)
        trail = self.payload.get("trail")
        if trail:
            with Path(trail).open("a") as file:
                file.write(f"{item.index}\n")
        return Result(item.index, True, "success", orjson.dumps({"index": item.index, "square": item.index**2}))

    @classmethod
    def forget(cls, payload: Any) -> None:
        if payload.get("storage_away"):
            raise OSError("no space, no disk")

    async def _called(self, index: int) -> None:
        if "call" in self.payload:
            await calls[self.payload["call"]](index)

    def _trouble(self, index: int) -> None:
        said: dict[str, Any] = self.payload
        if index == said.get("kill_at"):
            time.sleep(0.3)  # let what was said before reach its reader
            os.kill(os.getpid(), signal.SIGKILL)
        if index == said.get("raise_at"):
            raise KeyError("a fault of this item")
        if index == said.get("fail_at"):
            raise JobFailed("INVALID_FILE", "The file is none.", {"row": index})
        if index == said.get("away_at"):
            raise JobFailed("PROVIDER_ERROR", "Nobody answered.", {"row": index}, retryable=True, again=True)
        if index == said.get("park_at") and time.time() < said["park_until"]:
            raise Park(said["park_until"], "today's calls are used up")

    def failed(self, item: Item, code: str, message: str) -> Result:
        return Result(item.index, False, "error", orjson.dumps({"index": item.index, "error": message, "code": code}))
