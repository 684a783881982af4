"""Server-Sent Events: the messages of the progress channel as a reply that goes on."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from django.db import DatabaseError

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.errors import RateLimited, Unavailable
from jobs import places, services
from jobs.hub import Stopping, hub
from jobs.messages import Event
from jobs.models import Job

log = structlog.get_logger(__name__)
HEARTBEAT_S = 15.0
LOOK_AFTER_S = 25.0  # the place is held on to, and the token looked at


class Stream:
    """One client's stream of one job; it has a place at the job like a socket."""

    def __init__(self, job: Job, client: str, after: int) -> None:
        self._job, self._client, self._after = job, client, after
        self._member = places.new_member()

    async def open(self) -> None:
        """Take the place, and make sure that there is something to follow.

        Raises: RateLimited, Unavailable.
        """
        try:
            await places.take(self._job.pk, self._client, self._member)
        except places.Full as full:
            raise RateLimited(f"{str(full)[0].upper()}{str(full)[1:]}.", details={"jobId": self._job.pk}) from None
        except redis_door.Away:
            raise Unavailable("Progress cannot be followed just now.", retry_after_ms=3_000) from None
        self._after = min(self._after, (await services.followable(self._job)).seq)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The events after the one that the client has seen, a comment while there are none, until the last."""
        follower = hub().follow(self._job.pk, after=self._after)
        waiting: asyncio.Task[Event | None] | None = None
        looked_s = clock.monotonic_s()
        try:
            yield b": follows\n\n"
            while True:
                waiting = waiting or asyncio.create_task(follower.next())
                done, _ = await asyncio.wait([waiting], timeout=HEARTBEAT_S)
                if clock.monotonic_s() - looked_s >= LOOK_AFTER_S:
                    looked_s = clock.monotonic_s()
                    if not await self._still_allowed():
                        return
                if not done:
                    yield b": still here\n\n"
                    continue
                event, waiting = waiting.result(), None
                if event is None:
                    return
                yield f"id: {event.seq}\ndata: {event.json}\n\n".encode()
        except (Stopping, *redis_door.Away):
            return  # without the last event: the client comes back with Last-Event-ID
        finally:
            if waiting is not None:
                waiting.cancel()
            follower.close()
            await self._leave()

    async def _still_allowed(self) -> bool:
        """Whether the token that it was opened with is still the job's; holds on to the place."""
        await places.renew([(self._job.pk, self._client, self._member)])
        try:
            return not await services.dead_tokens({self._job.pk: {self._job.token_digest}})
        except DatabaseError:
            log.warning("the token of a stream could not be checked: the database is away")
            return True

    async def _leave(self) -> None:
        try:
            await places.free(self._job.pk, self._client, self._member)
        except redis_door.Away:
            log.debug("the place of a stream becomes free by itself")
