"""Barcodes drawn by our own script: EAN-13 with add-ons, as crisp as from a press or as poor as a photo makes them.

Pictures are numpy uint8 arrays, height x width x 3, RGB. Source: GS1 General Specifications 5.2 (EAN-13, add-on symbols).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from search.identifiers import find_isbn

Pixels = NDArray[np.uint8]
_LEFT = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")  # set A
_RIGHT = tuple(code.translate(str.maketrans("01", "10")) for code in _LEFT)  # set C
_MIRRORED = tuple(code[::-1] for code in _RIGHT)  # set B
_FIRST = ("AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA")
_TWO = ("AA", "AB", "BA", "BB")
_FIVE = ("BBAAA", "BABAA", "BAABA", "BAAAB", "ABBAA", "AABBA", "AAABB", "ABABA", "ABAAB", "AABAB")
QUIET = 11  # modules of paper at either side
GAP = 9  # modules between the bars and an add-on


def with_check(twelve: str) -> str:
    """The thirteen digits of an EAN whose first twelve these are."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return twelve + str(-total % 10)


def is_book(code: str) -> bool:
    """Whether the thirteen digits are an ISBN."""
    return find_isbn(code) is not None


def modules(code: str) -> str:
    """The 95 modules of an EAN-13, "1" for a bar."""
    sets = {"A": _LEFT, "B": _MIRRORED}
    left = "".join(sets[kind][int(digit)] for kind, digit in zip(_FIRST[int(code[0])], code[1:7], strict=True))
    return "101" + left + "01010" + "".join(_RIGHT[int(digit)] for digit in code[7:]) + "101"


def add_on_modules(digits: str) -> str:
    """The modules of an add-on of two digits (an issue) or five (a price)."""
    weighed = (3 * sum(map(int, digits[::2])) + 9 * sum(map(int, digits[1::2]))) % 10
    kinds = _TWO[int(digits) % 4] if len(digits) == 2 else _FIVE[weighed]
    sets = {"A": _LEFT, "B": _MIRRORED}
    return "1011" + "01".join(sets[kind][int(digit)] for kind, digit in zip(kinds, digits, strict=True))


def barcode(code: str, module_px: int = 3, height: int = 50, add_on: str = "", *, digits: bool = True) -> Pixels:
    """A card with the bars on white paper; `height` in modules (a full symbol has 69), digits under the bars where wished."""
    line = "0" * QUIET + modules(code)
    edges = (QUIET, QUIET + 95)
    line += "0" * GAP + add_on_modules(add_on) + "0" * 5 if add_on else "0" * 7
    row = np.repeat(np.array([255 - 255 * int(module) for module in line], np.uint8), module_px)
    body = np.tile(row, (height * module_px, 1))
    if add_on:  # its bars are shorter, its digits stand above
        body[: height * module_px // 6, edges[1] * module_px :] = 255
    card: Pixels = np.asarray(cv2.copyMakeBorder(body, 4 * module_px, 11 * module_px, 0, 0, cv2.BORDER_CONSTANT, value=255), np.uint8)
    if digits:
        _print_digits(card, code, module_px)
    return np.dstack([card] * 3)


def _print_digits(card: Pixels, code: str, module_px: int) -> None:
    scale, baseline = module_px * 0.36, card.shape[0] - 2 * module_px
    for text, start in ((code[0], 2), (code[1:7], QUIET + 4), (code[7:], QUIET + 50)):
        cv2.putText(card, text, (start * module_px, baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, 0, max(1, module_px // 3), cv2.LINE_AA)


def turned(pixels: Pixels, degrees: float, ground: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """Turned counterclockwise, with room made for the corners."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = int(height * sin + width * cos + 1), int(height * cos + width * sin + 1)
    matrix[:, 2] += ((wide - width) / 2, (high - height) / 2)
    return np.asarray(cv2.warpAffine(pixels, matrix, (wide, high), flags=cv2.INTER_AREA, borderValue=ground), np.uint8)


def in_perspective(pixels: Pixels, share: float) -> Pixels:
    """Seen from the left: the right side is lower by a share (0..0.5) of the height."""
    height, width = pixels.shape[:2]
    before = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    after = np.array([(0, 0), (width, height * share / 2), (width, height * (1 - share / 2)), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(before, after)
    return np.asarray(cv2.warpPerspective(pixels, matrix, (width, height), borderValue=(255, 255, 255)), np.uint8)


def scaled(pixels: Pixels, factor: float) -> Pixels:
    """Smaller or larger, as from farther away."""
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how), np.uint8)


def blurred(pixels: Pixels, sigma_px: float) -> Pixels:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px), np.uint8) if sigma_px > 0 else pixels


def noisy(pixels: Pixels, sigma: float, seed: int = 0) -> Pixels:
    """With the grain of a dark room; `sigma` in levels of 256."""
    grain = np.random.default_rng(seed).normal(0, sigma, pixels.shape)
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


def paper(width: int, height: int, seed: int = 0, level: int = 150) -> Pixels:
    """A ground with soft shades and grain, as of a table or a cover."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.normal(level, 25, (9, 12, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(-6, 7, (height, width, 1))
    shaded: Pixels = np.clip(coarse + grain, 0, 255).astype(np.uint8)
    return shaded


def laid(ground: Pixels, card: Pixels, x: int, y: int, degrees: float = 0.0) -> None:
    """Put a card on the ground, its middle at x, y, turned counterclockwise; the ground is changed."""
    picture, mask = turned(card, degrees), turned(np.full_like(card, 255), degrees, (0, 0, 0)) > 127
    height, width = picture.shape[:2]
    top, left = y - height // 2, x - width // 2
    if top < 0 or left < 0 or top + height > ground.shape[0] or left + width > ground.shape[1]:
        raise ValueError("The card does not lie wholly on the ground.")
    part = ground[top : top + height, left : left + width]
    part[mask] = picture[mask]
