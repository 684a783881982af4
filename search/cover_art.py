"""Covers drawn for works that have none: a colour, a band and a motif that follow from its id. No text: no font knows every script."""

import colorsys
import hashlib
import struct
import zlib
from functools import lru_cache

WIDTH, HEIGHT = 256, 384
Pixel = bytes


@lru_cache(maxsize=256)
def cover_png(work_id: str) -> bytes:
    """The cover of a work as PNG, 256 x 384 px; the same id always gives the same picture."""
    seed = hashlib.blake2b(work_id.encode("utf-8", "replace"), digest_size=16).digest()
    hue = seed[0] / 256
    ground, band, mark = (_pixel(hue, light, 0.35 + seed[1] / 1024) for light in (0.34, 0.62, 0.86))
    motif = (_stripes, _discs, _steps)[seed[2] % 3]
    rows = [motif(y, seed, ground, mark) for y in range(HEIGHT)]
    top = 40 + seed[3] % 60
    for y in range(top, top + 70):
        rows[y] = band * WIDTH
    return _png(rows)


def _pixel(hue: float, lightness: float, saturation: float) -> Pixel:
    return bytes(round(part * 255) for part in colorsys.hls_to_rgb(hue, lightness, saturation))


def _stripes(y: int, seed: bytes, ground: Pixel, mark: Pixel) -> bytes:
    period, width = 24 + seed[4] % 40, 6 + seed[5] % 12
    shift = y * (seed[6] % 3)
    return b"".join(mark if y > 220 and (x + shift) % period < width else ground for x in range(WIDTH))


def _discs(y: int, seed: bytes, ground: Pixel, mark: Pixel) -> bytes:
    row = bytearray(ground * WIDTH)
    for number in range(3):
        x0, y0, radius = 40 + seed[4 + number] % 176, 210 + seed[7 + number] % 130, 16 + seed[10 + number] % 40
        if abs(y - y0) < radius:
            half = int((radius**2 - (y - y0) ** 2) ** 0.5)
            left, right = max(0, x0 - half), min(WIDTH, x0 + half)
            row[left * 3 : right * 3] = mark * (right - left)
    return bytes(row)


def _steps(y: int, seed: bytes, ground: Pixel, mark: Pixel) -> bytes:
    height = 14 + seed[4] % 20
    filled = 0 if y < 180 else min(WIDTH, ((y - 180) // height + 1) * (10 + seed[5] % 24))
    return mark * filled + ground * (WIDTH - filled)


def _png(rows: list[bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
