"""Photos with the truth beside them: which books stand on them, and where. Pure but for the files of a folder.

A picture NAME.jpg is labelled by NAME.truth.json: `{"books": [{"title", "author", "isbn"?, "titles"?, "box"?}], "unlisted"?: […]}`. `box`
is `{x1, y1, x2, y2}` in fractions of the upright picture; `titles` are others that the book goes by. `unlisted` has books of the same
form that nobody has to find: cut by the edge, too small to read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from scanning.detections import Box
from scanning.evaluation.labelled import BadLabels

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".heic")
TRUTH = ".truth.json"


@dataclass(frozen=True, slots=True)
class TrueBook:
    """A book on a photo; `author` is empty where its spine names none, `box` None where nobody noted its place."""

    title: str
    author: str = ""
    isbn: str | None = None
    titles: tuple[str, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class TruePhoto:
    """A photo and its books; `unlisted` are those that count for nothing unless they are taken for another book."""

    name: str
    path: Path
    books: tuple[TrueBook, ...]
    unlisted: tuple[TrueBook, ...] = ()

    @property
    def boxed(self) -> bool:
        """Whether the place of every book is known."""
        return all(book.box is not None for book in self.books)


def in_folder(folder: Path) -> Iterator[TruePhoto]:
    """The photos of a folder that have a truth, by name.

    Raises: BadLabels, OSError
    """
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS):
        truth = path.with_name(path.stem + TRUTH)
        if truth.is_file():
            yield _photo(path, truth)


def _photo(path: Path, truth: Path) -> TruePhoto:
    try:
        told = orjson.loads(truth.read_bytes())
        unlisted = told.get("unlisted", [])
        return TruePhoto(path.stem, path, tuple(map(_book, told["books"])), tuple(map(_book, unlisted)))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadLabels(f"{truth.name}: {error}") from None


def _book(told: Mapping[str, Any]) -> TrueBook:
    if not isinstance(told["title"], str) or not told["title"].strip():
        raise ValueError("a book has a title")
    box = told.get("box")
    place = Box(*(float(box[side]) for side in ("x1", "y1", "x2", "y2"))) if box else None
    if place and not (0 <= place.x1 < place.x2 <= 1 and 0 <= place.y1 < place.y2 <= 1):
        raise ValueError(f"the box of {told['title']} is none")
    return TrueBook(told["title"], told.get("author") or "", told.get("isbn"), tuple(told.get("titles", ())), place)
