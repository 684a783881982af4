"""Pictures that are drawn here: a small shelf, all forms that a photo comes in, and those that want to do harm."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw, PngImagePlugin

SECRET = b"48.8584N 2.2945E"
COLOURS = ((160, 40, 40), (40, 70, 140), (230, 200, 60), (40, 110, 70), (235, 235, 225), (60, 40, 70))


def shelf(width: int = 240, height: int = 160) -> Image.Image:
    """Spines side by side with words on them; the left upper corner is red, so that a turn shows."""
    image = Image.new("RGB", (width, height), (90, 70, 50))
    draw = ImageDraw.Draw(image)
    step = width // len(COLOURS)
    for number, colour in enumerate(COLOURS):
        draw.rectangle((number * step + 2, height // 8, (number + 1) * step - 2, height), fill=colour)
        ink = (250, 250, 250) if sum(colour) < 380 else (20, 20, 20)
        for row in range(4):
            draw.text((number * step + 5, height // 4 + row * height // 6), "Title", fill=ink, font_size=max(8, height // 14))
    draw.rectangle((0, 0, width // 6, height // 8 - 1), fill=(255, 0, 0))
    return image


def coded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a file."""
    into = io.BytesIO()
    image.save(into, format, **options)
    return into.getvalue()


def heic(image: Image.Image, **options: Any) -> bytes:
    into = io.BytesIO()
    pillow_heif.from_pillow(image).save(into, **options)
    return into.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """What a phone notes: turn, place, maker, and a comment, all with SECRET in it."""
    noted = Image.Exif()
    noted[0x0112] = orientation
    noted[0x010F] = SECRET.decode()
    noted.get_ifd(0x8769)[0x927C] = b"MAKER" + SECRET
    noted.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 29: SECRET.decode()})
    return noted


def with_metadata(image: Image.Image) -> bytes:
    """A JPEG with EXIF, GPS, a maker note, XMP, a profile, a comment, and an archive and a page behind its end."""
    told = coded(image, exif=exif(), xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>", icc_profile=SECRET * 9, comment=SECRET)
    return told + b"PK\x03\x04" + SECRET + b"<html><script>" + SECRET + b"</script></html>"


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The pixels as a camera stores them that notes this orientation. Source: EXIF 2.32, tag 0x0112."""
    steps = {
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270),
        8: (Image.Transpose.ROTATE_270,),
    }
    for step in steps[orientation]:
        image = image.transpose(step)
    return image


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, lines: bytes, *, bits: int = 8, colour: int = 0, before: bytes = b"") -> bytes:
    """A PNG from its rows, which are given compressed."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", lines) + png_chunk(b"IEND", b"")


def bomb(width: int = 24_000, height: int = 24_000) -> bytes:
    """Some hundred KB that would be 576 MB of grey: one stretch of rows, packed once and put behind itself."""
    packer = zlib.compressobj(9)
    stretch = packer.compress(b"\0" * (width + 1) * 100) + packer.flush(zlib.Z_FULL_FLUSH)
    return png_of(width, height, stretch[:2] + stretch[2:] * (height // 100) + packer.flush())


def text_bomb() -> bytes:
    """A PNG with a comment that unpacks to 20 MB."""
    comment = b"Comment\0\0" + zlib.compress(b"A" * 20_000_000, 1)
    return png_of(64, 64, zlib.compress(b"\0" * 65 * 64), before=png_chunk(b"zTXt", comment))


def deep_png(width: int = 64, height: int = 48) -> bytes:
    """16 bits of grey, dark at the left, light at the right."""
    rows = np.tile(np.linspace(0, 0xFFFF, width).astype(">u2"), (height, 1))
    return png_of(width, height, zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)), bits=16)


def gif(frames: int = 1_000) -> bytes:
    still = [Image.new("P", (8, 8), number % 255) for number in range(frames)]
    return coded(still[0], "GIF", save_all=True, append_images=still[1:])


def animated(format: str) -> bytes:
    """Red first, then blue."""
    frames = [Image.new("RGB", (64, 48), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    return coded(
        frames[0], format, save_all=True, append_images=frames[1:], duration=100, **({"lossless": True} if format == "WEBP" else {})
    )


def commented_png(image: Image.Image) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    return coded(image, "PNG", pnginfo=info)
