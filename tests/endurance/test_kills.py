"""kill -9 of a worker, the web process, the scheduler or Redis at random moments: every job ends right. Source: spec 08, "Endurance".

`make endurance` kills 50 times; `DRILL_SEED` repeats a run, `DRILL_KILLS` sets how often.
"""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import pytest

from tests.endurance import drill
from tests.endurance.house import House
from tests.endurance.outside import silent_catalogue
from tests.endurance.watcher import Watcher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


def chance() -> random.Random:
    """The run's own dice; its seed is printed."""
    seed = int(os.environ.get("DRILL_SEED") or random.randrange(10**6))
    print(f"DRILL_SEED={seed}")
    return random.Random(seed)


def payload(folder: Path, name: str, count: int, delay_s: float) -> dict[str, object]:
    return {"count": count, "delay_s": delay_s, "trail": str(folder / f"trail-{name}")}


def report(killer: drill.Killer, cases: list[drill.Case]) -> None:
    print(f"{len(killer.kills)} kills: {', '.join(killer.kills)}")
    for case in cases:
        closes = [dict(watcher.closes) for watcher in case.watchers]
        pauses = f"{case.watchers[0].longest_pause_s():.1f} s"
        print(f"{case.job_id[:6]}: {case.watchers[0].seq} events, longest pause {pauses}, {case.again()} items again, sockets met {closes}")


def judged(killer: drill.Killer, cases: list[drill.Case], house: House, wrong: list[str]) -> None:
    """Nothing may be wrong, and no pause too long."""
    assert not wrong, "\n".join([*wrong, house.said()[-5000:]])
    assert max(case.watchers[0].longest_pause_s() for case in cases) <= drill.RESUMED_S


async def test_each_kind_is_killed_once(tmp_path: Path) -> None:
    """A worker dies first, so that its lease runs out while the others are killed."""
    dice = chance()
    async with silent_catalogue() as settings:
        house = House(tmp_path / "house", settings)
        await asyncio.to_thread(house.start)
        try:
            killer = drill.Killer(house, dice)
            cases = await drill.begin(house, dice, *(payload(tmp_path, str(n), 300, 0.1) for n in range(2)))
            cases.append(await drill.begin_enrichment(house, dice, 400))
            await asyncio.sleep(dice.uniform(0.5, 1.0))
            for kind in ("worker", *dice.sample(["web", "redis", "scheduler"], 3)):
                await killer.kill(kind)
                await asyncio.sleep(dice.uniform(0.2, 2.0))
            stuck = await drill.ended(cases, 60)
            report(killer, cases)
            judged(killer, cases, house, stuck or [one for case in cases for one in await case.wrong()])
        finally:
            await asyncio.to_thread(house.stop)


async def test_clients_of_a_killed_web_process_find_their_places_free(tmp_path: Path) -> None:
    """As many as a job may have: all come back at once, while the dead process cannot say that they left."""
    dice, house = chance(), House(tmp_path / "house", {"BOOKSTRACK_WORKERS": "2", "PROGRESS_SOCKETS_PER_JOB": "10"})
    house.start()
    try:
        [(job_id, token)] = await house.start_jobs(payload(tmp_path, "0", 200, 0.1))
        watchers = [Watcher(house.url.replace("http", "ws"), job_id, token, f"client {n}") for n in range(10)]
        following = [asyncio.create_task(watcher.follow()) for watcher in watchers]
        await asyncio.sleep(2)
        for pid in house.pids("web"):
            house.kill(pid)
        await asyncio.wait(following, timeout=60)
        print([dict(watcher.closes) for watcher in watchers])
        assert [problem for watcher in watchers for problem in watcher.wrong] == [], dice
        assert all(watcher.last and watcher.last["type"] == "job_complete" and watcher.closes["1006"] for watcher in watchers)
    finally:
        house.stop()


@pytest.mark.endurance
async def test_killed_all_the_time(tmp_path: Path) -> None:
    """Jobs are started one after another while a random process is killed every few seconds."""
    dice, count = chance(), int(os.environ.get("DRILL_KILLS") or 50)
    async with silent_catalogue() as settings:
        house = House(tmp_path / "house", settings)
        await asyncio.to_thread(house.start)
        try:
            killer, cases = drill.Killer(house, dice), list[drill.Case]()
            while len(killer.kills) < count:
                while sum(case.runs for case in cases) < 3:
                    work = payload(tmp_path, str(len(cases)), dice.randint(200, 800), dice.choice([0.05, 0.2]))
                    if dice.random() < 0.3:
                        cases.append(await drill.begin_enrichment(house, dice, dice.randint(200, 1_500)))
                    else:
                        cases += await drill.begin(house, dice, work)
                await asyncio.sleep(dice.uniform(0.2, 6.0))
                await killer.kill_any()
            killed_s = time.monotonic()
            stuck = await drill.ended(cases, 180)
            report(killer, cases)
            print(f"all have ended {time.monotonic() - killed_s:.0f} s after the last kill")
            judged(killer, cases, house, stuck or [one for case in cases for one in await case.wrong()])
        finally:
            await asyncio.to_thread(house.stop)
