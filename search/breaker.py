"""Whether a provider may be asked now: its circuit, its own word to wait, and its rate. One state for all processes, in Redis.

Five failed calls in a row open the circuit for 60 s; then one probe, over all processes, is let through: its success closes the circuit,
its failure opens it again. While Redis is away each process keeps the same rules for itself. Source: spec 05.
"""

from dataclasses import dataclass
from typing import Literal

from bookstrack.lib import clock, redis

FAILURES = 5
OPEN_S = 60
PROBE_S = 15  # a probe that says nothing for so long is taken for lost
BURST_S = 1.0  # calls of so many seconds may come at once

# KEYS: state (hash), probe, rate. ARGV: now ms, rate per s, burst s, wait at most ms, probe ms.
# Answers {"go", wait ms} | {"open", until ms} | {"held", until ms} | {"full", wait ms}
_ADMIT = redis.Script(
    """
    local now, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
    local state = redis.call('HMGET', KEYS[1], 'failures', 'open_until', 'held_until')
    local failures, open_until, held_until = tonumber(state[1] or 0), tonumber(state[2] or 0), tonumber(state[3] or 0)
    if held_until > now then return {'held', tostring(held_until)} end
    if open_until > now then return {'open', tostring(open_until)} end
    if open_until > 0 and not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[5]) then
      return {'open', tostring(now + tonumber(ARGV[5]))}
    end
    local step = 1000 / rate
    local burst = math.max(tonumber(ARGV[3]) * 1000, step)
    local tat = math.max(tonumber(redis.call('GET', KEYS[3]) or now), now)
    local wait = math.max(0, tat + step - now - burst)
    if wait > tonumber(ARGV[4]) then
      if open_until > 0 then redis.call('DEL', KEYS[2]) end
      return {'full', tostring(wait)}
    end
    redis.call('SET', KEYS[3], string.format('%.3f', tat + step), 'PX', math.ceil(tat + step - now) + 1000)
    return {'go', tostring(wait)}
    """
)
# KEYS: state, probe. ARGV: now ms, ok, failures to open, open ms
_RECORD = redis.Script(
    """
    redis.call('DEL', KEYS[2])
    if ARGV[2] == '1' then
      redis.call('HDEL', KEYS[1], 'failures', 'open_until')
      return 0
    end
    local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
    if failures >= tonumber(ARGV[3]) then
      redis.call('HSET', KEYS[1], 'open_until', ARGV[1] + ARGV[4])
    end
    redis.call('EXPIRE', KEYS[1], 86400)
    return failures
    """
)

Answer = Literal["go", "open", "held", "full"]


@dataclass(frozen=True, slots=True)
class Admission:
    """`go` after so many seconds; or not: `open` or `held` until a moment (unix s), `full` (the next free slot is too far off)."""

    answer: Answer
    wait_s: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class CircuitState:
    """For /health and the admin. Moments are unix seconds; None when it is not so."""

    status: Literal["closed", "open", "half_open"]
    failures: int = 0
    open_until: float | None = None
    held_until: float | None = None


@dataclass(slots=True)
class _Local:
    """The same state in this process, for as long as Redis is away."""

    failures: int = 0
    open_until_ms: float = 0.0
    held_until_ms: float = 0.0
    tat_ms: float = 0.0


_local: dict[str, _Local] = {}


def _keys(provider: str) -> tuple[str, str, str]:
    return f"circuit:{provider}", f"circuit:{provider}:probe", f"rate:{provider}"


async def admit(provider: str, *, rate: float, max_wait_s: float) -> Admission:
    """Ask to make one call now, or within `max_wait_s`; a call that is let go has its slot of the rate."""
    now_ms = clock.unix_s() * 1000
    args = [f"{now_ms:.3f}", rate, BURST_S, max_wait_s * 1000, PROBE_S * 1000]
    try:
        answer, value = await _ADMIT(keys=list(_keys(provider)), args=args)
    except redis.Away:
        return _admit_here(provider, now_ms, rate, max_wait_s)
    word, number = answer.decode(), float(value)
    if word == "go" or word == "full":
        return Admission(word, wait_s=number / 1000)
    return Admission(word, until=number / 1000)


async def record(provider: str, *, ok: bool) -> None:
    """Tell how a call ended, after its retries."""
    state, probe, _ = _keys(provider)
    try:
        await _RECORD(keys=[state, probe], args=[f"{clock.unix_s() * 1000:.0f}", int(ok), FAILURES, OPEN_S * 1000])
    except redis.Away:
        here = _local.setdefault(provider, _Local())
        here.failures = 0 if ok else here.failures + 1
        here.open_until_ms = (clock.unix_s() + OPEN_S) * 1000 if here.failures >= FAILURES else 0.0


async def hold(provider: str, seconds: float) -> None:
    """The provider said Retry-After: nobody asks it before."""
    until_ms = (clock.unix_s() + seconds) * 1000
    try:
        await redis.client().hset(_keys(provider)[0], "held_until", f"{until_ms:.0f}")
    except redis.Away:
        _local.setdefault(provider, _Local()).held_until_ms = until_ms


async def state(provider: str) -> CircuitState:
    """How the circuit is."""
    now_ms = clock.unix_s() * 1000
    try:
        found = await redis.client().hmget(_keys(provider)[0], ["failures", "open_until", "held_until"])
        failures, open_ms, held_ms = (float(value or 0) for value in found)
    except redis.Away:
        here = _local.get(provider, _Local())
        failures, open_ms, held_ms = here.failures, here.open_until_ms, here.held_until_ms
    status: Literal["closed", "open", "half_open"] = (
        "closed" if not open_ms else "open" if open_ms > now_ms else "half_open"
    )
    return CircuitState(
        status,
        int(failures),
        open_ms / 1000 if open_ms > now_ms else None,
        held_ms / 1000 if held_ms > now_ms else None,
    )


async def reset(provider: str) -> None:
    """Close the circuit and end a hold, by hand. Raises: redis.Away"""
    _local.pop(provider, None)
    await redis.client().delete(*_keys(provider)[:2])


def _admit_here(provider: str, now_ms: float, rate: float, max_wait_s: float) -> Admission:
    here = _local.setdefault(provider, _Local())
    if here.held_until_ms > now_ms:
        return Admission("held", until=here.held_until_ms / 1000)
    if here.open_until_ms > now_ms:
        return Admission("open", until=here.open_until_ms / 1000)
    if here.open_until_ms:
        here.open_until_ms = now_ms + PROBE_S * 1000  # this call is the probe
    step = 1000 / rate
    tat = max(here.tat_ms, now_ms)
    wait = max(0.0, tat + step - now_ms - max(BURST_S * 1000, step))
    if wait > max_wait_s * 1000:
        return Admission("full", wait_s=wait / 1000)
    here.tat_ms = tat + step
    return Admission("go", wait_s=wait / 1000)
