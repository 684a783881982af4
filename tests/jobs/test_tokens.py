"""A job's token: which it is, how long it is valid, and when it may be followed by another one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import tokens

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_the_first_token_is_derived_from_key_job_and_salt() -> None:
    first = tokens.derived("key", "job", "salt")
    assert first == tokens.derived("key", "job", "salt")
    others = {tokens.derived("other", "job", "salt"), tokens.derived("key", "other", "salt"), tokens.derived("key", "job", "other")}
    assert len(others | {first}) == 4


@given(st.text("abc\x1f", max_size=4), st.text("abc\x1f", max_size=4))
def test_a_token_can_stand_in_a_subprotocol_and_in_an_address(job_id: str, salt: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", tokens.derived("key", job_id, salt))


def test_tokens_and_salts_are_never_the_same_twice() -> None:
    assert len({tokens.random() for _ in range(100)}) == len({tokens.new_salt() for _ in range(100)}) == 100


def test_what_is_stored_is_no_token() -> None:
    token = tokens.random()
    assert token not in tokens.digest(token) and re.fullmatch(r"[0-9a-f]{64}", tokens.digest(token))


def test_only_the_token_itself_is_the_same() -> None:
    token = tokens.random()
    stored = tokens.digest(token)
    assert tokens.same(token, stored)
    assert not any(tokens.same(wrong, stored) for wrong in (token + "x", token[:-1], token.swapcase(), "", stored))


@given(st.text())
def test_no_text_makes_the_comparison_fail_otherwise(text: str) -> None:
    assert not tokens.same(text, tokens.digest("another"))


def test_a_text_that_is_far_too_long_is_not_even_hashed() -> None:
    long = "x" * (tokens.MAX_CHARS + 1)
    assert not tokens.same(long, tokens.digest(long))


def test_lone_surrogates_are_compared_too() -> None:
    assert not tokens.same("\ud800", tokens.digest("x"))


@pytest.mark.parametrize(("left_s", "may"), [(7200, False), (1801, False), (1800, True), (900, True), (1, True), (0, False), (-1, False)])
def test_refreshed_in_the_last_half_hour_only(left_s: int, may: bool) -> None:
    assert tokens.refreshable(NOW + timedelta(seconds=left_s), NOW) is may
