"""What is no table of books is refused with a code and a sentence that helps; nothing else is ever raised."""

import io
import random
import zlib

import pytest

from scanning.imports.reading import open_table
from scanning.imports.table import MAX_COLUMNS, MAX_ROWS, Unreadable
from tests.scanning.imports.files import archive, opened

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" * 50


def refused(data: bytes, **how: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        list(open_table(io.BytesIO(data), **how).rows())
    return caught.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY_BATCH"),
        (b"\n\n  \n", "EMPTY_BATCH"),
        (b"\xef\xbb\xbf", "EMPTY_BATCH"),
        (b"Title,Author\n", "EMPTY_BATCH"),
        (b"Title,Author\n\n\n", "EMPTY_BATCH"),
        (b"sep=;\n", "EMPTY_BATCH"),
        (b"[]", "EMPTY_BATCH"),
        (b"\0" * 5000, "EMPTY_BATCH"),
        (PICTURE, "UNSUPPORTED_MEDIA_TYPE"),
        (b"\xff\xd8\xff\xe0" + b"JFIF" * 50, "UNSUPPORTED_MEDIA_TYPE"),
        (b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3\n" * 40, "UNSUPPORTED_MEDIA_TYPE"),
        (b"PK\x03\x04" + b"\x14\0\0\0\x08\0" * 99, "UNSUPPORTED_MEDIA_TYPE"),
        (archive({"books.csv": "Title,Author\na,b\n"}), "UNSUPPORTED_MEDIA_TYPE"),
        (b"\x1f\x8b\x08\0" + zlib.compress(b"Title,Author\na,b\n"), "UNSUPPORTED_MEDIA_TYPE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "UNSUPPORTED_MEDIA_TYPE"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "UNSUPPORTED_MEDIA_TYPE"),
        (random.Random(5).randbytes(5000), "UNSUPPORTED_MEDIA_TYPE"),
        (bytes((i * 131 + i // 7) % 256 for i in range(5000)), "UNSUPPORTED_MEDIA_TYPE"),
        (b",".join([b"a"] * (MAX_COLUMNS + 1)) + b"\n1\n", "INVALID_FILE"),
        (b"x" * 1000 + b",Author\nDune,Herbert\n", "INVALID_FILE"),
        (b'"' * 100_000, "INVALID_FILE"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    found = refused(data)
    assert found.code == code and found.message.endswith((".", ")"))


def test_the_name_is_not_believed() -> None:
    assert refused(PICTURE, filename="books.csv").code == "UNSUPPORTED_MEDIA_TYPE"
    assert opened("Title,Author\na,b\n", filename="books.png").kind == "csv"


def test_one_row_too_many_refuses_the_whole_file_at_once() -> None:
    assert len(list(opened("Title,Author\n" + "R,a\n" * MAX_ROWS).rows())) == MAX_ROWS
    with pytest.raises(Unreadable) as caught:
        opened("Title,Author\n" + "R,a\n" * (MAX_ROWS + 1))
    assert caught.value.code == "BATCH_TOO_LARGE" and caught.value.details == {"rows": MAX_ROWS + 1, "most": MAX_ROWS}


def test_line_ends_in_cells_are_not_counted_as_rows() -> None:
    table = opened("Title,Review\n" + 'A,"1\n2\n3\n4\n5\n6"\n' * 10_000)
    assert sum(1 for _ in table.rows()) == 10_000
