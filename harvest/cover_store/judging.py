"""Whether a picture is the cover of a book, and how good a one: pure rules, with their reasons in words.

A wrong cover is worse than none: what may be a provider's "no cover" picture is refused, however large it is.
Source: spec 06, "Cover harvest"; spec 04, "Merging providers": never a placeholder image.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

MIN_SIDE_PX = 100
FULL_SIZE = (512, 768)  # px, from which a picture is no better for being larger: the largest size that is served
BOOK_ASPECTS = (0.5, 1.1)  # width to height of most books, square ones for children included
ABSURD_ASPECTS = (0.25, 2.5)  # a spine, a banner
PLAIN_ENOUGH = 0.80  # of the picture in one colour: many covers have that
BLANK = 0.985  # of which nothing can be told: a title takes more
SAME_LOOK_BITS = 4  # of 64 that may differ between copies of one picture in other sizes and codings
AGREEING_BITS = 10  # between two providers' pictures of one cover
WEIGHTS = {"size": 0.55, "shape": 0.20, "content": 0.15, "agreement": 0.10}  # together 1
# Distinct books that show the very same picture before it is taken for a placeholder. Small or plain pictures are so more often;
# series have uniform covers, and copies of one book many ISBNs.
SAME_PICTURE_SUSPICIOUS, SAME_PICTURE = 3, 25
SUSPICIOUS_SIDE_PX, SUSPICIOUS_PLAINNESS = 160, 0.85
AGREES = "another provider shows the same"
# Sizes of pictures that say nothing by being there: the dots that are sent in place of a picture.
DOTS = frozenset({(1, 1), (2, 2)})


class Measured(Protocol):
    """What was measured of a picture (scanning.services.CoverPicture)."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def likeness(self) -> str: ...
    @property
    def plainness(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good a cover a picture is: 0..1, and why. `refused` says why it is none; None: it is one."""

    score: float
    reasons: tuple[str, ...]
    refused: str | None = None
    placeholder: bool = False  # refused for standing on too many books: no book should show it


def judge(picture: Measured, *, no_covers: Iterable[str] = (), agreeing: Iterable[str] = (), books: int = 1) -> Judgement:
    """Judge a picture of a book.

    `no_covers`: likenesses of pictures that are none; `agreeing`: likenesses of other providers' pictures of the same book;
    `books`: how many different books show this very picture, this one included.
    """
    refused = _refused(picture, no_covers)
    if refused is not None:
        return Judgement(0.0, (refused,), refused)
    if books >= same_picture_limit(picture):
        told = f"{books} different books have the very same picture"
        return Judgement(0.0, (told,), told, placeholder=True)
    agrees = any(distance(picture.likeness, other) <= AGREEING_BITS for other in agreeing)
    parts = {
        "size": math.sqrt(_of_full(picture)),
        "shape": _shape(picture),
        "content": 1.0 if picture.plainness <= PLAIN_ENOUGH else (BLANK - picture.plainness) / (BLANK - PLAIN_ENOUGH),
        "agreement": 1.0 if agrees else 0.0,
    }
    score = min(1.0, sum(WEIGHTS[name] * part for name, part in parts.items()))
    return Judgement(round(score, 4), tuple(_reasons(picture, agrees)))


def agreed(score: float, reasons: Iterable[str]) -> tuple[float, list[str]]:
    """What a judgement becomes when another provider shows the same picture; itself where one did before."""
    told = list(reasons)
    return (score, told) if AGREES in told else (round(min(1.0, score + WEIGHTS["agreement"]), 4), [*told, AGREES])


def same_picture_limit(picture: Measured) -> int:
    """How many different books a picture may stand on before it is taken for a placeholder."""
    suspicious = picture.plainness >= SUSPICIOUS_PLAINNESS or min(picture.width, picture.height) < SUSPICIOUS_SIDE_PX
    return SAME_PICTURE_SUSPICIOUS if suspicious else SAME_PICTURE


def distance(one: str, other: str) -> int:
    """In how many of their 64 bits two likenesses differ; 64 where one of them is none."""
    try:
        return (int(one, 16) ^ int(other, 16)).bit_count()
    except ValueError:
        return 64


def looks_like(likeness: str, others: Iterable[str]) -> bool:
    """Whether a picture is one of these, whatever its size and coding."""
    return any(distance(likeness, other) <= SAME_LOOK_BITS for other in others)


def _refused(picture: Measured, no_covers: Iterable[str]) -> str | None:
    width, height = picture.width, picture.height
    if (width, height) in DOTS:
        return "a dot that stands for no picture"
    if min(width, height) < MIN_SIDE_PX:
        return f"{width} x {height} px is too small: {MIN_SIDE_PX} px are the least"
    if not ABSURD_ASPECTS[0] <= width / height <= ABSURD_ASPECTS[1]:
        return f"{width} x {height} px is not the shape of a book"
    if picture.plainness >= BLANK:
        return f"blank: {picture.plainness:.0%} of it is one colour"
    if looks_like(picture.likeness, no_covers):
        return "a picture that is known to be no cover"
    return None


def _of_full(picture: Measured) -> float:
    """The share, 0..1, of the largest size that is served; larger counts no more."""
    return min(1.0, picture.width * picture.height / (FULL_SIZE[0] * FULL_SIZE[1]))


def _shape(picture: Measured) -> float:
    """1 for the shape of a book, less the further from it, 0 where it is absurd."""
    aspect = picture.width / picture.height
    least, most = BOOK_ASPECTS
    if aspect < least:
        return math.log(aspect / ABSURD_ASPECTS[0]) / math.log(least / ABSURD_ASPECTS[0])
    return 1.0 if aspect <= most else math.log(ABSURD_ASPECTS[1] / aspect) / math.log(ABSURD_ASPECTS[1] / most)


def _reasons(picture: Measured, agrees: bool) -> list[str]:
    size = "" if _of_full(picture) == 1.0 else ", less than is served at most"
    reasons = [f"{picture.width} x {picture.height} px{size}"]
    reasons.append("the shape of a book" if _shape(picture) == 1.0 else "an odd shape for a book")
    if picture.plainness > PLAIN_ENOUGH:
        reasons.append(f"{picture.plainness:.0%} of it is one colour")
    if agrees:
        reasons.append(AGREES)
    return reasons
