"""Excel workbooks: what cells show, and workbooks that want to do harm."""

import pytest

from scanning.imports import sheet_xml
from scanning.imports.table import MAX_CELL_CHARS, MAX_ROWS, Unreadable
from tests.scanning.imports.files import DUNE, archive, cells, codes, line, numbers, opened, rows, sheet_of, workbook

TITLES = line("Title", "Author", "ISBN")
FORMATS = {"164": "dd/mm/yyyy", "165": "[Red]0.00&quot; days&quot;"}
STYLES = (
    "<styleSheet><numFmts>"
    + "".join(f'<numFmt numFmtId="{number}" formatCode="{code}"/>' for number, code in FORMATS.items())
    + "</numFmts><cellXfs>"
    + "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 164, 165, 22))
    + "</cellXfs></styleSheet>"
)


def test_a_sheet_of_texts() -> None:
    table = opened(workbook(sheet_of([("Title", "Author"), ("Dune", "Herbert, Frank"), ("", "Bee"), ("Straße & Co", "")])))
    assert table.kind == "xlsx" and table.header == ("Title", "Author") and table.encoding == "" and not table.notes
    assert [row.cells for row in table.rows()] == [("Dune", "Herbert, Frank"), ("", "Bee"), ("Straße & Co", "")]


def test_shared_strings_rich_text_and_empty_cells() -> None:
    strings = (
        "<sst><si><t>Title</t></si><si><t>Author</t></si><si><r><t>Two</t></r><r><t> parts</t></r><rPh><t>no</t></rPh></si>"
        "<si><t>a_x000D_\nb</t></si></sst>"
    )
    sheet = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
        '<row r="5"><c r="C5" t="s"><v>3</v></c><c r="A5" t="s"><v>2</v></c><c t="s"><v>99</v></c></row>'
    )
    table = opened(workbook(sheet, sharedStrings=strings))
    assert table.header == ("Title", "Column 2", "Author") and [row.cells for row in table.rows()] == [("Two parts", "", "a\r\nb")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (DUNE, DUNE),
        ("9.7804411727190001E12", DUNE),
        ("4.5", "4.5"),
        ("4.0999999999999996", "4.1"),
        ("1965", "1965"),
        ("1E400", "inf"),
        ("-3", "-3"),
    ],
)
def test_numbers_keep_the_digits_that_the_workbook_has(written: str, shown: str) -> None:
    assert cells(workbook(TITLES + f"<row><c><v>{written}</v></c></row>"))[0][0] == shown


def test_a_rounded_isbn_stays_visibly_rounded() -> None:
    sheet = TITLES + line("Dune", "Herbert", "9.78E+12") + "<row>" + numbers("1", "2", "9780000000000").removeprefix("<row>")
    assert [row[2] for row in cells(workbook(sheet))] == ["9.78E+12", "9780000000000"]


@pytest.mark.parametrize(
    ("written", "style", "shown"),
    [
        ("44125", "1", "2020-10-21"),
        ("44125", "2", "2020-10-21"),
        ("44125", "3", "44125"),
        ("44125.75", "4", "2020-10-21T18:00:00"),
        ("1", "1", "1900-01-01"),
        ("61", "1", "1900-03-01"),
        ("99999999999", "1", "99999999999"),
        ("nan", "1", "nan"),
    ],
)
def test_dates_are_told_by_their_style(written: str, style: str, shown: str) -> None:
    sheet = TITLES + numbers(written, style=style)
    assert cells(workbook(sheet, styles=STYLES))[0][0] == shown


def test_the_other_epoch() -> None:
    book = '<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="B" r:id="rId1"/></sheets></workbook>'
    assert cells(workbook(TITLES + numbers("42663", style="1"), styles=STYLES, workbook=book))[0][0] == "2020-10-21"


def test_truth_values_and_errors() -> None:
    sheet = TITLES + '<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c></row>'
    assert cells(workbook(sheet)) == [("TRUE", "FALSE", "#N/A")]


def test_the_first_sheet_with_rows_is_read_and_the_others_are_named() -> None:
    made = {
        "xl/workbook.xml": '<x:workbook xmlns:x="x" xmlns:r="r"><x:sheets><x:sheet name="Empty" r:id="a"/>'
        '<x:sheet name="Books" r:id="b"/></x:sheets></x:workbook>',
        "xl/_rels/workbook.xml.rels": '<R><Relationship Id="a" Type="x/worksheet" Target="/xl/worksheets/one.xml"/>'
        '<Relationship Id="b" Type="x/worksheet" Target="worksheets/two.xml"/></R>',
        "xl/worksheets/one.xml": "<worksheet><sheetData/></worksheet>",
        "xl/worksheets/two.xml": f"<worksheet><sheetData>{TITLES}{line('Dune', 'Herbert', DUNE)}</sheetData></worksheet>",
    }
    table = opened(archive(made))
    assert codes(table) == ["OTHER_SHEETS"] and "Books" in table.notes[0].message
    assert [row.cells for row in table.rows()] == [("Dune", "Herbert", DUNE)]


BOMB = b"<worksheet><sheetData><row><c t='str'><v>" + b" " * 201_000_000 + b"</v></c></row></sheetData></worksheet>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (workbook(TITLES), "EMPTY_BATCH"),
        (workbook(""), "EMPTY_BATCH"),
        (workbook(TITLES + line("a", "b", "c") * (MAX_ROWS + 1)), "BATCH_TOO_LARGE"),
        (workbook(BOMB), "INVALID_FILE"),
        (workbook(b"<w a='" + b"x" * 5_000_000 + b"'/>"), "INVALID_FILE"),
        (workbook(b"<!DOCTYPE w [<!ENTITY a 'aaaa'>]><w><row><c><v>&a;</v></c></row></w>"), "INVALID_FILE"),
        (workbook('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'), "INVALID_FILE"),
        (workbook(TITLES + "<row><c><v>1</v>"), "INVALID_FILE"),
        (workbook(TITLES.encode() * 50)[:-200], "UNSUPPORTED_MEDIA_TYPE"),
        (archive({"xl/workbook.xml": "<w/>"}), "INVALID_FILE"),
        (archive({"xl/workbook.xml": "<w/>", **{f"{number}": "" for number in range(2001)}}), "INVALID_FILE"),
        (archive({"word/document.xml": "<w/>"}), "UNSUPPORTED_MEDIA_TYPE"),
    ],
    ids=["header", "empty", "rows", "bomb", "token", "doctype", "far", "cut", "torn", "sheetless", "entries", "document"],
)
def test_workbooks_that_cannot_be_read_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        rows(data)
    assert caught.value.code == code


def test_a_cell_that_is_no_cell_is_a_problem_of_its_row() -> None:
    found = rows(workbook(TITLES + line("x" * 3 * MAX_CELL_CHARS, "a") + line("Dune", "Herbert", DUNE)))
    assert found[0].problem and not found[1].problem


def test_elements_that_hold_nothing_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_xml, "MAX_ELEMENTS", 1000)
    with pytest.raises(Unreadable):
        rows(workbook(TITLES + line("Dune", "Herbert", DUNE) + "<row><c/></row>" * 1000))
