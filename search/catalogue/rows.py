"""Works of the local catalogue as they are read for an answer: a few small queries by keys.

Written as SQL because the ORM's own work was most of a look-up by ISBN.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from search.catalogue.keys import olid_of

MOST_EDITIONS = 100  # of one work in one answer: some have thousands
MOST_WORKS = 1_000
FEW_KEYS = 500  # beyond, all of a small table is read sooner than so many keys are looked up


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    id: int
    name: str
    birth_year: int | None
    death_year: int | None

    @property
    def openlibrary_id(self) -> str | None:
        return olid_of(self.id, "A")


@dataclass(slots=True)
class EditionFacts:
    id: int
    isbn: int | None
    title: str
    subtitle: str
    language: str
    publisher: str
    published: str
    page_count: int | None
    format: str
    cover: int | None
    identifiers: list[tuple[str, str]] = field(default_factory=list)  # scheme and value
    edited: set[str] = field(default_factory=set)  # columns that staff corrected

    @property
    def openlibrary_id(self) -> str | None:
        return olid_of(self.id, "M")

    @property
    def isbns(self) -> tuple[str, ...]:
        """ISBN-13s: the first stands with the edition, further ones among the identifiers."""
        first = (f"{self.isbn:013d}",) if self.isbn else ()
        return (*first, *self.named_by("isbn"))

    def named_by(self, scheme: str) -> tuple[str, ...]:
        """What a scheme calls the edition."""
        return tuple(value for its, value in self.identifiers if its == scheme)


@dataclass(slots=True)
class WorkFacts:
    id: int
    source_id: str | None
    title: str
    subtitle: str
    other_titles: list[str]
    first_year: int | None
    original_language: str
    subjects: list[str]
    series_name: str
    series_position: float | None
    authors: list[AuthorFacts] = field(default_factory=list)
    editions: list[EditionFacts] = field(default_factory=list)
    edited: dict[str, Any] = field(default_factory=dict)  # columns that staff corrected, with the source's value; and "authors"

    @property
    def openlibrary_id(self) -> str | None:
        return olid_of(self.id, "W")


def editions_of_isbns(isbns: Collection[str]) -> list[tuple[int, int]]:
    """Keys of the editions that have one of these ISBN-13s, each with its work's."""
    numbers = [int(isbn) for isbn in isbns if isbn.isascii() and isbn.isdigit()]
    if not numbers:
        return []
    texts = ",".join(f"'{number:013d}'" for number in numbers)  # digits only: nothing to quote
    rows = select(
        f"SELECT id, work_id FROM search_edition WHERE isbn IN ({_listed(numbers)}) UNION "  # noqa: S608
        "SELECT e.id, e.work_id FROM search_identifier i JOIN search_edition e ON e.id = i.edition_id "
        f"WHERE i.scheme = 'isbn' AND i.value IN ({texts})"
    )
    return sorted(rows, key=lambda row: (row[1], row[0]))[:MOST_WORKS]


def works(ids: Collection[int], *, editions: Collection[int] = (), most_editions: int = MOST_EDITIONS) -> list[WorkFacts]:
    """The works with these ids that are there, with their authors and editions, in the order of the ids' numbers.

    Of a work with very many editions the first are taken, and those of `editions` before them.
    """
    if not ids:
        return []
    listed = _listed(ids)
    found: dict[int, WorkFacts] = {}
    # with the authors in one query: each look is another round trip
    for *facts, writer, name, born, died in select(
        "SELECT w.id, w.source_id, w.title, w.subtitle, w.other_titles, w.first_year, w.original_language, w.subjects, w.series_name, "  # noqa: S608
        "w.series_position, a.id, a.name, a.birth_year, a.death_year FROM search_work w LEFT JOIN search_authorship s ON s.work_id = w.id "
        f"LEFT JOIN search_author a ON a.id = s.author_id WHERE w.id IN ({listed}) ORDER BY w.id, s.position"
    ):
        if facts[0] not in found:
            key, source, title, subtitle, others, year, language, subjects, *series = facts
            found[key] = WorkFacts(key, source, title, subtitle, orjson.loads(others), year, language, orjson.loads(subjects), *series)
        if writer is not None:
            found[facts[0]].authors.append(AuthorFacts(writer, name, born, died))
    if not found:
        return []
    _add_editions(found, listed, editions, most_editions)
    _mark_edited(found.values())
    return list(found.values())


def author(key: int) -> tuple[AuthorFacts, int]:
    """An author that is there, and how many works are theirs."""
    [row] = select("SELECT id, name, birth_year, death_year FROM search_author WHERE id = %s", [key])
    [(written,)] = select("SELECT count(*) FROM search_authorship WHERE author_id = %s", [key])
    return AuthorFacts(*row), written


def count_editions(work: int) -> int:
    """How many editions a work has."""
    return int(select("SELECT count(*) FROM search_edition WHERE work_id = %s", [work])[0][0])


def _add_editions(found: dict[int, WorkFacts], listed: str, first: Collection[int], most: int) -> None:
    asked_first = f"CASE WHEN e.id IN ({_listed(first)}) THEN 0 ELSE 1 END, " if first else ""
    for work, *facts, scheme, value in select(
        "SELECT e.work_id, e.id, e.isbn, e.title, e.subtitle, e.language, e.publisher, e.published, e.page_count, e.format, e.cover, "  # noqa: S608
        "i.scheme, i.value FROM search_edition e LEFT JOIN search_identifier i ON i.edition_id = e.id "
        f"WHERE e.work_id IN ({listed}) ORDER BY e.work_id, {asked_first}e.position, e.id, i.id"
    ):
        if work not in found:
            continue
        editions = found[work].editions
        if not editions or editions[-1].id != facts[0]:
            if len(editions) >= most:
                continue
            editions.append(EditionFacts(*facts))
        if scheme:
            editions[-1].identifiers.append((scheme, value))


def _mark_edited(found: Collection[WorkFacts]) -> None:
    """What of the works, their editions and authors staff corrected: one look into a table that is nearly empty."""
    of_author: dict[int, list[WorkFacts]] = {}
    for work in found:
        for author in work.authors:
            of_author.setdefault(author.id, []).append(work)
    works = {work.id: work for work in found}
    editions = {edition.id: edition for work in found for edition in work.editions}
    keys = {*works, *editions, *of_author}
    where = f'WHERE "key" IN ({_listed(keys)})' if len(keys) <= FEW_KEYS else ""
    for key, letter, column, source in select(f'SELECT "key", letter, field, source_value FROM search_correction {where}'):  # noqa: S608
        if letter == "W" and key in works:
            works[key].edited[column] = orjson.loads(source) if source else None
        elif letter == "M" and key in editions:
            editions[key].edited.add(column)
        elif letter == "A":
            for work in of_author.get(key, ()):
                work.edited["authors"] = None


def _listed(keys: Iterable[int]) -> str:
    return ",".join(map(str, map(int, keys)))


def select(sql: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
