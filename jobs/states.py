"""The states of a job and the moves between them. No I/O."""

from enum import StrEnum


class State(StrEnum):
    """Where a job stands, as clients see it."""

    QUEUED = "queued"  # waits for a worker, or for the pause after a failure
    RUNNING = "running"
    WAITING_ON_QUOTA = "waiting_on_quota"  # parked until a provider may be asked again
    CANCELING = "canceling"  # its worker has been told
    CANCELED = "canceled"
    COMPLETED = "completed"
    FAILED = "failed"


MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELED, State.FAILED}),
    State.RUNNING: frozenset({State.QUEUED, State.WAITING_ON_QUOTA, State.CANCELING, State.COMPLETED, State.FAILED}),
    State.WAITING_ON_QUOTA: frozenset({State.QUEUED, State.CANCELED}),
    State.CANCELING: frozenset({State.CANCELED}),
    State.CANCELED: frozenset(),
    State.COMPLETED: frozenset(),
    State.FAILED: frozenset({State.QUEUED}),  # only by an operator's retry
}
ENDED = frozenset({State.CANCELED, State.COMPLETED, State.FAILED})
WORKED_ON = frozenset({State.RUNNING, State.CANCELING})  # a worker holds its lease


def sources_of(target: State) -> list[State]:
    """The states from which a job may move to this one."""
    return [source for source, targets in MOVES.items() if target in targets]


def shown_to_who_cancels(state: State) -> State:
    """What a cancel answers: a job that is being stopped counts as canceled, since nothing can bring it back."""
    return State.CANCELED if state is State.CANCELING else state
