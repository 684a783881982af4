"""Limits per client: exact over all processes, charged in one round trip, open while Redis is away.

Source: spec 02, "Limits", and 08, "Safety" (clients behind trusted proxies, IPv6 by /64).
"""

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis

log = structlog.get_logger(__name__)

# A bucket that refills evenly (GCRA): `tat` is when it will be full again. KEYS: bucket. ARGV: now, cost, limit, window (ms).
_CHARGE = redis.Script(
    """
    local now, cost, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local step = window / limit
    local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
    local wanted = tat + cost * step
    if wanted - now > window + 0.001 then
      return {0, math.floor((window - (tat - now)) / step + 0.001), math.ceil(tat - now), math.ceil(wanted - window - now)}
    end
    redis.call('SET', KEYS[1], string.format('%.3f', wanted), 'PX', math.ceil(wanted - now) + 1000)
    return {1, math.floor((window - (wanted - now)) / step + 0.001), math.ceil(wanted - now), 0}
    """
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and what is left afterwards. `reset_s`: until all of it is there again."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int
    window_s: int


async def charge(bucket: str, client: str, limit: RateLimit, cost: int = 1) -> Verdict:
    """Charge a client's bucket. A refused request is not charged; while Redis is away every request passes."""
    now_ms = clock.unix_s() * 1000
    try:
        allowed, remaining, reset_ms, wait_ms = await _CHARGE(
            keys=[f"limit:{bucket}:{client}"], args=[f"{now_ms:.3f}", cost, limit.requests, limit.window_s * 1000]
        )
    except redis.Away:
        log.warning("limits not enforced: Redis is away", bucket=bucket)
        return Verdict(True, limit.requests, limit.requests, 0, 0, limit.window_s)
    retry_after_s = 0 if allowed else min(limit.window_s, max(1, math.ceil(wait_ms / 1000)))
    reset_s = min(limit.window_s, math.ceil(reset_ms / 1000))
    return Verdict(bool(allowed), limit.requests, max(0, remaining), reset_s, retry_after_s, limit.window_s)


def headers_of(verdict: Verdict) -> dict[str, str]:
    """RateLimit-* and their X- twins."""
    values = {"Limit": verdict.limit, "Remaining": verdict.remaining, "Reset": verdict.reset_s}
    return {f"{prefix}RateLimit-{name}": str(value) for name, value in values.items() for prefix in ("", "X-")}


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_of(peer: str | None, forwarded: str | None, trusted: Sequence[str]) -> str:
    """Who is charged: the nearest address that is no trusted proxy of ours; IPv6 by its /64.

    `forwarded` is X-Forwarded-For: its right end was written by our own proxies, its left end is the client's word.
    """
    address = _address(peer or "")
    if address is None:
        return peer or "unknown"
    networks = [ipaddress.ip_network(one, strict=False) for one in trusted]
    for hop in reversed((forwarded or "").split(",")):
        if not _within(address, networks):
            break
        nearer = _address(hop.strip())
        if nearer is None:
            break
        address = nearer
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _address(text: str) -> Address | None:
    bare = text.strip("[]").partition("%")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        host, _, port = bare.rpartition(":")
        if not (port.isdigit() and host.count(".") == 3):
            return None
        return _address(host)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
