"""Checkpoints and endings hold for the run that asks only: a worker that lost its job changes nothing of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import checkpoints, endings, leases
from jobs.checkpoints import LeaseLost
from jobs.models import DeadLetter, Job, JobItem
from jobs.pipeline import Result
from jobs.progress import Standing
from jobs.states import State

pytestmark = pytest.mark.django_db
RESULTS = [Result(index, index != 1, "success", b"{}") for index in range(3)]


@pytest.fixture
def job() -> Job:
    """A job that a worker has taken for the second time."""
    Job.objects.create(pk="j", pipeline="counting", queue="default", run=1, token_expires_at=timezone.now() + timedelta(hours=2))
    taken = leases.acquire("j", "me")
    assert taken is not None and taken.run == 2
    return taken


def write(run: int, results: list[Result] = RESULTS) -> None:
    checkpoints.write("j", run, results, Standing(0.5, 3, 9, "status" * 99, "item" * 99), seq=7)


def test_a_checkpoint_holds_results_and_standing_together(job: Job) -> None:
    write(2)
    row = Job.objects.get()
    assert (row.processed_count, row.success_count, row.total_count, row.progress, row.last_seq) == (3, 2, 9, 0.5, 7)
    done = checkpoints.done_of("j")
    assert (done.indexes, done.succeeded) == ({0, 1, 2}, 2)


def test_an_item_that_is_written_twice_is_there_once_and_as_it_was_first(job: Job) -> None:
    write(2)
    write(2, [Result(1, True, "other", b"[]"), Result(3, True, "success", b"{}")])
    assert [(one.index, one.status) for one in JobItem.objects.all()] == [(index, "success") for index in range(4)]
    assert (Job.objects.get().processed_count, Job.objects.get().success_count) == (4, 3)


def test_more_rows_than_one_statement_takes(job: Job) -> None:
    many = checkpoints.ROWS_AT_ONCE * 2 + 7
    write(2, [Result(index, index % 3 > 0, "success", b"{}") for index in range(many)])
    counted = checkpoints.counts_of("j")
    assert counted == {"processed_count": many, "success_count": many - (many + 2) // 3}
    assert {name: getattr(Job.objects.get(), name) for name in counted} == counted


def test_getting_on_forgets_failures_and_only_getting_on_does(job: Job) -> None:
    Job.objects.update(failures=2)
    write(2, [])
    assert Job.objects.get().failures == 2
    write(2)
    assert Job.objects.get().failures == 0


@pytest.mark.parametrize("run", [1, 3])
def test_another_run_writes_nothing(job: Job, run: int) -> None:
    with pytest.raises(LeaseLost):
        write(run)
    assert not JobItem.objects.exists() and Job.objects.get().last_seq == 0


@pytest.mark.parametrize("state", [State.QUEUED, State.WAITING_ON_QUOTA, State.CANCELED, State.COMPLETED, State.FAILED])
def test_nothing_is_written_to_a_job_that_nobody_works_on(job: Job, state: State) -> None:
    Job.objects.update(state=state.value)
    with pytest.raises(LeaseLost):
        write(2)
    assert not JobItem.objects.exists()


def test_a_job_that_is_being_canceled_keeps_what_is_done_until_it_stops(job: Job) -> None:
    job.move(State.CANCELING)
    write(2)
    assert endings.cancel_running(job, 2) and Job.objects.get().processed_count == 3


ENDINGS: dict[str, Callable[[Job, int], object]] = {
    "complete": endings.complete,
    "cancel_running": endings.cancel_running,
    "cancel_asked": endings.cancel_asked,
    "fail": lambda job, run: endings.fail(job, run, code="CODE", text="text"),
    "fail_or_retry": endings.fail_or_retry,
    "put_back": lambda job, run: endings.put_back(job, run, note=""),
    "park": lambda job, run: endings.park(job, run, until=timezone.now(), note=""),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_worker_that_lost_the_job_ends_nothing(job: Job, ending: str) -> None:
    for failures in (0, 2):
        Job.objects.update(failures=failures)
        before = Job.objects.values().get()
        assert not ENDINGS[ending](job, 1) or ending == "fail_or_retry"
        assert Job.objects.values().get() == before and not DeadLetter.objects.exists()


@pytest.mark.parametrize("ending", sorted(ENDINGS.keys() - {"cancel_asked", "cancel_running"}))
def test_a_job_that_is_being_canceled_ends_in_no_other_way(job: Job, ending: str) -> None:
    Job.objects.update(failures=2)
    assert Job.objects.get().move(State.CANCELING)
    ENDINGS[ending](job, 2)
    assert Job.objects.get().place is State.CANCELING and not DeadLetter.objects.exists()
    assert endings.cancel_asked(job, 2) and Job.objects.get().place is State.CANCELED


@pytest.mark.parametrize("state", [State.QUEUED, State.WAITING_ON_QUOTA, State.RUNNING])
def test_nobody_is_canceled_who_was_not_asked_to(job: Job, state: State) -> None:
    Job.objects.update(state=state.value)
    assert not endings.cancel_asked(job, 2) and Job.objects.get().place is state


def test_only_a_job_without_a_worker_is_canceled_at_once(job: Job) -> None:
    assert not endings.cancel_idle(job)
    job.move(State.CANCELING)
    assert not endings.cancel_idle(job) and Job.objects.get().place is State.CANCELING
