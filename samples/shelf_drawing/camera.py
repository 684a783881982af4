"""A scene as a hand-held camera takes it: turned, in perspective, in uneven light, blurred, noisy, packed as JPEG."""

import io
import math
import random

import numpy as np
from PIL import Image, ImageFilter

from shelf_drawing.difficulty import Difficulty
from shelf_drawing.shelf import Point, Scene

Array = np.ndarray
_REFERENCE_PX = 3_000  # the width that blur is given for


def view(scene: Scene, level: Difficulty, rng: random.Random) -> tuple[Image.Image, Array]:
    """What the camera sees, and the matrix from the scene's pixels to the picture's (3 x 3)."""
    left, top, right, bottom = scene.frame
    width, height = right - left, bottom - top
    angle = math.radians(rng.uniform(-level.tilt_deg, level.tilt_deg))
    corners = [_turned(corner, angle, ((left + right) / 2, (top + bottom) / 2)) for corner in _corners(left, top, right, bottom)]
    moved = [(x + rng.uniform(-1, 1) * level.keystone * width, y + rng.uniform(-1, 1) * level.keystone * height) for x, y in corners]
    inside = [(min(scene.image.width - 1, max(0, x)), min(scene.image.height - 1, max(0, y))) for x, y in moved]
    to_scene = homography(_corners(0, 0, width, height), inside)
    picture = scene.image.transform((width, height), Image.Transform.PERSPECTIVE, to_scene.flatten()[:8], Image.Resampling.BICUBIC)
    return picture, np.linalg.inv(to_scene)


def homography(from_points: list[Point], to_points: list[Point]) -> Array:
    """The matrix of the perspective that takes four points to four others; its last member is 1."""
    rows, right = [], []
    for (x, y), (u, v) in zip(from_points, to_points, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1).reshape(3, 3)


def projected(point: Point, matrix: Array) -> Point:
    """A point of the scene on the picture."""
    x, y, scale = matrix @ (point[0], point[1], 1)
    return float(x / scale), float(y / scale)


def _corners(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _turned(point: Point, angle: float, middle: Point) -> Point:
    x, y = point[0] - middle[0], point[1] - middle[1]
    return middle[0] + x * math.cos(angle) - y * math.sin(angle), middle[1] + x * math.sin(angle) + y * math.cos(angle)


def taken(picture: Image.Image, level: Difficulty, rng: random.Random) -> Image.Image:
    """The picture with light, glare, blur and noise."""
    blur = rng.uniform(*level.blur_px) * max(picture.size) / _REFERENCE_PX
    soft = picture.filter(ImageFilter.GaussianBlur(blur)) if blur > 0.2 else picture
    pixels = np.asarray(soft, np.float32)
    if (streak := rng.uniform(*level.shake_px) * max(picture.size) / _REFERENCE_PX) >= 2:
        pixels = _shaken(pixels, round(streak), rng.random() < 0.5)
    pixels = pixels * _light(picture.size, level, rng) + _glare(picture.size, level, rng)
    noise = np.random.default_rng(rng.randrange(2**32))
    grain = noise.standard_normal((picture.height, picture.width, 1), np.float32) * rng.uniform(*level.noise)
    coarse = noise.standard_normal((picture.height // 3 + 1, picture.width // 3 + 1, 3), np.float32) * rng.uniform(*level.noise) * 0.6
    stains = coarse.repeat(3, 0).repeat(3, 1)[: picture.height, : picture.width]
    return Image.fromarray(np.clip(pixels + grain + stains, 0, 255).astype(np.uint8))


def _shaken(pixels: Array, length: int, sideways: bool) -> Array:
    """The mean over the way that the hand moved."""
    axis = 1 if sideways else 0
    moved = [np.roll(pixels, step, axis) for step in range(-(length // 2), length - length // 2)]
    return np.mean(moved, axis=0, dtype=np.float32)


def _light(size: tuple[int, int], level: Difficulty, rng: random.Random) -> Array:
    """How much light there is, by place and colour: brighter to one side, darker in corners, warm or cold."""
    x, y = np.meshgrid(np.linspace(-1, 1, size[0], dtype=np.float32), np.linspace(-1, 1, size[1], dtype=np.float32))
    angle, fall = rng.uniform(0, 2 * math.pi), rng.uniform(*level.light)
    slope = (x * math.cos(angle) + y * math.sin(angle)) / math.sqrt(2)
    field = 1 - fall * (0.5 + 0.5 * slope) * 0.8 - fall * 0.2 * (x * x + y * y) / 2
    warm = rng.uniform(-0.09, 0.09)
    tint = np.array([1 + warm, 1 + warm / 4, 1 - warm], np.float32)
    return field[:, :, None] * tint * rng.uniform(0.85, 1.08)


def _glare(size: tuple[int, int], level: Difficulty, rng: random.Random) -> Array:
    """A lamp or a window in glossy covers: a bright spot, longer than wide."""
    if rng.random() >= level.glare:
        return np.zeros((1, 1, 1), np.float32)
    x, y = np.meshgrid(np.linspace(0, 1, size[0], dtype=np.float32), np.linspace(0, 1, size[1], dtype=np.float32))
    spot = np.exp(-(((x - rng.random()) / rng.uniform(0.03, 0.2)) ** 2) - ((y - rng.random()) / rng.uniform(0.05, 0.3)) ** 2)
    return (rng.uniform(40, 130) * spot)[:, :, None]


def packed(picture: Image.Image, quality: int) -> bytes:
    """As JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
    return file.getvalue()
