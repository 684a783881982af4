"""What a run of cache warming is to warm, as a list: read from a file, checked, each thing once; kept beside its job.

A thing is a JSON array: `["isbn", ISBN-13]`, `["book", title, author]`, `["author", name]` or `["key", key, question]`.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from bookstrack.lib.errors import ApiError, BatchTooLarge, EmptyBatch
from harvest import conf
from scanning import services as scanning
from scanning import uploads
from search import services as search

KIND = "warming"  # folder of the kept lists
ISBN, BOOK, AUTHOR, KEY = "isbn", "book", "author", "key"
Gone = uploads.Gone
Thing = list[Any]


@dataclass(slots=True)
class Worklist:
    """Things to warm in their order. `unusable` are rows of the file that name nothing that can be looked for."""

    things: list[Thing]
    unusable: int = 0
    rows: int = 0
    authors: set[str] = field(default_factory=set)  # who are named in any way

    def named(self, kind: str) -> list[Thing]:
        """Those of one kind."""
        return [thing for thing in self.things if thing[0] == kind]


def of_file(file: BinaryIO) -> Worklist:
    """Books and authors of a file in any layout that the import reads; a book with an ISBN goes by that alone.

    Raises: ApiError where it cannot be read, EmptyBatch where nothing in it can be looked for, BatchTooLarge.
    """
    worklist = Worklist([])
    seen: set[tuple[str, ...]] = set()
    for row in scanning.listed_books(file):
        worklist.rows += 1
        found = list(_things(row))
        worklist.unusable += not found
        worklist.authors.update(name for name in row.authors if _words(name))
        _add(worklist, seen, found)
    return _checked(worklist)


def of_isbns(lines: Iterable[str]) -> Worklist:
    """ISBNs in any spelling, one a line; `#` begins a comment. Raises: EmptyBatch, BatchTooLarge."""
    worklist = Worklist([])
    seen: set[tuple[str, ...]] = set()
    for text in filter(None, (line.partition("#")[0].strip() for line in lines)):
        worklist.rows += 1
        try:
            _add(worklist, seen, [[ISBN, search.isbn_of(text).isbn13]])
        except ApiError:
            worklist.unusable += 1
    return _checked(worklist)


def of_keys(kept: Iterable[tuple[str, dict[str, Any]]]) -> Worklist:
    """Keys of the cache with the questions that fill them; it may be empty."""
    things: list[Thing] = [[KEY, key, question] for key, question in kept]
    return Worklist(things, rows=len(things))


def label_of(thing: Thing) -> str:
    """A thing for people."""
    if thing[0] == KEY:
        asked = thing[2]
        words = [*asked.get("isbns", ()), *(asked.get(name) for name in ("text", "title", "author", "provider_id"))]
        return " ".join(filter(None, words)) or str(thing[1])
    return " – ".join(filter(None, thing[1:]))


def keep(worklist: Worklist) -> str:
    """Keep a list; the name to read it by. Raises: OSError."""
    return uploads.keep(io.BytesIO(b"\n".join(orjson.dumps(thing) for thing in worklist.things)), KIND)


def read(name: str) -> list[Thing]:
    """The things of a kept list. Raises: Gone, OSError."""
    return [orjson.loads(line) for line in uploads.content(name).splitlines()]


def forget(name: str) -> None:
    """Delete a kept list; it may be gone already. Raises: OSError."""
    uploads.forget(name)


def _things(row: scanning.Listed) -> Iterator[Thing]:
    title = _words(row.title)
    if row.isbn:
        yield [ISBN, row.isbn]
    elif title:
        yield [BOOK, title, _words(row.authors[0]) if row.authors else ""]
    else:
        yield from ([AUTHOR, name] for name in map(_words, row.authors) if name)


def _words(text: str) -> str:
    """Words as a client can ask them; empty where they cannot be asked."""
    try:
        return search.words_of(text, "q")
    except ApiError:
        return ""


def _add(worklist: Worklist, seen: set[tuple[str, ...]], things: Iterable[Thing]) -> None:
    for thing in things:
        alike = tuple(str(part).casefold() for part in thing)
        if alike not in seen:
            seen.add(alike)
            worklist.things.append(thing)
            if len(worklist.things) > conf.MAX_WARMED:
                raise BatchTooLarge(f"A run warms at most {conf.MAX_WARMED:,} things.", details={"most": conf.MAX_WARMED})


def _checked(worklist: Worklist) -> Worklist:
    if not worklist.things:
        raise EmptyBatch("No row names an ISBN, a title or an author.", details={"field": "file", "rowsUnusable": worklist.unusable})
    return worklist
