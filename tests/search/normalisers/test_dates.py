"""Dates of publication."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.normalisers.dates import PartialDate, day_first_in, parse_date, parse_year
from tests.search.normalisers.hostile import ANYTHING, long_texts

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("2004-07-09", "2004-07-09"), ("2004-7-9", "2004-07-09"), ("2004/07/09", "2004-07-09"),
        ("2004-07", "2004-07"), ("2004", "2004"),
        (2004, "2004"), (" 2004 ", "2004"), ("2004.0", "2004"), ("20040709", "2004-07-09"),
        ("2004-07-09T10:00:00Z", "2004-07-09"),
        ("2004-07-09 10:00:00", "2004-07-09"), ("2004-07-09T00:00:00+02:00", "2004-07-09"),
        ("1998?", "1998"), ("c1998", "1998"), ("©1998", "1998"), ("© 1998", "1998"), ("[1998]", "1998"),
        ("[c1998?]", "1998"),
        ("ca. 1998", "1998"), ("circa 1998", "1998"), ("1998.", "1998"), ("p1998", "1998"), ("1998, c1997", "1998"),
        ("July 9, 2004", "2004-07-09"), ("July 9 2004", "2004-07-09"), ("Sep 9th, 2004", "2004-09-09"),
        ("9 July 2004", "2004-07-09"),
        ("Thursday, July 9, 2004", "2004-07-09"), ("Fri, 9 Jul 2004", "2004-07-09"), ("Jul 2004", "2004-07"),
        ("Sept. 2004", "2004-09"),
        ("Nov, 2004", "2004-11"), ("2004 Jul 9", "2004-07-09"), ("2004 July", "2004-07"),
        ("9. Juli 2004", "2004-07-09"), ("9.7.2004", "2004-07-09"), ("09. 07. 2004", "2004-07-09"),
        ("1er mai 1998", "1998-05-01"),
        ("9 de julio de 2004", "2004-07-09"), ("julho de 2004", "2004-07"), ("9 luglio 2004", "2004-07-09"),
        ("maart 2004", "2004-03"),
        ("2004年7月9日", "2004-07-09"), ("2004年", "2004"), ("7/2004", "2004-07"),
        ("31/12/2004", "2004-12-31"), ("12/31/2004", "2004-12-31"), ("5/5/2004", "2004-05-05"),
        ("07/09/2004", "2004"),
        ("2004-13", "2004"), ("2004-02-31", "2004-02"), ("2004-00-00", "2004"), ("2004-07-00", "2004-07"),
        ("February 30, 2004", "2004-02"),
        ("1000", "1000"), ("2027", "2027"),
        *((nothing, None) for nothing in (
            "2028", "999", "0000", "0000-00-00", "19??", "198-?", "once upon a time", "Spring 2004", "in 2004",
            "1998-1999", "99999",
            "", "٢٠٠٤", "２００４", "July", "-5", "1998 [i.e. 1999]", "Foo 9, 2004", 8, True, None, 2004.5, [2004],
            {"year": 2004},
        )),
    ],
)  # fmt: skip
def test_parse_date(raw: object, iso: str | None) -> None:
    found = parse_date(raw, today=TODAY)
    assert (found.iso if found else None) == iso


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(2026, 12, 31)))
def test_dates_come_back(day: date) -> None:
    whole = PartialDate(day.year, day.month, day.day)
    for form in (
        day.isoformat(),
        f"{day:%B} {day.day}, {day.year:04d}",
        f"{day.day} {day:%b} {day.year:04d}",
        f"{day.isoformat()}T09:00:00Z",
    ):
        assert parse_date(form, today=TODAY) == whole
    assert parse_date(whole.iso, today=TODAY) == whole
    assert parse_year(day.isoformat(), today=TODAY) == day.year


@given(st.integers(-99, 9999), st.integers(-1, 99), st.integers(-1, 99))
def test_the_impossible_is_dropped(year: int, month: int, day: int) -> None:
    found = parse_date(f"{year:04d}-{month:02d}-{day:02d}", today=TODAY)
    if found:
        assert found.year == year and 1000 <= year <= 2027
        assert found.month in (None, month) and (found.day is None or date(year, month, day))


@given(ANYTHING)
def test_dates_of_anything(raw: object) -> None:
    found = parse_date(raw, today=TODAY)
    assert found is None or parse_date(found.iso, today=TODAY) == found
    year = parse_year(raw, today=TODAY)
    assert year is None or -4000 <= year <= 2027


@pytest.mark.parametrize(
    ("raw", "year"),
    [
        ("-800", -800), (-800, -800), ("8 BC", -8), ("800 BCE", -800), ("800 B.C.", -800), ("1998", 1998),
        ("c1998", 1998), (1998, 1998),
        ("July 9, 2004", 2004), ("8th cent.", None), ("15th cent.", None), ("-0", None), ("0", None), ("-5000", None),
        ("500", None),
        ("1761 or 2", None), (None, None), (True, None), (10**30, None),
    ],
)  # fmt: skip
def test_parse_year(raw: object, year: int | None) -> None:
    assert parse_year(raw, today=TODAY) == year


@pytest.mark.parametrize(
    ("raw", "first", "iso"),
    [
        ("07/09/2004", True, "2004-09-07"), ("07/09/2004", False, "2004-07-09"), ("31/12/2004", False, "2004-12-31"),
        ("12/31/2004", True, "2004-12-31"), ("5/5/2004", None, "2004-05-05"), ("9 lipca 2004", None, "2004-07-09"),
        ("9. července 2004", None, "2004-07-09"),
    ],
)  # fmt: skip
def test_the_day_first_or_the_month(raw: str, first: bool | None, iso: str) -> None:
    found = parse_date(raw, today=TODAY, day_first=first)
    assert found and found.iso == iso


@pytest.mark.parametrize(
    ("raw", "first"), [("31/12/2004", True), ("12/31/2004", False), ("07/09/2004", None), ("2004", None), ("45/46/2004", None)]
)
def test_whether_a_date_tells_which_comes_first(raw: str, first: bool | None) -> None:
    assert day_first_in(raw) is first


def test_without_a_day_given_it_is_today() -> None:
    assert parse_date("1998") == PartialDate(1998)
    assert parse_date("9998") is None


def test_long_texts() -> None:
    for text in long_texts():
        assert parse_date(text) is None
        assert parse_year(text) is None
