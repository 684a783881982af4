"""What the scheduler does: dead workers' jobs go on, waiting ones are woken, lost tickets replaced, ends told, what is over deleted."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import NotFound, Unauthorized
from jobs import conf, events, leases, queue, services, upkeep
from jobs.models import DeadLetter, Job, JobItem
from jobs.states import State
from tests.jobs import hands
from tests.jobs.drills import counting

pytestmark = pytest.mark.usefixtures("shop")
LONG_AGO = timedelta(days=1, minutes=1)


def tickets() -> list[str]:
    """The tickets in the queues, as job ids."""
    with queue._connection() as connection:
        return [one.decode().rpartition("-")[0] for name in queue.NAMES for one in connection.lrange(f"rq:queue:{name}", 0, -1)]


async def no_tickets() -> None:
    """Redis has lost the queues."""
    for name in queue.NAMES:
        await redis.client().delete(f"rq:queue:{name}")


# -- dead workers
async def test_a_job_whose_worker_died_goes_on_at_its_checkpoint() -> None:
    handled: Counter[int] = Counter()

    async def called(index: int) -> None:
        handled[index] += 1

    counting.calls["it"] = called
    started = await hands.start(10, call="it")
    await hands.dead_worker(started.job.pk, done=6)
    await no_tickets()
    assert await upkeep.reap() == 1
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.lease_owner, job.wake_at) == (State.QUEUED, "", None)
    assert tickets() == [job.pk]
    job = await hands.turn(job.pk)
    assert (job.place, job.run) == (State.COMPLETED, 2)
    assert await hands.items_of(job.pk) == list(range(10))
    assert handled == Counter({-1: 1, 6: 1, 7: 1, 8: 1, 9: 1})
    await hands.told(job.pk)


async def test_a_worker_that_lives_is_left_in_peace() -> None:
    started = await hands.start(3)
    await in_db(leases.acquire, started.job.pk, "alive")
    assert await upkeep.reap() == 0
    assert (await hands.fresh(started.job.pk)).place is State.RUNNING


async def test_a_job_that_kills_its_workers_is_a_dead_letter_after_three_of_them() -> None:
    started = await hands.start(4)
    for death in (1, 2, 3):
        await hands.dead_worker(started.job.pk)
        assert await upkeep.reap() == 1
        assert (await hands.fresh(started.job.pk)).failures == death
    job = await hands.fresh(started.job.pk)
    assert job.place is State.FAILED and job.told_end
    letter = await in_db(DeadLetter.objects.get)
    assert (letter.job_id, letter.kind, letter.attempts) == (job.pk, "WORKER_LOST", 3)
    found = await hands.told(job.pk)
    assert found[-1]["type"] == "error" and found[-1]["payload"]["code"] == "WORKER_LOST" and found[-1]["payload"]["retryable"] is True


async def test_deaths_with_progress_in_between_are_not_counted_together() -> None:
    started = await hands.start(10)
    for done in range(1, 7):
        await hands.dead_worker(started.job.pk, done=done)
        await upkeep.reap()
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.failures, job.run) == (State.QUEUED, 1, 6)
    assert (await hands.turn(job.pk)).place is State.COMPLETED
    assert not await in_db(DeadLetter.objects.exists)


async def test_two_schedulers_at_once_do_no_harm() -> None:
    started = await hands.start(4)
    await hands.dead_worker(started.job.pk)
    await asyncio.gather(upkeep.reap(), upkeep.reap(), upkeep.reap())
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.failures) == (State.QUEUED, 1)


async def test_a_job_that_was_being_canceled_when_its_worker_died_is_canceled() -> None:
    started = await hands.start(4)
    await hands.dead_worker(started.job.pk, done=2)
    answers = [await services.cancel(await hands.fresh(started.job.pk)) for _ in range(2)]
    assert [answer["status"] for answer in answers] == ["canceled", "canceled"]
    assert await upkeep.reap() == 1
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.processed_count, job.told_end) == (State.CANCELED, 2, True)
    assert [one["type"] for one in await hands.told(job.pk)] == ["job_started", "job_canceled"]


async def test_one_jobs_trouble_does_not_keep_the_others_from_upkeep() -> None:
    async def broken() -> int:
        raise ZeroDivisionError

    await upkeep.survived(broken)


# -- waiting
async def test_only_what_is_due_is_woken() -> None:
    due, later, working = [await hands.start(2) for _ in range(3)]
    now = timezone.now()
    await hands.set_row(due.job.pk, state=State.WAITING_ON_QUOTA.value, wake_at=now - timedelta(seconds=1))
    await hands.set_row(later.job.pk, state=State.WAITING_ON_QUOTA.value, wake_at=now + timedelta(minutes=1))
    await hands.set_row(working.job.pk, state=State.RUNNING.value, wake_at=now - timedelta(seconds=1))
    await no_tickets()
    assert await upkeep.wake() == 1
    assert tickets() == [due.job.pk]
    assert (await hands.fresh(due.job.pk)).place is State.QUEUED
    assert (await hands.fresh(later.job.pk)).place is State.WAITING_ON_QUOTA


async def test_a_ticket_that_was_lost_is_replaced() -> None:
    started = await hands.start(2)
    assert tickets() == [started.job.pk]
    await no_tickets()
    assert await upkeep.replace_lost_tickets() == 0  # it may be in a worker's hands this moment
    await hands.set_row(started.job.pk, ticketed_at=timezone.now() - timedelta(minutes=1))
    assert await upkeep.replace_lost_tickets() == 1
    assert tickets() == [started.job.pk]
    assert await upkeep.replace_lost_tickets() == 0


async def test_a_ticket_that_waits_is_not_doubled() -> None:
    started = await hands.start(2)
    await hands.set_row(started.job.pk, ticketed_at=timezone.now() - timedelta(minutes=1))
    assert await upkeep.replace_lost_tickets() == 0
    assert tickets() == [started.job.pk]


async def test_a_job_that_was_put_back_gets_its_ticket_at_once() -> None:
    started = await hands.start(2)
    await no_tickets()
    await hands.set_row(started.job.pk, ticketed_at=None)
    assert await upkeep.replace_lost_tickets() == 1 and tickets() == [started.job.pk]


async def test_jobs_that_pause_or_have_ended_get_no_ticket() -> None:
    paused, done = await hands.start(2), await hands.completed(2)
    await no_tickets()
    await hands.set_row(paused.job.pk, ticketed_at=None, wake_at=timezone.now() + timedelta(minutes=1))
    await hands.set_row(done.job.pk, ticketed_at=None)
    assert await upkeep.replace_lost_tickets() == 0 and tickets() == []


# -- ends that were not told
@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELED])
async def test_an_end_that_only_the_row_knows_is_told(state: State) -> None:
    started = await hands.start(2)
    await hands.wrote(started.job.pk, 4)
    await hands.set_row(started.job.pk, state=state.value, run=1, ended_at=timezone.now() - timedelta(seconds=5), last_seq=2)
    assert await upkeep.tell_ends() == 1
    job = await hands.fresh(started.job.pk)
    assert job.told_end and job.last_seq == 5
    assert (await hands.log_of(job.pk))[-1].last
    await hands.told(job.pk)


async def test_an_end_that_was_told_and_not_noted_is_not_told_twice() -> None:
    started = await hands.completed(2)
    before = len(await hands.log_of(started.job.pk))
    await hands.set_row(started.job.pk, told_end=False, ended_at=timezone.now() - timedelta(seconds=5))
    await upkeep.tell_ends()
    assert len(await hands.log_of(started.job.pk)) == before and (await hands.fresh(started.job.pk)).told_end


async def test_an_end_is_told_after_redis_lost_the_newest_events_and_nothing_that_a_client_has_seen_is_numbered_again() -> None:
    started = await hands.start(2)
    await hands.wrote(started.job.pk, 3)
    await hands.set_row(started.job.pk, state="completed", run=1, ended_at=timezone.now() - timedelta(seconds=5), last_seq=8)
    await upkeep.tell_ends()
    found = await hands.log_of(started.job.pk)
    assert [(one.seq, one.kind) for one in found[3:]] == [(9, "job_complete")]


async def test_while_redis_is_away_no_end_is_noted_as_told(settings: Any) -> None:
    started = await hands.completed(2)
    await hands.set_row(started.job.pk, told_end=False, ended_at=timezone.now() - timedelta(seconds=5))
    url = settings.REDIS_URL
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    await upkeep.survived(upkeep.tell_ends)
    assert not (await hands.fresh(started.job.pk)).told_end
    await redis.close()
    settings.REDIS_URL = url


# -- deleting
async def over(job_id: str, by: timedelta = LONG_AGO) -> None:
    await hands.set_row(job_id, ended_at=timezone.now() - by, token_expires_at=timezone.now() + timedelta(hours=1))


async def test_a_day_after_its_end_a_jobs_results_are_gone_and_its_token_is_told_so() -> None:
    old, new = await hands.completed(3), await hands.completed(3)
    await over(old.job.pk)
    await over(new.job.pk, timedelta(hours=23, minutes=59))
    assert await upkeep.purge() == 1
    assert not await in_db(JobItem.objects.filter(job_id=old.job.pk).exists)
    assert await hands.log_of(old.job.pk) == [] and not await redis.client().exists(events.live_key(old.job.pk))
    assert await hands.items_of(new.job.pk) == [0, 1, 2] and len(await hands.log_of(new.job.pk)) > 0

    assert (await hands.fresh(old.job.pk)).payload == {}
    with pytest.raises(NotFound):
        await services.authorised(old.job.pk, old.token)
    with pytest.raises(NotFound):
        await services.results(await hands.fresh(old.job.pk))
    with pytest.raises(Unauthorized):
        await services.authorised(old.job.pk, new.token)
    assert await services.taken(old.job.pk)


async def test_another_day_later_nothing_of_it_is_known() -> None:
    started = await hands.completed(3)
    await over(started.job.pk)
    await upkeep.purge()
    await hands.set_row(started.job.pk, purged_at=timezone.now() - LONG_AGO)
    await upkeep.purge()
    assert not await in_db(Job.objects.filter(pk=started.job.pk).exists) and not await services.taken(started.job.pk)
    with pytest.raises(Unauthorized):
        await services.authorised(started.job.pk, started.token)


async def test_jobs_that_have_not_ended_are_kept_however_old() -> None:
    started = await hands.start(2)
    await hands.set_row(started.job.pk, created_at=timezone.now() - timedelta(days=30))
    assert await upkeep.purge() == 0
    assert (await hands.turn(started.job.pk)).place is State.COMPLETED


async def test_a_dead_letter_is_kept_for_a_week_with_what_it_needs_for_a_retry() -> None:
    started = await hands.start(3, broken=True)
    await hands.set_row(started.job.pk, failures=2)
    await hands.turn(started.job.pk)
    await over(started.job.pk)
    assert await upkeep.purge() == 0
    assert (await hands.fresh(started.job.pk)).payload["count"] == 3
    await over(started.job.pk, timedelta(seconds=conf.DEAD_LETTERS_KEPT_S + 60))
    assert await upkeep.purge() == 1


async def test_a_job_whose_file_cannot_be_deleted_keeps_no_other_from_going() -> None:
    stuck, other = await hands.completed(1, storage_away=True), await hands.completed(1)
    await over(stuck.job.pk, LONG_AGO * 2)
    await over(other.job.pk)
    assert await upkeep.purge() == 1
    assert (await hands.fresh(other.job.pk)).purged_at is not None
    row = await hands.fresh(stuck.job.pk)
    assert row.purged_at is None and row.payload["storage_away"] is True, "it is tried again"


async def test_an_end_of_a_purged_job_is_told_no_more() -> None:
    started = await hands.completed(2)
    await over(started.job.pk)
    await hands.set_row(started.job.pk, told_end=False)
    await upkeep.purge()
    assert await upkeep.tell_ends() == 0 and await hands.log_of(started.job.pk) == []
