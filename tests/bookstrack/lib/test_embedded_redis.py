"""Real servers in folders of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from bookstrack.lib import embedded_redis

WAIT_S = 20
ROOT = Path(embedded_redis.__file__).resolve().parent.parent.parent
START = """
import pathlib, sys, redis
from bookstrack.lib import embedded_redis
url = embedded_redis.ensure_running(pathlib.Path(sys.argv[1]))
print(url, redis.from_url(url).info("server")["process_id"])
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    embedded_redis.stop(folder)


@pytest.fixture
def long_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    yield folder
    embedded_redis.stop(folder)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def pid_of(url: str) -> int:
    with redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def ensured_by_another_process(data_dir: Path) -> tuple[str, int]:
    """URL and process id of the server that a process of its own got."""
    command = [sys.executable, "-c", START, str(data_dir)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    url, pid = done.stdout.split()
    return url, int(pid)


def test_serves_on_a_socket_that_only_its_owner_may_use(data_dir: Path) -> None:
    url = embedded_redis.ensure_running(data_dir)
    assert url == embedded_redis.url_for(data_dir) == f"unix://{data_dir}/valkey.sock?db=0"
    assert (data_dir / "valkey.sock").stat().st_mode & 0o077 == 0
    with redis.from_url(url) as client:
        assert client.set("key", "value")
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "volatile-lru"}


def test_url_for_starts_nothing(data_dir: Path) -> None:
    embedded_redis.url_for(data_dir)
    assert list(data_dir.iterdir()) == []
    assert not embedded_redis.answers(data_dir)


def test_eight_processes_at_once_get_one_server(data_dir: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        servers = set(pool.map(ensured_by_another_process, [data_dir] * 8))
    url = embedded_redis.url_for(data_dir)
    assert servers == {(url, pid_of(url))}


def test_what_was_written_is_there_after_a_stop(data_dir: Path) -> None:
    with redis.from_url(embedded_redis.ensure_running(data_dir)) as client:
        client.rpush("queue", "job")
    embedded_redis.stop(data_dir)
    assert not embedded_redis.answers(data_dir)
    with redis.from_url(embedded_redis.ensure_running(data_dir)) as client:
        assert client.lrange("queue", 0, -1) == [b"job"]


def test_nothing_is_kept_when_it_need_not_be_durable(data_dir: Path) -> None:
    with redis.from_url(embedded_redis.ensure_running(data_dir, durable=False)) as client:
        client.set("key", "value")
    embedded_redis.stop(data_dir)
    assert not (data_dir / "valkey-aof").exists()


def test_starts_over_the_socket_that_a_killed_server_left(data_dir: Path) -> None:
    first = pid_of(embedded_redis.ensure_running(data_dir))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not embedded_redis.answers(data_dir))
    assert (data_dir / "valkey.sock").exists()
    assert pid_of(embedded_redis.ensure_running(data_dir)) != first


def test_starts_over_a_socket_that_nobody_serves(data_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(data_dir / "valkey.sock"))
    assert pid_of(embedded_redis.ensure_running(data_dir)) > 0


def test_a_path_too_long_for_a_socket_is_served_from_a_private_folder(long_dir: Path) -> None:
    url = embedded_redis.ensure_running(long_dir)
    path = embedded_redis.socket_path(long_dir)
    assert len(os.fsencode(path)) <= embedded_redis.SOCKET_PATH_LIMIT_BYTES
    assert path.parent.stat().st_mode & 0o077 == 0
    assert (long_dir / "valkey.path").read_text() == str(path)
    assert ensured_by_another_process(long_dir) == (url, pid_of(url))
    assert pid_of(url) == int((long_dir / "valkey.lock").read_text())


def test_a_long_path_is_found_from_another_temp_folder(long_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = embedded_redis.ensure_running(long_dir)
    monkeypatch.setattr("tempfile.tempdir", str(long_dir.parent))
    assert embedded_redis.url_for(long_dir) == url


def test_a_copy_of_a_data_folder_does_not_get_the_server_of_the_original(long_dir: Path, tmp_path: Path) -> None:
    url = embedded_redis.ensure_running(long_dir)
    copy = tmp_path / ("copy" * 40)
    copy.mkdir()
    (copy / "valkey.path").write_text((long_dir / "valkey.path").read_text())
    assert embedded_redis.url_for(copy) != url


def test_a_folder_that_others_can_enter_is_refused(long_dir: Path) -> None:
    folder = embedded_redis.socket_path(long_dir).parent
    folder.mkdir()
    folder.chmod(0o755)
    try:
        with pytest.raises(embedded_redis.EmbeddedRedisError, match="not a private folder"):
            embedded_redis.ensure_running(long_dir)
    finally:
        folder.rmdir()


def test_stop_of_a_folder_that_is_not_served_does_nothing(data_dir: Path) -> None:
    embedded_redis.stop(data_dir)
    assert not embedded_redis.answers(data_dir)


def test_stop_ends_a_server_that_hangs(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_redis, "STOP_TIMEOUT_S", 0.1)
    pid = pid_of(embedded_redis.ensure_running(data_dir))
    os.kill(pid, signal.SIGSTOP)
    embedded_redis.stop(data_dir)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_next_server_in_the_foreground_stands_by_until_the_first_ends(data_dir: Path) -> None:
    first = pid_of(embedded_redis.ensure_running(data_dir))
    command = [sys.executable, "-m", "bookstrack.lib.embedded_redis", str(data_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as second:
        try:
            assert second.stdout is not None
            assert "standing by" in second.stdout.readline()
            assert pid_of(embedded_redis.url_for(data_dir)) == first
            os.kill(first, signal.SIGTERM)
            wait_until(lambda: (data_dir / "valkey.lock").read_text() == str(second.pid))
            wait_until(lambda: embedded_redis.answers(data_dir))
            assert pid_of(embedded_redis.url_for(data_dir)) == second.pid
        finally:
            second.terminate()


def test_an_odd_path_is_quoted_in_the_url(tmp_path: Path) -> None:
    folder = tmp_path / "a b?c#d%25é"
    folder.mkdir()
    try:
        with redis.from_url(embedded_redis.ensure_running(folder)) as client:
            assert client.ping()
    finally:
        embedded_redis.stop(folder)


def test_settings_that_the_server_refuses_are_an_error_that_names_the_log(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKSTRACK_REDIS_MAXMEMORY", "a lot")
    with pytest.raises(embedded_redis.EmbeddedRedisError, match=r"valkey\.log"):
        embedded_redis.ensure_running(data_dir)
    assert "a lot" in (data_dir / "valkey.log").read_text()


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64", (9, 1, 2)),
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0", (7, 0, 15)),
        ("", ()),
    ],
)
def test_reads_the_version_that_a_program_says(tmp_path: Path, says: str, version: tuple[int, ...]) -> None:
    program = tmp_path / "server"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    assert embedded_redis._version(str(program)) == version


@pytest.mark.parametrize(("version", "accepted"), [("7.0.15", False), ("7.2.0", True), ("8.0.1", True)])
def test_takes_a_program_from_path_when_there_is_no_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, accepted: bool
) -> None:
    program = tmp_path / "redis-server"
    program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "pdp11")
    if accepted:
        assert embedded_redis.find_program() == str(program)
    else:
        with pytest.raises(embedded_redis.EmbeddedRedisError, match=r"at least version 7\.2"):
            embedded_redis.find_program()
