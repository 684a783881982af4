"""A worker's loop stands still between two tickets: nothing may be left going on in it. And what a worker waits for."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import worker
from tests.endurance.house import ROOT
from tests.functional.broken import Valkey

PATIENCE_S = 30.0


def test_what_a_turn_leaves_behind_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LEFT_S", 0.05)
    ended: list[float] = []
    calls: list[asyncio.Task[None]] = []

    async def call(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append(seconds)

    async def turn() -> None:
        calls.extend(asyncio.create_task(call(seconds)) for seconds in (0.01, 60))

    with asyncio.Runner() as loop:
        loop.run(worker.alone(turn()))
        assert ended == [0.01], "what is nearly done may end by itself"
        assert not asyncio.all_tasks(loop.get_loop()) and all(task.done() for task in calls)


def test_a_worker_waits_for_a_queue_that_cannot_be_written_to(tmp_path: Path) -> None:
    """Redis is a replica during a fail-over: RQ itself would end, and whoever starts it again would do so later each time."""
    said = tmp_path / "said.log"
    with Valkey(tmp_path) as valkey, said.open("wb") as log:
        valkey.client.replicaof("127.0.0.1", 1)
        env = {**os.environ, "REDIS_URL": valkey.url, "BOOKSTRACK_DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
        process = subprocess.Popen([sys.executable, "-m", "jobs.worker"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _soon(lambda: said.read_text().count("no jobs are taken") > 1, process)
            valkey.client.replicaof("NO", "ONE")
            _soon(lambda: bool(valkey.client.smembers("rq:workers")), process)
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0, said.read_text()


def _soon(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None and time.monotonic() < until_s
        time.sleep(0.05)
