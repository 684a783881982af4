"""Whether a provider may be asked now: the rules of `circuit`, held against a state in Redis that all processes share.

While Redis is away each process holds them by itself, with its part of the rate. Source: spec 05.
"""

import threading
from dataclasses import dataclass
from typing import Literal

import structlog

from bookstrack import env
from bookstrack.lib import clock, redis
from search.circuit import FAILURES, MAX_SLOTS, OPEN_MS, PROBE_MS, Admission, Circuit, Rate

__all__ = ["Admission", "CircuitState", "admit", "hold", "record", "reset", "state"]
log = structlog.get_logger(__name__)

KEEP_MS = 2 * 86_400_000  # longer than any hold

# KEYS: circuit (hash), calls (list of when the last ones began, or will). ARGV: now, slots, window, wait at most, again,
# probe, calls to keep. All times are ms. Answers {answer, the moment to go or to ask again, probe}.
_ADMIT = redis.Script(
    """
    local now, slots, window, max_wait = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local found = redis.call('HMGET', KEYS[1], 'open_until', 'probe_until', 'held_until')
    local open_until = tonumber(found[1] or 0)
    local probe = 0
    if open_until > 0 and ARGV[5] == '0' then
      local closed = math.max(open_until, tonumber(found[2] or 0))
      if now < closed then return {'open', string.format('%.3f', closed), 0} end
      probe = 1
    end
    local at = math.max(now, tonumber(found[3] or 0))
    if at - now > max_wait then return {'held', string.format('%.3f', at), 0} end
    local oldest = redis.call('LINDEX', KEYS[2], slots - 1)
    if oldest then at = math.max(at, tonumber(oldest) + window) end
    if at - now > max_wait then return {'full', string.format('%.3f', at), 0} end
    redis.call('LPUSH', KEYS[2], string.format('%.3f', at))
    redis.call('LTRIM', KEYS[2], 0, ARGV[7] - 1)
    redis.call('PEXPIRE', KEYS[2], math.ceil(at - now + window) + 60000)
    if probe == 1 then redis.call('HSET', KEYS[1], 'probe_until', string.format('%.3f', at + ARGV[6])) end
    return {'go', string.format('%.3f', at), probe}
    """
)
# KEYS: circuit. ARGV: now, ok, probe, failures that open it, open ms, keep ms.
_RECORD = redis.Script(
    """
    local open_until = tonumber(redis.call('HGET', KEYS[1], 'open_until') or 0)
    if open_until > 0 and ARGV[3] == '0' then return 0 end
    if ARGV[2] == '1' then return redis.call('HDEL', KEYS[1], 'failures', 'open_until', 'probe_until') end
    local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
    if open_until > 0 or failures >= tonumber(ARGV[4]) then
      redis.call('HSET', KEYS[1], 'open_until', string.format('%.3f', ARGV[1] + ARGV[5]), 'probe_until', '0')
    end
    return redis.call('PEXPIRE', KEYS[1], ARGV[6])
    """
)
# KEYS: circuit. ARGV: until, keep ms.
_HOLD = redis.Script(
    """
    if tonumber(redis.call('HGET', KEYS[1], 'held_until') or 0) < tonumber(ARGV[1]) then
      redis.call('HSET', KEYS[1], 'held_until', ARGV[1])
    end
    return redis.call('PEXPIRE', KEYS[1], ARGV[2])
    """
)


@dataclass(frozen=True, slots=True)
class CircuitState:
    """For /health and the admin. Moments are unix seconds; None when it is not so."""

    status: Literal["closed", "open", "half_open"]
    failures: int = 0
    open_until: float | None = None
    held_until: float | None = None


_here: dict[str, Circuit] = {}  # of this process, for as long as Redis is away
_lock = threading.Lock()  # event loops live in different threads


def _keys(provider: str) -> list[str]:
    return [f"circuit:{{{provider}}}", f"calls:{{{provider}}}"]


async def admit(provider: str, *, rate: float, max_wait_s: float, again: bool = False) -> Admission:
    """Ask to make one call now, or within `max_wait_s`; one that is let go has its slot of the rate (calls per second).

    `again`: it is a retry, for which the circuit is not asked a second time.
    """
    now_ms, max_wait_ms, allowed = _now_ms(), max(0.0, max_wait_s) * 1000, Rate.per_second(rate)
    args = [f"{now_ms:.3f}", allowed.slots, f"{allowed.window_ms:.3f}", f"{max_wait_ms:.3f}", int(again), PROBE_MS, MAX_SLOTS]
    try:
        answer, at_ms, probe = await _ADMIT(keys=_keys(provider), args=args)
    except redis.Away:
        share = Rate.per_second(rate / env.integer("BOOKSTRACK_WORKERS", 1, least=1))
        with _lock:
            here = _here.setdefault(provider, Circuit())
            return here.admit(now_ms, rate=share, max_wait_ms=max_wait_ms, again=again)
    _here.pop(provider, None)  # what this process knew is old by the next time
    if answer == b"go":
        return Admission("go", wait_s=max(0.0, float(at_ms) - now_ms) / 1000, probe=bool(probe))
    return Admission(answer.decode(), until=float(at_ms) / 1000)


async def record(provider: str, *, ok: bool, probe: bool = False) -> None:
    """Tell how a call ended, after its retries; `probe` as it was admitted."""
    now_ms = _now_ms()
    try:
        await _RECORD(keys=_keys(provider)[:1], args=[f"{now_ms:.3f}", int(ok), int(probe), FAILURES, OPEN_MS, KEEP_MS])
    except redis.Away:
        with _lock:
            _here.setdefault(provider, Circuit()).record(now_ms, ok=ok, probe=probe)


async def hold(provider: str, seconds: float) -> None:
    """The provider said Retry-After: nobody asks it before."""
    until_ms = _now_ms() + seconds * 1000
    try:
        await _HOLD(keys=_keys(provider)[:1], args=[f"{until_ms:.3f}", KEEP_MS])
    except redis.Away:
        with _lock:
            _here.setdefault(provider, Circuit()).hold(until_ms)


async def state(provider: str) -> CircuitState:
    """How the circuit is."""
    try:
        found = await redis.client().hmget(_keys(provider)[0], ["failures", "open_until", "held_until"])
        failures, open_ms, held_ms = (float(value or 0) for value in found)
    except redis.Away:
        here = _here.get(provider, Circuit())
        failures, open_ms, held_ms = here.failures, here.open_until_ms, here.held_until_ms
    now_ms = _now_ms()
    return CircuitState(
        "closed" if not open_ms else "open" if now_ms < open_ms else "half_open",
        int(failures),
        open_ms / 1000 if now_ms < open_ms else None,
        held_ms / 1000 if now_ms < held_ms else None,
    )


async def reset(provider: str) -> None:
    """Close the circuit and end a hold, by hand: the next question is asked.

    Raises: redis.Away, after which only this process asks again.
    """
    _here.pop(provider, None)
    await redis.client().delete(_keys(provider)[0])
    log.info("circuit closed by hand", provider=provider)


def _now_ms() -> float:
    return clock.unix_s() * 1000
