"""Limits per client: exact over all processes, charged in one round trip, open while Redis is away.

Source: spec 02, "Limits", and 08, "Safety" (clients behind trusted proxies, IPv6 by /64).
"""

import ipaddress
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis
from bookstrack.lib.errors import RateLimited

log = structlog.get_logger(__name__)
SAY_AGAIN_S = 60.0
MAX_HOPS = 32

# A bucket that leaks evenly (GCRA), in whole numbers, so that nothing is lost by rounding: a request puts in `cost * window`,
# each ms takes out `limit`, and it holds `limit * window`. Kept as "level at".
# KEYS: bucket. ARGV: now ms, cost, limit, window ms. Answers {passed, level before this request}.
_CHARGE = redis.Script(
    """
    local now, cost, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local level, at = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
    level, at = tonumber(level or 0), tonumber(at or 0)
    now = math.max(now, at)
    level = math.max(0, level - (now - at) * limit)
    local after = level + cost * window
    if after > limit * window then return {0, level} end
    redis.call('SET', KEYS[1], string.format('%.0f %.0f', after, now), 'PX', math.ceil(after / limit) + 1000)
    return {1, level}
    """
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what is left afterwards. `reset_s`: until all of it is there again."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int  # 0 when allowed
    window_s: int


async def charge(bucket: str, client: str, limit: RateLimit, cost: int = 1) -> Verdict:
    """Charge a client's bucket. A refused request is not charged; while Redis is away every request passes."""
    now_ms, window_ms = int(clock.unix_s() * 1000), limit.window_s * 1000
    try:
        passed, level = await _CHARGE(keys=[f"limit:{bucket}:{client}"], args=[now_ms, cost, limit.requests, window_ms])
    except redis.Away as error:
        _say(bucket, type(error).__name__)
        return Verdict(True, limit.requests, max(0, limit.requests - cost), 0, 0, limit.window_s)
    after = level + cost * window_ms if passed else level
    left = limit.requests * window_ms - after
    missing = max(0, cost * window_ms - left)
    return Verdict(
        allowed=bool(passed),
        limit=limit.requests,
        remaining=left // window_ms,
        reset_s=_seconds(after, limit),
        retry_after_s=0 if passed else min(limit.window_s, max(1, _seconds(missing, limit))),
        window_s=limit.window_s,
    )


def _seconds(level: int, limit: RateLimit) -> int:
    """Until so much has leaked out, rounded up."""
    return -(-level // (limit.requests * 1000))


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
    address = _address(peer or "")
    if address is None:
        return "unknown"
    proxies = networks(trusted)
    for hop in reversed((forwarded or "").rsplit(",", MAX_HOPS)):
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
