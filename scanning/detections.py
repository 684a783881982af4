"""What engines see on a photo: boxes, lines of text, detections. Values only; no picture library is needed to handle them.

Points are pixels of the upright picture that the engines saw; boxes are fractions 0..1 of it. Source: spec 04, "BoundingBox".
"""

from dataclasses import dataclass, field, replace
from typing import Any

DIGITS = 4  # of a box's fractions
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the picture, 0 <= x1 < x2 <= 1 and so for y; y grows downwards."""

    x1: float
    y1: float
    x2: float
    y2: float

    @classmethod
    def around(cls, points: "tuple[Point, ...] | list[Point]", width: int, height: int) -> "Box":
        """The least box around points of a picture of that size in pixels: cut to the picture, and never empty."""
        left, right = (_cut(edge(x for x, _ in points) / width) for edge in (min, max))
        top, bottom = (_cut(edge(y for _, y in points) / height) for edge in (min, max))
        (x1, x2), (y1, y2) = _opened(left, right), _opened(top, bottom)
        return cls(x1, y1, x2, y2)

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> Point:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def shared(self, other: "Box") -> float:
        """How much of the smaller one lies within the other, 0..1."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return width * height / min(self.area, other.area) if width > 0 and height > 0 else 0.0

    def holds(self, point: Point) -> bool:
        """Whether a point, in fractions, lies within."""
        return self.x1 <= point[0] <= self.x2 and self.y1 <= point[1] <= self.y2

    def joined(self, other: "Box") -> "Box":
        """The least box around both."""
        return Box(min(self.x1, other.x1), min(self.y1, other.y1), max(self.x2, other.x2), max(self.y2, other.y2))

    def as_dto(self) -> dict[str, float]:
        """`{x, y, width, height, x1, y1, x2, y2}`; both forms agree to the last digit."""
        x1, y1, x2, y2 = (round(value, DIGITS) for value in (self.x1, self.y1, self.x2, self.y2))
        twins = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
        return {"x": x1, "y": y1, "width": round(x2 - x1, DIGITS), "height": round(y2 - y1, DIGITS), **twins}


def _cut(value: float) -> float:
    return min(1.0, max(0.0, value))


def _opened(low: float, high: float) -> tuple[float, float]:
    """An interval of at least two of the least steps that a box is told in."""
    least = 2 * 10**-DIGITS
    start = min(low, 1.0 - least)
    return (low, high) if high - low >= least else (start, start + least)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text as it stands on the photo. `points` are its corners in reading order: top left, top right, bottom right, bottom
    left as the text is read, so that the first side runs along the text; `confidence` 0..1 is the reader's."""

    text: str
    confidence: float
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class SpineLine:
    """A line as a part of one spine: `size` is the letters' height as a share of the largest on it (0..1], `start` and `end` are where
    it begins and ends along the reading direction of the spine, 0..1; `row` counts lines beside one another across the spine from 0; `box`
    is where it stands on the photo, None where that is not known."""

    text: str
    confidence: float
    size: float
    start: float
    end: float
    row: int = 0
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """Something on the photo that an engine takes for a book. What it does not know is None; `isbn` is an ISBN-13 with a right checksum.

    An engine that reads letters gives `lines` in reading order and leaves it to `scanning.photos` what is title and what is author;
    one that understands gives `title` and `author` as well.
    """

    engine: str  # barcode, ocr, gemini; several joined by "+"
    box: Box
    confidence: float  # 0..1
    title: str | None = None
    author: str | None = None
    isbn: str | None = None
    format: str | None = None  # one of spec 04's five
    lines: tuple[SpineLine, ...] = ()

    @property
    def text(self) -> str:
        """All that was read, in reading order."""
        return " ".join(line.text for line in self.lines)

    def with_box(self, box: Box) -> "Detection":
        """The same somewhere else."""
        return replace(self, box=box)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one engine made of one photo. `warnings` are sentences for people; tokens and model only of engines that cost."""

    engine: str
    detections: tuple[Detection, ...] = ()
    warnings: tuple[str, ...] = ()
    tokens: int = 0
    model: str | None = None
    seconds: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)  # for the operators' page: numbers that explain what happened
