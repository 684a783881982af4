"""One spine, upright, as a picture."""

import random
from dataclasses import dataclass

from PIL import Image

from shelf_drawing import cover, marks
from shelf_drawing.books import Printed
from shelf_drawing.colours import Colour, ground, ink
from shelf_drawing.difficulty import Difficulty
from shelf_drawing.fonts import Face, chosen
from shelf_drawing.lettering import Text, decorated, fitted, stacked, written

LABEL_TOP = 0.74  # where a library's label begins, as a share of the height


@dataclass(frozen=True, slots=True)
class Spine:
    """A drawn spine; `upward` where its text runs up, `text_px` the em of the smaller of title and author."""

    book: Printed
    image: Image.Image
    upward: bool
    text_px: float


@dataclass(slots=True)
class _Sheet:
    """The part of a spine that letters go on, in reading direction: `length` along the text, `depth` across it."""

    length: int
    depth: int
    rng: random.Random
    level: Difficulty
    colour: Colour
    image: Image.Image
    text_px: float = 1e9

    def put(self, text: Text, start: float, space: float, align: str, *, middle: float = 0.5) -> None:
        """Set a text within `space` from `start` on, its rows around `middle` of the depth; aligned as start, centre, end."""
        colour, fancy = ink(self.colour, self.level.contrast, self.rng), self.rng.random() < self.level.effects
        letters = decorated(text, colour, align, self.rng) if fancy else written(text, colour, align)
        free = space - text.width_px
        x = start + free * {"start": 0.0, "centre": 0.5, "end": 1.0}[align]
        x -= (letters.width - text.width_px) / 2
        self.image.alpha_composite(letters, (max(0, round(x)), max(0, round(middle * self.depth - letters.height / 2))))
        self.text_px = min(self.text_px, text.size_px)


def drawn(book: Printed, width: int, height: int, level: Difficulty, *, library: bool, rng: random.Random) -> Spine:
    """A spine of that size in pixels with all that stands on it."""
    colour = ground(rng)
    image, head = cover.painted(width, height, colour, level.busy, rng)
    upward = rng.random() < level.upward
    foot = round(height * rng.uniform(0.08, 0.12))
    labelled = round(height * (1 - LABEL_TOP)) if library and level.name != "hard" else 0
    top = head + round(height * rng.uniform(0.025, 0.06)) + (0 if head else _volume(image, book, colour, level, rng))
    room = height - top - max(foot + round(height * 0.02), labelled)
    if width > height * 0.19 and rng.random() < level.across * 2:
        layer, text_px, upward = *_across(book, width, room, colour, level, rng), False
    else:
        sheet = _Sheet(room - width // 10, width, rng, level, colour, Image.new("RGBA", (room, width), (*colour, 0)))
        _along(sheet, book, upward)
        layer, text_px = sheet.image.rotate(90 if upward else -90, expand=True), sheet.text_px
    image.paste(layer, (0, top), layer)
    mark = marks.imprint(width, foot, ink(colour, level.contrast, rng), rng)
    image.paste(mark, (0, height - foot - round(height * 0.015)), mark)
    image = cover.worn(image, rng)
    if rng.random() < level.sticker:
        patch = marks.sticker(width, rng)
        image.paste(patch, (rng.randrange(max(1, width - patch.width)), round(rng.uniform(0.1, 0.8) * height)), patch)
    if library:
        label = marks.library_label(round(min(width * rng.uniform(0.7, 0.95), height * 0.12)), round(height * 0.18), book.author, rng)
        image.paste(label, ((width - label.width) // 2, round(height * (LABEL_TOP + 0.02))))
    return Spine(book, image, upward, text_px)


def _volume(image: Image.Image, book: Printed, colour: Colour, level: Difficulty, rng: random.Random) -> int:
    """Set the number of a volume, or of a publisher's series, at the head; how many pixels it takes."""
    number = str(book.volume) if book.volume and rng.random() < 0.5 else str(rng.randrange(2, 999)) if rng.random() < 0.08 else ""
    if not number:
        return 0
    text = fitted(number, chosen(number, rng, 0.1), image.width * 0.6, min(image.width * 0.5, image.height * 0.05))
    letters = written(text, ink(colour, level.contrast, rng))
    image.paste(letters, ((image.width - letters.width) // 2, round(image.height * 0.02)), letters)
    return letters.height


def _cased(text: str, rng: random.Random, capitals: float) -> str:
    return text.upper() if rng.random() < capitals else text


def _faces(book: Printed, sheet_fancy: float, rng: random.Random) -> tuple[str, Face, str, Face]:
    """Title and author as they are set, each with its face; the author's is often the title's."""
    title, author = _cased(book.title, rng, 0.45), _cased(book.author, rng, 0.45)
    face = chosen(title, rng, sheet_fancy * 0.5)
    other = face if rng.random() < 0.5 and face.knows(author) else chosen(author, rng, sheet_fancy * 0.25)
    return title, face, author, other


def _along(sheet: _Sheet, book: Printed, upward: bool) -> None:
    """Title and author along the spine: one after the other, or in two rows side by side."""
    rng, level = sheet.rng, sheet.level
    title, face, author, other = _faces(book, level.fancy, rng)
    larger = rng.random() < level.author_larger
    if sheet.depth > sheet.length * 0.11 and rng.random() < 0.3:
        _side_by_side(sheet, (title, face), (author, other), larger)
        return
    share = rng.uniform(0.34, 0.46) if larger else rng.uniform(0.54, 0.68)
    gap = sheet.length * 0.035
    spaces = {"title": (sheet.length - gap) * share, "author": (sheet.length - gap) * (1 - share)}
    order = ("title", "author") if rng.random() < 0.5 else ("author", "title")
    texts = {"title": _set(sheet, title, face, spaces["title"], 3), "author": _set(sheet, author, other, spaces["author"], 2)}
    lesser, greater = ("title", "author") if larger else ("author", "title")
    texts[lesser] = texts[lesser].scaled(max(level.least_text_px, texts[greater].size_px * rng.uniform(0.5, 0.9)))
    aligns = rng.choice((("start", "end"), ("centre", "centre"), ("start", "start")))
    start = 0.0
    for name, align in zip(order, aligns, strict=True):
        sheet.put(texts[name], start, spaces[name], align)
        start += spaces[name] + gap
    _blurb(sheet, texts["title"])


def _set(sheet: _Sheet, text: str, face: Face, space: float, rows: int) -> Text:
    spacing = sheet.rng.choice((0.0, 0.0, 0.0, 0.04, 0.1))
    most = fitted(text, face, space, sheet.depth * sheet.rng.uniform(0.62, 0.86), spacing=spacing, most_rows=rows)
    return most.scaled(max(sheet.level.least_text_px, most.size_px * sheet.rng.uniform(0.7, 1.0)))


def _side_by_side(sheet: _Sheet, title: tuple[str, Face], author: tuple[str, Face], larger: bool) -> None:
    space, part = sheet.length * 0.96, 0.4 if larger else 0.56
    first = sheet.rng.random() < 0.6  # the title above
    title_text = fitted(*title, space, sheet.depth * part * 0.84, most_rows=2)
    author_text = fitted(*author, space, sheet.depth * (1 - part) * 0.84, most_rows=1)
    middles = (part / 2, part + (1 - part) / 2) if first else (1 - part / 2, (1 - part) / 2)
    align = sheet.rng.choice(("start", "centre"))
    sheet.put(title_text, sheet.length * 0.02, space, align, middle=0.04 + 0.92 * middles[0])
    sheet.put(author_text, sheet.length * 0.02, space, align, middle=0.04 + 0.92 * middles[1])


def _blurb(sheet: _Sheet, title: Text) -> None:
    """Small words above a title that leaves the room for them."""
    size = sheet.depth * 0.13
    if sheet.rng.random() < sheet.level.noise_words and title.height_px < sheet.depth * 0.55 and size >= 8:
        words = sheet.rng.choice(marks.BLURBS)
        text = fitted(words, chosen(words, sheet.rng, 0.0), sheet.length * 0.4, size)
        letters = written(text, ink(sheet.colour, sheet.level.contrast, sheet.rng))
        sheet.image.alpha_composite(letters, (round(sheet.length * 0.02), round(sheet.depth * 0.03)))


def _across(book: Printed, width: int, room: int, colour: Colour, level: Difficulty, rng: random.Random) -> tuple[Image.Image, float]:
    """Title and author across a wide spine, word under word; the layer and the em of the smaller text."""
    title, face, author, other = _faces(book, level.fancy, rng)
    layer = Image.new("RGBA", (width, room), (*colour, 0))
    larger = rng.random() < level.author_larger
    part = rng.uniform(0.35, 0.45) if larger else rng.uniform(0.5, 0.65)
    parts = [(stacked(title, face, width * 0.86, room * part * 0.9, rng), part)]
    parts.append((stacked(author, other, width * 0.8, room * (1 - part) * 0.8, rng), 1 - part))
    if rng.random() < 0.5:
        parts.reverse()
    start = 0.0
    for text, share in parts:
        smaller = text.scaled(max(level.least_text_px, text.size_px * rng.uniform(0.75, 1.0)))
        letters = written(smaller, ink(colour, level.contrast, rng))
        at = (max(0, (width - letters.width) // 2), max(0, round(start + (room * share - letters.height) * 0.5)))
        layer.alpha_composite(letters, at)
        start += room * share
    return layer, min(text.size_px for text, _ in parts)
