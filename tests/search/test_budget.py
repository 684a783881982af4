"""The ledger of daily budgets, in a real database."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import close_old_connections, connection, connections

from bookstrack.lib import clock
from search import budget
from search.models import ProviderDay

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def test_never_more_than_the_budget(db: None) -> None:
    assert [budget.reserve("isbndb", 3) for _ in range(5)] == [True, True, True, False, False]
    assert (budget.used("isbndb"), budget.left("isbndb", 3), budget.left("isbndb", 10)) == (3, 0, 7)
    assert budget.left("google-books", 5) == 5


def test_several_calls_at_once_are_all_or_nothing(db: None) -> None:
    assert budget.reserve("isbndb", 10, 8)
    assert not budget.reserve("isbndb", 10, 3)
    assert budget.reserve("isbndb", 10, 2)
    assert not budget.reserve("isbndb", 0)


def test_a_share_leaves_the_rest_to_others(db: None) -> None:
    assert sum(budget.reserve("isbndb", 10, share=0.8) for _ in range(10)) == 8
    assert sum(budget.reserve("isbndb", 10) for _ in range(10)) == 2


def test_the_next_day_has_a_budget_of_its_own(db: None, noon: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert budget.reserve("isbndb", 1)
    assert not budget.reserve("isbndb", 1)
    midnight = budget.next_day_unix_s()
    assert midnight == datetime(2026, 2, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr(clock, "now", lambda: clock.from_unix(midnight))
    assert budget.reserve("isbndb", 1)
    assert ProviderDay.objects.filter(provider="isbndb").count() == 2


def test_failures_stand_beside(db: None) -> None:
    budget.note_failure("isbndb")  # nothing was used today: nothing to stand beside
    assert budget.reserve("isbndb", 5)
    budget.note_failure("isbndb")
    assert ProviderDay.objects.get().failed == 1


def test_atomic_over_threads(transactional_db: None) -> None:
    passed: list[bool] = []
    together = threading.Barrier(4)

    def spend() -> None:
        close_old_connections()
        together.wait(10)
        passed.extend([budget.reserve("isbndb", 50) for _ in range(20)])
        connections.close_all()

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (passed.count(True), len(passed)) == (50, 80)
    assert ProviderDay.objects.get().used == 50


def test_without_its_ledger_nothing_is_spent(transactional_db: None) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(ProviderDay)
    try:
        assert budget.reserve("isbndb", 50) is False
        budget.note_failure("isbndb")
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(ProviderDay)
    assert budget.reserve("isbndb", 50) is True
