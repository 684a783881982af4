"""What became of a scan's photo, written beside its picture: for staff, and for as long as the picture is kept."""

from decimal import Decimal
from typing import Any

from scanning.models import ScanPhoto

MEMBERS = ("title", "author", "isbn", "decision", "approved", "confidence", "engine", "text", "boundingBox")


def record(job_id: str, index: int, body: dict[str, Any], engines: list[dict[str, Any]], seconds: float | None) -> None:
    """Note what was found on a photo, by which engines, and what it cost. Nothing happens where the photo is gone."""
    decisions = [book["decision"] for book in body["books"]]
    costs = [Decimal(str(one["cost_usd"])) for one in engines if one.get("cost_usd") is not None]
    ScanPhoto.objects.filter(job_id=job_id, index=index).update(
        state=body["status"],
        error=body.get("error"),
        books=[_short(book) for book in body["books"]],
        engines=engines,
        found=decisions.count("found"),
        maybe=decisions.count("maybe"),
        unreadable=decisions.count("unreadable"),
        tokens=sum(one.get("tokens", 0) for one in engines),
        cost_usd=sum(costs) if costs else None,
        seconds=seconds,
    )


def _short(book: dict[str, Any]) -> dict[str, Any]:
    match = (book.get("enrichment") or {}).get("match") or {}
    return {name: book.get(name) for name in MEMBERS} | {"score": match.get("score")}
