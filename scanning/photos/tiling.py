"""Which parts of a large photo a model is shown: a picture that is made small loses the small letters of its spines.

Pure. Tiles overlap, so that a book on an edge is whole on one of them.
"""

import math

from scanning.detections import Box

WHOLE_UP_TO_PX = 3_072  # longest side of a photo, or of a tile, that is shown as one picture
SENT_PX = 2_048  # longest side of a picture as it is sent
OVERLAP = 0.15  # of a tile's side: wider than most spines are on a photo of this size
AT_MOST = 4
_GRIDS = ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (2, 2), (4, 1), (1, 4))  # columns and rows, the fewest tiles first


def tiles(width: int, height: int) -> tuple[Box, ...]:
    """The parts of a photo of that size in pixels, row by row: the whole where that is enough, else the fewest, four at most."""
    columns, rows = min(_GRIDS, key=lambda grid: _worth(width, height, *grid))
    return tuple(Box(x1, y1, x2, y2) for y1, y2 in _parts(rows) for x1, x2 in _parts(columns))


def _worth(width: int, height: int, columns: int, rows: int) -> tuple[float, int]:
    """The least is the best: tiles no longer than they may be, else as short as possible; then few of them."""
    longest = max(width * _side(columns), height * _side(rows))
    return max(longest, float(WHOLE_UP_TO_PX)), columns * rows


def _side(count: int) -> float:
    """The side of a tile as a share of the whole, so that so many with their overlaps cover it."""
    return 1 / (count - (count - 1) * OVERLAP)


def _parts(count: int) -> list[tuple[float, float]]:
    side = _side(count)
    starts = [place * side * (1 - OVERLAP) for place in range(count)]
    return [(start, 1.0 if place == count - 1 else min(1.0, start + side)) for place, start in enumerate(starts)]


def size_to_send(width: int, height: int) -> tuple[int, int]:
    """A picture's size in pixels as it is sent: never larger than it is, never empty."""
    share = min(1.0, SENT_PX / max(width, height))
    return max(1, math.floor(width * share)), max(1, math.floor(height * share))


def placed(inner: Box, tile: Box) -> Box:
    """A box in fractions of a tile as fractions of the photo."""
    corners = [(tile.x1 + x * tile.width, tile.y1 + y * tile.height) for x, y in ((inner.x1, inner.y1), (inner.x2, inner.y2))]
    return Box.around(corners, 1, 1)
