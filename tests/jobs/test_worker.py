"""A worker's loop stands still between two tickets: nothing may be left going on in it. And what a worker waits for."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bookstrack.lib import redis
from jobs import queue, worker
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


def test_a_worker_that_waits_for_its_queue_ends_when_told(tmp_path: Path) -> None:
    said = tmp_path / "said.log"
    with Valkey(tmp_path) as valkey, said.open("wb") as log:
        valkey.client.replicaof("127.0.0.1", 1)
        env = {**os.environ, "REDIS_URL": valkey.url, "BOOKSTRACK_DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""}
        process = subprocess.Popen([sys.executable, "-m", "jobs.worker"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _soon(lambda: "no jobs are taken" in said.read_text(), process)
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0, said.read_text()


def test_a_worker_that_is_told_to_end_as_it_begins_takes_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal comes when it has told that it is there, and RQ does not listen yet."""
    begins = queue.JobWorker(redis.queue_client(), lambda: None)
    begun = begins.bootstrap

    def told_to_end(*args: Any) -> None:
        begun(*args)
        os.kill(os.getpid(), signal.SIGTERM)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(begins, "bootstrap", told_to_end)
    try:
        begins.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert not queue.states()[1], "it is not there any more"


def _soon(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None and time.monotonic() < until_s
        time.sleep(0.05)
