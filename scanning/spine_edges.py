"""What the pixels say of the space between two lines of text: does the edge of a book run there, or a shelf?

An edge of a book is a change of colour that runs on along the text, past where the text ends. Letters are masked, so that a row of text
is no edge. Only the picture process calls this.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from scanning.detections import Line
from scanning.photos.spine_geometry import Bar

Array = NDArray[np.float32]
SIDE_PX = 1800  # of the picture that edges are sought on
STEP = 2  # rows to both sides of a place that are compared
CHANGE = 5.0  # of colour (CIE Lab) that is seen
STRONG = 9.0  # mean change from which on an edge counts in full
SAMPLES = 160  # along the text
LEAST_SEEN = 0.2  # share of the samples that are not letters; fewer say nothing
END = 14  # such a part of them is past the text, at each end
CROSSING_ROWS, CROSSING_SAMPLES = 240, 80  # for what runs across a row: a coarser look does
SMOOTHED = 7  # of these samples
WIDE_GAP = 4.0  # of the larger height: from such a space on, an edge that runs on to one side only is believed
TOUCHING = 0.3  # of the larger height: so much two texts may overlap and still stand one after the other
LEANING = 0.03  # sine of the angle from which on a book leans
AXIS = 5.5  # length / height of a text from which on it shows how its spine runs
SHEARS = (-3, -2, -1, 0, 1, 2, 3)  # rows that an edge may lean over the length


class Edges:
    """Edges on one picture, asked by the places of its lines."""

    def __init__(self, pixels: NDArray[np.uint8], lines: Sequence[Line]) -> None:
        scale = min(1.0, SIDE_PX / max(pixels.shape[:2]))
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
        self._pixels, self._scale = small, scale
        self._bars = [Bar.of(Line(line.text, line.confidence, tuple((x * scale, y * scale) for x, y in line.points))) for line in lines]
        self._asked: dict[tuple[str, int, int], float] = {}

    def apart(self, one: int, other: int) -> float:
        """How surely the edge of a book runs between two lines, along the longer one, 0..1."""
        return self._once("apart", one, other, self._apart)

    def boards(self, one: int, other: int) -> float:
        """How surely a shelf, or the side of another book, crosses between two lines in one row, 0..1."""
        return self._once("boards", one, other, self._boards)

    def _once(self, question: str, one: int, other: int, answer: Callable[[Bar, Bar], float]) -> float:
        key = (question, min(one, other), max(one, other))
        if key not in self._asked:
            self._asked[key] = answer(self._bars[key[1]], self._bars[key[2]])
        return self._asked[key]

    @cached_property
    def _lab(self) -> Array:
        smooth = cv2.GaussianBlur(self._pixels, (3, 3), 0)
        return np.asarray(cv2.cvtColor(smooth.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), dtype=np.float32)

    @cached_property
    def _letters(self) -> NDArray[np.uint8]:
        mask = np.zeros(self._pixels.shape[:2], dtype=np.uint8)
        for bar in self._bars:
            cv2.fillConvexPoly(mask, np.array(_shrunk(bar), dtype=np.int32), 255)
        return mask

    def _apart(self, one: Bar, other: Bar) -> float:
        long, short = (one, other) if one.length >= other.length else (other, one)
        start, end = long.extent(short)
        start, end = min(start, -long.length / 2), max(end, long.length / 2)
        margin = max(long.height, 0.1 * (end - start))
        start, end = start - margin, end + margin
        near = [_on_axis(long, long, place) for place in (start, end)]
        far = [_on_axis(short if long.parallel(short) else _moved(long, short), long, place) for place in (start, end)]
        distance = max(np.hypot(far[0][0] - near[0][0], far[0][1] - near[0][1]), np.hypot(far[1][0] - near[1][0], far[1][1] - near[1][1]))
        return self._edge(near, far, max(2 * STEP + 2, round(float(distance))))

    def _boards(self, one: Bar, other: Bar) -> float:
        one, other = (one, other) if one.length >= other.length else (other, one)
        squared = _squared(one)
        leans = abs(one.ux * squared.uy - one.uy * squared.ux) > LEANING
        return max(self._between(frame, other) for frame in ((one, squared) if leans else (one,)))

    def _between(self, one: Bar, other: Bar) -> float:
        """The same, where what is sought runs at a right angle to the first one."""
        gap, height, side = one.gap(other), max(one.height, other.height), max(self._pixels.shape[:2])
        if gap < -TOUCHING * height:
            return 0.0
        # half a letter of each is looked at as well: the feet of neighbours touch, and letters are masked
        one, gap = replace(one, length=one.length - height), gap + height
        begin = one.length / 2 if one.along((other.x, other.y)) > 0 else -one.length / 2 - gap
        sides = self._crossing(one, begin, gap, max(5 * height, 0.06 * side))
        wide = (max if gap > WIDE_GAP * height else min)(sides, default=0.0)
        if max(one.length / one.height, 0.0 if one.crosses(other) else other.length / other.height) >= AXIS:
            return wide
        # a shelf runs on to both sides; the side of a book next to another's foot to one only, and less far
        return max([wide, *self._crossing(one, begin, gap, max(2.5 * height, 0.025 * side))])

    def _crossing(self, one: Bar, begin: float, gap: float, reach: float) -> list[float]:
        """How surely an edge crosses the space past a line, on either side of its axis; a side that is not on the picture is left out."""
        sides = []
        for side in (-reach, reach):
            near, far = ([_at(one, along, across) for across in (0.0, side)] for along in (begin, begin + gap))
            if self._inside(near[1]) or self._inside(far[1]):
                sides.append(self._edge(near, far, min(CROSSING_ROWS, round(gap)), CROSSING_SAMPLES, least_seen=0.6, persistence=0.85))
        return sides

    def _inside(self, point: tuple[float, float]) -> bool:
        height, width = self._pixels.shape[:2]
        return bool(0 <= point[0] < width and 0 <= point[1] < height)

    def _edge(
        self,
        near: Sequence[tuple[float, float]],
        far: Sequence[tuple[float, float]],
        rows: int,
        samples: int = SAMPLES,
        *,
        least_seen: float = LEAST_SEEN,
        persistence: float = 0.0,
    ) -> float:
        """The surest edge between two sides of a patch, parallel to them."""
        source = np.array([near[0], near[1], far[1], far[0]], dtype=np.float32)
        if rows < 2 * STEP + 2:
            return 0.0
        target = np.array([[0, 0], [samples - 1, 0], [samples - 1, rows - 1], [0, rows - 1]], dtype=np.float32)
        turn = cv2.getPerspectiveTransform(source, target)
        size = (samples, rows)
        patch = cv2.warpPerspective(self._lab, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if samples < SAMPLES:
            patch = cv2.blur(patch, (SMOOTHED, 1))  # along the edge, against the noise of dark photos
        letters = cv2.warpPerspective(self._letters, turn, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=255)
        change = patch[2 * STEP :] - patch[: -2 * STEP]
        free = (letters[2 * STEP :] == 0) & (letters[: -2 * STEP] == 0)
        return max(_surest(change, free, shear, least_seen, persistence) for shear in SHEARS)


def _surest(change: Array, free: NDArray[np.bool_], shear: int, least_seen: float, persistence: float) -> float:
    samples = change.shape[1]
    rows = np.arange(change.shape[0])[:, None] + np.round(np.linspace(-shear, shear, samples)).astype(int)[None, :]
    inside = (rows >= 0) & (rows < change.shape[0])
    rows = rows.clip(0, change.shape[0] - 1)
    columns = np.arange(samples)[None, :]
    seen, moved = free[rows, columns] & inside, change[rows, columns]
    count = seen.sum(axis=1)
    mean = np.einsum("rsc,rs->rc", moved, seen.astype(np.float32)) / np.maximum(count, 1)[:, None]
    strength = np.linalg.norm(mean, axis=1)
    direction = mean / np.maximum(strength, 1e-6)[:, None]
    along_edge = (np.einsum("rsc,rc->rs", moved, direction) > CHANGE) & seen
    lasting = along_edge.sum(axis=1) / np.maximum(count, 1)
    end = samples // END
    ends = np.stack([_share(along_edge, seen, part) for part in (slice(None, end), slice(-end, None))]).max(axis=0)
    sure = np.where((count >= least_seen * samples) & (lasting >= persistence), lasting * np.minimum(1.0, strength / STRONG), 0.0)
    sure = np.where(ends >= 0.4, sure, sure * 0.5)  # a printed rule ends with the text
    return float(sure.max(initial=0.0))


def _share(edge: NDArray[np.bool_], seen: NDArray[np.bool_], part: slice) -> NDArray[np.float64]:
    """How much of a part of each row is edge; all where nothing is seen of it."""
    count = seen[:, part].sum(axis=1)
    return np.where(count > 0, edge[:, part].sum(axis=1) / np.maximum(count, 1), 1.0)


def _at(bar: Bar, along: float, across: float) -> tuple[float, float]:
    return bar.x + along * bar.ux - across * bar.uy, bar.y + along * bar.uy + across * bar.ux


def _on_axis(bar: Bar, frame: Bar, place: float) -> tuple[float, float]:
    """The point of a bar's centre line that stands at a place along another's."""
    centre, slope = frame.along((bar.x, bar.y)), bar.ux * frame.ux + bar.uy * frame.uy
    return _at(bar, (place - centre) / slope, 0.0)


def _moved(along: Bar, cross: Bar) -> Bar:
    """A bar like the first one through the centre of the second."""
    return Bar(cross.x, cross.y, along.ux, along.uy, along.length, along.height, cross.corners)


def _squared(bar: Bar) -> Bar:
    """A bar that leans, set straight: shelves and books that lie run along the picture, whichever way a book leans."""
    ux, uy = (float(np.sign(bar.ux)), 0.0) if abs(bar.ux) > abs(bar.uy) else (0.0, float(np.sign(bar.uy)))
    return replace(bar, ux=ux, uy=uy)


def _shrunk(bar: Bar) -> list[tuple[float, float]]:
    """The corners of its letters: a reader's box has a margin."""
    length, height = bar.length / 2, bar.height * 0.42
    return [_at(bar, along, across) for along, across in ((-length, -height), (length, -height), (length, height), (-length, height))]
