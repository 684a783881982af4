"""One web process: uvicorn on a socket that the supervisor bound, shared by all web processes."""

import argparse
import os
import re
import socket
from typing import Any

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bookstrack.lib.ready import DIRECT

log = structlog.get_logger(__name__)
APPLICATION = "bookstrack.asgi:application"
_FIRST_LINE = re.compile(rb"(GET|HEAD) (/[!\"$-~]*) HTTP/1\.1\r\n")  # of a request that a lane may answer
MAX_HEAD_BYTES = 64 * 2**10  # request line and headers; httptools itself would collect without end
MAX_WEBSOCKET_MESSAGE_BYTES = 2**20
KEEP_ALIVE_S = 75  # longer than proxies keep an idle connection, so that it is they who close it
GRACE_S = 5  # for requests that run when the process is told to stop


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol that refuses a head that is too large, and asks the application's fast lane before it makes a task of a request.

    A client sends the same header lines again and again. Once those of a request were parsed that came as one piece, requests of its
    connection that differ in nothing but their target are not parsed anew: that is half of what an answer from memory would cost.
    """

    _head_bytes = 0
    _in_head = True
    _answered = False  # the request in hand, by the fast lane
    _between = True  # no request is on its way in
    _piece = b""  # the head in hand, where it came as one piece: what follows its first line
    _head: Any = None  # what the fast lane read of it
    _missed = False  # the fast lane was asked for it in vain
    _lines_before, _head_before = b"", None  # those of the last one that was a whole, and usual
    _last_reply_s = 0.0

    def data_received(self, data: bytes) -> None:
        first = _FIRST_LINE.match(data) if self._between else None
        if first is not None:
            rest = data[first.end() :]
            if rest == self._lines_before:
                if self._answered_as_before(first[1], first[2]):
                    return
                self._missed = True
            self._piece = rest if rest.find(b"\r\n\r\n") == len(rest) - 4 else b""
        if self._in_head:  # what begins within this packet counts from the next one on: it may follow another request
            self._head_bytes += len(data)
        super().data_received(data)
        self._piece, self._missed = b"", False
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Request line and headers are too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes, self._between = True, 0, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head = False, None
        self._answered = self._at_once()
        if not self._answered:
            super().on_headers_complete()
            if self.cycle is not None and self.cycle.scope is self.scope and self.cycle.keep_alive:  # else it is a socket's, or the last
                self.scope["extensions"] = {DIRECT: _Direct(self.cycle, self._head)}  # type: ignore[dict-item]  # its stubs know no servers but two

    def on_body(self, body: bytes) -> None:
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._between = True
        if not self._answered:
            super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is idle; the timer was not set anew for what was answered without being parsed."""
        missing_s = self._last_reply_s + self.timeout_keep_alive - self.loop.time()
        if missing_s <= 0:
            super().timeout_keep_alive_handler()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(missing_s, self.timeout_keep_alive_handler)

    def _at_once(self) -> bool:
        """Whether the fast lane answered the request whose head was just read."""
        parser, lane = self.parser, getattr(self.app, "fast_lane", None)
        if lane is None or not self._is_next():  # another application, for comparison
            return False
        method = parser.get_method().decode()
        if method not in ("GET", "HEAD"):
            return False
        if parser.get_http_version() != "1.1" or not parser.should_keep_alive() or parser.should_upgrade():
            return False
        head = self._head = self._read_head(lane)
        if head is None or self._missed or not self._sent(lane, method, self.url, head):
            return False
        self.on_response_complete()  # keep-alive, and what was paused
        return True

    def _read_head(self, lane: Any) -> Any:
        """What the fast lane has to know of the headers; None where something about them is unusual."""
        if self._piece and self._piece == self._lines_before:
            return self._head_before
        try:
            head = lane.head_of(self.headers, self.client[0] if self.client else None)
        except Exception:  # a fault of ours, which the parser would take for the client's: the long way answers, and we get the traceback
            log.exception("the fast lane broke", target=self.url[:200])
            return None
        if head is not None and self._piece:
            self._lines_before, self._head_before = self._piece, head
        return head

    def _answered_as_before(self, method: bytes, target: bytes) -> bool:
        if self.timeout_keep_alive_task is None or not self._is_next():
            return False
        if not self._sent(self.app.fast_lane, method.decode(), target, self._head_before):
            return False
        self._last_reply_s = self.loop.time()
        self.server_state.total_requests += 1
        return True

    def _is_next(self) -> bool:
        """Whether those before it on this connection are over, and the client takes what it is sent: otherwise it waits as all do."""
        cycle = self.cycle
        return (cycle is None or cycle.response_complete) and not self.flow.write_paused and not self.transport.is_closing()

    def _sent(self, lane: Any, method: str, target: bytes, head: Any) -> bool:
        try:
            reply: bytes | None = lane.at_once(method, target, head, _server_lines(self.server_state.default_headers))
        except Exception:  # as above
            log.exception("the fast lane broke", target=target[:200])
            return False
        if reply is None:
            return False
        self.transport.write(reply)
        return True


class _Direct:
    """Sends a whole reply for a request and its reply, as their own `send` does with its parts."""

    def __init__(self, cycle: RequestResponseCycle, head: Any) -> None:
        self._cycle, self.head = cycle, head

    @property
    def server_lines(self) -> bytes:
        return _server_lines(self._cycle.default_headers)

    async def send(self, reply: bytes) -> None:
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.disconnected:
            cycle.transport.write(reply)
            cycle.on_response()


_lines: tuple[list[tuple[bytes, bytes]], bytes] = ([], b"")


def _server_lines(headers: list[tuple[bytes, bytes]]) -> bytes:
    """The server's own header lines as they are sent; it makes a new list of them every second."""
    global _lines
    if _lines[0] is not headers:
        _lines = headers, b"".join(b"%b: %b\r\n" % pair for pair in headers)
    return _lines[1]


class SocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's protocol that tells whoever knocks while the server stops to come again; its own answer would be that we are broken."""

    def shutdown(self) -> None:
        if self.handshake_complete or self.initial_response or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        self.conn.send_response(self.conn.reject(503, "The server is restarting.\n"))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()


def config() -> uvicorn.Config:
    """How the application is served. Forwarded addresses are the application's to judge, and so are access logs."""
    return uvicorn.Config(
        APPLICATION,
        loop="uvloop",
        http=HttpProtocol,
        ws=SocketProtocol,
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ws_max_size=MAX_WEBSOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # small messages to many sockets: compression costs more than it saves
    )


class Server(uvicorn.Server):
    """Uvicorn's server that lets sockets say why they close, before it closes them itself with a code of its own."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or ():  # what will be left of its connections shall not keep the port from the next one who binds it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from bookstrack import asgi

        for server in self.servers:
            server.close()  # nobody is let in any more, to be cut off
        await asgi.hang_up()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Serves HTTP and WebSocket on an inherited socket.")
    parser.add_argument("--fd", type=int, required=True, help="file descriptor of the bound socket")
    listener = socket.socket(fileno=parser.parse_args().fd)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    try:
        Server(config()).run(sockets=[listener])
    except KeyboardInterrupt:  # raised again by uvicorn after an orderly end
        return


if __name__ == "__main__":
    main()
