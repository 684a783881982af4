"""The load generator against a server that says what it was asked, and that answers in pieces."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks import bare, load

HIT = b"HTTP/1.1 200 OK\r\nX-Cache-Status: hit-memory\r\nContent-Length: 5\r\n\r\nhello"
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nlate"
Answer = Callable[[bytes], list[bytes]]


class Server:
    """What a server was asked, and how many connections were open when the first request came."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.asked = answer, list[bytes]()
        self.open = self.open_at_first = 0
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    def hang_up(self) -> None:
        """Close every connection, whoever still waits."""
        for writer in self.writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.writers.append(writer)
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            self.open_at_first = self.open_at_first or self.open
            self.asked.append(head.split(b" ")[1])
            for piece in self.answer(head):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Server]:
    told = Server(answer)
    listening = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield told


def heads(*targets: str) -> list[str]:
    return [f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n" for target in targets]


async def test_a_volley_opens_every_connection_before_it_asks() -> None:
    async with serving(lambda _: [HIT]) as server:
        told = await load.played(server.port, 120, heads("/one"), count=120)
    assert server.open_at_first == 120
    assert (told["count"], len(server.asked), told["failed"]) == (120, 120, {})


async def test_requests_go_round_and_no_more_than_wanted_are_sent() -> None:
    async with serving(lambda _: [HIT]) as server:
        told = await load.played(server.port, 3, heads("/a", "/b", "/c", "/d"), count=40)
    assert (told["count"], told["body_bytes"]) == (40, 5)
    assert Counter(server.asked) == {b"/a": 10, b"/b": 10, b"/c": 10, b"/d": 10}
    assert set(told["sources"]) == {"hit-memory"}


@pytest.mark.parametrize("pieces", [[HIT[:30], HIT[30:]], [HIT[:-5], HIT[-5:]], [HIT[:-2], HIT[-2:]], [EMPTY]])
async def test_answers_in_pieces_are_one_answer(pieces: list[bytes]) -> None:
    async with serving(lambda _: pieces) as server:
        told = await load.played(server.port, 2, heads("/"), count=20)
    assert (told["count"], len(server.asked), told["failed"]) == (20, 20, {})


async def test_answers_that_are_wrong_are_told_with_an_example() -> None:
    async with serving(lambda head: [BUSY if b"/no" in head else HIT]) as server:
        told = await load.played(server.port, 1, heads("/yes", "/no"), count=10)
    assert told["failed"] == {"503": 5}
    assert told["example"].startswith("HTTP/1.1 503")


async def test_a_connection_that_the_server_closes_is_a_failure() -> None:
    async with serving(lambda _: [HIT[:-2], b""]) as server:
        asked = asyncio.ensure_future(load.played(server.port, 2, heads("/"), count=2))
        while len(server.asked) < 2:
            await asyncio.sleep(0.01)
        server.hang_up()
        told = await asked
    assert (told["count"], told["failed"]) == (0, {"cut": 2})


async def test_a_round_ends_after_its_seconds() -> None:
    async with serving(lambda _: [HIT]) as server:
        told = await load.played(server.port, 4, heads("/"), seconds=0.2)
    assert told["seconds"] >= 0.2
    assert told["count"] == len(server.asked)


async def test_a_bare_answer_is_type_length_and_body_alone() -> None:
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await bare.answering(b"x" * 7, "image/webp")({}, None, send)
    assert sent[0]["headers"] == [(b"content-type", b"image/webp"), (b"content-length", b"7")]
    assert sent[1]["body"] == b"x" * 7
