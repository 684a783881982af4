"""What is said of a photo: the drawn shelf and real ones are fine as they are; blurred, dark, lit and empty ones are told so."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scanning.imaging import Picture, opened
from scanning.photos.quality import Quality, quality_of
from tests.scanning.photos.pictures import shelf

REAL = sorted((Path(__file__).resolve().parents[4] / "shared/data/photos").glob("*.jpg"))
Pixels = NDArray[np.uint8]


@cache
def _shelf() -> Pixels:
    return np.asarray(shelf(1_024, 700), np.uint8)


def _quality(pixels: NDArray[np.float64] | Pixels, noise: float = 0.0) -> Quality:
    shaken = pixels + np.random.default_rng(6).normal(0, noise, pixels.shape) if noise else pixels
    return quality_of(Picture(np.clip(shaken, 0, 255).astype(np.uint8)))


def _blurred(pixels: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _said(quality: Quality) -> str:
    assert quality.hopeless is None
    return " ".join(quality.warnings)


def test_a_good_photo_has_no_warnings() -> None:
    quality = _quality(_shelf(), noise=4)
    assert quality.warnings == () and quality.hopeless is None and quality.sharpness is not None and quality.sharpness > 0.7


@pytest.mark.skipif(not REAL, reason="the real photos are not here")
def test_real_photos_are_fine_and_told_so_when_they_are_blurred() -> None:
    for path in REAL:
        picture = opened(path.read_bytes()).within(1_024)
        quality = quality_of(picture)
        small = max(picture.width, picture.height) < 800
        assert len(quality.warnings) == small and quality.hopeless is None, (path.name, quality)
        assert "blurred" in _said(_quality(_blurred(picture.pixels, 3.0))), path.name
        assert "blurred" in str(_quality(_blurred(picture.pixels, max(picture.width, picture.height) / 50)).hopeless), path.name
        assert "dark" in _said(_quality(picture.pixels * 0.2)), path.name


def test_sharpness_falls_with_blur_and_noise_does_not_hide_it() -> None:
    found = [_quality(_blurred(_shelf(), sigma)).sharpness or 0.0 for sigma in (0.5, 1, 2, 3, 5)]
    assert found == sorted(found, reverse=True) and found[0] > 0.7 and found[-1] < 0.3
    noisy = _quality(_blurred(_shelf(), 3), noise=15)
    assert "blurred" in _said(noisy) and abs((noisy.sharpness or 0.0) - found[3]) < 0.08


def test_blurred_beyond_letters_is_refused() -> None:
    assert "blurred" in str(_quality(_blurred(_shelf(), 25)).hopeless)


def test_dark_and_faint() -> None:
    assert "dark" in _said(_quality(_shelf() * 0.25, noise=4))
    assert "Little stands out" in _said(_quality(_shelf() * 0.12 + 150, noise=2))


@pytest.mark.parametrize(
    ("x", "y", "where"), [(150, 120, "at the left, top"), (512, 350, "in the middle"), (900, 600, "at the right, bottom")]
)
def test_glare_is_told_with_its_place(x: int, y: int, where: str) -> None:
    down, across = np.mgrid[:700, :1_024]
    spot = 420 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * 60**2))
    quality = _quality(_shelf() + spot[..., None])
    assert quality.glare > 0.005 and f"There is glare {where}:" in _said(quality)


def test_a_white_cover_is_no_glare() -> None:
    pixels = _shelf().copy()
    pixels[200:600, 300:420] = 255
    assert _quality(pixels).glare == 0.0


def test_a_small_photo() -> None:
    assert "small (240 x 160 pixels)" in _said(_quality(np.asarray(shelf(), np.uint8)))


@pytest.mark.parametrize(("colour", "word"), [((0, 0, 0), "black"), ((255, 255, 255), "white"), ((30, 120, 200), "one even colour")])
def test_nothing_to_be_read(colour: tuple[int, int, int], word: str) -> None:
    quality = _quality(np.full((600, 800, 3), colour, np.float64), noise=3)
    assert word in str(quality.hopeless) and quality.warnings == ()


def test_a_blank_wall_is_only_warned_about() -> None:
    wall = np.full((600, 800, 3), 200.0) - np.linspace(0, 25, 800)[None, :, None]
    assert _said(_quality(wall, noise=3)) == "Little stands out on the photo: are there books on it, in even light?"


def test_a_sheet_with_one_barcode_is_fine() -> None:
    sheet = np.full((1_000, 800, 3), 255, np.uint8)
    for bar in range(47):
        sheet[450:520, 300 + bar * 4 : 300 + bar * 4 + 1 + bar % 3] = 0
    quality = _quality(sheet)
    assert quality.hopeless is None and quality.warnings == ()
