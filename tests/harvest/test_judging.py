"""What is a cover, and how good a one."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.cover_store import judging
from harvest.cover_store.judging import AGREES, BLANK, MIN_SIDE_PX, agreed, distance, judge


@dataclass(frozen=True)
class Measured:
    width: int = 600
    height: int = 900
    likeness: str = "f418a7d9c897b832"
    plainness: float = 0.4


sides = st.integers(1, 6_000)
likenesses = st.integers(0, 2**64 - 1).map(lambda bits: f"{bits:016x}")
pictures = st.builds(Measured, sides, sides, likenesses, st.floats(0, 1))


@given(pictures, st.lists(likenesses, max_size=3), st.lists(likenesses, max_size=3), st.integers(1, 40))
def test_a_score_is_a_share_and_what_is_refused_has_none(picture: Measured, none: list[str], agreeing: list[str], books: int) -> None:
    judged = judge(picture, no_covers=none, agreeing=agreeing, books=books)
    assert 0.0 <= judged.score <= 1.0 and judged.reasons and all(judged.reasons)
    assert judged.refused is None or (judged.score == 0.0 and judged.refused in judged.reasons)
    assert judged.refused is not None or judged.score > 0.0


@given(pictures, st.integers(2, 5))
def test_the_same_picture_is_no_worse_for_being_larger(picture: Measured, times: int) -> None:
    larger = judge(replace(picture, width=picture.width * times, height=picture.height * times))
    assert larger.score >= judge(picture).score


@given(pictures, st.floats(0, 1))
def test_it_is_no_better_for_being_plainer(picture: Measured, plainness: float) -> None:
    plainer = replace(picture, plainness=max(plainness, picture.plainness))
    assert judge(plainer).score <= judge(picture).score


@given(pictures)
def test_another_provider_that_agrees_makes_it_no_worse(picture: Measured) -> None:
    alone, together = judge(picture), judge(picture, agreeing=[picture.likeness])
    assert together.refused == alone.refused and together.score >= alone.score
    if alone.refused is None:
        score, reasons = agreed(alone.score, alone.reasons)
        assert together.score == pytest.approx(score, abs=1e-3) and list(together.reasons) == reasons


@given(st.floats(0, 1), st.lists(st.sampled_from(["600 x 900 px", AGREES]), max_size=2, unique=True))
def test_agreement_counts_once(score: float, reasons: list[str]) -> None:
    once = agreed(score, reasons)
    assert agreed(*once) == once and 0 <= once[0] <= 1 and once[0] >= score - 1e-4




@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (Measured(60, 90), "too small"),
        (Measured(99, 400), "too small"),
        (Measured(1, 1), "dot"),
        (Measured(2000, 300), "shape"),
        (Measured(120, 1200), "shape"),
        (Measured(plainness=1.0), "blank"),
        (Measured(likeness="f418a7d9c897b833"), "known to be no cover"),
    ],
)
def test_what_is_no_cover(picture: Measured, words: str) -> None:
    judged = judge(picture, no_covers=["f418a7d9c897b833"])
    assert judged.refused is not None and words in judged.refused and not judged.placeholder


def test_the_least_that_is_a_cover() -> None:
    least = judge(Measured(MIN_SIDE_PX, 150, plainness=BLANK - 0.001))
    assert least.refused is None and 0 < least.score < 0.5 < judge(Measured(400, 600)).score < judge(Measured()).score == 0.9


def test_square_covers_are_as_good_as_tall_ones_and_banners_are_not() -> None:
    assert judge(Measured(700, 700)).score == judge(Measured(600, 900)).score > judge(Measured(1_200, 600)).score
    assert "an odd shape for a book" in judge(Measured(1_200, 600)).reasons


@pytest.mark.parametrize(
    ("picture", "books"), [(Measured(), judging.SAME_PICTURE), (Measured(128, 190), 3), (Measured(plainness=0.9), 3)]
)
def test_a_picture_on_too_many_books_is_a_placeholder(picture: Measured, books: int) -> None:
    assert judge(picture, books=books - 1).refused is None
    judged = judge(picture, books=books)
    assert judged.placeholder and judged.refused == f"{books} different books have the very same picture"


@given(likenesses, st.sets(st.integers(0, 63)))
def test_likenesses_differ_in_bits(likeness: str, flipped: set[int]) -> None:
    other = f"{int(likeness, 16) ^ sum(1 << bit for bit in flipped):016x}"
    assert distance(likeness, other) == distance(other, likeness) == len(flipped)
    assert judging.looks_like(likeness, ["", other]) is (len(flipped) <= judging.SAME_LOOK_BITS)
