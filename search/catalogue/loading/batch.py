"""Rows on their way into the catalogue, a few thousand at a time. Pure: the fields are the tables' columns, in their order."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from search.catalogue.keys import Letter

_AS_THEY_ARE = ("authorships", "identifiers", "redirects", "deleted", "bad", "counts", "lines")


class BadLine(ValueError):
    """A line that is no record; the message says why."""


class WorkRow(NamedTuple):
    id: int
    revision: int
    title: str
    subtitle: str
    first_year: int | None
    original_language: str
    subjects: str  # JSON
    other_titles: str  # JSON
    series_name: str
    series_position: float | None
    title_words: str
    author_words: str
    title_hash: int
    source_id: str | None


class EditionRow(NamedTuple):
    id: int
    revision: int
    work_id: int
    position: int
    isbn: int | None
    title: str
    subtitle: str
    language: str
    publisher: str
    published: str
    page_count: int | None
    format: str
    cover: int | None


class AuthorRow(NamedTuple):
    id: int
    revision: int
    name: str
    name_key: str
    birth_year: int | None
    death_year: int | None


@dataclass(slots=True)
class Batch:
    """What a stretch of a file says. Of several rows with one key the newest counts."""

    works: dict[int, WorkRow] = field(default_factory=dict)
    editions: dict[int, EditionRow] = field(default_factory=dict)
    authors: dict[int, AuthorRow] = field(default_factory=dict)
    authorships: dict[int, tuple[int, ...]] = field(default_factory=dict)  # of a work: its authors in order, each once
    identifiers: dict[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # of an edition: scheme and value
    redirects: dict[tuple[Letter, int], int] = field(default_factory=dict)
    deleted: dict[tuple[Letter, int], int] = field(default_factory=dict)  # with the revision of the deletion
    bad: list[tuple[int, str, bytes]] = field(default_factory=list)  # line number, reason, beginning of the line
    counts: Counter[str] = field(default_factory=Counter)
    lines: int = 0

    def __getstate__(self) -> tuple[Any, ...]:
        """For another process: rows by columns, which is half the work of each row by itself."""
        tables = tuple(tuple(zip(*rows.values(), strict=True)) for rows in (self.works, self.editions, self.authors))
        return (*tables, *(getattr(self, name) for name in _AS_THEY_ARE))

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        works, editions, authors, *others = state
        self.works = {row.id: row for row in map(WorkRow._make, zip(*works, strict=True))}
        self.editions = {row.id: row for row in map(EditionRow._make, zip(*editions, strict=True))}
        self.authors = {row.id: row for row in map(AuthorRow._make, zip(*authors, strict=True))}
        for name, value in zip(_AS_THEY_ARE, others, strict=True):
            setattr(self, name, value)

    def add_work(self, row: WorkRow, authors: tuple[int, ...]) -> None:
        old = self.works.get(row.id)
        if old is None or old.revision <= row.revision:
            self.works[row.id] = row
            self.authorships[row.id] = authors

    def add_edition(self, row: EditionRow, identifiers: tuple[tuple[str, str], ...]) -> None:
        old = self.editions.get(row.id)
        if old is None or old.revision <= row.revision:
            self.editions[row.id] = row
            self.identifiers[row.id] = identifiers

    def add_author(self, row: AuthorRow) -> None:
        old = self.authors.get(row.id)
        if old is None or old.revision <= row.revision:
            self.authors[row.id] = row
