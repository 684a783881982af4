"""The service as `make run` starts it, in a folder of its own, for drills that kill its processes."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = {"worker": b"jobs.worker", "web": b"bookstrack.web", "scheduler": b"jobs.scheduler", "redis": b"--unixsocket"}
READY_S = 60.0


@dataclass
class House:
    """One supervisor with its data folder. `settings` are environment variables over those of a drill."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "said.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "BOOKSTRACK_DATA_DIR": str(self.folder / "data"),
            "BOOKSTRACK_PORT": str(self.port),
            "BOOKSTRACK_JOB_WORKERS": "3",
            "PIPELINE_PACKAGES": "scanning.pipelines,tests.jobs.drills",
            "SEARCH_PROVIDERS": "catalogue",
            "RATE_LIMITS_ENABLED": "0",
            "PROGRESS_SOCKETS_PER_CLIENT": "1000",
            "LOG_LEVEL": "WARNING",
            "REDIS_URL": "",
            "DATABASE_URL": "",
            **self.settings,
        }
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "bookstrack.supervisor"], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        until_s = time.monotonic() + READY_S
        while not self._ready():
            if self._supervisor.poll() is not None or time.monotonic() > until_s:
                self.stop()
                raise AssertionError(f"it did not start: {self.said()[-3000:]}")
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, within_s: float = 15.0) -> float:
        """End it in order; the seconds that it took."""
        assert self._supervisor is not None
        began_s = time.monotonic()
        if self._supervisor.poll() is None:
            self._supervisor.send_signal(signal.SIGTERM)
        try:
            self._supervisor.wait(within_s)
        finally:
            self._supervisor.kill()  # its children die with it
            self._supervisor.wait()
        return time.monotonic() - began_s

    def fall(self) -> None:
        """kill -9 of the supervisor: all its processes die with it."""
        assert self._supervisor is not None
        self._supervisor.kill()
        self._supervisor.wait()

    def pids(self, kind: str) -> list[int]:
        """Its processes of one kind that live now."""
        assert self._supervisor is not None
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                mine = int(parent) == self._supervisor.pid and state != "Z"
                if mine and KINDS[kind] in (folder / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except (OSError, ValueError):
                continue  # it ended meanwhile
        return sorted(found)

    def age_s(self, pid: int) -> float:
        """How long a process has run; 0 when it has ended."""
        try:
            began = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        except OSError:
            return 0.0
        return float(Path("/proc/uptime").read_text().split()[0]) - began / os.sysconf("SC_CLK_TCK")

    def kill(self, pid: int) -> None:
        """kill -9"""
        os.kill(pid, signal.SIGKILL)

    def said(self) -> str:
        """What all its processes have printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    async def start_jobs(self, *payloads: dict[str, object], pipeline: str = "counting") -> list[tuple[str, str]]:
        """Start jobs, as many as payloads; (job id, token) of each."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.endurance.starter", pipeline, cwd=ROOT, env=self.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        answer, _ = await process.communicate(orjson.dumps(payloads))
        assert process.returncode == 0
        return [(one["jobId"], one["token"]) for one in orjson.loads(answer.splitlines()[-1])]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
