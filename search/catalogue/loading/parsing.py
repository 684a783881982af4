"""Stretches of lines turned into batches, in another process where the file is large: the database is written meanwhile."""

import csv
import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice

from search.catalogue.loading import dump, tables
from search.catalogue.loading.batch import BadLine, Batch
from search.catalogue.loading.reader import Source

BATCH_LINES = 4_000
BATCH_BYTES = 8 * 2**20
AHEAD = 2  # stretches in hand: more would only be memory
EXCERPT_BYTES = 200
GARBAGE_AFTER = 100_000  # objects


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines, with the number of the first, and where the text goes on after them."""

    lines: list[tuple[int, bytes, bool]]  # number from 1, text, whether it is whole
    end: int
    read_bytes: int  # of the file itself, so far


def stretches(source: Source, first_line: int, limit: int | None) -> Iterator[Stretch]:
    """The rest of a file, in stretches of lines.

    Raises: BrokenFile after the last stretch that could be read
    """
    lines: list[tuple[int, bytes, bool]] = []
    size, end = 0, source.position
    broken: Exception | None = None
    try:
        for number, (text, end, whole) in enumerate(islice(source.lines(), limit), first_line):
            lines.append((number, text, whole))
            size += len(text)
            if len(lines) >= BATCH_LINES or size >= BATCH_BYTES:
                yield Stretch(lines, end, source.read_bytes)
                lines, size = [], 0
    except GeneratorExit:
        raise
    except Exception as error:
        broken = error
    if lines:
        yield Stretch(lines, end, source.read_bytes)
    if broken:
        raise broken


def whole_rows(source: Source, first_line: int, limit: int | None) -> Iterator[Stretch]:
    """The rest of a CSV file, in stretches that end with a row: the quotes in them are even, or they are all that is left.

    Raises: BrokenFile
    """
    held: list[tuple[int, bytes, bool]] = []
    for stretch in stretches(source, first_line, limit):
        held += stretch.lines
        if sum(text.count(b'"') for _, text, _ in held) % 2 == 0 or len(held) > 10 * BATCH_LINES:
            yield Stretch(held, stretch.end, stretch.read_bytes)
            held = []
    if held:
        yield Stretch(held, source.position, source.read_bytes)


Parse = Callable[[list[tuple[int, bytes, bool]]], Batch]


def parse_dump(lines: list[tuple[int, bytes, bool]]) -> Batch:
    """A batch of dump lines."""
    return _parsed(lines, dump.read)


def parse_json(name: str, lines: list[tuple[int, bytes, bool]]) -> Batch:
    """A batch of JSON lines of the file `name`."""
    return _parsed(lines, lambda text, batch: tables.put_json(text, name, batch))


def _parsed(lines: list[tuple[int, bytes, bool]], read: Callable[[bytes, Batch], None]) -> Batch:
    batch = Batch(lines=len(lines))
    for number, text, whole in lines:
        if not text.strip():
            continue
        try:
            if not whole:
                raise BadLine("longer than any record")
            read(text, batch)
        except BadLine as error:
            batch.bad.append((number, str(error), text[:EXCERPT_BYTES]))
    return batch


def parse_csv(name: str, columns: list[str], encoding: str, lines: list[tuple[int, bytes, bool]]) -> Batch:
    """A batch of CSV rows, each one line or several: the lines of a row never stand in two stretches."""
    batch = Batch(lines=len(lines))
    numbers = iter(lines)
    at = 0

    def texts() -> Iterator[str]:
        nonlocal at
        for number, text, _ in numbers:
            at = number
            yield text.decode(encoding, "replace") + "\n"

    rows = csv.reader(texts())
    while True:
        try:
            cells = next(rows)
            if cells:
                tables.put_row(columns, cells, name, batch)
        except StopIteration:
            return batch
        except (BadLine, csv.Error) as error:
            batch.bad.append((at, str(error)[:200], b""))


def header_of(source: Source) -> tuple[list[str], str]:
    """The columns that the first line names, and the encoding.

    Raises: BadLine, BrokenFile
    """
    first = next(source.lines(), None)
    if first is None:
        raise BadLine("the file is empty")
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            return tables.columns_of(next(csv.reader([first.text.decode(encoding)]), [])), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise BadLine("no column is a title")


@contextmanager
def parsing(parse: Parse, *, apart: bool) -> Iterator[Callable[[Iterable[Stretch]], Iterator[tuple[Stretch, Batch]]]]:
    """A way to turn stretches into batches in their order; in a process of its own when `apart`."""
    if not apart:
        yield lambda given: ((stretch, parse(stretch.lines)) for stretch in given)
        return
    # spawned, not forked: a fork would share our connections to the database
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_be_a_child) as pool, _less_garbage():
        yield partial(_ahead, pool, parse)


@contextmanager
def _less_garbage() -> Iterator[None]:
    """Rows are many and in no cycle: looking for some costs a tenth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(GARBAGE_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _be_a_child() -> None:
    """Ctrl-C is the parent's to handle; and a parent that was killed is not outlived."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(GARBAGE_AFTER)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ahead(pool: ProcessPoolExecutor, parse: Parse, given: Iterable[Stretch]) -> Iterator[tuple[Stretch, Batch]]:
    waiting: deque[tuple[Stretch, Future[Batch]]] = deque()
    broken: Exception | None = None
    try:
        for stretch in given:
            waiting.append((stretch, pool.submit(parse, stretch.lines)))
            if len(waiting) >= AHEAD:
                done, future = waiting.popleft()
                yield done, future.result()
    except GeneratorExit:
        raise
    except Exception as error:  # what was read before it counts
        broken = error
    while waiting:
        done, future = waiting.popleft()
        yield done, future.result()
    if broken:
        raise broken
