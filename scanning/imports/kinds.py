"""What sort of cells a column has: enough to see that a row is shifted, or that a first row is no header. Pure."""

import re
from collections.abc import Sequence
from enum import Enum

from search.identifiers import find_isbn

SAMPLE_ROWS = 200
MIN_CELLS = 2  # fewer say nothing of a column
MOST = 0.9  # of a column's cells that are of one kind


class Kind(Enum):
    """From the narrowest to the widest; TEXT is what everything fits."""

    ISBN = "isbn"
    YEAR = "year"
    DATE = "date"
    NUMBER = "number"
    TEXT = "text"


_YEAR = re.compile(r"1[0-9]{3}|20[0-9]{2}")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}(?:[-/.][0-9]{1,4})?(?:[ T][0-9:.+Z-]*)?")
_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(?:[.,][0-9]{1,9})?")
_DIGITS = r"(?:97[89][-\u2010-\u2015\u2212 0-9]{10,14}|[0-9][-\u2010-\u2015\u2212 0-9]{8,11}[0-9X])"
_LIKE_ISBN = re.compile(rf"""[="'\s]*(?:(?:urn:)?isbn(?:-?1[03])?:?\s*)?{_DIGITS}["\s]*""", re.IGNORECASE)


def is_isbn(cell: str) -> bool:
    """Whether the cell is an ISBN with a right checksum, and nothing else."""
    return len(cell) < 40 and _LIKE_ISBN.fullmatch(cell) is not None and find_isbn(cell) is not None


def fits(cell: str, kind: Kind) -> bool:
    """Whether a cell that is not empty could stand in a column of that kind."""
    cell = cell.strip()
    if kind is Kind.ISBN:
        return is_isbn(cell)
    if kind is Kind.YEAR:
        return _YEAR.fullmatch(cell) is not None
    if kind is Kind.DATE:
        return _DATE.fullmatch(cell) is not None or _YEAR.fullmatch(cell) is not None
    return kind is Kind.TEXT or _NUMBER.fullmatch(cell) is not None


def kind_of(cells: Sequence[str]) -> Kind:
    """The narrowest kind that nearly all cells fit; empty ones say nothing."""
    told = [cell for cell in cells if cell.strip()]
    if len(told) < MIN_CELLS:
        return Kind.TEXT
    for kind in Kind:
        if sum(fits(cell, kind) for cell in told) >= MOST * len(told):
            return kind
    return Kind.TEXT


def kinds_of(rows: Sequence[Sequence[str]], width: int) -> tuple[Kind, ...]:
    """The kinds of the first `width` columns, by the rows that are exactly so wide."""
    sample = [row for row in rows[:SAMPLE_ROWS] if len(row) == width]
    return tuple(kind_of([row[place] for row in sample]) for place in range(width))


def row_fits(cells: Sequence[str], kinds: Sequence[Kind]) -> bool:
    """Whether no cell contradicts its column."""
    return all(kind is Kind.TEXT or not cell.strip() or fits(cell, kind) for cell, kind in zip(cells, kinds, strict=False))


def tells(cells: Sequence[str], kinds: Sequence[Kind]) -> bool:
    """Whether at least one cell stands in a column that not everything fits."""
    return any(kind is not Kind.TEXT and cell.strip() for cell, kind in zip(cells, kinds, strict=False))
