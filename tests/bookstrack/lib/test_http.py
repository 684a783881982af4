"""The door to outside servers, against a real server on loopback."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bookstrack.lib import http
from tests.bookstrack.lib.tricks import answer, certified, playing

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n"


class Stub:
    """Answers every request with the same bytes; an answer that does not say its length ends with the connection."""

    def __init__(self) -> None:
        self.answer = b""
        self.requests: list[bytes] = []
        self.url = ""
        self.connections: list[asyncio.Event] = []  # set at their end

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended = asyncio.Event()
        self.connections.append(ended)
        try:
            while True:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
                await writer.drain()
                if b"Connection: close" in self.answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            ended.set()

    def answers(self, body: bytes, headers: bytes = b"") -> None:
        self.answer = HEAD % (len(body), headers) + body


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    made = Stub()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    await http.close()
    await asyncio.gather(*(ended.wait() for ended in made.connections))
    server.close()


async def fetch(stub: Stub, **options: object) -> http.Reply:
    return await http.fetch("GET", stub.url + "/a", **({"timeout_s": 5.0} | options))  # type: ignore[arg-type]


async def test_it_says_who_asks_and_reuses_its_connection(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT", "ops@example.org (\r\nX-Evil: 1) é")
    stub.answers(b'{"a": 1}')
    replies = [await fetch(stub, params=(("q", "a b&c"), ("q", "é"))) for _ in range(3)]
    assert [reply.body for reply in replies] == [b'{"a": 1}'] * 3
    assert replies[0].headers["content-type"] == "application/json"
    assert len(stub.connections) == 1
    assert b"GET /a?q=a+b%26c&q=%C3%A9 HTTP/1.1" in stub.requests[0]
    assert b"User-Agent: BooksTrack/0.1.0 (ops@example.org X-Evil: 1 )\r\n" in stub.requests[0]


async def test_a_form(stub: Stub) -> None:
    stub.answers(b"{}")
    await http.fetch("POST", stub.url + "/books", form=(("isbns", "1,2"), ("isbns", "3")), timeout_s=5.0)
    assert b"Content-Length: 19" in stub.requests[0]  # isbns=1%2C2&isbns=3
    assert b"application/x-www-form-urlencoded" in stub.requests[0]


async def test_redirects_are_not_followed_and_cookies_not_kept(stub: Stub) -> None:
    stub.answer = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
    assert (await fetch(stub)).status == 302
    assert (await fetch(stub)).headers["location"] == "/b"
    assert len(stub.requests) == 2
    assert b"cookie" not in stub.requests[1].lower()


async def test_compression(stub: Stub) -> None:
    stub.answers(gzip.compress(b'{"packed": true}'), b"Content-Encoding: gzip\r\n")
    assert (await fetch(stub)).body == b'{"packed": true}'


@pytest.mark.parametrize("encoding", [b"", b"gzip"])
async def test_a_body_over_the_cap(stub: Stub, encoding: bytes) -> None:
    body = bytes(10 * 2**20)
    stub.answers(gzip.compress(body) if encoding else body, b"Content-Encoding: gzip\r\n" if encoding else b"")
    with pytest.raises(http.UpstreamTooLarge):
        await fetch(stub)
    stub.answers(b"{}")
    assert (await fetch(stub)).status == 200


async def test_a_body_just_at_the_cap(stub: Stub) -> None:
    stub.answers(gzip.compress(b"x" * 1000), b"Content-Encoding: gzip\r\n")
    assert len((await fetch(stub, max_bytes=1000)).body) == 1000
    with pytest.raises(http.UpstreamTooLarge):
        await fetch(stub, max_bytes=999)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{",
        b"Connection: close, and no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"x" * 100)[:20],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nnot packed",
    ],
    ids=["cut", "no HTTP", "cut within gzip", "not gzip"],
)
async def test_a_broken_answer(stub: Stub, answer: bytes) -> None:
    stub.answer = answer
    with pytest.raises(http.UpstreamUnreachable):
        await fetch(stub)


async def test_nobody_there(stub: Stub) -> None:
    with pytest.raises(http.UpstreamUnreachable):
        await http.fetch("GET", "http://127.0.0.1:1/", timeout_s=5.0)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"], ids=["silent", "stuck"])
async def test_the_whole_call_is_timed(stub: Stub, answer: bytes) -> None:
    stub.answer = answer
    with pytest.raises(http.UpstreamTimeout):
        await fetch(stub, timeout_s=0.1)


async def test_a_client_for_each_loop(stub: Stub) -> None:
    mine = http.client()
    assert http.client() is mine

    async def other() -> bool:
        theirs = http.client()
        await http.close()
        return theirs is mine

    assert await asyncio.to_thread(lambda: asyncio.run(other())) is False
    await http.close()
    assert http.client() is not mine


async def test_a_stand_in_is_used_within_its_block_only() -> None:
    outside = http.client()
    with http.use_transport(httpx.MockTransport(lambda request: httpx.Response(418, json={"path": request.url.path}))):
        reply = await http.fetch("GET", "https://example.org/tea", timeout_s=5.0, max_bytes=100)
        assert (reply.status, reply.body) == (418, b'{"path":"/tea"}')
        with pytest.raises(http.UpstreamTooLarge):
            await http.fetch("GET", "https://example.org/tea", timeout_s=5.0, max_bytes=3)
    assert http.client() is outside


async def test_an_address_is_connected_to_under_the_hosts_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certified(tmp_path / "a.pem", ["a.example.org"])
    monkeypatch.setattr(http, "_tls", lambda: ssl.create_default_context(cafile=str(certificate)))
    async with playing(certificate) as server:
        server.answers["/tea"] = answer(200, b"{}")
        url = f"https://a.example.org:{server.tls_port}/tea"
        for _ in range(2):
            assert (await http.fetch("GET", url, timeout_s=5.0, address="127.0.0.1")).body == b"{}"
        assert server.asked == [(f"a.example.org:{server.tls_port}", "/tea")] * 2
        assert server.server_names == ["a.example.org"], "the connection is used again"
        with pytest.raises(http.UpstreamUnreachable):  # the certificate is not of this name, whose address is the same
            await http.fetch("GET", url.replace("a.example", "b.example"), timeout_s=5.0, address="127.0.0.1")
        assert server.server_names[1:] == ["b.example.org"] and len(server.asked) == 2
        await http.close()


@pytest.mark.parametrize("location", ["javascript:alert(1)", "https://[::1/", "http://a:b/"])
async def test_a_redirect_that_cannot_be_read_is_no_answer(stub: Stub, location: str) -> None:
    stub.answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode() + b"\r\n\r\n"
    with pytest.raises(http.UpstreamUnreachable):
        await fetch(stub)
