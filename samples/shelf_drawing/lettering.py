"""Text set in rows: how large it can be in a rectangle, and its picture."""

import random
from dataclasses import dataclass
from itertools import combinations

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from shelf_drawing.colours import Colour, shaded
from shelf_drawing.fonts import Face

LEADING = 1.12  # ems from row to row
_LONG_WORD = 8  # letters that may be broken where lines are short


@dataclass(frozen=True, slots=True)
class Text:
    """Rows of one face, and the em in pixels; `spacing` between letters in ems."""

    rows: tuple[str, ...]
    face: Face
    size_px: float
    spacing: float = 0.0

    @property
    def width_px(self) -> float:
        return max(self.face.width(row, self.spacing) for row in self.rows) * self.size_px

    @property
    def height_px(self) -> float:
        return len(self.rows) * LEADING * self.size_px

    def scaled(self, size_px: float) -> "Text":
        """The same, no larger than that."""
        return Text(self.rows, self.face, min(self.size_px, size_px), self.spacing)


def fitted(text: str, face: Face, width_px: float, height_px: float, *, spacing: float = 0.0, most_rows: int = 3) -> Text:
    """The text as large as it goes into a rectangle, in as many rows as that takes."""
    choices = [_sized(rows, face, width_px, height_px, spacing) for rows in _broken(text.split(), most_rows)]
    return max(choices, key=lambda choice: choice.size_px)


def stacked(text: str, face: Face, width_px: float, height_px: float, rng: random.Random) -> Text:
    """The text set across a spine: a word a row, and long words broken by a hyphen in half of the cases."""
    rows: list[str] = []
    for word in text.split():
        if rows and len(rows[-1]) + len(word) < 7:
            rows[-1] += f" {word}"
        elif len(word) > _LONG_WORD and word.isalpha() and rng.random() < 0.5:
            middle = len(word) // 2
            rows += [f"{word[:middle]}-", word[middle:]]
        else:
            rows.append(word)
    return _sized(tuple(rows), face, width_px, height_px, 0.0)


def _sized(rows: tuple[str, ...], face: Face, width_px: float, height_px: float, spacing: float) -> Text:
    longest = max(face.width(row, spacing) for row in rows)
    return Text(rows, face, min(width_px / max(longest, 0.1), height_px / (LEADING * len(rows))), spacing)


def _broken(words: list[str], most_rows: int) -> list[tuple[str, ...]]:
    """The most even way to break the words, for each number of rows."""
    found = []
    for rows in range(1, min(most_rows, len(words)) + 1):
        ways = [
            tuple(" ".join(words[start:end]) for start, end in zip((0, *cuts), (*cuts, len(words)), strict=True))
            for cuts in combinations(range(1, len(words)), rows - 1)
        ]
        found.append(min(ways, key=lambda way: max(map(len, way))))
    return found


def decorated(text: Text, colour: Colour, align: str, rng: random.Random) -> Image.Image:
    """Letters with an outline only, with a shadow, or with one row or half of the letters in another tone."""
    plain, form = written(text, colour, align), rng.randrange(3)
    step = max(1, round(text.size_px * 0.05))
    if form == 0:
        hollow = ImageChops.subtract(plain.getchannel("A"), plain.getchannel("A").filter(ImageFilter.MinFilter(2 * (step // 2) + 3)))
        plain.putalpha(hollow if text.size_px > 40 else plain.getchannel("A"))
        return plain
    if form == 1:
        under = Image.new("RGBA", (plain.width + step, plain.height + step), (*shaded(colour, 0.35), 0))
        shadow = Image.new("RGBA", plain.size, (*shaded(colour, 0.35), 255))
        under.paste(shadow, (step, step), plain.getchannel("A"))
        under.alpha_composite(plain)
        return under
    other = Image.new("RGBA", plain.size, (*shaded(colour, 0.7), 255))
    other.putalpha(plain.getchannel("A"))
    box = (0, 0, plain.width // 2, plain.height) if len(text.rows) == 1 else (0, 0, plain.width, plain.height // len(text.rows))
    plain.paste(other.crop(box), box[:2])
    return plain


def written(text: Text, colour: Colour, align: str = "centre") -> Image.Image:
    """Letters on nothing (RGBA), the rows aligned at the start, the centre or the end."""
    font = text.face.at(text.size_px)
    side = 0.12 * text.size_px  # letters reach beyond their widths, and are set a little wider than measured
    width, height = round(text.width_px * 1.02 + 2 * side) + 1, round(text.height_px + side) + 1
    image = Image.new("RGBA", (width, height), (*colour, 0))
    pen = ImageDraw.Draw(image)
    for place, row in enumerate(text.rows):
        free = text.width_px - text.face.width(row, text.spacing) * text.size_px
        x = side + free * {"start": 0.0, "centre": 0.5, "end": 1.0}[align]
        y = side / 2 + (place + 0.5) * LEADING * text.size_px
        if not text.spacing:
            pen.text((x, y), row, font=font, fill=(*colour, 255), anchor="lm")
            continue
        for char in row:
            pen.text((x, y), char, font=font, fill=(*colour, 255), anchor="lm")
            x += font.getlength(char) + text.spacing * text.size_px
    return image
