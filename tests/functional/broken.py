"""What tests break: a server of Redis's protocol on a port of its own, and a line to a server that may be slow, silent or cut."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis

from bookstrack.lib.embedded_redis import find_program
from tests.endurance.house import free_port

STARTED_WITHIN_S = 20.0
CHUNK_BYTES = 65_536


class Valkey:
    """It listens on `port` within, and keeps nothing in files: after a restart it is empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.client = redis.Redis(port=self.port)
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(self._folder)}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with (self._folder / "valkey.log").open("ab") as log:
            self._server = subprocess.Popen([find_program(), *words], stdout=log, stderr=log)
        until_s = time.monotonic() + STARTED_WITHIN_S
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                assert self._server.poll() is None and time.monotonic() < until_s, "it did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9: every connection is cut, and all that it knew is gone."""
        assert self._server is not None
        self.client.connection_pool.disconnect()
        self._server.kill()
        self._server.wait()


class Line:
    """A port of this machine that leads to another one, within. `delay_s` is that of every answer."""

    def __init__(self, target: int) -> None:
        self.delay_s = 0.0
        self._target, self.port = target, free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._flowing = asyncio.Event()
        self._cut = False
        self._open: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._met, "127.0.0.1", self.port), self._loop).result()
        self.flow()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._soon(self._server.close)
        self.cut()
        self._soon(self._loop.stop)
        self._thread.join()

    def hang(self) -> None:
        """Whoever comes is let in, and hears nothing."""
        self._soon(self._flowing.clear)

    def cut(self) -> None:
        """All connections end now, and so does each that is made."""
        self._cut = True
        self._soon(self._end_all)

    def flow(self) -> None:
        """It is whole again; what was held up arrives."""
        self._cut, self.delay_s = False, 0.0
        self._soon(self._flowing.set)

    def _soon(self, call: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(call)

    def _end_all(self) -> None:
        for task in self._open:
            task.cancel()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        ends = [writer]
        try:
            if not self._cut:
                from_target, to_target = await asyncio.open_connection("127.0.0.1", self._target)
                ends.append(to_target)
                ways = [asyncio.create_task(self._pass(reader, to_target)), asyncio.create_task(self._pass(from_target, writer, slow=True))]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
        except (OSError, asyncio.CancelledError):  # the target is down, or the line is cut: both ends see it below
            return
        finally:
            self._open.discard(task)
            for end in ends:
                end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, slow: bool = False) -> None:
        try:
            while data := await source.read(CHUNK_BYTES):
                await asyncio.sleep(self.delay_s if slow else 0)
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
        except OSError:  # one end left
            return
