"""Headers: folded for comparing, and the formats that are known by theirs. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from scanning.csv_format import Column, ColumnMap, CsvFormat, Field, Habits
from scanning.imports.remembering import remembered
from search.normalisers.text import folded_words

MAX_CHARS = 200
TELLING_ENOUGH = 3  # columns that only one program has
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])")  # "MyRating", "dateRead"
_ISBN_KIND = re.compile(r"isbn ?n?[ro]? ?(1[03])\b")


@remembered
def folded_header(text: str) -> str:
    """A header for comparing: case, accents, punctuation and the writing together of words folded; "Author l-f" is "author l f"."""
    apart = _CAPITAL_INSIDE.sub(" ", text[:MAX_CHARS]).replace("#", " no ")
    return _ISBN_KIND.sub(r"isbn\1", " ".join(folded_words(apart)))


def _joined(header: str) -> str:
    return folded_header(header).replace(" ", "")


class KnownHeader(CsvFormat):
    """A program whose columns have fixed names: a table is all there is to say."""

    fields: ClassVar[Mapping[str, Field]]
    others: ClassVar[tuple[str, ...]] = ()  # further columns of the program: kept as they are
    telling: ClassVar[tuple[str, ...]]  # columns that other programs do not have
    habits: ClassVar[Habits] = Habits()
    _fields: ClassVar[Mapping[str, Field]]
    _known: ClassVar[frozenset[str]]
    _telling: ClassVar[frozenset[str]]

    def __init_subclass__(cls) -> None:
        cls._fields = {_joined(name): field for name, field in cls.fields.items()}
        cls._telling = frozenset(map(_joined, cls.telling))
        cls._known = frozenset({*cls._fields, *map(_joined, cls.others), *cls._telling})

    def fits(self, header: Sequence[str]) -> float:
        """By the columns that only it has; the order does not matter, and neither do columns that somebody added."""
        names = set(map(_joined, header)) - {""}
        if not names:
            return 0.0
        told = len(names & self._telling) / min(TELLING_ENOUGH, len(self._telling))
        return min(1.0, told) * (0.7 + 0.3 * len(names & self._known) / len(names))

    def column_map(self, header: Sequence[str], sample: Sequence[Sequence[str]]) -> ColumnMap:
        """As the table says; a column that is not in it is kept as it is."""
        columns = tuple(Column(place, name, self._fields.get(_joined(name))) for place, name in enumerate(header))
        return ColumnMap(self.name, columns, self.habits)
