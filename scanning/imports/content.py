"""What a file is, by its first bytes and never by its name. Pure. Source: spec 02, UNSUPPORTED_MEDIA_TYPE; spec 08, "Safety"."""

import re
from typing import BinaryIO, Literal

from scanning.imports.table import Unreadable

Kind = Literal["text", "xlsx", "json"]
HEAD_BYTES = 4096
_TO_DO = "Export the library as CSV, TSV, JSON or Excel (.xlsx), and upload that file."
_FOREIGN = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture or a recording"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"{\\rtf", "a rich text document"),
    (b"\x7fELF", "a program"),
)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml|svg|rss|feed)\b", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b\x7f-\x84\x86-\x9f]")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*(?:\{|\]\s*\Z))")  # "[" alone may begin a title


def kind_of(file: BinaryIO) -> Kind:
    """How to read the file.

    Raises: Unreadable, when it holds nothing, or something that is no table
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if not head:
        raise Unreadable("EMPTY_BATCH", "The file is empty.")
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise Unreadable("UNSUPPORTED_MEDIA_TYPE", f"This is {what}, not a table of books. {_TO_DO}")
    if head.startswith(_OLD_OFFICE):
        raise Unreadable("UNSUPPORTED_MEDIA_TYPE", "This is an old Excel workbook (.xls). Save it as .xlsx or CSV, and upload that file.")
    if _PAGE.match(head):
        raise Unreadable("UNSUPPORTED_MEDIA_TYPE", f"This is a web page or XML, not a table of books. {_TO_DO}")
    if head.startswith(_ZIP):
        return "xlsx"
    return "json" if _JSON.match(head) else "text"


def must_be_text(sample: str, *, whole: bool) -> None:
    """A sample of decoded text, refused when it is blank (as the whole file) or holds too many control characters.

    Raises: Unreadable
    """
    control = len(_CONTROL.findall(sample))
    if control > 2 + len(sample) // 100:
        raise Unreadable("UNSUPPORTED_MEDIA_TYPE", f"This is no text, or a file that was damaged on its way. {_TO_DO}")
    if whole and not sample.strip("\0\ufeff \t\r\n\f\v"):
        raise Unreadable("EMPTY_BATCH", "The file has no rows: it is blank.")
