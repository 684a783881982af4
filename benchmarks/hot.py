"""Cached answers at full speed: `python -m benchmarks.hot [--rounds N] [--seconds S]`. The first rows of the table.

64 clients that keep their connections ask one web process of a server as `make run` starts it (limits on, but high; access lines to a file;
metrics on) and, in turn, a bare ASGI answer of the same size on the same server class. Each pair of rounds gives a ratio; the medians
count. The load is one process (`benchmarks.load`); its own limit is told by what it gets out of the bare answer.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import redis

from benchmarks import stage
from benchmarks.child import Child, child
from benchmarks.sizes import WEB, cpu_of, cpu_s
from benchmarks.table import run, tell
from bookstrack.lib import embedded_redis
from search.entry import PREFIX

CLIENTS = 64
KEYS, MANY_KEYS = 1_000, 20_000
SIZED = 200  # answers of which the mean size is taken
MEMORY, REDIS = 0.8, 0.25  # of the bare answer's rate, at least
P99 = 3.0  # times the bare answer's, at most
TYPICAL = {"RATE_LIMITS_ENABLED": "1", "RATE_LIMIT_SEARCH": "100000000/60", "LOG_LEVEL": "INFO", "BOOKSTRACK_WORKERS": "1"}
QUIET = {"RATE_LIMITS_ENABLED": "0", "LOG_LEVEL": "WARNING", "BOOKSTRACK_WORKERS": "1"}


@dataclass(frozen=True)
class Compared:
    """Medians of rounds in turn, ours and the bare answer's."""

    rate: tuple[float, float]  # requests a second
    ratio: float  # of the rates
    p50_ms: tuple[float, float]
    p99_ms: tuple[float, float]
    p99_ratio: float
    cpu_us: tuple[float, float]  # of the web process, for one request
    sources: Counter[str]  # X-Cache-Status of a sample
    body_bytes: int

    @property
    def rates(self) -> tuple[str, str]:
        """How a row has them."""
        return f"{self.rate[0]:,.0f} requests/s", f"{self.rate[1]:,.0f} requests/s ({self.body_bytes:,} bytes)"


@dataclass(frozen=True)
class Asking:
    """The clients, our server, and what is asked of it; a round takes `seconds`."""

    load: Child
    on: stage.Stage
    targets: list[str]
    seconds: float

    def ours(self, **how_long: float) -> dict[str, Any]:
        """A round at our server."""
        return self._round(self.on.port, [request(target) for target in self.targets], lambda: cpu_s(self.on, WEB), how_long)

    def bare(self, server: "Bare") -> dict[str, Any]:
        """A round at the bare answer's."""
        return self._round(server.port, [request("/")], lambda: cpu_of(server.pid), {})

    def _round(self, port: int, requests: list[str], cpu: Callable[[], float], how_long: dict[str, float]) -> dict[str, Any]:
        before_s = cpu()
        asked = {"port": port, "connections": CLIENTS, "requests": requests} | (how_long or {"seconds": self.seconds})
        told: dict[str, Any] = self.load.ask(asked)
        if told["failed"]:
            raise SystemExit(f"not every answer was right: {told['failed']}, e.g. {told['example']}")
        return told | {"rate": told["count"] / told["seconds"], "cpu_us": (cpu() - before_s) / told["count"] * 1e6}


def compared(asking: Asking, rounds: int, *, content_type: str = "application/json", plain: bool = False) -> Compared:
    """Ask for the targets in turn with a bare answer of their mean size; `plain`: one by uvicorn's own protocol class."""
    on, pairs = asking.on, []
    whole = {"Accept-Encoding": "identity"}
    sizes = [len(on.control.get(f"{on.server_url}{target}", headers=whole).content) for target in asking.targets[:SIZED]]
    with bare_answer(round(statistics.fmean(sizes)), content_type, plain=plain) as server:
        asking.ours()
        asking.bare(server)
        for _ in range(rounds):
            pairs.append((asking.ours(), asking.bare(server)))
    return summed(pairs)


def summed(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> Compared:
    """Medians of pairs of rounds, ours and the bare answer's."""

    def medians(name: str) -> tuple[float, float]:
        ours, bare = (statistics.median(float(pair[place][name]) for pair in pairs) for place in (0, 1))
        return ours, bare

    return Compared(
        rate=medians("rate"),
        ratio=statistics.median(ours["rate"] / bare["rate"] for ours, bare in pairs),
        p50_ms=medians("p50_ms"),
        p99_ms=medians("p99_ms"),
        p99_ratio=statistics.median(ours["p99_ms"] / bare["p99_ms"] for ours, bare in pairs),
        cpu_us=medians("cpu_us"),
        sources=sum((Counter(ours["sources"]) for ours, _ in pairs), Counter()),
        body_bytes=pairs[0][1]["body_bytes"],
    )


def request(target: str) -> str:
    """What a client of the app sends."""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: BooksTrack/1.0\r\nAccept: application/json\r\n\r\n"


@dataclass(frozen=True)
class Bare:
    """Where a bare answer is given."""

    port: int
    pid: int


@contextmanager
def bare_answer(size_bytes: int, content_type: str, *, plain: bool = False) -> Iterator[Bare]:
    """A server of a bare answer of so many bytes."""
    port = stage.free_port()
    command = [sys.executable, "-m", "benchmarks.bare", "--port", str(port), "--bytes", str(size_bytes), "--type", content_type]
    server = subprocess.Popen([*command, *(["--plain"] if plain else [])], cwd=stage.ROOT)
    try:
        stage.wait_for(f"http://127.0.0.1:{port}/")
        yield Bare(port, server.pid)
    finally:
        server.terminate()
        server.wait(15)


def isbn_target(isbn: str) -> str:
    return f"/v1/search/isbn?isbn={isbn}"


def sample_targets() -> tuple[list[str], list[str]]:
    """Searches by ISBN and by title for books of the sample catalogue."""
    books = [json.loads(line) for line in (stage.ROOT / "samples" / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()]
    isbns = [edition["isbn"] for book in books for edition in book["editions"][:1] if "isbn" in edition]
    titles = dict.fromkeys(book["title"] for book in books if len(book["title"]) > 1)
    by_title = [f"/v1/search/title?{urlencode({'q': title}, quote_via=quote)}" for title in titles]
    return [isbn_target(isbn) for isbn in isbns[: KEYS // 2]], by_title[: KEYS // 2]


def copied(on: stage.Stage, target: str, count: int) -> list[str]:
    """Put the cached answer of a search by ISBN into Redis under as many other ISBNs, which the server has never seen."""
    on.control.get(f"{on.server_url}{target}").raise_for_status()
    with redis.Redis.from_url(embedded_redis.url_for(Path(on.data_dir))) as client:
        value = client.get(f"{PREFIX}search:isbn:{target.rpartition('=')[2]}")
        if not isinstance(value, bytes):
            raise SystemExit("the answer is not in Redis")
        isbns = [stage.isbn13(500_000_000 + number) for number in range(count)]
        with client.pipeline(transaction=False) as pipeline:
            for isbn in isbns:
                pipeline.set(f"{PREFIX}search:isbn:{isbn}", value, ex=86_400)
            pipeline.execute()
    return [isbn_target(isbn) for isbn in isbns]


def told(what: str, found: Compared, must: float, *, tier: str) -> None:
    """The row of a rate; it holds where the answers came from the tier as well."""
    ours, bare = found.rates
    share = found.sources[f"hit-{tier}"] / max(1, found.sources.total())
    shown = f"{ours}; {share:.0%} from {tier}"
    tell(what, shown, must=f"≥ {must} x", reference=bare, ratio=f"{found.ratio:.2f} x", holds=found.ratio >= must and share >= 0.9)


def told_slowest(what: str, found: Compared, most: float | None = P99) -> None:
    """The rows of the time that an answer takes, and of what it costs. `most`: of the bare answer's p99; None: nothing must hold."""
    (p50, bare_p50), (p99, bare_p99) = found.p50_ms, found.p99_ms
    tell(
        f"{what}, p50 / p99", f"{p50:.2f} / {p99:.2f} ms", must=f"p99 ≤ {most:.0f} x" if most else "",
        reference=f"{bare_p50:.2f} / {bare_p99:.2f} ms", ratio=f"{found.p99_ratio:.2f} x", holds=found.p99_ratio <= most if most else None,
    )  # fmt: skip
    told_cost(what, found)


def told_cost(what: str, found: Compared) -> None:
    ours, bare = found.cpu_us
    tell(f"{what}, CPU of the web process a request", f"{ours:.0f} µs", reference=f"{bare:.0f} µs", ratio=f"{bare / ours:.2f} x")


def from_memory(load: Child, options: argparse.Namespace, folder: Path) -> None:
    isbns, titles = sample_targets()
    with stage.alone(folder / "server.log", **TYPICAL) as on:
        for what, targets in (("one ISBN", isbns[:1]), ("one title", titles[:1]), (f"{KEYS:,} ISBNs and titles", isbns + titles)):
            asking = Asking(load, on, targets, options.seconds)
            asking.ours(count=len(targets))
            found = compared(asking, options.rounds)
            told(f"Warm search, {what}, memory tier, one process, {CLIENTS} clients", found, MEMORY, tier="memory")
            told_slowest(f"… {what}", found)
        found = compared(Asking(load, on, isbns[:1], options.seconds), options.rounds, plain=True)
        ours, bare = found.rates
        tell("… one ISBN, beside a bare answer by uvicorn's own protocol class", ours, reference=bare, ratio=f"{found.ratio:.2f} x")
        told_cost("… beside that", found)
    with stage.alone(None, **QUIET) as on:
        found = compared(Asking(load, on, isbns[:1], options.seconds), options.rounds)
        ours, bare = found.rates
        tell("… one ISBN, limits and access lines off", ours, reference=bare, ratio=f"{found.ratio:.2f} x")
        told_cost("… one ISBN, limits and access lines off", found)


def from_redis(load: Child, options: argparse.Namespace, folder: Path) -> None:
    with stage.alone(folder / "server.log", **TYPICAL, CACHE_MEMORY_MB="1") as on:
        targets = copied(on, sample_targets()[0][0], MANY_KEYS)
        found = compared(Asking(load, on, targets, options.seconds), options.rounds)
        told(f"… Redis tier, {MANY_KEYS:,} ISBNs in turn", found, REDIS, tier="redis")
        told_slowest("… Redis tier", found, None)  # at a quarter of the rate each of 64 clients waits four times as long


def arguments(description: str) -> argparse.Namespace:
    """How often and how long is compared: rounds, seconds."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of a round")
    return parser.parse_args()


def main() -> None:
    options = arguments("Cached answers beside a bare answer.")
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as folder, child("benchmarks.load") as load:
        from_memory(load, options, Path(folder))
        from_redis(load, options, Path(folder))


if __name__ == "__main__":
    raise SystemExit(run("Warm searches", main))
