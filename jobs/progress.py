"""How a worker tells what it does: one object that knows no sockets. Progress that comes too fast is merged before it gets its seq."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from bookstrack.lib import clock
from bookstrack.lib import redis as redis_door
from jobs import conf, events, messages
from jobs.messages import Kind

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.4  # for the word to cancel
REMEMBERED = 512  # events kept to write them again when Redis lost them in a crash
# How long to merge progress, by the number of events so far: 20 a second at first, and never more than MAX_EVENTS a job.
_PACE = ((1_000, 0.05), (4_000, 0.2), (7_000, 1.0), (9_000, 10.0), (conf.MAX_EVENTS, 60.0))


@dataclass(slots=True)
class Standing:
    """What was last told of a job."""

    progress: float = 0.0  # 0..1
    processed: int = 0
    total: int = 0
    status: str = ""
    item: str = ""


def pace_s(seq: int) -> float:
    """Seconds between two progress events after so many events."""
    return next((pause_s for limit, pause_s in _PACE if seq < limit), _PACE[-1][1])


class ProgressReporter:
    """One worker's turn at one job. Troubles of Redis delay what is told and never stop the work."""

    def __init__(self, job_id: str, pipeline: str, *, run: int, floor: Standing, known_seq: int = 0, trace_id: str = "") -> None:
        self.job_id, self.pipeline, self.run, self.trace_id = job_id, pipeline, run, trace_id
        self.told = floor  # nothing below it is ever told
        self.seq = known_seq
        self.updates = 0  # progress events so far
        self.halted = asyncio.Event()  # canceled, or fenced off
        self.fenced = False
        self._cancelled = False
        self._opening: dict[str, Any] | None = messages.started(floor.total, 0.0)  # job_started, until it is told
        self._pending: dict[str, Any] | None = None
        self._dirty = asyncio.Event()
        self._recent: deque[tuple[int, str, bytes, dict[str, Any]]] = deque(maxlen=REMEMBERED)
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def cancelled(self) -> bool:
        """Whether the job's owner asked to stop."""
        return self._cancelled

    def cancel(self) -> None:
        """Note that the owner asked to stop."""
        self._cancelled = True
        self.halted.set()

    async def start(self, total: int, estimated_s: float) -> None:
        """Tell that the job has started, unless an earlier attempt did; begin to tell progress.

        Raises: events.Fenced.
        """
        self.told.total = total
        self._opening = messages.started(total, estimated_s)
        with contextlib.suppress(*redis_door.Away):
            await self._open()
        self._task = asyncio.create_task(self._run())

    def advance(self, processed: int, progress: float, *, status: str, item: str = "", **more: Any) -> None:
        """Tell progress; cheap, may be called for every item. Neither number ever falls."""
        told = self.told
        # rounded here, so that messages, live state and row say one number
        told.progress = max(told.progress, round(min(1.0, progress), messages.PROGRESS_DIGITS))
        told.processed = max(told.processed, min(processed, told.total))
        told.status, told.item = status, item or told.item
        self._pending = messages.progressed(told.progress, told.processed, told.total, status, told.item) | more
        self._dirty.set()

    async def complete(self, payload: dict[str, Any]) -> bool:
        """Tell the end; whether it could be told now. The scheduler tells it later otherwise."""
        self.told.progress, self.told.processed = 1.0, self.told.total
        return await self._end(Kind.COMPLETE, payload)

    async def fail(self, payload: dict[str, Any]) -> bool:
        return await self._end(Kind.ERROR, payload)

    async def canceled(self, processed: int) -> bool:
        return await self._end(Kind.CANCELED, messages.canceled(processed, self.told.total))

    async def close(self) -> None:
        """Tell what is still to tell, and stop; for a turn that ends without the job's end."""
        await self._stop()
        if self._pending is not None and not self.fenced:
            with contextlib.suppress(events.Fenced, *redis_door.Away):
                await self._flush()

    async def _end(self, kind: Kind, payload: dict[str, Any]) -> bool:
        await self.close()
        try:
            await self._open()
            await self._append("last", kind, payload)
        except events.Fenced:
            return True  # somebody else told an end
        except redis_door.Away:
            log.warning("the end of a job is told later: Redis is away", job=self.job_id)
            return False
        return True

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        """Write what is pending, in its pace, and look for the word to cancel."""
        looked_s = clock.monotonic_s()
        written_s = 0.0
        while not self.fenced:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._dirty.wait()
            now_s = clock.monotonic_s()
            try:
                if self._pending is not None and now_s - written_s >= pace_s(self.seq):
                    written_s = now_s
                    await self._flush()
                if now_s - looked_s >= LOOK_EVERY_S:
                    looked_s = now_s
                    if await events.cancel_asked(self.job_id):
                        self.cancel()
            except events.Fenced:
                self.fenced = True
                self.halted.set()
            except redis_door.Away:
                await asyncio.sleep(LOOK_EVERY_S)
            await asyncio.sleep(min(pace_s(self.seq), LOOK_EVERY_S))

    async def _flush(self) -> None:
        if self._pending is None:
            return
        await self._open()
        payload = self._pending | {"progress": self.told.progress, "processedCount": self.told.processed}  # as opening may have raised them
        self._pending = None
        self._dirty.clear()
        try:
            await self._append("next", Kind.PROGRESS, payload)
        except redis_door.Away:
            self._pending = self._pending or payload
            self._dirty.set()
            raise
        self.updates += 1

    async def _open(self) -> None:
        """Tell that the job has started, before anything else is told; and begin where an earlier attempt's telling ended."""
        if self._opening is not None:
            before = await events.live(self.job_id)
            self.told.progress = max(self.told.progress, before.progress)
            self.told.processed = max(self.told.processed, before.processed)
            await self._append("first", Kind.STARTED, self._opening)
            self._opening = None

    async def _append(self, mode: str, kind: Kind, payload: dict[str, Any]) -> None:
        """Raises: events.Fenced, redis.Away."""
        whole = messages.message(kind, self.job_id, self.pipeline, payload, int(clock.unix_s() * 1000), self.trace_id)
        raw = orjson.dumps(whole)
        told = self.told
        live = {"progress": told.progress, "processed": told.processed, "total": told.total, "status": told.status, "item": told.item}
        async with self._writing:
            try:
                await self._write(mode, kind, raw, live)
            except events.Behind as behind:
                log.warning("Redis lost events in a crash; they are written again", job=self.job_id, at=behind.seq, known=self.seq)
                for seq, old_kind, old_raw, old_live in [one for one in self._recent if one[0] > behind.seq]:
                    await self._write("next", old_kind, old_raw, old_live, at=seq)
                await self._write(mode, kind, raw, live, at=self.seq + 1)

    async def _write(self, mode: str, kind: str, raw: bytes, live: dict[str, Any], *, at: int | None = None) -> None:
        """`at`: its seq, whatever the log lost before it."""
        known = self.seq if at is None else at - 1
        seq, written = await events.append(
            self.job_id, run=self.run, mode=mode, kind=kind, message=raw, known=known, beyond=at is not None, live=live
        )
        if seq > self.seq or at is None:  # not what is written again: until all of it is, the log stays behind
            self.seq = seq
            if written:
                self._recent.append((seq, kind, raw, live))
