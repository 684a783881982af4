"""Searching, measured: `python -m benchmarks.search`. Prints each row of docs/performance.md with what must hold.

Every figure is a ratio or a difference within this one run: cold searches against the slowest provider of the stand-in asked
directly, in turn with ours; warm ones against /livez of the same server.
"""

import asyncio
import random
import statistics
import time
from pathlib import Path

import httpx

from benchmarks import stage

COLD_RUNS = 60
STAMPEDE = 64
WARM_REQUESTS = 600


async def timed(client: httpx.AsyncClient, url: str, **params: str) -> float:
    """One request in ms; it must succeed."""
    began = time.perf_counter()
    reply = await client.get(url, params=params)
    took_ms = (time.perf_counter() - began) * 1000
    if reply.status_code != 200:
        raise SystemExit(f"{url} answered {reply.status_code}: {reply.text[:300]}")
    return took_ms


async def cold(on: stage.Stage, kind: str) -> tuple[float, float, dict[str, int]]:
    """Median ms of a cold search, of the slowest provider alone, and the most calls that one search made to each provider."""
    ours, slowest, most = [], [], dict.fromkeys(stage.DELAYS_MS, 0)
    async with httpx.AsyncClient(timeout=30) as client:
        for run in range(COLD_RUNS + 5):
            number = random.randrange(10**8)
            isbn, title = (
                stage.isbn13(number),
                f"Unheard Of {number:x}".translate(str.maketrans("0123456789", "ghijklmnop")),
            )
            await asyncio.to_thread(on.reset)
            path, params = ("isbn", {"isbn": isbn}) if kind == "isbn" else ("title", {"q": title})
            took = await timed(client, f"{on.server_url}/v1/search/{path}", **params)
            calls = await asyncio.to_thread(on.calls)
            reference = await timed(
                client, f"{on.stand_in_url}/openlibrary/search.json", q=f"isbn:{stage.isbn13(number + 1)}"
            )
            if run >= 5:  # the first ones open connections
                ours.append(took)
                slowest.append(reference)
                most = {name: max(most[name], calls[name]) for name in most}
    return statistics.median(ours), statistics.median(slowest), most


async def stampede(on: stage.Stage) -> dict[str, int]:
    """Calls that 64 simultaneous cold requests for one key make, each on a connection of its own."""
    isbn = stage.isbn13(random.randrange(10**8))
    await asyncio.to_thread(on.reset)

    async def one() -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            await timed(client, f"{on.server_url}/v1/search/isbn", isbn=isbn)

    await asyncio.gather(*(one() for _ in range(STAMPEDE)))
    return await asyncio.to_thread(on.calls)


async def warm(on: stage.Stage) -> tuple[float, float, dict[str, int]]:
    """Median ms of a warm search and of /livez, in turn, and the calls made."""
    isbn = stage.isbn13(random.randrange(10**8))
    ours, bare = [], []
    async with httpx.AsyncClient(timeout=30) as client:
        await timed(client, f"{on.server_url}/v1/search/isbn", isbn=isbn)
        await asyncio.to_thread(on.reset)
        for _ in range(WARM_REQUESTS):
            ours.append(await timed(client, f"{on.server_url}/v1/search/isbn", isbn=isbn))
            bare.append(await timed(client, f"{on.server_url}/livez"))
    return statistics.median(ours), statistics.median(bare), await asyncio.to_thread(on.calls)


def web_process_mb(on: stage.Stage) -> list[float]:
    """Resident memory of each web process, in MB."""
    sizes = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            if b"bookstrack.web" in words and group == on.group:
                status = (folder / "status").read_text()
                sizes.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        except (OSError, IndexError, ValueError):
            continue  # it ended meanwhile, or is not ours to read
    return sizes


async def main() -> None:
    with stage.running() as on:
        for kind in ("isbn", "title"):
            ours, slowest, most = await cold(on, kind)
            row(
                f"cold {kind} search, median",
                f"{ours:.1f} ms",
                f"slowest provider {slowest:.1f} ms",
                f"+{ours - slowest:.1f} ms",
                ours - slowest <= 15,
            )
            row(f"cold {kind} search, calls a provider", str(most), "1 each", "", max(most.values()) <= 1)
        ours, bare, calls = await warm(on)
        row(
            "warm isbn search, one client",
            f"{ours:.2f} ms",
            f"/livez {bare:.2f} ms",
            f"{ours / bare:.2f} x",
            sum(calls.values()) == 0,
        )
        sizes = web_process_mb(on)
        row(
            "web process",
            ", ".join(f"{size:.0f} MB" for size in sizes),
            "150 MB",
            "",
            bool(sizes) and max(sizes) <= 150,
        )
    with stage.running(BOOKSTRACK_WORKERS="2") as on:
        calls = await stampede(on)
        row(f"{STAMPEDE} at once, one cold key, two processes", str(calls), "1 each", "", max(calls.values()) <= 1)


def row(what: str, ours: str, reference: str, difference: str, holds: bool) -> None:
    print(f"| {what} | {ours} | {reference} | {difference} | {'holds' if holds else 'DOES NOT HOLD'} |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
