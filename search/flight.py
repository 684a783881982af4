"""One flight per key: any number of simultaneous requests for one cold key, over all processes, makes one round of provider calls.

Within a process the others wait for the same task. Between processes one leads by a lock in Redis and leaves its outcome there for
the others, also where the outcome is not kept in the cache (a failure, or an empty answer while somebody did not answer).
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, cast

from bookstrack.lib import redis as redis_door
from search import metrics

LEASE_MS = 4_000  # a dead leader is followed by the next after this; a search's budget lies within it
OUTCOME_MS = 3_000
POLL_S = (0.005, 0.01, 0.02, 0.03)  # the last one repeats
WAIT_S = 10.0

_LEAD = redis_door.Script(
    """
    if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
    redis.call('DEL', KEYS[2])
    return 1
    """
)
_RELEASE = redis_door.Script(
    """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    if ARGV[2] ~= '' then redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) end
    redis.call('DEL', KEYS[1])
    return 1
    """
)

T = TypeVar("T")


class Flights(Generic[T]):
    """The flights of one process.

    `pack` and `unpack` carry an outcome to other processes; `settle` waits until what belongs to it is kept, so that whoever finds
    the flight over finds the cache filled.
    """

    def __init__(self, pack: Callable[[T], bytes], unpack: Callable[[bytes], T], settle: Callable[[T], Awaitable[None]]) -> None:
        self._pack, self._unpack, self._settle = pack, unpack, settle
        self._flying: dict[tuple[int, str], asyncio.Task[T]] = {}
        self._landing: set[asyncio.Task[None]] = set()

    async def fly(self, key: str, work: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The outcome of `work` for this key, and whether this request led it. What `work` raises reaches its own process only."""
        loop_key = (id(asyncio.get_running_loop()), key)
        task = self._flying.get(loop_key)
        led = task is None
        if task is None:
            task = asyncio.create_task(self._over_processes(key, work))
            self._flying[loop_key] = task
            task.add_done_callback(lambda _: self._flying.pop(loop_key, None))
        else:
            metrics.cache_coalesced.inc()
        return await asyncio.shield(task), led  # a client that leaves does not end the flight of the others

    def landing(self) -> list[asyncio.Task[None]]:
        """Tasks that still hand an outcome to other processes."""
        return [task for task in self._landing if not task.done()]

    async def _over_processes(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        lock, outcome, own = f"flight:{key}", f"outcome:{key}", secrets.token_hex(8)
        try:
            if not await _LEAD(keys=[lock, outcome], args=[own, LEASE_MS]):
                metrics.cache_coalesced.inc()
                found = await _wait(lock, outcome, own)
                if found is not None:
                    return self._unpack(found)
        except redis_door.Away:
            return await work()
        try:
            done = await work()
        except BaseException:
            await _release(lock, outcome, own, b"")
            raise
        task = asyncio.create_task(self._land(lock, outcome, own, done))  # the request need not wait for that
        self._landing.add(task)
        task.add_done_callback(self._landing.discard)
        return done

    async def _land(self, lock: str, outcome: str, own: str, done: T) -> None:
        await self._settle(done)
        await _release(lock, outcome, own, self._pack(done))


async def _wait(lock: str, outcome: str, own: str) -> bytes | None:
    """The leader's outcome, or None once we lead ourselves because the leader is gone."""
    redis = redis_door.client()
    loop = asyncio.get_running_loop()
    until, turn = loop.time() + WAIT_S, 0
    while loop.time() < until:
        await asyncio.sleep(POLL_S[min(turn, len(POLL_S) - 1)])
        turn += 1
        found = cast(bytes | None, await redis.get(outcome))
        if found:
            return found
        if await redis.set(lock, own, nx=True, px=LEASE_MS):
            found = cast(bytes | None, await redis.get(outcome))  # it may have come between the two
            if found is None:
                return None
            await redis.delete(lock)
            return found
    return None


async def _release(lock: str, outcome: str, own: str, done: bytes) -> None:
    try:
        await _RELEASE(keys=[lock, outcome], args=[own, done, OUTCOME_MS])
    except redis_door.Away:
        metrics.cache_away.inc()
