"""Numbers in titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.normalisers.volumes import numbers_of, volume_of, with_plain_numbers
from tests.search.normalisers.hostile import TEXTS, long_texts


@pytest.mark.parametrize(
    ("key", "volume"),
    [
        ("naruto vol 2", 2), ("dune part two", 2), ("book iv", 4), ("volume xlii", 42), ("том 3", 3), ("band 12", 12),
        ("no 1", 1),
        ("進撃の巨人 第3巻", 3), ("砂の惑星 下", 3), ("book first", 1), ("dune", None),
        ("no one writes to the colonel", None),
        ("part of your world", None), ("book of the new sun", None), ("rocky ii", None),
        ("vol 99999999999999999999", None),
    ],
)  # fmt: skip
def test_volume_of(key: str, volume: int | None) -> None:
    assert volume_of(key) == volume


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        ("rocky ii", [2]), ("henry iv part 1", [4, 1]), ("1984", [1984]), ("2001 space odyssey", [2001]),
        ("malcolm x", [10]),
        ("i claudius", []), ("xi jinping", []), ("mix and match", []), ("dune", []),
    ],
)  # fmt: skip
def test_numbers_of(key: str, numbers: list[int]) -> None:
    assert numbers_of(key) == numbers


@given(st.integers(1, 20), st.sampled_from(["vol", "volume", "book", "part", "teil", "tome"]))
def test_volumes_are_the_same_however_announced(number: int, word: str) -> None:
    assert with_plain_numbers(f"dune {word} {number}") == f"dune {number}"
    assert volume_of(f"dune {word} {number}") == number


@given(TEXTS)
def test_keys_of_anything(key: str) -> None:
    volume = volume_of(key)
    assert volume is None or volume >= 0
    numbers_of(key)


def test_long_keys() -> None:
    for text in long_texts():
        volume_of(text)
        with_plain_numbers(text)
