"""SIGTERM while jobs run and sockets are open: clients are told to come back, and after the restart all goes on.

Source: spec 03, "Ends".
"""

import asyncio
import random
import sys
import time
from pathlib import Path

import pytest

from tests.endurance import drill
from tests.endurance.house import House
from tests.endurance.test_kills import chance, payload, report
from tests.endurance.watcher import Watcher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
ENDED_S = 10.0
SOCKETS = 5  # a job, and two more: of those that may be open one comes and goes


async def test_jobs_and_clients_go_on_after_a_restart(tmp_path: Path) -> None:
    dice, house = chance(), House(tmp_path / "house", {"BOOKSTRACK_WORKERS": "2"})
    house.start()
    try:
        cases = await drill.begin(house, dice, *(payload(tmp_path, str(n), 300, 0.1) for n in range(3)))
        url = house.url.replace("http", "ws")
        more = [Watcher(url, case.job_id, case.token, f"more {n}") for case in cases for n in range(SOCKETS)]
        following = [asyncio.create_task(one.follow()) for one in more]
        await asyncio.sleep(dice.uniform(1.5, 3.0))
        assert all(one.seq > 0 for one in more)
        began_s = time.monotonic()
        took_s = await asyncio.to_thread(house.stop)
        said = [dict(one.closes) for one in more]
        slowest_s = max((one.went_away_s or 0) - began_s for one in more)
        print(f"ended in {took_s:.1f} s; the last socket heard of it after {slowest_s:.2f} s")
        assert took_s <= ENDED_S
        assert all(closes.get("1001") == 1 and "1006" not in closes for closes in said), said
        await asyncio.to_thread(house.start)
        stuck = await drill.ended(cases, 60)
        await asyncio.wait(following, timeout=5)
        report(drill.Killer(house, random.Random()), cases)
        wrong = stuck or [one for case in cases for one in await case.wrong()]
        wrong += [problem for one in more for problem in one.wrong]
        assert not wrong, "\n".join([*wrong, house.said()[-5000:]])
        for case in cases:
            theirs = [one for one in more if one.job_id == case.job_id]
            assert all(one.told == case.watchers[0].told for one in theirs)
            assert case.again() == 0  # what was done was written before the worker ended
            assert case.watchers[0].longest_pause_s() <= drill.RESUMED_S
    finally:
        house.stop()
