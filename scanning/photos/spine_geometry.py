"""A line of text as a bar on the photo: where it stands, which way it runs, how large its letters are. Pure."""

from dataclasses import dataclass, replace
from math import cos, hypot, radians

from scanning.detections import Line, Point

PARALLEL = cos(radians(14))  # of two lines on one spine that run the same way
CROSSING = cos(radians(70))  # of a line across a spine


@dataclass(frozen=True, slots=True)
class Bar:
    """A line's centre, direction (a unit vector), length along the text and height across it, in pixels."""

    x: float
    y: float
    ux: float
    uy: float
    length: float
    height: float
    corners: tuple[Point, ...]

    @classmethod
    def of(cls, line: Line) -> "Bar":
        """The bar of a line; one without any length runs to the right."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = line.points
        x, y = (bx + cx - ax - dx) / 2, (by + cy - ay - dy) / 2
        length = hypot(x, y)
        ux, uy = (x / length, y / length) if length else (1.0, 0.0)
        height = hypot((cx + dx - ax - bx) / 2, (cy + dy - ay - by) / 2)
        return cls((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, ux, uy, max(length, 1.0), max(height, 1.0), line.points)

    def along(self, point: Point) -> float:
        """Where a point stands along the text, from the centre."""
        return (point[0] - self.x) * self.ux + (point[1] - self.y) * self.uy

    def across(self, point: Point) -> float:
        """Where a point stands across the text, from the centre; later rows are larger."""
        return (point[1] - self.y) * self.ux - (point[0] - self.x) * self.uy

    def turned(self) -> "Bar":
        """The same place, read a quarter further."""
        return replace(self, ux=-self.uy, uy=self.ux, length=self.height, height=self.length)

    def parallel(self, other: "Bar") -> bool:
        """Whether both run along one axis, either way."""
        return abs(self.ux * other.ux + self.uy * other.uy) >= PARALLEL

    def crosses(self, other: "Bar") -> bool:
        """Whether they run at about a right angle."""
        return abs(self.ux * other.ux + self.uy * other.uy) <= CROSSING

    def same_way(self, other: "Bar") -> bool:
        """Whether both are read the same way, not one upside down."""
        return self.ux * other.ux + self.uy * other.uy > 0

    def extent(self, other: "Bar") -> tuple[float, float]:
        """Where another one begins and ends along this one's text."""
        places = [self.along(corner) for corner in other.corners]
        return min(places), max(places)

    def gap(self, other: "Bar") -> float:
        """Pixels between them along this one's text; negative: so much beside one another."""
        start, end = self.extent(other)
        return max(start - self.length / 2, -self.length / 2 - end)

    def offset(self, other: "Bar") -> float:
        """Pixels between the two centre lines, halfway between the two centres; later rows are larger.

        Each line's own tilt is followed to the middle, because books lean and a photo is not taken from straight ahead.
        """
        middle = ((self.x + other.x) / 2, (self.y + other.y) / 2)
        sign = 1.0 if self.same_way(other) else -1.0
        return self.across(middle) - sign * other.across(middle)
