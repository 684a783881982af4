"""The result of a scan drawn over its photo, for people at a terminal: boxes coloured by certainty, with numbers."""

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

COLOURS = {"found": (35, 164, 85), "maybe": (217, 138, 0), "unreadable": (150, 150, 150)}
LONGEST_PX = 2_400
LINE_SHARE = 0.002  # of the longest side
TEXT_SHARE = 0.014


def drawn(jpeg: bytes, books: Sequence[dict[str, Any]]) -> bytes:
    """The photo with a box around each book, as JPEG; numbers are the books' places in the list, from 1."""
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    picture.thumbnail((LONGEST_PX, LONGEST_PX))
    pen = ImageDraw.Draw(picture)
    longest = max(picture.size)
    font = ImageFont.load_default(size=max(12, round(longest * TEXT_SHARE)))
    for number, book in enumerate(books, 1):
        box = book["boundingBox"]
        corners = (box["x1"] * picture.width, box["y1"] * picture.height, box["x2"] * picture.width, box["y2"] * picture.height)
        colour = COLOURS[book["decision"]]
        pen.rectangle(corners, outline=colour, width=max(2, round(longest * LINE_SHARE)))
        label = pen.textbbox(corners[:2], str(number), font=font)
        pen.rectangle((label[0] - 3, label[1] - 2, label[2] + 3, label[3] + 2), fill=colour)
        pen.text(corners[:2], str(number), fill="white", font=font)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
