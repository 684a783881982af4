"""How the picture process is spoken to: frames of a JSON header and raw bytes, and what engines see as JSON. Pure.

A frame: 4 bytes, the header's length, big endian; the header, with `sizes` of the parts that follow; the parts. No pickle: what comes
back from a process that handles foreign bytes is data, whatever happened there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scanning.detections import Box, Detection, Seen, SpineLine

LENGTH_BYTES = 4
MAX_HEADER_BYTES = 16 * 2**20
MAX_PARTS_BYTES = 2**30


class Garbled(Exception):
    """What came is no frame."""


def framed(header: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """One frame."""
    told = json.dumps({**header, "sizes": [len(part) for part in parts]}, default=_plain).encode()
    return b"".join((len(told).to_bytes(LENGTH_BYTES, "big"), told, *parts))


class Frames:
    """Frames out of bytes as they come, in pieces of any size."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._header: dict[str, Any] | None = None

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], list[bytes]]]:
        """The frames that are whole now: (header, parts).

        Raises: Garbled.
        """
        self._held += data
        while (header := self._whole_header()) is not None:
            sizes = header["sizes"]
            if len(self._held) < sum(sizes):
                return
            parts = []
            for size in sizes:
                parts.append(bytes(self._held[:size]))
                del self._held[:size]
            self._header = None
            yield header, parts

    def _whole_header(self) -> dict[str, Any] | None:
        if self._header is None and len(self._held) >= LENGTH_BYTES:
            length = int.from_bytes(self._held[:LENGTH_BYTES], "big")
            if length > MAX_HEADER_BYTES:
                raise Garbled("a header is too long")
            if len(self._held) >= LENGTH_BYTES + length:
                self._header = _header(bytes(self._held[LENGTH_BYTES : LENGTH_BYTES + length]))
                del self._held[: LENGTH_BYTES + length]
        return self._header


def to_wire(seen: Seen) -> dict[str, Any]:
    """What an engine saw, as JSON has it."""
    return asdict(seen)


def from_wire(told: Mapping[str, Any]) -> Seen:
    """What `to_wire` made of it.

    Raises: Garbled.
    """
    try:
        found = tuple(_detection(one) for one in told["detections"])
        return Seen(**{**told, "detections": found, "warnings": tuple(told["warnings"])})
    except (KeyError, TypeError, ValueError) as error:
        raise Garbled("this is not what an engine saw") from error


def _detection(told: Mapping[str, Any]) -> Detection:
    lines = tuple(SpineLine(**{**line, "box": Box(**line["box"]) if line.get("box") else None}) for line in told["lines"])
    return Detection(**{**told, "box": Box(**told["box"]), "lines": lines})


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
        sizes = header["sizes"]
        if not all(isinstance(size, int) and size >= 0 for size in sizes) or sum(sizes) > MAX_PARTS_BYTES:
            raise Garbled("parts of no size")
    except (ValueError, KeyError, TypeError) as error:
        raise Garbled("a header cannot be read") from error
    if not isinstance(header, dict):
        raise Garbled("a header is no object")
    return header


def _plain(value: Any) -> Any:
    """A number of numpy's, which engines calculate with, as Python's own."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be sent")
