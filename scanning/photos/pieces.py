"""Pieces of one spine: which detections may be, by where they lie, and what they are together. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanning.detections import Box, Detection

GAP = 0.6  # of the narrower side of the two
ALONG = 0.5  # of the shorter one lies beside the other


@dataclass(frozen=True, slots=True)
class Piece:
    """A detection as far as joining is concerned."""

    box: Box
    sure: bool  # it is known which book it is
    read: bool  # it has any text


def neighbours(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Pairs that lie close and of which at most one is settled."""
    order = sorted((at for at, piece in enumerate(pieces) if piece.read), key=lambda at: pieces[at].box.x1)
    for rank, one in enumerate(order):
        box = pieces[one].box
        for other in order[rank + 1 :]:
            beside = pieces[other].box
            if beside.x1 > box.x2 + GAP * max(box.width, box.height):
                break
            if not (pieces[one].sure and pieces[other].sure) and _close(box, beside):
                yield min(one, other), max(one, other)


def _close(one: Box, other: Box) -> bool:
    """Side by side, or one after the other, with little between them."""
    across, down = _gap(one.x1, one.x2, other.x1, other.x2), _gap(one.y1, one.y2, other.y1, other.y2)
    near = GAP * min(one.width, one.height, other.width, other.height)
    least_width, least_height = min(one.width, other.width), min(one.height, other.height)
    return (across <= near and -down >= ALONG * least_height) or (down <= near and -across >= ALONG * least_width)


def _gap(start: float, end: float, other_start: float, other_end: float) -> float:
    """Between two intervals; negative where they overlap."""
    return max(start, other_start) - min(end, other_end)


def joined_detection(one: Detection, other: Detection) -> Detection:
    """Two pieces as one detection: all their lines, one box around both."""
    engines = "+".join(dict.fromkeys([*one.engine.split("+"), *other.engine.split("+")]))
    return Detection(
        engines,
        one.box.joined(other.box),
        min(one.confidence, other.confidence),
        one.title or other.title,
        one.author or other.author,
        one.isbn or other.isbn,
        one.format or other.format,
        one.lines + other.lines,
    )
