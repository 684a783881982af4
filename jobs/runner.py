"""One worker's turn at a job: takes its lease, does the items that no earlier turn has done, and ends it, or hands it on.

Whatever ends a turn before the job's end, a failure, a stop of the server, a quota, a death, the next one goes on at the checkpoint.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import structlog
from django.db import DatabaseError

from bookstrack.lib import clock, logging, trace
from bookstrack.lib.db import in_db
from jobs import checkpoints, conf, endings, leases, metrics, queue
from jobs.checkpoints import LeaseLost
from jobs.models import Job
from jobs.pipeline import Item, JobFailed, Park, Pipeline, Result, pipelines
from jobs.progress import ProgressReporter, Standing
from jobs.states import State
from jobs.telling import Telling

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.25
ASK_AGAIN_S = 2.0  # whether others wait
WRITE_TRIES_S = (0.2, 1.0, 3.0)  # pauses while the database is away
MAX_BUFFERED = 250  # results that wait for the next write
_turns: set["_Turn"] = set()
_stopping = False


async def take_turn(job_id: str, owner: str) -> None:
    """Take the job if it waits for a worker, and work on it; returns when the turn is over, and never raises for the job's troubles."""
    if _stopping:
        return
    try:
        job = await in_db(leases.acquire, job_id, owner)
    except DatabaseError:
        log.warning("a job could not be taken: the database is away", job=job_id)
        return  # it is still queued, and the scheduler puts it into the queue again
    if job is None:
        return
    trace.begin(job.trace_id)
    turn = _Turn(job)
    _turns.add(turn)
    try:
        with logging.job_in_hand(job.pk), leases.Lease(job.pk, job.run) as lease:
            await turn.run(lease)
    finally:
        _turns.discard(turn)


def stop_turns() -> None:
    """End all turns of this process soon, with their jobs back in the queue. May be called from a signal handler."""
    global _stopping
    _stopping = True
    for turn in list(_turns):
        turn.stop()


def standing_of(job_id: str) -> Standing | None:
    """Where a job stands that this process works on; None when it works on no such job."""
    return next((turn.reporter.told for turn in _turns if turn.job.pk == job_id), None)


class _Turn:
    def __init__(self, job: Job) -> None:
        self.job, self.run_number = job, job.run
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        floor = Standing(job.progress, job.processed_count, job.total_count, job.status_text, job.current_item)
        self.reporter = ProgressReporter(
            job.pk, job.pipeline, run=job.run, floor=floor, known_seq=job.last_seq, trace_id=job.trace_id
        )
        self.buffer: list[Result] = []
        self.done = checkpoints.Done()
        self.written_s = clock.monotonic_s()
        self.written_updates = 0
        self.writes: set[asyncio.Task[None]] = set()
        self.parked: Park | None = None
        self.broken: BaseException | None = None
        self.finished = self.got_on = False
        self.reason = "the worker stopped"  # why the turn ends before the job

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)

    async def run(self, lease: leases.Lease) -> None:
        """The whole turn."""
        watch = asyncio.create_task(self._watch(lease))
        pipeline: Pipeline | None = None
        try:
            pipeline = pipelines()[self.job.pipeline](self.job.payload)
            await self.reporter.start(self.job.total_count, pipeline.estimated_s(self.job.total_count))
            await self._work(pipeline)
            await asyncio.gather(*self.writes)
            if self.reporter.cancelled() and not self.finished:
                self.buffer += pipeline.salvaged()
            await self._flush()
            await self._end(pipeline)
        except LeaseLost:
            log.warning("another worker has the job", job=self.job.pk)
            await self.reporter.close()
        except DatabaseError:
            log.exception("the database is away: the job goes on when its lease is over", job=self.job.pk)
            await self.reporter.close()
        except Exception as error:
            log.exception("a job's pipeline failed", job=self.job.pk)
            await self._fail(error)
        finally:
            watch.cancel()
            if pipeline is not None:
                await pipeline.close()

    # -- the work
    async def _work(self, pipeline: Pipeline) -> None:
        self.done = await in_db(checkpoints.done_of, self.job.pk)
        if len(pipeline.stages) > 1:
            try:
                await self._unless_halted(pipeline.prepare(lambda place, share: self._tell_stage(pipeline, place, share)))
            except Park as park:
                self.parked = park
                return
            if self.reporter.halted.is_set() or self.stopped.is_set():
                return
            if summary := pipeline.summary():
                await in_db(checkpoints.summarise, self.job.pk, self.run_number, summary)
        if pipeline.read_whole and self.done.indexes:
            pipeline.restored(await in_db(checkpoints.bodies_of, self.job.pk))
        items = pipeline.items()
        self.reporter.told.total = len(items)
        tell = Telling(pipeline, self.reporter, self.done, len(items))
        pipeline.tell_part = tell.part
        tell.done(None)
        waiting = iter([item for item in items if item.index not in self.done.indexes])
        hands = [self._hand(pipeline, waiting, tell.done) for _ in range(min(pipeline.concurrency, max(1, len(items))))]
        await self._unless_halted(_together(hands))
        self.finished = len(self.done.indexes) >= len(items)

    def _tell_stage(self, pipeline: Pipeline, place: int, share: float) -> None:
        stage = pipeline.stages[place]
        progress = sum(one.weight for one in pipeline.stages[:place]) + stage.weight * share
        self.reporter.advance(0, progress, status=stage.name)

    async def _hand(self, pipeline: Pipeline, waiting: Iterator[Item], tell: Callable[[Item | None], None]) -> None:
        """Do items until there are none, or the job is to stop."""
        while items := list(islice(waiting, pipeline.at_once)):
            if self.parked or self.broken:
                return
            try:
                results = await self._handled_all(pipeline, items)
            except Park as park:
                self.parked = self.parked or park
                return
            except JobFailed as error:
                self.broken = self.broken or error
                return
            self.buffer += results
            self.done.indexes.update(result.index for result in results)
            self.done.succeeded += sum(result.success for result in results)
            self.got_on = True
            tell(items[-1])
            if self._write_is_due(pipeline):
                await self._flush()

    async def _handled_all(self, pipeline: Pipeline, items: list[Item]) -> list[Result]:
        """Raises: Park, JobFailed."""
        if len(items) > 1:
            try:
                async with asyncio.timeout(pipeline.item_timeout_s):
                    return await pipeline.handle_all(items)
            except (Park, JobFailed):
                raise
            except Exception:  # one of them: which, is found one by one
                log.exception("items failed together", job=self.job.pk, index=items[0].index)
        return [await self._handled(pipeline, item) for item in items]

    async def _handled(self, pipeline: Pipeline, item: Item) -> Result:
        try:
            async with asyncio.timeout(pipeline.item_timeout_s):
                return await pipeline.handle(item)
        except TimeoutError:
            return pipeline.failed(item, "TIMEOUT", "It took too long.")
        except (Park, JobFailed):
            raise
        except Exception:
            log.exception("an item failed", job=self.job.pk, index=item.index)
            return pipeline.failed(item, "INTERNAL_ERROR", "Something went wrong on our side with this one.")

    async def _unless_halted(self, work: Any) -> None:
        """Do the work until the job is canceled, fenced off, or the process stops; then drop what is in hand."""
        task = asyncio.ensure_future(work)
        halts = [asyncio.ensure_future(self.reporter.halted.wait()), asyncio.ensure_future(self.stopped.wait())]
        try:
            await asyncio.wait([task, *halts], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in halts:
                one.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def _watch(self, lease: leases.Lease) -> None:
        """Carry the lease's news to the loop: it lives in a thread of its own. Let others have a turn after a while."""
        ask_at_s = clock.monotonic_s() + conf.SLICE_S
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if lease.lost.is_set():
                self.reporter.fenced = True
                self.reporter.halted.set()
            elif lease.canceling.is_set():
                self.reporter.cancel()
            elif clock.monotonic_s() >= ask_at_s:
                ask_at_s = clock.monotonic_s() + ASK_AGAIN_S
                await self._give_way()

    async def _give_way(self) -> None:
        """A small job does not wait for a long one to end: this one goes to the end of the queue, with what it has done."""
        with contextlib.suppress(*queue.Away):
            if self.got_on and await queue.others_wait(self.job.queue):
                self.reason = "others had their turn"
                self.stopped.set()

    # -- checkpoints
    def _write_is_due(self, pipeline: Pipeline) -> bool:
        policy = pipeline.writes
        return (
            len(self.buffer) >= MAX_BUFFERED
            or self.reporter.updates - self.written_updates >= policy.updates
            or clock.monotonic_s() - self.written_s >= policy.seconds
        )

    async def _flush(self) -> None:
        """Write what is done. Raises: LeaseLost, DatabaseError."""
        if self.reporter.fenced:
            raise LeaseLost
        self.written_s, self.written_updates = clock.monotonic_s(), self.reporter.updates
        results, self.buffer = self.buffer, []
        write = asyncio.create_task(self._write(results))
        self.writes.add(write)
        write.add_done_callback(self.writes.discard)
        await asyncio.shield(write)  # whoever drops what is in hand does not drop what is done

    async def _write(self, results: list[Result]) -> None:
        for pause_s in (*WRITE_TRIES_S, None):
            try:
                await in_db(checkpoints.write, self.job.pk, self.run_number, results, self.reporter.told, seq=self.reporter.seq)
                metrics.handled(self.job.pipeline, [result.success for result in results])
                return
            except DatabaseError:
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)

    # -- the end of the turn
    async def _end(self, pipeline: Pipeline) -> None:
        if self.broken is not None:
            await self._fail(self.broken)
        elif self.reporter.cancelled():
            await self._hand_over(endings.cancel_running)
        elif self.stopped.is_set() and not self.finished:
            await self._hand_on(endings.put_back, note=self.reason)
        elif self.parked is not None:
            until = max(self.parked.until, clock.unix_s() + 1)
            shown = clock.iso_ms(clock.from_unix(until))
            self.reporter.advance(len(self.done.indexes), 0.0, status=f"{self.parked.reason}; goes on at {shown}")
            await self._hand_on(endings.park, until=clock.from_unix(until), note=self.parked.reason)
        else:
            await self._hand_over(endings.complete, **pipeline.summary())

    async def _fail(self, error: BaseException) -> None:
        with contextlib.suppress(LeaseLost):
            if self.buffer:
                await self._flush()
        said: dict[str, Any] = {}
        if isinstance(error, JobFailed):
            said = {"code": error.code, "text": error.message, "details": error.details}
            if not error.again:
                await self._hand_over(endings.fail, **said, retryable=error.retryable)
                return
        pause_s = await in_db(endings.fail_or_retry, self.job, self.run_number, **said)
        if self.job.place is State.FAILED or await in_db(endings.cancel_asked, self.job, self.run_number):
            await endings.tell(self.job, self.reporter)
            return
        if self.job.place is State.QUEUED:
            self.reporter.advance(len(self.done.indexes), 0.0, status=f"an error; tried again in {pause_s:.0f} s")
        await self.reporter.close()

    async def _hand_over(self, ending: Callable[..., bool], **more: Any) -> None:
        """Write the job's end, then tell it: whoever hears of it finds the results there."""
        ended = await in_db(ending, self.job, self.run_number, **more)
        if ended or await in_db(endings.cancel_asked, self.job, self.run_number):
            await endings.tell(self.job, self.reporter)
        else:
            await self.reporter.close()

    async def _hand_on(self, ending: Callable[..., bool], **more: Any) -> None:
        """End the turn without the job's end."""
        await self.reporter.close()
        if not await in_db(ending, self.job, self.run_number, **more) and await in_db(endings.cancel_asked, self.job, self.run_number):
            await endings.tell(self.job, self.reporter)


async def _together(hands: list[Any]) -> None:
    """All hands, until the last is done or the first breaks. Raises what the first one raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for hand in hands:
                group.create_task(hand)
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from None

