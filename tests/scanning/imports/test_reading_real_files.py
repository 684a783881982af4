"""Every real export beside the project is read, with as many rows as Python's csv module counts; skipped where they are not."""

import csv
import io
from pathlib import Path

import pytest

from scanning.imports.reading import open_table
from tests.conftest import SHARED

EXPORTS = sorted((SHARED / "data" / "csv").glob("*.[ct]sv"))


@pytest.mark.skipif(not EXPORTS, reason="the real exports are not here")
@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.name[:40])
def test_no_row_of_a_real_export_is_lost(path: Path) -> None:
    with path.open("rb") as file:
        table = open_table(file)
        found = list(table.rows())
    text = path.read_bytes().decode(table.encoding, "replace").removeprefix("\ufeff")
    counted = [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter) if record]
    assert len(found) == len(counted) - 1 and list(table.header) == counted[0]
    assert not [row.raw for row in found if row.problem]
    same = [row.cells == tuple(record) for row, record in zip(found, counted[1:], strict=True) if len(record) == len(table.header)]
    assert all(same) and len(same) >= 0.5 * len(found)
