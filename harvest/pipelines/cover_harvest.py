"""Cover harvest: each book's cover sought in the catalogues, judged and kept. Source: spec 06, "Cover harvest".

The books are fixed when it is started. What came of a book is written down with the picture, before the job's own checkpoint, and what the
catalogues said is remembered: whatever ends a turn, the next one fetches nothing again.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from bookstrack.lib import clock, exact_json
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import StorageAway
from harvest import conf
from harvest.cover_search.harvesting import ERROR, Harvest, Verdict, figures_of, figures_of_run, verdicts_so_far
from harvest.models import Run
from jobs.pipeline import Ended, Item, JobFailed, Park, Pipeline, Queue, Result, Stage, Tell, WritePolicy
from search import services as search

STORAGE_REST_S = 60.0
NOTE_EVERY_S = 2.0
_STATES = {"completed": Run.State.DONE, "canceled": Run.State.CANCELED, "failed": Run.State.FAILED}


class CoverHarvest(Pipeline):
    """Input: {run, isbns}: the key of its record, and ISBN-13s, each once."""

    name = "cover_harvest"
    label = "Cover harvest"
    queue = Queue.LOW
    collection = "covers"
    stages = (Stage("looking what is there", 0.02), Stage("fetching covers", 0.98))
    concurrency = conf.COVERS_IN_HAND
    writes = WritePolicy(updates=2, seconds=2.0)

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self._run_id: int = payload["run"]
        self._isbns: list[str] = payload["isbns"]
        self._verdicts: dict[str, Verdict] = {}
        self._earlier: dict[str, dict[str, int]] = {}  # calls and pictures of earlier turns
        self._harvest: Harvest | None = None
        self._noted_s = 0.0
        self._ledger = asyncio.create_task(search.keep_ledger())

    async def prepare(self, tell: Tell) -> None:
        run = await in_db(_taken_up, self._run_id)
        self._earlier = {name: dict(run.figures.get(name, {})) for name in ("calls", "pictures")}
        self._verdicts = await verdicts_so_far(run.pk, run.began_at, self._isbns)
        self._harvest = Harvest(run.pk, [isbn for isbn in self._isbns if isbn not in self._verdicts])
        await self._harvest.asking.recall()

    def items(self) -> Sequence[Item]:
        return [Item(index, isbn, isbn) for index, isbn in enumerate(self._isbns)]

    async def handle(self, item: Item) -> Result:
        isbn: str = item.value
        if isbn not in self._verdicts:
            if self._harvest is None:
                raise RuntimeError("the harvest was not prepared")
            try:
                self._verdicts[isbn] = await self._harvest.cover_of(isbn)
            except StorageAway:
                raise Park(clock.unix_s() + STORAGE_REST_S, "the storage of covers does not answer") from None
            await self._note_calls(every_s=NOTE_EVERY_S)
        return _result(item, self._verdicts[isbn])

    def failed(self, item: Item, code: str, message: str) -> Result:
        self._verdicts.setdefault(item.value, Verdict(ERROR, message))
        return _result(item, self._verdicts[item.value])

    def estimated_s(self, total: int) -> float:
        return 1.0 + total / conf.covers_rate()

    def summary(self) -> dict[str, Any]:
        left = sum(verdict.for_another_day for verdict in self._verdicts.values())
        return {**figures_of(self._verdicts.values()), **self._calls(), **({"leftForAnotherDay": left} if left else {})}

    async def close(self) -> None:
        self._ledger.cancel()
        await self._note_calls(every_s=0.0)
        await search.settled()

    @classmethod
    def ended(cls, payload: Any, how: Ended) -> None:
        run = Run.objects.filter(pk=payload["run"]).first()
        if run is None:
            return
        left = how.summary.get("leftForAnotherDay", 0) if how.state == "completed" else 0
        run.state = Run.State.STOPPED if left else _STATES[how.state]
        run.note = _note(how, left)
        run.ended_at = run.ended_at or timezone.now()
        calls = {name: how.summary[name] for name in ("calls", "pictures") if name in how.summary}
        run.figures = {**run.figures, **figures_of_run(run.pk), **calls}
        run.save(update_fields=["state", "note", "ended_at", "figures"])

    def _calls(self) -> dict[str, dict[str, int]]:
        """Calls and pictures of the whole run by source."""
        harvest = self._harvest
        ours = {"calls": harvest.asking.calls, "pictures": harvest.pictures} if harvest else {}
        return {name: dict(Counter(earlier) + ours.get(name, Counter())) for name, earlier in self._earlier.items()}

    async def _note_calls(self, *, every_s: float) -> None:
        """Write the calls down, so that they are known also of a turn that is killed."""
        now_s = clock.monotonic_s()
        if self._harvest is None or now_s - self._noted_s < every_s:
            return
        self._noted_s = now_s
        await in_db(_note_figures, self._run_id, self._calls())


def _taken_up(run_id: int) -> Run:
    """The run's record, which is running again where an operator retries its job. Raises: JobFailed."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise JobFailed("NOT_FOUND", "The record of this harvest is gone.")
    if run.state != Run.State.RUNNING:
        run.state, run.ended_at = Run.State.RUNNING, None
        try:
            run.save(update_fields=["state", "ended_at"])
        except IntegrityError:
            raise JobFailed("JOB_EXISTS", "Another harvest runs.", retryable=True) from None
    return run


def _note_figures(run_id: int, figures: dict[str, Any]) -> None:
    run = Run.objects.filter(pk=run_id).first()
    if run is not None:
        run.figures = {**run.figures, **figures}
        run.save(update_fields=["figures"])


def _note(how: Ended, left: int) -> str:
    if left:
        return f"Stopped inside the day's budget: {left} books are left for another day."
    return str((how.error or {}).get("message", ""))[:300]


def _result(item: Item, verdict: Verdict) -> Result:
    body = {
        "index": item.index,
        "isbn": item.value,
        "outcome": verdict.outcome,
        "source": verdict.source or None,
        "score": verdict.score,
        "reason": verdict.reason or None,
    }
    return Result(item.index, verdict.outcome != ERROR, verdict.outcome, exact_json.dumps(body))
