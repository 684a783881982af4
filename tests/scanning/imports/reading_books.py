"""Rows to books in tests, without a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from scanning.imports.cleaning import RowReader
from scanning.imports.imported import Imported, Refused
from scanning.imports.table import Row
from scanning.imports.understanding import understand

Read = Imported | Refused


def read(header: Sequence[str], rows: Sequence[Sequence[str]], overrides: Mapping[str, str] | None = None) -> list[Read]:
    """Rows as a table has them: as wide as the header, the rest in `more`."""
    width = len(header)
    table = [Row(number, (*cells[:width], *[""] * (width - len(cells))), tuple(cells[width:])) for number, cells in enumerate(rows, 1)]
    reader = RowReader(understand(header, [row.cells for row in table[:100]], overrides=overrides))
    return [reader.read(row) for row in table]


def books(header: Sequence[str], rows: Sequence[Sequence[str]], overrides: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The members of the results; every row has to be a book."""
    found = read(header, rows, overrides)
    assert all(isinstance(one, Imported) for one in found), found
    return [one.as_dto() for one in found]


def book(**cells: str) -> dict[str, Any]:
    """The book of one row, `Title` given unless it is among the cells; "_" in a name is a space."""
    named = {"Title": "A Book"} | {name.replace("_", " "): cell for name, cell in cells.items()}
    return books(list(named), [list(named.values())])[0]
