"""Tiles of large photos: they cover it, they overlap, there are few; and boxes find back to the photo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.detections import Box
from scanning.photos.costs import cost_usd
from scanning.photos.tiling import AT_MOST, SENT_PX, WHOLE_UP_TO_PX, placed, size_to_send, tiles

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
sides = st.integers(1, 30_000)


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ((1, 1), 1),
        ((3_072, 3_072), 1),
        ((3_073, 2_000), 2),
        ((4_032, 3_024), 2),
        ((3_024, 4_032), 2),
        ((8_000, 6_000), 4),
        ((20_000, 10), 4),
    ],
)
def test_how_many(size: tuple[int, int], count: int) -> None:
    assert len(tiles(*size)) == count


def test_a_photo_that_is_wide_is_cut_across_its_width() -> None:
    left, right = tiles(4_000, 3_000)
    assert (left.x1, left.y1, left.y2) == (0, 0, 1) and (right.x2, right.y2) == (1, 1)
    assert left.x2 - right.x1 == pytest.approx(0.15 * left.width)


@given(sides, sides)
def test_they_cover_the_photo_and_overlap(width: int, height: int) -> None:
    found = tiles(width, height)
    assert 1 <= len(found) <= AT_MOST and len(set(found)) == len(found)
    assert all(0 <= box.x1 < box.x2 <= 1 and 0 <= box.y1 < box.y2 <= 1 for box in found)
    for step in range(101):  # every point of both diagonals lies on one
        assert any(box.holds((step / 100, step / 100)) for box in found) and any(box.holds((step / 100, 1 - step / 100)) for box in found)
    if max(width, height) <= WHOLE_UP_TO_PX:
        assert found == (WHOLE,)
    for one in found:
        assert len(found) == 1 or any(other != one and one.shared(other) > 0.1 for other in found)


@given(sides, sides)
def test_the_size_that_is_sent(width: int, height: int) -> None:
    sent = size_to_send(width, height)
    assert min(sent) >= 1 and max(sent) <= max(SENT_PX, 1) and sent[0] <= width and sent[1] <= height
    if max(width, height) <= SENT_PX:
        assert sent == (width, height)


fractions = st.floats(0, 1)


@given(st.tuples(fractions, fractions, fractions, fractions), st.sampled_from([*tiles(4_000, 3_000), *tiles(9_000, 9_000), WHOLE]))
def test_a_box_on_a_tile_lies_within_that_tile_of_the_photo(corners: tuple[float, float, float, float], tile: Box) -> None:
    x1, y1, x2, y2 = corners
    box = placed(Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)), tile)
    assert 0 <= box.x1 < box.x2 <= 1 and 0 <= box.y1 < box.y2 <= 1
    least = 2e-4  # what has no size is opened to this, at an edge beyond it
    assert Box(tile.x1 - least, tile.y1 - least, tile.x2 + least, tile.y2 + least).holds(box.centre)


def test_the_whole_of_a_tile_is_the_tile() -> None:
    for tile in tiles(8_000, 6_000):
        box = placed(WHOLE, tile)
        assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((tile.x1, tile.y1, tile.x2, tile.y2))


def test_what_tokens_cost() -> None:
    assert cost_usd("gemini-2.5-flash", 1_000_000, 1_000_000) == 2.8
    assert cost_usd("models/gemini-2.5-flash", 1_500, 800) == pytest.approx(0.00245)
    assert cost_usd("gemini-2.5-flash", 0, 0) == 0 and cost_usd("of-tomorrow", 5, 5) is None and cost_usd(None, 5, 5) is None
