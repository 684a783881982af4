"""The outermost layer, before Django: what every HTTP reply gets whoever makes it, and what is refused before anybody works on it.

Request ids, CORS, limits per client, a cap on bodies counted while they stream, security headers, HEAD, one access line a request.
Cached GETs are answered before it where the server can (fast_lane.py), and within it otherwise.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from django.conf import settings

from bookstrack import envelope, ratelimit, reply_headers, traffic
from bookstrack.fast_lane import VERDICT, FastLane
from bookstrack.lib import access_log, trace
from bookstrack.lib.errors import ApiError, InternalError, TooLarge
from scanning import conf as uploads

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Hook = Callable[[], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

MAX_BODY_BYTES = 2 * 2**20
BASE64 = 4 / 3
_FILES = (  # what a file, or several, may have that is sent there
    ("/api/import/", uploads.MAX_IMPORT_BYTES),
    ("/v1/import/", uploads.MAX_IMPORT_BYTES),
    ("/api/scan-bookshelf/batch", int((uploads.MAX_PHOTOS + 1) * uploads.max_photo_bytes() * BASE64)),  # the view names which is too large
    ("/api/scan-bookshelf", uploads.max_photo_bytes()),
    ("/api/warming/upload", int(uploads.MAX_IMPORT_BYTES * BASE64)),
    ("/admin/harvest/warmedkey/warm/", uploads.MAX_IMPORT_BYTES),
)
ENVELOPE_BYTES = 64 * 1024  # of a form around a file
QUIET_PATHS = ("/livez", "/readyz", "/static/")
_STYLED_PATHS = ("/docs", "/admin")
_LIMITED = (
    ("/v1/search", "search"), ("/v1/editions/", "search"), ("/v1/works/", "search"), ("/v1/authors/", "search"),
    ("/v1/resolve/", "search"), ("/search/", "search"), ("/external/", "search"),
    ("/images/", "images"), ("/covers/", "images"),
)  # fmt: skip
_PREFLIGHT = {
    b"access-control-allow-methods": b"GET, HEAD, POST, DELETE, OPTIONS",
    b"access-control-allow-headers": b"accept, authorization, content-type, idempotency-key, if-none-match, x-request-id",
    b"access-control-max-age": b"86400",
}


class BodyTooLarge(Exception):
    """More bytes came than a body may have."""


class Edge:
    """ASGI application around another one; `start` and `stop` run with the server's life.

    `fast_lane` is asked by our server before it comes here (web.py).
    """

    def __init__(self, app: App, fast_lane: FastLane, *, start: Hook, stop: Hook) -> None:
        self.app, self.fast_lane, self.start, self.stop = app, fast_lane, start, stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            if not await self._soon(scope):
                await _Exchange(self.app, scope, receive, send).run()
        else:
            await self.app({**scope, "bookstrack.client": client_of(scope)}, receive, send)

    async def _soon(self, scope: Scope) -> bool:
        try:
            return await self.fast_lane.soon(scope)
        except Exception:  # a fault of ours: the long way answers, and we get the traceback
            log.exception("the fast lane broke", path=scope["path"])
            return False

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})


def client_of(scope: Scope) -> str:
    """Who is charged for a request or a socket."""
    peer = scope.get("client")
    # the whole chain, over all its lines: a proxy may add a line below the client's own
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    return ratelimit.client_of(peer[0] if peer else None, ", ".join(lines) or None, settings.TRUSTED_PROXIES)


def _peer_of(scope: Scope) -> str:
    """The same where no proxy says anything."""
    peer = scope.get("client")
    return ratelimit.client_of(peer[0] if peer else None, None, settings.TRUSTED_PROXIES)


class _Exchange:
    """One request and its reply."""

    def __init__(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        self.app, self.scope, self._receive, self._send = app, scope, receive, send
        self.headers: dict[bytes, bytes] = {name.lower(): value for name, value in reversed(scope["headers"])}
        self.path: str = scope["path"]
        self.method: str = scope["method"]
        self.trace = trace.begin(self.headers.get(b"x-request-id", b"").decode("latin-1"))
        self.status, self.replied_ms = 0, 0.0  # none yet
        self.ended = False
        self.received_bytes = 0
        self.extra: dict[str, str] = {}  # headers that the reply gets whatever becomes of it
        self.client = client_of(scope) if b"x-forwarded-for" in self.headers else _peer_of(scope)

    async def run(self) -> None:
        try:
            if self._preflight():
                await self._reply(
                    204, b"", list(_PREFLIGHT.items()) if reply_headers.cors(self.headers[b"origin"]) else []
                )
                return
            await self._charge()
            await self.app(self._inner_scope(), self.receive, self.send)
        except BodyTooLarge:
            await self._refuse(
                TooLarge(
                    "The request is too large.",
                    details={"receivedBytes": self.received_bytes, "maxBytes": self._file_bytes() or MAX_BODY_BYTES},
                )
            )
        except ApiError as error:
            await self._refuse(error)
        except asyncio.CancelledError:
            raise
        except (
            Exception
        ):  # the last line of defence: whatever it is, the client gets the envelope and we get the traceback
            log.exception("unhandled error", path=self.path)
            await self._refuse(InternalError("Something went wrong on our side; the traceId helps us to find it."))
        finally:
            self._account()

    # -- what comes in
    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self.received_bytes += len(message.get("body", b""))
            file_bytes = self._file_bytes()
            if self.received_bytes > (file_bytes + ENVELOPE_BYTES if file_bytes else MAX_BODY_BYTES):
                raise BodyTooLarge
        return message

    def _file_bytes(self) -> int | None:
        """How many bytes a file may have that is sent to this path; None where none is expected."""
        return next((most for prefix, most in _FILES if self.path.startswith(prefix)), None)

    def _inner_scope(self) -> Scope:
        """HEAD is answered as GET, without the body. Views that charge a limit themselves find the client, and where headers go."""
        more = {"bookstrack.client": self.client, "bookstrack.headers": self.extra}
        return {**self.scope, **more, "method": "GET"} if self.method == "HEAD" else {**self.scope, **more}

    def _preflight(self) -> bool:
        return (
            self.method == "OPTIONS" and b"origin" in self.headers and b"access-control-request-method" in self.headers
        )

    async def _charge(self) -> None:
        bucket = self._bucket() if settings.RATE_LIMITS_ENABLED else None
        if bucket is None:
            return
        verdict = self.scope.get(VERDICT) or await ratelimit.charge(bucket, self.client, settings.RATE_LIMITS[bucket])
        self.extra |= ratelimit.headers_of(verdict)
        if not verdict.allowed:
            raise ratelimit.refusal(verdict)

    def _bucket(self) -> str | None:
        if self.path == "/admin/login/" and self.method == "POST":
            return "login"
        if self.path == "/":
            return "search" if b"q=" in self.scope.get("query_string", b"") else None
        return next((bucket for prefix, bucket in _LIMITED if self.path.startswith(prefix)), None)

    # -- what goes out
    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.replied_ms = message["status"], self.trace.elapsed_ms
            message = {**message, "headers": self._dressed(list(message.get("headers", [])))}
        elif self.method == "HEAD" and message["type"] == "http.response.body":
            if self.ended:
                return
            self.ended = True  # also where the body would go on for ever: the server then says that the client is served
            message = {**message, "body": b"", "more_body": False}
        await self._send(message)

    def _dressed(self, headers: Headers) -> Headers:
        kept: Headers = []
        present, vary = set(), b""
        for name, value in headers:
            lower = name.lower()
            if lower == b"vary":
                vary = vary + b", " + value if vary else value
            else:
                present.add(lower)
                kept.append((name, value))
        security = reply_headers.security(styled=self.path.startswith(_STYLED_PATHS))
        kept += [pair for pair in security if pair[0] not in present]
        kept.append((b"x-request-id", self.trace.id.encode()))
        kept += [(name.lower().encode(), value.encode()) for name, value in self.extra.items()]
        origin = self.headers.get(b"origin")
        if origin:
            kept += reply_headers.cors(origin)
        if b"origin" not in vary.lower():
            vary = vary + b", Origin" if vary else b"Origin"
        kept.append((b"vary", vary))
        return kept

    async def _refuse(self, error: ApiError) -> None:
        if self.status:  # the reply had begun: the connection is all that can still tell
            return
        headers = [(b"content-type", b"application/json")]
        headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        await self._reply(error.status, envelope.failure_body(error), headers)

    async def _reply(self, status: int, body: bytes, headers: Headers) -> None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        with contextlib.suppress(OSError):  # the client may have left
            await self.send({"type": "http.response.start", "status": status, "headers": headers})
            await self.send({"type": "http.response.body", "body": body})

    def _account(self) -> None:
        if self.path.startswith(QUIET_PATHS):
            return
        route = traffic.route_of(self.path)
        traffic.count(route, self.method, self.status, self.replied_ms / 1000)
        access_log.line(self.method, self.path, route, self.status, self.trace.elapsed_ms, self.trace.id)
