"""The log of a job's events: one Redis stream per job whose entry ids are the seq, and a hash with the job's live state.

Both are written by one script, so that seq is gapless, a worker that lost its lease writes nothing, and the live state never falls
behind the events. Redis writes them to its own log in one step: after a crash of Redis both are there, or neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from jobs import conf
from jobs.messages import Event

# KEYS: stream, live. ARGV: run, last seq that the writer knows (-1: none), mode, whether to write behind what the log lost, kind, message,
# seconds that an ended log is kept, then field and value pairs of the live state.
# Modes: "first" writes only into an empty log, and lets a new run go on in one that had ended; "next" appends; "last" ends the log.
# Answers {outcome, seq}: 1 written, 0 there already, -1 another worker's turn, -2 ended before, -3 the log lost what the writer wrote.
_APPEND = redis_door.Script(
    """
    local run, known, mode, beyond = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4] == '1'
    local now = redis.call('HMGET', KEYS[2], 'run', 'seq', 'ended')
    local seq = tonumber(now[2] or 0)
    if run < tonumber(now[1] or 0) then return {-1, seq} end
    local fresh = mode == 'first' and run > tonumber(now[1] or 0)
    if now[3] == '1' and not fresh then return {-2, seq} end
    if mode == 'first' and seq > 0 then
        seq = math.max(seq, known)
        redis.call('HSET', KEYS[2], 'run', ARGV[1], 'ended', '0', 'seq', seq)
        return {0, seq}
    end
    if seq < known then
        if mode ~= 'first' and not beyond then return {-3, seq} end
        seq = known
    end
    seq = seq + 1
    redis.call('XADD', KEYS[1], seq .. '-0', 'k', ARGV[5], 'm', ARGV[6])
    redis.call('HSET', KEYS[2], 'run', ARGV[1], 'seq', seq, 'ended', mode == 'last' and '1' or '0', unpack(ARGV, 8))
    if mode == 'last' then
        redis.call('EXPIRE', KEYS[1], ARGV[7])
        redis.call('EXPIRE', KEYS[2], ARGV[7])
    else
        redis.call('PERSIST', KEYS[1])
        redis.call('PERSIST', KEYS[2])
    end
    return {1, seq}
    """
)


class Fenced(Exception):
    """Another worker has the job, or it has ended: nothing more may be written for it."""


class Behind(Exception):
    """Redis lost the newest entries in a crash; `seq` is what it has."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"the log ends at {seq}")
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Live:
    """Where a job stands between two writes of its row. `updated_ms` is unix milliseconds; 0 where nothing is known."""

    seq: int = 0
    progress: float = 0.0
    processed: int = 0
    total: int = 0
    status: str = ""
    item: str = ""
    updated_ms: int = 0
    cancel: bool = False
    ended: bool = False


def stream_key(job_id: str) -> str:
    """The stream of a job's events."""
    return f"job:{job_id}:events"


def live_key(job_id: str) -> str:
    """The hash of a job's live state."""
    return f"job:{job_id}:live"


async def append(
    job_id: str,
    *,
    run: int,
    mode: str,
    kind: str,
    message: bytes,
    known: int = -1,
    beyond: bool = False,
    live: dict[str, Any] | None = None,
) -> tuple[int, bool]:
    """Write an event; its seq, and whether it was written now (False: "first" and the log has begun).

    `beyond`: where the log lost events up to `known`, go on behind them nevertheless. Raises: Fenced, Behind, redis.Away.
    """
    fields = {"updated": int(clock.unix_s() * 1000), **(live or {})}
    pairs = [part for pair in fields.items() for part in pair]
    args = [run, known, mode, int(beyond), kind, message, conf.KEPT_S, *pairs]
    outcome, seq = await _APPEND(keys=[stream_key(job_id), live_key(job_id)], args=args)
    if outcome == -3:
        raise Behind(seq)
    if outcome < 0:
        raise Fenced
    return seq, outcome == 1


async def read(job_id: str, *, after: int, count: int = 200) -> list[Event]:
    """The next events after a seq, oldest first.

    Raises: redis.Away.
    """
    server = cast(Any, redis_door.client())
    entries = cast(Any, await server.execute_command("XRANGE", stream_key(job_id), f"{after + 1}-0", "+", "COUNT", count))
    return [event_of(entry) for entry in parsed(entries)]


def parsed(entries: Any) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
    """Entries of a stream as (id, fields), from whichever form the client library gives."""
    return [(one[0], one[1] if isinstance(one[1], dict) else dict(zip(one[1][::2], one[1][1::2], strict=True))) for one in entries or ()]


def event_of(entry: tuple[bytes, dict[bytes, bytes]]) -> Event:
    """An entry of a stream as an event."""
    ident, fields = entry
    return Event(int(ident.partition(b"-")[0]), fields[b"k"].decode(), fields[b"m"])


async def live(job_id: str) -> Live:
    """The live state; all zero where there is none.

    Raises: redis.Away.
    """
    found = cast(dict[bytes, bytes], await cast(Any, redis_door.client().hgetall(live_key(job_id))))
    text = {name.decode(): value.decode() for name, value in found.items()}
    return Live(
        seq=int(text.get("seq", 0)),
        progress=float(text.get("progress", 0)),
        processed=int(text.get("processed", 0)),
        total=int(text.get("total", 0)),
        status=text.get("status", ""),
        item=text.get("item", ""),
        updated_ms=int(text.get("updated", 0)),
        cancel=text.get("cancel") == "1",
        ended=text.get("ended") == "1",
    )


async def ask_to_cancel(job_id: str) -> None:
    """Leave word for the job's worker, who looks several times a second.

    Raises: redis.Away.
    """
    await cast(Any, redis_door.client().hset(live_key(job_id), "cancel", "1"))


async def cancel_asked(job_id: str) -> bool:
    """Whether there is such word.

    Raises: redis.Away.
    """
    return bool(await cast(Any, redis_door.client().hget(live_key(job_id), "cancel")) == b"1")


async def forget(job_id: str) -> None:
    """Delete a job's events.

    Raises: redis.Away.
    """
    await redis_door.client().delete(stream_key(job_id), live_key(job_id))
