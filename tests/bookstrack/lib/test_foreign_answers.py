"""What the safe fetch takes: bytes and seconds are counted, types are told by content, failures are not absence."""

import asyncio
import gzip
import zlib

import pytest

from bookstrack.lib import foreign
from bookstrack.lib.foreign import Absent, ForeignFailed, ForeignTimeout, ForeignTooLarge, WrongType
from tests.bookstrack.lib.fetching import HTML, Names, fetch
from tests.bookstrack.lib.tricks import GIF, JPEG, PNG, WEBP, Detour, Tricks, answer, led

SVG = b'<?xml version="1.0"?><svg xmlns="x"><script/></svg>'


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + GIF)
    while True:
        writer.write(b"\0" * 4_096)
        await writer.drain()


async def endless_behind_its_end(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(GIF))
    while True:
        writer.write(b"\0" * 4_096)
        await writer.drain()


async def endless_nothing(writer: asyncio.StreamWriter) -> None:
    """Packed blocks without anything in them."""
    packer = zlib.compressobj(wbits=31)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packer.compress(GIF))
    while True:
        writer.write(packer.flush(zlib.Z_FULL_FLUSH) + b"\0\0\0\xff\xff" * 800)
        await writer.drain()


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nGIF89a")
    while True:
        writer.write(b"\0")
        await writer.drain()
        await asyncio.sleep(0.02)


async def dripping_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silent(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


TOO_LARGE = {
    "endless": endless,
    "endless behind its end": endless_behind_its_end,
    "endless nothing": endless_nothing,
    "one byte too many": answer(200, GIF + b"\0" * (10_001 - len(GIF))),
    "bomb": answer(200, gzip.compress(GIF + b"\0" * 5_000_000), "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("name", TOO_LARGE)
async def test_bytes_are_counted_as_they_come(name: str, tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = TOO_LARGE[name]
    with pytest.raises(ForeignTooLarge):
        await fetch()
    assert len(tricks.asked) == 1


async def test_as_many_bytes_as_may_be(tricks: Tricks, detour: Detour, names: Names) -> None:
    whole = GIF + b"\0" * (10_000 - len(GIF))
    tricks.answers |= {"/a": answer(200, whole), "/b": answer(200, gzip.compress(whole), "Content-Encoding: gzip")}
    assert (await fetch("/a")).body == (await fetch("/b")).body == whole


@pytest.mark.parametrize("play", [dripping, dripping_headers, silent])
async def test_the_time_is_for_the_whole(play: object, tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = play  # type: ignore[assignment]
    with pytest.raises(ForeignTimeout):
        await fetch(timeout_s=0.3)


async def test_the_time_is_for_all_redirects_together(tricks: Tricks, detour: Detour, names: Names) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(led("/a"))

    tricks.answers["/a"] = late
    with pytest.raises(ForeignTimeout):
        await fetch(timeout_s=0.5)


async def test_a_slow_name_server_takes_of_the_same_time(tricks: Tricks, detour: Detour) -> None:
    async def slow(_: str) -> list[str]:
        await asyncio.sleep(60)
        return ["93.184.216.34"]

    with foreign.use_resolver(slow), pytest.raises(ForeignTimeout):
        await fetch(timeout_s=0.1)


# ---- what comes
@pytest.mark.parametrize(("body", "kind"), [(JPEG, "jpeg"), (PNG, "png"), (WEBP, "webp"), (GIF, "gif"), (b"GIF87a" + GIF[6:], "gif")])
async def test_the_type_is_by_the_first_bytes(body: bytes, kind: str, tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = answer(200, body, "Content-Type: image/svg+xml")
    assert (await fetch()).kind == kind


@pytest.mark.parametrize(("body", "kind"), [
    (SVG, "svg"), (b"\xef\xbb\xbf \n" + SVG, "svg"), (HTML, "html"), (b"", "empty"), (b"hello", "other"), (b"%PDF-1.4", "other"),
    (b"PK\x03\x04", "other"), (b"RIFF\0\0\0\0WAVE", "other"),
    (b"\0\0\0\x1cftypavif", "other"), (b"BM\0\0", "other"), (b" " + GIF, "other"), (b"\x1f\x8b" + GIF, "other"),
])  # fmt: skip
async def test_nothing_but_pictures_is_taken(body: bytes, kind: str, tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = answer(200, body, "Content-Type: image/jpeg")
    with pytest.raises(WrongType) as wrong:
        await fetch()
    assert wrong.value.kind == kind and "alert" not in str(wrong.value)


@pytest.mark.parametrize("status", [404, 410])
async def test_absence_is_said_by_the_status(status: int, tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = answer(status, JPEG, "Content-Type: image/jpeg")
    with pytest.raises(Absent):
        await fetch()


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 429, 451, 500, 503])
async def test_any_other_status_is_a_failure(status: int, tricks: Tricks, detour: Detour, names: Names) -> None:
    body = b"" if status in (204, 304) else b"upstream-internal-detail"
    tricks.answers["/a"] = answer(status, body, "X-Secret: upstream-internal-detail")
    with pytest.raises(ForeignFailed) as failed:
        await fetch()
    assert "upstream" not in repr(failed.value) and failed.value.__cause__ is None
    assert len(tricks.asked) == (2 if status >= 500 else 1), "once more where it may help"


async def test_a_failure_that_passes_is_not_seen(tricks: Tricks, detour: Detour, names: Names) -> None:
    tricks.answers["/a"] = [answer(503), answer(200, PNG)]
    assert (await fetch()).kind == "png"


LIES = {
    "longer than it is": answer(200, GIF, length=5_000),
    "negative": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + GIF,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\nContent-Length: 15\r\n\r\n" + GIF,
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "no chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + GIF,
    "gzip cut": answer(200, gzip.compress(GIF)[:-9], "Content-Encoding: gzip"),
    "no gzip": answer(200, b"no gzip at all", "Content-Encoding: gzip"),
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", LIES)
async def test_lies_about_the_length_and_broken_answers(name: str, tricks: Tricks, detour: Detour, names: Names) -> None:
    async def ends(writer: asyncio.StreamWriter) -> None:
        writer.write(LIES[name])

    tricks.answers["/a"] = ends
    with pytest.raises(ForeignFailed):
        await fetch()


async def test_what_stands_behind_the_length_is_not_read(tricks: Tricks, detour: Detour, names: Names) -> None:
    async def ends(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200, GIF + HTML, length=len(GIF)))

    tricks.answers["/a"] = ends
    assert (await fetch()).body == GIF
