"""The way of progress from the log to its clients, measured: `python -m benchmarks.progress [--seconds S]`.

Events are published by a process of their own (`benchmarks.publish`) and heard by another (`benchmarks.listen`). `--seconds` is how long
1,000 sockets are held for the row about leaks: 60, and 600 for the ten minutes of spec 08.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks import stage
from benchmarks.sizes import memory_row, resident_mb, row

WEB = "bookstrack.web"
JOBS, SOCKETS_A_JOB, RATE = 100, 10, 4.0  # 4,000 deliveries a second
LOAD_S = 15
LEAK_MB = 3.0
SETTINGS = {"PROGRESS_SOCKETS_PER_CLIENT": "5000", "SEARCH_PROVIDERS": "catalogue"}


class Helper:
    """A process that is told and answers by lines."""

    def __init__(self, module: str, asked: dict[str, Any], env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=stage.ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.tell(orjson.dumps(asked))

    def tell(self, line: bytes = b"") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self) -> bytes:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a helper of the benchmark died")
        return line


@dataclass(frozen=True)
class Outcome:
    """What was published and what was heard of it."""

    heard: dict[str, Any]
    expected: int
    before_mb: float
    idle_mb: float
    busy_mb: list[float]  # by time

    def delay_ms(self, share: float) -> float:
        delays: list[float] = self.heard["delays_ms"]
        return delays[min(len(delays) - 1, int(len(delays) * share))]

    @property
    def whole(self) -> bool:
        return self.heard["heard"] == self.expected and not self.heard["lost"] and not self.heard["doubled"]


def measured(on: stage.Stage, env: dict[str, str], *, jobs: int, sockets_a_job: int, rate: float, seconds: float) -> Outcome:
    """Publish events to sockets that are all open, until the server has closed them."""
    count = int(seconds * rate)
    publisher = Helper("benchmarks.publish", {"jobs": jobs, "events": count, "rate": rate}, env)
    made = orjson.loads(publisher.answer())
    before_mb = max(resident_mb(on, WEB))
    port = int(on.server_url.rpartition(":")[2])
    sockets = [job for job in made for _ in range(sockets_a_job)]
    listener = Helper("benchmarks.listen", {"host": "127.0.0.1", "port": port, "sockets": sockets}, env)
    listener.answer()
    time.sleep(1)
    idle_mb = max(resident_mb(on, WEB))
    publisher.tell()
    busy_mb = []
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        time.sleep(min(5.0, seconds / 4))
        busy_mb.append(max(resident_mb(on, WEB)))
    heard = orjson.loads(listener.answer())
    publisher.process.wait(30)
    return Outcome(heard, len(sockets) * (count + 2), before_mb, idle_mb, busy_mb)


def one_socket(on: stage.Stage, env: dict[str, str]) -> None:
    outcome = measured(on, env, jobs=1, sockets_a_job=1, rate=20, seconds=20)
    p50 = outcome.delay_ms(0.5)
    row("push to client, one socket, p50", f"{p50:.2f} ms", "2 ms", f"p99 {outcome.delay_ms(0.99):.2f} ms", p50 <= 2 and outcome.whole)


def many_sockets(on: stage.Stage, env: dict[str, str]) -> None:
    outcome = measured(on, env, jobs=JOBS, sockets_a_job=SOCKETS_A_JOB, rate=RATE, seconds=LOAD_S)
    heard, sockets, p99 = outcome.heard, JOBS * SOCKETS_A_JOB, outcome.delay_ms(0.99)
    row(
        f"push to client, {sockets:,} sockets, {sockets * RATE:,.0f} deliveries/s for {LOAD_S} s, p99", f"{p99:.1f} ms", "80 ms",
        f"p50 {outcome.delay_ms(0.5):.1f} ms", p99 <= 80,
    )  # fmt: skip
    told = f"{heard['heard']:,} of {outcome.expected:,}"
    row("… heard once each", told, "none lost, none doubled", f"{heard['lost']} lost, {heard['doubled']} doubled", outcome.whole)
    for what, size in (("idle", outcome.idle_mb), ("busy", max(outcome.busy_mb))):
        each_kb = (size - outcome.before_mb) * 1024 / sockets
        row(f"memory a socket, {what}", f"{each_kb:.1f} KB", "40 KB", f"{outcome.before_mb:.0f} MB before", each_kb <= 40)


def held(on: stage.Stage, env: dict[str, str], seconds: int) -> None:
    outcome = measured(on, env, jobs=JOBS, sockets_a_job=SOCKETS_A_JOB, rate=RATE, seconds=seconds)
    third = max(1, len(outcome.busy_mb) // 3)
    early, late = max(outcome.busy_mb[:third]), max(outcome.busy_mb[-third:])
    told = f"{early:.1f} MB in the first third, {late:.1f} in the last; heard {outcome.heard['heard']:,} of {outcome.expected:,}"
    holds = outcome.whole and late - early <= LEAK_MB
    row(f"{JOBS * SOCKETS_A_JOB:,} sockets held for {seconds} s, with jobs running", told, "no leak", f"{late - early:+.1f} MB", holds)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the progress channel.")
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as data:
        settings = SETTINGS | {"BOOKSTRACK_DATA_DIR": data}
        env = {**os.environ, **settings}
        with stage.running(**settings) as on:
            one_socket(on, env)
            many_sockets(on, env)
            held(on, env, seconds)
            memory_row(on, "web process after these", WEB)


if __name__ == "__main__":
    main()
