"""Any other file: what its columns are is told by their names and by what they hold."""

from collections.abc import Sequence

from scanning.csv_format import ColumnMap, CsvFormat
from scanning.imports.columns import mapped


class Generic(CsvFormat):
    """A header of somebody's own, in any of nine languages, or none."""

    name = "generic"
    label = "other"

    def fits(self, header: Sequence[str]) -> float:
        """Never better than a format that is known."""
        return 0.1

    def column_map(self, header: Sequence[str], sample: Sequence[Sequence[str]]) -> ColumnMap:
        """By names and contents."""
        columns, habits = mapped(header, sample)
        return ColumnMap(self.name, columns, habits)
