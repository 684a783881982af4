"""A client that comes and goes 200 times hears every event once and in order, from two web processes. Source: spec 03."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.endurance.house import ROOT, House
from tests.endurance.test_kills import chance
from tests.endurance.watcher import Watcher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
EVENTS, A_SECOND = 2_000, 150
RECONNECTS = 200


async def test_two_hundred_reconnects(tmp_path: Path) -> None:
    dice, house = chance(), House(tmp_path / "house", {"BOOKSTRACK_WORKERS": "2", "BOOKSTRACK_JOB_WORKERS": "1"})
    house.start()
    try:
        publisher = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.publish", cwd=ROOT, env=house.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert publisher.stdin is not None and publisher.stdout is not None
        publisher.stdin.write(orjson.dumps({"jobs": 1, "events": EVENTS - 2, "rate": A_SECOND}) + b"\n")
        [(job_id, token)] = orjson.loads(await publisher.stdout.readline())
        url = house.url.replace("http", "ws")
        watchers = [
            Watcher(url, job_id, token, f"client {n}", leaves_after=random.Random(dice.random()), most_messages=16, pause_s=0.02)
            for n in range(3)
        ]
        publisher.stdin.write(b"\n")
        async with asyncio.timeout(120):
            await asyncio.gather(*(watcher.follow() for watcher in watchers))
            assert await publisher.wait() == 0
        for watcher in watchers:
            print(f"{watcher.name}: {watcher.opened} sockets, {watcher.seq} events, {dict(watcher.closes)}")
        assert [one for watcher in watchers for one in watcher.wrong] == []
        assert all(list(watcher.told) == list(range(1, EVENTS + 1)) for watcher in watchers)
        assert watchers[0].told == watchers[1].told == watchers[2].told
        assert min(watcher.opened for watcher in watchers) > RECONNECTS
        assert all(closed != 1006 for watcher in watchers for closed in watcher.closes)  # none was cut by the server
    finally:
        house.stop()
