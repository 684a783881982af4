"""Rows of a table by their number, as they are wanted one after the other: streamed, with the last few at hand."""

from collections import OrderedDict
from collections.abc import Iterator

from scanning.imports.table import Row, Table


class RowCursor:
    """Rows in nearly ascending order. One that is long gone is found by reading from the beginning again."""

    def __init__(self, table: Table, at_hand: int) -> None:
        self._table, self._at_hand = table, at_hand
        self._recent: OrderedDict[int, Row] = OrderedDict()
        self._rows: Iterator[Row] = iter(())
        self._read = 0
        self._started = False

    def at(self, number: int) -> Row:
        """The row of a number, counted from 1.

        Raises: IndexError when there are not so many.
        """
        if number in self._recent:
            return self._recent[number]
        if not self._started or number <= self._read:
            self._rows, self._read, self._started = self._table.rows(), 0, True
        for row in self._rows:
            self._read = row.number
            self._recent[row.number] = row
            if len(self._recent) > self._at_hand:
                self._recent.popitem(last=False)
            if row.number == number:
                return row
        raise IndexError(number)
