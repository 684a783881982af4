"""ISBNs that were read as print: on a copyright page, above the bars of a barcode, or the digits below them.

A number is told from luck by what stands with it: thirteen digits that begin with 978 or 979 and have a right check digit are an ISBN;
of any ten digits every eleventh has a right check digit, so that they count after the word ISBN only. Source: ISO 2108, spec 06.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scanning.detections import Box, Detection, Line, Point
from search.identifiers import find_isbn

_GAP = r"[-\s\u2010-\u2015\u2212.>]{0,2}"  # between two digits; ">" ends the digits under the bars of some printers
_WORD = re.compile(r"[I1l|]S[B8]N(?:\s*-?\s*1[03](?=[\s:]))?[\s:.-]*", re.IGNORECASE)  # as it is misread in small print
_THIRTEEN = re.compile(rf"(?<![0-9])9{_GAP}7{_GAP}[89](?:{_GAP}[0-9]){{10}}(?![0-9])")
_TEN = re.compile(rf"[0-9](?:{_GAP}[0-9]){{8}}{_GAP}[0-9Xx](?![0-9A-Za-z])")
_NUMBER_LINE = re.compile(r"[0-9](?:[\s<>|-]*[0-9])*[\s<>|-]*\Z")
_LABELLED_NUMBER = re.compile(rf"[0-9](?:{_GAP}[0-9]){{8,12}}(?:{_GAP}[Xx])?")
_BELOW_BARS = re.compile(r"(?:[0-9]\s+)?[0-9]{6}(?:\s+[0-9]{6})?|[0-9]\s+[0-9]{5}\s+[0-9]{5}(?:\s+[0-9])?")  # EAN-13 or its halves, UPC-A
_EAN = (8, 12, 13)  # digits of a barcode: EAN-8, UPC-A, EAN-13
_ADD_ON = (2, 5)
SURE_LINE = 0.9  # confidence of a line whose digits are believed
MOST_JOINED = 5  # boxes that one number is broken over
MOST_GAP = 3.0  # between two boxes of one number, in letter heights
MOST_OFF_ROW = 0.5  # how far a box may stand above or below its neighbour, in letter heights
MOST_TURN = 0.26  # radians (15 degrees) between two boxes of one row
LEAST_LIKENESS = 0.5  # of the heights of two boxes of one number


def printed_isbns(lines: Sequence[Line]) -> list[tuple[str, tuple[Line, ...]]]:
    """The ISBN-13s that stand on lines or over neighbouring ones of a row, each once, with the lines that it was read from."""
    found: dict[str, tuple[Line, ...]] = {}
    for count in range(1, MOST_JOINED + 1):  # what stands on fewer lines is surer
        for run in _runs(lines, count):
            for isbn in _isbns([line.text for line in run]):
                found.setdefault(isbn, run)
    return list(found.items())


def with_printed_isbns(found: Sequence[Detection], lines: Sequence[Line], width: int, height: int) -> list[Detection]:
    """What was found on a picture of that size, with the ISBNs that stand on its lines: each goes to the text around it, or stands alone.

    A number of which any line is doubtful is left out: one digit in ten that is misread gives a right checksum all the same.
    """
    told = list(found)
    for isbn, own in printed_isbns(lines):
        confidence = min(line.confidence for line in own)
        if confidence < SURE_LINE:
            continue
        box = Box.around([point for line in own for point in line.points], width, height)
        around = [place for place, one in enumerate(told) if one.isbn is None and one.box.holds(box.centre)]
        if around:
            place = min(around, key=lambda place: told[place].box.area)
            told[place] = replace(told[place], isbn=isbn)
        else:
            told.append(Detection("ocr", box, confidence, isbn=isbn))
    return told


def is_number_line(text: str) -> bool:
    """Whether a line is nothing but the digits of a barcode, of a book or of anything else, and so no title."""
    bare = text.strip()
    word = _WORD.match(bare)
    rest = bare[word.end() :] if word else bare
    if word:
        return not rest or bool(_LABELLED_NUMBER.fullmatch(rest))
    if _BELOW_BARS.fullmatch(rest):
        return True
    if not _NUMBER_LINE.match(rest):
        return False
    digits = re.sub(r"[^0-9]", "", rest)
    groups = re.findall(r"[0-9]+", rest)
    if len(digits) in _EAN:
        return _has_ean_check(digits)
    last = len(groups[-1])
    return len(groups) > 1 and last in _ADD_ON and len(digits) - last in _EAN and _has_ean_check(digits[:-last])


def _has_ean_check(digits: str) -> bool:
    weights = [3, 1] * len(digits)
    return sum(int(digit) * weight for digit, weight in zip(reversed(digits[:-1]), weights, strict=False)) % 10 == -int(digits[-1]) % 10


def _isbns(texts: Sequence[str]) -> Iterator[str]:
    """ISBNs that begin in the first of the texts and, where there are several, end in the last."""
    joined = " ".join(texts)
    first, last = len(texts[0]), len(joined) - len(texts[-1])
    words = [match.span() for match in _WORD.finditer(joined)]
    numbers = [(match.start(), match) for match in _THIRTEEN.finditer(joined)]
    for start, end in words:  # an ISBN-10 begins where the word is
        ten = _TEN.match(joined, end)
        if ten and not _THIRTEEN.match(joined, end):
            numbers.append((start, ten))
    for begins, match in numbers:
        isbn = find_isbn(re.sub(r"[^0-9Xx]", "", match[0]))
        if isbn and (len(texts) == 1 or (begins < first and match.end() > last)):
            yield isbn.isbn13


def _runs(lines: Sequence[Line], count: int) -> Iterator[tuple[Line, ...]]:
    """So many boxes that follow one another in a row."""
    follower = {index: _next(lines, index) for index in range(len(lines))} if count > 1 else {}
    for index in range(len(lines)):
        run = [index]
        while len(run) < count:
            following = follower.get(run[-1])
            if following is None or following in run:
                break
            run.append(following)
        if len(run) == count:
            yield tuple(lines[place] for place in run)


def _next(lines: Sequence[Line], index: int) -> int | None:
    """The nearest box that goes on where a box ends, in its direction and row; None where none does."""
    gaps = ((gap, other) for other in range(len(lines)) if other != index and (gap := _gap(lines[index], lines[other])) is not None)
    return min(gaps, default=(0.0, None))[1]


def _gap(line: Line, other: Line) -> float | None:
    """Letter heights from a line's end to another's beginning; None where the other is not its continuation."""
    height, other_height = _height(line), _height(other)
    if min(height, other_height) <= LEAST_LIKENESS * max(height, other_height):
        return None
    turn = _angle(line) - _angle(other)
    if abs(math.remainder(turn, 2 * math.pi)) > MOST_TURN:
        return None
    end, start = _middle(line.points[1], line.points[2]), _middle(other.points[0], other.points[3])
    dx, dy, angle = start[0] - end[0], start[1] - end[1], _angle(line)
    along, across = dx * math.cos(angle) + dy * math.sin(angle), dy * math.cos(angle) - dx * math.sin(angle)
    near = -height <= along <= MOST_GAP * height and abs(across) <= MOST_OFF_ROW * height
    return abs(along) / height if near else None


def _middle(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _height(line: Line) -> float:
    return math.dist(line.points[0], line.points[3])


def _angle(line: Line) -> float:
    (x1, y1), (x2, y2) = line.points[:2]
    return math.atan2(y2 - y1, x2 - x1)
