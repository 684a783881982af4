"""A stand-in for the outside catalogues of our own, for machines without the one of STAND_IN: `python -m benchmarks.standin --port P`.

It answers about the invented books of the fire drill, after as long as spec 08 says, and is controlled as the other one is: GET `/__stats`,
POST `/__reset`, POST `/__config` with `miss_google` and so on, the share of ISBNs that a catalogue does not know. A title has two results.
"""

import argparse
import asyncio
import re
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
import uvicorn

from bookstrack import supervisor
from harvest.drill.standin import right_answer

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
CATALOGUES = {  # by prefix of the path: the name here, that of the drill, and ms
    "/google/books/v1": ("google", "google-books", 80),
    "/openlibrary": ("openlibrary", "openlibrary", 120),
    "/isbndb": ("isbndb", "isbndb", 100),
    "/wikidata": ("wikidata", "wikidata", 90),
}
NOBODYS = "0"  # what stands in a question for an ISBN that is not known
_ISBN = re.compile(r"97[89][0-9]{10}")


class Catalogues:
    """All of them as an ASGI application."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.endpoints: Counter[str] = Counter()
        self.missing: dict[str, float] = {}  # share of ISBNs by catalogue

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        path, body = scope["path"], await _body(receive)
        if path.startswith("/__"):
            await _send(send, 200, orjson.dumps(self._controlled(path, body)))
            return
        prefix = next((prefix for prefix in CATALOGUES if path.startswith(prefix)), None)
        if prefix is None:
            await _send(send, 404, b"{}")
            return
        name, catalogue, delay_ms = CATALOGUES[prefix]
        inner = path.removeprefix(prefix)
        self.calls[name] += 1
        self.endpoints[f"{name} {scope['method']} {inner.split('/')[1]}"] += 1
        await asyncio.sleep(delay_ms / 1000)
        known = [self._known(name, text) for text in (inner, scope["query_string"].decode(), body.decode())]
        answer = right_answer(catalogue, known[0], dict(parse_qsl(known[1])), dict(parse_qsl(known[2])))
        await _send(send, answer.status, answer.body)

    def _controlled(self, path: str, body: bytes) -> dict[str, Any]:
        if path == "/__reset":
            self.calls.clear()
            self.endpoints.clear()
        elif path == "/__config":
            self.missing |= {name.removeprefix("miss_"): share for name, share in orjson.loads(body).items()}
        return {"per_upstream": dict(self.calls), "per_endpoint": dict(self.endpoints)}

    def _known(self, name: str, text: str) -> str:
        """A question without the ISBNs that a catalogue does not know: the same ones each time, others for each catalogue."""
        share = self.missing.get(name, 0.0)
        return _ISBN.sub(lambda found: NOBODYS if zlib.crc32(f"{name} {found[0]}".encode()) < share * 2**32 else found[0], text)


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    parser = argparse.ArgumentParser(description="Stands in for the outside catalogues.")
    parser.add_argument("--port", type=int, required=True)
    listener = supervisor.bind("127.0.0.1", parser.parse_args().port)
    config = uvicorn.Config(Catalogues(), lifespan="off", ws="none", log_level="warning", access_log=False, timeout_keep_alive=75)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
