"""The one door to outside servers: a pooled client per event loop, answers capped in bytes and time, no redirects."""

import asyncio
import logging
import ssl
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings

from bookstrack import env
from bookstrack.lib.per_loop import PerLoop

CONNECT_TIMEOUT_S = 2.0
MAX_BYTES = 8 * 2**20
Pairs = Sequence[tuple[str, str]]
_FORM = "application/x-www-form-urlencoded"

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below, they log addresses with keys in them


class UpstreamError(Exception):
    """An outside server gave no answer that can be used."""


class UpstreamTimeout(UpstreamError):
    """It did not answer in time."""


class UpstreamUnreachable(UpstreamError):
    """No connection, or it was cut before the end of the answer."""


class UpstreamTooLarge(UpstreamError):
    """Its answer has more bytes than we take."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status; header names in lower case, the body without its compression."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def user_agent() -> str:
    """Who we are, with the operator's CONTACT where it is set."""
    contact = env.text("CONTACT").encode("ascii", "ignore").decode()
    shown = "".join(sign for sign in contact if sign.isprintable() and sign not in "()")
    return f"BooksTrack/{settings.VERSION}" + (f" ({shown})" if shown else "")


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # 60 ms: made once for all loops


def _make() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=_transport,
        verify=_tls(),
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),  # fetch() times the whole
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
        # No other compression is offered, as none is read: see _unpacked().
        headers={"User-Agent": user_agent(), "Accept": "application/json", "Accept-Encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept
    )


_transport: httpx.AsyncBaseTransport | None = None
_clients = PerLoop(_make)
# A pool tells its connections apart by scheme, address and port. Where the address is chosen by the caller, two names may share one, and
# a connection whose certificate was checked for the one must not carry a request to the other: so each name has a pool of its own.
_pinned: PerLoop[dict[str, httpx.AsyncClient]] = PerLoop(dict)


def client() -> httpx.AsyncClient:
    """The client of the running event loop."""
    return _clients.get()


async def close() -> None:
    """Close the running loop's connections."""
    found = [one for one in (_clients.pop(), *(_pinned.pop() or {}).values()) if one is not None]
    for one in found:
        await one.aclose()


async def fetch(
    method: str,
    url: str,
    *,
    timeout_s: float,
    params: Pairs = (),
    headers: Mapping[str, str] | None = None,
    form: Pairs | None = None,
    body: bytes | None = None,
    max_bytes: int = MAX_BYTES,
    address: str | None = None,
) -> Reply:
    """One request, within so many seconds in all (2 s of them to connect), without retries.

    `body` is sent as it is, of the type that `headers` say; a `form` takes its place.
    `address`: where to connect, instead of asking for the host's address again; the host's name stays in the Host header, in TLS's server
    name and in the check of the certificate. For a few hosts that are known beforehand: each keeps connections of its own.

    Raises: UpstreamTimeout, UpstreamUnreachable, UpstreamTooLarge.
    """
    sent = dict(headers or {})
    if form is not None:
        sent["Content-Type"] = _FORM
    content = urlencode(list(form)) if form is not None else body
    try:
        asking, request = _prepared(method, url, address, params=list(params) or None, headers=sent, content=content)
        async with asyncio.timeout(timeout_s):
            return await _received(asking, request, max_bytes)
    except (TimeoutError, httpx.TimeoutException) as error:
        raise UpstreamTimeout from error
    except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL, zlib.error) as error:  # it reads where a redirect leads
        raise UpstreamUnreachable from error


def _prepared(method: str, url: str, address: str | None, **more: Any) -> tuple[httpx.AsyncClient, httpx.Request]:
    """Who asks, and what. Source: www.python-httpx.org/advanced/extensions, `sni_hostname`."""
    if address is None:
        return client(), client().build_request(method, url, **more)
    named = httpx.URL(url)
    more["headers"]["Host"] = named.netloc.decode("ascii")
    of_loop = _pinned.get()
    asking = of_loop.get(named.host) or of_loop.setdefault(named.host, _make())
    return asking, asking.build_request(method, named.copy_with(host=address), extensions={"sni_hostname": named.host}, **more)


async def _received(asking: httpx.AsyncClient, request: httpx.Request, max_bytes: int) -> Reply:
    response = await asking.send(request, stream=True)
    try:
        if response.is_stream_consumed:  # a transport of tests, which hands over whole answers
            body = response.content
            if len(body) > max_bytes:
                raise UpstreamTooLarge
        else:
            body = await _unpacked(response, max_bytes)
    finally:
        await response.aclose()
    return Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


async def _unpacked(response: httpx.Response, max_bytes: int) -> bytes:
    """The body, unpacked by ourselves: httpx would make 64 MB of 64 kB of zeros before anybody counts.

    Raises: UpstreamTooLarge, zlib.error.
    """
    packed = response.headers.get("content-encoding", "").strip().lower() in ("gzip", "x-gzip")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None
    body, came = bytearray(), 0
    async for part in response.aiter_raw():
        came += len(part)  # packed bytes count too: what makes nothing, or stands behind the end, would otherwise go on for ever
        body += unpacker.decompress(part, max_bytes + 1 - len(body)) if unpacker else part
        if max(len(body), came) > max_bytes:
            raise UpstreamTooLarge
    if unpacker and body and not unpacker.eof:
        raise zlib.error("cut before the end")
    return bytes(body)


@contextmanager
def use_transport(transport: httpx.AsyncBaseTransport) -> Iterator[None]:
    """For tests: within it, this transport stands in for all outside servers."""
    global _transport, _clients, _pinned
    before = _transport, _clients, _pinned
    _transport, _clients, _pinned = transport, PerLoop(_make), PerLoop(dict)
    try:
        yield
    finally:
        _transport, _clients, _pinned = before
