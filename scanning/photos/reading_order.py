"""The order in which people read a shelf: board by board from above, left to right, a pile from its top. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from scanning.detections import Box

T = TypeVar("T")
SAME_BOARD = 0.5  # of the lower one's height that both share
SAME_PILE = 0.5  # of the narrower one's width that both share


def in_reading_order(things: Sequence[T], box_of: Callable[[T], Box]) -> list[T]:
    """The things by where their boxes stand."""
    rows = _gathered(sorted(things, key=lambda thing: -box_of(thing).height), box_of, _on_one_board)
    rows.sort(key=lambda row: min(box_of(thing).centre[1] for thing in row))
    return [thing for row in rows for pile in _piles(row, box_of) for thing in pile]


def _piles(row: list[T], box_of: Callable[[T], Box]) -> list[list[T]]:
    piles = _gathered(sorted(row, key=lambda thing: -box_of(thing).width), box_of, _in_one_pile)
    piles.sort(key=lambda pile: min(box_of(thing).x1 for thing in pile))
    return [sorted(pile, key=lambda thing: box_of(thing).centre[1]) for pile in piles]


def _gathered(things: Sequence[T], box_of: Callable[[T], Box], together: Callable[[Box, Box], bool]) -> list[list[T]]:
    """Groups, each around its first and largest one: a chain of small steps joins nothing that is far apart."""
    groups: list[list[T]] = []
    for thing in things:
        group = next((group for group in groups if together(box_of(group[0]), box_of(thing))), None)
        if group is None:
            groups.append([thing])
        else:
            group.append(thing)
    return groups


def _on_one_board(large: Box, small: Box) -> bool:
    return min(large.y2, small.y2) - max(large.y1, small.y1) >= SAME_BOARD * small.height


def _in_one_pile(large: Box, small: Box) -> bool:
    return min(large.x2, small.x2) - max(large.x1, small.x1) >= SAME_PILE * small.width
