"""The stand-in on ports of its own, one a provider, in a thread: a provider that is down has nobody who listens."""

import asyncio
import logging
import socket
import threading
from collections.abc import Mapping

import uvicorn

from harvest.drill.faults import OPTIONS, Fault, Kind
from harvest.drill.standin import StandIn

BASES = {
    "google-books": "GOOGLE_BOOKS_BASE_URL", "openlibrary": "OPENLIBRARY_BASE_URL", "isbndb": "ISBNDB_BASE_URL",
    "wikidata": "WIKIDATA_BASE_URL", "covers": "OPENLIBRARY_COVERS_BASE_URL",
}  # fmt: skip
MOVED_WITHIN_S = 10.0


class Serving:
    """Within it the stand-in listens. `settings` are those under which the service asks it and nobody else."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self.ports = {name: free_port() for name in OPTIONS.values()}
        self._servers: dict[str, _Server] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stand-in", daemon=True)

    def __enter__(self) -> "Serving":
        self._thread.start()
        self.behave(self.standin.faults)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._listen_to(set()), self._loop).result(MOVED_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(MOVED_WITHIN_S)
        self._loop.close()

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables."""
        return {setting: f"http://127.0.0.1:{self.ports[name]}" for name, setting in BASES.items()}

    def behave(self, faults: Mapping[str, Fault]) -> None:
        """From now on these providers have these faults, and the others none; returns when it is so."""
        self.standin.behave(faults)
        up = {name for name, fault in self.standin.faults.items() if fault.kind is not Kind.DOWN}
        asyncio.run_coroutine_threadsafe(self._listen_to(up), self._loop).result(MOVED_WITHIN_S)

    async def _listen_to(self, up: set[str]) -> None:
        for name in [name for name in self._servers if name not in up]:
            await self._servers.pop(name).end()
        for name in up - set(self._servers):
            server = self._servers[name] = _Server(self.standin, name, self.ports[name])
            await server.begin()


class _Server:
    """One provider's port."""

    def __init__(self, standin: StandIn, provider: str, port: int) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it reports the connections that we cut
        config = uvicorn.Config(
            standin.app(provider), host="127.0.0.1", port=port, lifespan="off", log_config=None, access_log=False, ws="none",
            http="httptools", server_header=False, timeout_keep_alive=75,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise OSError("the stand-in cannot listen")
            await asyncio.sleep(0.01)

    async def end(self) -> None:
        """Nobody listens any more, and connections that stand are cut."""
        self._server.should_exit = self._server.force_exit = True
        if self._task is not None:
            await self._task
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        for task in list(self._server.server_state.tasks):
            task.cancel()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
