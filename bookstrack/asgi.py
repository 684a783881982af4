"""The server's application: the edge around Django."""

import asyncio
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from bookstrack.edge import Edge  # noqa: E402  (Django has to be set up first)
from bookstrack.lib import db, http, redis  # noqa: E402
from search import services  # noqa: E402
from search.ledger import ledger  # noqa: E402

_background: set[asyncio.Task[None]] = set()


async def start() -> None:
    """Tasks that every web process runs."""
    _background.add(asyncio.create_task(ledger.run()))


async def stop() -> None:
    """End them, write what is noted, and close what is open."""
    for task in _background:
        task.cancel()
    await services.settled()
    await http.close()
    await redis.close()
    db.close()


application = Edge(
    django_application,  # type: ignore[arg-type]  # ASGI is spelled in two ways
    start=start,
    stop=stop,
)
