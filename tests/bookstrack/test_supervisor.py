"""`python -m bookstrack.supervisor` as a process, on a data folder and a port of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bookstrack import supervisor
from bookstrack.lib import embedded_redis

WAIT_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data_dir: Path, port: int) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}}
    return {**env, "BOOKSTRACK_DATA_DIR": str(data_dir), "BOOKSTRACK_HOST": "127.0.0.1", "BOOKSTRACK_PORT": str(port)}


def run_to_its_end(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bookstrack.supervisor"]
    return subprocess.run(command, cwd=supervisor.BASE_DIR, env=env, capture_output=True, text=True, timeout=WAIT_S)


def test_a_taken_port_is_named_and_nothing_is_touched(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_to_its_end(environment(tmp_path / "data", port))
    assert done.returncode == supervisor.PORT_TAKEN
    assert done.stdout == (
        f"Port {port} of 127.0.0.1 is taken. Stop what listens there, or choose another one: "
        f"BOOKSTRACK_PORT={port + 1} make run\n"
    )
    assert done.stderr == ""
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        ({"BOOKSTRACK_PORT": "many"}, 1, "BOOKSTRACK_PORT is 'many': say a whole number"),
        ({"BOOKSTRACK_PORT": "70000"}, supervisor.PORT_TAKEN, "BOOKSTRACK_PORT=70000"),
        ({"BOOKSTRACK_HOST": "no-such-host.invalid"}, supervisor.PORT_TAKEN, "BOOKSTRACK_HOST=no-such-host.invalid"),
        ({"BOOKSTRACK_DATA_DIR": "/dev/null/data"}, 1, "BOOKSTRACK_DATA_DIR=/dev/null/data cannot be made"),
        ({"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, 1, "the database fails: "),
    ],
)
def test_what_cannot_work_is_said_in_a_line(tmp_path: Path, wrong: dict[str, str], code: int, says: str) -> None:
    done = run_to_its_end({**environment(tmp_path, free_port()), **wrong})
    assert done.returncode == code
    assert says in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not embedded_redis.answers(tmp_path)


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")]
)
def test_an_address_is_shown_as_a_browser_takes_it(host: str, shown: str) -> None:
    with supervisor.bind(host, 0) as listener:
        assert supervisor.reachable(listener) == (shown, listener.getsockname()[1])


def test_a_port_is_had_by_one_even_while_nobody_listens() -> None:
    with supervisor.bind("127.0.0.1", 0) as first, pytest.raises(supervisor.CannotListen, match="is taken"):
        supervisor.bind("127.0.0.1", first.getsockname()[1]).listen()


class Server:
    """A whole BooksTrack."""

    def __init__(self, data_dir: Path, log: Path) -> None:
        self.port = free_port()
        self.env = environment(data_dir, self.port)
        self.log = log
        self.url = f"http://127.0.0.1:{self.port}"
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bookstrack.supervisor"],
                cwd=supervisor.BASE_DIR,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, pattern: str, *, times: int = 1) -> str:
        """The output, once the pattern is in it so often."""
        self.wait_until(lambda: len(re.findall(pattern, self.log.read_text())) >= times)
        return self.log.read_text()

    def wait_until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not true():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def first_answer(self) -> int:
        """The status that the first request gets that is let in; it does not wait for a start."""
        while True:
            assert self.process.poll() is None, self.log.read_text()
            try:
                return httpx.get(f"{self.url}/livez", timeout=3, trust_env=False).status_code
            except httpx.ConnectError:
                time.sleep(0.02)

    def pid_of(self, module: str) -> int:
        """The process of the group that runs a module or program."""
        command = ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid), "-ww"]
        listed = subprocess.run(command, capture_output=True, text=True).stdout
        return next(int(line.split()[0]) for line in listed.splitlines() if module in line)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data", tmp_path / "run.log")
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def test_starts_survives_the_death_of_its_parts_and_stops(server: Server, tmp_path: Path) -> None:
    assert server.first_answer() == 200, "what cannot be answered yet is refused, not kept waiting"
    text = server.wait_for(re.escape(f"BooksTrack is ready on {server.url} (admin: /admin/)"))
    assert server.ready()
    assert len(re.findall(r"password  \S{20}", text)) == 1
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0

    for name, program in (("web", "bookstrack.web"), ("redis", "valkey-server")):
        os.kill(server.pid_of(program), signal.SIGKILL)
        server.wait_for(f"{name} was ended by SIGKILL; it starts again in 0.5 s")
        server.wait_until(server.ready)

    beside = [sys.executable, "manage.py", "migrate", "--check"]
    subprocess.run(beside, cwd=supervisor.BASE_DIR, env=server.env, check=True, timeout=WAIT_S)

    os.killpg(server.process.pid, signal.SIGTERM)
    assert server.process.wait(WAIT_S) == 0
    assert not embedded_redis.answers(tmp_path / "data")
    assert server.log.read_text().endswith("BooksTrack has stopped\n")
    assert "Traceback" not in server.log.read_text()
