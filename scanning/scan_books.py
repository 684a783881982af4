"""A book of a scan as clients get it: what was seen, which book it is, how sure that is. Pure. Source: spec 06, "Bookshelf scan"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scanning.detections import Detection
from scanning.photos.candidate import Candidate, Decision, Judgement, Weighed
from search.services import Resolution

Dto = dict[str, Any]
CONFIDENCE_DIGITS = 3
MAX_TEXT_CHARS = 400
MAX_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Bars:
    """What approves a book: how sure the engine was, and how well it matches."""

    confidence: float
    match: float


def book_of_isbn(detection: Detection, resolution: Resolution, bars: Bars) -> Dto:
    """A book whose ISBN was read."""
    score = float((resolution.match or {}).get("score", 0.0))
    decision: Decision = "found" if resolution.success and score >= bars.match else "maybe"
    work = resolution.work or {}
    shown = _shown(work, resolution.edition)
    return {
        **_seen(detection),
        "title": shown.get("title") or detection.title,
        "author": shown.get("author") or detection.author,
        "isbn": detection.isbn,
        "decision": decision,
        "approved": decision == "found" and detection.confidence >= bars.confidence,
        "enrichmentStatus": resolution.status,
        "candidates": [],
        **_enrichment(resolution, resolution.edition),
        **_edition_facts(work, resolution.edition),
    }


def book_of_text(
    detection: Detection, judgement: Judgement, resolution: Resolution | None, bars: Bars, trouble: str | None = None
) -> Dto:
    """A book whose spine was read; `resolution` completes the winner where it was looked up again. `trouble` is the status where somebody
    could not be asked: nothing found is then no word about whether there is such a book."""
    winner = judgement.winner
    found = judgement.decision == "found" and winner is not None
    shown = _shown(_work_of(winner), None) if found else {}
    edition = _edition_read(detection, winner) if found else None
    score = winner.score if winner else 0.0
    book: Dto = {
        **_seen(detection),
        "title": shown.get("title") or judgement.title,
        "author": shown.get("author") or judgement.author,
        "isbn": detection.isbn,
        "decision": judgement.decision,
        "approved": found and detection.confidence >= bars.confidence and score >= bars.match,
        "enrichmentStatus": trouble or "not_found",
        "candidates": [_candidate(one) for one in _offered(judgement)],
    }
    if winner is not None and judgement.decision == "maybe":
        book["enrichmentStatus"] = "needs_review"
    if found and winner is not None:
        done = resolution if resolution is not None and resolution.success else None
        book["enrichmentStatus"] = "success"
        book |= _enrichment(done, edition) if done else _own_enrichment(winner, edition)
        book["enrichment"]["match"] = {"score": round(score, CONFIDENCE_DIGITS), "by": "spine", "reasons": list(winner.reasons)}
        book |= _edition_facts(book["enrichment"]["work"], book["enrichment"].get("edition"))
    return book


def _offered(judgement: Judgement) -> Sequence[Weighed]:
    """What people may choose from instead."""
    if judgement.winner is None or judgement.decision == "found":
        return judgement.others[:MAX_CANDIDATES]
    return (judgement.winner, *judgement.others)[:MAX_CANDIDATES]


def _seen(detection: Detection) -> Dto:
    seen: Dto = {
        "confidence": round(detection.confidence, CONFIDENCE_DIGITS),
        "boundingBox": detection.box.as_dto(),
        "engine": detection.engine,
        "text": detection.text[:MAX_TEXT_CHARS],
    }
    return seen | ({"format": detection.format} if detection.format else {})


def _work_of(weighed: Weighed | None) -> Dto:
    payload = weighed.candidate.payload if weighed else None
    return dict(payload["work"]) if payload else {}


def _shown(work: Dto, edition: Dto | None) -> Dto:
    names = [author["name"] for author in work.get("authors", ())]
    return {"title": (edition or {}).get("title") or work.get("title"), "author": ", ".join(names) or None}


def _edition_read(detection: Detection, winner: Weighed | None) -> Dto | None:
    """The edition on the shelf is known only by its ISBN: a spine tells the work."""
    edition = (winner.candidate.payload or {}).get("edition") if winner else None
    return edition if edition and detection.isbn and detection.isbn in edition.get("isbns", ()) else None


def _enrichment(resolution: Resolution, edition: Dto | None) -> Dto:
    """`edition` is the one on the shelf, where it is known; `editions` are such as the work has."""
    if not resolution.success or resolution.work is None:
        return {}
    members: Dto = {
        "status": resolution.status,
        "work": resolution.work,
        "works": [resolution.work],
        "editions": [resolution.edition] if resolution.edition else [],
        "authors": list(resolution.authors),
        "provider": resolution.provider,
        "match": resolution.match,
    }
    return {"enrichment": members | ({"edition": edition} if edition else {})}


def _own_enrichment(winner: Weighed, edition: Dto | None) -> Dto:
    work = _work_of(winner)
    offered = (winner.candidate.payload or {}).get("edition")
    members: Dto = {
        "status": "success",
        "work": work,
        "works": [work],
        "editions": [offered] if offered else [],
        "authors": list(work.get("authors", ())),
        "provider": work.get("primaryProvider", "catalogue"),
    }
    return {"enrichment": members | ({"edition": edition} if edition else {})}


def _edition_facts(work: Dto, edition: Dto | None) -> Dto:
    """Members that clients of the oldest generation read beside the enrichment; those of an edition only where it is known."""
    facts = {
        "coverUrl": (edition or {}).get("coverImageURL") or work.get("coverImageURL"),
        "publisher": (edition or {}).get("publisher"),
        "publicationYear": (edition or {}).get("publicationYear") or work.get("firstPublicationYear"),
    }
    return {name: value for name, value in facts.items() if value}


def _candidate(weighed: Weighed) -> Dto:
    one: Candidate = weighed.candidate
    dto: Dto = {
        "title": one.title,
        "author": ", ".join(one.authors) or None,
        "score": round(weighed.score, CONFIDENCE_DIGITS),
        "reasons": list(weighed.reasons),
    }
    if one.isbns:
        dto["isbn"] = one.isbns[0]
    return dto | (dict(one.payload) if one.payload else {})
