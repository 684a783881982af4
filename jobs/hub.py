"""How events reach this process's clients: one task reads the streams of all jobs that somebody here follows, on one connection.

A follower first reads the log itself, page by page at its own speed, and joins the live feed once it has caught up. One that cannot
keep up with the feed falls back to reading the log, so that a slow client costs no memory, loses nothing, and slows nobody.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from typing import Any

import structlog

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from bookstrack.lib.per_loop import PerLoop
from jobs import events, metrics
from jobs.messages import Event

log = structlog.get_logger(__name__)
BLOCK_MS = 10_000
READ_COUNT = 200  # events a stream and a read
AWAY_S = 0.3
MAX_BEHIND = 256  # events that wait for a follower before it falls back to the log
FRUITLESS, FRUITLESS_S = 5, 0.02
MANY_FEEDS, GATHER_S = 50, 0.004  # with many streams a read costs more: let some events gather
BELL_KEPT_S = 3_600


class Stopping(Exception):
    """The process is about to end: clients come back to another one."""


class Follower:
    """One client's view of one job: every event after a seq, in order, once, until the last."""

    def __init__(self, hub: "Hub", job_id: str, after: int) -> None:
        self._hub, self.job_id, self.seq = hub, job_id, after
        self.live = False
        self._waiting: deque[Event] = deque()
        self._page: deque[Event] = deque()
        self._news = asyncio.Event()
        self._ended = self._looked = self._more = False
        self._fruitless = 0

    async def next(self) -> Event | None:
        """The next event; None after the job's last one. May be cancelled and called again.

        Raises: Stopping, redis.Away when the log cannot be read.
        """
        while True:
            if self._hub.stopping:
                raise Stopping
            if self._page:
                return self._taken(self._page.popleft())
            if self._ended:
                return None
            if not self.live:
                await self._catch_up()
            elif self._waiting:
                event = self._waiting.popleft()
                if event.seq > self.seq:
                    return self._taken(event)
            else:
                self._news.clear()
                await self._news.wait()

    def close(self) -> None:
        """Follow no more."""
        self._hub.leave(self)

    def _taken(self, event: Event) -> Event:
        self.seq = event.seq
        # Only the newest event is an end: a job that an operator retried goes on after the one that it had.
        self._ended = event.last and not self._page and not self._waiting and not self._more
        return event

    async def _catch_up(self) -> None:
        page = await events.read(self.job_id, after=self.seq, count=READ_COUNT)
        self._page.extend(page)
        self._more = len(page) >= READ_COUNT
        if page:
            self._fruitless, self._looked = 0, self._looked and not self._more
            return
        if not self._looked:
            self._looked = True
            live = await events.live(self.job_id)
            self._ended = live.ended and live.seq <= self.seq  # it has heard all before: nothing more comes
            if self._ended:
                return
        if not self._hub.join(self):
            # the feed is ahead by what came since the read; what it still has when nothing is found again, Redis has lost
            self._fruitless += 1
            if self._fruitless > FRUITLESS:
                self._hub.join(self, lost=True)
            else:
                await asyncio.sleep(FRUITLESS_S)
        else:
            self._fruitless = 0

    def offer(self, event: Event) -> None:
        """Take an event from the feed."""
        if len(self._waiting) >= MAX_BEHIND:
            self._waiting.clear()
            self.live = False
            self._hub.leave(self)
        else:
            self._waiting.append(event)
        self._news.set()

    def wake(self) -> None:
        """Look whether anything has changed."""
        self._news.set()


class _Feed:
    """A job's stream as far as the hub has read it."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.followers: list[Follower] = []

    def hand_out(self, found: list[Event]) -> None:
        """Offer what is new to all followers."""
        for event in found:
            if event.seq > self.seq:
                self.seq = event.seq
                for follower in list(self.followers):
                    follower.offer(event)


class Hub:
    """The one reader of a process."""

    def __init__(self) -> None:
        self.stopping = False
        self._feeds: dict[str, _Feed] = {}
        self._asked: dict[str, int] = {}  # from which seq on the read in hand reads
        self._bell, self._rung = f"hub:{secrets.token_hex(8)}", b"0"
        self._reading = False  # whether a read may be waiting that does not know the newest feeds
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._ringing: set[asyncio.Task[None]] = set()

    def follow(self, job_id: str, *, after: int = 0) -> Follower:
        """Follow a job's events after this seq; the job need not exist yet."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return Follower(self, job_id, after)

    def join(self, follower: Follower, *, lost: bool = False) -> bool:
        """Put a follower that has read the log into the feed; False when the feed is ahead, and it has to read on.

        `lost`: what the feed is ahead by is not in the log any more.
        """
        feed = self._feeds.get(follower.job_id)
        if feed is None:
            feed = self._feeds[follower.job_id] = _Feed(follower.seq)
            self._some.set()
            self._ring()
        elif feed.seq > follower.seq:
            if not lost:
                return False
            feed.seq = follower.seq  # what was lost is written again; who has had it hears it once all the same
            self._ring()
        feed.followers.append(follower)
        follower.live = True
        return True

    def leave(self, follower: Follower) -> None:
        """Take a follower out of its feed."""
        feed = self._feeds.get(follower.job_id)
        if feed is None or follower not in feed.followers:
            return
        feed.followers.remove(follower)
        if not feed.followers:
            del self._feeds[follower.job_id]

    async def stop(self) -> None:
        """Let all followers know that the process ends."""
        self.stopping = True
        for feed in list(self._feeds.values()):
            for follower in feed.followers:
                follower.wake()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _ring(self) -> None:
        """Wake a read that waits, so that it is asked anew with all feeds."""
        if self._reading:
            task = asyncio.create_task(self._rings())
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)

    async def _rings(self) -> None:
        with contextlib.suppress(*redis_door.Away):  # then the read fails as well, and is asked anew
            server: Any = redis_door.client()
            await server.execute_command("XADD", self._bell, "MAXLEN", 1, "*", "r", "1")
            await server.expire(self._bell, BELL_KEPT_S)

    async def _run(self) -> None:
        reader = redis_door.blocking_client(BLOCK_MS / 1000)
        try:
            while True:
                if not self._feeds:
                    self._some.clear()
                    await self._some.wait()
                try:
                    self._hand_out(await self._read(reader))
                except redis_door.Away:
                    await asyncio.sleep(AWAY_S)
                    with contextlib.suppress(*redis_door.Away):
                        await reader.aclose()
                    reader = redis_door.blocking_client(BLOCK_MS / 1000)
                except Exception:
                    log.exception("the hub could not read")
                    await asyncio.sleep(AWAY_S)
                if len(self._feeds) > MANY_FEEDS:
                    await asyncio.sleep(GATHER_S)
        finally:
            with contextlib.suppress(*redis_door.Away):
                await reader.aclose()

    async def _read(self, reader: Any) -> Any:
        jobs = list(self._feeds)
        keys = [events.stream_key(job_id) for job_id in jobs]
        self._asked = {job_id: self._feeds[job_id].seq for job_id in jobs}
        positions = [f"{seq}-0" for seq in self._asked.values()]
        self._reading = True
        try:
            return await reader.execute_command(
                "XREAD", "COUNT", READ_COUNT, "BLOCK", BLOCK_MS, "STREAMS", self._bell, *keys, self._rung, *positions
            )
        finally:
            self._reading = False

    def _hand_out(self, answer: Any) -> None:
        streams = answer.items() if isinstance(answer, dict) else (answer or ())
        for key, entries in streams:
            name = key.decode()
            found = events.parsed(entries)
            if name == self._bell:
                self._rung = found[-1][0]
                continue
            job_id = name.split(":")[1]
            feed = self._feeds.get(job_id)
            if feed is None or feed.seq < self._asked.get(job_id, 0):  # nobody is there any more, or it was put back meanwhile
                continue
            try:
                news = [events.event_of(entry) for entry in found]
                metrics.event_lag_seconds.observe(max(0.0, clock.unix_s() - news[-1].made_s))
                feed.hand_out(news)
            except Exception:  # one broken event must not end the feed of all
                log.exception("a job's events cannot be read", job=job_id)
                feed.seq = int(found[-1][0].partition(b"-")[0])


_hubs: PerLoop[Hub] = PerLoop(Hub)


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.get()


async def stop() -> None:
    """Stop the running loop's hub; who follows afterwards is told at once."""
    await hub().stop()
