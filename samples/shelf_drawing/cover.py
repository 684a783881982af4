"""The ground of a spine: colours, bands, cloth, creases and the light on its curve."""

import random

import numpy as np
from PIL import Image, ImageDraw

from shelf_drawing.colours import Colour, ground, shaded

Array = np.ndarray


def painted(width: int, height: int, colour: Colour, busy: float, rng: random.Random) -> tuple[Image.Image, int]:
    """An empty spine, upright: plain, shaded from end to end, with bands, lines or a picture; where the room for letters begins."""
    head = 0.0
    image = Image.new("RGB", (width, height), colour)
    if rng.random() < busy:
        _pattern(image, colour, rng)
    pen = ImageDraw.Draw(image)
    style = rng.random()
    if style < 0.22:
        _run(image, colour, shaded(colour, rng.uniform(0.7, 1.15)))
    elif style < 0.42:
        other, part = ground(rng), rng.uniform(0.04, 0.13)
        pen.rectangle((0, 0, width, height * part), fill=other)
        head = part * height
        if rng.random() < 0.6:
            pen.rectangle((0, height * (1 - part), width, height), fill=other)
    elif style < 0.52:
        line, thick = ground(rng), max(1, round(height * 0.004))
        for at in rng.choice(((0.03, 0.97), (0.05, 0.07, 0.93, 0.95), (0.12, 0.86))):
            pen.rectangle((0, height * at, width, height * at + thick), fill=line)
    elif style < 0.6:
        head = _picture(pen, width, height, rng)
    return image, round(head)


def _run(image: Image.Image, top: Colour, foot: Colour) -> None:
    """Shade from one colour to the other downwards."""
    share = np.linspace(0, 1, image.height)[:, None, None]
    rows = np.array(top) * (1 - share) + np.array(foot) * share
    image.paste(Image.fromarray(np.broadcast_to(rows, (image.height, image.width, 3)).astype(np.uint8)))


def _pattern(image: Image.Image, colour: Colour, rng: random.Random) -> None:
    """A picture that goes on below the letters, in tones near the ground."""
    pen = ImageDraw.Draw(image)
    for _ in range(rng.randrange(8, 40)):
        tone = shaded(colour, rng.uniform(0.72, 1.35))
        x, y, size = rng.uniform(0, image.width), rng.uniform(0, image.height), rng.uniform(0.2, 1.4) * image.width
        box = (x - size / 2, y - size / 2, x + size / 2, y + size / 2)
        if rng.random() < 0.6:
            pen.ellipse(box, fill=tone)
        else:
            pen.line((x, y, x + rng.uniform(-3, 3) * size, y + rng.uniform(-3, 3) * size), fill=tone, width=max(1, round(size / 9)))


def _picture(pen: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random) -> float:
    """A strip of the cover's picture at the head: shapes that mean nothing."""
    top, foot = 0, height * rng.uniform(0.06, 0.12)
    pen.rectangle((0, top, width, foot), fill=ground(rng))
    for _ in range(rng.randrange(3, 8)):
        x, y, size = rng.uniform(0, width), rng.uniform(top, foot), rng.uniform(0.2, 0.7) * foot
        box = (x - size / 2, max(top, y - size / 2), x + size / 2, min(foot, max(top, y - size / 2) + size))
        pen.ellipse(box, fill=ground(rng)) if rng.random() < 0.6 else pen.rectangle(box, fill=ground(rng))
    return foot


def worn(image: Image.Image, rng: random.Random) -> Image.Image:
    """The spine in its light: cloth or gloss, creases of a paperback that was read, darker at its edges."""
    pixels = np.asarray(image, np.float32)
    height, width = pixels.shape[:2]
    noise = np.random.default_rng(rng.randrange(2**32))
    if rng.random() < 0.3:
        pixels = pixels * _cloth(height, width, noise)
    elif rng.random() < 0.35:
        for _ in range(rng.randrange(1, 4)):
            _crease(pixels, round(rng.uniform(0.2, 0.8) * width), noise)
    return Image.fromarray(np.clip(pixels * _curve(width, rng) + _gloss(width, rng), 0, 255).astype(np.uint8))


def _cloth(height: int, width: int, noise: np.random.Generator) -> Array:
    weave = noise.normal(0, 0.035, (height, 1, 1)) + noise.normal(0, 0.035, (1, width, 1))
    return (1 + weave + noise.normal(0, 0.03, (height, width, 1))).astype(np.float32)


def _crease(pixels: Array, column: int, noise: np.random.Generator) -> None:
    height, width = pixels.shape[:2]
    path = np.clip(column + np.cumsum(noise.normal(0, 0.25, height)), 0, width - 1).astype(int)
    rows = np.flatnonzero(noise.random(height) < 0.8)
    pixels[rows, path[rows]] = pixels[rows, path[rows]] * 0.55 + 100


def _curve(width: int, rng: random.Random) -> Array:
    """How much light comes off the spine, over its width: round backs darken further in."""
    across = np.linspace(-1, 1, width)
    round_back = rng.random() < 0.45
    light = 1.03 - (0.5 if round_back else 0.3) * np.abs(across) ** (3 if round_back else 9)
    return (light * (1 + rng.uniform(-0.06, 0.06) * across))[None, :, None].astype(np.float32)


def _gloss(width: int, rng: random.Random) -> Array:
    """The streak of light along a spine with a shiny jacket."""
    if rng.random() > 0.3:
        return np.zeros((1, 1, 1), np.float32)
    across = np.linspace(0, 1, width)
    streak = rng.uniform(12, 45) * np.exp(-(((across - rng.uniform(0.15, 0.85)) / rng.uniform(0.05, 0.15)) ** 2))
    return streak[None, :, None].astype(np.float32)
