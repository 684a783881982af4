"""Small files of our own for the tests of reading: text, workbooks, and what is opened from them."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from scanning.imports.reading import open_table
from scanning.imports.table import Row, Table

DUNE, EARTHSEA = "9780441172719", "9780547773742"
SHEET = "xl/worksheets/sheet1.xml"


def opened(text: str | bytes, written: str = "utf-8", **how: str) -> Table:
    """A table of a text, in whatever encoding it is written."""
    return open_table(io.BytesIO(text if isinstance(text, bytes) else text.encode(written)), **how)


def rows(text: str | bytes, written: str = "utf-8", **how: str) -> list[Row]:
    return list(opened(text, written, **how).rows())


def cells(text: str | bytes, written: str = "utf-8", **how: str) -> list[tuple[str, ...]]:
    return [row.cells for row in rows(text, written, **how)]


def codes(table: Table) -> list[str]:
    return [note.code for note in table.notes]


def workbook(sheet: str | bytes, **parts: str | bytes) -> bytes:
    """A workbook of one sheet, given as the XML of its rows; further parts by their names with __ for /."""
    made: dict[str, str | bytes] = {
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="Books" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<R><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></R>',
        SHEET: sheet if isinstance(sheet, bytes) else f"<worksheet><sheetData>{sheet}</sheetData></worksheet>",
    }
    made |= {f"xl/{name.replace('__', '/')}.xml": part for name, part in parts.items()}
    return archive(made)


def archive(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return out.getvalue()


def line(*texts: str) -> str:
    """A row of a sheet with texts in it."""
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>' for text in texts) + "</row>"


def numbers(*written: str, style: str = "0") -> str:
    """A row of a sheet with numbers in it."""
    return "<row>" + "".join(f'<c s="{style}"><v>{text}</v></c>' for text in written) + "</row>"


def sheet_of(table: Sequence[Sequence[str]]) -> str:
    return "".join(line(*row) for row in table)
