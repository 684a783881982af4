"""What became of the books of a photo: one answer for each book at most, so that two copies need two. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from scanning.evaluation.photo_agreement import Dto, box_of, is_offered, is_said, stands_there
from scanning.evaluation.photo_truth import TrueBook, TruePhoto


class Fate(StrEnum):
    """Of a book that stands on the photo."""

    FOUND = "found"
    MAYBE = "maybe"  # offered, to be confirmed by people
    WRONG = "wrong"  # shown as another book
    UNREADABLE = "unreadable"  # its box is there, but neither it nor another book is named
    MISSED = "missed"  # nothing is there


class Worth(StrEnum):
    """Of an answer."""

    RIGHT = "right"
    WRONG = "wrong"  # found, and another book or none stands there
    OFFERED = "offered"
    NOT_OFFERED = "not offered"  # maybe, and the book is not among its candidates
    UNREADABLE = "unreadable"
    UNLISTED = "unlisted"  # of a book that nobody asked for


@dataclass(frozen=True, slots=True)
class PhotoVerdict:
    """Of one photo, by one set of engines: fates in the order of its books, worths in the order of the answers. `nowhere` counts answers
    on no book at all, None where the places of the books are not known; `seconds` is how long it took; `failed` why there is no answer."""

    photo: str
    fates: tuple[Fate, ...]
    worths: tuple[Worth, ...]
    nowhere: int | None = None
    seconds: float = 0.0
    failed: str = ""
    boxed: bool = False
    lines: tuple[dict[str, Any], ...] = field(default=(), repr=False)

    @property
    def books(self) -> int:
        return len(self.fates)


def verdict(photo: TruePhoto, answers: Sequence[Dto], *, seconds: float = 0.0, failed: str = "") -> PhotoVerdict:
    """Compare the answers for a photo, as the API gives them, with what stands on it."""
    owners = _owners(photo, answers)
    worths = tuple(_worth(photo, answer, owners.get(place)) for place, answer in enumerate(answers))
    fates = _fates(photo, answers, owners, worths)
    places = [book for book in (*photo.books, *photo.unlisted) if book.box is not None]
    nowhere = sum(not any(stands_there(answer, book) for book in places) for answer in answers) if photo.boxed else None
    lines = tuple(_line(photo, answer, worth, owners.get(place)) for place, (answer, worth) in enumerate(zip(answers, worths, strict=True)))
    lost = tuple(
        {"photo": photo.name, "fate": fate, "title": book.title, "author": book.author}
        for book, fate in zip(photo.books, fates, strict=True)
        if fate in (Fate.MISSED, Fate.UNREADABLE, Fate.WRONG)
    )
    return PhotoVerdict(photo.name, fates, worths, nowhere, seconds, failed, photo.boxed, (*lines, *lost))


def _owners(photo: TruePhoto, answers: Sequence[Dto]) -> dict[int, int]:
    """The answer's place to the place of the book that it is right about."""
    agrees: dict[str, Callable[[Dto, TrueBook], bool]] = {"found": is_said, "maybe": is_offered}
    edges = [
        [place for place, book in enumerate(photo.books) if stands_there(answer, book) and agrees[answer["decision"]](answer, book)]
        if answer["decision"] in agrees
        else []
        for answer in answers
    ]
    surest = sorted(range(len(answers)), key=lambda place: answers[place]["decision"] != "found")
    return assigned(edges, surest)


def assigned(edges: Sequence[Sequence[int]], order: Sequence[int]) -> dict[int, int]:
    """The most lefts with a right of their own each, those that come first in the order before others.

    Taking them in that order and making room along alternating paths is best where the worth is the left's alone: the sets that can be
    matched are a matroid. Source: Kuhn (1955); Edmonds and Fulkerson (1965), "Transversals and matroid partition".
    """
    taken: dict[int, int] = {}

    def placed(left: int, seen: set[int]) -> bool:
        for right in edges[left]:
            if right not in seen:
                seen.add(right)
                if right not in taken or placed(taken[right], seen):
                    taken[right] = left
                    return True
        return False

    for left in order:
        placed(left, set())
    return {left: right for right, left in taken.items()}


def _worth(photo: TruePhoto, answer: Dto, owner: int | None) -> Worth:
    decision = answer["decision"]
    if owner is not None:
        return Worth.RIGHT if decision == "found" else Worth.OFFERED
    unlisted = [book for book in photo.unlisted if book.box is not None and stands_there(answer, book)]
    if unlisted and (decision != "found" or any(is_said(answer, book) for book in unlisted)):
        return Worth.UNLISTED
    return {"found": Worth.WRONG, "maybe": Worth.NOT_OFFERED}.get(decision, Worth.UNREADABLE)


def _fates(photo: TruePhoto, answers: Sequence[Dto], owners: dict[int, int], worths: Sequence[Worth]) -> tuple[Fate, ...]:
    of_worth = {Worth.RIGHT: Fate.FOUND, Worth.OFFERED: Fate.MAYBE}
    fates = {book: of_worth[worths[place]] for place, book in owners.items()}
    return tuple(fates.get(place) or _unmatched(book, answers, worths) for place, book in enumerate(photo.books))


def _unmatched(book: TrueBook, answers: Sequence[Dto], worths: Sequence[Worth]) -> Fate:
    """Of a book that nobody named: what was said at its place, where that is known."""
    if book.box is None:
        return Fate.MISSED
    said = Counter(worth for answer, worth in zip(answers, worths, strict=True) if book.box.holds(box_of(answer).centre))
    if said[Worth.WRONG]:
        return Fate.WRONG
    return Fate.UNREADABLE if said[Worth.NOT_OFFERED] or said[Worth.UNREADABLE] else Fate.MISSED


def _line(photo: TruePhoto, answer: Dto, worth: Worth, owner: int | None) -> dict[str, Any]:
    """An answer for people who look what went wrong."""
    names = ("title", "author", "isbn", "decision", "engine", "confidence", "text")
    told = {name: answer.get(name) for name in names}
    offered = [f"{each.get('title')} | {each.get('author')} | {each.get('score')}" for each in answer.get("candidates", ())]
    meant = f"{photo.books[owner].title} | {photo.books[owner].author}" if owner is not None else ""
    box = [answer["boundingBox"][side] for side in ("x1", "y1", "x2", "y2")]
    misplaced = worth is Worth.WRONG and any(is_said(answer, book) for book in photo.books)
    return {"photo": photo.name, "worth": worth, "meant": meant, **told, "candidates": offered, "box": box, "misplaced": misplaced}
