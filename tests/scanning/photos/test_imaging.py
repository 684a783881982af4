"""The image door: every form of a photo becomes the same upright pixels, nothing else is kept, and what is no photo is refused in words."""

import contextlib
import io
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scanning.detections import Box
from scanning.imaging import KEPT_PIXELS, KEPT_SIDE_PX, Picture, Unreadable, kept, kept_side_px, opened, quality_of
from scanning.picture_kinds import WANTED_BYTES, kind_of
from tests.scanning.photos import pictures
from tests.scanning.photos.pictures import SECRET, coded, shelf

SHELF = shelf()
FORMS = {
    "jpeg": coded(SHELF, quality=95),
    "progressive": coded(SHELF, quality=95, progressive=True),
    "png": coded(SHELF, "PNG"),
    "interlaced tones": coded(SHELF.quantize(64), "PNG"),
    "webp": coded(SHELF, "WEBP", quality=95),
    "heic": pictures.heic(SHELF, quality=90),
    "cmyk": coded(SHELF.convert("CMYK"), quality=95),
    "mpo": coded(SHELF, "MPO", save_all=True, append_images=[Image.new("RGB", SHELF.size)], quality=95),
    "clear": coded(SHELF.convert("RGBA"), "PNG"),
}


def _refused(data: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        opened(data)
    return caught.value.code, caught.value.message


def _like_the_shelf(picture: Picture) -> bool:
    return float(np.abs(picture.pixels.astype(int) - np.asarray(SHELF, int)).mean()) < 9


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_photo_is_the_same_pixels(form: str) -> None:
    picture = opened(FORMS[form])
    assert (picture.width, picture.height) == SHELF.size and picture.pixels.dtype == np.uint8
    assert _like_the_shelf(picture)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_turned_photo_stands_upright(format: str, orientation: int) -> None:
    picture = opened(coded(pictures.turned(SHELF, orientation), format, exif=pictures.exif(orientation)))
    assert (picture.width, picture.height) == SHELF.size and _like_the_shelf(picture)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_turned_once(orientation: int) -> None:
    stored = pictures.heic(pictures.turned(SHELF, orientation), quality=90, exif=pictures.exif(orientation).tobytes())
    picture = opened(stored)
    assert (picture.width, picture.height) == SHELF.size and _like_the_shelf(picture)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_broken_exif_does_not_refuse_a_photo(exif: bytes) -> None:
    assert _like_the_shelf(opened(coded(SHELF, quality=95, exif=exif)))


def test_nothing_but_pixels_is_kept() -> None:
    upload = pictures.with_metadata(SHELF)
    assert upload.count(SECRET) >= 8
    stored = kept(opened(upload))
    assert SECRET not in stored and b"PK\x03\x04" not in stored and b"<script" not in stored and stored.endswith(b"\xff\xd9")
    image = Image.open(io.BytesIO(stored))
    assert image.format == "JPEG" and not image.getexif() and set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert SECRET not in kept(opened(pictures.commented_png(SHELF)))


def test_what_is_kept_is_no_longer_than_the_limit() -> None:
    stored = opened(kept(Picture(np.full((400, 7_000, 3), 130, np.uint8))))
    assert (stored.width, stored.height) == (KEPT_SIDE_PX, 343)


@pytest.mark.parametrize(("width", "height"), [(6_000, 4_000), (4_100, 3_901), (6_001, 2_700)])
def test_what_is_kept_has_no_more_pixels_than_the_limit(width: int, height: int) -> None:
    picture = Picture(np.full((height, width, 3), 130, np.uint8))
    stored = picture.within(kept_side_px(picture))
    assert 0.998 * KEPT_PIXELS <= stored.width * stored.height <= KEPT_PIXELS
    assert stored.width / stored.height == pytest.approx(width / height, rel=0.001)


def test_a_photo_within_the_limits_is_kept_at_its_size() -> None:
    picture = Picture(np.full((4_000, 4_000, 3), 130, np.uint8))
    assert picture.within(kept_side_px(picture)) is picture


def test_sixteen_bits_become_eight() -> None:
    row = opened(pictures.deep_png()).pixels[0, :, 0]
    assert (row[0], row[-1]) == (0, 255) and list(row) == sorted(row) and abs(int(row[32]) - 129) <= 1


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (Image.new("RGBA", (40, 40), (255, 0, 0, 0)), (255, 255, 255)),
        (Image.new("RGBA", (40, 40), (0, 0, 0, 128)), (127, 127, 127)),
        (Image.new("LA", (40, 40), (9, 255)), (9, 9, 9)),
        (Image.new("1", (40, 40), 1), (255, 255, 255)),
        (Image.new("L", (40, 40), 77), (77, 77, 77)),
    ],
)
def test_clear_grey_and_one_bit(image: Image.Image, colour: tuple[int, int, int]) -> None:
    assert tuple(opened(coded(image, "PNG")).pixels[20, 20]) == colour


def test_a_clear_colour_of_a_palette_is_white() -> None:
    image = shelf().quantize(8)
    clear = image.getpixel((0, 0))
    pixels = opened(coded(image, "PNG", transparency=clear)).pixels
    assert tuple(pixels[0, 0]) == (255, 255, 255) and (pixels != 255).any()


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture(format: str) -> None:
    assert tuple(opened(pictures.animated(format)).pixels[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"hello, this is no picture at all", "no photo"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'  <?xml version="1.0"?><svg/>', "SVG"),
        (pictures.gif(), "GIF"),
        (b"%PDF-1.7\n" + FORMS["jpeg"], "PDF"),
        (coded(SHELF, "TIFF"), "TIFF"),
        (coded(SHELF, "BMP"), "BMP"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "video"),
    ],
)
def test_what_is_no_photo_is_named(data: bytes, word: str) -> None:
    code, message = _refused(data)
    assert code == "UNSUPPORTED_MEDIA_TYPE" and word in message and "HEIC" in message


def test_an_empty_file() -> None:
    assert _refused(b"") == ("INVALID_FILE", "The file is empty. Choose the photo once more.")


@pytest.mark.parametrize("form", ["jpeg", "progressive", "png", "webp", "heic"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_photo_that_was_cut_off(form: str, part: float) -> None:
    code, message = _refused(FORMS[form][: int(len(FORMS[form]) * part)])
    assert code == "INVALID_FILE" and ("cut off" in message or "damaged" in message) and "once more" in message


def test_a_jpeg_that_was_cut_off_says_so() -> None:
    assert "JPEG is cut off" in _refused(FORMS["jpeg"][:-400])[1]


def test_bombs_are_refused_by_their_header() -> None:
    bomb = pictures.bomb()
    assert len(bomb) < 700_000
    assert _refused(bomb) == ("INVALID_FILE", "The photo has more than 50 megapixels. Send a smaller one.")
    assert "50 megapixels" in _refused(pictures.png_of(8_000, 7_000, zlib.compress(b"")))[1]  # only a warning of Pillow's own
    assert _refused(pictures.text_bomb())[0] == "INVALID_FILE"


@pytest.mark.parametrize(("size", "words"), [((1, 1), "1 x 1"), ((31, 400), "nothing can be read"), ((1_000, 40), "strip")])
def test_sizes_without_sense(size: tuple[int, int], words: str) -> None:
    code, message = _refused(coded(Image.new("RGB", size), "PNG"))
    assert code == "INVALID_FILE" and words in message


def test_a_thin_strip_is_refused() -> None:
    assert "20000 x 10" in _refused(coded(Image.new("1", (20_000, 10)), "PNG"))[1]


def test_kinds_are_told_by_the_head_alone() -> None:
    kinds = {form: kind_of(data[:WANTED_BYTES]) for form, data in FORMS.items()}
    assert set(kinds.values()) == {"jpeg", "png", "webp", "heic"} and kinds["heic"] == "heic" and kinds["mpo"] == "jpeg"


def test_parts_and_smaller_ones() -> None:
    picture = opened(FORMS["png"])
    part = picture.cut(Box(0.0, 0.0, 1 / 6, 1 / 8))
    assert (part.width, part.height) == (40, 20) and tuple(part.pixels[3, 3]) == (255, 0, 0)
    assert (picture.cut(Box(0.9999, 0.9999, 1.0, 1.0)).width, picture.within(120).height) == (1, 80)
    assert picture.within(120) is picture.within(120) and picture.within(240) is picture
    assert opened(picture.jpeg(100)).width == 100


@given(data=st.binary(max_size=200), head=st.sampled_from([form[:40] for form in FORMS.values()] + [b""]))
@settings(max_examples=60, deadline=None)
def test_random_bytes_are_refused_and_nothing_else(data: bytes, head: bytes) -> None:
    with pytest.raises(Unreadable):
        opened(head + data)


@given(form=st.sampled_from(sorted(FORMS)), changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_a_changed_photo_is_a_picture_or_refused(form: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(FORMS[form])
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    with contextlib.suppress(Unreadable):
        picture = opened(bytes(data))
        assert quality_of(picture).width == picture.width and kind_of(kept(picture)) == "jpeg"
