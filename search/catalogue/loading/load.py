"""A file read into the catalogue: from where it was left, batch by batch, each with its position in one transaction."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone

from search.catalogue.loading import parsing, store
from search.catalogue.loading.batch import BadLine, Batch
from search.catalogue.loading.reader import BrokenFile, Source, fingerprint, opened
from search.models import Load, LoadError

log = structlog.get_logger(__name__)
ERRORS_KEPT = 1_000  # of one file; all are counted
APART_FROM_BYTES = 4 * 2**20  # smaller files are read before another process has started
_PEEK_LINES = 20
Tell = Callable[[int, int], None]  # bytes of the file read so far, records of the batch that was written


@dataclass(frozen=True, slots=True)
class File:
    """A file, and what was found in it."""

    path: Path
    kind: str  # dump, jsonl or csv
    first: str  # type of the first dump line, for the order of files


def looked_into(path: Path) -> File:
    """What a file is, by its first lines.

    Raises: OSError, BrokenFile
    """
    with opened(path) as source:
        lines = [line.text for line, _ in zip(source.lines(), range(_PEEK_LINES), strict=False)]
    dumped = next((line for line in lines if line.startswith(b"/type/")), None)
    if dumped is not None:
        return File(path, "dump", dumped.split(b"\t")[0].decode("ascii", "replace"))
    written = next((line for line in lines if line.strip()), b"")
    return File(path, "jsonl" if written.lstrip().startswith(b"{") else "csv", "")


def load_file(file: File, *, update: bool, limit: int | None, tell: Tell) -> Load:
    """Read a file, or what is left of it; its load as it stands then: done, stopped by the limit, or failed.

    Raises: DatabaseError when a batch cannot be written (disk full): what was written before is kept, and it goes on from there;
    KeyboardInterrupt likewise
    """
    load, _ = Load.objects.get_or_create(
        fingerprint=fingerprint(file.path), defaults={"name": file.path.name[:300], "size_bytes": file.path.stat().st_size}
    )
    if load.state == Load.State.DONE:
        return load
    load.state, load.error, load.ended_at = Load.State.RUNNING, "", None
    load.save(update_fields=["state", "error", "ended_at"])
    try:
        finished = _read(file, load, update, limit, tell)
        load.state = Load.State.DONE if finished else Load.State.STOPPED
    except (BrokenFile, BadLine, OSError) as error:
        load.state, load.error = Load.State.FAILED, str(error)[:500]
        log.warning("load failed", file=file.path.name, error=load.error)
    except KeyboardInterrupt:
        Load.objects.filter(pk=load.pk).update(state=Load.State.STOPPED, ended_at=timezone.now())
        raise
    except DatabaseError as error:
        with suppress(DatabaseError):  # a full disk may have room for so little; else it stays "running", as after a kill
            Load.objects.filter(pk=load.pk).update(state=Load.State.FAILED, error=first_line(error), ended_at=timezone.now())
        raise
    load.ended_at = timezone.now()
    load.save(update_fields=["state", "error", "ended_at"])
    return load


def first_line(error: DatabaseError) -> str:
    """What a database says went wrong, without its hints."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]


def _read(file: File, load: Load, update: bool, limit: int | None, tell: Tell) -> bool:
    """Whether the file was read to its end."""
    with opened(file.path) as source:
        parse = _parser(file, source)
        source.skip_to(load.position_bytes)
        table = file.kind == "csv"  # its header is a line, but none that is counted
        given = (parsing.whole_rows if table else parsing.stretches)(source, load.lines + 1 + table, limit)
        apart = file.path.stat().st_size >= APART_FROM_BYTES
        with parsing.parsing(parse, apart=apart) as parsed:
            for stretch, batch in parsed(given):
                _write(load, batch, stretch.end, update)
                tell(stretch.read_bytes, batch.lines)
        return next(iter(source.lines()), None) is None


def _parser(file: File, source: Source) -> parsing.Parse:
    if file.kind == "dump":
        return parsing.parse_dump
    name = file.path.name.split(".")[0]
    if file.kind == "jsonl":
        return partial(parsing.parse_json, name)
    columns, encoding = parsing.header_of(source)
    return partial(parsing.parse_csv, name, columns, encoding)


def _write(load: Load, batch: Batch, position: int, update: bool) -> None:
    with transaction.atomic():
        store.write(batch, update=update)
        for what, number in batch.counts.items():
            load.counts[what] = load.counts.get(what, 0) + number
        room = max(0, ERRORS_KEPT - load.bad_lines)
        LoadError.objects.bulk_create(
            LoadError(load=load, line=line, reason=reason[:200], excerpt=_shown(text)) for line, reason, text in batch.bad[:room]
        )
        load.bad_lines += len(batch.bad)
        load.lines += batch.lines
        load.position_bytes = position
        load.save(update_fields=["counts", "bad_lines", "lines", "position_bytes"])


def _shown(text: bytes) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text.decode("utf-8", "replace"))[:200]
