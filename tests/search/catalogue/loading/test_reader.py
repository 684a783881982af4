"""Lines come as they stand in the file, whatever compresses it; broken files give what is whole."""

import gzip
import tempfile
from collections import deque
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from search.catalogue.loading import dump, reader
from search.catalogue.loading.batch import BadLine, Batch
from tests.search.catalogue.loading.files import ALL, DUNE, line

texts = st.lists(st.binary(max_size=200).filter(lambda text: b"\n" not in text and not text.endswith(b"\r")), max_size=30)
pack = {"plain": lambda raw: raw, "gz": gzip.compress, "zst": zstandard.compress}


@given(texts, st.sampled_from(sorted(pack)))
def test_lines_and_positions(written: list[bytes], how: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines"
        path.write_bytes(pack[how](b"".join(text + b"\n" for text in written)))
        if how == "plain" and path.read_bytes()[:2] == b"\x1f\x8b":
            return
        with reader.opened(path) as source:
            lines = list(source.lines())
        assert [each.text for each in lines] == written
        for place, each in enumerate(lines):
            with reader.opened(path) as again:
                again.skip_to(each.end)
                assert [other.text for other in again.lines()] == written[place + 1 :]


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_a_cut_file_gives_its_whole_lines_and_says_so(tmp_path: Path, how: str) -> None:
    whole = pack[how](b"".join(b"%d %s\n" % (number, b"%x" % (number * 7919**3)) for number in range(200_000)))
    path = tmp_path / "cut"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    lines = deque[bytes]()
    with reader.opened(path) as source, pytest.raises(reader.BrokenFile):
        lines.extend(each.text for each in source.lines())
    assert len(lines) > 1000 and lines[0].startswith(b"0 ")


def test_a_record_of_ten_megabytes_is_one_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"before\n" + b"x" * 10 * 2**20 + b"\nafter\n")
    with reader.opened(path) as source:
        lines = list(source.lines())
    assert [(len(each.text), each.whole) for each in lines] == [(6, True), (200, False), (5, True)]


cut_lines = st.builds(lambda record, cut: line(record)[: -cut - 1], st.sampled_from(ALL), st.integers(0, 60))


@given(st.one_of(st.binary(max_size=400), cut_lines))
def test_any_line_is_read_or_refused(text: bytes) -> None:
    with suppress(BadLine):
        dump.read(text, Batch())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "value", "author", "goodreads"]), inner),
    max_leaves=8,
)


@given(
    st.sampled_from(["work", "edition", "author", "redirect", "delete"]),
    st.dictionaries(
        st.sampled_from(["title", "name", "works", "authors", "isbn_13", "publish_date", "covers", "lccn", "identifiers", "location",
                         "number_of_pages", "languages", "publishers", "subjects", "subtitle", "birth_date", "pagination"]),
        json_values,
    ),
)  # fmt: skip
@example("edition", {"title": "0", "languages": [[]]})
def test_any_object_is_read_or_refused(kind: str, record: dict[str, object]) -> None:
    key = {"author": "/authors/OL5A", "edition": "/books/OL5M"}.get(kind, "/works/OL5W")
    batch = Batch()
    with suppress(BadLine):
        dump.put(f"/type/{kind}", key, 1, record, batch)
    cells = [cell for rows in (batch.works, batch.editions, batch.authors) for row in rows.values() for cell in row]
    assert {type(cell) for cell in cells} <= {str, int, float, type(None)}, "what columns take: True is no number"
    for row in batch.editions.values():
        assert len(row.title) <= 500 and "\x00" not in row.title and (row.isbn is None or 978 * 10**10 <= row.isbn < 980 * 10**10)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"/type/work\t/works/OL1W\t1", "3 columns"),
        (b"/type/page\t/about\t1\tx\t{}", "unknown type"),
        (b"/type/work\t/works/OL1W\tone\tx\t{}", "no revision"),
        (b"/type/work\t/works/OL1W\t1\tx\t[]", "no object"),
        (b'/type/work\t/works/OL1W\t1\tx\t{"title": ', "no JSON"),
        (b'/type/work\t/books/OL1M\t1\tx\t{"title": "A"}', "no key"),
        (b"/type/work\t/works/OL1W\t1\tx\t{}", "without a title"),
        (b"/type/author\t/authors/OL1A\t1\tx\t{}", "without a name"),
        (b'/type/redirect\t/works/OL1W\t1\tx\t{"location": "/works/OL1W"}', "to itself"),
        (b'/type/redirect\t/works/OL1W\t1\tx\t{"location": "/authors/OL1A"}', "nothing of its kind"),
    ],
)
def test_bad_lines_say_why(text: bytes, reason: str) -> None:
    with pytest.raises(BadLine, match=reason):
        dump.read(text, Batch())


@pytest.mark.parametrize("size", [10, reader.FINGERPRINT_BYTES, reader.FINGERPRINT_BYTES * 3 // 2, 5 * reader.FINGERPRINT_BYTES])
def test_a_file_is_known_by_its_size_beginning_and_end(tmp_path: Path, size: int) -> None:
    path, text = tmp_path / "file", bytearray(b"a" * size)
    seen = set()
    for change in (None, 0, size - 1):
        if change is not None:
            text[change] ^= 1
        path.write_bytes(text)
        seen.add(reader.fingerprint(path))
    path.write_bytes(text + b"a")
    assert len(seen | {reader.fingerprint(path)}) == 4
    path.rename(tmp_path / "other")
    (tmp_path / "other").write_bytes(text)
    assert reader.fingerprint(tmp_path / "other") in seen


def test_the_newest_of_one_batch_counts() -> None:
    batch = Batch()
    for revision, title in ((3, "Third"), (2, "Second")):
        dump.read(line(("/type/work", DUNE[1], revision, {"title": title})), batch)
    assert [row.title for row in batch.works.values()] == ["Third"]
