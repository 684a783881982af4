"""Books placed on shelf boards: upright, leaning, lying in piles, with gaps; where each one is on the picture."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFilter

from shelf_drawing.books import Printed
from shelf_drawing.colours import Colour, shaded
from shelf_drawing.difficulty import Difficulty
from shelf_drawing.spine import Spine, drawn

Point = tuple[float, float]
BOOK_MM, ROW_MM = 31, 310  # of a shelf: how wide a book is with its share of gaps and piles, and how high a row
MARGIN = 0.12  # of the scene around what the camera is pointed at, so that a turned camera sees no edge
_WOODS: tuple[Colour, ...] = ((228, 224, 216), (240, 240, 238), (150, 104, 66), (104, 70, 46), (44, 60, 86), (60, 58, 58), (186, 150, 108))


@dataclass(frozen=True, slots=True)
class Placed:
    """A book on the scene, its corners in pixels; `listed` unless its letters are too small to ask for."""

    book: Printed
    corners: tuple[Point, ...]
    listed: bool


@dataclass(slots=True)
class Scene:
    """What the camera is pointed at, with a margin around it; `frame` is what it would see if it were held straight."""

    image: Image.Image
    frame: tuple[int, int, int, int]
    books: list[Placed] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """A shelf: its board's upper edge, its room, and how many pixels a millimetre has."""

    scene: Scene
    board: int
    head: int
    left: int
    right: int
    scale: float
    level: Difficulty
    rng: random.Random
    library: bool
    x: int = 0

    def fits(self, width: float) -> bool:
        return self.x + width <= self.right

    def spine(self, book: Printed) -> Spine:
        """Draw a spine of a likely size, thicker where its letters would be too small."""
        rng, room = self.rng, (self.board - self.head) * 0.95
        height = min(room, rng.choice((178, 198, 210, 216, 234, 240, 250)) * rng.uniform(0.97, 1.03) * self.scale)
        thickness = min(60, max(8, rng.lognormvariate(3.15, 0.42))) * self.scale
        for _ in range(4):
            spine = drawn(book, round(thickness), round(height), self.level, library=self.library, rng=rng)
            if spine.text_px >= self.level.least_text_px:
                break
            thickness = min(62 * self.scale, thickness * 1.35)
        return spine


def stand(books: Sequence[Printed], width: int, height: int, rows: int, level: Difficulty, rng: random.Random) -> Scene:
    """A scene of `rows` shelves with as many of the books as go onto them; its frame has that size in pixels."""
    scene = _room(width, height, rng)
    left, top = scene.frame[:2]
    room, scale = height / rows, _scale(len(books), width, height, rows)
    library, rest = rng.random() < level.label, list(books)
    wood = rng.choice(_WOODS)
    for place in range(rows):
        board = round(top + room * (place + 1) - room * rng.uniform(0.06, 0.12))
        head = round(top + room * place + room * 0.05)
        _board(scene, board, wood, rng)
        row = _Row(scene, board, head, left, left + width, scale, level, rng, library)
        slack = max(0.0, 0.92 - math.ceil(len(books) / rows) * BOOK_MM * scale / width)
        row.x = left + round(width * (-0.03 if rng.random() < level.cut * 2 else rng.uniform(0.03, 0.07 + slack)))
        share = math.ceil(len(rest) / (rows - place))
        used = _filled(row, rest[:share])
        rest = rest[used:]
    return scene


def _scale(count: int, width: int, height: int, rows: int) -> float:
    """Pixels a millimetre, so that the books fill the rows and the tallest stand below the next board."""
    return min(width / (math.ceil(count / rows) * BOOK_MM), height / rows * 0.8 / 250)


def _room(width: int, height: int, rng: random.Random) -> Scene:
    """The wall behind the shelves."""
    side, top = round(width * MARGIN), round(height * MARGIN)
    wall = shaded(rng.choice(_WOODS), rng.uniform(0.4, 1.0))
    image = Image.new("RGB", (width + 2 * side, height + 2 * top), wall)
    return Scene(image, (side, top, side + width, top + height))


def _board(scene: Scene, at: int, wood: Colour, rng: random.Random) -> None:
    """A board with its front edge, and the shadow below it."""
    pen = ImageDraw.Draw(scene.image)
    width, thick = scene.image.width, round(scene.image.height * rng.uniform(0.018, 0.035))
    for step in range(thick * 4):
        dark = shaded(scene.image.getpixel((0, min(scene.image.height - 1, at + thick * 5))), 0.45 + 0.55 * step / (thick * 4))
        pen.line((0, at + thick + step, width, at + thick + step), fill=dark)
    pen.rectangle((0, at - thick // 3, width, at), fill=shaded(wood, 0.8))
    pen.rectangle((0, at, width, at + thick), fill=wood)
    for _ in range(14):
        y = at + rng.uniform(0.1, 0.95) * thick
        pen.line((0, y, width, y + rng.uniform(-2, 2)), fill=shaded(wood, rng.uniform(0.93, 1.04)))


def _filled(row: _Row, books: Sequence[Printed]) -> int:
    """Place books from left to right; how many were used."""
    used, rng, level = 0, row.rng, row.level
    pile_at = rng.randrange(max(1, len(books) // 2)) if rng.random() < level.pile else -1
    while used < len(books):
        if used == pile_at:
            placed = _pile(row, books[used : used + rng.randrange(2, 6)])
            used, pile_at = used + placed, -1
            if placed:
                continue
        spine = row.spine(books[used])
        if not row.fits(spine.image.width):
            if rng.random() < level.cut * 4 and row.fits(spine.image.width * 0.3):
                _upright(row, spine)
                used += 1
            break
        if rng.random() < level.lean:
            _leaning(row, spine)
        else:
            _upright(row, spine)
        used += 1
        if rng.random() < 0.05:
            row.x += round(rng.uniform(4, 30) * row.scale)
    return used


def _upright(row: _Row, spine: Spine) -> None:
    width, height = spine.image.size
    y = row.board - height
    _shadow(row, row.x, y, width, height)
    _pages(row, row.x, y, width)
    row.scene.image.paste(spine.image, (row.x, y))
    _keep(row, spine, [(row.x, y), (row.x + width, y), (row.x + width, row.board), (row.x, row.board)])
    row.x += width + (1 if row.rng.random() < 0.7 else row.rng.randrange(1, 5))


def _shadow(row: _Row, x: int, y: int, width: int, height: int) -> None:
    """What a book takes of the light from the wall behind it."""
    blur = max(2, round(4 * row.scale))
    box = (x - 2 * blur, y - 2 * blur, x + width + 3 * blur, y + height)
    region = row.scene.image.crop(box)
    mask = Image.new("L", region.size, 0)
    ImageDraw.Draw(mask).rectangle((2 * blur, 2 * blur, 2 * blur + width + blur, region.height), fill=120)
    region.paste((8, 8, 10), (0, 0), mask.filter(ImageFilter.GaussianBlur(blur)))
    row.scene.image.paste(region, box[:2])


def _pages(row: _Row, x: int, y: int, width: int) -> None:
    """The upper edge of the pages, seen a little from above."""
    depth = row.rng.uniform(0, 5) * row.scale
    lean, paper = row.rng.uniform(-0.3, 0.3) * width, (214, 204, 180)
    pen = ImageDraw.Draw(row.scene.image)
    pen.polygon([(x + 2, y), (x + width - 2, y), (x + width - 2 + lean, y - depth), (x + 2 + lean, y - depth)], fill=paper)


def _leaning(row: _Row, spine: Spine) -> None:
    """A book that leans to the left against its neighbour, or to the right where it has none."""
    angle = row.rng.uniform(3, 11) * (1 if row.x > row.left else -1)
    width, height = spine.image.size
    turned = spine.image.convert("RGBA").rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    if not row.fits(turned.width) or turned.height > row.board - row.head:
        _upright(row, spine)
        return
    x, y = row.x, row.board - turned.height
    row.scene.image.paste(turned, (x, y), turned)
    middle = (x + turned.width / 2, y + turned.height / 2)
    _keep(row, spine, [_turned(dx, dy, angle, middle) for dx, dy in _around(width, height)])
    row.x += turned.width + 1


def _around(width: float, height: float) -> list[Point]:
    return [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]


def _turned(x: float, y: float, angle_deg: float, middle: Point) -> Point:
    """A point of an upright picture after it was turned against the clock."""
    sine, cosine = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
    return middle[0] + x * cosine + y * sine, middle[1] - x * sine + y * cosine


def _pile(row: _Row, books: Sequence[Printed]) -> int:
    """Books lying flat on one another; how many were placed."""
    spines = [row.spine(book) for book in books]
    longest = max(spine.image.height for spine in spines)
    if not row.fits(longest * 1.05):
        return 0
    y, placed = row.board, 0
    for spine in sorted(spines, key=lambda each: -each.image.height):
        upside_down = row.rng.random() < 0.1
        image = spine.image.rotate(-90 if spine.upward != upside_down else 90, expand=True)
        if y - image.height < row.head:
            break
        x = row.x + round((longest - image.width) * row.rng.random() + row.rng.uniform(0, 0.03) * longest)
        y -= image.height
        _shadow(row, x, y, *image.size)
        row.scene.image.paste(image, (x, y))
        _keep(row, spine, [(x, y), (x + image.width, y), (x + image.width, y + image.height), (x, y + image.height)])
        placed += 1
    row.x += round(longest * 1.06)
    return placed


def _keep(row: _Row, spine: Spine, corners: list[Point]) -> None:
    row.scene.books.append(Placed(spine.book, tuple(corners), spine.text_px >= row.level.least_text_px))
