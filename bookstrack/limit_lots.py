"""Lots of tokens: what one process may let pass of its clients' limits without asking Redis for each request.

A client's first requests are charged one by one. One that goes on asking gets lots of as many tokens as it lately asked for, which end
after half a second; what is left of them then is given back.
"""

import asyncio
import contextlib
import itertools
import math
from collections.abc import Callable

from bookstrack.env import RateLimit
from bookstrack.lib import clock, redis
from bookstrack.limit_bucket import Answer, Report, Verdict, ask, unheld, verdict_of

HOLD_S = 0.5
OLDEST_S = 5.0  # no lot is used longer after it was asked for, however slow the answer: Redis takes its holder for dead after 10 s
TEND_S = HOLD_S / 2  # so that a token is given back less than a second after it was reserved
SPAN_S = 0.25  # a client gets as many tokens as it asked for in about this time
FIRST = 4  # requests within it that are charged one by one
STANDS_S = 0.1  # how long a refusal holds without asking again
LEAST = 20  # smaller limits are too small for lots
MAX_CLIENTS = 4096  # whose pace is remembered; those above are charged one by one

Renew = Callable[["Lot"], None]
_numbers = itertools.count(1)
_new = tuple.__new__  # half the cost of the class's own


class Pace:
    """How many requests a client made lately."""

    __slots__ = ("_before", "_began_s", "_now")

    def __init__(self) -> None:
        self._began_s, self._before, self._now = -math.inf, 0, 0

    def count(self, times: int, now_s: float) -> int:
        """Count so many more; answers how many there were in the last 0.25 to 0.5 s."""
        age_s = now_s - self._began_s
        if age_s >= SPAN_S:
            self._before = self._now if age_s < 2 * SPAN_S else 0
            self._began_s, self._now = now_s, 0
        self._now += times
        return self._before + self._now

    def is_over(self, now_s: float) -> bool:
        """Whether all of it was so long ago that it says nothing any more."""
        return now_s - self._began_s >= 2 * SPAN_S


class Lot:
    """What this process holds of one client's bucket, and what it was last told about it."""

    __slots__ = (
        "_beyond", "_leak_s", "_level", "_renew", "_standing", "_stands_until_s", "_window_ms",
        "held", "key", "left", "limit", "lock", "name", "pace", "renew_at", "until_s", "waiting",
    )  # fmt: skip

    def __init__(self, key: str, limit: RateLimit, renew: Renew) -> None:
        self.key, self.limit, self._renew = key, limit, renew
        self._window_ms, self._leak_s = limit.window_s * 1000, limit.requests * 1000
        self.lock = asyncio.Lock()
        self.pace = Pace()
        self.waiting = 0  # requests in line for an answer of Redis
        self._standing, self._stands_until_s = unheld(limit, 1), 0.0
        self.drop()

    def drop(self) -> None:
        """Forget the tokens. What is reserved under the old name ends by itself, charged."""
        self.name = f"{redis.PROCESS}.{next(_numbers)}"
        self.held = self.left = 0
        self.until_s, self.renew_at, self._beyond, self._level = 0.0, -1, 0, 0

    def take(self, now_s: float) -> Verdict | None:
        """Let a request pass with a token in hand, or tell it what stands; None where Redis must be asked."""
        left = self.left
        if left and now_s < self.until_s:
            self.left = left = left - 1
            if left == self.renew_at:
                self._renew(self)
            requests, window_s = self.limit
            reset_s = -((left * self._window_ms - self._level) // self._leak_s)  # rounded up
            return _new(Verdict, (True, requests, self._beyond + left, reset_s, 0, window_s))
        return self._standing if now_s < self._stands_until_s else None

    def report(self, *, kept: int, wanted: int) -> Report:
        """What Redis is told before it is asked again."""
        used, self.left = self.held - self.left, kept
        if self._standing.allowed and self._stands_until_s:
            self._stands_until_s = math.inf  # one request finds out whether Redis is back; the others pass meanwhile
        return Report(self.name, used, kept, wanted)

    def receive(self, answer: Answer, kept: int, asked_s: float) -> None:
        """Hold what Redis reserved; `kept` were in hand when it was asked."""
        spent = kept - self.left
        self.held, self.left = answer.held, max(0, answer.held - spent)
        self.until_s = min(clock.monotonic_s() + HOLD_S, asked_s + OLDEST_S)
        self.renew_at = answer.held // 4 if answer.held >= 2 * FIRST else -1
        # as they will be when all tokens are used
        self._level = answer.level + answer.held * self._window_ms
        self._beyond = (self._leak_s * self.limit.window_s - answer.level) // self._window_ms - answer.held
        self._stands_until_s = 0.0

    def stand(self, verdict: Verdict, until_s: float) -> None:
        """Let all requests have this verdict for a while."""
        self._standing, self._stands_until_s = verdict, until_s

    def is_idle(self, now_s: float) -> bool:
        return not (self.held or self.waiting or self.lock.locked()) and self.pace.is_over(now_s) and now_s >= self._stands_until_s


class Lots:
    """The lots of one event loop."""

    def __init__(self) -> None:
        self.renewals: set[asyncio.Task[None]] = set()  # under way
        self._lots: dict[tuple[str, str], Lot] = {}
        self._tending: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._lots)

    def at_once(self, bucket: str, client: str, limit: RateLimit) -> Verdict | None:
        """Charge a token in hand; None where Redis must be asked."""
        lot = self._lots.get((bucket, client))
        return lot.take(clock.monotonic_s()) if lot is not None and lot.limit == limit else None

    async def charge(self, key: str, bucket: str, client: str, limit: RateLimit) -> Verdict:
        """Charge a request: with a token in hand, or by asking Redis, which may give a lot for those that follow.

        Raises: redis.Away.
        """
        lot = self._lot_of(key, bucket, client, limit)
        if lot is None:
            return verdict_of(await ask(key, limit, 1), limit, 1)
        lot.waiting += 1
        try:
            return lot.take(clock.monotonic_s()) or await self._in_line(lot)
        finally:
            lot.waiting -= 1

    async def tend(self) -> None:
        """Give back what is left of lots that ended, and forget clients that are gone."""
        for place, lot in list(self._lots.items()):
            now_s = clock.monotonic_s()
            if lot.is_idle(now_s):
                if self._lots.get(place) is lot:
                    del self._lots[place]
            elif lot.held and now_s >= lot.until_s and not lot.lock.locked():
                await self._give_back(lot)

    async def give_back(self) -> None:
        """Give back all unused tokens, for the stop of the process. While Redis is away they end by themselves."""
        if self._tending is not None:
            self._tending.cancel()
        lots = list(self._lots.values())
        self._lots.clear()
        await asyncio.gather(*(self._give_back(lot) for lot in lots))

    def _lot_of(self, key: str, bucket: str, client: str, limit: RateLimit) -> Lot | None:
        found = self._lots.get((bucket, client))
        if found is not None and found.limit == limit:
            return found
        if limit.requests < LEAST or (found is None and len(self._lots) >= MAX_CLIENTS):
            return None
        made = self._lots[bucket, client] = Lot(key, limit, self._renew_soon)
        if self._tending is None or self._tending.done():
            self._tending = asyncio.create_task(self._tend())
        return made

    async def _in_line(self, lot: Lot) -> Verdict:
        async with lot.lock:
            return lot.take(clock.monotonic_s()) or await self._charge(lot)

    async def _charge(self, lot: Lot) -> Verdict:
        used = lot.held - lot.left
        recent = lot.pace.count(used + 1, clock.monotonic_s()) + lot.waiting - 1
        answer = await self._ask(lot, 1, kept=0, wanted=recent if recent > FIRST else 0)
        verdict = verdict_of(answer, lot.limit, 1)
        if not answer.passed:
            window_ms = lot.limit.window_s * 1000
            missing_s = (answer.level + window_ms) / (lot.limit.requests * 1000) - lot.limit.window_s
            lot.stand(verdict, clock.monotonic_s() + min(STANDS_S, missing_s))
        return verdict

    async def _ask(self, lot: Lot, cost: int, *, kept: int, wanted: int) -> Answer:
        """Settle with Redis, under the lot's lock."""
        asked_s = clock.monotonic_s()
        try:
            answer = await ask(lot.key, lot.limit, cost, lot.report(kept=kept, wanted=wanted))
        except BaseException as error:  # whatever it was: nobody knows whether Redis did it
            lot.drop()
            away = isinstance(error, redis.Away)
            lot.stand(unheld(lot.limit, 1), clock.monotonic_s() + STANDS_S if away else 0.0)
            raise
        lot.receive(answer, kept, asked_s)
        return answer

    def _renew_soon(self, lot: Lot) -> None:
        """Get the next tokens before those in hand are spent, so that no request waits for them."""
        if not lot.lock.locked():
            task = asyncio.create_task(self._renew(lot))
            self.renewals.add(task)
            task.add_done_callback(self.renewals.discard)

    async def _renew(self, lot: Lot) -> None:
        async with lot.lock:
            if lot.left > lot.renew_at:  # a request got them meanwhile
                return
            recent = lot.pace.count(lot.held - lot.left, clock.monotonic_s())
            with contextlib.suppress(*redis.Away):  # the next request says so
                await self._ask(lot, 0, kept=lot.left, wanted=recent)

    async def _give_back(self, lot: Lot) -> None:
        async with lot.lock:
            if lot.held:
                with contextlib.suppress(*redis.Away):  # then they end by themselves
                    await self._ask(lot, 0, kept=0, wanted=0)

    async def _tend(self) -> None:
        while self._lots:
            await asyncio.sleep(TEND_S)
            await self.tend()
