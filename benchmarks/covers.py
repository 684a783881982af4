"""Covers, measured: `python -m benchmarks.covers [--rounds N] [--seconds S]`. How one is made, and how fast a cached one is served.

Serving is compared within this run with a bare ASGI answer of the same bytes, as in `benchmarks.hot`.
"""

import argparse
import asyncio
import io
import os
import random
import tempfile
import time
from pathlib import Path

from benchmarks import stage
from benchmarks.child import child
from benchmarks.hot import TYPICAL, Asking, arguments, compared, told_slowest
from benchmarks.table import run, tell

ISBN = "9780306406157"
COVERS = 20
BARE = 0.6  # of a bare answer's rate, at least


def main() -> None:
    options = arguments("Covers, made and served.")
    with tempfile.TemporaryDirectory(prefix="bt-bench-") as folder:
        data = str(Path(folder, "data"))
        with stage.alone(Path(folder, "server.log"), **TYPICAL, RATE_LIMIT_IMAGES="100000000/60", BOOKSTRACK_DATA_DIR=data) as on:
            body = asyncio.run(_in_the_house_of(on))
            _served(on, body, options)


async def _in_the_house_of(on: stage.Stage) -> bytes:
    """Make a cover as a process of the server; the bytes of its medium size."""
    from bookstrack.lib import embedded_redis

    os.environ |= {"BOOKSTRACK_DATA_DIR": on.data_dir, "REDIS_URL": embedded_redis.url_for(Path(on.data_dir)), "LOG_LEVEL": "ERROR"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "bookstrack.settings"}
    import django

    django.setup()
    made_ms, body = await _made()
    tell("Cover made: 800 x 1200 JPEG to three WebP", f"{made_ms:.0f} ms each, one after the other")
    return body


async def _made() -> tuple[float, bytes]:
    """Ms for each cover, and the small size of the one that is kept."""
    from bookstrack.lib import redis
    from harvest import conf
    from harvest.cover_store import covers
    from scanning.pictures import pictures
    from scanning.services import cover_picture

    jpeg = _jpeg()
    await cover_picture(jpeg, conf.SIZES)  # starts the picture process
    began = time.perf_counter()
    for _ in range(COVERS):
        picture = await cover_picture(jpeg, conf.SIZES)
    took_ms = (time.perf_counter() - began) * 1000 / COVERS
    await covers.consider(ISBN, "openlibrary", "https://covers.openlibrary.org/b/id/1-L.jpg", jpeg)
    await pictures.close()
    await redis.close()
    return took_ms, picture.sizes["medium"].data


def _jpeg() -> bytes:
    from PIL import Image, ImageDraw

    chance, image = random.Random(1), Image.effect_noise((800, 1200), 30).convert("RGB")
    for _ in range(40):
        x, y = chance.randrange(800), chance.randrange(1200)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        ImageDraw.Draw(image).rectangle((x, y, x + 130, y + 130), fill=colour)
    into = io.BytesIO()
    image.save(into, "JPEG", quality=90)
    return into.getvalue()


def _served(on: stage.Stage, body: bytes, options: argparse.Namespace) -> None:
    """How fast a cached cover is served, in turn with a bare answer of its bytes."""
    cover = f"/covers/{ISBN}/medium.webp"
    with child("benchmarks.load") as load:
        found = compared(Asking(load, on, [cover], options.seconds), options.rounds, content_type="image/webp")
        if found.body_bytes != len(body):
            raise SystemExit(f"{cover} has {found.body_bytes} bytes, not {len(body)}")
        ours, bare = found.rates
        holds = found.ratio >= BARE
        tell("Cached cover, one process, 64 clients", ours, must=f"≥ {BARE} x", reference=bare, ratio=f"{found.ratio:.2f} x", holds=holds)
        told_slowest("… a cached cover", found)


if __name__ == "__main__":
    raise SystemExit(run("Covers", main))
