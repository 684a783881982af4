"""States: a job goes only where MOVES says, each move is in its timeline, and of two that move it at once one wins."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.models import Job, JobMove
from jobs.states import ENDED, MOVES, WORKED_ON, State, shown_to_who_cancels, sources_of

targets = st.lists(st.sampled_from(State), max_size=12)


def made(job_id: str, state: State = State.QUEUED) -> Job:
    soon = timezone.now() + timedelta(hours=2)
    return Job.objects.create(pk=job_id, pipeline="counting", queue="default", state=state.value, token_expires_at=soon)


def test_every_state_says_where_it_leads() -> None:
    assert set(MOVES) == set(State)
    assert {state for state in State if not MOVES[state]} == {State.CANCELED, State.COMPLETED}


def test_an_end_is_left_by_a_retry_only() -> None:
    assert {target for state in ENDED for target in MOVES[state]} == {State.QUEUED}


def test_a_job_that_is_being_stopped_never_comes_back() -> None:
    assert MOVES[State.CANCELING] == {State.CANCELED}
    assert shown_to_who_cancels(State.CANCELING) is State.CANCELED
    assert all(shown_to_who_cancels(state) is state for state in State if state is not State.CANCELING)


def test_from_everywhere_a_job_can_be_stopped() -> None:
    for state in State:
        assert state in ENDED or MOVES[state] & {State.CANCELED, State.CANCELING}


def test_sources_are_the_moves_read_backwards() -> None:
    assert {(source, target) for target in State for source in sources_of(target)} == {(s, t) for s in State for t in MOVES[s]}


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(targets)
def test_any_sequence_of_moves_follows_the_rules(wanted: list[State]) -> None:
    Job.objects.all().delete()
    job = made("j")
    state, walked = State.QUEUED, []
    for target in wanted:
        allowed = target in MOVES[state]
        assert job.move(target, note="a note") is allowed
        if allowed:
            walked.append((state.value, target.value))
            state = target
        row = Job.objects.get(pk="j")
        assert row.place is state is job.place
        assert (row.ended_at is not None) or state not in ENDED
    assert list(JobMove.objects.filter(job=job).values_list("source", "target")) == walked


@pytest.mark.django_db
@pytest.mark.parametrize("target", sorted(ENDED))
def test_an_end_frees_the_lease_and_says_when(target: State) -> None:
    source = next(state for state in sources_of(target))
    job = made("j", source)
    Job.objects.update(lease_owner="me", lease_until=timezone.now(), wake_at=timezone.now())
    assert job.move(target)
    row = Job.objects.get(pk="j")
    assert (row.lease_owner, row.lease_until, row.wake_at) == ("", None, None)
    assert row.ended_at is not None and row.expires_at == row.ended_at + timedelta(hours=24)


@pytest.mark.django_db
def test_a_worker_that_lost_the_job_moves_it_no_more() -> None:
    job = made("j", State.RUNNING)
    Job.objects.filter(pk="j").update(run=3)
    assert not job.move(State.COMPLETED, fence=2)
    assert Job.objects.get(pk="j").place is State.RUNNING and not JobMove.objects.exists()
    assert job.move(State.COMPLETED, fence=3)


@pytest.mark.django_db
def test_a_note_that_is_too_long_is_cut_and_the_move_done() -> None:
    job = made("j")
    assert job.move(State.RUNNING, note="x" * 1000)
    assert len(JobMove.objects.get().note) == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("state", "pair"), [(State.RUNNING, (State.COMPLETED, State.CANCELING)), (State.QUEUED, (State.RUNNING, State.CANCELED))]
)
def test_of_two_that_move_a_job_at_once_one_wins(state: State, pair: tuple[State, State]) -> None:
    for number in range(10):
        job_id = f"race-{number}"
        made(job_id, state)
        done: dict[State, bool] = {}
        gate = threading.Barrier(2)

        def mover(target: State, job_id: str = job_id, done: dict[State, bool] = done, gate: threading.Barrier = gate) -> None:
            try:
                mine = Job.objects.get(pk=job_id)
                gate.wait(10)
                done[target] = mine.move(target)
            finally:
                connection.close()

        threads = [threading.Thread(target=mover, args=(target,)) for target in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winner = [target for target, won in done.items() if won]
        assert len(done) == 2 and len(winner) == 1
        assert Job.objects.get(pk=job_id).place is winner[0]
        assert JobMove.objects.filter(job_id=job_id).count() == 1


def test_states_that_are_worked_on_are_no_ends() -> None:
    assert not WORKED_ON & ENDED
