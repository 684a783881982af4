"""A bare ASGI answer on the server that BooksTrack is served by: `python -m benchmarks.bare --port P --bytes N`.

The reference of all warm rows: a body of as many bytes as ours, its type and its length, and nothing else. It is served by our protocol
class, or with `--plain` by uvicorn's own, which does less for a request.
"""

import argparse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bookstrack import supervisor, web

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def answering(body: bytes, content_type: str) -> Callable[..., Awaitable[None]]:
    """An application that gives this body whatever it is asked."""
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]

    async def application(scope: MutableMapping[str, Any], receive: object, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves a bare answer.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--type", default="application/json")
    parser.add_argument("--plain", action="store_true", help="by uvicorn's own protocol class")
    asked = parser.parse_args()
    config = web.config()
    config.app, config.lifespan = answering(b"x" * asked.bytes, asked.type), "off"
    config.http = HttpToolsProtocol if asked.plain else config.http
    uvicorn.Server(config).run(sockets=[supervisor.bind("127.0.0.1", asked.port)])


if __name__ == "__main__":
    main()
