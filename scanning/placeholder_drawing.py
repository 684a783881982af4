"""Covers drawn for books that have none: the title and the author on a colour that follows from a seed. In the picture process only.

Letters are those of the font that Pillow brings; it has no accents and one script, so that signs it lacks are transliterated.
"""

import colorsys
import hashlib
from collections.abc import Callable
from functools import lru_cache

from anyascii import anyascii
from PIL import Image, ImageDraw, ImageFont

from scanning.cover_making import webp

MARGIN = 0.10  # of the width
TITLE_SIZE, AUTHOR_SIZE = 0.105, 0.072  # of the width, px of a letter
TITLE_LINES, AUTHOR_LINES = 6, 2
LEADING = 1.25  # of a letter's size
BAND = (0.055, 0.012)  # of the height: where it begins, how thick it is
LACKING = "\uffff"  # no font has it: what is shown in its place is shown for all that is lacking
Colour = tuple[int, int, int]


def drawn(title: str, author: str, seed: str, box: tuple[int, int]) -> bytes:
    """A WebP of the box's size in px. The same words and seed always give the same picture; no words: the colours alone."""
    width, height = box
    ground, ink = _colours(seed)
    picture = Image.new("RGB", box, ground)
    draw = ImageDraw.Draw(picture)
    top, thickness = (max(1, round(height * part)) for part in BAND)
    draw.rectangle((0, top, width, top + thickness), fill=ink)
    draw.rectangle((0, height - top - thickness, width, height - top), fill=ink)
    y = _written(draw, title, size=width * TITLE_SIZE, lines=TITLE_LINES, top=height * 0.16, width=width, ink=ink)
    _written(draw, author, size=width * AUTHOR_SIZE, lines=AUTHOR_LINES, top=max(y + height * 0.04, height * 0.70), width=width, ink=ink)
    return webp(picture)


def shown(text: str) -> str:
    """The words with the signs that the font has; what cannot be written is left out."""
    return " ".join("".join(sign if sign == " " or _has(sign) else _written_otherwise(sign) for sign in " ".join(text.split())).split())


def wrapped(text: str, fits: Callable[[str], bool], lines: int) -> list[str]:
    """The words in so many lines at most, each of which fits; what is left over ends in three dots."""
    done: list[str] = []
    line, rest = "", text.split()
    while rest and len(done) < lines:
        word = rest[0]
        if fits(f"{line} {word}".strip()):
            line = f"{line} {word}".strip()
            rest.pop(0)
        elif line:
            done.append(line)
            line = ""
        else:
            length = max(1, next((n for n in range(len(word) - 1, 0, -1) if fits(word[:n])), 1))
            done.append(word[:length])
            rest[0:1] = [word[length:]] if word[length:] else []
    if line and len(done) < lines:
        done.append(line)
    elif done and (line or rest):
        done[-1] = _shortened(done[-1], fits)
    return done


def _shortened(line: str, fits: Callable[[str], bool]) -> str:
    while line and not fits(f"{line.rstrip()}..."):
        line = line[:-1]
    return f"{line.rstrip()}..."


def _written(draw: ImageDraw.ImageDraw, text: str, *, size: float, lines: int, top: float, width: int, ink: Colour) -> float:
    """Write words from `top` down, in the middle; where they end."""
    font = _font(max(8, round(size)))
    room = width * (1 - 2 * MARGIN)
    for line in wrapped(shown(text), lambda words: font.getlength(words) <= room, lines):
        draw.text((width / 2, top), line, font=font, fill=ink, anchor="ma")
        top += size * LEADING
    return top


def _colours(seed: str) -> tuple[Colour, Colour]:
    """The ground, dark enough for light letters, and the letters."""
    digest = hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=4).digest()
    hue, saturation = digest[0] / 256, 0.30 + digest[1] / 1024
    ground, ink = (colorsys.hls_to_rgb(hue, light, saturation) for light in (0.27 + digest[2] / 2560, 0.93))
    return _bytes(ground), _bytes(ink)


def _bytes(colour: tuple[float, float, float]) -> Colour:
    red, green, blue = (round(part * 255) for part in colour)
    return red, green, blue


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType")
    return font


@lru_cache(maxsize=4096)
def _has(sign: str) -> bool:
    """Whether the font shows a sign of its own for it."""
    font = _font(24)
    return sign.isprintable() and bytes(font.getmask(sign)) not in (bytes(font.getmask(LACKING)), b"")


@lru_cache(maxsize=4096)
def _written_otherwise(sign: str) -> str:
    return "".join(letter for letter in anyascii(sign) if letter == " " or _has(letter))
