"""One answer as it is kept, and its form as bytes."""

import threading
from dataclasses import dataclass, field
from typing import Any

import orjson
import zstandard

from bookstrack.lib import clock
from search import metrics

SCHEMA = 1  # of an entry and the DTOs in it: a new version never reads old entries
PREFIX = f"bt{SCHEMA}:"
COMPRESSED_ABOVE_BYTES = 1024
MAX_BYTES = 32 * 2**20
_own = threading.local()
_PLAIN, _ZSTD = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer as it is kept: `data` is the JSON that a client gets, rendered once."""

    data: bytes
    created_at: float  # unix seconds
    ttl_s: float
    provider: str
    providers: dict[str, str]  # name -> status
    degraded: list[str] = field(default_factory=list)
    etag: str = ""
    completeness: int = 0  # 0..100: mean quality
    image_quality: str = "missing"  # high, medium, low, missing
    found: int = 0  # works in it
    completed: bool = False  # with all that is known of who its authors are

    @property
    def age_s(self) -> float:
        return max(0.0, clock.unix_s() - self.created_at)

    @property
    def left_s(self) -> float:
        """Seconds that it is still fresh; negative once it expired."""
        return self.ttl_s - self.age_s

    @property
    def fresh(self) -> bool:
        return self.left_s > 0


def lines_of(entry: Entry) -> bytes:
    """An entry as text: a JSON line about it, and its data."""
    about = {name: getattr(entry, name) for name in Entry.__slots__ if name != "data"}
    return orjson.dumps(about) + b"\n" + entry.data


def from_lines(lines: bytes) -> Entry | None:
    """The entry of these lines, or None where they are none that we wrote."""
    try:
        about, _, data = lines.partition(b"\n")
        members: dict[str, Any] = orjson.loads(about)
        return Entry(data=data, **members)
    except (orjson.JSONDecodeError, TypeError):
        metrics.cache_broken.inc()
        return None


def pack(entry: Entry) -> bytes:
    """An entry as bytes: a flag, and its lines; compressed above 1 KB."""
    lines = lines_of(entry)
    return _PLAIN + lines if len(lines) <= COMPRESSED_ABOVE_BYTES else _ZSTD + zstandard.compress(lines, 1)


def _decompressor() -> zstandard.ZstdDecompressor:
    """This thread's: to make one costs more than most entries, and none may be used by two threads at once."""
    try:
        found: zstandard.ZstdDecompressor = _own.decompressor
    except AttributeError:
        found = _own.decompressor = zstandard.ZstdDecompressor()
    return found


def unpack(value: bytes) -> Entry | None:
    """The entry in these bytes, or None where they are none that we wrote."""
    try:
        lines = _decompressor().decompress(value[1:], max_output_size=MAX_BYTES) if value[:1] == _ZSTD else value[1:]
    except zstandard.ZstdError:
        metrics.cache_broken.inc()
        return None
    return from_lines(lines)
