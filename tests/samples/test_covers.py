"""Covers are drawn from an id alone, as PNG that any reader takes."""

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.cover_art import HEIGHT, WIDTH, cover_png

ROOT = Path(__file__).resolve().parents[2]
IDS = [json.loads(line)["id"] for line in (ROOT / "samples" / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()]


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and body of every chunk; the CRCs are checked on the way."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body, crc = png[at + 8 : at + 8 + length], png[at + 8 + length : at + 12 + length]
        assert struct.unpack(">I", crc)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + length
    assert at == len(png)
    return found


@given(st.text(max_size=40))
def test_a_cover_is_a_whole_small_png(work_id: str) -> None:
    png = cover_png(work_id)
    (first, header), (second, pixels), (last, nothing) = chunks(png)
    assert (first, second, last, nothing) == (b"IHDR", b"IDAT", b"IEND", b"")
    assert struct.unpack(">IIBBBBB", header) == (WIDTH, HEIGHT, 8, 2, 0, 0, 0) and (WIDTH, HEIGHT) == (256, 384)
    raw = zlib.decompress(pixels)
    assert len(raw) == HEIGHT * (1 + WIDTH * 3)
    assert not any(raw[:: 1 + WIDTH * 3]), "every row says: no filter"
    assert len(png) <= 8_000


def test_the_same_id_gives_the_same_cover_in_another_process() -> None:
    code = "import sys; from search.cover_art import cover_png; sys.stdout.buffer.write(cover_png('dune'))"
    elsewhere = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout
    assert elsewhere == cover_png("dune")


def test_works_of_the_sample_look_different() -> None:
    assert len({cover_png(work_id) for work_id in IDS}) == len(IDS)


def test_the_script_draws_one_file_a_work(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps({"id": work_id}) + "\n" for work_id in IDS[:5]), encoding="utf-8")
    script = [sys.executable, str(ROOT / "samples" / "draw_covers.py"), str(tmp_path / "new" / "covers"), "--catalogue", str(few)]
    said = subprocess.run(script, cwd=tmp_path, capture_output=True, check=True, text=True).stdout
    assert said.startswith("5 covers drawn")
    drawn = {file.stem: file.read_bytes() for file in (tmp_path / "new" / "covers").iterdir()}
    assert drawn == {work_id: cover_png(work_id) for work_id in IDS[:5]}


@pytest.mark.parametrize("broken", ['{"title": "no id"}\n', "no json\n"])
def test_the_script_fails_loudly_on_a_line_that_is_no_work(tmp_path: Path, broken: str) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(broken, encoding="utf-8")
    script = [sys.executable, str(ROOT / "samples" / "draw_covers.py"), str(tmp_path / "covers"), "--catalogue", str(bad)]
    assert subprocess.run(script, capture_output=True, check=False).returncode == 1
