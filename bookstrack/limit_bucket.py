"""A client's bucket in Redis: what was charged, what is reserved for the processes' lots, and what is left of the limit.

Never more than the limit passes over all processes: a token is either charged, and leaks from then on, or reserved, and does not leak
before its use is reported. Never much less: at most a sixth of the limit is reserved at any time, however many processes hold lots.
Source: spec 02, "Limits".
"""

from typing import NamedTuple

from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis

# A bucket that leaks evenly (GCRA), in whole numbers, so that nothing is lost by rounding: a request puts in `window`, each ms takes out
# `limit`, and it holds `limit * window`. A hash: `level` is "level at", each holder of a lot has "tokens ends".
# KEYS: bucket. ARGV: now ms, limit, window ms, cost, and of a holder: its name, tokens used, tokens kept, tokens it wants to have then.
# Answers {passed, level (tokens reserved for others are in it), tokens the holder has}.
_ASK = redis.Script(
    """
    local now, limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local holder, used, kept, wanted = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
    local LIVES_MS = 10000 -- longer than its holder uses a lot, so that it never ends under its hands
    local level, at, mine, others, lots, dead = 0, 0, 0, 0, {}, {}

    local fields = redis.call('HGETALL', KEYS[1])
    for i = 1, #fields, 2 do
        local first, second = string.match(fields[i + 1], '^(%d+) (%d+)$')
        if fields[i] == 'level' then
            level, at = tonumber(first), tonumber(second)
        else
            lots[#lots + 1] = {name = fields[i], tokens = tonumber(first), ends = tonumber(second)}
        end
    end
    now = math.max(now, at)
    local function leak(to)
        level, at = math.max(0, level - (to - at) * limit), to
    end
    table.sort(lots, function(one, other) return one.ends < other.ends end)
    for _, lot in ipairs(lots) do
        if lot.ends <= now then -- its holder died, or its answer was lost: nobody knows what was used, so all of it was
            leak(lot.ends)
            level = level + lot.tokens * window
            dead[#dead + 1] = lot.name
        elseif lot.name == holder then
            mine = lot.tokens
        else
            others = others + lot.tokens
        end
    end
    leak(now)

    used = math.min(used, mine)
    mine = math.min(kept, mine - used)
    level = level + used * window
    local room = (limit - others - mine) * window - level
    local passed = cost * window <= room
    if passed then
        level, room = level + cost * window, room - cost * window
    elseif holder == '' then
        return {0, level + others * window, 0}
    end
    local tenth, sixth = math.floor(limit / 10), math.floor(limit / 6)
    local more = math.min(wanted - mine, tenth - mine, sixth - mine - others, math.floor(room / window / 4))
    mine = mine + math.max(0, more)

    for _, name in ipairs(dead) do redis.call('HDEL', KEYS[1], name) end
    redis.call('HSET', KEYS[1], 'level', string.format('%.0f %.0f', level, now))
    if mine > 0 then
        redis.call('HSET', KEYS[1], holder, string.format('%.0f %.0f', mine, now + LIVES_MS))
    elseif holder ~= '' then
        redis.call('HDEL', KEYS[1], holder)
    end
    redis.call('PEXPIRE', KEYS[1], math.ceil((level + (others + mine) * window) / limit) + LIVES_MS + 1000)
    return {passed and 1 or 0, level + others * window, mine}
    """
)


class Verdict(NamedTuple):
    """Whether a request may pass, and what is left afterwards. `reset_s`: until all of it is there again."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int  # 0 when allowed
    window_s: int


class Report(NamedTuple):
    """What a holder says of its lot: tokens used since it last asked, those it keeps of the rest, and how many it wants to have then."""

    holder: str = ""
    used: int = 0
    kept: int = 0
    wanted: int = 0


class Answer(NamedTuple):
    """`level` is what is charged or reserved for others, in requests x ms of the window; `held` the tokens now reserved for the holder."""

    passed: bool
    level: int
    held: int


NOBODY = Report()


async def ask(key: str, limit: RateLimit, cost: int, report: Report = NOBODY) -> Answer:
    """Charge `cost` requests, where they pass, and settle a holder's lot, in one round trip.

    Raises: redis.Away.
    """
    now_ms = int(clock.unix_s() * 1000)
    passed, level, held = await _ASK(keys=[key], args=[now_ms, limit.requests, limit.window_s * 1000, cost, *report])
    return Answer(bool(passed), level, held)


def verdict_of(answer: Answer, limit: RateLimit, cost: int) -> Verdict:
    """The answer in requests and seconds."""
    window_ms = limit.window_s * 1000
    left = limit.requests * window_ms - answer.level
    missing = max(0, cost * window_ms - left)
    return Verdict(
        allowed=answer.passed,
        limit=limit.requests,
        remaining=max(0, left // window_ms),
        reset_s=_seconds(answer.level, limit),
        retry_after_s=0 if answer.passed else min(limit.window_s, max(1, _seconds(missing, limit))),
        window_s=limit.window_s,
    )


def unheld(limit: RateLimit, cost: int) -> Verdict:
    """What is said while Redis is away: the request passes."""
    return Verdict(True, limit.requests, max(0, limit.requests - cost), 0, 0, limit.window_s)


def _seconds(level: int, limit: RateLimit) -> int:
    """Until so much has leaked out, rounded up."""
    return -(-level // (limit.requests * 1000))
