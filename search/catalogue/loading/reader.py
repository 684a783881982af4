"""Lines of a file, plain or compressed, with where each ends: streamed, so that memory stays flat whatever the file's size."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import zstandard

MAX_LINE_BYTES = 4 * 2**20  # the longest real record of a dump has less than one; more is no book
FINGERPRINT_BYTES = 64 * 1024
_CHUNK = 2**20
_BROKEN = (EOFError, OSError, zlib.error, zstandard.ZstdError)
_ZSTD_CHUNK = 2**14  # what it becomes is in memory at once


class BrokenFile(Exception):
    """The file cannot be read on: its compression is broken or cut off. What was read before counts."""


class Line(NamedTuple):
    """A line without its end; `whole` is False where it was longer than MAX_LINE_BYTES, and only its beginning is here."""

    text: bytes
    end: int  # position after it, in bytes of the decompressed text
    whole: bool = True


class Source:
    """An open file."""

    def __init__(self, raw: BinaryIO, text: IO[bytes]) -> None:
        self._raw, self._text = raw, text
        self.position = 0  # of the decompressed text

    @property
    def read_bytes(self) -> int:
        """How much of the file itself was read: for progress."""
        return self._raw.tell()

    def skip_to(self, position: int) -> None:
        """Go to a position of the decompressed text.

        Raises: BrokenFile
        """
        while self.position < position:
            chunk = self._read(self._text.read, min(_CHUNK, position - self.position))
            if not chunk:
                return
            self.position += len(chunk)

    def lines(self) -> Iterator[Line]:
        """All lines from here on.

        Raises: BrokenFile
        """
        read = self._text.readline
        while True:
            try:
                text = read(MAX_LINE_BYTES + 1)
            except _BROKEN as error:
                raise BrokenFile(str(error) or type(error).__name__) from error
            if not text:
                return
            self.position += len(text)
            if len(text) <= MAX_LINE_BYTES or text.endswith(b"\n"):
                yield Line(text.rstrip(b"\r\n"), self.position)
            else:
                self._skip_line()
                yield Line(text[:200], self.position, False)

    def _skip_line(self) -> None:
        while rest := self._read(self._text.readline, MAX_LINE_BYTES + 1):
            self.position += len(rest)
            if rest.endswith(b"\n"):
                return

    def _read(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return read(size)
        except _BROKEN as error:
            raise BrokenFile(str(error) or type(error).__name__) from error


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file; what compresses it is told by its first bytes, not by its name.

    Raises: OSError
    """
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic[:2] == b"\x1f\x8b":
            yield Source(raw, io.BufferedReader(gzip.GzipFile(fileobj=raw), _CHUNK))
        elif magic == b"\x28\xb5\x2f\xfd":
            yield Source(raw, io.BufferedReader(_Zstd(raw), _CHUNK))
        else:
            yield Source(raw, raw)


class _Zstd(io.RawIOBase):
    """A zstd file, frame after frame, that fails where it was cut off as gzip's does: the library's reader takes a cut for the end."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw, self._ready, self._rest = raw, b"", b""
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            chunk = self._rest or self._raw.read(_ZSTD_CHUNK)
            self._rest = b""
            if not chunk:
                if self._frame is not None:
                    raise EOFError("the compressed file ends within a frame")
                return 0
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._ready = self._frame.decompress(chunk)
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def fingerprint(path: Path) -> str:
    """The same for the same file, wherever it lies and whatever it is called: by its size, its beginning and its end.

    Raises: OSError
    """
    with path.open("rb") as file:
        size, start = path.stat().st_size, file.read(FINGERPRINT_BYTES)
        file.seek(max(len(start), size - FINGERPRINT_BYTES))
        return hashlib.sha256(f"{size}:".encode() + start + file.read(FINGERPRINT_BYTES)).hexdigest()
