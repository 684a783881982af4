"""The server's application: the edge around Django."""

import asyncio
import os
from contextlib import closing
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")

import django
import structlog

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  (Django has to be set up first)
from django.core.exceptions import RequestAborted  # noqa: E402
from django.core.handlers.asgi import ASGIHandler, get_script_prefix  # noqa: E402
from django.http.response import HttpResponseBase, StreamingHttpResponse  # noqa: E402
from django.urls import set_script_prefix  # noqa: E402

from bookstrack import ratelimit  # noqa: E402
from bookstrack.edge import App, Edge, Receive, Scope, Send  # noqa: E402
from bookstrack.fast_lane import FastLane  # noqa: E402
from bookstrack.lib import access_log, collector, db, http, redis, telemetry  # noqa: E402
from harvest.cover_store.cover_lane import CoverLane  # noqa: E402
from harvest.proxy.picture_lane import PictureLane  # noqa: E402
from harvest.proxy.proxied_rows import uses  # noqa: E402
from jobs import hub, sockets  # noqa: E402
from jobs.routing import socket_application  # noqa: E402
from scanning import scans  # noqa: E402
from search import services  # noqa: E402
from search.fast_lane import SearchLane  # noqa: E402
from search.ledger import ledger  # noqa: E402

log = structlog.get_logger(__name__)
API_PATHS = ("/v1/", "/api/", "/search/", "/external/", "/covers/", "/images/", "/metrics", "/health", "/livez", "/readyz", "/openapi.json")


class _ApiHandler(ASGIHandler):
    """Django with the middleware that an API request needs, and without the signals around a request.

    Those would start a thread for each request, to close connections that no API view opens: views are async, and reach the
    database through `lib.db` only, whose threads see to their own connections.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        every = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with closing(body):
            set_script_prefix(get_script_prefix(scope))
            request, refused = self.create_request(scope, body)
            response = refused if request is None else await self.run_get_response(request)
            if isinstance(response, StreamingHttpResponse):
                await _streamed(response, receive, send)
            elif response is not None:
                await _sent(response, send)


async def _sent(response: HttpResponseBase, send: Send) -> None:
    """Send a reply that is whole."""
    body: bytes = getattr(response, "content", b"")
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    if response.status_code != 304:
        headers.append((b"Content-Length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _streamed(response: StreamingHttpResponse, receive: Receive, send: Send) -> None:
    """Send a reply piece by piece, until it ends or its client leaves."""

    async def pieces() -> None:
        headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        async for piece in response:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = [asyncio.create_task(pieces()), asyncio.create_task(left())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception) and not isinstance(ended, OSError):
                log.error("a streamed reply broke", exc_info=ended)


_api: App = _ApiHandler()  # type: ignore[assignment]  # ASGI is spelled in two ways
_pages: App = ASGIHandler()  # type: ignore[assignment]
_fast_lane = FastLane([SearchLane(services.cache), CoverLane(), PictureLane()])


async def _inner(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await _socket(scope, receive, send)
        return
    if await _fast_lane.answered(scope, send):
        return
    handler = _api if scope.get("path", "").startswith(API_PATHS) else _pages
    await handler(scope, receive, send)


async def _socket(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/ws/progress":  # a router would raise
        await receive()
        await send({"type": "websocket.close"})
        return
    await socket_application(scope, receive, send)


_background: set[asyncio.Task[None]] = set()


async def start() -> None:
    """Tasks that every web process runs."""
    collector.spare_what_is_loaded()
    telemetry.begin_tallying()
    _background.update(asyncio.create_task(task) for task in (ledger.run(), sockets.keep(), uses.run(), services.cache.memory.watch.run()))


async def hang_up() -> None:
    """Before the server closes its connections: let those who follow jobs know that they should come back."""
    await hub.stop()
    await sockets.closed(within_s=2.0)


async def stop() -> None:
    """End them, write what is noted, and close what is open."""
    for task in _background:
        task.cancel()
    await hub.stop()
    await services.asked_who_wrote(within_s=1.0)  # a stop does not wait for Wikidata
    await services.settled()
    await ratelimit.give_back()
    await uses.flush()
    await scans.close()
    await http.close()
    await redis.close()
    db.close()
    telemetry.end_tallying()
    access_log.flush()


application = Edge(_inner, _fast_lane, start=start, stop=stop)
