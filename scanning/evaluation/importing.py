"""A labelled export imported as a job does it, but for jobs, network and caches: read, understood, cleaned, and looked up."""

import io
from collections.abc import Sequence
from itertools import islice

from scanning.evaluation.labelled import FileRead, LabelledFile, RowLabel, RowRead
from scanning.imports.cleaning import read_row
from scanning.imports.imported import Imported, Refused
from scanning.imports.matching import enriched_dto, wanted
from scanning.imports.reading import open_table
from scanning.imports.table import Row, Unreadable
from scanning.imports.understanding import understand
from scanning.pipelines.csv_import import SAMPLE_ROWS
from search.services import Resolver


async def imported(file: LabelledFile, resolver: Resolver | None) -> FileRead:
    """Import a file; without a resolver its books are read only."""
    try:
        table = open_table(io.BytesIO(file.data), filename=file.name)
        rows = list(table.rows())
    except Unreadable as error:
        return FileRead(file, tuple(RowRead(label, None) for label in file.rows), problem=error.message)
    columns = understand(table.header, [row.cells for row in islice(rows, SAMPLE_ROWS) if row.problem is None])
    found = {row.number: read_row(row, columns) for row in rows}
    read = [await _row(label, found.get(label.row), resolver) for label in file.rows]
    return FileRead(file, tuple(read), columns.format, _surplus(rows, file.rows))


def _surplus(rows: Sequence[Row], labels: Sequence[RowLabel]) -> int:
    return len({row.number for row in rows} - {label.row for label in labels})


async def _row(label: RowLabel, read: Imported | Refused | None, resolver: Resolver | None) -> RowRead:
    if read is None:
        return RowRead(label, None)
    if isinstance(read, Refused):
        return RowRead(label, None, read.as_dto())
    enrich = enriched_dto(await resolver.resolve(wanted(read.book))) if resolver else {}
    return RowRead(label, read.as_dto(), None, enrich)
