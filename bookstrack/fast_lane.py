"""The fast lane: cached GETs answered before Django, most of them before the server makes a task of the request.

There are three ways to it. Our server's protocol asks `at_once`, from the parsed head of a request to the bytes of its reply; what needs
a short way (Redis, a new lot of tokens) is asked for by the edge, `soon`; and other servers get there by plain ASGI, `answered`. What
the edge gives every reply (security headers, limits, request id, CORS, the access line, counters) is the same here, in bytes that are
joined once.

Source: spec 04, "Cache", and 07, "Hot path".
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.http.request import split_domain_port, validate_host

from bookstrack import ratelimit, reply_headers, traffic
from bookstrack.lib import access_log, clock, coded, trace
from bookstrack.lib.etags import names_tag
from bookstrack.lib.ready import DIRECT, LINE_END, Direct, Lane, Ready

Headers = Sequence[tuple[bytes, bytes]]
_OK, _NOT_MODIFIED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 304 Not Modified\r\n"
_READ = frozenset(
    {b"host", b"if-none-match", b"accept-encoding", b"x-request-id", b"origin", b"x-forwarded-for", b"x-forwarded-proto",
     b"content-length", b"transfer-encoding", b"expect"}
)  # fmt: skip
_WITH_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})
_AT_HOME = (".localhost", "127.0.0.1", "[::1]")  # Django's own, while it debugs
_ENTITY = (b"content-type:", b"content-encoding:")  # lines that a 304 has not
MAX_NAMES = 256
VERDICT = "bookstrack.verdict"  # in a scope: of the limit that the request was charged to


@dataclass(frozen=True, slots=True)
class Head:
    """Of a request's headers what its answer depends on; the same for all that a client sends with the same ones.

    `tag`: If-None-Match; `lines`: what the reply gets because of them.
    """

    client: str
    coding: str
    tag: str | None
    asked_id: str | None
    lines: bytes


class FastLane:
    """The lanes of this process behind one door."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = [(prefix, lane) for lane in lanes for prefix in lane.prefixes]
        self._read_settings()
        setting_changed.connect(self._read_settings)  # by tests

    def _read_settings(self, **_changed: Any) -> None:
        """Once: to ask Django's settings for five values costs more than a look into memory."""
        self._limits = settings.RATE_LIMITS if settings.RATE_LIMITS_ENABLED else None
        self._hosts = settings.ALLOWED_HOSTS or (_AT_HOME if settings.DEBUG else ())
        self._our_names: dict[bytes, bool] = {}
        self._https, self._by_proxy = settings.HTTPS, settings.SECURE_PROXY_SSL_HEADER is not None
        self._proxies = settings.TRUSTED_PROXIES
        self._security_lines = reply_headers.as_bytes(reply_headers.security())

    def head_of(self, headers: Headers, peer: str | None) -> Head | None:
        """What there is to know of a request's headers; None where one is unusual: the host is not ours, a body follows, it came by http
        where it must not."""
        given = {name: value for name, value in headers if name in _READ}
        if not _WITH_BODY.isdisjoint(given) or not self._is_ours(given.get(b"host", b"")):
            return None
        if self._https and not (self._by_proxy and given.get(b"x-forwarded-proto") == b"https"):
            return None
        forwarded, origin = (given.get(name) for name in (b"x-forwarded-for", b"origin"))
        return Head(
            client=ratelimit.client_of(peer, forwarded.decode("latin-1") if forwarded else None, self._proxies),
            coding=coded.accepted(given.get(b"accept-encoding", b"")),
            tag=given[b"if-none-match"].decode("latin-1") if b"if-none-match" in given else None,
            asked_id=given[b"x-request-id"].decode("latin-1") if b"x-request-id" in given else None,
            lines=self._security_lines + (reply_headers.cors_lines(origin) if origin else b""),
        )

    def at_once(self, method: str, target: bytes, head: Head, server_lines: bytes) -> bytes | None:
        """The whole reply to a GET or HEAD from what is in memory; None where that has to be made otherwise, and then nothing happened.

        `server_lines`: header lines that the server gives every reply.
        """
        began_s = clock.monotonic_s()
        lane = self._lane_of(target)
        ready = lane.find(target, head.coding) if lane is not None else None
        if lane is None or ready is None:
            return None
        if self._limits is not None:
            verdict = ratelimit.at_once(lane.bucket, head.client, self._limits[lane.bucket])
            if verdict is None:
                return None
            server_lines += ratelimit.header_lines(verdict)
        return _whole(ready, method, target, head, server_lines, began_s)

    async def soon(self, scope: MutableMapping[str, Any]) -> bool:
        """Answer a GET or HEAD after a short way: to Redis, to a new lot of tokens. False: nothing was sent; and where the request was
        charged, `scope` says so under VERDICT. Only for a server that takes whole replies (`DIRECT`)."""
        direct: Direct | None = scope.get("extensions", {}).get(DIRECT)
        method, target = scope["method"], _target_of(scope)
        lane = self._lane_of(target)
        if direct is None or lane is None or method not in ("GET", "HEAD"):
            return False
        began_s, head = clock.monotonic_s(), direct.head or self._head_of_scope(scope)
        ready = (lane.find(target, head.coding) or await lane.fetch(target, head.coding)) if head is not None else None
        if head is None or ready is None:
            return False
        lines = direct.server_lines
        if self._limits is not None:
            limit = self._limits[lane.bucket]
            verdict = ratelimit.at_once(lane.bucket, head.client, limit) or await ratelimit.charge(lane.bucket, head.client, limit)
            if not verdict.allowed:
                scope[VERDICT] = verdict
                return False
            lines += ratelimit.header_lines(verdict)
        await direct.send(_whole(ready, method, target, head, lines, began_s))
        return True

    async def answered(self, scope: Mapping[str, Any], send: Callable[[dict[str, Any]], Awaitable[None]]) -> bool:
        """Answer a request that the edge has charged and will account for; False: nothing was sent."""
        if scope["method"] not in ("GET", "HEAD") or DIRECT in scope.get("extensions", ()):  # `soon` was asked
            return False
        target = _target_of(scope)
        lane, head = self._lane_of(target), self._head_of_scope(scope)
        if lane is None or head is None:
            return False
        ready = lane.find(target, head.coding) or await lane.fetch(target, head.coding)
        if ready is None:
            return False
        current = trace.current()
        lines = ready.lines(current.elapsed_ms).split(LINE_END)[:-1]
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        if _is_known(head, ready):
            status, body = 304, b""
            headers = [(name, value) for name, value in headers if name + b":" not in _ENTITY]
        else:
            status, body = 200, ready.body(current.id, current.elapsed_ms)
            headers.append((b"content-length", b"%d" % len(body)))
        ready.sent()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return True

    def _head_of_scope(self, scope: Mapping[str, Any]) -> Head | None:
        return self.head_of(scope["headers"], scope["client"][0] if scope.get("client") else None)

    def _is_ours(self, host: bytes) -> bool:
        """Whether a Host header names us, as Django decides it."""
        known = self._our_names.get(host)
        if known is None:
            domain, _ = split_domain_port(host.decode("latin-1"))
            known = bool(domain) and validate_host(domain, self._hosts)
            if known and len(self._our_names) < MAX_NAMES:  # a pattern may let in names without end
                self._our_names[host] = known
        return known

    def _lane_of(self, target: bytes) -> Lane | None:
        for prefix, lane in self._lanes:
            if target.startswith(prefix):
                return lane
        return None


def _whole(ready: Ready, method: str, target: bytes, head: Head, lines: bytes, began_s: float) -> bytes:
    """A reply with all its headers as it goes over the wire, counted and noted. `lines`: those that are of this moment."""
    trace_id = trace.new_id() if head.asked_id is None else trace.id_of(head.asked_id)
    elapsed_ms = (clock.monotonic_s() - began_s) * 1000
    own, id_line = ready.lines(elapsed_ms), b"x-request-id: %b\r\n" % trace_id.encode()
    if _is_known(head, ready):
        status, reply = 304, b"".join((_NOT_MODIFIED, _without_entity(own), lines, head.lines, id_line, LINE_END))
    else:
        body = ready.body(trace_id, elapsed_ms)
        length = b"content-length: %d\r\n\r\n" % len(body)
        status, reply = 200, b"".join((_OK, own, lines, head.lines, id_line, length, b"" if method == "HEAD" else body))
    ready.sent()
    path, _, _ = target.partition(b"?")
    traffic.count(ready.route, method, status, elapsed_ms / 1000)  # to look at the clock again would cost a part of what it would add
    access_log.line(method, path.decode("latin-1"), ready.route, status, elapsed_ms, trace_id)
    return reply


def _is_known(head: Head, ready: Ready) -> bool:
    """Whether the client has this very answer."""
    return head.tag is not None and bool(ready.etag) and names_tag(head.tag, ready.etag)


def _target_of(scope: Mapping[str, Any]) -> bytes:
    query: bytes = scope.get("query_string", b"")
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path + b"?" + query if query else path


def _without_entity(lines: bytes) -> bytes:
    return b"".join(line + LINE_END for line in lines.split(LINE_END)[:-1] if not line.startswith(_ENTITY))
