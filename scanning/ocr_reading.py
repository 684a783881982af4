"""The one door to RapidOCR: lines of text on a picture, in whatever direction they run.

Two passes see more than one: the detector was taught on lines that run from left to right, so spines are found better on a picture that
is turned by a quarter; a coarser upright pass finds large letters and what lies flat. Letters are read from the full picture, not from
the reduced one. Models come with the wheel; nothing is fetched. Only the picture process calls this.
Source: github.com/RapidAI/RapidOCR, "config.yaml" (PP-OCRv6 small, 0/180 classifier).
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR

from scanning.detections import Line

Pixels = NDArray[np.uint8]
Quad = NDArray[np.float64]  # 4 x 2, corners in reading order

UPRIGHT_PX = 1400  # longest side of the picture for the upright pass
TURNED_PX = 1800  # for the turned one
TURNED_PIXELS = 2_200_000  # of a squarish picture fewer: the detector's memory grows with them
THREADS = 2  # at most
LETTERS_PX = 48  # height that letters are read at
SURE = 0.95  # a line read so well is not read again by the second pass
DOUBTFUL = 0.85  # below: read upside down as well
LEAST = 0.5  # below: no line
TALL = 1.2  # height / width of a box from which on its text runs along the height
SAME = 0.55  # share of the smaller of two boxes that is the other's too: one line seen twice
OFF_MIDDLE = 0.3  # of a line's height: one whose middle is further off is another line


@dataclass(frozen=True, slots=True)
class _Reading:
    quad: Quad
    text: str
    confidence: float

    @property
    def worth(self) -> float:
        """How much was read: letters, less where they are unsure; negative where there is nothing to it."""
        return (self.confidence - 0.4) * sum(letter.isalnum() for letter in self.text)


def threads() -> int:
    """How many threads a look uses."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else min(THREADS, os.cpu_count() or 1)


class Reader:
    """Reads lines. Loads its models once, about 0.2 GB; not for two threads at a time."""

    def __init__(self) -> None:
        count = threads()
        cv2.setNumThreads(count)
        self._ocr = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": 100_000,  # we reduce
                "Global.use_vertical_padding": False,
                "Global.text_score": LEAST,
                "EngineConfig.onnxruntime.intra_op_num_threads": count,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Rec.rec_batch_num": 4,
            }
        )

    def lines(self, pixels: Pixels) -> list[Line]:
        """The lines of a picture (height x width x RGB), best first; points in its pixels."""
        height, width = pixels.shape[:2]
        upright = self._found(pixels, _scale(height, width, UPRIGHT_PX, UPRIGHT_PX**2), turned=False)
        first = self._read(pixels, upright)
        turned = self._found(pixels, _scale(height, width, TURNED_PX, TURNED_PIXELS), turned=True)
        sure = [one for one in first if one.confidence >= SURE]
        second = self._read(pixels, [quad for quad in turned if not any(_alike(quad, one.quad) for one in sure)])
        return [
            Line(one.text, round(one.confidence, 3), tuple((float(x), float(y)) for x, y in one.quad)) for one in best_of(first + second)
        ]

    def _found(self, pixels: Pixels, scale: float, *, turned: bool) -> list[Quad]:
        """Where text stands, each box with its first side along the text as far as its form tells."""
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        seen = pixels if scale == 1 else cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=way)
        if turned:
            seen = np.ascontiguousarray(np.rot90(seen))
        found: Any = self._ocr(_bgr(np.asarray(seen, dtype=np.uint8)), use_det=True, use_cls=False, use_rec=False)
        boxes = found.boxes
        if boxes is None:
            return []
        points = np.array(boxes, dtype=np.float64)
        if turned:  # a quarter against the clock took (x, y) to (y, width - x)
            points = np.stack([seen.shape[0] - points[..., 1], points[..., 0]], axis=-1)
        return [_along(quad / scale) for quad in points]

    def _read(self, pixels: Pixels, quads: Sequence[Quad]) -> list[_Reading]:
        """What stands in the boxes; in doubt upside down and, where a box is almost square, from the side."""
        cuts = [_cut(pixels, quad) for quad in quads]
        readings = list(self._recognised(quads, cuts))
        for quarters in (2, 1, 3):
            again = [place for place, one in enumerate(readings) if one.confidence < DOUBTFUL and (quarters == 2 or _squarish(cuts[place]))]
            turned = [np.ascontiguousarray(np.rot90(cuts[place], quarters)) for place in again]
            boxes = [np.roll(quads[place], -quarters, axis=0) for place in again]
            for place, other in zip(again, self._recognised(boxes, turned), strict=True):
                readings[place] = max(readings[place], other, key=lambda one: one.confidence)
        return [one for one in readings if one.confidence >= LEAST and one.text.strip()]

    def _recognised(self, quads: Sequence[Quad], cuts: Sequence[Pixels]) -> Iterator[_Reading]:
        if not cuts:
            return
        read = self._ocr.recognize_txt([_bgr(cut) for cut in cuts])
        texts: Any = read.txts or ()
        for quad, text, confidence in zip(quads, texts, read.scores, strict=True):
            yield _Reading(quad, text, float(confidence))


def best_of(readings: Sequence[_Reading]) -> list[_Reading]:
    """Each line once: of readings over one another the one that says most."""
    kept: list[_Reading] = []
    for one in sorted(readings, key=lambda reading: -reading.worth):
        if not any(_one_line(one.quad, other.quad) for other in kept):
            kept.append(one)
    return kept


def _scale(height: int, width: int, side: int, pixels: int) -> float:
    """Enlarges small pictures too, but never more than threefold."""
    return min(side / max(height, width), sqrt(pixels / (height * width)), 3.0)


def _bgr(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., ::-1])


def _sides(quad: Quad) -> tuple[float, float]:
    """Along the text, and across it."""
    along = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))
    across = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    return float(along), float(across)


def _along(quad: Quad) -> Quad:
    """Corners clockwise, the first side from left to right, or downwards where the box is tall."""
    by_x = quad[np.argsort(quad[:, 0], kind="stable")]
    (top_left, bottom_left), (top_right, bottom_right) = (pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_x[:2], by_x[2:]))
    clockwise = np.array([top_left, top_right, bottom_right, bottom_left])
    along, across = _sides(clockwise)
    return np.roll(clockwise, -1, axis=0) if across >= TALL * along else clockwise


def _squarish(cut: Pixels) -> bool:
    return bool(cut.shape[1] < 1.6 * cut.shape[0])


def _cut(pixels: Pixels, quad: Quad) -> Pixels:
    """The text of a box, straightened; not much larger than it is read."""
    along, across = _sides(quad)
    scale = min(1.0, LETTERS_PX * 1.5 / max(1.0, across))
    width, height = max(2, round(along * scale)), max(2, round(across * scale))
    left, top = (max(0, int(edge) - 2) for edge in quad.min(axis=0))
    right, bottom = (int(edge) + 3 for edge in quad.max(axis=0))
    part, corners = pixels[top:bottom, left:right], quad - (left, top)
    if scale < 0.7:  # or fine lines alias
        reduced = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        part, corners = np.asarray(reduced, dtype=np.uint8), corners * scale
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    straight = cv2.warpPerspective(part, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(straight, dtype=np.uint8)


def _overlap(one: Quad, other: Quad) -> float:
    """Share of the smaller box that lies in the other, 0..1."""
    if (one.min(axis=0) > other.max(axis=0)).any() or (other.min(axis=0) > one.max(axis=0)).any():
        return 0.0
    areas = [max(1e-6, cv2.contourArea(quad.astype(np.float32))) for quad in (one, other)]
    shared, _ = cv2.intersectConvexConvex(one.astype(np.float32), other.astype(np.float32))
    return float(float(shared) / min(areas))


def _one_line(one: Quad, other: Quad) -> bool:
    """Whether two boxes are of one line, whole or in part. Small letters beside large ones stand in their box, but off its middle."""
    if _overlap(one, other) < SAME:
        return False
    larger, smaller = (one, other) if _sides(one)[1] >= _sides(other)[1] else (other, one)
    along, across = larger[1] - larger[0], _sides(larger)[1]
    away = smaller.mean(axis=0) - larger.mean(axis=0)
    offset = abs(float(away[0] * along[1] - away[1] * along[0])) / max(1.0, float(np.linalg.norm(along)))
    return offset < OFF_MIDDLE * across


def _alike(one: Quad, other: Quad) -> bool:
    """Whether two boxes are one: most of the larger as well."""
    larger = max(cv2.contourArea(quad.astype(np.float32)) for quad in (one, other))
    smaller = min(cv2.contourArea(quad.astype(np.float32)) for quad in (one, other))
    return smaller >= 0.7 * larger and _overlap(one, other) >= 0.85
