"""Jobs, measured: `python -m benchmarks.jobs [--runs N] [--pairs N]`. Starting one, and enriching batches of books.

Every figure is by the clock of a client that POSTs and then follows the job by a socket. Each batch is of books that nobody asked for.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import connect

from benchmarks import stage
from benchmarks.sizes import WEB, WORKER, memory_row
from benchmarks.table import run, tell

STARTS = 30
LARGE = 1_500


@dataclass(frozen=True)
class Run:
    """One job as its client saw it, in ms from before the POST."""

    started_ms: float
    progress_ms: float
    ended_ms: float
    summary: dict[str, Any]
    calls: dict[str, int]

    @property
    def counted_calls(self) -> int:
        return sum(self.calls.values())


async def enriched(on: stage.Stage, client: httpx.AsyncClient, isbns: list[str]) -> Run:
    """Enrich books and follow the job to its end."""
    await asyncio.to_thread(on.reset)
    body = orjson.dumps({"books": [{"isbn": isbn} for isbn in isbns]})
    moments: dict[str, float] = {}
    began = time.perf_counter()
    reply = await client.post(f"{on.server_url}/v1/enrichment/batch", content=body, headers={"Content-Type": "application/json"})
    if reply.status_code != 202:
        raise SystemExit(f"the start of a job answered {reply.status_code}: {reply.text[:300]}")
    data = reply.json()["data"]
    headers = {"Authorization": f"Bearer {data['token']}"}
    async with connect(data["websocketUrl"], additional_headers=headers, compression=None, max_queue=None) as socket:
        async for frame in socket:
            message = orjson.loads(frame)
            moments.setdefault(message["type"], (time.perf_counter() - began) * 1000)
            if message["type"] in ("job_complete", "error"):
                break
    if message["type"] != "job_complete":
        raise SystemExit(f"a job failed: {message}")
    ended = moments["job_complete"]
    progress = min(moments.get("job_progress", ended), ended)
    return Run(moments["job_started"], progress, ended, message["payload"]["summary"], await asyncio.to_thread(on.calls))


def books(count: int) -> list[str]:
    """ISBNs that nobody has asked for yet."""
    return [stage.isbn13(number) for number in stage.fresh_books(count)]


async def starts(on: stage.Stage, client: httpx.AsyncClient) -> None:
    runs = [await enriched(on, client, books(1)) for _ in range(STARTS)]
    for what, moments in (("its start", [one.started_ms for one in runs]), ("its first progress", [one.progress_ms for one in runs])):
        moments.sort()
        p95 = moments[int(len(moments) * 0.95)]
        p50 = statistics.median(moments)
        shown = f"{p50:.0f} / {p95:.0f} ms"
        tell(f"Start of a job: POST to {what} at the client, p50 / p95 of {STARTS}", shown, must="≤ 150 ms", holds=p95 <= 150)


async def hundreds(on: stage.Stage, client: httpx.AsyncClient, count: int) -> None:
    """100 books: all known, then a fifth unknown to each provider in turn."""
    await batches(on, client, count, "100 books by ISBN, all known", 400, 6)
    for provider in stage.DELAYS_MS:
        on.control.post(f"{on.stand_in_url}/__config", json={f"miss_{provider}": 0.2}).raise_for_status()
        await batches(on, client, count, f"… a fifth unknown to {provider}", 700, 30)
        on.control.post(f"{on.stand_in_url}/__config", json={f"miss_{provider}": 0}).raise_for_status()


async def batches(on: stage.Stage, client: httpx.AsyncClient, count: int, what: str, limit_ms: float, limit_calls: int) -> None:
    runs = [await enriched(on, client, books(100)) for _ in range(count)]
    median, worst = statistics.median(one.ended_ms for one in runs), max(one.ended_ms for one in runs)
    shown = f"{median:.0f} ms, at most {worst:.0f} ms"
    tell(f"{what}, median of {count}", shown, must=f"≤ {limit_ms:.0f} ms", holds=median <= limit_ms)
    most = max(runs, key=lambda one: one.counted_calls)
    found = min(one.summary["successCount"] for one in runs)
    told = f"{most.counted_calls}: {stage.shown(most.calls)}; at least {found} found"
    tell("… calls", told, must=f"≤ {limit_calls}", holds=most.counted_calls <= limit_calls)


async def large(on: stage.Stage, quiet: stage.Stage, client: httpx.AsyncClient, pairs: int) -> None:
    """1,500 books with progress and without, in turn."""
    loud_runs, quiet_runs = [], []
    for _ in range(pairs):
        loud_runs.append(await enriched(on, client, books(LARGE)))
        quiet_runs.append(await enriched(quiet, client, books(LARGE)))
    ours = statistics.median(one.ended_ms for one in loud_runs)
    # the lower quartile: what else the machine does only adds to a run
    loud, without = (statistics.quantiles([one.ended_ms for one in runs], n=4)[0] for runs in (loud_runs, quiet_runs))
    calls = max(one.counted_calls for one in loud_runs)
    tell(f"{LARGE:,} books by ISBN, median of {pairs}", f"{ours / 1000:.1f} s", must="≤ 4 s", holds=ours <= 4_000)
    tell("… calls", f"{calls}: {stage.shown(loud_runs[-1].calls)}", must="≤ 40", holds=calls <= 40)
    costs = loud / without - 1
    tell(
        "… what telling progress costs, lower quartiles", f"{loud:.0f} ms", must="≤ 5 %", reference=f"without {without:.0f} ms",
        ratio=f"{costs:+.1%}", holds=costs <= 0.05,
    )  # fmt: skip


async def measured(runs: int, pairs: int) -> None:
    """`runs`: batches of 100 of a kind; `pairs`: large batches with and without progress, in turn."""
    async with httpx.AsyncClient(timeout=60) as client:
        with stage.running() as on:
            await enriched(on, client, books(1))  # opens connections
            await hundreds(on, client, runs)
            with stage.running(PIPELINE_PACKAGES="benchmarks.quiet") as quiet:
                await enriched(quiet, client, books(1))
                await large(on, quiet, client, pairs)
            await starts(on, client)
            memory_row(on, "Workers after these", WORKER)
            memory_row(on, "Web process after these", WEB)


def main() -> Coroutine[object, object, None]:
    parser = argparse.ArgumentParser(description="Starting and running jobs.")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=12)
    options = parser.parse_args()
    return measured(options.runs, options.pairs)


if __name__ == "__main__":
    raise SystemExit(run("Jobs", main))
