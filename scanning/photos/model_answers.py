"""What a model says of a picture of books, read with suspicion: known members only, numbers within bounds, ISBNs with a right checksum.

Pure. A model invents: books that are not there, boxes beyond the picture, numbers that look like ISBNs. What stands on a spine may be
meant for the model; here it is a title like any other.
"""

import math
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, field_validator, model_validator

from scanning.detections import Box, Detection
from search.identifiers import find_isbn
from search.normalisers.text import clean_line

BOOKS_AT_MOST = 100  # of a picture
TEXT_CHARS = 300
THOUSANDTHS = 1_000  # the measure that the models were trained to tell boxes in, whatever they are asked for
UNTOLD_CONFIDENCE = 0.5
UNPLACED_AT_MOST = 0.5  # confidence of a book that nobody can point at: below what is approved
FORMATS = {
    "hardcover": "Hardcover", "hardback": "Hardcover", "paperback": "Paperback", "softcover": "Paperback",
    "mass-market": "Mass Market", "mass market": "Mass Market",
}  # fmt: skip


class Corners(BaseModel):
    """A box: left, top, right, bottom. None: not told, or no number."""

    x1: float | None = None
    y1: float | None = None
    x2: float | None = None
    y2: float | None = None

    @field_validator("x1", "y1", "x2", "y2", mode="before")
    @classmethod
    def _read(cls, value: Any) -> float | None:
        return _number(value)


class Told(BaseModel):
    """A book as the model tells it. None: not told, or not of its kind."""

    title: str | None = None
    author: str | None = None
    isbn: str | None = None
    format: str | None = None
    confidence: float | None = None
    boundingBox: Corners | None = None

    @field_validator("title", "author", "isbn", "format", mode="before")
    @classmethod
    def _read_text(cls, value: Any) -> str | None:
        return value if isinstance(value, str) else None

    @field_validator("confidence", mode="before")
    @classmethod
    def _read_number(cls, value: Any) -> float | None:
        return _number(value)

    @field_validator("boundingBox", mode="before")
    @classmethod
    def _read_box(cls, value: Any) -> Any:
        return value if isinstance(value, dict | Corners) else None


class Answer(BaseModel):
    """What is asked for. A bare list of books, as older questions got it, is read too; what is no book in it is left out."""

    books: list[Told]

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        whole = {"books": value} if isinstance(value, list) else value
        if isinstance(whole, dict) and isinstance(whole.get("books"), list):
            return {"books": [one for one in whole["books"] if isinstance(one, dict | Told)]}
        return whole


def detections(answer: Answer, engine: str) -> tuple[list[Detection], list[str]]:
    """The books of an answer, their boxes in fractions of the picture that was shown, and what was left out, in words.

    Where no book at all has a box, the titles are still worth something: they get the whole picture, and little confidence.
    """
    told = answer.books[:BOOKS_AT_MOST]
    share = _share(told)
    boxes = [_box(one.boundingBox, share) for one in told]
    nowhere = not any(boxes)
    found: list[Detection] = []
    unplaced = 0
    for one, box in zip(told, boxes, strict=True):
        detection = _detection(one, box or Box(0.0, 0.0, 1.0, 1.0), engine)
        known = detection.title is not None or detection.isbn is not None
        if box is not None:
            found.append(detection)
        elif nowhere and known:
            found.append(_unsure(detection))
        else:
            unplaced += 1
    return found, _left_out(unplaced, len(answer.books) - len(told))


def _left_out(unplaced: int, too_many: int) -> list[str]:
    notes = []
    if unplaced:
        notes.append(f"Left out of Gemini's answer, because it did not say where: {_books(unplaced)}.")
    if too_many:
        notes.append(f"Left out of Gemini's answer, because a picture may have {BOOKS_AT_MOST} at most: {_books(too_many)}.")
    return notes


def _books(count: int) -> str:
    return "1 book" if count == 1 else f"{count} books"


def _detection(told: Told, box: Box, engine: str) -> Detection:
    sure = UNTOLD_CONFIDENCE if told.confidence is None else min(1.0, max(0.0, told.confidence))
    return Detection(
        engine, box, sure, _text(told.title), _text(told.author), _isbn(told.isbn), FORMATS.get((told.format or "").strip().lower())
    )


def _unsure(detection: Detection) -> Detection:
    sure = min(detection.confidence, UNPLACED_AT_MOST)
    return Detection(detection.engine, detection.box, sure, detection.title, detection.author, detection.isbn, detection.format)


def _number(value: Any) -> float | None:
    """A finite number, be it written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: str | None) -> str | None:
    """One line without anything invisible, of a length that a title may have; None for what has no letter and no digit."""
    line = clean_line((value or "")[: 4 * TEXT_CHARS])[:TEXT_CHARS].strip()
    return line if any(map(str.isalnum, line)) else None


def _isbn(value: str | None) -> str | None:
    """Only whole ISBNs: nine digits may be anything, and one digit again and again is a model's idea of a number."""
    if sum(map(str.isalnum, value or "")) < 10:
        return None
    isbn = find_isbn((value or "").strip())
    return isbn.isbn13 if isbn and len(set(isbn.isbn13[3:12])) > 1 else None


def _share(told: Sequence[Told]) -> float:
    """What a box's numbers have to be multiplied with: thousandths are whole numbers, and not all of them 0 or 1."""
    numbers = [value for one in told if one.boundingBox for value in one.boundingBox.model_dump().values() if value is not None]
    thousandths = numbers and max(numbers) > 1 and all(0 <= value <= THOUSANDTHS and value == int(value) for value in numbers)
    return 1 / THOUSANDTHS if thousandths else 1.0


def _box(corners: Corners | None, share: float) -> Box | None:
    """A box cut to the picture; None where it is none."""
    if corners is None or None in (corners.x1, corners.y1, corners.x2, corners.y2):
        return None
    x1, y1, x2, y2 = (min(1.0, max(0.0, (value or 0.0) * share)) for value in (corners.x1, corners.y1, corners.x2, corners.y2))
    return Box.around([(x1, y1), (x2, y2)], 1, 1) if x1 < x2 and y1 < y2 else None
