"""Bodies that are compressed but for their end: any reader of the coding gets the whole."""

import gzip
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib.coded import GZIP, MAX_END_BYTES, PLAIN, ZSTD, accepted, coded

DECODERS = {
    GZIP: [gzip.decompress, lambda body: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body)],
    ZSTD: [lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body), lambda body: zstandard.decompress(body, 2**26)],
    PLAIN: [bytes],
}


@given(st.binary(min_size=1, max_size=3000), st.binary(max_size=400), st.sampled_from([GZIP, ZSTD, PLAIN]), st.integers(1, 200))
def test_what_is_decoded_is_beginning_and_end(beginning: bytes, end: bytes, coding: str, times: int) -> None:
    whole = coded(coding, beginning, beginning * (times - 1))
    for body in (whole.with_end(end), whole.with_end(end)):  # and again: the first one changed nothing
        for decode in DECODERS[coding]:
            assert decode(body) == beginning * times + end


@pytest.mark.parametrize("coding", [GZIP, ZSTD])
def test_a_long_end_and_a_large_beginning(coding: str) -> None:
    beginning, end = bytes(range(256)) * 8000, b"x" * MAX_END_BYTES
    for decode in DECODERS[coding]:
        assert decode(coded(coding, beginning).with_end(end)) == beginning + end


@pytest.mark.parametrize("coding", [GZIP, ZSTD])
def test_it_is_smaller(coding: str) -> None:
    beginning = b'{"title":"The Silent Harbor","authors":["Gita Iyer"]},' * 60
    assert len(coded(coding, beginning).with_end(b"}")) < len(beginning) / 5


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (b"", PLAIN),
        (b"gzip", GZIP),
        (b"GZip ; q=0.5", GZIP),
        (b"gzip, deflate, br, zstd", ZSTD),
        (b"gzip;q=1.0, zstd;q=0.5", GZIP),
        (b"gzip;q=0, zstd;q=0.0", PLAIN),
        (b"*", ZSTD),
        (b"*;q=0", PLAIN),
        (b"zstd;q=0, *", GZIP),
        (b"identity, gzip;q=0.5", PLAIN),
        (b"identity;q=0.1, gzip;q=0.5", GZIP),
        (b"deflate, br", PLAIN),
        (b"gzip;q=2", PLAIN),
        (b"gzip;q=nan", PLAIN),
        (b"gzip\x00", PLAIN),
        (b";;;,,,q=1", PLAIN),
        (b"gzip," * 1000, PLAIN),
        ("gzip; q=１".encode(), PLAIN),
    ],
)
def test_what_a_client_likes(header: bytes, coding: str) -> None:
    assert accepted(header) == coding


@given(st.binary(max_size=400))
def test_no_header_breaks_it(header: bytes) -> None:
    assert accepted(header) in DECODERS
