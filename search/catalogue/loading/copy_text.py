"""Rows as the text that PostgreSQL's COPY reads. Pure.

Source: PostgreSQL manual, COPY, "Text Format": cells by tabs, rows by line feeds, NULL as \\N, other signs behind a backslash.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any

NULL = "\\N"
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_text(rows: Collection[Sequence[Any]]) -> str:
    """The rows, each ended by a line feed; cells are texts, numbers and None. Made column by column: most hold nothing to escape."""
    columns = [_cells(column) for column in zip(*rows, strict=True)]
    return "".join(f"{row}\n" for row in map("\t".join, zip(*columns, strict=True)))


def _cells(column: Sequence[Any]) -> Sequence[str]:
    if set(map(type, column)) == {str}:
        return [cell.translate(_ESCAPED) for cell in column] if _SPECIAL.search("".join(column)) else column
    return [NULL if cell is None else _cell(cell) for cell in column]


def _cell(cell: Any) -> str:
    return cell.translate(_ESCAPED) if isinstance(cell, str) else repr(cell)
