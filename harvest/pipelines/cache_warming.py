"""Cache warming: the very keys that clients ask, filled before they do. Source: spec 06, "Cache warming".

A thing of the list is an item. What is fresh is left as it is, so that a turn that was killed, or a run that is repeated, asks nobody
twice. Where today's calls are used up the run stops: what is left is for another day.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bookstrack.lib import exact_json
from bookstrack.lib.db import in_db
from harvest import conf
from harvest.cache_filling import warmed_keys, warming_lists
from harvest.cache_filling.warming_depth import Further, further
from harvest.cache_filling.warming_lists import AUTHOR, BOOK, ISBN, KEY, Thing, label_of
from harvest.models import Run
from jobs.pipeline import Done, Ended, Item, JobFailed, Pipeline, Queue, Result, Stage, Tell, WritePolicy
from search import services as search

LEFT_IN_A_ROW = 25  # answers that lack somebody whose calls are used up: then nothing more is asked
HITS_AT_ONCE = 2_000
AUTHORS_WAIT_S = 15.0  # with the last thing, for who the authors are: else the first hits ask
WARMED, FRESH, NOT_FOUND, FAILED, LEFT = "warmed", "fresh", "notFound", "failed", "left"
COUNTED = (WARMED, FRESH, NOT_FOUND, FAILED, LEFT)  # of keys
FIGURES = (*COUNTED, "rowsUnusable", "calls", "callsMade", "things", "depth")  # of a run
_STATES = {"completed": Run.State.DONE, "canceled": Run.State.CANCELED, "failed": Run.State.FAILED}


class CacheWarming(Pipeline):
    """Input: {run, list, depth, since, unusable}: the key of its record, the name of its list, 1..3, when it was asked for (unix
    seconds), rows of the file that named nothing."""

    name = "cache_warming"
    label = "Cache warming"
    queue = Queue.LOW
    collection = "warmed"
    stages = (Stage("reading what to warm", 0.02), Stage("warming the cache", 0.98))
    concurrency = conf.WARMED_IN_HAND
    item_timeout_s = 6 * 3600.0  # the works of hundreds of authors wait for their turns; each call has a limit of its own
    writes = WritePolicy(updates=5, seconds=5.0)
    read_whole = True  # the numbers of earlier turns are in the results

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self._depth: int = payload["depth"]
        self._refill = search.refill(share=conf.warming_budget_share(), concurrency=conf.WARMED_SINGLY)
        self._log = warmed_keys.KeyLog(payload["run"], self._refill.landed, self._figures)
        self._things: list[Thing] = []
        self._hits: dict[str, int] = {}  # by key, before anything was filled
        self._counts: Counter[str] = Counter()  # keys by what became of them, over all turns
        self._earlier: dict[str, Any] = {}  # figures as earlier turns left them
        self._done = 0  # things
        self._left_in_a_row = 0
        self._over = False
        self._ledger = asyncio.create_task(search.keep_ledger())

    async def prepare(self, tell: Tell) -> None:
        try:
            self._things = await asyncio.to_thread(warming_lists.read, self.payload["list"])
        except warming_lists.Gone:
            raise JobFailed("INVALID_FILE", "The list is not here any more: send it again.") from None
        self._earlier = await in_db(warmed_keys.taken_up, self.payload["run"])
        for start in range(0, len(self._things), HITS_AT_ONCE):
            some = self._things[start : start + HITS_AT_ONCE]
            await self._look_at_hits([asking for thing in some for asking in askings_of(self._refill, thing)])
            tell(0, start / len(self._things))

    def restored(self, done: Mapping[int, Done]) -> None:
        self._done = len(done)
        for one in done.values():
            self._counts.update(orjson.loads(one.body)["keys"])

    def items(self) -> Sequence[Item]:
        return [Item(index, label_of(thing), thing) for index, thing in enumerate(self._things)]

    async def handle(self, item: Item) -> Result:
        keys, problem = await self._warmed(item.value)
        self._counts.update(keys)
        self._done += 1
        if self._done >= len(self._things):
            await search.asked_who_wrote(within_s=AUTHORS_WAIT_S)
        status = next((name for name in (LEFT, FAILED, WARMED, NOT_FOUND) if keys[name]), FRESH)
        return _result(item, status, {name: keys[name] for name in COUNTED if keys[name]}, problem)

    def failed(self, item: Item, code: str, message: str) -> Result:
        self._counts[FAILED] += 1
        self._done += 1
        return _result(item, FAILED, {FAILED: 1}, message)

    def estimated_s(self, total: int) -> float:
        return 1.0 + total * 0.01

    def summary(self) -> dict[str, Any]:
        return self._figures()

    async def close(self) -> None:
        self._ledger.cancel()
        await self._refill.close()
        await self._log.close()
        await search.asked_who_wrote(within_s=0.0)
        await search.settled()

    @classmethod
    def ended(cls, payload: Any, how: Ended) -> None:
        left = how.summary.get(LEFT, 0) if how.state == "completed" else 0
        note = f"Stopped inside the day's budget: {left} keys are left for another day." if left else ""
        figures = {name: value for name, value in how.summary.items() if name in FIGURES}
        warmed_keys.closed(
            payload["run"], Run.State.STOPPED if left else _STATES[how.state], figures, note or str((how.error or {}).get("message", ""))
        )

    @classmethod
    def forget(cls, payload: Any) -> None:
        warming_lists.forget(payload["list"])

    # -- one thing
    async def _warmed(self, thing: Thing) -> tuple[Counter[str], str]:
        """What became of its keys, and of those that it leads to; why some could not be filled."""
        older_than = self.payload["since"] if thing[0] == KEY else None
        told = await self._filled(askings_of(self._refill, thing), older_than)
        more = further(told[0][1].data, thing, self._depth) if told and told[0][1] else Further()
        for level in (
            [self._refill.of_isbn(isbn) for isbn in more.isbns],
            [self._refill.of_author(name) for name in more.authors],
        ):
            if level:
                await self._look_at_hits(level)
                told += await self._filled(level, None)
        problem = next((one.problem for _, one in told if one and one.problem), "")
        return Counter(state for state, _ in told), problem

    async def _filled(self, askings: Sequence[search.Asking], older_than: float | None) -> list[tuple[str, search.Refilled | None]]:
        return list(await asyncio.gather(*(self._fill(asking, older_than) for asking in askings)))

    async def _fill(self, asking: search.Asking, older_than: float | None) -> tuple[str, search.Refilled | None]:
        if self._over:
            return LEFT, None
        told = await self._refill.ask(asking, older_than=older_than)
        if told.quota_until is not None:
            self._left_in_a_row += 1
            self._over = self._over or self._left_in_a_row >= LEFT_IN_A_ROW
            return LEFT, told
        if told.state == "filled":
            self._left_in_a_row = 0
            await self._log.note({key: self._hits.get(key, 0) for key in told.keys})
            return WARMED if told.found else NOT_FOUND, told
        return FRESH if told.state in ("fresh", "kept") else FAILED, told

    async def _look_at_hits(self, askings: Sequence[search.Asking]) -> None:
        keys = [key for asking in askings for key in self._refill.keys_of(asking) if key not in self._hits]
        self._hits |= await in_db(search.hits_of, keys)

    def _figures(self) -> dict[str, Any]:
        calls = Counter(self._earlier.get("calls", {})) + Counter(self._refill.calls)
        numbers = {name: self._counts[name] for name in COUNTED}
        more = {"rowsUnusable": self.payload["unusable"], "calls": dict(calls), "callsMade": calls.total()}
        return {**numbers, **more, "things": len(self._things), "depth": self._depth}


def askings_of(refill: "search.Refill", thing: Thing) -> list[search.Asking]:
    """The keys of a thing of the list, with the questions that fill them."""
    kind = thing[0]
    if kind == ISBN:
        return [refill.of_isbn(thing[1])]
    if kind == BOOK:
        return refill.of_book(thing[1], thing[2])
    if kind == AUTHOR:
        return [refill.of_author(thing[1])]
    return [search.Asking(thing[1], thing[2])]


def _result(item: Item, status: str, keys: dict[str, int], problem: str) -> Result:
    body: dict[str, Any] = {"index": item.index, "kind": item.value[0], "label": item.label, "status": status, "keys": keys}
    if problem:
        body["error"] = problem
    return Result(item.index, status in (WARMED, FRESH, NOT_FOUND), status, exact_json.dumps(body))
