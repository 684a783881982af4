"""`python -m bookstrack.web` as a process, on a socket of ours."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bookstrack import supervisor, web
from tests.jobs import hands

WAIT_S = 30


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Where a web process serves."""
    with supervisor.bind("127.0.0.1", 0) as listener:
        fd = listener.fileno()
        command = [sys.executable, "-m", "bookstrack.web", "--fd", str(fd)]
        with subprocess.Popen(command, cwd=supervisor.BASE_DIR, pass_fds=[fd]) as process:
            listens(listener.getsockname())
            yield listener.getsockname()
            process.terminate()
            assert process.wait(WAIT_S) == -signal.SIGTERM


def listens(address: tuple[str, int]) -> None:
    """Wait until somebody does."""
    until_s = time.monotonic() + WAIT_S
    while True:
        try:
            return socket.create_connection(address, timeout=WAIT_S).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until_s
            time.sleep(0.05)


def exchange(address: tuple[str, int], *chunks: bytes) -> bytes:
    """All that the server says to these bytes until it closes, or takes no more."""
    with socket.create_connection(address, timeout=WAIT_S) as client:
        answer = b""
        try:
            for chunk in chunks:
                client.sendall(chunk)
            while said := client.recv(65_536):
                answer += said
        except ConnectionError:  # closed while we were still sending
            pass
        return answer


def test_serves_on_the_inherited_socket_and_does_not_name_its_software(address: tuple[str, int]) -> None:
    answer = exchange(address, b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").lower()
    assert answer.startswith(b"http/1.1 200 ")
    assert b"\r\ndate: " in answer
    assert b"\r\nserver: " not in answer


async def test_connections_that_ended_a_moment_ago_do_not_keep_the_port() -> None:
    port = 0
    for turn in ("first", "second"):
        async with hands.serving(port) as address:
            port = address.port
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 "), turn  # the first to close it is who has to remember it
            writer.close()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param([b"GET /livez HTTP/1.1\r\nX: ", *[b"x" * 1024] * 1024], id="header"),
        pytest.param([b"GET /livez HTTP/1.1\r\n", *[b"X: x\r\n" * 200] * 1024], id="headers"),
        pytest.param([b"GET /livez?", *[b"x" * 1024] * 1024], id="address"),
    ],
)
def test_a_head_without_end_is_refused(address: tuple[str, int], head: list[bytes]) -> None:
    assert exchange(address, *head)[:12] in {b"HTTP/1.1 400", b""}  # none: cut off before it could be read


def test_a_large_head_within_the_limit_is_served(address: tuple[str, int]) -> None:
    filler = b"x" * (web.MAX_HEAD_BYTES // 2)
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: %b\r\n\r\n" % filler
    assert exchange(address, request).startswith(b"HTTP/1.1 200 ")


def test_the_limit_counts_each_request_of_a_connection_anew(address: tuple[str, int]) -> None:
    filler = b"x" * (web.MAX_HEAD_BYTES // 2)
    request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: %b\r\n\r\n" % filler
    last = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert exchange(address, request, request, request, last).count(b"HTTP/1.1 200 ") == 4


async def test_whoever_knocks_while_the_server_stops_is_told_to_come_again() -> None:
    knocked = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        knocked.set()
        await asyncio.sleep(60)

    server = uvicorn.Server(uvicorn.Config(slow, ws=web.SocketProtocol, lifespan="off", log_config=None, timeout_graceful_shutdown=0))
    with supervisor.bind("127.0.0.1", 0) as listener:
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup([listener])
        port = listener.getsockname()[1]
        knocking = asyncio.ensure_future(connect(f"ws://127.0.0.1:{port}/", proxy=None, open_timeout=10).__aenter__())
        await knocked.wait()
        await server.shutdown([listener])
        with pytest.raises(InvalidStatus) as refused:
            await knocking
    assert refused.value.response.status_code == 503
