"""The way of progress from the log to its clients, measured: `python -m benchmarks.progress [--seconds S]`.

Events are published by a process of their own (`benchmarks.publish`) and heard by another (`benchmarks.listen`). `--seconds` is how long
1,000 sockets are held for the row about leaks: 60, and 600 for the ten minutes of spec 08.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks import stage
from benchmarks.child import Child
from benchmarks.sizes import WEB, memory_row, resident_mb
from benchmarks.table import run, tell

JOBS, SOCKETS_A_JOB, RATE = 100, 10, 4.0  # 4,000 deliveries a second
LOAD_S = 15
LEAK_MB = 3.0
SETTINGS = {"PROGRESS_SOCKETS_PER_CLIENT": "5000", "SEARCH_PROVIDERS": "catalogue"}
SOCKET_KB = 40  # of memory


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
    publisher, listener = Child("benchmarks.publish", env), Child("benchmarks.listen", env)
    made = publisher.ask({"jobs": jobs, "events": count, "rate": rate})
    before_mb = _web_mb(on)
    sockets = [job for job in made for _ in range(sockets_a_job)]
    listener.tell(orjson.dumps({"host": "127.0.0.1", "port": on.port, "sockets": sockets}))
    listener.answer()
    time.sleep(1)
    idle_mb = _web_mb(on)
    publisher.tell()
    busy_mb = []
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        time.sleep(min(5.0, seconds / 4))
        busy_mb.append(_web_mb(on))
    heard = orjson.loads(listener.answer())
    publisher.process.wait(30)
    return Outcome(heard, len(sockets) * (count + 2), before_mb, idle_mb, busy_mb)


def _web_mb(on: stage.Stage) -> float:
    return max(resident_mb(on, WEB).values())


def one_socket(on: stage.Stage, env: dict[str, str]) -> None:
    outcome = measured(on, env, jobs=1, sockets_a_job=1, rate=20, seconds=20)
    p50 = outcome.delay_ms(0.5)
    shown = f"{p50:.2f} / {outcome.delay_ms(0.99):.2f} ms"
    tell("Push to client, one socket, p50 / p99", shown, must="p50 ≤ 2 ms", holds=p50 <= 2 and outcome.whole)


def many_sockets(on: stage.Stage, env: dict[str, str]) -> None:
    outcome = measured(on, env, jobs=JOBS, sockets_a_job=SOCKETS_A_JOB, rate=RATE, seconds=LOAD_S)
    heard, sockets, p99 = outcome.heard, JOBS * SOCKETS_A_JOB, outcome.delay_ms(0.99)
    what = f"Push to client, {sockets:,} sockets, {sockets * RATE:,.0f} deliveries/s for {LOAD_S} s, p50 / p99"
    tell(what, f"{outcome.delay_ms(0.5):.1f} / {p99:.1f} ms", must="p99 ≤ 80 ms", holds=p99 <= 80)
    told = f"{heard['heard']:,} of {outcome.expected:,}; {heard['lost']} lost, {heard['doubled']} doubled"
    tell("… heard once each", told, must="none lost", holds=outcome.whole)
    for what, size in (("idle", outcome.idle_mb), ("busy", max(outcome.busy_mb))):
        each_kb = (size - outcome.before_mb) * 1024 / sockets
        tell(f"… memory a socket, {what}", f"{each_kb:.1f} KB", must=f"≤ {SOCKET_KB} KB", holds=each_kb <= SOCKET_KB)


def held(on: stage.Stage, env: dict[str, str], seconds: int) -> None:
    outcome = measured(on, env, jobs=JOBS, sockets_a_job=SOCKETS_A_JOB, rate=RATE, seconds=seconds)
    third = max(1, len(outcome.busy_mb) // 3)
    early, late = max(outcome.busy_mb[:third]), max(outcome.busy_mb[-third:])
    told = f"{late:.1f} MB in the last third; heard {outcome.heard['heard']:,} of {outcome.expected:,}"
    tell(
        f"{JOBS * SOCKETS_A_JOB:,} sockets held for {seconds} s, with jobs running", told, must="no leak",
        reference=f"{early:.1f} MB in the first third", ratio=f"{late - early:+.1f} MB", holds=outcome.whole and late - early <= LEAK_MB,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the progress channel.")
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as data:
        settings = SETTINGS | {"BOOKSTRACK_DATA_DIR": data}
        env = {**os.environ, **settings}
        with stage.alone(None, **settings) as on:
            one_socket(on, env)
            many_sockets(on, env)
            held(on, env, seconds)
            memory_row(on, "Web process after these", WEB)


if __name__ == "__main__":
    raise SystemExit(run("Progress channel", main))
