"""The result of a scan, made of what became of its photos. Pure. Source: spec 06, "Bookshelf scan", Result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bookstrack.lib import clock
from scanning.photos.advice import suggestions
from scanning.photos.batches import merged_books

Dto = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A photo that was read: its size in px, its quality's numbers, its books, and warnings in words."""

    index: int
    width: int
    height: int
    quality: Dto
    books: list[Dto]
    warnings: list[str]


def outcome_of(outcome: Outcome, *, engines: Sequence[str], model: str | None, tokens: int, seconds: float) -> Dto:
    """The body of a photo's result: `{index, status, width, height, books, warnings, suggestions, engines, model?, tokens, …}`"""
    books = [{**book, "photo": outcome.index} for book in outcome.books]
    warnings = [*outcome.quality.get("warnings", []), *outcome.warnings]
    body: Dto = {
        "index": outcome.index,
        "status": "done",
        "width": outcome.width,
        "height": outcome.height,
        "books": books,
        "warnings": warnings,
        "suggestions": suggestions(outcome.quality, books),
        "engines": list(engines),
        "tokens": tokens,
        "seconds": round(seconds, 3),
        "at": clock.iso_ms(clock.now()),
    }
    return body | ({"model": model} if model else {})


@dataclass(frozen=True, slots=True)
class Totals:
    """A scan as a whole: its books, each once over all photos, and what they count to."""

    books: list[Dto]
    bodies: list[Dto] = field(repr=False)

    @property
    def detected(self) -> int:
        return len(self.books)

    @property
    def approved(self) -> int:
        return sum(book["approved"] for book in self.books)

    @property
    def unreadable(self) -> int:
        return sum(book["decision"] == "unreadable" for book in self.books)

    @property
    def needs_review(self) -> int:
        return self.detected - self.approved - self.unreadable

    def members(self) -> Dto:
        """The members of `data`, all books included."""
        read = [body for body in self.bodies if body["status"] == "done"]
        first = read[0] if read else {}
        sizes = [{"width": body["width"], "height": body["height"]} for body in read]
        return {
            "totalDetected": self.detected,
            "approved": self.approved,
            "needsReview": self.needs_review,
            "unreadable": self.unreadable,
            "books": self.books,
            "suggestions": _once(sentence for body in read for sentence in body["suggestions"]),
            "warnings": _once(self._warnings()),
            "photos": [_photo(body) for body in self.bodies],
            "metadata": {
                "modelUsed": next((body["model"] for body in read if body.get("model")), _local(first)),
                "engines": first.get("engines", []),
                "processingTime": round(1000 * sum(body["seconds"] for body in read)),
                "imageSize": sizes[0] if sizes else None,
                "tokens": sum(body["tokens"] for body in read),
                "timestamp": max((body["at"] for body in read), default=None),
            },
        }

    def _warnings(self) -> list[str]:
        many = len(self.bodies) > 1
        told = []
        for body in self.bodies:
            prefix = f"Photo {body['index'] + 1}: " if many else ""
            told += [prefix + sentence for sentence in body.get("warnings", [])]
            if body.get("error"):
                told.append(f"Photo {body['index'] + 1} could not be read: {body['error']['message']}")
        return told


def totals_of(bodies: Sequence[Dto]) -> Totals:
    """The scan of these photos, so far as they are done."""
    books = merged_books([book for body in bodies for book in body["books"]])
    return Totals([{**book, "id": number} for number, book in enumerate(books)], list(bodies))


def _photo(body: Dto) -> Dto:
    found = sum(book["decision"] != "unreadable" for book in body["books"])
    names = ("index", "status", "width", "height", "error")
    return {name: body[name] for name in names if name in body} | {"booksFound": found}


def _local(body: Dto) -> str:
    """Where no model was asked: the engines."""
    return "+".join(body.get("engines", [])) or "none"


def _once(sentences: Any) -> list[str]:
    return list(dict.fromkeys(sentences))
