"""The fast lane as our server asks it: real bytes on a real socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from bookstrack import supervisor, web
from bookstrack.edge import Edge
from bookstrack.fast_lane import FastLane

BODY = b"quick " * 20


class Ready:
    """A reply that is always there."""

    route, etag = "/quick", '"one"'

    def lines(self, elapsed_ms: float) -> bytes:
        return b'content-type: text/plain\r\netag: "one"\r\nvary: Origin\r\n'

    def body(self, trace_id: str, elapsed_ms: float) -> bytes:
        return BODY

    def sent(self) -> None:
        Lane.sent += 1


class Lane:
    """/quick at once, /soon after a short way, /broken never."""

    prefixes, bucket, sent = (b"/quick", b"/soon", b"/broken"), "search", 0

    def find(self, target: bytes, coding: str) -> Ready | None:
        if target.startswith(b"/broken"):
            raise ValueError("broken on purpose")
        return Ready() if target.startswith(b"/quick") else None

    async def fetch(self, target: bytes, coding: str) -> Ready | None:
        await asyncio.sleep(0.05)
        return Ready()


async def the_long_way(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(0.05)
    body = f"long {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def nothing() -> None:
    """Neither at the start nor at the end."""


@pytest.fixture
async def port() -> AsyncIterator[int]:
    app = Edge(the_long_way, FastLane([Lane()]), start=nothing, stop=nothing)
    config = uvicorn.Config(app, http=web.HttpProtocol, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    with supervisor.bind("127.0.0.1", 0) as listener:
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup([listener])
        yield listener.getsockname()[1]
        await server.shutdown([listener])


def asking(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: testserver", *lines, "", ""]).encode("latin-1")


async def exchange(port: int, *requests: bytes) -> bytes:
    """All that is said to these requests, which go off together, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(requests))
    async with asyncio.timeout(20):
        said = await reader.read()
    writer.close()
    return said


LAST = asking("/last", "Connection: close")


def bodies(said: bytes) -> list[bytes]:
    """The bodies of replies that follow each other, by their content-length."""
    found = []
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).partition(b":")[2])
        found.append(rest[:length])
        said = rest[length:]
    return found


async def test_requests_that_follow_each_other_are_answered_in_their_order(port: int) -> None:
    paths = ["/quick", "/slow/1", "/quick?2", "/soon", "/quick?3", "/broken", "/quick?4"]
    before = Lane.sent
    said = await exchange(port, *map(asking, paths), LAST)
    assert bodies(said) == [BODY, b"long /slow/1", BODY, BODY, BODY, b"long /broken", BODY, b"long /last"]
    assert Lane.sent - before == 5


async def test_a_reply_has_what_the_edge_gives_every_reply(port: int) -> None:
    quick = (await exchange(port, asking("/quick", "X-Request-ID: mine-1"), LAST)).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    soon = (await exchange(port, asking("/soon", "X-Request-ID: mine-1"), LAST)).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    slow = (await exchange(port, asking("/slow", "X-Request-ID: mine-1"), LAST)).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert sorted(quick) == sorted(soon)
    assert "x-request-id: mine-1" in quick and 'etag: "one"' in quick
    missing = {line.lower() for line in slow} - {line.lower() for line in quick}
    assert missing == {"content-length: 10"}, "what the edge gives the long way's replies"
    names = [line.partition(":")[0].lower() for line in quick[1:]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", ["/quick", "/soon"])
async def test_head_and_not_modified_have_no_body(port: int, path: str) -> None:
    head = await exchange(port, asking(path, method="HEAD"), LAST)
    assert head.count(b"HTTP/1.1 200 OK") == 2 and BODY not in head and b"content-length: %d\r\n" % len(BODY) in head
    known = await exchange(port, asking(path, 'If-None-Match: W/"one"'), LAST)
    assert known.startswith(b"HTTP/1.1 304 Not Modified\r\n") and BODY not in known
    assert b"\r\ncontent-type" not in known.partition(b"\r\n\r\n")[0].lower()


@pytest.mark.parametrize(
    "request_bytes",
    [
        asking("/quick", "Connection: close"),
        asking("/quick", version="1.0"),
        asking("/quick", "Host: evil.example"),
        asking("/quick", "Content-Length: 3") + b"abc",
        asking("/quick", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
        asking("/quick", "Expect: 100-continue", "Content-Length: 0"),
        asking("/quick", method="DELETE"),
    ],
)
async def test_what_is_unusual_goes_the_long_way(port: int, request_bytes: bytes) -> None:
    before = Lane.sent
    said = await exchange(port, request_bytes, b"" if b"close" in request_bytes or b"HTTP/1.0" in request_bytes else LAST)
    assert b"long /quick" in said and Lane.sent == before


async def test_a_client_that_takes_nothing_stops_the_answers(port: int) -> None:
    """Replies are not piled up in memory for it: what is asked meanwhile waits."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    before, asked = Lane.sent, 0
    request = asking("/quick") * 500
    try:
        async with asyncio.timeout(2):
            while asked < 400_000:
                writer.write(request)
                asked += 500
                await writer.drain()
    except TimeoutError:
        pass
    assert Lane.sent - before < asked
    assert asked < 400_000, "the server read on and on"
    writer.transport.abort()


async def test_a_request_in_pieces(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in (b"GET /qui", b"ck?a=1 HT", b"TP/1.1\r\nHo", b"st: testserver\r", b"\n\r\n"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
    writer.close()
