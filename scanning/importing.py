"""Use-cases of the CSV import: a file that a client sends, looked into, planned, and started as a job.

Raises, all of them: ApiError.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from bookstrack.lib.errors import InvalidQuery, NotFound, TooLarge, Unavailable
from jobs import services as jobs
from scanning import conf, services, uploads
from scanning.csv_format import ColumnMap, Field
from scanning.imports import exporting
from scanning.imports.cleaning import RowReader
from scanning.imports.imported import Imported
from scanning.imports.matching import wanted
from scanning.imports.reading import open_table
from scanning.imports.table import Row, Table, Unreadable
from scanning.imports.understanding import understand
from scanning.pipelines.csv_import import SAMPLE_ROWS, CsvImport, about
from scanning.refusals import refusal, refused

KIND = "csv-imports"  # folder of the kept files
PREVIEW_ROWS = 5
COUNTED_AT_ONCE_BYTES = 2**20  # ten thousand rows: a tenth of a second
EXPORT_PAGE = 1_000
LAYOUTS = ("bookstrack", "goodreads", "json")
MAX_NAME_CHARS = 200
ENCODINGS = ("utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "iso-8859-1", "iso-8859-2", "iso-8859-15", "mac-roman")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", ",": ",", ";": ";", "\t": "\t", "|": "|"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: open at its beginning; its name says nothing of where it is kept."""

    file: BinaryIO
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class How:
    """How a file is to be read and what is to be done with its rows; None: as it shows itself."""

    enrich: bool = True
    encoding: str | None = None
    delimiter: str | None = None
    mapping: Mapping[str, str] | None = None  # header to field; an empty field leaves the column as it is

    def as_payload(self) -> dict[str, Any]:
        """The members that the pipeline reads."""
        return {"enrich": self.enrich, "encoding": self.encoding, "delimiter": self.delimiter, "mapping": dict(self.mapping or {}) or None}


def how_of(given: Mapping[str, str]) -> How:
    """The options of a request, each checked.

    Raises: InvalidQuery.
    """
    encoding, delimiter = given.get("encoding") or None, given.get("delimiter") or None
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise InvalidQuery("This encoding cannot be chosen.", details={"field": "encoding", "known": list(ENCODINGS)})
    if delimiter is not None and delimiter not in DELIMITERS:
        known = [name for name in DELIMITERS if name.isalpha()]
        raise InvalidQuery("This delimiter cannot be chosen.", details={"field": "delimiter", "known": known})
    enrich = given.get("enrich", "1")
    if enrich not in ("0", "1"):
        raise InvalidQuery("enrich is 0 or 1.", details={"field": "enrich"})
    mapping = _mapping(given.get("mapping"))
    return How(enrich == "1", encoding.lower() if encoding else None, DELIMITERS[delimiter] if delimiter else None, mapping)


def _mapping(text: str | None) -> dict[str, str] | None:
    if not text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    fields = {"", *(field.value for field in Field)}
    if not isinstance(found, dict) or not all(isinstance(field, str) and field in fields for field in found.values()):
        raise InvalidQuery("mapping is a JSON object of column to field.", details={"field": "mapping", "fields": sorted(fields - {""})})
    return found


async def plan_import(upload: Upload, how: How) -> dict[str, Any]:
    """What an import would find and cost, without spending anything: a plan with `detectedFormat`, `mapping`, `preview` and `warnings`."""
    _check_size(upload)
    looked = await asyncio.to_thread(_looked_into, upload, how)
    books = looked.books if how.enrich else []
    plan = await services.plan_books([wanted(book.book) for book in books])
    return {**plan, "items": looked.rows, **looked.about, "preview": looked.preview}


async def start_import(
    upload: Upload, how: How, *, job_id: str | None, client: str, key: str | None
) -> tuple[jobs.Started, dict[str, Any]]:
    """Start an import; the job, and what is known of the file at once: `{detectedFormat, totalRows?}`."""
    _check_size(upload)
    seen = await asyncio.to_thread(_seen, upload, how)
    digest = await asyncio.to_thread(uploads.digest, upload.file)
    name = await _kept(upload)
    payload = {"upload": name, "filename": upload.name[:MAX_NAME_CHARS], "digest": digest, **how.as_payload()}
    said = json.dumps([digest, how.as_payload()], sort_keys=True).encode()
    started: jobs.Started | None = None
    try:
        started = await jobs.start(
            pipeline=CsvImport.name,
            payload=payload,
            total=seen.get("totalRows", 0),
            job_id=job_id,
            client=client,
            route="csv",
            key=key,
            body=said,
        )
        return started, seen
    finally:
        if started is None or started.before:
            await asyncio.to_thread(uploads.forget, name)


@dataclass(frozen=True, slots=True)
class _Looked:
    rows: int
    books: list[Imported]
    about: dict[str, Any]
    preview: dict[str, Any]


def _check_size(upload: Upload) -> None:
    if upload.size_bytes > conf.MAX_IMPORT_BYTES:
        details = {"receivedBytes": upload.size_bytes, "maxBytes": conf.MAX_IMPORT_BYTES}
        raise TooLarge(f"A file has at most {conf.MAX_IMPORT_BYTES // 2**20} MB.", details=details)


def _opened(upload: Upload, how: How) -> Table:
    """Raises: ApiError."""
    upload.file.seek(0)
    return open_table(upload.file, filename=upload.name, encoding=how.encoding, delimiter=how.delimiter)


def _map_of(table: Table, rows: list[Row], how: How) -> ColumnMap:
    return understand(table.header, [row.cells for row in rows if row.problem is None], overrides=how.mapping)


def _seen(upload: Upload, how: How) -> dict[str, Any]:
    """What a look shows: the format, and of a file that is quickly read the number of its rows; those of a larger one the job counts."""
    try:
        table = _opened(upload, how)
        rows = table.rows()
        first = list(itertools.islice(rows, SAMPLE_ROWS))
        if not first:
            raise Unreadable("EMPTY_BATCH", "The file has a header and no rows.")
        found: dict[str, Any] = {"detectedFormat": _map_of(table, first, how).format}
        if len(first) < SAMPLE_ROWS or upload.size_bytes <= COUNTED_AT_ONCE_BYTES:
            found["totalRows"] = len(first) + sum(1 for _ in rows)
        return found
    except Unreadable as error:
        raise refusal(error) from None


def _looked_into(upload: Upload, how: How) -> _Looked:
    try:
        table = _opened(upload, how)
        rows = list(table.rows())
    except Unreadable as error:
        raise refusal(error) from None
    column_map = _map_of(table, rows[:SAMPLE_ROWS], how)
    reader = RowReader(column_map)
    read = [reader.read(row) for row in rows]
    preview = {
        "header": list(table.header),
        "rows": [list(row.cells) for row in rows[:PREVIEW_ROWS]],
        "books": [one.as_dto() for one in read[:PREVIEW_ROWS]],
    }
    return _Looked(len(rows), [one for one in read if isinstance(one, Imported)], about(table, column_map, len(rows)), preview)


async def import_of(job_id: str, token: str | None) -> jobs.Job:
    """The import of an id, for whoever has its token. Raises: Unauthorized, NotFound for another kind of job."""
    job = await jobs.authorised(job_id, token)
    if job.pipeline != CsvImport.name:
        raise NotFound("This job is no import.")
    return job


async def exported(job: jobs.Job, layout: str) -> AsyncIterator[bytes]:
    """The books of an import as a file, a page of its results at a time, in one of LAYOUTS.

    Our own layout is read twice: its columns are those that any row has.
    """
    further: dict[str, None] = {}
    if layout == "bookstrack":
        async for books in _pages(job):
            further |= exporting.further_columns(books)
    first = True
    async for books in _pages(job):
        if layout == "json":
            yield (b"[" if first else b",") + orjson.dumps(books)[1:-1]
        else:
            own = layout == "bookstrack"
            lines = exporting.own_csv(books, further, head=first) if own else exporting.goodreads_csv(books, head=first)
            yield "".join(lines).encode()
        first = False
    if layout == "json":
        yield b"[]" if first else b"]"


async def _pages(job: jobs.Job) -> AsyncIterator[list[dict[str, Any]]]:
    """The books of a job, page by page; pages without any are left out."""
    offset, count = 0, EXPORT_PAGE
    while count == EXPORT_PAGE:
        page = await jobs.results(job, limit=EXPORT_PAGE, offset=offset)
        books = await asyncio.to_thread(orjson.loads, page.members[CsvImport.collection])
        if books:
            yield books
        offset, count = offset + page.count, page.count


async def _kept(upload: Upload) -> str:
    """Keep the file until its job is purged; its name. Raises: Unavailable while the storage is full or away."""
    try:
        return await asyncio.to_thread(uploads.keep, upload.file, KIND)
    except OSError as error:
        raise Unavailable("Files cannot be kept just now; nothing was started.", retry_after_ms=5_000) from error


async def import_here(upload: Upload, how: How, *, tell: Callable[[jobs.Standing], None]) -> dict[str, Any]:
    """Import a file in this process and wait for it, for commands; `data` of its whole result. Raises: ApiError when it failed."""
    _check_size(upload)
    await asyncio.to_thread(_seen, upload, how)
    name = await _kept(upload)
    payload = {"upload": name, "filename": upload.name[:MAX_NAME_CHARS], **how.as_payload()}
    try:
        job = await jobs.run_here(pipeline=CsvImport.name, payload=payload, total=0, tell=tell)
        if job.error:
            raise refused(job.error["code"], job.error["message"], job.error.get("details") or {})
        return await _whole_result(job)
    finally:
        await asyncio.to_thread(uploads.forget, name)


async def _whole_result(job: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"books": [], "errors": [], "warnings": []}
    offset = 0
    while True:
        page = await jobs.results(job, limit=jobs.MAX_PAGE, offset=offset)
        data = json.loads(jobs.rendered(page))
        first = {name: value for name, value in data.items() if name not in whole}
        seen = {json.dumps(warning, sort_keys=True) for warning in whole["warnings"]}
        whole = {
            **first,
            "books": whole["books"] + data["books"],
            "errors": whole["errors"] + data["errors"],
            "warnings": whole["warnings"] + [w for w in data["warnings"] if json.dumps(w, sort_keys=True) not in seen],
        }
        offset += page.count
        if page.count < page.limit:
            return whole
