"""Frames and what engines see, there and back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanning.detections import Box, Detection, Seen, SpineLine
from scanning.photos.wire import Frames, Garbled, framed, from_wire, to_wire

FRAMES = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("abc"), st.text(max_size=5)), st.lists(st.binary(max_size=20), max_size=3)), max_size=4
)


@given(frames=FRAMES, step=st.integers(1, 50))
def test_frames_come_back_whatever_the_pieces(frames: list[tuple[dict[str, str], list[bytes]]], step: int) -> None:
    data, reader = b"".join(framed(header, parts) for header, parts in frames), Frames()
    found = [frame for at in range(0, len(data), step) for frame in reader.feed(data[at : at + step])]
    assert [({name: value for name, value in header.items() if name != "sizes"}, parts) for header, parts in found] == frames


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\0\0\0\2[]", b"\0\0\0\2{}", b"\0\0\0\1x", b'\0\0\0\x0e{"sizes":[-1]}'])
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(Garbled):
        list(Frames().feed(data))


def test_what_an_engine_saw_comes_back() -> None:
    line = SpineLine("Dune", 0.5, 1.0, 0.0, 0.5, 1)
    placed = replace(line, box=Box(0.0, 0.1, 0.1, 0.5))
    found = Detection("ocr", Box(0.0, 0.1, 0.2, 1.0), 0.9, isbn="9780441013593", lines=(line, placed))
    seen = Seen("ocr", (found,), ("Dim.",), 3, "model", 0.5, {"lines": 1})
    header, _ = next(Frames().feed(framed({"seen": to_wire(seen)})))
    assert from_wire(header["seen"]) == seen
    with pytest.raises(Garbled):
        from_wire({"detections": [{"box": {}}], "warnings": []})
