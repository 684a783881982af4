"""A stage for benchmarks: the stand-in of the outside catalogues and a server of our own, both on loopback, both ended afterwards."""

import itertools
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.table import NotMeasured

ROOT = Path(__file__).resolve().parent.parent
STAND_IN = Path(os.environ.get("STAND_IN", ROOT.parent / "shared" / "upstreams" / "upstreams.py"))
GIVEN, OWN = "that of STAND_IN", "our own: titles have two results"
BOOKS = range(100_000_000, 101_000_000)
_places = itertools.count(random.randrange(len(BOOKS)), 7_919)  # a prime: none comes again before all have come
READY_WITHIN_S, LAST_WORDS = 120, 2_000
DELAYS_MS = {"google": 80, "openlibrary": 120, "isbndb": 100}  # as spec 08 has them


@dataclass(frozen=True)
class Stage:
    """Where the two listen, and the server's process group; a server alone has no `stand_in_url`."""

    server_url: str
    stand_in: str  # GIVEN or OWN
    stand_in_url: str
    group: int
    control: httpx.Client  # one for all: making a client costs more than what is measured here
    data_dir: str  # the server's

    @property
    def port(self) -> int:
        """The server's."""
        return int(self.server_url.rpartition(":")[2])

    def calls(self) -> dict[str, int]:
        """Calls by provider since the last reset."""
        counted = self.control.get(f"{self.stand_in_url}/__stats").json()["per_upstream"]
        return {name: counted.get(name, 0) for name in DELAYS_MS}

    def need_given(self) -> None:
        """Raises: NotMeasured where the stand-in is our own, which does not do for all that is measured."""
        if self.stand_in != GIVEN:
            raise NotMeasured(f"STAND_IN names no stand-in for the outside catalogues ({STAND_IN}), or STAND_IN_PYTHON cannot run it")

    def reset(self) -> None:
        self.control.post(f"{self.stand_in_url}/__reset").raise_for_status()


def shown(calls: dict[str, int]) -> str:
    """Calls by provider as a row has them."""
    return ", ".join(f"{name} {count}" for name, count in calls.items())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(**settings: str) -> Iterator[Stage]:
    """Start both, wait until they are ready, stop both."""
    with _standing_in() as (stand_in, stand_in_url), _serving(stand_in, stand_in_url, settings, None) as on:
        yield on


@contextmanager
def alone(printed_to: Path | None = None, **settings: str) -> Iterator[Stage]:
    """The same without a stand-in: the server has its sample catalogue only. `printed_to`: where what it prints goes."""
    with _serving("", "", settings, printed_to) as on:
        yield on


@contextmanager
def _serving(stand_in: str, stand_in_url: str, settings: dict[str, str], printed_to: Path | None) -> Iterator[Stage]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory(prefix="bt-bench-"))
        env = _environment(data, port, stand_in_url) | settings
        printed = printed_to or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bt-bench-")), "server.log")
        with printed.open("wb") as out:
            command = [sys.executable, "-m", "bookstrack.supervisor"]
            server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, start_new_session=True)
        try:
            wait_for(f"{url}/readyz", printed)
            control = stack.enter_context(httpx.Client())
            yield Stage(url, stand_in, stand_in_url, server.pid, control, env["BOOKSTRACK_DATA_DIR"])
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(15)


@contextmanager
def _standing_in() -> Iterator[tuple[str, str]]:
    """A stand-in's name and address while it runs: the given one where there is one that can run, else our own."""
    port = free_port()
    url, interpreter = f"http://127.0.0.1:{port}", os.environ.get("STAND_IN_PYTHON", sys.executable)
    given = STAND_IN.exists() and subprocess.run([interpreter, "-c", "import aiohttp"], capture_output=True).returncode == 0
    command = [interpreter, str(STAND_IN)] if given else [sys.executable, "-m", "benchmarks.standin"]
    process = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"{url}/__health")
        yield GIVEN if given else OWN, url
    finally:
        process.terminate()
        process.wait(5)


def _environment(data: str, port: int, stand_in_url: str) -> dict[str, str]:
    own = {"BOOKSTRACK_DATA_DIR": data, "BOOKSTRACK_PORT": str(port), "RATE_LIMITS_ENABLED": "0", "LOG_LEVEL": "WARNING"}
    own |= dict.fromkeys(("DATABASE_URL", "REDIS_URL", "STORAGE_URL"), "")  # of its own: a benchmark touches nobody's data
    return {**os.environ, **own, **(_catalogues(stand_in_url) if stand_in_url else {"SEARCH_PROVIDERS": "catalogue"})}


def _catalogues(stand_in_url: str) -> dict[str, str]:
    """Settings under which the stand-in is asked, as often as need be."""
    own = {
        "GOOGLE_BOOKS_API_KEY": secrets.token_hex(8),
        "ISBNDB_API_KEY": secrets.token_hex(8),
        "GOOGLE_BOOKS_BASE_URL": f"{stand_in_url}/google/books/v1",
        "OPENLIBRARY_BASE_URL": f"{stand_in_url}/openlibrary",
        "ISBNDB_BASE_URL": f"{stand_in_url}/isbndb",
        "WIKIDATA_BASE_URL": f"{stand_in_url}/wikidata",  # at its own rate: it is beside what is measured
    }
    own |= {f"{provider}_RATE": "10000" for provider in ("OPENLIBRARY", "GOOGLE_BOOKS", "ISBNDB")}
    return own | {f"{provider}_DAILY_BUDGET": "10000000" for provider in ("GOOGLE_BOOKS", "ISBNDB")}  # Open Library has none


def wait_for(url: str, printed: Path | None = None) -> None:
    """Wait until an address answers 200. `printed`: what its server prints, to be shown where it does not."""
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):  # not there yet
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    last = printed.read_text(errors="replace")[-LAST_WORDS:] if printed else ""
    raise SystemExit(f"{url} did not answer within {READY_WITHIN_S} s {last}")


def fresh_books(count: int) -> list[int]:
    """Numbers of books that every catalogue of either stand-in has and that nobody has asked for."""
    return [BOOKS[next(_places) % len(BOOKS)] for _ in range(count)]


def isbn13(number: int) -> str:
    """The ISBN-13 of a book number, 0 <= number < 10**9: 978 and a checksum."""
    body = f"978{number:09d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)
