"""The child of a picture process, seen from the one that started it: its pipes, requests by number, its end.

It has no task of its own: a worker waits for tasks that a job leaves behind, and its loop stands still between two jobs.
"""

import asyncio
import contextlib
import itertools
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from scanning.photos.wire import Frames, Garbled, framed

ROOT = Path(__file__).resolve().parent.parent
READY = 0  # picture_server.READY
START_LIMIT_S = 60.0
EXIT_UNHURT = (0, 3)  # picture_server.EXIT_IDLE, EXIT_STOPPED: it ended by itself, no picture ended it
# What it needs to run; it handles foreign bytes, so that keys and passwords of our environment are none of its business.
HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TZ")
HANDED_ON_PREFIXES = ("SCAN_", "BOOKSTRACK_OCR")
Answer = tuple[dict[str, Any], list[bytes]]


class Ended(Exception):
    """The child ended before it answered. `blameless`: for another reason than this request."""

    def __init__(self, *, blameless: bool) -> None:
        super().__init__("the picture process ended")
        self.blameless = blameless


class NotStarted(Exception):
    """There is no child: no memory for it, a broken installation. No picture's fault."""


class Late(Exception):
    """No answer in time; the child was ended."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a child is started."""

    engines: str
    memory_mb: int
    threads: int
    idle_s: float

    def argv(self) -> list[str]:
        options = ["--engines", self.engines, "--memory-mb", str(self.memory_mb), "--idle-s", str(self.idle_s)]
        return [sys.executable, "-m", "scanning.picture_server", *options]

    def env(self) -> Mapping[str, str]:
        handed = {name: value for name, value in os.environ.items() if name in HANDED_ON or name.startswith(HANDED_ON_PREFIXES)}
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(self.threads))
        return {**handed, **threads, "MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", "")}


class Child(asyncio.SubprocessProtocol):
    """A running child. `ending`: it takes no requests any more."""

    def __init__(self) -> None:
        self.ending = False
        self._transport: asyncio.SubprocessTransport | None = None
        self._frames = Frames()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._abandoned: set[int] = set()
        self._killed = self._closed = False
        loop = asyncio.get_running_loop()
        self._waiting[READY] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def started(cls, launch: Launch) -> "Child":
        """Start one, and wait until it is ready. Raises: NotStarted."""
        loop = asyncio.get_running_loop()
        try:
            _, child = await loop.subprocess_exec(cls, *launch.argv(), stdin=PIPE, stdout=PIPE, stderr=None, cwd=ROOT, env=launch.env())
        except OSError as error:
            raise NotStarted(str(error)) from error
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await child._waiting[READY]
        except (Ended, TimeoutError) as error:
            raise NotStarted(str(error)) from error
        finally:
            ready = child._waiting.pop(READY)
            if not ready.done() or ready.cancelled() or ready.exception():
                child.kill()  # cancelled as well: nobody else knows of it yet
        return child

    async def ask(self, header: Mapping[str, Any], data: bytes, limit_s: float) -> Answer:
        """One request. Cancelled: the child is told, and ends when nobody else waits for it. Raises: Late, Ended."""
        if self.ending:
            raise Ended(blameless=True)
        number = next(self._numbers)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._write(framed({**header, "id": number}, [data]))
        try:
            async with asyncio.timeout(limit_s):
                return await future
        except TimeoutError:
            self.kill()
            raise Late from None
        except asyncio.CancelledError:
            self._abandoned.add(number)
            self._write(framed({"op": "stop", "id": number}))
            raise
        finally:
            self._waiting.pop(number, None)

    @property
    def busy_for_nobody(self) -> bool:
        """Whether all that it has in hand was cancelled: whoever comes now would wait for that."""
        return bool(self._abandoned) and not self._waiting

    def kill(self) -> None:
        """End it at once; who else waits may ask another one."""
        self.ending = self._killed = True
        if self._transport is not None:
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()

    async def close(self, patience_s: float) -> None:
        """Close its stdin, which ends it; kill it when that takes too long. Who still waits gets Ended, and need not ask again."""
        self.ending = self._closed = True
        stdin = self._pipe()
        if stdin is not None:
            stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._gone), patience_s)
        except TimeoutError:
            self.kill()
            await self._gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        try:
            for header, parts in self._frames.feed(data):
                self._abandoned.discard(header["id"])
                future = self._waiting.get(header["id"])
                if future is not None and not future.done():
                    future.set_result((header, parts))
        except (Garbled, KeyError):
            self.kill()
            self._killed = False  # it went mad over what it has in hand

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self.ending = True

    def connection_lost(self, exc: Exception | None) -> None:
        """All its pipes are closed, and it is gone and reaped."""
        self.ending = True
        status = self._transport.get_returncode() if self._transport is not None else None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Ended(blameless=not self._closed and (self._killed or status in EXIT_UNHURT)))
        if not self._gone.done():
            self._gone.set_result(None)
        if self._transport is not None:
            self._transport.close()

    def _write(self, data: bytes) -> None:
        stdin = self._pipe()
        if stdin is not None and not stdin.is_closing():
            stdin.write(data)

    def _pipe(self) -> asyncio.WriteTransport | None:
        found = self._transport.get_pipe_transport(0) if self._transport is not None else None
        return cast(asyncio.WriteTransport | None, found)
