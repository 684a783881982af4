"""Barcodes: the ISBN in the bars on a book's back.

A wrong book is worse than none, and both detectors make numbers with a right checksum out of blurred bars. So what they find on the
photo is only where to look: every place is cut out, set upright, and read again in several sizes by both. A number counts when enough
of these readings agree and next to none speaks for another.

Source: GS1 General Specifications 5.2 (EAN-13, add-on symbols: they are not read), ISO 2108 (ISBN in EAN-13).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from scanning.detections import Box, Detection, Point, Seen
from scanning.engine import LocalEngine
from search.identifiers import find_isbn

if TYPE_CHECKING:
    from scanning.imaging import Picture

MODULES = 95  # of an EAN-13 from its first bar to its last
TILTS = (0, 30, 60)  # degrees; detectors look along rows and columns, and bear about fifteen of tilt when bars are short
MOST_SIDE_PX = 6_000
LEAST_SIDE_PX = 40  # of a photo that is looked at in half its size as well
MOST_PLACES = 60  # looked at again on one photo: a shop's shelf has no more, and stripes cost no time without end
MODULE_PX = (2.0, 3.0, 4.5)  # sizes that a place is read in, beside its own
LEAST_MODULE_PX = 0.7  # below that bars are grey
AROUND = 0.3  # of the bars' width that is cut out beside them
LEAST_READINGS = 3
LEAST_SHARE = 0.8  # of the readings at a place that must agree

Pixels = Any  # numpy's array of uint8; numpy is not imported here


@dataclass(frozen=True, slots=True)
class Reading:
    """Thirteen digits, or "" for bars that could not be read; `corners` go round, the first to the last run across the bars."""

    by: str  # zxing, opencv
    digits: str
    corners: tuple[Point, ...]

    @property
    def along(self) -> tuple[Point, Point]:
        """From the middle of the first bar to the middle of the last."""
        a, b, c, d = self.corners
        return ((a[0] + d[0]) / 2, (a[1] + d[1]) / 2), ((b[0] + c[0]) / 2, (b[1] + c[1]) / 2)

    @property
    def width(self) -> float:
        return math.dist(*self.along)

    @property
    def centre(self) -> Point:
        (x1, y1), (x2, y2) = self.along
        return (x1 + x2) / 2, (y1 + y2) / 2

    @property
    def area(self) -> float:
        """Of the corners' polygon, in square pixels."""
        pairs = zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True)
        return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2

    def moved(self, matrix: Pixels) -> "Reading":
        """As seen through an affine map of two rows."""
        rows = [[float(value) for value in row] for row in matrix]
        corners = tuple((a[0] * x + a[1] * y + a[2], b[0] * x + b[1] * y + b[2]) for a, b in (rows,) for x, y in self.corners)
        return Reading(self.by, self.digits, corners)

    def near(self, other: "Reading") -> bool:
        """Whether both are of the same bars, as far as their places tell."""
        return math.dist(self.centre, other.centre) < max(self.width, other.width) / 2


@dataclass(slots=True)
class _Found:
    """What all places gave: the best reading of each ISBN and who read it; what is no book; and what was not believed."""

    best: dict[str, Reading] = field(default_factory=dict)
    by: dict[str, set[str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)  # numbers of what is no book
    done: list[Reading] = field(default_factory=list)
    doubtful: int = 0

    def settled(self, place: Reading) -> bool:
        """Whether these very bars were read at another sighting of them."""
        return any(place.near(reading) for reading in self.done)

    def add(self, agreed: Sequence[Reading]) -> None:
        """Keep what agrees; bars of a photo's two copies of a book are one book."""
        isbn = agreed[0].digits
        self.done.append(agreed[0])
        if find_isbn(isbn) is None:
            self.others.add(isbn)
            return
        exact = [reading for reading in agreed if reading.by == "zxing"] or agreed  # the other's corners take in add-ons
        best = max(exact, key=lambda reading: reading.area)
        known = self.best.get(isbn)
        self.best[isbn] = best if known is None or best.area > known.area else known
        self.by.setdefault(isbn, set()).update(reading.by for reading in agreed)


class BarcodeEngine(LocalEngine):
    """Reads ISBN barcodes, with zxing-cpp and OpenCV."""

    name: ClassVar[str] = "barcode"
    label: ClassVar[str] = "Barcodes"
    stage: ClassVar[str] = "reading barcodes"
    order: ClassVar[int] = 10

    @classmethod
    def missing(cls) -> str | None:
        return None  # both libraries are required ones

    def look(self, picture: "Picture") -> Seen:
        import cv2

        picture = picture.within(MOST_SIDE_PX)
        grey = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2GRAY)
        places = list(_places(grey))
        found = _Found()
        for place in places[:MOST_PLACES]:
            if found.settled(place):
                continue
            agreed = _agreed(readings := list(_again(grey, place)))
            if agreed:
                found.add(agreed)
            else:
                found.doubtful += any(find_isbn(reading.digits) for reading in (place, *readings))
        detections = tuple(
            Detection(self.name, Box.around(reading.corners, picture.width, picture.height), 1.0, isbn=isbn)
            for isbn, reading in found.best.items()
        )
        return Seen(self.name, detections, facts=_facts(places, found))


def _facts(places: Sequence[Reading], found: _Found) -> dict[str, Any]:
    return {
        "places": len(places),
        "zxing": sorted(isbn for isbn, by in found.by.items() if "zxing" in by),
        "opencv": sorted(isbn for isbn, by in found.by.items() if "opencv" in by),
        "doubtful": found.doubtful,
        "not_books": len(found.others),
    }


def _agreed(readings: Sequence[Reading]) -> list[Reading]:
    """The readings of the number that is sure to stand at a place; empty where none is."""
    told = [reading for reading in readings if reading.digits]
    texts = {reading.digits for reading in told}
    if not texts:
        return []
    winner = max(sorted(texts), key=lambda text: sum(reading.digits == text for reading in told))
    agreed = [reading for reading in told if reading.digits == winner]
    sure = len(agreed) >= LEAST_READINGS and len(agreed) >= LEAST_SHARE * len(told)
    return agreed if sure else []


def _places(grey: Pixels) -> Iterator[Reading]:
    """Where bars may stand, each place once; those that gave an ISBN come first."""
    seen: list[Reading] = []
    for reading in sorted(_sightings(grey), key=lambda reading: (find_isbn(reading.digits) is None, -reading.area)):
        if not any(reading.near(other) and reading.digits in ("", other.digits) for other in seen):
            seen.append(reading)
    yield from (place for place in seen if place.width >= LEAST_MODULE_PX * MODULES)


def _sightings(grey: Pixels) -> Iterator[Reading]:
    """All that the detectors see on the whole photo, which is turned as well: they look along rows and columns only."""
    import cv2

    yield from _opencv(grey)
    for tilt in TILTS:
        if not tilt:
            yield from _zxing(grey)
            continue
        turned, back = _turned(grey, tilt)
        yield from (reading.moved(back) for reading in _zxing(turned))
    if min(grey.shape) < LEAST_SIDE_PX:
        return
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield from (reading.moved([[2, 0, 0], [0, 2, 0]]) for reading in _opencv(half))


def _turned(grey: Pixels, degrees: float) -> tuple[Pixels, Pixels]:
    """The picture turned, with room for its corners, and the map back."""
    import cv2

    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = int(width * cos + height * sin), int(width * sin + height * cos)
    matrix[0, 2] += (wide - width) / 2
    matrix[1, 2] += (high - height) / 2
    return cv2.warpAffine(grey, matrix, (wide, high), borderValue=255), cv2.invertAffineTransform(matrix)


def _again(grey: Pixels, place: Reading) -> Iterator[Reading]:
    """Readings of one place, upright, in several sizes; only of the bars in its middle."""
    import cv2

    upright, back = _cut_out(grey, place)
    native = place.width / MODULES
    for module_px in (native, *MODULE_PX):
        factor = module_px / native
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        sized = upright if factor == 1 else cv2.resize(upright, None, fx=factor, fy=factor, interpolation=how)
        for reading in (*_zxing(sized), *_opencv(sized)):
            there = reading.moved([[1 / factor, 0, 0], [0, 1 / factor, 0]]).moved(back)
            if there.near(place):
                yield there


def _cut_out(grey: Pixels, place: Reading) -> tuple[Pixels, Pixels]:
    """The bars and what is around them, turned so that they stand upright, and the map back."""
    import cv2

    (x1, y1), (x2, y2) = place.along
    wide = int(place.width * (1 + 2 * AROUND)) + 1
    matrix = cv2.getRotationMatrix2D(place.centre, math.degrees(math.atan2(y2 - y1, x2 - x1)), 1.0)
    matrix[0, 2] += wide / 2 - place.centre[0]
    matrix[1, 2] += wide / 2 - place.centre[1]
    upright = cv2.warpAffine(grey, matrix, (wide, wide), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return upright, cv2.invertAffineTransform(matrix)


def _zxing(grey: Pixels) -> Iterator[Reading]:
    import zxingcpp

    wanted = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.EAN13])
    for code in zxingcpp.read_barcodes(grey, formats=wanted):
        place = code.position
        corners = tuple((float(at.x), float(at.y)) for at in (place.top_left, place.top_right, place.bottom_right, place.bottom_left))
        yield Reading("zxing", _thirteen(code.text), corners)


def _opencv(grey: Pixels) -> Iterator[Reading]:
    import cv2

    _, texts, _, quads = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(grey)
    for text, quad in zip(texts, quads if quads is not None else (), strict=True):
        bottom_left, top_left, top_right, bottom_right = ((float(x), float(y)) for x, y in quad)
        yield Reading("opencv", _thirteen(text), (top_left, top_right, bottom_right, bottom_left))


def _thirteen(text: str) -> str:
    """An EAN-13 as it is, a UPC-A as the EAN-13 that it is part of, an EAN-8 or anything else as unread."""
    digits = text.zfill(13) if len(text) == 12 else text
    return digits if len(digits) == 13 and digits.isdigit() else ""
