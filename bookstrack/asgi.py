"""The server's application: the edge around Django."""

import asyncio
import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  (Django has to be set up first)
from django.core.handlers.asgi import ASGIHandler  # noqa: E402

from bookstrack.edge import App, Edge, Receive, Scope, Send  # noqa: E402
from bookstrack.lib import db, http, redis  # noqa: E402
from search import services  # noqa: E402
from search.ledger import ledger  # noqa: E402

API_PATHS = ("/v1/", "/api/", "/search/", "/external/", "/covers/", "/images/", "/health", "/livez", "/readyz", "/openapi.json")


class _ApiHandler(ASGIHandler):
    """Django with the middleware that an API request needs, and no other."""

    def load_middleware(self, is_async: bool = False) -> None:
        every = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = every


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
