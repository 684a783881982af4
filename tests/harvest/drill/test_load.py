"""The plan of a drill."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harvest.drill.library import NOBODYS, SHELF, book
from harvest.drill.load import LEAST, Group, Kind, planned

few = settings(max_examples=25)  # each makes thousands of numbers
seeds, sizes = st.integers(0, 2**32), st.integers(LEAST, 700)


@few
@given(seeds, sizes)
def test_a_plan_has_as_many_requests_as_were_asked_for(seed: int, requests: int) -> None:
    plan = planned(seed, requests)
    assert plan.requests == requests
    assert plan == planned(seed, requests)


@few
@given(seeds, sizes)
def test_what_is_cold_was_not_asked_before_and_what_is_kept_was(seed: int, requests: int) -> None:
    plan = planned(seed, requests)
    known = {(ask.kind, ask.number) for ask in plan.warm}
    assert all(((ask.kind, ask.number) in known) == (ask.group is Group.KEPT) for ask in plan.faulty)
    assert all((ask.number // SHELF == NOBODYS) == (ask.group is Group.UNKNOWN) for ask in (*plan.warm, *plan.faulty, *plan.batch))
    assert all(book(ask.number).pictured for ask in plan.warm if ask.kind is Kind.COVER)


@few
@given(seeds, sizes)
def test_no_two_books_are_of_one_author(seed: int, requests: int) -> None:
    plan = planned(seed, requests)
    numbers = {ask.number for ask in (*plan.warm, *plan.faulty, *plan.batch, *plan.probes)}
    assert len({book(number).author_number for number in numbers}) == len(numbers)


@few
@given(seeds, st.integers(60, 700))
def test_everything_is_asked_and_asked_again(seed: int, requests: int) -> None:
    plan = planned(seed, requests)
    asked = {(ask.kind, ask.group) for ask in plan.faulty}
    assert asked >= {(Kind.ISBN, group) for group in Group} | {(kind, Group.COLD) for kind in (Kind.TITLE, Kind.AUTHOR, Kind.COVER)}
    assert any(ask.times == 2 for ask in plan.faulty)
    assert {(ask.kind, ask.number) for ask in plan.again()} == {(ask.kind, ask.number) for ask in plan.faulty}
