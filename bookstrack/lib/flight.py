"""One flight per key: any number of simultaneous requests for one key, over all processes, do its work once.

Within a process the others wait for the same task. Between processes one leads by a lock in Redis and leaves its outcome there for
the others, also where the outcome is kept nowhere else (a failure). While Redis is away each process works for itself.

A leader renews its lock while it works, however long that takes; one that died is followed when the lock has run out.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bookstrack.lib import redis as redis_door

LEASE_MS = 2_000  # a leader that died is followed after this
RENEW_EVERY_S = 0.5  # by one that lives; a flight that is over by then never renewed anything
OUTCOME_MS = 3_000
POLL_S = (0.005, 0.01, 0.02, 0.03)  # the last one repeats

_LEAD = redis_door.Script(
    """
    if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
    return 1 + redis.call('DEL', KEYS[2])
    """
)
_FOLLOW = redis_door.Script(
    """
    local done = redis.call('GET', KEYS[2])
    if done then return done end
    if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
    return 0
    """
)
_RENEW = redis_door.Script(
    """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('PEXPIRE', KEYS[1], ARGV[2])
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
    the flight over finds it kept. `kept` is asked by who leads a moment after another flight of its key ended: it may have looked before
    that kept anything, and come too late to wait for it. `wait_s`: who waited so long for another process works for itself.
    `coalesced`, `away`: called when a request waits for another's work, and when Redis is away.
    """

    def __init__(
        self,
        pack: Callable[[T], bytes],
        unpack: Callable[[bytes], T],
        settle: Callable[[T], Awaitable[None]],
        *,
        kept: Callable[[str], Awaitable[T | None]] | None = None,
        wait_s: float,
        coalesced: Callable[[], None],
        away: Callable[[], None],
    ) -> None:
        self._pack, self._unpack, self._settle = pack, unpack, settle
        self._kept, self._wait_s = kept, wait_s
        self._coalesced, self._away = coalesced, away
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
            self._coalesced()
        return await asyncio.shield(task), led  # a client that leaves does not end the flight of the others

    def landing(self) -> list[asyncio.Task[None]]:
        """Tasks that still hand an outcome to other processes."""
        return [task for task in self._landing if not task.done()]

    async def _over_processes(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        lead = _Lead(key, self._away)
        try:
            if not await lead.taken():
                self._coalesced()
                found = await lead.awaited(self._wait_s)
                if found is not None:
                    return self._unpack(found)
        except redis_door.Away:
            return await work()
        try:
            done = await self._kept(key) if lead.follows and self._kept is not None else None
            done = done if done is not None else await work()
        except BaseException:
            await lead.end(b"")
            raise
        task = asyncio.create_task(self._land(lead, done))  # the request need not wait for that
        self._landing.add(task)
        task.add_done_callback(self._landing.discard)
        return done

    async def _land(self, lead: "_Lead", done: T) -> None:
        packed = b""
        try:
            await self._settle(done)
            packed = self._pack(done)
        finally:
            await lead.end(packed)


class _Lead:
    """The lead of one flight over all processes: a lock in Redis, ours for as long as it bears our token.

    Once it bears another's, be it that our loop stood still or that Redis began anew, nothing of that other's is touched.
    """

    def __init__(self, key: str, away: Callable[[], None]) -> None:
        self._keys = [f"flight:{key}", f"outcome:{key}"]
        self._token = secrets.token_hex(8)
        self._away = away
        self.follows = False  # another one, whose outcome was still there
        self._timer: asyncio.TimerHandle | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._ended = False

    async def taken(self) -> bool:
        """Whether nobody led, and we do now. Raises: Away."""
        told: int = await _LEAD(keys=self._keys, args=[self._token, LEASE_MS])
        if told == 0:
            return False
        self.follows = told > 1
        self._renew_later()
        return True

    async def awaited(self, wait_s: float) -> bytes | None:
        """The leader's outcome; None once we lead, as the leader is gone, and where it did not come in time. Raises: Away."""
        loop = asyncio.get_running_loop()
        until, turn = loop.time() + wait_s, 0
        while loop.time() < until:
            await asyncio.sleep(POLL_S[min(turn, len(POLL_S) - 1)])
            turn += 1
            told = await _FOLLOW(keys=self._keys, args=[self._token, LEASE_MS])
            if isinstance(told, bytes):
                return told
            if told == 1:
                self._renew_later()
                return None
        return None

    async def end(self, done: bytes) -> None:
        """Leave an outcome for the others, or none (b""), and let the next one lead."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        try:
            await _RELEASE(keys=self._keys, args=[self._token, done, OUTCOME_MS])
        except redis_door.Away:
            self._away()

    def _renew_later(self) -> None:
        if not self._ended:
            self._timer = asyncio.get_running_loop().call_later(RENEW_EVERY_S, self._renew)

    def _renew(self) -> None:
        self._renewing = asyncio.create_task(self._renewed())

    async def _renewed(self) -> None:
        try:
            if await _RENEW(keys=self._keys[:1], args=[self._token, LEASE_MS]) != 1:
                return  # it is another's by now
        except redis_door.Away:
            self._away()
        self._renew_later()
