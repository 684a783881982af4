"""What the areas of `manage.py evaluate` share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib.evaluation import Table, between_marks, wilson


@pytest.mark.parametrize(
    ("right", "of", "interval"), [(81, 263, (0.2553, 0.3662)), (0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (0, 0, (0.0, 1.0))]
)
def test_intervals_are_wilsons(right: int, of: int, interval: tuple[float, float]) -> None:
    assert wilson(right, of) == pytest.approx(interval, abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share(counts: tuple[int, int]) -> None:
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-9 and counts[0] / counts[1] - 1e-9 <= high <= 1


def test_a_table_is_markdown_in_line() -> None:
    told = Table(("kind", "n"), (("exact title", "5"), ("x", "1,000"))).markdown()
    assert told == "| kind        |     n |\n| ----------- | ----: |\n| exact title |     5 |\n| x           | 1,000 |"


def test_text_goes_between_its_own_marks() -> None:
    document = "a\n<!-- evaluate x one: begin -->\nold\n<!-- evaluate x one: end -->\nb"
    once = between_marks(document, "x one", "new")
    assert once == "a\n<!-- evaluate x one: begin -->\n\nnew\n\n<!-- evaluate x one: end -->\nb"
    assert between_marks(once, "x one", "new") == once
    for other in ("x two", "x"):
        with pytest.raises(ValueError, match="no place"):
            between_marks(document, other, "new")
