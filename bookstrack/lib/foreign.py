"""The one door by which pictures of foreign URLs are fetched: from listed hosts, over https, at addresses that are public.

A name is resolved once for each fetch, and the connection goes to the address that was looked at, so that a name server which changes its
answer changes nothing. Redirects are followed by hand, each checked as the first URL was. Where the operator set a base URL for a host
(a mirror, a stand-in), that is asked in its place and trusted as it is set; where it leads is not. Source: spec 08, "Safety".
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urljoin

from bookstrack.lib import addresses, http
from bookstrack.lib.addresses import PORT, Address, Malformed, Refused

__all__ = [
    "Absent", "Fetched", "ForeignFailed", "ForeignTimeout", "ForeignTooLarge", "LedAway", "Malformed", "Refused", "WrongType",
    "fetch_picture", "kind_of", "use_resolver",
]  # fmt: skip

MAX_REDIRECTS = 3
RESOLVE_S = 3.0
RETRY_AFTER_S = 0.2
REDIRECTS = frozenset((301, 302, 303, 307, 308))
GONE = frozenset((404, 410))
HEADERS = {"Accept": "image/webp,image/jpeg,image/png,image/gif"}
Resolver = Callable[[str], Awaitable[Sequence[str]]]


class Absent(Exception):
    """There is no such picture: the host says so."""


class ForeignFailed(Exception):
    """The host gave no picture, which says nothing about whether it has one. The words are ours, never the host's."""


class ForeignTimeout(ForeignFailed):
    """It did not in time."""


class ForeignTooLarge(ForeignFailed):
    """It has more bytes than are taken."""


class LedAway(ForeignFailed):
    """It redirected to where nothing is asked, or again and again."""


class WrongType(ForeignFailed):
    """What it gave is no picture of a kind that is taken; `kind` says what it looks like: html, svg, other, or empty."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no picture: {kind}")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture as it came; `kind` by its first bytes: jpeg, png, webp, gif. `url`: the public address that answered."""

    body: bytes
    kind: str
    url: str


async def fetch_picture(
    url: str, *, hosts: Collection[str], bases: Mapping[str, str], max_bytes: int, timeout_s: float
) -> Fetched:
    """Fetch a picture within so many seconds in all. `hosts`: see `addresses.checked`; `bases`: base URLs by public host.

    Raises: Refused (nothing was asked), Absent, ForeignFailed.
    """
    first = addresses.checked(url, hosts)
    fetch = _Fetch(hosts, bases, max_bytes, timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            return await fetch.run(first)
    except TimeoutError:
        raise ForeignTimeout(f"no picture within {timeout_s:g} s") from None


def kind_of(body: bytes) -> str | None:
    """jpeg, png, webp or gif, by the first bytes; None for anything else."""
    if body.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "webp"
    return "gif" if body.startswith((b"GIF87a", b"GIF89a")) else None


class _Fetch:
    """One fetch: what it may still do, and which addresses it found for which name."""

    def __init__(self, hosts: Collection[str], bases: Mapping[str, str], max_bytes: int, timeout_s: float) -> None:
        self._hosts, self._bases, self._max_bytes, self._timeout_s = hosts, bases, max_bytes, timeout_s
        self._resolved: dict[str, list[str]] = {}
        self._tried_again = False

    async def run(self, address: Address) -> Fetched:
        """Follow redirects to a picture. Raises: as `fetch_picture`, and TimeoutError."""
        await self._resolve(address)
        for _ in range(MAX_REDIRECTS + 1):
            reply = await self._asked(address)
            if reply.status in GONE:
                raise Absent
            if reply.status in REDIRECTS:
                address = await self._led(address, reply.headers.get("location", ""))
                continue
            if reply.status != 200:
                raise ForeignFailed(f"status {reply.status}")
            kind = kind_of(reply.body)
            if kind is None:
                raise WrongType(_looks_like(reply.body))
            return Fetched(reply.body, kind, address.url)
        raise LedAway(f"more than {MAX_REDIRECTS} redirects")

    async def _asked(self, address: Address) -> http.Reply:
        """The host's answer; one that failed is asked for once more in the whole fetch, at the name's next address."""
        url, most = self._asked_url(address), self._max_bytes
        pins = cycle(self._resolved.get(address.host) or [None])
        while True:
            failure: ForeignFailed
            try:
                reply = await http.fetch("GET", url, headers=HEADERS, timeout_s=self._timeout_s, max_bytes=most, address=next(pins))
            except http.UpstreamTooLarge:
                raise ForeignTooLarge(f"more than {most} bytes") from None
            except http.UpstreamTimeout:
                failure = ForeignTimeout("no connection in time")
            except http.UpstreamError:
                failure = ForeignFailed("no connection, or it broke")
            else:
                if reply.status < 500:
                    return reply
                failure = ForeignFailed(f"status {reply.status}")
            if self._tried_again:
                raise failure
            self._tried_again = True
            await asyncio.sleep(RETRY_AFTER_S)

    def _asked_url(self, address: Address) -> str:
        base = self._bases.get(address.host)
        return address.url if base is None else base + address.target

    async def _led(self, address: Address, location: str) -> Address:
        """Where a redirect leads, if that may be asked. Raises: LedAway."""
        try:
            addresses.check_signs(location)
            target = urljoin(self._asked_url(address), location)
            base = self._bases.get(address.host)
            rest = None if base is None else addresses.below(target, base)
            led = addresses.checked(target, self._hosts, redirected=True) if rest is None else Address(address.host, rest)
            await self._resolve(led)
        except (Refused, ValueError):  # urljoin says ValueError to brackets that it cannot read
            raise LedAway("redirected to where nothing is asked") from None
        return led

    async def _resolve(self, address: Address) -> None:
        """Find the addresses of a name that has no base URL, once. Raises: Refused where one is not public; ForeignFailed."""
        host = address.host
        if host in self._bases or host in self._resolved:
            return
        try:
            async with asyncio.timeout(RESOLVE_S):
                found = list(dict.fromkeys(await _resolver(host)))
        except TimeoutError:
            raise ForeignTimeout("its name was not resolved in time") from None
        except OSError:
            raise ForeignFailed("its name was not resolved") from None
        if not found:
            raise ForeignFailed("its name has no address")
        if not all(map(addresses.is_public, found)):
            raise Refused("The host's name leads to an address that is not public.")
        self._resolved[host] = found


def _looks_like(body: bytes) -> str:
    start = body[:300].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not body:
        return "empty"
    if b"<svg" in start:
        return "svg"
    return "html" if start.startswith((b"<!doctype html", b"<html")) else "other"


async def _system_resolver(host: str) -> list[str]:
    """What the system says; a thread asks."""
    found = await asyncio.get_running_loop().getaddrinfo(host, PORT, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(place[0]) for *_, place in found]


_resolver: Resolver = _system_resolver


@contextmanager
def use_resolver(resolver: Resolver) -> Iterator[None]:
    """For tests: within it, this says which addresses a name has. It raises OSError where it has none."""
    global _resolver
    before, _resolver = _resolver, resolver
    try:
        yield
    finally:
        _resolver = before
