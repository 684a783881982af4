"""What `manage.py evaluate` and its areas share: the contract of an area, its findings, and how figures are told. Pure.

An app adds an area by one file in its package `evaluation` with one subclass of `Area`; it is found by discovery.
"""

import math
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a header; the first column is words, the others are figures."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """As Markdown with its columns in line, so that it reads well on a terminal too."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        rule = ["-" * max(3, widths[0]), *("-" * max(2, width - 1) + ":" for width in widths[1:])]
        lines = [self.header, tuple(rule), *self.rows]
        return "\n".join(f"| {' | '.join(_aligned(line, widths))} |" for line in lines)


def _aligned(cells: Sequence[str], widths: list[int]) -> list[str]:
    return [cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(zip(cells, widths, strict=True))]


@dataclass(frozen=True, slots=True)
class Findings:
    """What an evaluation found: `about` says what was measured, `figures` is the same for machines, `missed` the thresholds missed."""

    about: str
    tables: tuple[Table, ...]
    figures: dict[str, Any]
    missed: tuple[str, ...] = field(default=())

    def markdown(self) -> str:
        """All of it for people."""
        return "\n\n".join([self.about, *(table.markdown() for table in self.tables)])


class Area(ABC):
    """Something whose accuracy is measured on a labelled set."""

    name: ClassVar[str]  # manage.py evaluate <name>
    help: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:  # noqa: B027 - an area may have none
        """Add the options that only this area has."""

    @abstractmethod
    def run(self, options: dict[str, Any]) -> Findings:
        """Measure. Raises: NothingToMeasure."""


class NothingToMeasure(Exception):
    """There is no labelled set, and none can be made."""


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share, 0..1; all of it where nothing was counted. Source: Wilson (1927), score interval."""
    if of == 0:
        return 0.0, 1.0
    share, spread = right / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def between_marks(document: str, name: str, text: str) -> str:
    """The document with the text between its marks of that name.

    Raises: ValueError where it has no such marks.
    """
    begin, end = f"<!-- evaluate {name}: begin -->", f"<!-- evaluate {name}: end -->"
    head, found, rest = document.partition(begin)
    _, closed, tail = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"the document has no place for it: {begin} … {end}")
    return f"{head}{begin}\n\n{text}\n\n{end}{tail}"
