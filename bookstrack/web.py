"""One web process: uvicorn on a listening socket that the supervisor opened, shared by all web processes."""

import argparse
import os
import socket

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

APPLICATION = "bookstrack.asgi:application"
MAX_HEAD_BYTES = 64 * 2**10  # request line and headers; httptools itself would collect without end
MAX_WEBSOCKET_MESSAGE_BYTES = 2**20
KEEP_ALIVE_S = 75  # longer than proxies keep an idle connection, so that it is they who close it
GRACE_S = 5  # for requests that run when the process is told to stop


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol that refuses a head that is too large."""

    _head_bytes = 0
    _in_head = True

    def data_received(self, data: bytes) -> None:
        if self._in_head:  # what begins within this packet counts from the next one on: it may follow another request
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Request line and headers are too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()


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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from bookstrack import asgi

        for server in self.servers:
            server.close()  # nobody is let in any more, to be cut off
        await asgi.hang_up()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Serves HTTP and WebSocket on an inherited socket.")
    parser.add_argument("--fd", type=int, required=True, help="file descriptor of the listening socket")
    listener = socket.socket(fileno=parser.parse_args().fd)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    try:
        Server(config()).run(sockets=[listener])
    except KeyboardInterrupt:  # raised again by uvicorn after an orderly end
        return


if __name__ == "__main__":
    main()
