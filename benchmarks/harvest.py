"""A cover harvest, measured: `python -m benchmarks.harvest`. 1,000 books against the stand-in of the catalogues, at the rates that we
keep by default; then 200 more whose worker is killed in the middle.

The stand-in has one picture for all books, which is no cover to us: pictures come from a server of this file, each book's its own. Of ten
books four have theirs at ISBNdb, four at Open Library, one at Google Books, and one nowhere.
"""

import asyncio
import io
import os
import random
import re
import secrets
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from PIL import Image, ImageDraw

from benchmarks import stage
from benchmarks.table import run, tell

BOOKS, KILLED_BOOKS = 1_000, 200
RATES = {"ISBNDB_RATE": "1", "OPENLIBRARY_RATE": "3", "GOOGLE_BOOKS_RATE": "10", "COVERS_RATE": "10"}
IN_HAND = 8  # pictures that are fetched at one moment
SPAN_S = 10.0  # over which the rate of pictures is looked at
SIZES = ("small", "medium", "large")
SHARES = {"isbndb": range(4), "openlibrary": range(4, 8), "google": range(8, 9)}  # by the last digit of a book's number
SECRET = secrets.token_hex(16)


@dataclass
class Pictures:
    """The pictures' server: what it was asked for, and when."""

    url: str
    fetched: Counter[str] = field(default_factory=Counter)
    moments: dict[str, deque[float]] = field(default_factory=dict)

    def most_within(self, span_s: float) -> dict[str, int]:
        """Of each host, the most fetches within any such span, as they come in here: a busy machine lets some of them come late."""
        most = {}
        for host, moments in self.moments.items():
            window: deque[float] = deque()
            most[host] = 0
            for moment in sorted(moments):
                window.append(moment)
                while window[0] <= moment - span_s:
                    window.popleft()
                most[host] = max(most[host], len(window))
        return most


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, told: Pictures, *args: Any) -> None:
        self.told = told
        super().__init__(*args)

    def do_GET(self) -> None:
        host, name, number = _meant(self.path)
        self.told.fetched[name] += 1
        self.told.moments.setdefault(host, deque()).append(time.monotonic())
        body = _picture(f"{host} {number}") if number is not None and number % 10 in SHARES.get(host, ()) else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: thousands of lines."""


_volumes: dict[str, int] = {}  # Google's ids of volumes, learnt from the stand-in


def _meant(path: str) -> tuple[str, str, int | None]:
    """The host that a path stands for, what is counted, and the number of the book."""
    parts = urlsplit(path)
    host = parts.path.split("/")[1]
    if host == "google":
        query = parse_qs(parts.query)
        return host, f"google {query['id'][0]} {query['zoom'][0]}", _volumes.get(query["id"][0])
    found = re.search(r"978(\d{9})\d\.jpg|/id/(\d+)-L", parts.path)
    if found is None:
        return host, path, None
    return host, path, int(found[1]) if found[1] else int(found[2]) - 1_000_000


def _picture(seed: str) -> bytes:
    lot = random.Random(seed)
    image = Image.new("RGB", (40, 60), tuple(lot.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(20):
        x, y = lot.randrange(36), lot.randrange(54)
        draw.rectangle((x, y, x + lot.randrange(2, 16), y + lot.randrange(2, 16)), fill=tuple(lot.randrange(256) for _ in range(3)))
    out = io.BytesIO()
    image.resize((600, 900)).save(out, "JPEG", quality=88)
    return out.getvalue()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *args: Any) -> None:
        """Nothing: a client that is killed cuts its connections."""


@contextmanager
def pictures() -> Iterator[Pictures]:
    port = stage.free_port()
    told = Pictures(f"http://127.0.0.1:{port}")
    server = _Server(("127.0.0.1", port), partial(_Handler, told))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()


def books(on: stage.Stage, count: int, start: int) -> list[str]:
    """ISBNs below a million, so that Open Library's cover ids tell them; Google's volumes are learnt where Google has the cover."""
    numbers = range(start, start + count)
    for number in numbers:
        if number % 10 in SHARES["google"]:
            found = on.control.get(f"{on.stand_in_url}/google/books/v1/volumes", params={"q": f"isbn:{stage.isbn13(number)}"}).json()
            _volumes[found["items"][0]["id"]] = number
    on.reset()
    return [stage.isbn13(number) for number in numbers]


async def harvest(
    on: stage.Stage, client: httpx.AsyncClient, isbns: list[str], *, kill_at: int | None = None
) -> tuple[float, dict[str, Any]]:
    """A harvest from its POST to its end: seconds, and its results. `kill_at`: items after which its workers are killed."""
    began = time.perf_counter()
    reply = await client.post(f"{on.server_url}/api/harvest-covers", json={"isbns": isbns}, headers={"X-Harvest-Secret": SECRET})
    if reply.status_code != 202:
        raise SystemExit(f"the start of a harvest answered {reply.status_code}: {reply.text[:300]}")
    data = reply.json()["data"]
    own = {"Authorization": f"Bearer {data['token']}"}
    while True:
        await asyncio.sleep(0.2)
        state = (await client.get(data["statusUrl"], headers=own)).json()["data"]
        if kill_at is not None and state["processedCount"] >= kill_at:
            kill_workers(on)
            kill_at = None
        if state["status"] in ("completed", "failed", "canceled"):
            break
    seconds = time.perf_counter() - began
    return seconds, (await client.get(data["resultsUrl"] + "?limit=5000", headers=own)).json()["data"]


def kill_workers(on: stage.Stage) -> None:
    """kill -9 to the workers of this stage's server, which are in its process group."""
    for folder in Path("/proc").iterdir():
        with suppress(ValueError, OSError):
            pid = int(folder.name)
            if os.getpgid(pid) == on.group and b"jobs.worker" in (folder / "cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


async def broken(on: stage.Stage, client: httpx.AsyncClient, results: dict[str, Any]) -> tuple[int, int]:
    """Of the covers that were found, in all sizes: files, and how many of them are no picture."""
    files = bad = 0
    for one in results["covers"]:
        for size in SIZES if one["outcome"] == "found" else ():
            reply = await client.get(f"{on.server_url}/covers/{one['isbn']}/{size}.webp")
            files += 1
            try:
                with Image.open(io.BytesIO(reply.content)) as image:
                    image.load()
                    bad += reply.status_code != 200 or image.format != "WEBP"
            except OSError:
                bad += 1
    return files, bad


def calls_of(on: stage.Stage) -> Counter[str]:
    """Calls of the stand-in by endpoint."""
    told = on.control.get(f"{on.stand_in_url}/__stats").json()
    return Counter({name: count for name, count in told["per_endpoint"].items() if count})


async def whole(on: stage.Stage, served: Pictures, client: httpx.AsyncClient) -> None:
    isbns = books(on, BOOKS, 100_000)
    seconds, results = await harvest(on, client, isbns)
    summary, calls = results["summary"], calls_of(on)
    wanted = {"found": BOOKS * 9 // 10, "none": BOOKS // 10}
    right = all(summary[name] == count for name, count in wanted.items()) and not summary["errors"]
    covers = f"{seconds:.0f} s, {summary['found'] / seconds:.1f} covers/s; {dict(calls)}"
    tell(f"{BOOKS:,} books harvested", covers, must="each found that has a cover", holds=right)
    for endpoint, what in (("POST books", "isbndb"), ("GET search.json", "openlibrary")):
        count = sum(number for name, number in calls.items() if endpoint in name)
        tell(f"… calls of {what}", str(count), must="≤ 1 for 100 books", holds=count <= BOOKS // 100)
    most = served.most_within(SPAN_S)
    allowed = int(float(RATES["COVERS_RATE"]) * SPAN_S * 1.05)
    told = f"{max(most.values())}: {most}; within 1 s {served.most_within(1.0)}"
    tell(f"… pictures of one host within {SPAN_S:.0f} s", told, must=f"≤ {allowed}", holds=max(most.values()) <= allowed)
    fetched_twice(served, at_most=0)
    await whole_files(on, client, results)
    kept, originals = (summary[name] / 1e6 for name in ("bytes", "originalBytes"))
    tell("… kept, three sizes together", f"{kept:.1f} MB", reference=f"{originals:.1f} MB of originals")


def fetched_twice(served: Pictures, *, at_most: int) -> None:
    twice = sum(count > 1 for count in served.fetched.values())
    tell("… pictures fetched twice", f"{twice} of {served.fetched.total()}", must=f"≤ {at_most}", holds=twice <= at_most)


async def whole_files(on: stage.Stage, client: httpx.AsyncClient, results: dict[str, Any]) -> None:
    files, bad = await broken(on, client, results)
    right = bad == 0 and files == 3 * results["summary"]["found"]
    tell("… broken files served", f"{bad} of {files}", must="0", holds=right)


async def again(on: stage.Stage, served: Pictures, client: httpx.AsyncClient) -> None:
    on.reset()
    served.fetched.clear()
    seconds, results = await harvest(on, client, [stage.isbn13(number) for number in range(100_000, 100_000 + BOOKS)])
    calls, skipped = calls_of(on).total() + served.fetched.total(), results["summary"]["skipped"]
    tell("The same books again", f"{seconds:.1f} s, {skipped} skipped", must=f"{BOOKS} skipped", holds=skipped == BOOKS)
    tell("… calls and pictures", str(calls), must="0", holds=calls == 0)


async def killed(on: stage.Stage, served: Pictures, client: httpx.AsyncClient) -> None:
    isbns = books(on, KILLED_BOOKS, 200_000)
    served.fetched.clear()
    seconds, results = await harvest(on, client, isbns, kill_at=KILLED_BOOKS // 3)
    summary, calls = results["summary"], calls_of(on)
    right = summary["found"] + summary["none"] == KILLED_BOOKS and len(results["covers"]) == KILLED_BOOKS
    told = f"{seconds:.0f} s, {summary['found']} found, {dict(calls)}"
    tell(f"{KILLED_BOOKS} books, workers killed in the middle", told, must="each book once", holds=right)
    fetched_twice(served, at_most=IN_HAND)
    await whole_files(on, client, results)


async def main() -> None:
    with pictures() as served:
        bases = {
            "ISBNDB_IMAGES_BASE_URL": f"{served.url}/isbndb",
            "OPENLIBRARY_COVERS_BASE_URL": f"{served.url}/openlibrary",
            "GOOGLE_BOOKS_COVERS_BASE_URL": f"{served.url}/google",
            "ARCHIVE_BASE_URL": f"{served.url}/archive",
        }
        with stage.running(**bases, **RATES, HARVEST_SECRET=SECRET, BOOKSTRACK_PHOTO_WORKERS="0", DEMOGRAPHICS="0") as on:
            on.need_given()
            async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
                await whole(on, served, client)
                await again(on, served, client)
                await killed(on, served, client)


if __name__ == "__main__":
    raise SystemExit(run("Harvest", main))
