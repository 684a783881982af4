"""Lines of text to spines of books: what stands on one spine, in reading order. Pure."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from scanning.detections import Box, Detection, Line, SpineLine
from scanning.photos.spine_geometry import Bar
from scanning.photos.spine_links import Apart, groups_of

NAME = "ocr"
SHELF_MARK = re.compile(r"(?:[A-Z]{1,2}\s)?[\d.()/]*\s?[A-Z]?\s?(?:[A-Z][a-zà-ÿ]{1,2})?")  # "N 837 Pas", "330", "Pal"
REPEATED = 6  # letters from which on a text that is there twice tells something
BESIDE = 0.3  # of the shorter one: so much along one another makes two rows


def nothing_between(one: int, other: int) -> float:
    """For lines without their picture."""
    return 0.0


def spines_of(
    lines: Sequence[Line], width: int, height: int, *, apart: Apart = nothing_between, boards: Apart = nothing_between
) -> list[Detection]:
    """The spines that lines of a picture of that size in pixels stand on, from left to right.

    `apart` and `boards` say of two lines, by their places in `lines`, whether the edge of a book runs between them, or a shelf: 0..1.
    What is no title by itself (a shelf mark, a number, a single letter) makes no spine.
    """
    places = [place for place, line in enumerate(lines) if _letters(line.text) >= 2]
    bars = [Bar.of(lines[place]) for place in places]

    def asked(question: Apart) -> Apart:
        return lambda one, other: question(places[one], places[other])

    def beside(one: int, other: int) -> float:
        return 1.0 if _same_text(lines[one].text, lines[other].text) else apart(one, other)

    spines = []
    for group in groups_of(bars, asked(beside), asked(boards)):
        members = [lines[places[member]] for member in group]
        if any(_speaks(line.text) for line in members):
            spines.append(_spine(members, [bars[member] for member in group], width, height))
    return sorted(spines, key=lambda spine: spine.box.centre)


def _letters(text: str) -> int:
    return sum(letter.isalnum() for letter in text)


def _same_text(one: str, other: str) -> bool:
    """Whether two lines beside one another say the same, as two books by one author do."""
    least = min(_letters(one), _letters(other))
    return least >= REPEATED and fuzz.ratio(one.casefold(), other.casefold()) >= 85


def _speaks(text: str) -> bool:
    """Whether a text may be a title or a name."""
    return sum(letter.isalpha() for letter in text) >= 3 and SHELF_MARK.fullmatch(text.strip()) is None


def _spine(lines: Sequence[Line], bars: Sequence[Bar], width: int, height: int) -> Detection:
    axis = _axis(lines, bars)
    extents = [axis.extent(bar) for bar in bars]
    first, last = min(start for start, _ in extents), max(end for _, end in extents)
    largest = max(bar.height for bar in bars)
    rows = _rows(axis, bars, extents)
    spine_lines = [
        SpineLine(
            lines[place].text.strip(),
            lines[place].confidence,
            bars[place].height / largest,
            max(0.0, (extents[place][0] - first) / (last - first)),
            min(1.0, (extents[place][1] - first) / (last - first)),
            rows[place],
            Box.around(bars[place].corners, width, height),
        )
        for place in _in_order(axis, bars, extents, rows)
    ]
    weights = [max(1, _letters(line.text)) for line in lines]
    confidence = sum(line.confidence * weight for line, weight in zip(lines, weights, strict=True)) / sum(weights)
    box = Box.around([corner for bar in bars for corner in bar.corners], width, height)
    return Detection(NAME, box, round(min(1.0, confidence), 3), lines=tuple(spine_lines))


def _axis(lines: Sequence[Line], bars: Sequence[Bar]) -> Bar:
    """The line that most of the text runs along with."""

    def voices(one: Bar) -> int:
        return sum(_letters(line.text) for line, bar in zip(lines, bars, strict=True) if one.parallel(bar) and one.same_way(bar))

    return max(bars, key=lambda bar: (voices(bar), bar.length))


def _rows(axis: Bar, bars: Sequence[Bar], extents: Sequence[tuple[float, float]]) -> list[int]:
    """For each line how many stand before it across the spine."""
    rows = [0] * len(bars)
    order = sorted(range(len(bars)), key=lambda place: axis.across((bars[place].x, bars[place].y)))
    for count, place in enumerate(order):
        before = [earlier for earlier in order[:count] if _beside(extents[earlier], extents[place])]
        rows[place] = 1 + max((rows[earlier] for earlier in before), default=-1)
    return rows


def _beside(one: tuple[float, float], other: tuple[float, float]) -> bool:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared > BESIDE * min(one[1] - one[0], other[1] - other[0])


def _in_order(axis: Bar, bars: Sequence[Bar], extents: Sequence[tuple[float, float]], rows: Sequence[int]) -> list[int]:
    """Section by section along the spine, row by row in each; rows across the spine as they are read themselves."""
    sections: list[list[int]] = []
    reached = float("-inf")
    for place in sorted(range(len(bars)), key=lambda one: extents[one]):
        start, end = extents[place]
        margin = BESIDE * (end - start)
        crossing = not bars[place].parallel(axis)
        goes_on = bool(sections) and (start < reached - margin or (crossing and not bars[sections[-1][-1]].parallel(axis)))
        if goes_on:
            sections[-1].append(place)
        else:
            sections.append([place])
        reached = max(reached, end)
    return [place for section in sections for place in _section_in_order(axis, bars, extents, rows, section)]


def _section_in_order(
    axis: Bar, bars: Sequence[Bar], extents: Sequence[tuple[float, float]], rows: Sequence[int], section: list[int]
) -> list[int]:
    if all(not bars[place].parallel(axis) for place in section):
        first = bars[section[0]]
        return sorted(section, key=lambda place: first.across((bars[place].x, bars[place].y)))
    return sorted(section, key=lambda place: (rows[place], extents[place][0]))
