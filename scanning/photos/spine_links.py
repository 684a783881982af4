"""Which lines of text stand on one spine. Pure: what the pixels say of the space between two lines is given.

To join two neighbours is the worse error: it makes a wrong book. So groups grow by their surest links, and never where two of their lines
are known to be apart.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import log

from scanning.detections import Point
from scanning.photos.spine_geometry import Bar

Apart = Callable[[int, int], float]  # 0 nothing runs between two lines, 1 the edge of a book does
APART = 0.62
BESIDE = 0.45  # of the lower height: less of an offset is one row, not two
ASTRAY = 0.55  # of the larger height, for lines one after the other
ROW_GAP = 0.7  # of the lower height, between two rows of one block
ALIKE = 2.6  # largest ratio of letters' heights of two rows
REACH = 13.0  # of the larger height: how far along a spine its next text stands
CROSS_REACH = 8.0  # the same for what stands across it
SHORT_REACH = 4.0  # the same from a text that is no longer than a word
STACK_GAP = 8.0  # of the larger height: between words set one below the other
ASIDE = 0.3  # of the lower height: from such an offset on there is a space between two lines to look at
AXIS = 5.0  # length / height from which on a text shows how its spine runs
LONG = 3.5  # length / height from which on a text is a line along a spine
FAR_BESIDE = 1.8  # of the larger height: two long lines with more between them are of two books; three rows have less
TOO_WIDE = 5.0  # length of a line across a spine in heights of the text along it
CENTRED = 0.3  # of the wider one: how far a line across a spine stands off its middle
Link = tuple[float, int, int]


def groups_of(bars: Sequence[Bar], apart: Apart, boards: Apart) -> list[list[int]]:
    """Places of lines by spine. `apart` is asked of lines beside one another, `boards` of lines in one row: is there a shelf between?"""
    links = sorted(link for link in _links(bars))
    group_of = {place: [place] for place in range(len(bars))}
    for _, one, other in links:
        first, second = group_of[one], group_of[other]
        if first is second or not _may_join(bars, first, second, apart, boards, (one, other)):
            continue
        first.extend(second)
        for place in second:
            group_of[place] = first
    groups = list({id(group): group for group in group_of.values()}.values())
    return _gathered(bars, groups, apart, boards)


def _gathered(bars: Sequence[Bar], groups: list[list[int]], apart: Apart, boards: Apart) -> list[list[int]]:
    """Short texts across a spine, such as a publisher's, given to the spine that they stand in the middle of."""
    spines = [group for group in groups if not _short(bars, group)]
    left = []
    for group in (group for group in groups if _short(bars, group)):
        near = sorted((away, count) for count, spine in enumerate(spines) if (away := _away(bars, spine, group)) is not None)
        for _, count in near[:1]:
            main = max(spines[count], key=lambda place: bars[place].length)
            if _may_join(bars, spines[count], group, apart, boards, (main, group[0])):
                spines[count] = spines[count] + group
                break
        else:
            left.append(group)
    return spines + left


def _unlike(one: Bar, other: Bar) -> bool:
    """Whether two long lines beside one another are too far apart for one spine, whatever joins them."""
    if one.parallel(other):
        beside = one.gap(other) < 0 and min(one.length / one.height, other.length / other.height) >= LONG
        return beside and abs(one.offset(other)) - (one.height + other.height) / 2 > FAR_BESIDE * max(one.height, other.height)
    return False


def _astray(main: Bar, cross: Bar) -> bool:
    """Whether a line at a right angle to the text along a spine does not even touch it: it is another book's."""
    if not main.crosses(cross):
        return False
    too_wide = cross.length > TOO_WIDE * max(main.height, cross.height)
    return too_wide or abs(main.across((cross.x, cross.y))) > 0.5 * (main.height + cross.length)


def _upon(main: Bar, cross: Bar) -> bool:
    """Whether a short line stands across the spine that the other runs along."""
    return main.crosses(cross) and abs(main.across((cross.x, cross.y))) <= 0.5 * max(main.height, cross.length)


def _short(bars: Sequence[Bar], group: list[int]) -> bool:
    return len(group) <= 3 and all(bars[place].length <= 5 * bars[place].height for place in group)


def _away(bars: Sequence[Bar], spine: list[int], group: list[int]) -> float | None:
    """How far along a spine a short text stands from it, in heights of its letters; None where it is not in its middle."""
    main = max((bars[place] for place in spine), key=lambda bar: bar.length)
    corners = [corner for place in spine for corner in bars[place].corners]
    if _extent(main.across, corners) > _extent(main.along, corners):
        main = main.turned()  # words set one below the other
    across = [main.across(corner) for corner in corners]
    width = max(across) - min(across)
    length = [main.along(corner) for corner in corners]
    own = [main.across(corner) for place in group for corner in bars[place].corners]
    ends = [main.along(corner) for place in group for corner in bars[place].corners]
    gap = max(min(ends) - max(length), min(length) - max(ends))
    height = max(bars[place].height for place in spine + group)
    if abs(max(own) + min(own) - max(across) - min(across)) / 2 > CENTRED * max(width, max(own) - min(own)) or gap > REACH * height:
        return None
    return gap / height if max(own) - min(own) <= 2.5 * width else None


def _extent(place: Callable[[Point], float], corners: Sequence[Point]) -> float:
    places = [place(corner) for corner in corners]
    return max(places) - min(places)


def _links(bars: Sequence[Bar]) -> list[Link]:
    upon = [_axes(bars, place) for place in range(len(bars))]
    found = []
    for one, other in combinations(range(len(bars)), 2):
        weight = _weight(bars[one], bars[other])
        feet = upon[one] and upon[other] and not upon[one] & upon[other]  # of neighbours, such as their publishers
        if weight is not None and not (feet and bars[one].parallel(bars[other])):
            found.append((weight, one, other))
    return found


def _axes(bars: Sequence[Bar], place: int) -> set[int]:
    """The texts along spines that a line stands across."""
    return {
        other
        for other, main in enumerate(bars)
        if main.length >= AXIS * main.height and _upon(main, bars[place]) and _cross_weight(main, bars[place]) is not None
    }


def _weight(one: Bar, other: Bar) -> float | None:
    """How far apart two lines of one spine would be, less is surer; None where they cannot be of one."""
    if one.parallel(other):
        return _row_weight(one, other)
    if one.crosses(other):
        along, cross = (one, other) if one.length >= other.length else (other, one)
        return _cross_weight(along, cross)
    return None


def _row_weight(one: Bar, other: Bar) -> float | None:
    lower, larger = sorted((one.height, other.height))
    offset, gap = abs(one.offset(other)), max(one.gap(other), other.gap(one))
    if gap > REACH * larger:
        return None
    unlike = 0.2 * log(larger / lower)
    if offset <= BESIDE * lower + 0.25 * (larger - lower) or (gap >= 0 and offset <= ASTRAY * larger):
        return max(0.0, gap) / larger * 0.3 + offset / lower * 0.5 + unlike
    between = offset - (lower + larger) / 2
    if gap < 0 and between <= ROW_GAP * lower and larger <= ALIKE * lower:
        return 0.6 + max(0.0, between) / lower + unlike
    shorter = min(one.length, other.length)
    if gap < 0 and between <= STACK_GAP * larger and larger <= ALIKE * lower and _centred(one, other) and shorter <= 4.5 * larger:
        return 1.5 + between / larger
    return None


def _centred(one: Bar, other: Bar) -> bool:
    return abs(one.along((other.x, other.y))) <= 0.2 * max(one.length, other.length)


def _cross_weight(along: Bar, cross: Bar) -> float | None:
    """A line across the spine, above, below or within the text that runs along it."""
    width = max(along.height, cross.length)
    offset = abs(along.across((cross.x, cross.y)))
    start, end = along.extent(cross)
    gap = max(start - along.length / 2, -along.length / 2 - end)
    reach = CROSS_REACH if along.length >= AXIS * along.height else SHORT_REACH  # a word alone shows no way along a spine
    if offset > CENTRED * width or cross.length > 3.2 * along.height or gap > reach * max(along.height, cross.height):
        return None
    if gap < -0.5 * (end - start) and offset < 0.5 * (along.height + cross.length):
        return None  # upon the text itself: a stray
    return 0.4 + offset / width + max(0.0, gap) / along.height * 0.2


def _may_join(bars: Sequence[Bar], first: list[int], second: list[int], apart: Apart, boards: Apart, link: tuple[int, int]) -> bool:
    main = max((bars[place] for place in first + second), key=lambda bar: bar.length)
    if main.length >= AXIS * main.height and any(_astray(main, bars[place]) for place in first + second):
        return False
    if boards(*link) >= APART:
        return False
    return not any(
        _unlike(bars[one], bars[other]) or _kept_apart(bars, one, other, apart)
        for one in first
        for other in second
        if {one, other} == set(link) or (bars[one].parallel(bars[other]) and not (_upon(main, bars[one]) and _upon(main, bars[other])))
    )


def _kept_apart(bars: Sequence[Bar], one: int, other: int, apart: Apart) -> bool:
    """Whether the edge of a book runs between them; not asked where they stand in one row."""
    a, b = bars[one], bars[other]
    if a.parallel(b):
        return abs(a.offset(b)) > ASIDE * min(a.height, b.height) and apart(one, other) >= APART
    along, cross = (a, b) if a.length >= b.length else (b, a)
    offset = abs(along.across((cross.x, cross.y)))
    return offset > ASIDE * 0.5 * max(along.height, cross.length) and apart(one, other) >= APART
