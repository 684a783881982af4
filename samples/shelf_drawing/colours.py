"""Colours of books, and which letters can be read on them."""

import colorsys
import random

Colour = tuple[int, int, int]
_GROUNDS: tuple[Colour, ...] = (
    (22, 22, 24), (34, 34, 38), (244, 242, 238), (236, 228, 208), (250, 248, 246), (176, 26, 32), (206, 44, 38), (118, 20, 36),
    (24, 40, 92), (30, 74, 140), (58, 132, 190), (20, 92, 74), (40, 110, 60), (96, 120, 60), (240, 190, 40), (232, 140, 34),
    (228, 110, 60), (150, 190, 176), (120, 60, 110), (86, 60, 44), (150, 110, 70), (128, 130, 134), (190, 194, 196), (220, 160, 170),
)  # fmt: skip
_INKS: tuple[Colour, ...] = (
    (18, 18, 20), (250, 250, 248), (240, 232, 210), (214, 176, 92), (190, 30, 36), (26, 48, 110), (244, 204, 60), (120, 190, 210),
    (20, 90, 70), (230, 120, 50), (200, 200, 204), (90, 30, 80),
)  # fmt: skip


def ground(rng: random.Random) -> Colour:
    """The colour of a cover, never quite the same twice."""
    red, green, blue = (part / 255 for part in rng.choice(_GROUNDS))
    hue, light, sat = colorsys.rgb_to_hls(red, green, blue)
    hue, light, sat = (hue + rng.uniform(-0.02, 0.02)) % 1, light + rng.uniform(-0.04, 0.04), sat * rng.uniform(0.8, 1.1)
    return _bytes(colorsys.hls_to_rgb(hue, min(0.98, max(0.04, light)), min(1.0, sat)))


def ink(on: Colour, contrast: float, rng: random.Random) -> Colour:
    """A colour for letters with at least that contrast (WCAG ratio) on the ground; black or white where nothing else has it."""
    fitting = [colour for colour in _INKS if ratio(colour, on) >= contrast]
    return rng.choice(fitting) if fitting else max(((10, 10, 10), (252, 252, 252)), key=lambda colour: ratio(colour, on))


def ratio(one: Colour, other: Colour) -> float:
    """Contrast, 1..21. Source: WCAG 2.2, "contrast ratio"."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def shaded(colour: Colour, factor: float) -> Colour:
    """Darker below 1, lighter above."""
    return _bytes(tuple(part / 255 * factor for part in colour))


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (value / 255 for value in colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _bytes(parts: tuple[float, ...]) -> Colour:
    red, green, blue = (round(255 * min(1.0, max(0.0, part))) for part in parts)
    return red, green, blue
