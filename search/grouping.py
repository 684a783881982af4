"""Which records speak of the same work, and which of the same edition.

Source: spec 04, "Merging providers": the same edition when they share an ISBN-13; the same work when they share a provider's work
id or an edition, or when title and first author agree (similarity >= 0.85 both; a missing author never matches a present one).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from search.dto import Edition, Record
from search.normalisers.names import author_key, author_similarity
from search.normalisers.text import search_key
from search.normalisers.titles import title_similarity

AGREES = 0.85


@dataclass(slots=True, eq=False)  # one is itself: to compare two would be to compare all their records
class WorkGroup:
    """Records of one work, in the order in which they came."""

    records: list[Record] = field(default_factory=list)
    work_ids: set[str] = field(default_factory=set)
    isbns: set[str] = field(default_factory=set)
    edition_isbns: set[str] = field(default_factory=set)
    subtitles: set[str] = field(default_factory=set)

    def add(self, record: Record) -> None:
        self.records.append(record)
        if record.openlibrary_work_id:
            self.work_ids.add(record.openlibrary_work_id)
        self.isbns.update(record.work_isbns, record.edition.isbns)
        self.edition_isbns.update(record.edition.isbns)
        if record.subtitle:
            self.subtitles.add(search_key(record.subtitle))


def by_work(records: Iterable[Record]) -> list[WorkGroup]:
    """Group records by work, keeping the order of first appearance.

    A record joins the first group it agrees with: groups never grow together through a record in the middle, so that
    "Star Wars" cannot glue two of its episodes.
    """
    groups: list[WorkGroup] = []
    by_name: dict[str, list[WorkGroup]] = {}
    for record in records:
        group = _by_identifier(groups, record) or _by_name(by_name, record)
        if group is None:
            group = WorkGroup()
            groups.append(group)
        group.add(record)
        for name in _name_keys(record):
            of_that_name = by_name.setdefault(name, [])
            if group not in of_that_name:
                of_that_name.append(group)
    return groups


def _by_identifier(groups: list[WorkGroup], record: Record) -> WorkGroup | None:
    own = {*record.edition.isbns}
    every = own | set(record.work_isbns)
    for group in groups:
        if record.openlibrary_work_id and record.openlibrary_work_id in group.work_ids:
            return group
        if every & group.edition_isbns or own & group.isbns:
            return group
    return None


def _by_name(by_name: dict[str, list[WorkGroup]], record: Record) -> WorkGroup | None:
    if not record.authors:
        return None
    subtitle = search_key(record.subtitle) if record.subtitle else ""
    for name in _name_keys(record):
        for group in by_name.get(name, ()):
            if subtitle and group.subtitles and subtitle not in group.subtitles:
                continue
            if any(_same_work(record, other) for other in group.records[:4]):
                return group
    return None


def _same_work(one: Record, other: Record) -> bool:
    if not one.authors or not other.authors:
        return False
    if (
        one.series
        and other.series
        and one.series.position != other.series.position
        and None
        not in (
            one.series.position,
            other.series.position,
        )
    ):
        return False
    return (
        title_similarity(one.title, other.title) >= AGREES
        and author_similarity(one.authors[0].name, other.authors[0].name) >= AGREES
    )


def _name_keys(record: Record) -> list[str]:
    """Cheap keys of the first author: two names that are the same person share their longest word. Keeps the comparison near-linear."""
    if not record.authors:
        return []
    words = author_key(record.authors[0].name).split()
    return [max(words, key=len)] if words else []


def by_edition(records: Iterable[Record]) -> list[list[Record]]:
    """Group a work's records by edition: those that share an ISBN; one without an ISBN stands alone.

    A record that says nothing of an edition but its cover is in no group.
    """
    editions: list[tuple[set[str], list[Record]]] = []
    for record in records:
        isbns = set(record.edition.isbns)
        if not isbns and record.edition == Edition(
            cover_url=record.edition.cover_url, cover_urls=record.edition.cover_urls
        ):
            continue
        for known, members in editions:
            if known & isbns:
                known |= isbns
                members.append(record)
                break
        else:
            editions.append((isbns, [record]))
    return [members for _, members in editions]
