"""One book that two engines saw at one place without its being known before the match: told once. Pure."""

from collections.abc import Sequence

from scanning.detections import Detection
from scanning.photos.candidate import Dto
from scanning.photos.fusion import joined_engines

SAME_PLACE = 0.5  # of the smaller box
Told = tuple[Detection, Dto]


def without_seen_twice(found: Sequence[Told]) -> list[Told]:
    """The books of one photo; of two that are one work at one place, seen by different engines, the surer one, named by both.

    Two copies side by side stay two: one engine sees both of them.
    """
    kept: list[Told] = []
    for detection, book in sorted(found, key=lambda told: -_sureness(told[1])):
        at = next((place for place, told in enumerate(kept) if _is_one(told, (detection, book))), None)
        if at is None:
            kept.append((detection, book))
        else:
            first, better = kept[at]
            kept[at] = first, {**better, "engine": joined_engines([better["engine"], book["engine"]])}
    return kept


def _is_one(one: Told, other: Told) -> bool:
    work = _work(one[1])
    apart = not set(one[1]["engine"].split("+")) & set(other[1]["engine"].split("+"))
    return work is not None and work == _work(other[1]) and apart and one[0].box.shared(other[0].box) >= SAME_PLACE


def _work(book: Dto) -> str | None:
    work = (book.get("enrichment") or {}).get("work") or {}
    return str(work["id"]) if book["decision"] == "found" and work.get("id") else None


def _sureness(book: Dto) -> float:
    match = (book.get("enrichment") or {}).get("match") or {}
    return float(match.get("score") or 0.0) + float(book["confidence"])
