"""Cold searches: `python -m benchmarks.search [--runs N]`. Time, calls, and what many do who ask for one cold key at once.

The reference is the slowest provider of the stand-in, asked directly, in turn with ours.
"""

import argparse
import asyncio
import statistics
import time

import httpx

from benchmarks import stage
from benchmarks.child import Child, child
from benchmarks.sizes import WEB, memory_row
from benchmarks.table import run, tell
from harvest.drill.library import book

STAMPEDES = (64, 1_000)
WARM_REQUESTS = 600
WARM_UP = 5  # the first ones open connections


async def timed(client: httpx.AsyncClient, url: str, **params: str) -> float:
    """One request in ms; it must succeed."""
    began = time.perf_counter()
    reply = await client.get(url, params=params)
    took_ms = (time.perf_counter() - began) * 1000
    if reply.status_code != 200:
        raise SystemExit(f"{url} answered {reply.status_code}: {reply.text[:300]}")
    return took_ms


def title_of(number: int) -> str:
    """The title that our own stand-in's book has; the given one has books of any title."""
    return book(number - stage.BOOKS.start).title


async def cold(on: stage.Stage, kind: str, runs: int) -> tuple[float, float, dict[str, int]]:
    """Median ms of a cold search, of the slowest provider alone, and the most calls that one search made to each provider."""
    ours, slowest, most = [], [], dict.fromkeys(stage.DELAYS_MS, 0)
    async with httpx.AsyncClient(timeout=30) as client:
        for number in range(runs + WARM_UP):
            one, other = stage.fresh_books(2)
            path, params = ("isbn", {"isbn": stage.isbn13(one)}) if kind == "isbn" else ("title", {"q": title_of(one)})
            await asyncio.to_thread(on.reset)
            took = await timed(client, f"{on.server_url}/v1/search/{path}", **params)
            calls = await asyncio.to_thread(on.calls)
            asked = f"isbn:{stage.isbn13(other)}"
            reference = await timed(client, f"{on.stand_in_url}/openlibrary/search.json", q=asked)
            if number >= WARM_UP:
                ours.append(took)
                slowest.append(reference)
                most = {name: max(most[name], calls[name]) for name in most}
    return statistics.median(ours), statistics.median(slowest), most


def cold_rows(on: stage.Stage, kind: str, runs: int) -> None:
    ours, slowest, most = asyncio.run(cold(on, kind, runs))
    name = "ISBN" if kind == "isbn" else "title"
    tell(
        f"Cold {name} search, median of {runs}", f"{ours:.1f} ms", must="slowest upstream + 15 ms", reference=f"{slowest:.1f} ms",
        ratio=f"{ours - slowest:+.1f} ms", holds=ours - slowest <= 15,
    )  # fmt: skip
    tell("… calls of one search", stage.shown(most), must="≤ 1 a provider", holds=max(most.values()) <= 1)


async def warm(on: stage.Stage) -> tuple[float, float]:
    """Median ms of a warm search and of /livez, in turn."""
    isbn = stage.isbn13(stage.fresh_books(1)[0])
    ours, bare = [], []
    async with httpx.AsyncClient(timeout=30) as client:
        await timed(client, f"{on.server_url}/v1/search/isbn", isbn=isbn)
        await asyncio.to_thread(on.reset)
        for _ in range(WARM_REQUESTS):
            ours.append(await timed(client, f"{on.server_url}/v1/search/isbn", isbn=isbn))
            bare.append(await timed(client, f"{on.server_url}/livez"))
    return statistics.median(ours), statistics.median(bare)


def warm_row(on: stage.Stage) -> None:
    ours, bare = asyncio.run(warm(on))
    tell(
        "Warm ISBN search, one client, its own time in it", f"{ours:.2f} ms", must="no call", reference=f"/livez {bare:.2f} ms",
        ratio=f"{ours / bare:.2f} x", holds=not any(on.calls().values()),
    )  # fmt: skip


def stampede(load: Child, on: stage.Stage, clients: int) -> None:
    """Calls that so many simultaneous requests for one cold key make, each on a connection that is open already."""
    on.reset()
    target = f"/v1/search/isbn?isbn={stage.isbn13(stage.fresh_books(1)[0])}"
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    told = load.ask({"port": on.port, "connections": clients, "requests": [request], "count": clients})
    calls = on.calls()
    right = not told["failed"] and told["count"] == clients
    answered = f"all answered, p99 {told['p99_ms']:.0f} ms" if right else f"{told['failed']} of {told['count']}"
    tell(
        f"{clients:,} simultaneous requests, one cold key, two processes", f"{stage.shown(calls)}; {answered}", must="one round of calls",
        holds=right and max(calls.values()) <= 1,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Cold searches.")
    parser.add_argument("--runs", type=int, default=60, help="searches of a kind")
    runs = parser.parse_args().runs
    with stage.running() as on:
        tell("The outside catalogues' stand-in", on.stand_in)
        for kind in ("isbn", "title"):
            cold_rows(on, kind, runs)
        warm_row(on)
        memory_row(on, "Web process after these", WEB)
    with stage.running(BOOKSTRACK_WORKERS="2") as on, child("benchmarks.load") as load:
        for clients in STAMPEDES:
            stampede(load, on, clients)


if __name__ == "__main__":
    raise SystemExit(run("Cold searches", main))
