"""What staff corrected goes before what every provider says. Pure.

Source: spec 04, "Merging providers"; spec 02, WorkDTO (`reviewStatus` userEdited).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from search.dto import Record
from search.grouping import AGREES, by_edition
from search.normalisers.titles import title_similarity

OF_EDITION = "edition."
_NAMES = frozenset({"title", "subtitle"})  # of some editions of a work; the rest is the same of all
_WORK: dict[str, Any] = {"subtitle": None, "subjects": (), "series": None, "first_year": None, "original_language": None}
_EDITION = ("title", "subtitle", "publisher", "published", "page_count", "format", "language")


def yielding(records: Sequence[Record]) -> list[Record]:
    """The records of one work, where a field that staff corrected is said by nobody else: of an edition by nobody of that edition.

    Titles of works stay, which every record needs, and authors, of whom others may know more.
    """
    if not any(record.edited for record in records):
        return list(records)
    of_work = _edited(records) & _WORK.keys()
    yielded = {id(record): replace(record, **_blank(record, of_work)) for record in records}
    for members in by_edition(records):
        corrected = {name.removeprefix(OF_EDITION) for name in _edited(members) if name.startswith(OF_EDITION)} & {*_EDITION}
        for record in members:
            blank: dict[str, Any] = {name: None for name in corrected if OF_EDITION + name not in record.edited}
            kept = yielded[id(record)]
            yielded[id(record)] = replace(kept, edition=replace(record.edition, **blank))
    return [yielded[id(record)] for record in records]


def title_of(edition: Sequence[Record], records: Sequence[Record], title: str) -> Record | None:
    """The record whose title staff corrected, if it names this edition; `title` is what the book is called without that."""
    for record in edition:
        if record.edited & {"title", OF_EDITION + "title"}:
            return record
    said = next((record for record in records if "title" in record.edited), None)
    if said is None or any(record.provider == said.provider for record in edition):
        return None  # its own words for this edition are there: perhaps a translation's title
    return said if title_similarity(said.title, title) >= AGREES else None


def edited_fields(edition: Sequence[Record], records: Sequence[Record], titled: Record | None) -> frozenset[str]:
    """The corrected fields of a book: of its work, and of the edition that is shown."""
    of_work = {name for name in _edited(records) if not name.startswith(OF_EDITION)} - _NAMES
    return frozenset({*of_work, *_edited(edition), *({"title"} if titled else ())})


def _edited(records: Iterable[Record]) -> frozenset[str]:
    return frozenset().union(*(record.edited for record in records))


def _blank(record: Record, fields: Iterable[str]) -> dict[str, Any]:
    return {name: _WORK[name] for name in fields if name not in record.edited}


def agrees(title: str, *others: str) -> bool:
    """Whether a title is nearly one of the others: not a translation's."""
    return any(title_similarity(title, other) >= AGREES for other in others if other)

