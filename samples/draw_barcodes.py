"""Draw the page of barcodes and its truth: python samples/draw_barcodes.py [FOLDER]; into samples/ where no folder is told."""

import argparse
import io
import json
import random
import sys
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, Python looks beside the script only

from tests.scanning.photos import barcodes as drawn  # noqa: E402

SEED = 6
WIDTH, HEIGHT = 2_200, 1_800
COLUMNS, ROWS = 4, 4
BOOKS = 12
RETAIL, MUSIC = "5449000039231", "9790260000438"  # a barcode that is no book's, and a piece of printed music's
ADD_ONS = ("", "51299", "", "05")
TILTS = (0, 90, -7, 180, 24, 3, -18, 270, 12, -28, 5, -3, 15, -10)  # degrees
BACKS = ((42, 74, 110), (140, 52, 44), (70, 96, 62), (196, 160, 90), (88, 62, 108), (60, 60, 64))  # colours of the books


def books(catalogue: Path) -> list[dict[str, str]]:
    """`{title, author, isbn}` of a dozen works, one edition each, the same at every call.

    Raises: OSError when the catalogue cannot be read.
    """
    works = [json.loads(line) for line in catalogue.read_text(encoding="utf-8").splitlines()]
    first = [
        {"title": edition["title"], "author": work["authors"][0]["name"], "isbn": edition["isbn"]}
        for work in works
        if work["authors"] and (edition := next((each for each in work["editions"] if "isbn" in each), None))
    ]
    return random.Random(SEED).sample(first, BOOKS)


def page(shown: list[dict[str, str]]) -> tuple[bytes, list[dict[str, Any]]]:
    """The page as JPEG, and its truth: each book with the box of its card in fractions."""
    ground = drawn.paper(WIDTH, HEIGHT, SEED, 190)
    truth = []
    codes = [*(book["isbn"] for book in shown), RETAIL, MUSIC]
    for place, code in enumerate(codes):
        x = WIDTH * (2 * (place % COLUMNS) + 1) // (2 * COLUMNS)
        y = HEIGHT * (2 * (place // COLUMNS) + 1) // (2 * ROWS)
        card = drawn.barcode(code, 2 + place % 2, 35 if place % 3 else 50, ADD_ONS[place % len(ADD_ONS)])
        card = drawn.scaled(card, 1.0 if place % 2 == 0 else 0.8)
        back = drawn.np.full((card.shape[0] + 40, card.shape[1] + 40, 3), BACKS[place % len(BACKS)], drawn.np.uint8)
        back[20:-20, 20:-20] = card
        drawn.laid(ground, back, x, y, TILTS[place])
        high, wide = drawn.turned(back, TILTS[place]).shape[:2]
        box = {"x1": (x - wide / 2) / WIDTH, "y1": (y - high / 2) / HEIGHT, "x2": (x + wide / 2) / WIDTH, "y2": (y + high / 2) / HEIGHT}
        if place < len(shown):
            truth.append({**shown[place], "box": {side: round(value, 4) for side, value in box.items()}})
    into = io.BytesIO()
    Image.fromarray(drawn.noisy(drawn.blurred(ground, 0.6), 2, SEED)).save(into, "JPEG", quality=60)
    return into.getvalue(), truth


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a page of ISBN barcodes, and what stands on it.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "samples")
    folder = parser.parse_args().folder
    jpeg, truth = page(books(ROOT / "samples" / "catalogue.jsonl"))
    (folder / "barcodes.jpg").write_bytes(jpeg)
    (folder / "barcodes.truth.json").write_text(json.dumps({"books": truth}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(truth)} books drawn into {folder / 'barcodes.jpg'}, {len(jpeg)} bytes")


if __name__ == "__main__":
    main()
