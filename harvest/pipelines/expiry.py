"""Expiry: what nobody may ask for any more is deleted, kind by kind. Source: spec 06, "Archival, expiry, alerts".

A kind is deleted in steps of some hundred rows; one that is done again goes on with what is left.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import StorageAway
from harvest.tidying import expired, records
from jobs.pipeline import Ended, Item, Pipeline, Queue, Result, Stage, Tell, WritePolicy


class Expiry(Pipeline):
    """Input: {run}: the key of its record."""

    name = "expiry"
    label = "Expiry"
    queue = Queue.LOW
    collection = "kinds"
    stages = (Stage("looking what is over", 0.01), Stage("deleting what is over", 0.99))
    concurrency = 1
    item_timeout_s = 3_600.0
    writes = WritePolicy(updates=1, seconds=5.0)

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self._run_id: int = payload["run"]
        self._figures: dict[str, Any] = {}

    async def prepare(self, tell: Tell) -> None:
        self._figures = await in_db(records.taken_up, self._run_id)

    def items(self) -> Sequence[Item]:
        return [Item(index, kind, kind) for index, kind in enumerate(expired.KINDS)]

    async def handle(self, item: Item) -> Result:
        kind: str = item.value
        deleted = 0
        self._figures = await in_db(records.add, self._run_id, {kind: 0})
        try:
            while step := await expired.delete_some(kind):
                deleted += step
                self._figures = await in_db(records.add, self._run_id, {kind: step})
        except StorageAway:
            return self.failed(item, "STORAGE_AWAY", "The object storage does not answer; the next run deletes what is left.")
        return Result(item.index, True, "deleted", orjson.dumps({"index": item.index, "kind": kind, "deleted": deleted}))

    def failed(self, item: Item, code: str, message: str) -> Result:
        body = {"index": item.index, "kind": item.value, "error": {"code": code, "message": message}}
        return Result(item.index, False, "error", orjson.dumps(body))

    def estimated_s(self, total: int) -> float:
        return 5.0

    def summary(self) -> dict[str, Any]:
        return dict(self._figures)

    @classmethod
    def ended(cls, payload: Any, how: Ended) -> None:
        records.closed(payload["run"], how)
