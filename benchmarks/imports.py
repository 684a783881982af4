"""CSV import, measured: `python -m benchmarks.imports [--runs N]`. 50,000 rows without enrichment, from the POST to the last event.

The file has ten columns, as a Goodreads export cut to what most people fill in. Rows a second count from the job's first event to its
last; the worker's memory is compared with what it held before.
"""

import argparse
import asyncio
import csv
import io
import random
import statistics
import time
from collections.abc import Coroutine

import httpx
import orjson
from websockets.asyncio.client import connect

from benchmarks import stage
from benchmarks.sizes import WORKER, resident_mb
from benchmarks.table import run, tell

ROWS = 50_000
HEADER = (
    "Book Id", "Title", "Author", "ISBN13", "My Rating", "Publisher", "Number of Pages", "Date Read", "Bookshelves", "Exclusive Shelf",
)  # fmt: skip
WORDS = "amber birch cedar delta ivory fjord grove heron island jasper kettle lantern marble nectar orchid pebble".split()  # noqa: SIM905


def export(rows: int, seed: int) -> bytes:
    """A file of so many rows."""
    rng = random.Random(seed)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for number in range(rows):
        title = " ".join(rng.choices(WORDS, k=rng.randint(1, 5))).title()
        isbn = f'="{stage.isbn13(seed * 1_000_000 + number)}"'
        day = f"{rng.randint(2005, 2025)}/{rng.randint(1, 12):02d}/{rng.randint(1, 28):02d}"
        author = f"{rng.choice(WORDS).title()} {rng.choice(WORDS).title()}"
        shelves = ", ".join(rng.sample(WORDS, 2))
        writer.writerow([number, title, author, isbn, rng.randint(0, 5), "Index Press", rng.randint(90, 900), day, shelves, "read"])
    return out.getvalue().encode()


async def imported(on: stage.Stage, client: httpx.AsyncClient, content: bytes, rows: int) -> tuple[float, float]:
    """Seconds from the POST to the end, and from the first event to the last."""
    began = time.perf_counter()
    reply = await client.post(f"{on.server_url}/v1/import/csv?enrich=0", files={"file": ("export.csv", content, "text/csv")})
    if reply.status_code != 202:
        raise SystemExit(f"the import was refused: {reply.status_code} {reply.text[:300]}")
    data = reply.json()["data"]
    first = 0.0
    headers = {"Authorization": f"Bearer {data['token']}"}
    async with connect(data["websocketUrl"], additional_headers=headers, compression=None, max_queue=None) as socket:
        async for frame in socket:
            message = orjson.loads(frame)
            if message["type"] == "job_started":
                first = time.perf_counter()
            if message["type"] in ("job_complete", "error"):
                break
    ended = time.perf_counter()
    if message["type"] != "job_complete" or message["payload"]["summary"]["successCount"] != rows:
        raise SystemExit(f"not every row is a book: {message}")
    return ended - began, ended - first


async def measured(runs: int) -> None:
    """Import as many files, one after the other, and tell the rows."""
    with stage.alone() as on:
        async with httpx.AsyncClient(timeout=120) as client:
            idle = resident_mb(on, WORKER)
            most = dict(idle)
            whole, alone = [], []
            for number in range(runs):
                content = export(ROWS, number + 1)
                task = asyncio.create_task(imported(on, client, content, ROWS))
                while not task.done():
                    await asyncio.sleep(0.1)
                    most = {pid: max(size, most.get(pid, 0)) for pid, size in resident_mb(on, WORKER).items()}
                seconds, of_job = task.result()
                whole.append(seconds)
                alone.append(of_job)
    above = max(most[pid] - idle.get(pid, most[pid]) for pid in most)
    rate, size_mb = ROWS / statistics.median(alone), len(content) / 2**20
    what = f"CSV of {ROWS:,} rows ({size_mb:.1f} MB), no enrichment, median of {runs}"
    tell(what, f"{rate:,.0f} rows/s", must="≥ 20,000 rows/s", holds=rate >= 20_000)
    tell("… from the POST to the last event", f"{statistics.median(whole):.1f} s")
    tell("… memory of a worker above idle", f"{above:.0f} MB", must="≤ 150 MB", holds=above <= 150)


def main() -> Coroutine[object, object, None]:
    parser = argparse.ArgumentParser(description="CSV import without enrichment.")
    parser.add_argument("--runs", type=int, default=5)
    return measured(parser.parse_args().runs)


if __name__ == "__main__":
    raise SystemExit(run("CSV import", main))
