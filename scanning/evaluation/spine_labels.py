"""Labelled spine texts: what was read off real spines, and which book of a list each is. Pure.

Source of the form: llabres' annotations, one row for each spine (image_name, mask_id, title, author, three flags, ocr).
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scanning.detections import Box, Detection, SpineLine
from scanning.evaluation.spine_titles import candidate
from scanning.photos.candidate import Candidate
from scanning.photos.works import SAME_AUTHOR
from search.normalisers.names import author_similarity
from search.normalisers.text import folded_words, search_key

BOOK, NOT_HELD, NOT_BOOK, MERGED = "book", "not in the list", "not a whole book", "two books in one"
KINDS = (BOOK, NOT_HELD, NOT_BOOK, MERGED)


class BadSpineLabels(ValueError):
    """A file that is no such table."""


@dataclass(frozen=True, slots=True)
class SpineLabel:
    """One spine: its text, and its book, None where it has none that the list holds."""

    image: str
    number: str
    text: str
    kind: str
    book: Candidate | None

    @property
    def held_out(self) -> bool:
        """Whether it is of the half that nothing is tuned on: all spines of a photo are of the same."""
        return hashlib.sha256(self.image.encode()).digest()[0] % 2 == 1


def spine_labels(file: Path) -> list[SpineLabel]:
    """The labelled spines of a file. Raises: BadSpineLabels, OSError."""
    return [_label(row) for row in _rows(file, {"image_name", "mask_id", "title", "author", "ocr"})]


def listed(file: Path) -> list[Candidate]:
    """The books of a list with title and author. Raises: BadSpineLabels, OSError."""
    made = (candidate(number, row) for number, row in enumerate(_rows(file, {"title", "author"})))
    return [book for book in made if book]


def _rows(file: Path, needed: set[str]) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            if not needed <= set(table.fieldnames or ()):
                raise BadSpineLabels(f"{file.name} has not all of the columns {', '.join(sorted(needed))}")
            return [{name: value or "" for name, value in row.items() if name and not isinstance(value, list)} for row in table]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadSpineLabels(f"{file.name}: {error}") from None


def _label(row: Mapping[str, str]) -> SpineLabel:
    book = candidate(-1, row)
    return SpineLabel(row["image_name"], row["mask_id"], row["ocr"], _kind(row, book), book)


def _kind(row: Mapping[str, str], book: Candidate | None) -> str:
    flags = (("not_book", NOT_BOOK), ("not_in_db", NOT_HELD), ("segmentation_merged_books", MERGED))
    flagged = next((kind for flag, kind in flags if row.get(flag, "").lower() == "true"), None)
    return flagged or (BOOK if book else NOT_BOOK)


def shelves(labels: Iterable[SpineLabel]) -> list[list[SpineLabel]]:
    """The spines of each photo."""
    found: dict[str, list[SpineLabel]] = defaultdict(list)
    for label in labels:
        found[label.image].append(label)
    return list(found.values())


def shelf_detections(labels: list[SpineLabel]) -> list[Detection]:
    """A shelf's spines as an engine gives them; where they lay is not known: none lies beside another."""
    step = 1 / (len(labels) + 1)
    boxes = [Box(place * step, 0.0, (place + 0.1) * step, 1.0) for place in range(len(labels))]
    return [
        Detection("ocr", box, 0.9, lines=(SpineLine(label.text, 0.9, 1.0, 0.0, 1.0),)) for label, box in zip(labels, boxes, strict=True)
    ]


def is_book(meant: Candidate, found: Candidate) -> bool:
    """Whether what was found is the work that was meant: its title, with or without subtitle, and an author alike."""
    if _titles(meant).isdisjoint(_titles(found)):
        return False
    if not meant.authors or not found.authors:
        return True
    return author_similarity(meant.authors[0], found.authors[0]) >= SAME_AUTHOR


def _titles(book: Candidate) -> set[str]:
    return {search_key(book.title), search_key(f"{book.title} {book.subtitle}")}


def stands_there(text: str, book: Candidate) -> bool:
    """Whether a book's title stands on a spine letter by letter, its author's name as well unless the title is long.

    Of spines whose label names no book: it tells a book that is there after all without any likeness being guessed.
    """
    read = set(folded_words(text))
    title = [word for word in folded_words(book.title) if len(word) > 2]
    if not title or not set(title) <= read:
        return False
    named = any(word in read for name in book.authors for word in folded_words(name) if len(word) > 3)
    return named or sum(len(word) > 3 for word in title) >= 3
