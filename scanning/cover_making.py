"""Covers in the picture process: a foreign picture to three sizes of WebP, with what is measured of it; nothing of its bytes lives on.

Judging is not done here: a picture of one pixel is taken as well.
Source: pillow.readthedocs.io, "Security"; Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), 3.2.1.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import GifImagePlugin, Image

from scanning.imaging import FORMATS, MAX_PIXELS, upright
from scanning.picture_kinds import WANTED_BYTES, Unreadable, cover_kind_of, cover_refusal

QUALITY = 85  # of WebP
METHOD = 4  # libwebp's effort, 0..6
HASHED_SIDE_PX = 32
HASH_SIDE = 8  # its square is the bits of a likeness
DC_DIGITS = 1  # coefficients are rounded: the last bits of a float differ between machines
PLAIN_SIDE_PX = 96  # noise of JPEGs is averaged away
PLAIN_NEAR = 12  # of 255, in any of the three colours: the same colour to the eye
DRAFT_FACTOR = 2  # a JPEG is decoded no smaller than so many times the largest box: what is cut then cannot be seen
COVER_FORMATS = {**FORMATS, "gif": GifImagePlugin.GifImageFile.format}
Box = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MadeCover:
    """A cover as it was made; `sizes` by the names of the boxes: (WebP, width, height)."""

    kind: str
    width: int  # of the original, upright, px
    height: int
    likeness: str
    plainness: float
    sizes: dict[str, tuple[bytes, int, int]]


def made_cover(data: bytes, boxes: Mapping[str, Box]) -> MadeCover:
    """A foreign picture in boxes of px: proportions kept, never enlarged, upright, on white. Of an animation the first frame.

    Raises: Unreadable.
    """
    head = data[:WANTED_BYTES]
    kind = cover_kind_of(head)
    if kind is None:
        raise cover_refusal(head)
    try:
        picture, (width, height) = _decoded(data, kind, boxes)
    except Unreadable:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_large() from None
    except MemoryError:
        raise Unreadable("INVALID_FILE", "The picture needs more memory than it may have.") from None
    except Exception:  # decoders raise whatever they meet in foreign bytes; each means that it cannot be read
        raise Unreadable("INVALID_FILE", "The picture is damaged or cut off: it cannot be read.") from None
    coded: dict[Box, bytes] = {}
    sizes = {}
    for name, box in boxes.items():
        size = fitting((width, height), box)
        if size not in coded:
            coded[size] = webp(picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))
        sizes[name] = coded[size], *size
    return MadeCover(kind, width, height, likeness_of(picture), plainness_of(picture), sizes)


def fitting(size: Box, box: Box) -> Box:
    """The largest size of these proportions that the box takes, at least 1 x 1 px; the size itself where it fits."""
    share = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def webp(picture: Image.Image) -> bytes:
    """The pixels as WebP, and nothing else."""
    into = io.BytesIO()
    picture.save(into, "WEBP", quality=QUALITY, method=METHOD)
    return into.getvalue()


def likeness_of(picture: Image.Image) -> str:
    """A perceptual hash, 64 bits in hexadecimal: pictures that look alike differ in few bits."""
    grey = cv2.resize(_grey(picture), (HASHED_SIDE_PX, HASHED_SIDE_PX), interpolation=cv2.INTER_AREA)
    waves = np.round(cv2.dct(grey.astype(np.float32))[:HASH_SIDE, :HASH_SIDE].flatten(), DC_DIGITS)
    bits = waves > np.median(waves[1:])  # without the first, which says how bright it is
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def plainness_of(picture: Image.Image) -> float:
    """The share of the picture, 0..1, that is its most frequent colour."""
    small = np.asarray(picture.resize(fitting(picture.size, (PLAIN_SIDE_PX, PLAIN_SIDE_PX)), Image.Resampling.BOX), np.int32).reshape(-1, 3)
    coarse = (small >> 4) @ (256, 16, 1)
    often = small[coarse == np.bincount(coarse).argmax()].mean(axis=0)
    return round(float((np.abs(small - often).max(axis=1) <= PLAIN_NEAR).mean()), 4)


def _grey(picture: Image.Image) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.asarray(picture.convert("L"), np.uint8)


def _decoded(data: bytes, kind: str, boxes: Mapping[str, Box]) -> tuple[Image.Image, Box]:
    """The pixels, perhaps smaller than the original where the boxes want no more, and the original's size."""
    with Image.open(io.BytesIO(data), formats=[str(COVER_FORMATS[kind])]) as image:  # reads the header only
        size = image.size
        _check_size(*size)
        if kind == "jpeg":
            most = [DRAFT_FACTOR * max(sides) for sides in zip(*boxes.values(), strict=True)]
            image.draft(None, (max(most), max(most)))
        image.load()
        _check_size(*image.size)  # a frame may be larger than its file says
        told = size if kind == "jpeg" else image.size
        picture = upright(image)
        return picture, told if (picture.width > picture.height) == (image.width > image.height) else (told[1], told[0])


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large()


def _too_large() -> Unreadable:
    return Unreadable("INVALID_FILE", f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels.")
