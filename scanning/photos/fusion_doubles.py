"""One engine that saw one thing twice: on two tiles of a photo, or a model that repeats itself. Pure.

Two copies of a title beside one another are two: their boxes do not share most of the smaller one.
"""

from collections.abc import Sequence
from dataclasses import replace

from scanning.detections import Box, Detection
from scanning.photos.fusion_texts import readable, same_text

SAME_PLACE = 0.5  # of the smaller box
SAME_PLACE_UNREAD = 0.8  # of it, where only one of the two has a text
SAME_TEXT = 0.85
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def without_doubles(parts: Sequence[tuple[Box, Sequence[Detection]]]) -> list[Detection]:
    """What was seen on overlapping parts of a photo, each book once. A book that an edge cuts is compared where both parts show it."""
    kept: list[tuple[Box, Detection]] = []
    for tile, found in parts:
        for detection in found:
            place = next((at for at, (seen_on, one) in enumerate(kept) if _is_double(one, seen_on, detection, tile)), None)
            if place is None:
                kept.append((tile, detection))
            else:
                kept[place] = (kept[place][0].joined(tile), merged(kept[place][1], detection))
    return [detection for _, detection in kept]


def merged(one: Detection, other: Detection) -> Detection:
    """The better of two detections of one thing, with what only the other one knows, and the box around both."""
    best, rest = (one, other) if _worth(one) >= _worth(other) else (other, one)
    return replace(
        best,
        box=one.box.joined(other.box),
        confidence=max(one.confidence, other.confidence),
        title=best.title or rest.title,
        author=best.author or rest.author,
        isbn=best.isbn or rest.isbn,
        format=best.format or rest.format,
        lines=best.lines or rest.lines,
    )


def same_place_and_text(one: Detection, other: Detection) -> bool:
    """Whether two detections on one picture are one thing."""
    return _is_one(one, other, one.box.shared(other.box))


def _is_double(one: Detection, tile: Box, other: Detection, other_tile: Box) -> bool:
    both = _common(tile, other_tile)
    if tile == other_tile or both is None:
        return same_place_and_text(one, other)
    left, right = _common(one.box, both), _common(other.box, both)
    return left is not None and right is not None and _is_one(one, other, left.shared(right))


def _is_one(one: Detection, other: Detection, shared: float) -> bool:
    """By how much of the smaller box is shared, and by text; where one or both have none, their place decides."""
    if shared < SAME_PLACE or (one.isbn and other.isbn and one.isbn != other.isbn):
        return False
    if readable(one) and readable(other):
        return same_text(one, other) >= SAME_TEXT
    return shared >= SAME_PLACE_UNREAD or not (readable(one) or readable(other))


def _common(one: Box, other: Box) -> Box | None:
    x1, y1, x2, y2 = max(one.x1, other.x1), max(one.y1, other.y1), min(one.x2, other.x2), min(one.y2, other.y2)
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def _worth(detection: Detection) -> tuple[int, int, float]:
    """The more is known the better: a cut title is shorter than a whole one."""
    known = sum(value is not None for value in (detection.title, detection.author, detection.isbn))
    return known, len(detection.title or "") + len(detection.author or "") + len(detection.text), detection.confidence
