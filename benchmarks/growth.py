"""What ten times as much costs: `python -m benchmarks.growth [--rounds N]`. Requests, jobs, sockets, rows: ten times the time at most.

Time is that of the clock for requests, jobs and rows, the best of some rounds; for sockets, which are paced, the processor time of the web
process. Memory is that of the largest worker.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from benchmarks import stage
from benchmarks.child import child
from benchmarks.hot import request, sample_targets
from benchmarks.imports import export, imported
from benchmarks.progress import SETTINGS, measured
from benchmarks.sizes import WEB, WORKER, cpu_s, resident_mb
from benchmarks.table import run, tell

TIMES = 10
NOISE = 1.1  # a measured ratio of what is ten is up to this much more
REQUESTS, JOBS, SOCKETS, ROWS = 5_000, 10, 100, 5_000  # of the smaller amounts
ROWS_A_JOB, JOBS_AT_ONCE = 50, 10
FLAT = 1.25  # times the memory, at most, of a worker that reads ten times as many rows
SOCKETS_A_JOB, EVENTS_S, HEARD_S = 10, 4.0, 10.0


@dataclass(frozen=True)
class Grown:
    """Seconds of the smaller and of the larger amount."""

    less_s: float
    more_s: float

    def tell(self, what: str, amount: int) -> None:
        ratio = self.more_s / self.less_s
        tell(
            f"Cost growth: {amount * TIMES:,} {what}", f"{self.more_s:.2f} s", must=f"≤ {TIMES} x",
            reference=f"{amount:,}: {self.less_s:.2f} s", ratio=f"{ratio:.1f} x", holds=ratio <= TIMES * NOISE,
        )  # fmt: skip


def grown(rounds: int, took_s: Callable[[int], float], amount: int) -> Grown:
    """The best of some rounds of each amount, in turn."""
    pairs = [(took_s(amount), took_s(amount * TIMES)) for _ in range(rounds)]
    return Grown(min(less for less, _ in pairs), min(more for _, more in pairs))


def requests(on: stage.Stage, rounds: int) -> None:
    """Warm searches of 64 clients: as many as it takes."""
    targets = sample_targets()[0][:1]
    with child("benchmarks.load") as load:

        def took_s(amount: int) -> float:
            told = load.ask({"port": on.port, "connections": 64, "requests": [request(targets[0])], "count": amount})
            return float(told["seconds"])

        took_s(REQUESTS)
        grown(rounds, took_s, REQUESTS).tell("warm searches", REQUESTS)


async def jobs_took_s(on: stage.Stage, amount: int) -> float:
    """Seconds until as many imports of a small file have ended, ten at a time."""
    turn = asyncio.Semaphore(JOBS_AT_ONCE)
    async with httpx.AsyncClient(timeout=120) as client:

        async def one(number: int) -> None:
            async with turn:
                await imported(on, client, export(ROWS_A_JOB, number), ROWS_A_JOB)

        began_s = time.perf_counter()
        await asyncio.gather(*(one(number) for number in range(amount)))
        return time.perf_counter() - began_s


async def rows_took_s(on: stage.Stage, amount: int) -> float:
    async with httpx.AsyncClient(timeout=120) as client:
        return (await imported(on, client, export(amount, 1), amount))[1]


def rows(on: stage.Stage, rounds: int) -> None:
    """Rows of one import, and what its worker holds."""
    most_mb: dict[int, float] = {}

    def took_s(amount: int) -> float:
        took = asyncio.run(rows_took_s(on, amount))
        most_mb.setdefault(amount, max(resident_mb(on, WORKER).values()))  # of the first round: what was taken is not given back
        return took

    grown(rounds, took_s, ROWS).tell("rows of an import", ROWS)
    less, more = most_mb[ROWS], most_mb[ROWS * TIMES]
    ratio, must = more / less, f"flat: ≤ {FLAT} x"
    tell("… its worker's memory", f"{more:.0f} MB", must=must, reference=f"{less:.0f} MB", ratio=f"{ratio:.2f} x", holds=ratio <= FLAT)


def sockets(on: stage.Stage) -> None:
    """Sockets that all hear four events a second."""
    env = {**os.environ, **SETTINGS, "BOOKSTRACK_DATA_DIR": on.data_dir}

    def took_s(amount: int) -> float:
        before_s = cpu_s(on, WEB)
        outcome = measured(on, env, jobs=amount // SOCKETS_A_JOB, sockets_a_job=SOCKETS_A_JOB, rate=EVENTS_S, seconds=HEARD_S)
        if not outcome.whole:
            raise SystemExit(f"of {outcome.expected} events {outcome.heard['heard']} were heard")
        return cpu_s(on, WEB) - before_s

    grown(1, took_s, SOCKETS).tell(f"sockets, {EVENTS_S:.0f} events/s each, CPU of the web process", SOCKETS)


def main() -> None:
    parser = argparse.ArgumentParser(description="What ten times as much costs.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with stage.alone(None, **SETTINGS) as on:
        requests(on, rounds)
        grown(rounds, lambda amount: asyncio.run(jobs_took_s(on, amount)), JOBS).tell("jobs", JOBS)
        sockets(on)
        rows(on, rounds)


if __name__ == "__main__":
    raise SystemExit(run("Cost growth", main))
