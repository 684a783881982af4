"""`make run`: prepares the data folder, then runs everything as one group until it is told to stop.

Exit codes: 0 told to stop, 1 could not be prepared, 3 the port cannot be had.
"""

import asyncio
import errno
import os
import socket
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from bookstrack import env
from bookstrack.lib import embedded_redis, metric_files
from bookstrack.lib.processes import Console, Group, Part, run_until_stopped
from bookstrack.prepare import CannotPrepare, make_data_dir

BASE_DIR = Path(__file__).resolve().parent.parent
PORT_TAKEN = 3
# A worker looks an answer up once, and hands it on: what it keeps in memory is for nobody. Arenas of malloc are one a thread otherwise.
LEAN = {"CACHE_MEMORY_MB": "4", "MALLOC_ARENA_MAX": "2"}
METRICS = "metrics"  # the folder in which all parts count
MAX_PORT = 65_535
PROBE_EVERY_S = 0.05
REMIND_EVERY_S = 15.0


class CannotListen(Exception):
    """The address cannot be had; the message says why and what to do."""


def module(name: str, *arguments: str) -> list[str]:
    """The command line that runs one of our modules with this Python."""
    return [sys.executable, "-m", name, *arguments]


def parts(listener: socket.socket) -> list[Part]:
    """What runs once everything is prepared: a line per part."""
    fd, web_processes = listener.fileno(), env.integer("BOOKSTRACK_WORKERS", 1, least=1)
    every = [
        Part("web", module("bookstrack.web", "--fd", str(fd)), web_processes, pass_fds=(fd,)),
        Part("worker", module("jobs.worker"), env.integer("BOOKSTRACK_JOB_WORKERS", 2, least=1), env=LEAN),
        Part("photos", module("jobs.worker", "photos"), env.integer("BOOKSTRACK_PHOTO_WORKERS", 1), env=LEAN),
        Part("scheduler", module("jobs.scheduler")),
    ]
    return [part for part in every if part.replicas]


def main() -> int:
    """Run until told to stop; the exit code."""
    console = Console(sys.stdout.fileno(), colour=sys.stdout.isatty(), as_json=env.text("LOG_FORMAT") == "json")
    try:
        host, port = env.text("BOOKSTRACK_HOST", "127.0.0.1"), env.integer("BOOKSTRACK_PORT", 8000, least=1)
        data_dir = env.data_dir(BASE_DIR)
        with bind(host, port) as listener:
            make_folders(data_dir)
            return asyncio.run(run(console, data_dir, listener))
    except CannotListen as error:
        console.say(str(error))
        return PORT_TAKEN
    except (ImproperlyConfigured, CannotPrepare, embedded_redis.EmbeddedRedisError) as error:
        console.say(f"BooksTrack cannot start: {error}")
        return 1
    except KeyboardInterrupt:  # before the group's own handler is there
        return 0


def make_folders(data_dir: Path) -> None:
    """The folder of all state, and in it an empty one that all parts count in.

    Raises: CannotPrepare.
    """
    make_data_dir(data_dir)
    try:
        metric_files.begin(data_dir / METRICS)
    except OSError as error:
        raise CannotPrepare(f"{data_dir / METRICS} cannot be made: {error.strerror}") from None


def bind(host: str, port: int) -> socket.socket:
    """The socket that all web processes share, bound, so that nobody else takes the port meanwhile. They listen to it themselves once they
    can answer: whoever comes earlier is refused instead of kept waiting, and a proxy asks another host.

    Raises: CannotListen.
    """
    if port > MAX_PORT:  # the resolver would take it modulo 65,536
        raise CannotListen(f"BOOKSTRACK_PORT={port}: there is no port above {MAX_PORT}. Choose another one.")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
        try:
            listener.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            # Connections that ended a moment ago may still have it, which is no reason to wait. Not so from the start, as another one
            # who allows that too, and does not listen yet, would not be noticed.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"Port {port} of {host} is taken. Stop what listens there, or choose another one: "
                f"BOOKSTRACK_PORT={port + 1} make run"
            ) from None
        raise CannotListen(f"BOOKSTRACK_HOST={host} BOOKSTRACK_PORT={port}: {error}. Choose others.") from None


async def run(console: Console, data_dir: Path, listener: socket.socket) -> int:
    """Start everything in order, then keep it running until a signal comes; the exit code."""
    shared = {"PYTHONUNBUFFERED": "1", metric_files.VARIABLE: str(data_dir / METRICS)}
    group = Group(console, cwd=BASE_DIR, env=os.environ | shared)
    code = await run_until_stopped(group, start(console, group, data_dir, listener))
    console.say("BooksTrack has stopped")
    return code


async def start(console: Console, group: Group, data_dir: Path, listener: socket.socket) -> int:
    """Prepare, and start Redis meanwhile; then start the parts and wait for ever. Returns only what failed."""
    embedded = not env.text("REDIS_URL")
    if embedded:
        embedded_redis.find_program()  # one clear line instead of a part that dies again and again
        group.start(Part("redis", module("bookstrack.lib.embedded_redis", str(data_dir)), ends_last=True))
        group.env["REDIS_URL"] = embedded_redis.url_for(data_dir)
    if await group.run(Part("prepare", module("bookstrack.prepare"))) != 0:
        return 1
    if embedded:
        await redis_answers(console, data_dir)
    with listener:  # closed as soon as the end begins: nobody is let in to be cut off
        for part in parts(listener):
            group.start(part)
        await announce(console, listener)
        await asyncio.Event().wait()
    return 0


async def redis_answers(console: Console, data_dir: Path) -> None:
    """Wait for Redis, but not for ever: the parts do without it as far as they can."""
    try:
        async with asyncio.timeout(embedded_redis.START_TIMEOUT_S):
            while True:
                if await asyncio.to_thread(embedded_redis.answers, data_dir):
                    return
                await asyncio.sleep(PROBE_EVERY_S)
    except TimeoutError:
        console.say(f"Redis does not answer after {embedded_redis.START_TIMEOUT_S:.0f} s; starting without it")


async def announce(console: Console, listener: socket.socket) -> None:
    """Say when the web processes are ready, and now and then why they are not."""
    host, port = reachable(listener)
    loop = asyncio.get_running_loop()
    remind_at_s = loop.time() + REMIND_EVERY_S
    while (status := await probe(host, port)) != 200:
        if loop.time() > remind_at_s:
            console.say(f"not ready yet: /readyz {f'answers {status}' if status else 'does not answer'}")
            remind_at_s = loop.time() + REMIND_EVERY_S
        await asyncio.sleep(PROBE_EVERY_S)
    shown = f"[{host}]" if ":" in host else host
    console.say(f"BooksTrack is ready on http://{shown}:{port} (admin: /admin/)")


def reachable(listener: socket.socket) -> tuple[str, int]:
    """The listener's address as a client on this machine writes it."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound


async def probe(host: str, port: int) -> int | None:
    """The status of /readyz; None when there was no answer."""
    writer = None
    allowed = next((name.lstrip(".") for name in env.words("ALLOWED_HOSTS") if name != "*"), "localhost")
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET /readyz HTTP/1.1\r\nHost: {allowed}\r\nConnection: close\r\n\r\n".encode())
            status = (await reader.readline()).split()
            return int(status[1]) if len(status) > 1 else None
    except OSError:  # refused, reset, late
        return None
    finally:
        if writer is not None:
            writer.close()


if __name__ == "__main__":
    raise SystemExit(main())
