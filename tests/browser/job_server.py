"""Everything that `make run` starts, for tests of jobs in the browser: two workers, the scheduler, a web process that may be killed."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import ROOT, START_TIMEOUT_S

JOB_TIMEOUT_MS = 30_000
_shared: dict[str, object] = {}  # by all modules of a test process
STARTER = """
import asyncio, json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "bookstrack.settings"
import django
django.setup()
from django.utils import timezone
from jobs import services
from jobs.models import Job

async def main():
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        started = await services.start(job_id=None, client="192.0.2.9", **asked["job"])
        if asked["expired"]:
            await Job.objects.filter(pk=started.job.pk).aupdate(token_expires_at=timezone.now())
        print("started", started.job.pk, started.token, flush=True)

asyncio.run(main())
"""


class Served(NamedTuple):
    """Everything that runs: its supervisor, and what its parts need to know."""

    address: str
    supervisor: subprocess.Popen[bytes]
    environ: dict[str, str]
    log_path: Path

    def password(self) -> str:
        """Of the first admin, who is called admin; it is told at the first start."""
        found = re.search(r"password\s+(\S+)", self.log_path.read_text(errors="replace"))
        assert found
        return found[1]

    def web_pid(self) -> int | None:
        """The web process of this moment."""
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                if parent == self.supervisor.pid and b"bookstrack.web" in status.with_name("cmdline").read_bytes():
                    return int(status.parent.name)
            except OSError:  # it has just ended
                continue
        return None


class Job(NamedTuple):
    id: str
    token: str

    @property
    def path(self) -> str:
        return f"/jobs/{self.id}#token={self.token}"


Start = Callable[..., Job]


@pytest.fixture(scope="session")
def served(chromium: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Served:
    """The server. Several modules have this fixture, and all of them together one server."""
    if "served" not in _shared:
        _shared["served"] = _served(tmp_path_factory.mktemp("jobs"), request.config.add_cleanup)
    return cast(Served, _shared["served"])


def _served(data_dir: Path, at_end: Callable[[Callable[[], object]], None]) -> Served:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = os.environ | {
        "BOOKSTRACK_DATA_DIR": str(data_dir),
        "BOOKSTRACK_PORT": str(port),
        "PIPELINE_PACKAGES": "tests.jobs.drills,scanning.pipelines",
        "SEARCH_PROVIDERS": "catalogue",
        "SCAN_ENGINES": "barcode",
        "BOOKSTRACK_PHOTO_WORKERS": "1",
        "RATE_LIMITS_ENABLED": "0",
    }
    for name in ("REDIS_URL", "DATABASE_URL"):
        environ.pop(name, None)
    address = f"http://127.0.0.1:{port}"
    log_path = data_dir / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "bookstrack.supervisor"], cwd=ROOT, env=environ, stdout=log, stderr=log)

    def stop() -> None:
        process.terminate()
        process.wait(timeout=START_TIMEOUT_S)

    at_end(stop)
    _wait_until_ready(address, process, log_path)
    return Served(address, process, environ, log_path)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", timeout=START_TIMEOUT_S).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log_path.read_text(errors='replace')}")


@pytest.fixture(scope="session")
def server(served: Served) -> str:
    """What `open_page` opens."""
    return served.address


@pytest.fixture(scope="session")
def start(served: Served, request: pytest.FixtureRequest) -> Start:
    """Start a job on the running server; by default a drill of so many items."""
    if "start" not in _shared:
        _shared["start"] = _starter(served.environ, request.config.add_cleanup)
    return cast(Start, _shared["start"])


def _starter(environ: dict[str, str], at_end: Callable[[Callable[[], object]], None]) -> Start:
    command = [sys.executable, "-c", STARTER]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    stdin, stdout = process.stdin, process.stdout
    at_end(process.communicate)

    def started(count: int = 20, *, books: list[dict[str, str]] | None = None, expired: bool = False, **payload: Any) -> Job:
        job: dict[str, Any] = {"pipeline": "counting", "payload": {"count": count, **payload}, "total": count}
        if books is not None:
            job = {"pipeline": "batch_enrichment", "payload": {"books": books}, "total": len(books)}
        stdin.write(json.dumps({"job": job, "expired": expired}) + "\n")
        stdin.flush()
        while not (line := stdout.readline()).startswith("started"):
            assert line, "the starter ended"
        return Job(*line.split()[1:])

    return started


async def ended(page: Page, status: str = "completed") -> None:
    await expect(page.locator("#job")).to_have_attribute("data-status", status, timeout=JOB_TIMEOUT_MS)
    await expect(page.locator("#line")).to_have_text("Connection: ended")
