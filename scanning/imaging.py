"""The image door: bytes from outside become upright RGB pixels without anything else, or a refusal in words.

Only the picture process, commands and tests import this: decoders of foreign bytes crash, and picture libraries are large. What is kept
is coded anew from the pixels, so that nothing that stood in or behind the upload lives on: EXIF with the place, comments, archives.
Source: spec 08, "Safety", uploads; EXIF 2.32, tag 0x0112; pillow.readthedocs.io, "Security".
"""

import io
import math
import warnings
from dataclasses import dataclass, field
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

# Each plug-in is named here: otherwise Pillow loads some forty of them, to find out which one is asked for.
from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from scanning.detections import Box
from scanning.photos.quality import Quality, quality_of
from scanning.picture_kinds import WANTED_BYTES, Unreadable, kind_of, refusal

__all__ = ["Picture", "Quality", "Unreadable", "kept", "kept_side_px", "opened", "quality_of", "upright"]

Pixels: TypeAlias = NDArray[np.uint8]
MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 32  # less than a letter and its surroundings
MAX_ASPECT = 20  # of the long side to the short one: a panorama of a long shelf is below
KEPT_SIDE_PX = 6_000
KEPT_PIXELS = 16_000_000  # letters on a spine stay large enough, and engines within their memory
KEPT_QUALITY = 90
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I")
FORMATS = {
    "jpeg": JpegImagePlugin.JpegImageFile.format,
    "png": PngImagePlugin.PngImageFile.format,
    "webp": WebPImagePlugin.WebPImageFile.format,
    "heic": "HEIF",  # by pillow-heif, registered when one comes
}
HEIF_THREADS = 2
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Upright pixels, height x width x 3 (red, green, blue). Nobody writes into them: they are shared."""

    pixels: Pixels
    _smaller: "dict[int, Picture]" = field(default_factory=dict, repr=False)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def within(self, side_px: int) -> "Picture":
        """The same with no side longer than `side_px`: averaged over areas, made once; itself where it fits."""
        longest = max(self.width, self.height)
        if longest <= side_px:
            return self
        found = self._smaller.get(side_px)
        if found is None:
            size = (max(1, round(self.width * side_px / longest)), max(1, round(self.height * side_px / longest)))
            resized = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
            found = self._smaller[side_px] = Picture(np.asarray(resized, np.uint8))
        return found

    def cut(self, box: Box) -> "Picture":
        """The part that the box covers, to whole pixels outwards; never empty."""
        left = min(math.floor(box.x1 * self.width), self.width - 1)
        top = min(math.floor(box.y1 * self.height), self.height - 1)
        right, bottom = max(math.ceil(box.x2 * self.width), left + 1), max(math.ceil(box.y2 * self.height), top + 1)
        return Picture(np.ascontiguousarray(self.pixels[top:bottom, left:right]))

    def jpeg(self, max_side_px: int | None = None, quality: int = KEPT_QUALITY) -> bytes:
        """A JPEG of the pixels and nothing else; shrunk to `max_side_px` where it is given."""
        shown = self if max_side_px is None else self.within(max_side_px)
        into = io.BytesIO()
        Image.fromarray(shown.pixels).save(into, "JPEG", quality=quality)
        return into.getvalue()


def opened(data: bytes) -> Picture:
    """The picture of an upload, whatever its name says. Of several (MPO, animation) the first.

    Raises: Unreadable.
    """
    head = data[:WANTED_BYTES]
    kind = kind_of(head)
    if kind is None:
        raise refusal(head)
    try:
        return _decoded(data, kind)
    except Unreadable:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_large() from None
    except MemoryError:
        raise Unreadable("INVALID_FILE", "The photo needs more memory than it may have. Send a smaller one.") from None
    except Exception as error:  # decoders raise whatever they meet in foreign bytes; each means that it cannot be read
        raise Unreadable("INVALID_FILE", _what_broke(kind, error)) from None


def kept(picture: Picture) -> bytes:
    """The JPEG that is stored of a picture: no side longer than 6,000 px, at most 16 megapixels, no metadata."""
    return picture.jpeg(kept_side_px(picture))


def kept_side_px(picture: Picture) -> int:
    """The longest side that is stored of a picture."""
    longest, pixels = max(picture.width, picture.height), picture.width * picture.height
    if pixels <= KEPT_PIXELS:
        return KEPT_SIDE_PX
    return min(KEPT_SIDE_PX, int(longest * math.sqrt(KEPT_PIXELS / pixels)) - 1)  # less one: the short side is rounded


def _decoded(data: bytes, kind: str) -> Picture:
    if kind == "heic":
        _register_heif()
    with Image.open(io.BytesIO(data), formats=[str(FORMATS[kind])]) as image:  # reads the header only
        _check_size(*image.size)
        image.load()
        _check_size(*image.size)  # HEIF may tell another size in its header than it has
        return Picture(np.asarray(_rgb(image) if kind == "heic" else upright(image), np.uint8))  # the HEIF library turns by itself


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large()
    if min(width, height) < MIN_SIDE_PX:
        told = f"The picture is {width} x {height} pixels: nothing can be read on it. Send a photo of at least {MIN_SIDE_PX} on each side."
        raise Unreadable("INVALID_FILE", told)
    if max(width, height) > MAX_ASPECT * min(width, height):
        told = f"The picture is a strip of {width} x {height} pixels. Send one whose long side is at most {MAX_ASPECT} times the short one."
        raise Unreadable("INVALID_FILE", told)


def _too_large() -> Unreadable:
    return Unreadable("INVALID_FILE", f"The photo has more than {MAX_PIXELS // 1_000_000} megapixels. Send a smaller one.")


def _what_broke(kind: str, error: Exception) -> str:
    """In words for clients: a library's own are never shown, but what they mean is."""
    cut_off = isinstance(error, EOFError) or any(word in str(error).lower() for word in ("truncated", "end of file", "end_of_file", "eof"))
    name = {"jpeg": "JPEG", "png": "PNG", "webp": "WebP", "heic": "HEIC"}[kind]
    return f"The {name} {'is cut off before its end' if cut_off else 'is damaged'}: it cannot be read. Send the photo once more."


def _register_heif() -> None:
    """For HEIC only, and for what is shown only: pictures within it (thumbnails, depth) are not looked at."""
    if "HEIF" not in Image.OPEN:
        from pillow_heif import register_heif_opener

        register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=HEIF_THREADS)


def upright(image: Image.Image) -> Image.Image:
    """A loaded picture in RGB, turned as its camera noted it."""
    turn, pixels = TURNS.get(_orientation(image)), _rgb(image)
    return pixels if turn is None else pixels.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """1..8 as the camera noted it; 1 where EXIF is broken, for that is no reason to refuse a photo."""
    try:
        noted = image.getexif().get(ORIENTATION, 1)
    except Exception:  # EXIF is foreign bytes as well
        return 1
    return noted if isinstance(noted, int) else 1


def _rgb(image: Image.Image) -> Image.Image:
    """Whatever its mode: transparent parts are white, 16 bits are 8. Colour profiles are dropped: letters do not need them, and
    a profile is one more thing that a parser of foreign bytes may stumble over."""
    if image.mode in DEEP_MODES:
        deep = np.clip(np.asarray(image, np.int32), 0, 0xFFFF)
        return Image.fromarray((deep >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(clear, mask=clear.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")
