"""Warming, measured: `python -m benchmarks.warming [BOOKS]`. A list of ISBNs is warmed as a job; then a client asks for every one of them.

Once at the rates that providers allow by default, and once without any. What counts: calls by endpoint, seconds, hits afterwards, and
calls that these cost (none).
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from benchmarks import stage

BOOKS = 1_000
AT_ONCE = 16  # questions of the client afterwards
POLL_S = 0.05
USUAL = {"OPENLIBRARY_RATE": "3", "GOOGLE_BOOKS_RATE": "10", "ISBNDB_RATE": "1"}  # as the providers allow


@dataclass(frozen=True)
class Measured:
    """One run; `figures` are its job's own, `hits` of how many questions afterwards were answered by the cache."""

    seconds: float
    by_endpoint: dict[str, int]
    figures: dict[str, Any]
    asked_s: float
    hits: int
    negative: int
    calls_afterwards: dict[str, int]


def token_of(on: stage.Stage) -> str:
    """A service token of the server's."""
    command = [sys.executable, "manage.py", "create_service_token", "benchmark", "--scope", "warming"]
    done = subprocess.run(
        command, cwd=stage.ROOT, env={**os.environ, "BOOKSTRACK_DATA_DIR": on.data_dir}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()[-1]


async def measured(on: stage.Stage, books: int) -> Measured:
    """Warm so many books that nobody asked for, then ask for all of them."""
    isbns = [stage.isbn13(number) for number in stage.fresh_books(books)]
    headers = {"Authorization": f"Bearer {await asyncio.to_thread(token_of, on)}"}
    on.reset()
    async with httpx.AsyncClient(base_url=on.server_url, timeout=60) as client:
        began = time.perf_counter()
        files = {"file": ("isbns.csv", ("isbn\n" + "\n".join(isbns)).encode(), "text/csv")}
        reply = await client.post("/api/warming/upload", files=files, headers=headers)
        if reply.status_code != 202:
            raise SystemExit(f"the start answered {reply.status_code}: {reply.text[:300]}")
        job = reply.json()["data"]
        figures = await ended(client, job)
        seconds = time.perf_counter() - began
        counted = on.control.get(f"{on.stand_in_url}/__stats").json()["per_endpoint"]
        on.reset()
        began = time.perf_counter()
        found = await asked(client, isbns)
        asked_s = time.perf_counter() - began
    every = on.control.get(f"{on.stand_in_url}/__stats").json()["per_upstream"]
    after = {name: number for name, number in every.items() if number}
    return Measured(seconds, dict(counted), figures, asked_s, found["HIT"], found["negative"], after)


async def ended(client: httpx.AsyncClient, job: dict[str, Any]) -> dict[str, Any]:
    """The summary of a job, once it has ended."""
    headers = {"Authorization": f"Bearer {job['token']}"}
    while True:
        state = (await client.get(job["statusUrl"], headers=headers)).json()["data"]["status"]
        if state in ("completed", "failed", "canceled"):
            break
        await asyncio.sleep(POLL_S)
    if state != "completed":
        raise SystemExit(f"the job ended as {state}")
    summary: dict[str, Any] = orjson.loads((await client.get(f"{job['resultsUrl']}?limit=1", headers=headers)).content)["data"]["summary"]
    return summary


async def asked(client: httpx.AsyncClient, isbns: list[str]) -> Counter[str]:
    """How the cache answered: HIT, MISS, and how many of the answers are that nobody knows the book."""
    found: Counter[str] = Counter()
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(isbn: str) -> None:
        async with turns:
            reply = await client.get("/v1/search/isbn", params={"isbn": isbn})
        found[reply.headers.get("x-cache", str(reply.status_code))] += 1
        found["negative"] += reply.status_code == 200 and not reply.json()["data"]["works"]

    await asyncio.gather(*map(ask, isbns))
    return found


def main() -> None:
    books = int(sys.argv[1]) if len(sys.argv) > 1 else BOOKS
    for name, settings in (("at the providers' usual rates", USUAL), ("without rates", {})):
        with stage.running(**settings) as on:
            told = asyncio.run(measured(on, books))
        print(f"{books} ISBNs {name}: {told.seconds:.1f} s")
        print(f"  calls by endpoint: {told.by_endpoint}")
        numbers = {one: told.figures.get(one) for one in ("warmed", "fresh", "notFound", "failed", "left", "calls")}
        print(f"  the job says: {numbers}")
        print(f"  then asked for: {told.hits} of {books} hits ({told.negative} that nobody knows) in {told.asked_s:.1f} s")
        print(f"  calls for that: {told.calls_afterwards or 'none'}")


if __name__ == "__main__":
    main()
