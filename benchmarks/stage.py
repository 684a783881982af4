"""A stage for benchmarks: the stand-in of the outside catalogues and a server of our own, both on loopback, both ended afterwards."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
STAND_IN = Path(os.environ.get("STAND_IN", ROOT.parent / "shared" / "upstreams" / "upstreams.py"))
DELAYS_MS = {"google": 80, "openlibrary": 120, "isbndb": 100}  # as spec 08 has them


@dataclass(frozen=True)
class Stage:
    """Where the two listen, and the server's process group."""

    server_url: str
    stand_in_url: str
    group: int
    control: httpx.Client  # one for all: making a client costs more than what is measured here

    def calls(self) -> dict[str, int]:
        """Calls by provider since the last reset."""
        counted = self.control.get(f"{self.stand_in_url}/__stats").json()["per_upstream"]
        return {name: counted.get(name, 0) for name in DELAYS_MS}

    def reset(self) -> None:
        self.control.post(f"{self.stand_in_url}/__reset").raise_for_status()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(**settings: str) -> Iterator[Stage]:
    """Start both, wait until they are ready, stop both."""
    if not STAND_IN.exists():
        raise SystemExit(f"The stand-in for the outside catalogues is not at {STAND_IN}: set STAND_IN to its file.")
    stand_in_port, port = free_port(), free_port()
    stand_in_url, url = f"http://127.0.0.1:{stand_in_port}", f"http://127.0.0.1:{port}"
    interpreter = os.environ.get("STAND_IN_PYTHON", sys.executable)
    stand_in = subprocess.Popen([interpreter, str(STAND_IN), "--port", str(stand_in_port)], stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as data:
        server = subprocess.Popen(
            [sys.executable, "-m", "bookstrack.supervisor"], cwd=ROOT, env=_environment(data, port, stand_in_url) | settings,
            stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(f"{stand_in_url}/__health")
            wait_for(f"{url}/readyz")
            with httpx.Client() as control:
                yield Stage(url, stand_in_url, server.pid, control)
        finally:
            server.send_signal(signal.SIGTERM)
            stand_in.terminate()
            server.wait(15)
            stand_in.wait(5)


def _environment(data: str, port: int, stand_in_url: str) -> dict[str, str]:
    own = {
        "BOOKSTRACK_DATA_DIR": data,
        "BOOKSTRACK_PORT": str(port),
        "RATE_LIMITS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "GOOGLE_BOOKS_API_KEY": secrets.token_hex(8),
        "ISBNDB_API_KEY": secrets.token_hex(8),
        "GOOGLE_BOOKS_BASE_URL": f"{stand_in_url}/google/books/v1",
        "OPENLIBRARY_BASE_URL": f"{stand_in_url}/openlibrary",
        "ISBNDB_BASE_URL": f"{stand_in_url}/isbndb",
        "WIKIDATA_BASE_URL": f"{stand_in_url}/wikidata",  # at its own rate: it is beside what is measured
    }
    own |= {f"{provider}_RATE": "10000" for provider in ("OPENLIBRARY", "GOOGLE_BOOKS", "ISBNDB")}
    own |= {f"{provider}_DAILY_BUDGET": "10000000" for provider in ("GOOGLE_BOOKS", "ISBNDB")}  # Open Library has none
    return {**os.environ, **own}


def wait_for(url: str, timeout_s: float = 60) -> None:
    """Wait until an address answers 200."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):  # not there yet
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.05)
    raise SystemExit(f"{url} did not answer within {timeout_s} s")


def isbn13(number: int) -> str:
    """The ISBN-13 of a book number, 0 <= number < 10**9: 978 and a checksum."""
    body = f"978{number:09d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)
