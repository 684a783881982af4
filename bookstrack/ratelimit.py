"""Limits per client: held over all processes, open while Redis is away.

Exact, in one round trip a request; for the buckets of LEASED mostly without one, by lots of tokens.

Source: spec 02, "Limits", and 08, "Safety" (clients behind trusted proxies, IPv6 by /64).
"""

import ipaddress
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bookstrack import limit_bucket
from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis
from bookstrack.lib.errors import RateLimited
from bookstrack.lib.per_loop import PerLoop
from bookstrack.lib.telemetry import Counter
from bookstrack.limit_bucket import Verdict
from bookstrack.limit_lots import Lots

log = structlog.get_logger(__name__)
refused = Counter("bookstrack_limits_refused_total", "Requests over a client's limit.", ["limit"])
LEASED = frozenset({"search", "images"})
SAY_AGAIN_S = 60.0
MAX_HOPS = 32
MAX_KEPT_CHARACTERS = 256  # of a chain of addresses: a longer one is read again each time

_lots: PerLoop[Lots] = PerLoop(Lots)


async def charge(bucket: str, client: str, limit: RateLimit, cost: int = 1) -> Verdict:
    """Charge a client's bucket. A refused request is not charged; while Redis is away every request passes."""
    key = f"limits:{bucket}:{client}"
    try:
        if cost == 1 and bucket in LEASED:
            verdict = await _lots.get().charge(key, bucket, client, limit)
        else:
            verdict = limit_bucket.verdict_of(await limit_bucket.ask(key, limit, cost), limit, cost)
    except redis.Away as error:
        _say(bucket, type(error).__name__)
        return limit_bucket.unheld(limit, cost)
    if not verdict.allowed:
        refused.labels(bucket).inc()
    return verdict


def at_once(bucket: str, client: str, limit: RateLimit) -> Verdict | None:
    """Charge a client's bucket without asking Redis; None where `charge` must be awaited, because it has to ask or will refuse."""
    verdict = _lots.get().at_once(bucket, client, limit)
    return verdict if verdict is not None and verdict.allowed else None


async def give_back() -> None:
    """Give back the tokens that this process did not use, at its stop."""
    lots = _lots.pop()
    if lots is not None:
        await lots.give_back()


_said_s: dict[str, float] = {}  # bucket -> when


def _say(bucket: str, error: str) -> None:
    """Log once a minute that limits are not held."""
    now_s = clock.monotonic_s()
    if now_s - _said_s.get(bucket, -SAY_AGAIN_S) >= SAY_AGAIN_S:
        _said_s[bucket] = now_s
        log.warning("limits are not held: Redis is away", bucket=bucket, error=error)


async def charge_request(scope: MutableMapping[str, Any], bucket: str, cost: int) -> None:
    """Charge the client of a request whose cost only its view knows; the headers go onto its reply, whatever that is.

    Raises: RateLimited.
    """
    if not settings.RATE_LIMITS_ENABLED:
        return
    verdict = await charge(bucket, scope["bookstrack.client"], settings.RATE_LIMITS[bucket], cost)
    scope["bookstrack.headers"].update(headers_of(verdict))
    if not verdict.allowed:
        raise refusal(verdict)


def refusal(verdict: Verdict) -> RateLimited:
    """The error that says when to come back."""
    return RateLimited(
        f"More than {verdict.limit} requests in {verdict.window_s} s; try again in {verdict.retry_after_s} s.",
        details={"retryAfter": verdict.retry_after_s, "limit": verdict.limit, "window": f"{verdict.window_s}s"},
        retry_after_ms=verdict.retry_after_s * 1000,
        headers={"Retry-After": str(verdict.retry_after_s)},
    )


def headers_of(verdict: Verdict) -> dict[str, str]:
    """RateLimit-* and their X- twins; Reset is in seconds from now."""
    values = {"Limit": verdict.limit, "Remaining": verdict.remaining, "Reset": verdict.reset_s}
    return {f"{prefix}RateLimit-{name}": str(value) for name, value in values.items() for prefix in ("", "X-")}


def header_lines(verdict: Verdict) -> bytes:
    """The same headers as lines of HTTP/1.1, their names in small letters."""
    return _lines_of(verdict.limit) % (verdict.remaining, verdict.remaining, verdict.reset_s, verdict.reset_s)


@lru_cache(maxsize=64)
def _lines_of(limit: int) -> bytes:
    values = {"limit": str(limit), "remaining": "%d", "reset": "%d"}
    return "".join(f"{prefix}ratelimit-{name}: {value}\r\n" for name, value in values.items() for prefix in ("", "x-")).encode()


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks(words: Sequence[str]) -> tuple[Network, ...]:
    """TRUSTED_PROXIES as networks.

    Raises: ImproperlyConfigured for what is neither an address nor a network.
    """
    return _networks(tuple(words))


@lru_cache(maxsize=8)
def _networks(words: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in words)
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}") from None


def client_of(peer: str | None, forwarded: str | None, trusted: Sequence[str]) -> str:
    """Who is charged: the nearest address that is no trusted proxy of ours; IPv6 by its /64.

    `forwarded` is X-Forwarded-For: its right end was written by our own proxies, its left end is the client's word.
    """
    find = _client_of if len(forwarded or "") <= MAX_KEPT_CHARACTERS else _client_of.__wrapped__
    return find(peer or "", forwarded or "", tuple(trusted))


@lru_cache(maxsize=4096)
def _client_of(peer: str, forwarded: str, trusted: tuple[str, ...]) -> str:
    address = _address(peer)
    if address is None:
        return "unknown"
    proxies = _networks(trusted)
    for hop in reversed(forwarded.rsplit(",", MAX_HOPS)):
        if not _within(address, proxies):
            break
        nearer = _address(hop.strip())
        if nearer is None:
            break
        address = nearer
    if isinstance(address, ipaddress.IPv6Address):
        return f"{ipaddress.IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def _within(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in network for network in proxies if network.version == address.version)


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """An address, also with a port (`192.0.2.1:80`, `[2001:db8::1]:80`) or a zone; IPv4 within IPv6 is IPv4."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
