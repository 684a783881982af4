"""A worker's turn: what becomes of a job, its items and its log, however the turn ends."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from jobs import checkpoints, conf, events, leases, queue, runner, services, upkeep
from jobs.models import DeadLetter, Job, JobItem, JobMove
from jobs.pipeline import Park, WritePolicy
from jobs.progress import ProgressReporter, Standing
from jobs.states import State
from tests.jobs import hands
from tests.jobs.drills import counting

pytestmark = pytest.mark.usefixtures("shop")


def do_at(index: int, what: Callable[[], Awaitable[object]], *, once: bool = True) -> Counter[int]:
    """Do something when an item is in hand; what is counted is how often each item was handled."""
    handled: Counter[int] = Counter()

    async def called(found: int) -> None:
        handled[found] += 1
        if found == index and (handled[found] == 1 or not once):
            await what()

    counting.calls["it"] = called
    return handled


def apart(what: Callable[[], Awaitable[None]]) -> tuple[Callable[[], Awaitable[object]], list[asyncio.Task[None]]]:
    """The same as a task of its own: it is done to its end also where the item in hand is dropped."""
    tasks: list[asyncio.Task[None]] = []

    async def called() -> None:
        tasks.append(asyncio.ensure_future(what()))
        await asyncio.shield(tasks[0])

    return called, tasks


async def kinds(job_id: str) -> list[str]:
    return [one["type"] for one in await hands.told(job_id)]


async def asked_to_cancel(job_id: str) -> None:
    """The owner's word, in the row only: what a worker finds that has not heard it by Redis yet."""
    job = await hands.fresh(job_id)
    assert await in_db(job.move, State.CANCELING)


# -- what is done
async def test_a_job_is_done_from_the_first_item_to_the_last() -> None:
    started = await hands.start(12)
    job = await hands.turn(started.job.pk)
    assert (job.place, job.processed_count, job.success_count, job.total_count, job.progress) == (State.COMPLETED, 12, 12, 12, 1.0)
    assert await hands.items_of(job.pk) == list(range(12))
    assert job.told_end and job.error is None and job.started_at is not None and job.ended_at is not None
    found = await hands.told(job.pk)
    assert [found[0]["type"], found[-1]["type"]] == ["job_started", "job_complete"]
    assert job.last_seq == found[-1]["seq"]
    assert found[-1]["payload"]["summary"]["totalProcessed"] == 12
    moves = await in_db(lambda: list(JobMove.objects.filter(job=job).values_list("target", flat=True)))
    assert moves == ["queued", "running", "completed"]


async def test_a_job_without_items_is_done_at_once() -> None:
    job = await hands.turn((await hands.start(0)).job.pk)
    assert (job.place, job.processed_count, job.progress) == (State.COMPLETED, 0, 1.0)
    assert (await kinds(job.pk))[-1] == "job_complete"


async def test_who_hears_of_the_end_finds_the_results() -> None:
    started = await hands.start(3)
    seen: list[tuple[str, int]] = []

    async def watcher() -> None:
        while not (await events.live(started.job.pk)).ended:
            await asyncio.sleep(0.001)
        row = await hands.fresh(started.job.pk)
        seen.append((row.state, len(await hands.items_of(row.pk))))

    await asyncio.gather(watcher(), hands.turn(started.job.pk))
    assert seen == [("completed", 3)]


async def test_an_item_that_breaks_is_that_items_result_only() -> None:
    job = await hands.turn((await hands.start(6, raise_at=2)).job.pk)
    assert (job.place, job.processed_count, job.success_count, job.failure_count) == (State.COMPLETED, 6, 5, 1)
    broken = await in_db(JobItem.objects.get, job=job, index=2)
    assert not broken.success and b"INTERNAL_ERROR" in bytes(broken.body) and b"a fault" not in bytes(broken.body)


async def test_many_items_at_once_are_each_their_own_result() -> None:
    started = await services.start(pipeline="together", payload={"count": 35, "raise_at": 14}, total=0, job_id=None, client="192.0.2.1")
    job = await hands.turn(started.job.pk)
    assert (job.place, job.total_count, job.success_count) == (State.COMPLETED, 35, 17)  # 18 even ones, of which one broke
    data = orjson.loads(services.rendered(await services.results(job, limit=20)))
    assert data["even"] == [0, 2, 4, 6, 8, 10, 12, 16, 18] and data["odd"][:2] == [1, 3] and "INTERNAL_ERROR" in data["odd"]
    assert (data["kind"], data["of"], data["summary"]["kind"], data["pagination"]["nextOffset"]) == ("numbers", 35, "numbers", 20)
    assert [one["payload"]["processedCount"] for one in await hands.told(job.pk) if one["type"] == "job_progress"][-1] == 35


async def test_what_is_known_after_the_preparation_is_in_the_first_results() -> None:
    started = await services.start(pipeline="together", payload={"count": 35}, total=0, job_id=None, client="192.0.2.1")
    job = await in_db(leases.acquire, started.job.pk, "tester")
    assert job is not None
    await in_db(checkpoints.summarise, job.pk, job.run, {"kind": "numbers"})
    data = orjson.loads(services.rendered(await services.results(await hands.fresh(job.pk))))
    assert data["partial"] is True and data["kind"] == "numbers" and data["even"] == []


async def test_an_item_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting.Counting, "item_timeout_s", 0.05)
    job = await hands.turn((await hands.start(4, hang_at=1)).job.pk)
    assert (job.place, job.processed_count, job.failure_count) == (State.COMPLETED, 4, 1)
    assert b"TIMEOUT" in bytes((await in_db(JobItem.objects.get, job=job, index=1)).body)


async def test_no_more_items_are_in_hand_than_the_pipeline_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting.Counting, "concurrency", 3)
    now, most = 0, 0

    async def called(index: int) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.002)
        now -= 1

    counting.calls["it"] = called
    await hands.completed(30, call="it")
    assert most == 3


async def test_the_row_follows_while_the_job_runs() -> None:
    rows: list[Job] = []

    async def look() -> None:
        rows.append(await hands.fresh(started.job.pk))

    do_at(25, look)
    started = await hands.start(30, call="it", delay_s=0.03)
    await hands.turn(started.job.pk)
    assert rows[0].place is State.RUNNING and 0 < rows[0].processed_count < 30 and rows[0].last_seq > 0 and 0.2 < rows[0].progress < 1


async def test_a_write_that_fails_leaves_the_job_to_the_next_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "MAX_BUFFERED", 10)
    monkeypatch.setattr(counting.Counting, "concurrency", 1)
    monkeypatch.setattr(runner, "WRITE_TRIES_S", ())
    write, times = checkpoints.write, Counter[str]()

    def second_fails(*args: Any, **more: Any) -> None:
        times["written"] += 1
        if times["written"] == 2:
            raise DatabaseError("away")
        write(*args, **more)

    monkeypatch.setattr(checkpoints, "write", second_fails)
    started = await hands.start(50)
    job = await hands.turn(started.job.pk)
    assert job.place is State.RUNNING and await hands.items_of(job.pk) == list(range(10)), "what came after it is not there"
    await hands.set_row(job.pk, lease_until=timezone.now() - timedelta(seconds=1))
    assert await upkeep.reap() == 1
    assert (await hands.turn(started.job.pk)).place is State.COMPLETED
    assert await hands.items_of(job.pk) == list(range(50))


# -- who may take it
async def test_of_many_workers_one_does_the_job() -> None:
    async def nothing() -> None: ...

    handled = do_at(0, nothing)
    started = await hands.start(5, call="it")
    await asyncio.gather(*(runner.take_turn(started.job.pk, f"worker-{n}") for n in range(6)))
    assert (await hands.fresh(started.job.pk)).place is State.COMPLETED
    assert handled == Counter({-1: 1, **dict.fromkeys(range(5), 1)})


async def test_a_ticket_for_a_job_that_is_not_to_be_done_does_nothing() -> None:
    done = await hands.completed(2)
    before = await hands.log_of(done.job.pk)
    assert (await hands.turn(done.job.pk)).run == 1
    assert [one.raw for one in await hands.log_of(done.job.pk)] == [one.raw for one in before]
    await runner.take_turn("never-heard-of", "tester")


async def test_a_job_is_not_taken_before_its_time() -> None:
    started = await hands.start(2)
    await hands.set_row(started.job.pk, wake_at=timezone.now() + timedelta(minutes=1))
    assert (await hands.turn(started.job.pk)).place is State.QUEUED


# -- failures
async def test_a_job_that_cannot_succeed_fails_with_its_reason_and_is_no_dead_letter() -> None:
    job = await hands.turn((await hands.start(9, fail_at=6)).job.pk)
    assert (job.place, job.run) == (State.FAILED, 1)
    assert job.error == {"code": "INVALID_FILE", "message": "The file is none.", "retryable": False, "details": {"row": 6}}
    found = await hands.told(job.pk)
    assert found[-1]["type"] == "error" and found[-1]["payload"] == {"type": "error", **job.error}
    assert not await in_db(DeadLetter.objects.exists)
    assert 6 not in await hands.items_of(job.pk) and job.processed_count == len(await hands.items_of(job.pk)) > 0


async def test_a_failure_that_may_pass_is_tried_again_and_keeps_its_reason() -> None:
    started = await hands.start(3, away_at=2)
    for pause_s in (5, 30):
        job = await hands.turn(started.job.pk)
        assert job.place is State.QUEUED and job.wake_at is not None
        assert pause_s - 3 < (job.wake_at - timezone.now()).total_seconds() <= pause_s
        await hands.set_row(job.pk, wake_at=None)
    job = await hands.turn(job.pk)
    assert job.place is State.FAILED
    assert job.error == {"code": "PROVIDER_ERROR", "message": "Nobody answered.", "retryable": True, "details": {"row": 2}}
    letter = await in_db(DeadLetter.objects.get)
    assert (letter.kind, letter.error, letter.attempts) == ("PROVIDER_ERROR", "Nobody answered.", 3)


async def test_an_unexpected_failure_is_tried_again_after_5_and_30_seconds_and_becomes_a_dead_letter() -> None:
    started = await hands.start(3, broken=True)
    for pause_s in (5, 30):
        before = timezone.now()
        job = await hands.turn(started.job.pk)
        assert job.place is State.QUEUED and job.lease_owner == "" and job.wake_at is not None
        assert pause_s <= (job.wake_at - before).total_seconds() < pause_s + 10
        assert (await hands.turn(job.pk)).run == job.run  # not before its time
        await hands.time_passed(job.pk)
        assert await upkeep.wake() == 1
    job = await hands.turn(job.pk)
    assert (job.place, job.run, job.failures) == (State.FAILED, 3, 3)
    letter = await in_db(DeadLetter.objects.get)
    assert (letter.job_id, letter.kind, letter.attempts) == (job.pk, "INTERNAL_ERROR", 3)
    found = await hands.told(job.pk)
    assert [one["type"] for one in found if one["type"] != "job_progress"] == ["job_started", "error"]
    assert found[-1]["payload"]["retryable"] is True
    assert "on purpose" not in str(found) + str(job.error) + letter.error


async def test_the_third_pause_is_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_MAX_ATTEMPTS", "5")
    started = await hands.start(3, broken=True)
    pauses = []
    for _ in range(4):
        before = timezone.now()
        job = await hands.turn(started.job.pk)
        assert job.wake_at is not None
        pauses.append(int((job.wake_at - before).total_seconds()))
        await hands.time_passed(job.pk)
        await upkeep.wake()
    assert [round(pause, -1) if pause > 9 else pause for pause in pauses] == [5, 30, 120, 120]


async def test_a_failure_that_passes_leaves_no_trace_but_in_the_timeline() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    do_at(-1, broken)
    started = await hands.start(4, call="it")
    await hands.turn(started.job.pk)
    await hands.time_passed(started.job.pk)
    await upkeep.wake()
    job = await hands.turn(started.job.pk)
    assert (job.place, job.failures, job.error) == (State.COMPLETED, 0, None)
    assert (await kinds(job.pk)).count("job_started") == 1


async def test_a_job_of_a_pipeline_that_is_not_known_is_a_dead_letter_in_the_end() -> None:
    started = await hands.start(2)
    await hands.set_row(started.job.pk, pipeline="of_tomorrow", failures=2)
    job = await hands.turn(started.job.pk)
    assert job.place is State.FAILED and await in_db(DeadLetter.objects.filter(job=job).exists)
    assert (await kinds(job.pk))[-1] == "error"


# -- a lease that is lost
async def test_a_worker_that_was_taken_for_dead_writes_and_tells_nothing_more() -> None:
    kept: dict[str, Any] = {}

    async def taken_over() -> None:
        job_id = started.job.pk
        await hands.set_row(job_id, lease_until=timezone.now() - timedelta(seconds=1))
        assert await upkeep.reap() == 1
        other = await in_db(leases.acquire, job_id, "other")
        assert other is not None and other.run == 2
        reporter = ProgressReporter(job_id, "counting", run=other.run, floor=Standing(total=40), known_seq=other.last_seq)
        await reporter.start(40, 1.0)
        await reporter.close()
        kept.update(items=await hands.items_of(job_id), log=[one.raw for one in await hands.log_of(job_id)])

    called, tasks = apart(taken_over)
    do_at(12, called)
    started = await hands.start(40, call="it", delay_s=0.01)
    await hands.turn(started.job.pk)
    await tasks[0]
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.run, job.lease_owner, job.told_end) == (State.RUNNING, 2, "other", False)
    assert await hands.items_of(job.pk) == kept["items"]
    assert [one.raw for one in await hands.log_of(job.pk)] == kept["log"]


async def test_a_lease_is_renewed_while_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "RENEW_EVERY_S", 0.01)
    until: list[Any] = []

    async def look() -> None:
        until.append((await hands.fresh(started.job.pk)).lease_until)
        await hands.soon(renewed)

    async def renewed() -> bool:
        return bool((await hands.fresh(started.job.pk)).lease_until > until[0])

    do_at(0, look)
    started = await hands.start(1, call="it")
    assert (await hands.turn(started.job.pk)).place is State.COMPLETED


async def test_a_lost_lease_stops_the_work_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "RENEW_EVERY_S", 0.01)
    monkeypatch.setattr(counting.Counting, "item_timeout_s", 60)

    async def lose() -> None:
        await hands.set_row(started.job.pk, run=7)

    do_at(0, lose)
    started = await hands.start(2, call="it", hang_at=1)
    async with asyncio.timeout(hands.PATIENCE_S):
        job = await hands.turn(started.job.pk)
    assert (job.place, job.run, await hands.items_of(job.pk)) == (State.RUNNING, 7, [])


def test_only_the_owner_of_a_lease_renews_it(transactional_db: None) -> None:
    soon = timezone.now() + timedelta(hours=2)
    Job.objects.create(pk="j", pipeline="counting", queue="default", token_expires_at=soon)
    job = leases.acquire("j", "me")
    assert job is not None and job.run == 1 and leases.acquire("j", "you") is None
    assert leases.renew("j", 1) is State.RUNNING and leases.renew("j", 2) is None and leases.expired() == []
    job.move(State.CANCELING)
    assert leases.renew("j", 1) is State.CANCELING
    job.move(State.CANCELED)
    assert leases.renew("j", 1) is None


# -- stopping
async def test_a_worker_that_stops_puts_its_job_back_with_what_is_done() -> None:
    async def stop() -> None:
        runner.stop_turns()

    handled = do_at(8, stop)
    started = await hands.start(30, call="it", delay_s=0.005)
    job = await hands.turn(started.job.pk)
    done = await hands.items_of(job.pk)
    assert job.place is State.QUEUED and job.lease_owner == "" and job.wake_at is None and job.failures == 0
    assert 0 < len(done) < 30 and job.processed_count == len(done)
    assert (await kinds(job.pk))[-1] == "job_progress"

    await hands.turn(job.pk)
    assert (await hands.fresh(job.pk)).place is State.QUEUED  # a process that stops takes no other
    runner._stopping = False
    job = await hands.turn(job.pk)
    assert job.place is State.COMPLETED and await hands.items_of(job.pk) == list(range(30))
    assert all(handled[index] == 1 for index in done)
    assert (await kinds(job.pk)).count("job_started") == 1


async def test_a_job_whose_last_item_is_done_ends_also_when_its_worker_stops() -> None:
    async def stop() -> None:
        await asyncio.sleep(0)
        runner.stop_turns()

    do_at(0, stop)
    started = await hands.start(1, call="it")
    job = await hands.turn(started.job.pk)
    assert job.place in {State.COMPLETED, State.QUEUED}
    assert job.place is State.QUEUED or await hands.items_of(job.pk) == [0]


# -- canceling
async def test_a_running_job_is_canceled_and_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting.Counting, "item_timeout_s", 60)
    answers: list[dict[str, Any]] = []

    async def cancel() -> None:
        answers.append(await services.cancel(await hands.fresh(started.job.pk)))

    do_at(9, cancel)
    started = await hands.start(12, call="it", hang_at=11)
    async with asyncio.timeout(hands.PATIENCE_S):  # what hangs is dropped
        job = await hands.turn(started.job.pk)
    done = await hands.items_of(job.pk)
    assert job.place is State.CANCELED and job.processed_count == len(done) and 0 < len(done) < 12
    assert answers[0]["status"] == "canceled"
    found = await hands.told(job.pk)
    assert found[-1]["type"] == "job_canceled" and found[-1]["payload"]["processedCount"] == len(done)
    assert job.told_end


async def test_the_owners_word_comes_by_the_lease_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "RENEW_EVERY_S", 0.01)
    monkeypatch.setattr(counting.Counting, "item_timeout_s", 60)

    async def cancel() -> None:
        await asked_to_cancel(started.job.pk)

    do_at(0, cancel)
    started = await hands.start(3, call="it", hang_at=1)
    async with asyncio.timeout(hands.PATIENCE_S):
        assert (await hands.turn(started.job.pk)).place is State.CANCELED


async def test_the_owners_word_that_comes_before_the_first_event_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "RENEW_EVERY_S", 60)  # not by the lease
    started = await hands.start(3)
    job = await in_db(leases.acquire, started.job.pk, "tester")
    assert job is not None
    await services.cancel(await hands.fresh(job.pk))
    reporter = ProgressReporter(job.pk, "counting", run=job.run, floor=Standing())
    await reporter.start(3, 1.0)
    await hands.soon(reporter.cancelled)
    await reporter.close()


async def no_trouble() -> None: ...


async def a_failure() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("trouble", "more"),
    [
        pytest.param(no_trouble, {}, id="completion"),
        pytest.param(no_trouble, {"fail_at": 3}, id="the job's failure"),
        pytest.param(no_trouble, {"park_at": 3, "park_until": time.time() + 1e6}, id="parking"),
        pytest.param(a_failure, {"failures": 0}, id="an unexpected failure"),
        pytest.param(a_failure, {"failures": 2}, id="the last unexpected failure"),
    ],
)
async def test_a_word_to_cancel_wins_over(trouble: Callable[[], Awaitable[None]], more: dict[str, Any]) -> None:
    async def cancel_then() -> None:
        await asked_to_cancel(started.job.pk)
        await trouble()

    do_at(-1 if trouble is a_failure else 3, cancel_then)
    started = await hands.start(4, call="it", **more)
    await hands.set_row(started.job.pk, failures=more.get("failures", 0))
    job = await hands.turn(started.job.pk)
    assert job.place is State.CANCELED and job.wake_at is None
    assert (await kinds(job.pk))[-1] == "job_canceled"
    assert job.told_end and not await in_db(DeadLetter.objects.exists)


async def test_a_word_to_cancel_that_comes_after_the_end_changes_nothing() -> None:
    started = await hands.completed(3)
    answer = await services.cancel(await hands.fresh(started.job.pk))
    assert answer == {"jobId": started.job.pk, "status": "completed", "processedCount": 3}
    assert (await kinds(started.job.pk))[-1] == "job_complete"


async def test_a_job_that_is_canceled_twice_keeps_what_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting.Counting, "item_timeout_s", 60)
    monkeypatch.setattr(counting.Counting, "writes", WritePolicy(updates=1000, seconds=1000))

    async def cancel() -> None:
        await hands.soon(lambda: handled[8] > 0)  # some are done, and not written yet
        for _ in range(3):
            answer = await services.cancel(await hands.fresh(started.job.pk))
            assert answer["status"] == "canceled"

    handled = do_at(4, cancel)
    started = await hands.start(12, call="it", hang_at=11)
    job = await hands.turn(started.job.pk)
    assert job.place is State.CANCELED and {0, 1, 2, 3} <= set(await hands.items_of(job.pk))
    assert (await kinds(job.pk))[-1] == "job_canceled"


@pytest.mark.parametrize(
    "more", [{}, {"raise_at": 5}, {"park_at": 5, "park_until": time.time() + 1e6}], ids=["done", "item broken", "parked"]
)
async def test_a_worker_whose_job_was_put_back_leaves_it_in_the_queue(more: dict[str, Any]) -> None:
    async def put_back() -> None:
        await hands.set_row(started.job.pk, lease_until=timezone.now() - timedelta(seconds=1))
        assert await upkeep.reap() == 1

    called, tasks = apart(put_back)
    do_at(5, called)
    started = await hands.start(6, call="it", **more)
    await hands.turn(started.job.pk)
    await tasks[0]
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.run) == (State.QUEUED, 1)
    assert (await hands.turn(job.pk)).run == 2


# -- parking
async def test_a_job_that_waits_for_a_quota_costs_no_worker_and_goes_on() -> None:
    until = time.time() + 3600
    started = await hands.start(10, park_at=7, park_until=until)
    job = await hands.turn(started.job.pk)
    done = await hands.items_of(job.pk)
    assert job.place is State.WAITING_ON_QUOTA and job.lease_owner == "" and job.failures == 0
    assert job.wake_at is not None and abs(job.wake_at.timestamp() - until) < 1
    assert 7 not in done and len(done) > 0
    assert (await hands.told(job.pk))[-1]["payload"]["status"].startswith("today's calls are used up")
    assert (await services.state(job))["waitsUntil"]
    assert await upkeep.wake() == 0

    await hands.set_row(job.pk, payload={"count": 10})
    await hands.time_passed(job.pk)
    assert await upkeep.wake() == 1
    job = await hands.turn(job.pk)
    assert job.place is State.COMPLETED and await hands.items_of(job.pk) == list(range(10))
    await hands.told(job.pk)


async def test_a_job_that_has_to_wait_before_its_first_item_waits_too() -> None:
    until = time.time() + 3600

    async def used_up() -> None:
        raise Park(until, "today's calls are used up")

    do_at(-1, used_up)
    started = await hands.start(2, call="it")
    job = await hands.turn(started.job.pk)
    assert job.place is State.WAITING_ON_QUOTA and job.failures == 0
    assert job.wake_at is not None and abs(job.wake_at.timestamp() - until) < 1
    await hands.time_passed(job.pk)
    await upkeep.wake()
    assert (await hands.turn(job.pk)).place is State.COMPLETED


# -- taking turns
@pytest.mark.parametrize(("queue_of_other", "gives_way"), [("high", True), ("default", True), ("low", False), (None, False)])
async def test_a_long_job_lets_others_have_their_turn(monkeypatch: pytest.MonkeyPatch, queue_of_other: str | None, gives_way: bool) -> None:
    monkeypatch.setattr(conf, "SLICE_S", 0.0)
    monkeypatch.setattr(runner, "LOOK_EVERY_S", 0.005)
    monkeypatch.setattr(runner, "ASK_AGAIN_S", 0.0)

    async def nothing() -> None: ...

    handled = do_at(0, nothing)
    started = await hands.start(30, call="it", delay_s=0.02)
    for name in queue.NAMES:
        await redis.client().delete(f"rq:queue:{name}")  # its ticket is in the worker's hands
    if queue_of_other:
        queue.put("another", queue_of_other, 0)
    job = await hands.turn(started.job.pk)
    done = await hands.items_of(job.pk)
    if not gives_way:
        assert job.place is State.COMPLETED
        return
    assert job.place is State.QUEUED and 0 < len(done) < 30 and job.failures == 0
    await redis.client().delete(f"rq:queue:{queue_of_other}")
    assert (await hands.turn(job.pk)).place is State.COMPLETED
    assert all(handled[index] == 1 for index in done) and await hands.items_of(job.pk) == list(range(30))
    await hands.told(job.pk)


# -- stores that are away
async def test_a_job_goes_on_while_redis_is_away_and_its_end_is_told_later(settings: Any) -> None:
    url = settings.REDIS_URL

    async def away() -> None:
        await redis.close()
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

    do_at(2, away)
    started = await hands.start(6, call="it")
    job = await hands.turn(started.job.pk)
    assert (job.place, job.told_end) == (State.COMPLETED, False)
    await redis.close()
    settings.REDIS_URL = url
    await hands.set_row(job.pk, ended_at=timezone.now() - timedelta(seconds=10))
    assert await upkeep.tell_ends() == 1
    assert (await kinds(job.pk))[-1] == "job_complete" and (await hands.fresh(job.pk)).told_end
    assert await upkeep.tell_ends() == 0


async def test_results_are_kept_over_a_short_absence_of_the_database() -> None:
    def rename(old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    back: list[asyncio.Task[None]] = []

    async def away() -> None:
        await in_db(rename, "jobs_jobitem", "jobs_away")

        async def returns() -> None:
            await asyncio.sleep(0.1)
            await in_db(rename, "jobs_away", "jobs_jobitem")

        back.append(asyncio.create_task(returns()))

    do_at(2, away)
    started = await hands.start(6, call="it")
    try:
        job = await hands.turn(started.job.pk)
    finally:
        await back[0]
    assert job.place is State.COMPLETED and await hands.items_of(job.pk) == list(range(6))
