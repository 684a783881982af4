"""Pictures and books of the tests of covers."""

import io
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image, ImageDraw

from bookstrack.lib import redis
from bookstrack.lib.local_files import LocalFiles
from harvest.cover_store import cover_serving
from scanning.pictures import pictures

ISBN, ISBN10, OTHER = "9780306406157", "0306406152", "9780441172719"
BOXES = {"small": (128, 192), "medium": (256, 384), "large": (512, 768)}


def drawing(size: tuple[int, int] = (800, 1200), seed: int = 0) -> Image.Image:
    """Something that is as full as a cover: the same seed gives the same look in every size."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = chance.random() * size[0], chance.random() * size[1]
        colour = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + size[0] / 6, y + size[1] / 9), fill=colour)
    return image


def coded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    into = io.BytesIO()
    image.save(into, kind, **options)
    return into.getvalue()


def cover(size: tuple[int, int] = (800, 1200), seed: int = 0) -> bytes:
    """A JPEG of a cover."""
    return coded(drawing(size, seed), quality=90)


def isbns(count: int) -> list[str]:
    """ISBN-13s that nobody knows anything about."""
    bodies = [f"97899{number:07d}" for number in range(count)]
    return [body + str(-sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(body)) % 10) for body in bodies]


def opened(data: bytes) -> Image.Image:
    """A picture that a client got, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.fixture
async def folder(transactional_db: None) -> AsyncIterator[Path]:
    """The folder of the covers' storage, empty; nothing is in memory, and the picture process ends with the test."""
    path = Path(settings.STORAGES["covers"]["OPTIONS"]["location"])
    shutil.rmtree(path, ignore_errors=True)
    cover_serving.clear()
    yield path
    await pictures.close()
    await redis.close()


class Failing(LocalFiles):
    """A storage that fails from the nth write on."""

    writes_left = 0

    def _save(self, name: str, content: Any) -> str:
        if type(self).writes_left <= 0:
            raise OSError(28, "No space left on device")
        type(self).writes_left -= 1
        return super()._save(name, content)
