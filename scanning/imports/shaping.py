"""Records made rows of a table: filled up, cut, or put together again where an unquoted delimiter took a cell apart. Pure."""

import itertools
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from scanning.imports.kinds import Kind, fits, kinds_of, row_fits, tells
from scanning.imports.records import Record
from scanning.imports.table import MAX_CELL_CHARS, MAX_ROWS, RAW_CHARS, Note, Row, Unreadable

MAX_NOTES = 20  # of one code, on rows; a file where all rows are alike needs no thousand notes
MAX_JOINED = 20  # delimiters in one cell
_USUAL = 0.2  # a share of short rows from which on they are this program's way to write


def too_many_rows(most: int = MAX_ROWS) -> Unreadable:
    """What is said of a file with more rows than are imported."""
    return Unreadable(
        "BATCH_TOO_LARGE", f"The file has more than {most:,} rows. Split it, and import the parts one by one.", rows=most + 1, most=most
    )


class Shaper:
    """What the rows of one table look like, learned from its first rows; it shapes one record after the other.

    `delimiter`: joins what an unquoted one took apart; empty where that cannot be (sheets).
    """

    def __init__(self, width: int, sample: Sequence[Sequence[str]], delimiter: str = "") -> None:
        self.width, self.delimiter = width, delimiter
        self.kinds: tuple[Kind, ...] = kinds_of(sample, width)
        self.spaced = sum(_begins_with_space(row) for row in sample) > len(sample) // 2  # "a, b, c": every cell does
        self.short_is_usual = sum(len(row) < width for row in sample) > _USUAL * max(len(sample), MAX_NOTES)

    def rows(self, records: Iterable[Record], *, broken: bool = False) -> Iterator[Row]:
        """The rows, numbered from 1. `broken`: look for characters that were lost in decoding.

        Raises: Unreadable, when there are too many
        """
        told: Counter[str] = Counter()
        for number, record in enumerate(records, 1):
            if number > MAX_ROWS:
                raise too_many_rows()
            lines = record.lines
            raw = lines[0] if len(lines) == 1 else "".join(lines)
            plain = len(record.cells) == self.width and len(raw) <= MAX_CELL_CHARS and record.problem is None
            text = raw[:RAW_CHARS].rstrip("\r\n")
            row = Row(number, tuple(record.cells), (), text) if plain else self._shaped(number, record, text)
            if broken and "\ufffd" in raw:
                row = _noted(row, Note("BROKEN_BYTES", "A character of this row is lost.", number))
            yield _without_flood(row, told) if row.notes else row

    def _shaped(self, number: int, record: Record, raw: str) -> Row:
        cells = record.cells
        blank = ("",) * self.width
        if any(len(cell) > MAX_CELL_CHARS for cell in cells):
            most = max(map(len, cells))
            return Row(number, blank, (), raw, problem=f"A cell holds {most:,} characters; at most {MAX_CELL_CHARS:,} are read.")
        if record.problem:
            return self._despite(number, record, raw)
        if len(cells) < self.width:
            filled = (*cells, *blank[len(cells) :])
            return Row(number, filled, (), raw, self._short_note(number, cells))
        if len(cells) > self.width:
            return self._cut(number, cells, raw)
        return Row(number, tuple(cells), (), raw)

    def _despite(self, number: int, record: Record, raw: str) -> Row:
        """A line with a quote that is never closed: a row all the same when its cells are as many as, and of the kinds of, the others'."""
        cells = tuple(cell[1:] if cell.startswith('"') and not cell.endswith('"') else cell for cell in record.cells)
        if len(cells) == self.width and row_fits(cells, self.kinds) and tells(cells, self.kinds):
            return Row(number, cells, (), raw, (Note("ROW_REPAIRED", "A quotation mark without an end was taken away.", number),))
        return Row(number, ("",) * self.width, (), raw, problem=record.problem)

    def _short_note(self, number: int, cells: Sequence[str]) -> tuple[Note, ...]:
        if self.short_is_usual:
            return ()
        return (Note("SHORT_ROW", f"The row has {len(cells)} of {self.width} cells; the others are taken as empty.", number),)

    def _cut(self, number: int, cells: Sequence[str], raw: str) -> Row:
        kept, beyond = tuple(cells[: self.width]), tuple(cells[self.width :])
        fitting = row_fits(kept, self.kinds)
        if not fitting and (joined := self._joined(cells)):
            what = f"“{next(cell for cell in joined if cell not in cells)[:80]}” holds the delimiter without quotes: put together again."
            return Row(number, joined, (), raw, (Note("ROW_REPAIRED", what, number),))
        if not any(cell.strip() for cell in beyond):
            return Row(number, kept, (), raw)
        note = Note("LONG_ROW", f"The row has {len(cells)} cells, the header {self.width}; the others are kept as they are.", number)
        return Row(number, kept, beyond, raw, (note,))

    def _joined(self, cells: Sequence[str]) -> tuple[str, ...] | None:
        """The row with one cell put together again, when exactly one place makes every column's kind fit."""
        extra = len(cells) - self.width
        if not self.delimiter or extra > MAX_JOINED:
            return None
        places = self._fitting_places(cells, extra)
        if len(places) > 1 and not self.spaced:  # text beside text: a comma of prose has a space behind it, a delimiter has none
            spaces = [place for place, cell in enumerate(cells) if cell.startswith(" ")]
            places = [place for place in places if spaces == list(range(place + 1, place + 1 + extra))]
        if len(places) != 1:
            return None
        made = self._join(cells, places[0], extra)
        return made if tells(made, self.kinds) else None

    def _fitting_places(self, cells: Sequence[str], extra: int) -> list[int]:
        """Where a cell may be put together so that what stands before and behind it fits its columns."""
        before = list(itertools.accumulate((_suits(*pair) for pair in zip(cells, self.kinds, strict=False)), operator.and_, initial=True))
        shifted = zip(reversed(cells), reversed(self.kinds), strict=False)
        behind = list(itertools.accumulate((_suits(*pair) for pair in shifted), operator.and_, initial=True))[::-1]
        return [
            place
            for place, kind in enumerate(self.kinds)
            if before[place] and behind[place + 1] and _suits(self.delimiter.join(cells[place : place + extra + 1]), kind)
        ]

    def _join(self, cells: Sequence[str], place: int, extra: int) -> tuple[str, ...]:
        return (*cells[:place], self.delimiter.join(cells[place : place + extra + 1]), *cells[place + extra + 1 :])


def _suits(cell: str, kind: Kind) -> bool:
    return kind is Kind.TEXT or not cell.strip() or fits(cell, kind)


def _begins_with_space(row: Sequence[str]) -> bool:
    return len(row) > 1 and all(cell.startswith(" ") for cell in row[1:])


def _noted(row: Row, note: Note) -> Row:
    return Row(row.number, row.cells, row.more, row.raw, (*row.notes, note), row.problem)


def _without_flood(row: Row, told: Counter[str]) -> Row:
    told.update(note.code for note in row.notes)
    kept = tuple(note for note in row.notes if told[note.code] <= MAX_NOTES or note.code == "ROW_REPAIRED")
    return row if len(kept) == len(row.notes) else Row(row.number, row.cells, row.more, row.raw, kept, row.problem)
