"""Draw photo-like bookshelves with their truth: python samples/draw_shelves.py --count 100 --seed 1 --out FOLDER."""

import argparse
import json
from pathlib import Path

from shelf_drawing.books import Printed, read_books
from shelf_drawing.difficulty import DIFFICULTIES, Difficulty
from shelf_drawing.photo import Photo, drawn_photo

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = (("easy", 1, 11), ("normal", 6, 16), ("hard", 5, 13))  # difficulty, seed, books of samples/shelf-1 to shelf-3
SAMPLE_PX = 1_600
SEEDS_APART = 100_003  # so that sets of neighbouring seeds have no photo in common


def draw(books: list[Printed], count: int, seed: int, level: Difficulty, folder: Path) -> int:
    """Write `shelf-NNN.jpg` and `shelf-NNN.truth.json`; the number of books that the truth lists.

    Raises: OSError when the folder cannot be written; ValueError where there are too few books.
    """
    return sum(write(drawn_photo(books, seed * SEEDS_APART + place, level), folder / f"shelf-{place:03}") for place in range(1, count + 1))


def draw_samples(books: list[Printed], folder: Path) -> int:
    """Write the three shelves of `samples/`; the number of books listed. Raises: OSError."""
    photos = (drawn_photo(books, seed, DIFFICULTIES[name], width_px=SAMPLE_PX, count=count) for name, seed, count in SAMPLES)
    return sum(write(photo, folder / f"shelf-{place}") for place, photo in enumerate(photos, start=1))


def write(photo: Photo, stem: Path) -> int:
    """Write a photo and its truth into a folder that is made when missing; the number of books listed. Raises: OSError."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_name(f"{stem.name}.jpg").write_bytes(photo.jpeg)
    truth = json.dumps(photo.truth, ensure_ascii=False, indent=1)
    stem.with_name(f"{stem.name}.truth.json").write_text(f"{truth}\n", encoding="utf-8")
    return len(photo.truth["books"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw photos of bookshelves, and the truth beside each.")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="made when missing")
    parser.add_argument("--books", type=Path, default=ROOT / "samples" / "catalogue.jsonl", metavar="FILE", help="JSON lines or CSV")
    parser.add_argument("--difficulty", choices=sorted(DIFFICULTIES), default="normal")
    parser.add_argument("--samples", action="store_true", help="draw shelf-1 to shelf-3 of this folder instead")
    asked = parser.parse_args()
    books = read_books(asked.books)
    if asked.samples:
        count, listed = len(SAMPLES), draw_samples(books, asked.out)
    else:
        count, listed = asked.count, draw(books, asked.count, asked.seed, DIFFICULTIES[asked.difficulty], asked.out)
    print(f"{count} shelves with {listed} books drawn into {asked.out}")


if __name__ == "__main__":
    main()
