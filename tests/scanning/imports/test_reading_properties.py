"""Whatever the bytes: a table or a refusal; and what csv.writer wrote comes out as it went in."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanning.imports.reading import open_table
from scanning.imports.table import Table, Unreadable
from tests.scanning.imports.files import archive, workbook

FRAGMENTS = [
    *(b"Title", b"Author", b"9780441172719", b"1999", b"sep=;", b"a" * 600, b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xa8"),
    *(b",", b";", b"\t", b"|", b'"', b'""', b"\n", b"\r\n", b"\r", b"\\", b"#", b" ", b"{", b"[", b"}", b"]", b":"),
    *(b"\0", b"\x1f", b"\x85", b"\xe9", b"\xc3\xa9"),
]
CODES = {"INVALID_FILE", "EMPTY_BATCH", "UNSUPPORTED_MEDIA_TYPE", "BATCH_TOO_LARGE"}
cell = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\ufeff\ufffd", exclude_categories=["Cs", "Cc"]) | st.sampled_from(',;|\t"\n '),
    max_size=12,
)


def opened_or_refused(data: bytes) -> Table | Unreadable:
    try:
        table = open_table(io.BytesIO(data))
        list(table.rows())
    except Unreadable as refused:
        return refused
    return table


def read(data: bytes) -> None:
    table = opened_or_refused(data)
    if isinstance(table, Unreadable):
        assert table.code in CODES and table.message
        return
    found = list(table.rows())
    assert found and [row.number for row in found] == list(range(1, len(found) + 1))
    assert all(len(row.cells) == len(table.header) for row in found) and len(set(table.header)) == len(table.header)
    assert list(table.rows()) == found


@given(st.binary(max_size=400) | st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(b"".join))
@settings(max_examples=300)
def test_any_bytes_are_a_table_or_are_refused(data: bytes) -> None:
    read(data)


@given(
    st.binary(max_size=200),
    st.integers(0, 2000),
    st.sampled_from(["styles", "sharedStrings", "workbook", "worksheets__sheet1", "_rels__workbook.xml"]),
)
@settings(max_examples=100)
def test_a_workbook_with_any_bytes_in_a_part_is_a_table_or_is_refused(noise: bytes, place: int, part: str) -> None:
    whole = workbook(
        '<row><c t="s"><v>0</v></c></row><row><c s="1"><v>44125</v></c></row>', sharedStrings="<sst><si><t>Title</t></si></sst>"
    )
    read(whole[:place] + noise + whole[place + len(noise) :])
    read(archive({f"xl/{part.replace('__', '/')}.xml": noise, "xl/workbook.xml": "<w/>", "xl/_rels/workbook.xml.rels": noise}))


@given(
    st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(max_examples=300)
def test_what_was_written_is_read(table: list[list[str]], delimiter: str, end: str, encoding: str, quoting: int) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["Title", "Author", "Review"], *table])
    found = open_table(io.BytesIO(out.getvalue().encode(encoding)))
    assert found.header == ("Title", "Author", "Review") and found.delimiter == delimiter
    assert [list(row.cells) for row in found.rows()] == table


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@given(
    st.lists(
        st.tuples(st.sampled_from(["Été", "Straße", "Çà et là", "plain"]), st.text('ab,;|\t"\n ', max_size=12)), min_size=1, max_size=30
    )
)
@settings(max_examples=50)
def test_no_record_is_lost(encoding: str, table: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("Title", "Notes"), *table])
    counted = sum(1 for record in csv.reader(io.StringIO(out.getvalue(), newline="")) if record) - 1
    assert len(list(open_table(io.BytesIO(out.getvalue().encode(encoding))).rows())) == counted == len(table)
