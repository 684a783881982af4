"""Answers asked for anew before they expire: whoever asks past 80 % of a lifetime is served, and the question goes out behind the reply.

One process asks for a key at a time, on the terms of whoever fills the cache anew: searches have the next turn and a part of the daily
budget to themselves, and an answer that is worse does not replace what is kept. Source: spec 04, "Cache".
"""

from collections.abc import Awaitable, Callable

import structlog

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.errors import ApiError
from search import conf, metrics
from search.background import in_background
from search.cache import Entry
from search.fan_out import Outcome
from search.gateway import Patience, refilling
from search.held import flights

log = structlog.get_logger(__name__)
PAST = 0.8  # of a lifetime
SHARE = 0.8  # of a provider's daily budget that this may use up
AT_ONCE = 8  # in a process; what is due beyond that is left to a later request
TURN_S = 5.0  # a round of calls, and the second within which every process hears of what was kept
# Until a key is tried again for which nothing better came: four times in its last fifth, or a year's entry whose provider is gone would be
# asked for every minute of ten weeks. The least is not shortened with CACHE_TTL_SCALE, or entries that live for a second would have
# providers that fail asked without end; after a success nothing rests, for a new entry is not due before it is old.
REST_SHARE, LEAST_REST_S = 0.05, 60.0
MAX_RESTING = 10_000
_rest_until: dict[str, float] = {}  # by key, monotonic seconds; whose rest began first is first
_running: set[str] = set()


def due(key: str, entry: Entry) -> bool:
    """Whether a fresh entry is to be asked for anew now. Costs less than a microsecond."""
    if clock.unix_s() <= entry.created_at + PAST * entry.ttl_s or len(_running) >= AT_ONCE:
        return False
    return _rest_until.get(key, 0.0) <= clock.monotonic_s()


def behind(key: str, entry: Entry, ask: Callable[[], Awaitable[Outcome]]) -> None:
    """Ask for a key anew behind the reply; its troubles are in the log and nowhere else. `search.services.settled` waits for it."""
    if key in _running or len(_running) >= AT_ONCE:
        return
    _rest(key, TURN_S)
    _running.add(key)
    in_background(_asked(key, entry, ask)).add_done_callback(lambda _: _running.discard(key))


def rest(key: str, entry: Entry) -> None:
    """Let a key not be due for a twentieth of its entry's lifetime, in this process."""
    _rest(key, max(LEAST_REST_S, REST_SHARE * entry.ttl_s))


def _rest(key: str, rest_s: float) -> None:
    _rest_until.pop(key, None)
    if len(_rest_until) >= MAX_RESTING:
        del _rest_until[next(iter(_rest_until))]
    _rest_until[key] = clock.monotonic_s() + rest_s


async def _asked(key: str, entry: Entry, ask: Callable[[], Awaitable[Outcome]]) -> None:
    if not await _our_turn(key):
        return
    refilling.set(Patience(conf.search_budget_s(), SHARE))  # of this task, and of those that it begins
    try:
        outcome, _ = await flights.fly(key, ask)
    except ApiError as error:
        metrics.cache_refreshes.labels("failed").inc()
        log.debug("not asked for ahead of its end", key=key, why=error.message)
    except Exception:  # a fault of ours: what is kept serves on, and we get the traceback
        log.exception("could not be asked for ahead of its end", key=key)
    else:
        metrics.cache_refreshes.labels("kept" if outcome.kept is None else "replaced").inc()
        log.debug("asked for ahead of its end", key=key, replaced=outcome.kept is not None, providers=outcome.statuses)
        if outcome.kept is not None:
            return
    rest(key, entry)


async def _our_turn(key: str) -> bool:
    """Whether no other process asks for it, or did a moment ago; while Redis is away each does so for itself."""
    try:
        return bool(await redis_door.client().set(f"refreshing:{key}", redis_door.PROCESS, nx=True, px=int(TURN_S * 1000)))
    except redis_door.Away:
        metrics.cache_away.inc()
        return True
