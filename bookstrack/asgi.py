"""The server's application: the edge around Django."""

import asyncio
import gc
import os
from contextlib import closing
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  (Django has to be set up first)
from django.core.exceptions import RequestAborted  # noqa: E402
from django.core.handlers.asgi import ASGIHandler, get_script_prefix  # noqa: E402
from django.http.response import HttpResponseBase  # noqa: E402
from django.urls import set_script_prefix  # noqa: E402

from bookstrack.edge import App, Edge, Receive, Scope, Send  # noqa: E402
from bookstrack.lib import db, http, redis  # noqa: E402
from search import services  # noqa: E402
from search.ledger import ledger  # noqa: E402

API_PATHS = ("/v1/", "/api/", "/search/", "/external/", "/covers/", "/images/", "/health", "/livez", "/readyz", "/openapi.json")


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
            if response is not None:
                await _sent(response, send)


async def _sent(response: HttpResponseBase, send: Send) -> None:
    """Send a reply that is whole: no API view streams yet."""
    body: bytes = getattr(response, "content", b"")
    headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in response.items()]
    if response.status_code != 304:
        headers.append((b"Content-Length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_api: App = _ApiHandler()  # type: ignore[assignment]  # ASGI is spelled in two ways
_pages: App = ASGIHandler()  # type: ignore[assignment]


async def _django(scope: Scope, receive: Receive, send: Send) -> None:
    handler = _api if scope.get("path", "").startswith(API_PATHS) else _pages
    await handler(scope, receive, send)


GC_THRESHOLDS = (20_000, 20, 20)  # a merge makes thousands of objects at once, and all of them die by counting
_background: set[asyncio.Task[None]] = set()


async def start() -> None:
    """Tasks that every web process runs."""
    gc.collect()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.freeze()  # what is loaded now stays: the collector need not walk it again in the middle of a request
    _background.add(asyncio.create_task(ledger.run()))


async def stop() -> None:
    """End them, write what is noted, and close what is open."""
    for task in _background:
        task.cancel()
    await services.settled()
    await http.close()
    await redis.close()
    db.close()


application = Edge(_django, start=start, stop=stop)
