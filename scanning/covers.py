"""Covers as the picture process makes them: a foreign picture in several sizes, and one that is drawn where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass

from scanning.picture_kinds import WANTED_BYTES, Unreadable, cover_kind_of, cover_refusal
from scanning.picture_process import AWAY
from scanning.pictures import pictures

MAX_DRAWN_CHARS = 300  # of a title or a name: more is not shown


@dataclass(frozen=True, slots=True)
class WebP:
    """A picture, coded by us. `width` and `height` in px."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CoverPicture:
    """What a foreign picture is, and its sizes by the names of the boxes."""

    kind: str  # jpeg, png, webp, gif
    width: int  # of the original, upright, px
    height: int
    likeness: str  # perceptual hash, 64 bits in hexadecimal
    plainness: float  # 0..1: share of the picture that is one colour
    sizes: dict[str, WebP]


async def cover_picture(data: bytes, boxes: Mapping[str, tuple[int, int]]) -> CoverPicture:
    """A foreign JPEG, PNG, WebP or GIF made WebP, within each box (width, height in px) and never enlarged; any size of picture is taken.

    Raises: Unreadable; its code is INTERNAL_ERROR where no picture can be read just now, which says nothing about this one.
    """
    if cover_kind_of(data[:WANTED_BYTES]) is None:
        raise cover_refusal(data[:WANTED_BYTES])
    header, parts = await pictures.cover(data, boxes)
    try:
        made = {name: WebP(part, *size) for (name, size), part in zip(header["made"].items(), parts, strict=True)}
        told = {name: header[name] for name in ("kind", "width", "height", "likeness", "plainness")}
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("INTERNAL_ERROR", AWAY) from error  # the picture process answered something else
    return CoverPicture(sizes=made, **told)


async def drawn_placeholder(text: str, author: str, seed: str, box: tuple[int, int]) -> bytes:
    """A cover for a book that has none, as WebP of the box's size: title and author on a colour that follows from the seed.

    Raises: Unreadable, with the code INTERNAL_ERROR, where nothing can be drawn just now.
    """
    return await pictures.placeholder(text[:MAX_DRAWN_CHARS], author[:MAX_DRAWN_CHARS], seed, box)


__all__ = ["CoverPicture", "Unreadable", "WebP", "cover_picture", "drawn_placeholder"]
