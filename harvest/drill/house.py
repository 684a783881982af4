"""The service as `make run` starts it, in a folder that is thrown away: no setting, file, database or Redis of the operator is seen."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import orjson
from django.conf import settings

from bookstrack.lib import clock, http
from bookstrack.lib.processes import Console, Group, Part
from harvest.drill.serving import free_port

READY_S = 60.0
PROBE_EVERY_S = 0.05
CLOSING_S = 20.0
# Of the environment only what programs need to run. No setting of the operator's, no key, no proxy.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH", "SYSTEMROOT")
PLENTY = "100000"


class DidNotStart(Exception):
    """The service could not be started; the message is what it said last."""


def settings_of_drill(folder: Path, port: int) -> dict[str, str]:
    """The environment of a drill's service but for where it finds providers: keys that are none, rates and budgets that never bind."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    paid = {f"{name}_API_KEY": "a-drill" for name in ("GOOGLE_BOOKS", "ISBNDB")}
    rates = {f"{name}_RATE": PLENTY for name in ("GOOGLE_BOOKS", "OPENLIBRARY", "ISBNDB", "WIKIDATA")}
    budgets = {f"{name}_DAILY_BUDGET": PLENTY for name in ("GOOGLE_BOOKS", "ISBNDB")}
    return {
        **kept, **paid, **rates, **budgets,
        "BOOKSTRACK_DATA_DIR": str(folder / "data"),
        "BOOKSTRACK_HOST": "127.0.0.1",
        "BOOKSTRACK_PORT": str(port),
        "BOOKSTRACK_JOB_WORKERS": "1",
        "BOOKSTRACK_PHOTO_WORKERS": "0",
        "RATE_LIMITS_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "bookstrack.settings",
    }  # fmt: skip


class House:
    """One supervisor with its data folder; within it the service answers at `url`."""

    def __init__(self, more: Mapping[str, str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bt-drill-"))
        self._log = self.folder / "said.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.env = {**settings_of_drill(self.folder, port), **more}
        self._sink = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._group = Group(Console(self._sink, colour=False), cwd=settings.BASE_DIR, env=self.env)
        self._service: asyncio.Task[int] | None = None

    async def __aenter__(self) -> "House":
        # as what ends last it is in a process group of its own: Ctrl-C reaches us, and we end it in order
        part = Part("service", [sys.executable, "-m", "bookstrack.supervisor"], ends_last=True)
        self._service = asyncio.create_task(self._group.run(part))
        try:
            await self._ready()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._end()

    async def _ready(self) -> None:
        until_s = clock.monotonic_s() + READY_S
        while clock.monotonic_s() < until_s:
            if self._service is None or self._service.done():
                break
            with contextlib.suppress(http.UpstreamError):
                if (await http.fetch("GET", f"{self.url}/readyz", timeout_s=2.0)).status == 200:
                    return
            await asyncio.sleep(PROBE_EVERY_S)
        raise DidNotStart(self.said()[-2000:] or "it said nothing")

    async def _end(self) -> None:
        """End it, whatever happens meanwhile, and leave nothing behind."""
        await asyncio.shield(self._group.stop())
        if self._service is not None:
            await asyncio.wait([self._service])
        os.close(self._sink)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def said(self) -> str:
        """What all its processes have printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def open_circuits(self) -> set[str]:
        """The providers that it does not ask just now, by its own word."""
        try:
            reply = await http.fetch("GET", f"{self.url}/health", timeout_s=10.0)
            states = orjson.loads(reply.body)["checks"]["providers"]
        except (http.UpstreamError, orjson.JSONDecodeError, KeyError):
            return set()
        return {name for name, about in states.items() if about["status"] == "open"}

    async def close_circuits(self) -> None:
        """Let every provider be asked again, as staff do in the admin."""
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "harvest.drill.closing", cwd=settings.BASE_DIR, env=self.env)
        try:
            async with asyncio.timeout(CLOSING_S):
                await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
