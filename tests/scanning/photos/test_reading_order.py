"""Books in the order in which a shelf is read."""

from hypothesis import given
from hypothesis import strategies as st

from scanning.detections import Box
from scanning.photos.reading_order import in_reading_order

SHELF = {
    "one": Box(0.02, 0.20, 0.10, 0.48),
    "two, lower": Box(0.12, 0.30, 0.18, 0.47),
    "pile, top": Box(0.22, 0.33, 0.45, 0.37),
    "pile, middle": Box(0.20, 0.38, 0.44, 0.42),
    "pile, foot": Box(0.21, 0.43, 0.47, 0.48),
    "after the pile": Box(0.50, 0.21, 0.55, 0.48),
    "below, first": Box(0.05, 0.60, 0.11, 0.95),
    "below, second": Box(0.30, 0.58, 0.36, 0.95),
}


@given(st.permutations(list(SHELF)))
def test_board_by_board_left_to_right_and_piles_from_the_top(names: list[str]) -> None:
    assert in_reading_order(names, SHELF.__getitem__) == list(SHELF)


def test_nothing_is_lost() -> None:
    same = [Box(0.1, 0.1, 0.2, 0.2)] * 3
    assert in_reading_order(same, lambda box: box) == same and in_reading_order([], lambda box: box) == []
