"""Kills processes of a house while jobs run in it, and checks every job by those who watched it and by its results."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bookstrack.lib.processes import HEALTHY_AFTER_S
from tests.endurance.house import House
from tests.endurance.watcher import Watcher

RESUMED_S = 30.0  # spec 08
WEIGHTS = {"worker": 4, "web": 3, "redis": 2, "scheduler": 1}


@dataclass
class Case:
    """A job with its watchers."""

    house: House
    count: int  # items
    member: str  # of the results that holds them
    trail: Path | None  # each item that is done leaves a line there
    job_id: str
    token: str
    chance: random.Random
    watchers: list[Watcher] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    moments: dict[int, float] = field(default_factory=dict)

    def watch(self) -> None:
        """One who stays as long as the server lets it, and one who comes and goes."""
        url = self.house.url.replace("http", "ws")
        short = self.job_id[:6]
        self.watchers = [
            Watcher(url, self.job_id, self.token, f"{short} stays"),
            Watcher(url, self.job_id, self.token, f"{short} comes and goes", leaves_after=self.chance),
        ]
        self.task = asyncio.create_task(self._watched())

    async def _watched(self) -> None:
        await asyncio.gather(*(watcher.follow() for watcher in self.watchers))

    @property
    def runs(self) -> bool:
        return self.task is not None and not self.task.done()

    async def wrong(self) -> list[str]:
        """Everything that is not as it must be, once the job has ended."""
        late = Watcher(self.house.url.replace("http", "ws"), self.job_id, self.token, f"{self.job_id[:6]} comes late")
        await asyncio.wait_for(late.follow(), 20)
        everybody = [*self.watchers, late]
        found = [one for watcher in everybody for one in watcher.wrong]
        count = self.count
        for watcher in everybody:
            if watcher.last is None or watcher.last["type"] != "job_complete":
                found.append(f"{watcher.name}: ends with {watcher.last}")
            elif watcher.last["payload"]["summary"]["totalProcessed"] != count:
                found.append(f"{watcher.name}: {watcher.last['payload']['summary']} of {count}")
            found += [f"{watcher.name}: another frame at {seq}" for seq, frame in watcher.told.items() if late.told.get(seq) != frame]
            if len(watcher.told) != len(late.told):
                found.append(f"{watcher.name}: {len(watcher.told)} events, the log has {len(late.told)}")
        return found + await self._wrong_results()

    async def _wrong_results(self) -> list[str]:
        count = self.count
        headers, indexes = {"Authorization": f"Bearer {self.token}"}, []
        async with httpx.AsyncClient(base_url=self.house.url, timeout=20, headers=headers) as client:
            while True:
                reply = await client.get(f"/v1/jobs/{self.job_id}/results", params={"limit": 500, "offset": len(indexes)})
                if reply.status_code != 200:
                    return [f"{self.job_id[:6]}: results answer {reply.status_code}: {reply.text[:200]}"]
                data = reply.json()["data"]
                indexes += [book["index"] for book in data[self.member]]
                if not data["pagination"]["hasMore"]:
                    break
        found = [] if data["status"] == "completed" else [f"{self.job_id[:6]} is {data['status']}"]
        if indexes != list(range(count)):
            missing, twice = set(range(count)) - set(indexes), [index for index, times in Counter(indexes).items() if times > 1]
            found.append(f"{self.job_id[:6]}: results lack {sorted(missing)[:20]}, hold {twice[:20]} more than once")
        return found

    def again(self) -> int:
        """Items that were done more than once: what was in hand at a kill."""
        return len(self.trail.read_text().split()) - self.count if self.trail else 0


class Killer:
    """Kills one process after another, and notes which."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.house, self.chance = house, chance
        self.began_s = time.monotonic()
        self.kills: list[str] = []
        self._early: set[str] = set()  # kinds whose last killed process was a young one

    async def kill(self, kind: str) -> None:
        """Kill one process of that kind; where it is just being started again, wait for it."""
        while not (pids := self.house.pids(kind)):
            await asyncio.sleep(0.1)
        self._kill(kind, self.chance.choice(pids))

    async def kill_any(self) -> None:
        """Kill some process.

        Not the same again and again in its youth: the supervisor takes that for a broken program, and starts it later each time.
        """
        while True:
            kind = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            old = [pid for pid in self.house.pids(kind) if self.house.age_s(pid) > HEALTHY_AFTER_S + 0.5]
            young = [] if old or kind in self._early or self.chance.random() < 0.7 else self.house.pids(kind)
            if old or young:
                (self._early.discard if old else self._early.add)(kind)
                self._kill(kind, self.chance.choice(old or young))
                return
            await asyncio.sleep(0.1)

    def _kill(self, kind: str, pid: int) -> None:
        self.house.kill(pid)
        self.kills.append(f"{kind} at {time.monotonic() - self.began_s:.1f} s")


async def begin(house: House, chance: random.Random, *payloads: dict[str, Any]) -> list[Case]:
    """Start jobs of the drill's own pipeline and watch them."""
    started = await house.start_jobs(*payloads)
    cases = [
        Case(house, payload["count"], "books", Path(payload["trail"]), job_id, token, random.Random(chance.random()))
        for payload, (job_id, token) in zip(payloads, started, strict=True)
    ]
    for case in cases:
        case.watch()
    return cases


async def begin_enrichment(house: House, chance: random.Random, count: int) -> Case:
    """POST a batch of books that nobody knows until it is taken, with one Idempotency-Key, and watch it."""
    books = [{"title": f"Unheard of {chance.randbytes(6).hex()}", "author": "Nobody"} for _ in range(count)]
    key = chance.randbytes(16).hex()
    async with httpx.AsyncClient(base_url=house.url, timeout=20) as client:
        while True:
            try:
                reply = await client.post("/v1/enrichment/batch", json={"books": books}, headers={"Idempotency-Key": key})
            except httpx.TransportError:  # the web process is dead: what became of it shows when it is asked again
                await asyncio.sleep(0.2)
                continue
            if reply.status_code != 503:
                break
            await asyncio.sleep(0.2)
    assert reply.status_code == 202, reply.text
    data = reply.json()["data"]
    case = Case(house, count, "enrichedBooks", None, data["jobId"], data["token"], random.Random(chance.random()))
    case.watch()
    return case


async def ended(cases: list[Case], within_s: float) -> list[str]:
    """Wait until all jobs have ended for all who watch; those that did not."""
    tasks = [case.task for case in cases if case.task is not None]
    done, pending = await asyncio.wait(tasks, timeout=within_s)
    for task in done:
        task.result()
    stuck = []
    for case in cases:
        if case.task in pending:
            late = [one for one in case.watchers if not one.last]
            stuck += [f"{one.name} is stuck at {one.seq} ({one.progress:.2f}), met {dict(one.closes)}" for one in late]
            case.task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return stuck
