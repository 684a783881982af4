"""A work that two engines saw at one place is told once; copies stay copies."""

from typing import Any

from scanning.detections import Box, Detection
from scanning.photos.seen_twice import without_seen_twice


def told(
    engine: str, x: float, work: str | None = "w1", confidence: float = 0.8, decision: str = "found"
) -> tuple[Detection, dict[str, Any]]:
    enrichment = {"enrichment": {"work": {"id": work}, "match": {"score": 0.9}}} if work else {}
    box = Box(x, 0.1, x + 0.1, 0.9)
    return Detection(engine, box, confidence), {"engine": engine, "confidence": confidence, "decision": decision, **enrichment}


def test_two_engines_at_one_place_saw_one_book() -> None:
    [(detection, book)] = without_seen_twice([told("gemini", 0.12, confidence=0.6), told("ocr", 0.10)])
    assert detection.box.x1 == 0.10 and book["engine"] == "ocr+gemini" and book["confidence"] == 0.8


def test_what_stays_two() -> None:
    for pair in (
        [told("ocr", 0.1), told("ocr", 0.1)],  # one engine sees two copies
        [told("ocr", 0.1), told("gemini", 0.4)],  # elsewhere
        [told("ocr", 0.1), told("gemini", 0.1, work="w2")],
        [told("ocr", 0.1, work=None, decision="unreadable"), told("gemini", 0.1, work=None, decision="unreadable")],
        [told("ocr", 0.1, decision="maybe"), told("gemini", 0.1, decision="maybe")],
    ):
        assert len(without_seen_twice(pair)) == 2
    assert without_seen_twice([]) == []
