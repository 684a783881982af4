"""CSV import: the rows of any library export, each a book or an error, none dropped. Source: spec 06, "CSV import".

The file is read by rules; what a row means is decided in `scanning.imports`. Rows are streamed from the kept file as they are wanted, so
that memory stays flat. Where books are completed, each row is looked up as in a batch enrichment.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson

from bookstrack.lib import exact_json
from bookstrack.lib.errors import InvalidQuery
from jobs.pipeline import Counts, Done, Item, JobFailed, Park, Pipeline, Queue, Result, Stage, Tell, WritePolicy
from scanning import conf, uploads
from scanning.csv_format import ColumnMap
from scanning.imports.cleaning import RowReader
from scanning.imports.cursor import RowCursor
from scanning.imports.imported import Draft, Imported, Refused
from scanning.imports.matching import LEVELS, enriched_dto, redecided, wanted
from scanning.imports.reading import open_table
from scanning.imports.table import Note, Row, Table, Unreadable
from scanning.imports.understanding import understand
from search import services

STRETCH = 2_000  # rows that are read together where nobody is asked about them: a tenth of a second
IN_HAND = 400  # rows that are looked up at once
SAMPLE_ROWS = 100
NOTES_KEPT = 200  # of the file as a whole
TELL_EVERY = 2_000  # rows counted


class CsvImport(Pipeline):
    """Input: {upload, filename, enrich, encoding?, delimiter?, mapping?}; `mapping` is the client's: header to field, or to nothing."""

    name = "csv_import"
    label = "CSV import"
    queue = Queue.HIGH
    collection = "books"
    stages = (Stage("reading the file", 0.1), Stage("importing rows", 0.9))
    writes = WritePolicy(updates=5, seconds=10.0)
    options = ("minMatch",)

    def __init__(self, payload: Any) -> None:
        super().__init__(payload)
        self.enrich: bool = payload["enrich"]
        self.concurrency, self.at_once = (IN_HAND, 1) if self.enrich else (1, STRETCH)
        self._file: BinaryIO | None = None
        self._rows = 0
        self._broken: dict[int, str] = {}  # texts of rows that cannot be parted, by number
        self._read_by_gemini: dict[int, Draft] = {}
        self._map: ColumnMap | None = None
        self._about: dict[str, Any] = {}
        self._resolver = services.resolver(share=conf.budget_share(), concurrency=conf.title_concurrency()) if self.enrich else None
        self._ledger = asyncio.create_task(services.keep_ledger()) if self.enrich else None

    async def prepare(self, tell: Tell) -> None:
        try:
            await asyncio.to_thread(self._read_all, tell)
            await self._clarify()
        except Unreadable as error:
            raise JobFailed(error.code, error.message, dict(error.details)) from None
        except uploads.Gone:
            raise JobFailed("INVALID_FILE", "The file is not here any more: send it again.") from None

    def _read_all(self, tell: Tell) -> None:
        """Read the file once: how many rows it has, and what its columns are."""
        self._file = uploads.opened(self.payload["upload"])
        table = open_table(
            self._file,
            filename=self.payload["filename"],
            encoding=self.payload.get("encoding"),
            delimiter=self.payload.get("delimiter"),
        )
        sample: list[Row] = []
        for row in table.rows():
            self._rows = row.number
            if len(sample) < SAMPLE_ROWS:
                sample.append(row)
            if row.problem is not None and row.raw and len(self._broken) < conf.BROKEN_ROWS_ASKED:
                self._broken[row.number] = row.raw
            if row.number % TELL_EVERY == 0:
                tell(0, min(0.95, row.number / conf.MAX_ROWS))
        if not self._rows:
            raise Unreadable("EMPTY_BATCH", "The file has a header and no rows.")
        self._sample = [row.cells for row in sample if row.problem is None]
        self._map = understand(table.header, self._sample, overrides=self.payload.get("mapping"))
        self._table, self._cursor = table, RowCursor(table, max(2 * STRETCH, IN_HAND))

    async def _clarify(self) -> None:
        """Ask about columns that rules cannot tell, where somebody can be asked."""
        if self._map is None:
            raise RuntimeError("the file was not read")
        notes: list[Note] = []
        tokens = 0
        if conf.gemini_key():
            from scanning import column_questions, row_questions  # their library takes 40 MB, and most files need no question

            if column_questions.unclear(self._map):
                self._map, note, tokens = await column_questions.clarified(self._map, self._sample)
                notes += [note] if note else []
            if self._broken:
                self._read_by_gemini, told, spent = await row_questions.read(self._table.header, self._broken)
                notes, tokens = [*notes, *told], tokens + spent
        self._reader = RowReader(self._map)
        self._about = about(self._table, self._map, self._rows, notes)
        if tokens:
            self._about |= {"tokens": tokens, "modelUsed": conf.gemini_model()}

    def items(self) -> Sequence[Item]:
        return [Item(index, f"row {index + 1}", None) for index in range(self._rows)]

    async def handle_all(self, items: Sequence[Item]) -> list[Result]:
        results = [self._result(self._read(item.index)) for item in items]
        await asyncio.sleep(0)  # a stretch is a matter of milliseconds: others have their turns in between
        return results

    async def handle(self, item: Item) -> Result:
        read = self._read(item.index)
        if self._resolver is None or isinstance(read, Refused):
            return self._result(read)
        resolution = await self._resolver.resolve(wanted(read.book))
        if resolution.quota_until is not None:
            raise Park(resolution.quota_until, "all catalogues' calls of today are used up")
        services.ask_who_wrote([resolution])
        return self._result(read, enriched_dto(resolution))

    def _read(self, index: int) -> Imported | Refused:
        read = self._reader.read(self._cursor.at(index + 1))
        if isinstance(read, Refused) and (draft := self._read_by_gemini.get(read.row)) is not None:
            note = Note("READ_BY_GEMINI", f"{read.message} Gemini read it; its own text is kept.", row=read.row)
            return Imported(read.row, draft, (note,))
        return read

    def _result(self, read: Imported | Refused, enrich: dict[str, Any] | None = None) -> Result:
        if isinstance(read, Refused):
            return Result(read.row - 1, False, "error", exact_json.dumps(read.as_dto()))
        body = read.as_dto()
        if read.notes:
            body["warnings"] = [note.as_dict() for note in read.notes]
        if enrich is not None:
            body["enrich"] = enrich
        return Result(read.row - 1, True, enrich["status"] if enrich else "read", exact_json.dumps(body))

    def failed(self, item: Item, code: str, message: str) -> Result:
        raw = self._cursor.at(item.index + 1).raw
        return Result(item.index, False, "error", orjson.dumps(Refused(item.index + 1, code, message, raw).as_dto()))

    def estimated_s(self, total: int) -> float:
        return 1.0 + total * (0.01 if self.enrich else 0.0001)

    def summary(self) -> dict[str, Any]:
        return self._about

    async def close(self) -> None:
        if self._ledger is not None and self._resolver is not None:
            self._ledger.cancel()
            await self._resolver.close()
            await services.asked_who_wrote(within_s=conf.AUTHORS_WAIT_S)
            await services.settled()
        if self._file is not None:
            self._file.close()

    @classmethod
    def arranged(cls, done: Sequence[Done], summary: dict[str, Any], counts: Counts) -> dict[str, bytes]:
        """`{books, errors, warnings, detectedFormat, mapping, successRate}`; warnings are the file's, and those of this page's rows."""
        books, errors = (b"[" + b",".join(one.body for one in done if one.success is wanted) + b"]" for wanted in (True, False))
        head = {name: summary.get(name) for name in ("detectedFormat", "encoding", "delimiter", "mapping")}
        warnings = [*summary.get("warnings", []), *_warnings(done)]
        members = {**head, "warnings": warnings, "successRate": f"{counts.succeeded}/{counts.processed}"}
        return {"books": books, "errors": errors, **{name: orjson.dumps(value) for name, value in members.items()}}

    @classmethod
    def forget(cls, payload: Any) -> None:
        if "upload" in payload:
            uploads.forget(payload["upload"])

    @classmethod
    async def shown(cls, bodies: Sequence[bytes], options: Mapping[str, str]) -> Sequence[bytes]:
        completed = await services.with_authors_known(bodies)
        if "minMatch" not in options:
            return completed
        if options["minMatch"] not in LEVELS:
            raise InvalidQuery("There is no such level of a match.", details={"field": "minMatch", "known": list(LEVELS)})
        return [orjson.dumps(redecided(orjson.loads(body), options["minMatch"])) for body in completed]


def about(table: Table, column_map: ColumnMap, rows: int, notes: Sequence[Note] = ()) -> dict[str, Any]:
    """What is known of a file before its rows are: `{detectedFormat, kind, encoding, delimiter, totalRows, mapping, warnings}`."""
    unsure = [
        Note("UNSURE_COLUMN", f"It may hold {column.field.value}; say so in `mapping` where it does not.", column=column.header)
        for column in column_map.columns
        if column.field is not None and column.confidence < conf.SURE_COLUMN
    ]
    mapping = [
        {"column": one.header, "field": one.field.value if one.field else None, "confidence": round(one.confidence, 2), "by": one.by}
        for one in column_map.columns
    ]
    return {
        "detectedFormat": column_map.format,
        "kind": table.kind,
        "encoding": table.encoding or None,
        "delimiter": table.delimiter or None,
        "totalRows": rows,
        "mapping": mapping,
        "warnings": [note.as_dict() for note in (*table.notes, *notes, *unsure)][:NOTES_KEPT],
    }


def _warnings(done: Sequence[Done]) -> Iterator[dict[str, Any]]:
    for one in done:
        if one.success and b'"warnings":[' in one.body:
            yield from orjson.loads(one.body).get("warnings", [])
