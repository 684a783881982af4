"""Batches written into the tables: what is there already is deleted and put in anew. COPY on PostgreSQL, many rows a statement elsewhere.

Everything here runs within the caller's transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection

from search.catalogue.keys import Letter
from search.catalogue.loading.batch import AuthorRow, Batch, EditionRow, WorkRow
from search.catalogue.loading.copy_text import copy_text
from search.catalogue.loading.curated import kept, not_against_ours

_AUTHOR_WORDS = WorkRow._fields.index("author_words")
TABLES: dict[Letter, str] = {"W": "search_work", "M": "search_edition", "A": "search_author"}


def write(batch: Batch, *, update: bool) -> None:
    """Write the rows that are new and, with `update`, those of a newer revision; rows made by ourselves give way to the source's."""
    _drop_deleted(batch)
    _write_authors(kept("A", _applied("A", batch.authors, batch, update)))
    _write_works(kept("W", _applied("W", batch.works, batch, update)), batch)
    _write_editions(kept("M", _applied("M", batch.editions, batch, update), batch.identifiers), batch)
    _write_redirects(batch)
    _write_deletes(batch)


def in_list(keys: Iterable[int]) -> str:
    """Keys as the inside of SQL's IN ( ): they are numbers, so nothing needs quoting."""
    return ",".join(map(str, map(int, keys))) or "NULL"


def execute(sql: str, params: Sequence[Any] | None = None) -> int:
    """Run a statement; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def select(sql: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def insert(table: str, columns: Sequence[str], rows: Collection[Sequence[Any]]) -> None:
    """Put rows into a table as fast as the database takes them."""
    if not rows:
        return
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Django does not know of COPY: its errors would be strangers
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                copy.write(copy_text(rows))
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", list(rows))  # noqa: S608


def _applied(letter: Letter, rows: dict[int, Any], batch: Batch, update: bool) -> dict[int, Any]:
    """The rows to write, their old selves deleted."""
    if not rows:
        return {}
    there = dict(select(f"SELECT id, revision FROM {TABLES[letter]} WHERE id IN ({in_list(rows)})"))  # noqa: S608
    if not there:
        return rows
    newer = {key: row for key, row in rows.items() if key not in there or there[key] == 0 or (update and row.revision > there[key])}
    delete(letter, newer.keys() & there.keys())
    name = {"W": "works", "M": "editions", "A": "authors"}[letter]
    batch.counts[f"{name} changed"] += sum(there[key] > 0 for key in newer.keys() & there.keys())
    batch.counts[f"{name} left as they were"] += len(rows) - len(newer)
    return newer


def delete(letter: Letter, keys: Collection[int]) -> None:
    """Delete rows with what hangs on them alone: identifiers of editions, authorships of works."""
    if not keys:
        return
    listed = in_list(keys)
    if letter == "M":
        execute(f"DELETE FROM search_identifier WHERE edition_id IN ({listed})")  # noqa: S608
    elif letter == "W":
        execute(f"DELETE FROM search_authorship WHERE work_id IN ({listed})")  # noqa: S608
    execute(f"DELETE FROM {TABLES[letter]} WHERE id IN ({listed})")  # noqa: S608


def _write_authors(rows: dict[int, AuthorRow]) -> None:
    insert("search_author", AuthorRow._fields, rows.values())
    if rows:  # their works' words are put together anew at the end
        execute(
            "UPDATE search_work SET author_words = '' WHERE source_id IS NULL AND id IN "  # noqa: S608
            f"(SELECT work_id FROM search_authorship WHERE author_id IN ({in_list(rows)}))"
        )


def _write_works(rows: dict[int, WorkRow], batch: Batch) -> None:
    if not rows:
        return
    authors = {author for work in rows for author in batch.authorships[work]}
    keys = dict(select(f"SELECT id, name_key FROM search_author WHERE id IN ({in_list(authors)})")) if authors else {}  # noqa: S608
    insert("search_work", WorkRow._fields, [_with_authors(row, batch.authorships[row.id], keys) for row in rows.values()])
    written = [(work, author, place) for work in rows for place, author in enumerate(batch.authorships[work])]
    insert("search_authorship", ("work_id", "author_id", "position"), written)


def _with_authors(row: WorkRow, authors: tuple[int, ...], keys: dict[int, str]) -> tuple[Any, ...]:
    """The row with its authors' words. Empty words mean: not all authors are known yet. One space: there is none."""
    try:
        words = f" {' '.join([keys[author] for author in authors])} " if authors else " "
    except KeyError:
        return row
    return (*row[:_AUTHOR_WORDS], words, *row[_AUTHOR_WORDS + 1 :])


def _write_editions(rows: dict[int, EditionRow], batch: Batch) -> None:
    insert("search_edition", EditionRow._fields, rows.values())
    named = [(edition, scheme, value) for edition in rows for scheme, value in batch.identifiers[edition]]
    insert("search_identifier", ("edition_id", "scheme", "value"), named)


def _drop_deleted(batch: Batch) -> None:
    """What the same batch deletes is not written first."""
    kinds: dict[Letter, dict[int, Any]] = {"W": batch.works, "M": batch.editions, "A": batch.authors}
    for (letter, key), revision in batch.deleted.items():
        row = kinds[letter].get(key)
        if row is not None and row.revision <= revision:
            del kinds[letter][key]


def _write_redirects(batch: Batch) -> None:
    not_against_ours(batch.redirects)
    for letter in TABLES:
        olds = [old for kind, old in batch.redirects if kind == letter]
        if olds:
            execute(f"DELETE FROM search_redirect WHERE letter = %s AND old IN ({in_list(olds)})", [letter])  # noqa: S608
    insert("search_redirect", ("letter", "old", "new"), [(letter, old, new) for (letter, old), new in batch.redirects.items()])


def _write_deletes(batch: Batch) -> None:
    for letter in TABLES:
        revisions = {key: revision for (kind, key), revision in batch.deleted.items() if kind == letter}
        if revisions:
            there = select(f"SELECT id, revision FROM {TABLES[letter]} WHERE id IN ({in_list(revisions)})")  # noqa: S608
            delete(letter, [key for key, revision in there if revision <= revisions[key]])
