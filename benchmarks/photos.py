"""Reading photos, measured: `python -m benchmarks.photos [FILE ...]`. Seconds of each step in the picture process, and its memory.

Without files it draws two photos of 12 megapixels: a shelf of thirty books, and a table with six barcodes. Each goes the way of an upload:
opened and coded anew, barcodes, letters; then five of them at once, as a batch goes. References: spec 08, 20 s a photo with local engines
on two cores, 0.5 s for barcodes. """

import argparse
import asyncio
import importlib
import io
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.table import not_measured, run, tell
from scanning.looking import OCR, usable
from scanning.picture_process import PictureProcess
from tests.scanning.photos.barcodes import barcode, laid, paper

ROOT = Path(__file__).resolve().parent.parent
SIZE = (4_000, 3_000)
CODES = ("9780441172719", "9780141439518", "9780061120084", "9780141182803", "9780451524935", "9780140449136")
LIMITS_S, ALL_S = {"barcode": 0.5}, 20.0
LOOKS = 3  # the last one counts: the first one loads the models
BATCH = 5


def shelf() -> bytes:
    """A drawn shelf of thirty books."""
    sys.path.insert(0, str(ROOT / "samples"))
    parts = [importlib.import_module(f"shelf_drawing.{name}") for name in ("books", "difficulty", "photo")]
    books, level = parts[0].read_books(ROOT / "samples" / "catalogue.jsonl"), parts[1].DIFFICULTIES["normal"]
    return bytes(parts[2].drawn_photo(books, 12, level, width_px=SIZE[0], count=30).jpeg)


def table() -> bytes:
    """A table with six barcodes."""
    ground = paper(*SIZE, seed=4)
    for number, code in enumerate(CODES):
        laid(ground, barcode(code, module_px=5), 800 + 1200 * (number % 3), 800 + 1400 * (number // 3), degrees=7.0 * number)
    out = io.BytesIO()
    Image.fromarray(np.asarray(ground)).save(out, "JPEG", quality=90)
    return out.getvalue()


def memory_mb(name: str) -> float:
    """The most that a child of ours has had (VmHWM), or has (VmRSS)."""
    found = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
            if "picture_server" in (status.parent / "cmdline").read_text():
                found = max(found, int(text.split(f"{name}:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return found


async def measure(name: str, content: bytes, pictures: PictureProcess) -> None:
    """Tell the rows of one photo."""
    began = time.perf_counter()
    opened = await pictures.open(content)
    tell(f"{name}, {opened.width} x {opened.height}: opened", f"{time.perf_counter() - began:.2f} s")
    whole = 0.0
    for engine in usable()[0]:
        for _ in range(LOOKS):
            began = time.perf_counter()
            seen = await pictures.look(engine, opened.jpeg)
            took = time.perf_counter() - began
        whole += took
        _tell_time(f"… {engine}", took, f"; {len(seen.detections)} seen", LIMITS_S.get(engine))
    if OCR in usable()[0]:
        _tell_time("… all local engines", whole, "", ALL_S)
    else:
        not_measured("… all local engines", usable()[1].get(OCR, "no letters are read here"), must=f"≤ {ALL_S:.0f} s")


def _tell_time(what: str, took_s: float, more: str, limit_s: float | None) -> None:
    if limit_s is None:
        tell(what, f"{took_s:.2f} s{more}")
    else:
        tell(what, f"{took_s:.2f} s{more}", must=f"≤ {limit_s} s", ratio=f"{took_s / limit_s:.2f} x", holds=took_s <= limit_s)


async def batch(content: bytes, pictures: PictureProcess) -> None:
    """Five photos as a job has them: two in hand."""
    opened = await pictures.open(content)
    turn = asyncio.Semaphore(2)

    async def one() -> None:
        async with turn:
            await asyncio.gather(*(pictures.look(engine, opened.jpeg) for engine in usable()[0]))

    before, began = sum(_cpu_s()), time.perf_counter()
    await asyncio.gather(*(one() for _ in range(BATCH)))
    took = time.perf_counter() - began
    tell(f"{BATCH} photos at once", f"{took:.1f} s, {(sum(_cpu_s()) - before) / took:.2f} cores busy")


def _cpu_s() -> list[float]:
    """CPU seconds of the picture process."""
    ticks = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if "picture_server" in (stat.parent / "cmdline").read_text():
                fields = stat.read_text().rpartition(")")[2].split()
                ticks.append((int(fields[11]) + int(fields[12])) / 100)
        except OSError:
            continue
    return ticks


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("files", nargs="*", type=Path)
    files: list[Path] = parser.parse_args().files
    photos = {path.name: path.read_bytes() for path in files} or {"drawn shelf": shelf(), "table with barcodes": table()}
    pictures = PictureProcess()
    try:
        for name, content in photos.items():
            await measure(name, content, pictures)
        await batch(next(iter(photos.values())), pictures)
        tell("Memory of the picture process, at most / now", f"{memory_mb('VmHWM'):.0f} / {memory_mb('VmRSS'):.0f} MB")
    finally:
        await pictures.close()


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstrack.settings")
    import django

    django.setup()
    raise SystemExit(run("Photos", main))
