"""When a schedule is due: cron expressions in UTC, and which planned times are believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import crons

NOON = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # the night in which Europe's clocks go forward comes next
CRONS = st.one_of(
    st.builds("{} {} * * *".format, st.integers(0, 59), st.integers(0, 23)),
    st.builds("*/{} * * * *".format, st.integers(1, 59)),
    st.builds("{} {} * * {}".format, st.integers(0, 59), st.integers(0, 23), st.integers(0, 6)),
    st.builds("{} 4 {} * *".format, st.integers(0, 59), st.integers(1, 31)),
)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=15 * 365)).map(lambda later: NOON + later)


@given(CRONS, MOMENTS)
def test_the_last_and_the_next_time_enclose_the_moment(cron: str, moment: datetime) -> None:
    last, upcoming = crons.last_until(cron, moment), crons.next_after(cron, moment)
    assert last <= moment < upcoming
    assert crons.last_until(cron, upcoming) == upcoming and crons.last_until(cron, upcoming - timedelta(seconds=1)) == last
    assert crons.next_after(cron, last) == upcoming


@given(CRONS, MOMENTS)
def test_what_was_worked_out_is_believed_also_by_a_clock_that_is_behind(cron: str, moment: datetime) -> None:
    upcoming = crons.next_after(cron, moment)
    behind = crons.last_until(cron, moment) - timedelta(seconds=1)
    assert crons.fits(cron, upcoming, moment) and crons.fits(cron, upcoming, behind)


@pytest.mark.parametrize(
    ("planned", "fits"),
    [
        (datetime(2026, 3, 29, 2, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 30, 2, 0, tzinfo=UTC), True),  # a host whose clock is ahead moved it on
        (datetime(2026, 3, 31, 2, 0, tzinfo=UTC), False),
        (datetime(2031, 3, 31, 2, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 29, 3, 0, tzinfo=UTC), False),  # the expression was changed
    ],
)
def test_a_planned_time_that_cannot_be_meant(planned: datetime, fits: bool) -> None:
    assert crons.fits("0 2 * * *", planned, NOON) is fits


@pytest.mark.parametrize("wrong", ["", "x", "0 3 * *", "0 3 * * * *", "0 25 * * *", "0 0 31 2 *", "@daily", "-1 * * * *"])
def test_what_is_no_expression(wrong: str) -> None:
    with pytest.raises(crons.WrongCron):
        crons.next_after(wrong, NOON)


@pytest.mark.parametrize(
    ("cron", "words"),
    [("0 3 * * *", "daily at 03:00"), ("*/15 * * * *", "every 15 minutes"), ("30 * * * *", "hourly at :30"), ("0 3 * * 1", "0 3 * * 1")],
)
def test_in_words(cron: str, words: str) -> None:
    assert crons.in_words(cron) == words
