"""A service that answers wrongly must fail a drill, and one that does not must not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.drill.faults import CATALOGUES, OPTIONS, Health
from harvest.drill.library import BOOKS, SHELF, book, neighbour
from harvest.drill.load import Ask, Group, Kind
from harvest.drill.verdicts import Healths, Outcome, Seen, judged, judged_item
from tests.harvest.drill.fabricated import found, honest, refused

IN_TIME_S = 3.5
WELL = dict.fromkeys(OPTIONS.values(), Health.WELL)
GOOGLE_DEAD = WELL | {"google-books": Health.DEAD}
ALL_DEAD = dict.fromkeys(OPTIONS.values(), Health.DEAD)
EVERYBODYS, GOOGLES, NOBODYS = 4711, SHELF + 4711, 4 * SHELF + 4711
healths = st.fixed_dictionaries({name: st.sampled_from(Health) for name in OPTIONS.values()})
numbers = st.integers(0, BOOKS - 1)


def cold(number: int, kind: Kind = Kind.ISBN) -> Ask:
    return Ask(kind, number, Group.UNKNOWN if number >= 4 * SHELF else Group.COLD)


def wrong(ask: Ask, seen: Seen, states: Healths) -> str:
    return judged(ask, seen, states, within_s=IN_TIME_S).wrong


@given(numbers, st.sampled_from([Kind.ISBN, Kind.TITLE, Kind.AUTHOR]), healths)
def test_an_honest_service_is_never_called_wrong(number: int, kind: Kind, states: dict[str, Health]) -> None:
    ask = cold(number, kind)
    verdict = judged(ask, honest(ask, states), states, within_s=IN_TIME_S)
    assert verdict.wrong == ""
    assert verdict.outcome in (Outcome.ANSWERED, Outcome.REFUSED)


@given(numbers, numbers, st.sampled_from([Kind.ISBN, Kind.TITLE, Kind.AUTHOR]), healths)
def test_another_book_is_wrong_whoever_fails(number: int, other: int, kind: Kind, states: dict[str, Health]) -> None:
    strangers = book(other).author_number != book(number).author_number
    if strangers:
        assert wrong(cold(number, kind), found(book(other), failed=CATALOGUES), states)


@given(st.integers(0, 4 * SHELF - 1), healths)
def test_nothing_found_is_wrong_where_somebody_knows_it_and_nobody_failed(number: int, states: dict[str, Health]) -> None:
    if any(states[name] in (Health.WELL, Health.DEAD) for name in book(number).known_to):
        assert wrong(cold(number), found(), states)


@given(numbers, healths)
def test_a_failure_that_is_not_said_is_wrong(number: int, states: dict[str, Health]) -> None:
    if Health.DEAD in [states[name] for name in CATALOGUES]:
        assert wrong(cold(number), found(*([book(number)] if book(number).known_to else [])), states)


@pytest.mark.parametrize(
    ("ask", "seen", "states", "because"),
    [
        (cold(GOOGLES), found(failed=("google-books",), cached=True), GOOGLE_DEAD, "a failure was cached"),
        (cold(GOOGLES), found(cached=True), GOOGLE_DEAD, "a failure was cached as absence"),
        (cold(NOBODYS), found(book(EVERYBODYS)), WELL, "a book that nobody knows"),
        (cold(EVERYBODYS), Seen(200, 0.1, "a page"), WELL, "no lists of works and editions"),
        (cold(EVERYBODYS), Seen(500, 0.1, None), WELL, "status 500"),
        (cold(EVERYBODYS), Seen(404, 0.1, {}), ALL_DEAD, "status 404"),
        (cold(EVERYBODYS), Seen(502, 0.1, {"error": {}}), ALL_DEAD, "502 without a reason"),
        (cold(EVERYBODYS), refused(502, openlibrary="error", isbndb="open"), ALL_DEAD, "502 that says nothing of google-books"),
        (cold(EVERYBODYS, Kind.COVER), Seen(404, 0.1, {}), ALL_DEAD, "a failure shown as absence"),
        (cold(EVERYBODYS, Kind.COVER), Seen(404, 0.1, {}), WELL, "no picture, although there is one"),
        (cold(EVERYBODYS, Kind.COVER), Seen(200, 0.1, None, "text/html"), WELL, "a picture of type text/html"),
        (Ask(Kind.ISBN, EVERYBODYS, Group.KEPT), found(), WELL, "a kept answer was lost"),
    ],
)
def test_what_is_wrong_is_called_so(ask: Ask, seen: Seen, states: Healths, because: str) -> None:
    assert wrong(ask, seen, states) == because


def test_a_title_may_be_followed_by_its_neighbour_alone() -> None:
    one, ask = book(EVERYBODYS), cold(EVERYBODYS, Kind.TITLE)
    assert wrong(ask, found(one, neighbour(one)), WELL) == ""
    assert wrong(ask, found(neighbour(one), one), WELL)
    assert wrong(ask, found(one, book(77)), WELL)


@given(numbers, healths, st.sampled_from([502, 503, 504]))
def test_a_refusal_is_right_only_where_nobody_could_have_answered(number: int, states: dict[str, Health], status: int) -> None:
    told = {name.replace("-", "_"): "error" for name in CATALOGUES}
    verdict = judged(cold(number), refused(status, **told), states, within_s=IN_TIME_S)
    nobody = all(states[name] in (Health.DEAD, Health.LIMPING) for name in CATALOGUES)
    assert verdict.outcome is (Outcome.REFUSED if nobody else Outcome.UNAVAILABLE)
    assert verdict.wrong == ""


@given(healths)
def test_a_known_key_is_never_refused_rightly(states: dict[str, Health]) -> None:
    kept = Ask(Kind.ISBN, EVERYBODYS, Group.KEPT)
    assert judged(kept, refused(502, google_books="error"), states, within_s=IN_TIME_S).outcome is Outcome.UNAVAILABLE
    stale = judged(kept, found(book(EVERYBODYS), stale=True, cached=True), states, within_s=IN_TIME_S)
    assert (stale.outcome, stale.stale, stale.wrong) == (Outcome.ANSWERED, True, "")


def test_who_has_gone_is_not_answered() -> None:
    late = found(book(EVERYBODYS), elapsed_s=IN_TIME_S + 0.1)
    assert judged(cold(EVERYBODYS), late, WELL, within_s=IN_TIME_S).outcome is Outcome.LATE
    assert judged(cold(EVERYBODYS), replace(late, status=None, body=None), WELL, within_s=IN_TIME_S).outcome is Outcome.UNAVAILABLE


def test_an_answer_of_nothing_in_place_of_a_known_book_is_counted() -> None:
    kept = Ask(Kind.TITLE, GOOGLES, Group.KEPT)
    verdict = judged(kept, found(failed=("google-books",)), GOOGLE_DEAD, within_s=IN_TIME_S)
    assert verdict.forgotten and verdict.wrong == ""


@pytest.mark.parametrize(
    ("status", "states", "outcome", "because"),
    [
        ("not_found", WELL, Outcome.ANSWERED, "not found, although somebody knows it and is well"),
        ("not_found", GOOGLE_DEAD, Outcome.ANSWERED, "a failure shown as absence"),
        ("error", GOOGLE_DEAD, Outcome.REFUSED, ""),
        ("circuit_open", GOOGLE_DEAD, Outcome.REFUSED, ""),
        ("error", WELL, Outcome.UNAVAILABLE, ""),
        (None, GOOGLE_DEAD, Outcome.UNAVAILABLE, ""),
    ],
)
def test_an_item_of_an_enrichment(status: str | None, states: Healths, outcome: Outcome, because: str) -> None:
    verdict = judged_item(Ask(Kind.BATCH, GOOGLES, Group.COLD), {"status": status} if status else None, states)
    assert (verdict.outcome, verdict.wrong) == (outcome, because)


def test_an_item_with_another_book() -> None:
    def item(one: int, isbn: int) -> dict[str, object]:
        work = {"title": book(one).title, "authors": [{"name": book(one).author}]}
        return {"status": "success", "enriched": {"work": work, "edition": {"isbn": book(isbn).isbn13}}}

    ask = Ask(Kind.BATCH, EVERYBODYS, Group.COLD)
    assert judged_item(ask, item(EVERYBODYS, EVERYBODYS), WELL).wrong == ""
    assert judged_item(ask, item(77, EVERYBODYS), WELL).wrong
    assert judged_item(ask, item(EVERYBODYS, 77), WELL).wrong
