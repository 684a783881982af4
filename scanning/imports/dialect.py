"""How a line is cut into cells. Pure."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

NONE = "\x1f"  # of a single column: a character that separates nothing


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a line is cut into cells."""

    delimiter: str = ","
    quoted: bool = True
    backslash: bool = False  # \" is a quote in a quoted cell
    spaced: bool = False  # a, "b": the space before a quote is none of the cell's
    declared: bool = False  # by a first line "sep=;", which is no record

    def reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The records of the lines; [] for an empty line."""
        return csv.reader(lines, **self._options())

    def strictly(self, lines: Iterable[str]) -> list[list[str]]:
        """The same, but a quote that ends before its cell does is an error.

        Raises: csv.Error
        """
        return list(csv.reader(lines, strict=True, **self._options()))

    def _options(self) -> dict[str, Any]:
        return {
            "delimiter": self.delimiter,
            "quoting": csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            "escapechar": "\\" if self.backslash else None,
            "skipinitialspace": self.spaced,
        }
