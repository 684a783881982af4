"""Bodies that are compressed once though their end differs with every reply: the beginning is kept coded, the end put behind it as it is.

Both forms allow that: a DEFLATE stream and a Zstandard frame are sequences of blocks, and a block may hold its bytes uncoded.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import zstandard

GZIP, ZSTD, PLAIN = "gzip", "zstd", ""
GZIP_LEVEL, ZSTD_LEVEL = 6, 3
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
MAX_END_BYTES = 65_535  # of an uncoded DEFLATE block
_MAX_HEADER_SIGNS = 300
_CODING = re.compile(r"\s*([A-Za-z0-9_*.-]+)\s*(?:;\s*[Qq]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?\Z")


@dataclass(frozen=True, slots=True)
class Coded:
    """The beginning of a body in a coding; `with_end(end)` is a whole body. `kept_bytes`: what it keeps for that."""

    kept_bytes: int
    with_end: Callable[[bytes], bytes]


def coded(coding: str, *parts: bytes) -> Coded:
    """A beginning, which is not empty, in a coding: gzip, zstd, or plain; that one keeps the very parts."""
    if coding == PLAIN:
        return Coded(sum(map(len, parts)), lambda end: b"".join((*parts, end)))
    return (_gzip if coding == GZIP else _zstd)(b"".join(parts))


def _gzip(beginning: bytes) -> Coded:
    deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = _GZIP_HEAD + deflate.compress(beginning) + deflate.flush(zlib.Z_SYNC_FLUSH)  # ends with a whole byte
    checksum, length = zlib.crc32(beginning), len(beginning)

    def with_end(end: bytes) -> bytes:
        size = len(end)
        block = b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        whole = (length + size) & 0xFFFFFFFF
        return b"".join((start, block, end, zlib.crc32(end, checksum).to_bytes(4, "little"), whole.to_bytes(4, "little")))

    return Coded(len(start), with_end)


def _zstd(beginning: bytes) -> Coded:
    frame = zstandard.ZstdCompressor(ZSTD_LEVEL, write_checksum=False, write_content_size=False).compressobj()
    start = frame.compress(beginning) + frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def with_end(end: bytes) -> bytes:
        return b"".join((start, (len(end) << 3 | 1).to_bytes(3, "little"), end))  # the last block, uncoded

    return Coded(len(start), with_end)


@lru_cache(maxsize=512)
def accepted(header: bytes) -> str:
    """The coding that an Accept-Encoding header likes best of those that we have; PLAIN where it likes none, or is absurd.

    Source: RFC 9110, 12.5.3; of equals the smaller one is sent.
    """
    if len(header) > _MAX_HEADER_SIGNS:
        return PLAIN
    liked: dict[str, float] = {}
    for part in header.decode("latin-1").split(","):
        found = _CODING.match(part)
        if found is not None:
            liked[found[1].lower()] = float(found[2] or 1)
    others = liked.get("*", 0.0)
    rated = [(liked.get(coding, others), coding) for coding in (ZSTD, GZIP)]
    best, coding = max(rated, key=lambda one: one[0])
    return coding if best > 0 and best >= liked.get("identity", 0.0) else PLAIN
