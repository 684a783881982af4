"""One drawn photo: its picture as JPEG, and the truth of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shelf_drawing import camera
from shelf_drawing.books import Printed
from shelf_drawing.difficulty import Difficulty
from shelf_drawing.shelf import BOOK_MM, ROW_MM, Placed, stand

LEAST_BOOKS, MOST_BOOKS = 8, 30
TWO_ROWS_FROM = 18  # books
NARROWEST, WIDEST = 0.75, 16 / 9  # width to height
CUT = 0.85  # of a book must be on the picture for it to be listed


@dataclass(frozen=True, slots=True)
class Photo:
    """`truth` is what stands in NAME.truth.json: books with boxes in fractions of the picture."""

    jpeg: bytes
    truth: dict[str, Any]


def drawn_photo(books: Sequence[Printed], seed: int, level: Difficulty, *, width_px: int | None = None, count: int | None = None) -> Photo:
    """A photo of a shelf with some of the books; the same seed, books, fonts and Pillow give the same bytes.

    Raises: ValueError where there are too few books.
    """
    rng = random.Random(seed)
    number = count or min(MOST_BOOKS, max(LEAST_BOOKS, round(rng.gauss(16, 6))))
    if len(books) < number:
        raise ValueError(f"a shelf of {number} books needs as many in the catalogue")
    chosen = rng.sample(range(len(books)), number)
    if rng.random() < 0.04:
        chosen[-1] = chosen[0]  # two copies
    width, height, rows = _shape(number, width_px, level, rng)
    scene = stand([books[place] for place in chosen], width, height, rows, level, rng)
    picture, matrix = camera.view(scene, level, rng)
    quality = rng.randint(*level.quality)
    jpeg = camera.packed(camera.taken(picture, level, rng), quality)
    return Photo(jpeg, _truth(scene.books, matrix, (width, height), f"drawn, {level.name}, seed {seed}"))


def _shape(number: int, width_px: int | None, level: Difficulty, rng: random.Random) -> tuple[int, int, int]:
    """Width and height in pixels and how many shelves: more books are seldom taken from as near."""
    rows = 2 if number >= TWO_ROWS_FROM and rng.random() < (0.5 if number < 24 else 0.8) else 1
    low, high = level.width_px
    least = min(high, max(low, number * (46 if rows == 2 else 85)))
    width = width_px or rng.randint(least, high)
    natural = number / rows * BOOK_MM / (rows * ROW_MM)
    aspect = min(WIDEST, max(NARROWEST, natural * rng.uniform(0.9, 1.1)))
    fitting = min(width, round(high * aspect))  # no side is longer than the widest
    return fitting, round(fitting / aspect), rows


def _truth(placed: Sequence[Placed], matrix: camera.Array, size: tuple[int, int], note: str) -> dict[str, Any]:
    books: list[dict[str, Any]] = []
    unlisted: list[dict[str, Any]] = []
    for each in placed:
        points = [camera.projected(corner, matrix) for corner in each.corners]
        box, seen = _box(points, size)
        if seen <= 0:
            continue
        (books if each.listed and seen >= CUT else unlisted).append(_book(each.book, box))
    return {"books": books, "partly_visible_or_unread": len(unlisted), "unlisted": unlisted, "note": note}


def _book(book: Printed, box: dict[str, float]) -> dict[str, Any]:
    known = {"isbn": book.isbn, "titles": list(book.titles)}
    return {"title": book.title, "author": book.author, **{name: value for name, value in known.items() if value}, "box": box}


def _box(points: Sequence[camera.Point], size: tuple[int, int]) -> tuple[dict[str, float], float]:
    """The box in fractions of the picture, cut to it, and how much of it was left."""
    xs, ys = sorted(x / size[0] for x, _ in points), sorted(y / size[1] for _, y in points)
    x1, x2, y1, y2 = max(0.0, xs[0]), min(1.0, xs[-1]), max(0.0, ys[0]), min(1.0, ys[-1])
    whole = (xs[-1] - xs[0]) * (ys[-1] - ys[0])
    seen = max(0.0, x2 - x1) * max(0.0, y2 - y1) / whole
    return {"x1": round(x1, 4), "y1": round(y1, 4), "x2": round(x2, 4), "y2": round(y2, 4)}, seen
