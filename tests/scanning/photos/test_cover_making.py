"""Covers in the picture process, for real: foreign pictures of every kind to three sizes, and what wants to do harm."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from scanning import covers
from scanning.covers import CoverPicture, cover_picture, drawn_placeholder
from scanning.picture_kinds import Unreadable
from scanning.picture_process import PictureProcess
from scanning.pictures import pictures as process
from scanning.placeholder_drawing import shown, wrapped
from tests.harvest.covering import BOXES, coded, cover, drawing, opened
from tests.scanning.photos.pictures import SECRET, exif, with_metadata

WHITE, RED = (255, 255, 255), (200, 30, 40)


@pytest.fixture(autouse=True)
async def _ended() -> AsyncIterator[None]:
    yield
    await process.close()


def _bits(one: CoverPicture, other: CoverPicture) -> int:
    return (int(one.likeness, 16) ^ int(other.likeness, 16)).bit_count()


async def test_every_kind_is_made_webp_in_three_boxes() -> None:
    image = drawing((800, 1200))
    made = {
        kind: await cover_picture(coded(image, kind.upper()), BOXES) for kind in ("jpeg", "png", "webp", "gif")
    }
    for kind, picture in made.items():
        assert (picture.kind, picture.width, picture.height) == (kind, 800, 1200)
        assert {name: (size.width, size.height) for name, size in picture.sizes.items()} == BOXES  # of the very shape of the boxes
        for size in picture.sizes.values():
            image = opened(size.data)
            assert (image.format, image.size) == ("WEBP", (size.width, size.height))
        assert _bits(picture, made["png"]) <= 4


async def test_proportions_are_kept_and_nothing_is_enlarged() -> None:
    fitting = {  # large and small, by the original
        (150, 225): ((150, 225), (128, 192)), (60, 90): ((60, 90), (60, 90)), (1, 1): ((1, 1), (1, 1)),
        (2000, 100): ((512, 26), (128, 6)), (3, 3000): ((1, 768), (1, 192)), (1000, 1000): ((512, 512), (128, 128)),
    }  # fmt: skip
    for size, (large, small) in fitting.items():
        made = await cover_picture(coded(drawing(size), "PNG"), BOXES)
        assert (made.width, made.height) == size
        assert (made.sizes["large"].width, made.sizes["large"].height) == large
        assert opened(made.sizes["small"].data).size == small


async def test_large_jpegs_tell_their_own_size() -> None:
    """They are decoded smaller than they are."""
    made = await cover_picture(cover((3_000, 4_500)), BOXES)
    assert (made.width, made.height, made.sizes["large"].width, made.sizes["large"].height) == (3_000, 4_500, 512, 768)
    assert _bits(made, await cover_picture(cover((800, 1200)), BOXES)) <= 4


async def test_turned_as_the_camera_noted_and_nothing_else_of_it_is_left() -> None:
    image = Image.new("RGB", (600, 400), WHITE)
    image.paste(RED, (0, 0, 600, 100))  # the upper edge as it is stored
    made = await cover_picture(coded(image, "JPEG", exif=exif(6), quality=95), BOXES)
    assert (made.width, made.height) == (400, 600)
    large = opened(made.sizes["large"].data)
    assert large.size == (400, 600) and large.getpixel((390, 300))[0] > 150 > large.getpixel((390, 300))[1]
    assert min(large.getpixel((10, 300))) > 240
    noted = await cover_picture(with_metadata(drawing()), BOXES)
    assert all(SECRET not in size.data and b"EXIF" not in size.data and b"PK\x03\x04" not in size.data for size in noted.sizes.values())


async def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (200, 300), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 150, 200, 300))
    for kind in ("PNG", "WEBP", "GIF"):
        made = opened((await cover_picture(coded(image, kind), BOXES)).sizes["large"].data)
        assert min(made.getpixel((100, 30))) > 240 and made.getpixel((100, 270))[0] > 150 > made.getpixel((100, 270))[1]


async def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (200, 300), colour) for colour in (RED, (0, 0, 255), (0, 255, 0))]
    for kind in ("GIF", "WEBP", "PNG"):
        data = coded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        made = opened((await cover_picture(data, BOXES)).sizes["small"].data)
        red, green, blue = made.getpixel((60, 60))
        assert red > 150 > max(green, blue)


async def test_plainness_is_the_share_of_one_colour() -> None:
    image = Image.new("RGB", (400, 600), WHITE)
    assert (await cover_picture(coded(image, "PNG"), BOXES)).plainness == 1.0
    assert (await cover_picture(coded(image, "JPEG", quality=30), BOXES)).plainness == 1.0
    image.paste(RED, (0, 0, 400, 150))
    assert (await cover_picture(coded(image, "JPEG"), BOXES)).plainness == pytest.approx(0.75, abs=0.02)
    assert (await cover_picture(coded(Image.effect_noise((400, 600), 90).convert("RGB")), BOXES)).plainness < 0.7


async def test_likeness_is_of_the_look_not_of_the_bytes() -> None:
    made = [await cover_picture(cover((800, 1200), seed), BOXES) for seed in range(6)]
    again = [await cover_picture(coded(drawing((300, 450), seed), "JPEG", quality=60), BOXES) for seed in range(6)]
    assert all(_bits(one, other) <= 4 for one, other in zip(made, again, strict=True))
    assert all(_bits(one, other) > 10 for place, one in enumerate(made) for other in made[:place])
    assert all(len(one.likeness) == 16 for one in made)


def _bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few KB that says it has 900 megapixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"\0" * 5_000_000, 9)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _gif_bomb() -> bytes:
    """A small screen with a frame of 60,000 x 60,000."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\x02\x4c\x01\x00;"
    return b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0) + frame


JPEG = cover((300, 450))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>' * 30
HOSTILE = {
    "empty": b"",
    "web page": b"<html>no cover</html>" * 90,
    "SVG": SVG,
    "SVG behind a mark": b"\xef\xbb\xbf" + SVG,
    "PDF": b"%PDF-1.7 " * 50,
    "JPEG in name only": b"\xff\xd8\xff" + SVG,
    "GIF in name only": b"GIF89a" + b"=1;alert(1)//" * 40,
    "bomb": _bomb(),
    "bomb in a frame": _gif_bomb(),
    "JPEG cut off": JPEG[:900],
    "JPEG cut off late": JPEG[: len(JPEG) * 3 // 4],
    "PNG cut off": coded(drawing((300, 450)), "PNG")[:2_000],
    "GIF cut off": coded(drawing((300, 450)), "GIF")[:2_000],
    "WebP cut off": coded(drawing((300, 450)), "WEBP")[:1_000],
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 90,
}


async def test_what_is_no_picture_is_refused_in_words() -> None:
    for name, data in HOSTILE.items():
        with pytest.raises(Unreadable) as refused:
            pytest.fail(f"{name} was taken: {await cover_picture(data, BOXES)}")
        assert refused.value.code in ("INVALID_FILE", "UNSUPPORTED_MEDIA_TYPE"), name
        assert refused.value.message and "photo" not in refused.value.message.lower(), name


async def test_a_picture_that_is_an_archive_and_a_page_as_well_is_only_a_picture() -> None:
    data = coded(drawing((300, 450)), "GIF") + b"PK\x03\x04<html><script>alert(1)</script></html>" + SVG
    made = await cover_picture(data, BOXES)
    assert all(b"script" not in size.data and opened(size.data).format == "WEBP" for size in made.sizes.values())


async def test_who_breaks_the_reader_does_not_break_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = PictureProcess(limit_s=0.0)
    monkeypatch.setattr(covers, "pictures", slow)
    try:
        with pytest.raises(Unreadable) as late:
            await cover_picture(JPEG, BOXES)
        assert late.value.code == "INVALID_FILE"
    finally:
        await slow.close()
    monkeypatch.undo()
    assert (await cover_picture(JPEG, BOXES)).width == 300


async def test_many_at_once() -> None:
    made = await asyncio.gather(*(cover_picture(cover((200 + 10 * number, 300)), BOXES) for number in range(8)))
    assert [picture.width for picture in made] == [200 + 10 * number for number in range(8)]


async def test_an_answer_that_is_none_is_no_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mad:
        async def cover(self, *_: object) -> tuple[dict[str, object], list[bytes]]:
            return {"made": {"small": (1, 1)}}, []

    monkeypatch.setattr(covers, "pictures", Mad())
    with pytest.raises(Unreadable) as away:
        await cover_picture(JPEG, BOXES)
    assert away.value.code == "INTERNAL_ERROR"


# -- what is drawn where there is none


async def test_a_placeholder_fills_its_box_and_follows_from_its_seed() -> None:
    for box in BOXES.values():
        image = opened(await drawn_placeholder("The Silent Harbor", "Gita Iyer", "9780306406157", box))
        assert (image.format, image.size) == ("WEBP", box)
    once, again, other = [await drawn_placeholder("A", "B", seed, (128, 192)) for seed in ("1", "1", "2")]
    assert once == again != other


async def test_any_words_can_be_drawn() -> None:
    words = ["", "Война и мир", "源氏物語", "x" * 5_000, "\ud800\0\n\t", "\u202e", "🦑" * 40, "<b>&amp;", "…", "  "]
    for title, author in zip(words, reversed(words), strict=True):
        assert opened(await drawn_placeholder(title, author, title, (256, 384))).size == (256, 384)


async def test_words_are_seen_on_it() -> None:
    bare, named = [opened(await drawn_placeholder(title, "", "seed", (256, 384))).convert("L") for title in ("", "Dune")]
    changed = sum(abs(one - other) > 60 for one, other in zip(bare.tobytes(), named.tobytes(), strict=True))
    assert changed > 200


def test_signs_that_the_font_lacks_are_written_otherwise() -> None:
    assert shown("Les Misérables") == "Les Miserables"
    assert shown("Война и мир") == "Voyna i mir"
    assert shown("  Dune \n  Messiah ") == "Dune Messiah"
    assert shown("\u202e\u0301") == ""


def test_titles_are_wrapped_and_shortened() -> None:
    def fits(line: str) -> bool:
        return len(line) <= 12

    assert wrapped("The Lord of the Rings", fits, 6) == ["The Lord of", "the Rings"]
    assert wrapped("The Lord of the Rings and more", fits, 2) == ["The Lord of", "the Rings..."]
    assert wrapped("Donaudampfschifffahrt", fits, 6) == ["Donaudampfsc", "hifffahrt"]
    assert wrapped("", fits, 6) == []
    assert wrapped("Donaudampfschifffahrt", fits, 1) == ["Donaudamp..."]


