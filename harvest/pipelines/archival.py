"""Archival: answers that hardly anybody asks for leave Redis for the archive. Source: spec 06, "Archival, expiry, alerts".

An item is a part of the cache's rows, fixed when the job is started. What is moved of it is moved for good, so that a part that is done
again goes on where it was.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from harvest import conf
from harvest.tidying import records
from jobs.pipeline import Ended, Item, JobFailed, Park, Pipeline, Queue, Result, Stage, Tell, WritePolicy
from search import services as search

WAITS_S = (60.0, 300.0, 1_800.0)  # for a storage that is away; beyond, the job fails, and another night goes on
AWAY = "the archive does not answer"
STATUSES = {True: "moved", False: "error"}


class Archival(Pipeline):
    """Input: {run, before, belowHits, parts}: the key of its record, whom it moves (search.services.ArchiveRule), and where they are."""

    name = "archival"
    label = "Archival"
    queue = Queue.LOW
    collection = "parts"
    stages = (Stage("looking what is due", 0.01), Stage("moving answers into the archive", 0.99))
    concurrency = 2
    item_timeout_s = 600.0
    writes = WritePolicy(updates=5, seconds=5.0)

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self._run_id: int = payload["run"]
        self._rule = search.ArchiveRule(datetime.fromisoformat(payload["before"]), payload["belowHits"])
        self._figures: dict[str, Any] = {}

    async def prepare(self, tell: Tell) -> None:
        self._figures = await in_db(records.taken_up, self._run_id)

    def items(self) -> Sequence[Item]:
        parts = self.payload["parts"]
        return [Item(index, f"part {index + 1} of {len(parts)}", (first, last)) for index, (first, last) in enumerate(parts)]

    async def handle(self, item: Item) -> Result:
        try:
            moves = await search.archive(item.value, self._rule)
        except search.StoresAway as away:
            await self._note(away.moves, waits=1)
            waits = self._figures.get("waits", 1)
            if waits > len(WAITS_S):
                raise JobFailed(
                    "STORAGE_AWAY", "The archive or Redis does not answer. What was moved is moved, the rest is as it was.", retryable=True
                ) from None
            until_s = clock.unix_s() + WAITS_S[waits - 1]
            await in_db(records.noted, self._run_id, f"{AWAY}; it goes on at {clock.iso_ms(clock.from_unix(until_s))}.")
            raise Park(until_s, AWAY) from None
        await self._note(moves)
        return Result(item.index, True, STATUSES[True], orjson.dumps({"index": item.index, **moves.as_figures()}))

    def failed(self, item: Item, code: str, message: str) -> Result:
        return Result(item.index, False, STATUSES[False], orjson.dumps({"index": item.index, "error": {"code": code, "message": message}}))

    def estimated_s(self, total: int) -> float:
        return 1.0 + total * 0.3

    def summary(self) -> dict[str, Any]:
        return dict(self._figures)

    @classmethod
    def ended(cls, payload: Any, how: Ended) -> None:
        records.closed(payload["run"], how)

    async def _note(self, moves: search.Moves, **more: int) -> None:
        self._figures = await in_db(records.add, self._run_id, {**moves.as_figures(), **more})


def payload(run_id: int, rule: search.ArchiveRule, parts: Sequence[search.ArchivePart]) -> dict[str, Any]:
    """The input of a job."""
    return {"run": run_id, "before": rule.before.isoformat(), "belowHits": rule.below_hits, "parts": [list(part) for part in parts]}


def rule() -> search.ArchiveRule:
    """Who is moved, by the settings, as of now."""
    return search.ArchiveRule(clock.now() - conf.archive_after(), conf.archive_below_hits())
