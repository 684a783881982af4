"""Reading spines for real, on a picture that is drawn here; skipped where the extra packages are not installed."""

import subprocess
import sys
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from scanning.engines.ocr import OcrEngine

installed = pytest.mark.skipif(OcrEngine.missing() is not None, reason="the packages for reading spines are not installed")


@cache
def engine() -> OcrEngine:
    """One for all: its models are loaded once."""
    return OcrEngine()


def picture_of(image: Any) -> Any:
    import numpy as np

    return SimpleNamespace(pixels=np.asarray(image), width=image.width, height=image.height)


def shelf() -> Any:
    """Three spines: read downwards, upwards, and one with its author across."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (420, 600), "#221a14")
    draw = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(42), ImageFont.load_default(24)
    for left, colour in ((40, "#f2efe6"), (150, "#23406b"), (260, "#c9b15a")):
        draw.rectangle([left, 30, left + 98, 580], fill=colour)
    for text, colour, left, angle in (("MOBY DICK", "#222222", 55, 270), ("EMMA AUSTEN", "#ffffff", 165, 90)):
        lettering = Image.new("RGBA", (460, 60), (0, 0, 0, 0))
        ImageDraw.Draw(lettering).text((10, 4), text, font=large, fill=colour)
        turned = lettering.rotate(angle, expand=True)
        image.paste(turned, (left, 80), turned)
    draw.text((270, 70), "Herbert", font=small, fill="#222222")
    lettering = Image.new("RGBA", (300, 60), (0, 0, 0, 0))
    ImageDraw.Draw(lettering).text((10, 4), "DUNE WORLD", font=large, fill="#222222")
    turned = lettering.rotate(270, expand=True)
    image.paste(turned, (278, 180), turned)
    return image


@installed
def test_spines_are_read_in_every_direction_and_kept_apart() -> None:
    seen = engine().look(picture_of(shelf()))
    assert [spine.text.upper() for spine in seen.detections] == ["MOBY DICK", "EMMA AUSTEN", "HERBERT DUNE WORLD"]
    assert all(spine.engine == "ocr" and spine.confidence > 0.8 and spine.title is None for spine in seen.detections)
    assert [round(spine.box.centre[0], 1) for spine in seen.detections] == [0.2, 0.5, 0.7]


@installed
def test_a_bare_wall_has_no_books() -> None:
    from PIL import Image

    assert engine().look(picture_of(Image.new("RGB", (300, 200), "#8a7f70"))).detections == ()


def test_the_module_loads_no_picture_library() -> None:
    heavy = "{'cv2', 'numpy', 'PIL', 'onnxruntime', 'rapidocr'}"
    code = f"import sys; from scanning.engines.ocr import OcrEngine; OcrEngine.missing(); print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
