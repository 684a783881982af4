"""Told of every change to keys with a prefix, whoever made it: CLIENT TRACKING in broadcast mode, on one connection of this process.

The server tells of changes in the order in which it makes them, so an answer to PING says that everything before it was told. That is
what `heard_until` stands on: a copy kept here is as the server has it, but for the last second.

Source: Redis, "Client-side caching", broadcasting mode.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from bookstrack.lib import clock, redis

log = structlog.get_logger(__name__)
PING_EVERY_S = 0.2
GOOD_FOR_S = 0.9  # so long an answer vouches for what is kept
SILENCE_S = 0.9  # no answer for so long: the connection is given up
REST_S = (0.1, 0.3, 1.0)  # until it is tried again; the last one repeats


class KeyWatch:
    """Watches keys with a prefix while `run` runs.

    `changed(keys)` is called with the keys that were written, deleted, or expired; `lost()` when changes may have been missed: at the
    start, when the connection broke, when the whole server was emptied.
    """

    def __init__(self, prefix: str, *, changed: Callable[[list[str]], None], lost: Callable[[], None]) -> None:
        self.prefix, self._changed, self._lost = prefix, changed, lost
        self.heard_until_s = 0.0  # on the monotonic clock: until then nothing that changed is unknown here

    async def run(self) -> None:
        """Watch until cancelled; where the server cannot be reached, or may not tell, it is asked again and again."""
        failures = 0
        while True:
            try:
                await self._watch()
            except (*redis.Away, redis.ResponseError) as error:
                if self.heard_until_s:
                    failures = 0
                log.info("changes of kept keys are not told", prefix=self.prefix, error=type(error).__name__)
            finally:
                self.heard_until_s = 0.0
            await asyncio.sleep(REST_S[min(failures, len(REST_S) - 1)])
            failures += 1

    async def _watch(self) -> None:
        connection = await redis.connection()
        pings: list[float] = []  # when each was sent that is not answered yet
        try:
            connection._parser.set_invalidation_push_handler(_as_it_is)
            await connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self.prefix)
            await connection.read_response()
            self._lost()  # what was kept until now may be old
            pinging = asyncio.create_task(_ping(connection, pings))
            try:
                while True:
                    self._take(await connection.read_response(timeout=SILENCE_S, push_request=True), pings)
            finally:
                pinging.cancel()
                await asyncio.gather(pinging, return_exceptions=True)
        finally:
            await connection.disconnect(nowait=True)

    def _take(self, told: Any, pings: list[float]) -> None:
        """What the server said: PONG, or the names of keys; None where it said nothing. Raises: TimedOut."""
        if told is None:
            raise redis.TimedOut("the server fell silent")
        if not isinstance(told, list):
            self.heard_until_s = pings.pop(0) + GOOD_FOR_S
        elif told[1] is None:  # FLUSHALL
            self._lost()
        else:
            self._changed([key.decode("utf-8", "replace") for key in told[1]])


async def _ping(connection: Any, pings: list[float]) -> None:
    while True:
        pings.append(clock.monotonic_s())
        await connection.send_command("PING")
        await asyncio.sleep(PING_EVERY_S)


async def _as_it_is(pushed: Any) -> Any:
    return pushed
