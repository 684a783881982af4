"""Rows that may be one, side by side: what each of them says, what would move, and what speaks against it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from search.catalogue.keys import Letter, catalogue_id, olid_of
from search.curation.facts import FIELDS, GAPS
from search.curation.merging import Rows
from search.models import Authorship, Edition, Identifier
from search.normalisers.names import author_similarity
from search.normalisers.titles import title_similarity

ALIKE = 0.85
SHOWN = 5  # of many
LABELS = {"pk": "id", "page_count": "pages", "isbn": "ISBN", "first_year": "first published"}


@dataclass(frozen=True)
class Fact:
    """One line of the comparison."""

    label: str
    values: list[str]  # in the order of the rows

    @property
    def differs(self) -> bool:
        return self.label != "id" and len({value for value in self.values if value}) > 1


def facts_of(letter: Letter, rows: Rows) -> list[Fact]:
    """What the rows say, a line for each field that any of them knows."""
    others = ["other_titles"] if letter == "W" else []
    columns = [name for name in dict.fromkeys([*FIELDS[letter], *GAPS[letter], *others]) if name != "cover"]
    told = [Fact("id", [id_of(letter, key) for key in rows])]
    told += [Fact(LABELS.get(name, name.replace("_", " ")), [_text(name, getattr(row, name)) for row in rows.values()]) for name in columns]
    told += [Fact(label, [_listed(named(key)) for key in rows]) for label, named in _HANGING[letter].items()]
    return [fact for fact in told if any(fact.values)]


def id_of(letter: Letter, key: int) -> str:
    """What a row is called: by Open Library, else by ourselves."""
    return olid_of(key, letter) or (catalogue_id(key) if letter == "W" else str(key))


def _alike(similarity: Callable[[str, str], float], names: Iterable[str], others: Sequence[str]) -> bool:
    return any(similarity(name, other) >= ALIKE for name in names for other in others)


def doubts(letter: Letter, rows: Rows) -> list[str]:
    """What speaks against that the rows are one, for people to judge."""
    found = []
    if letter == "W":
        people = [list(Authorship.objects.filter(work_id=key).values_list("author__name", flat=True)) for key in rows]
        if any(their and people[0] and not _alike(author_similarity, people[0], their) for their in people[1:]):
            found.append("They have no author in common.")
        titles = [(row.title, *row.other_titles) for row in rows.values()]
        if any(not _alike(title_similarity, titles[0], other) for other in titles[1:]):
            found.append("Their titles are not alike.")
    elif letter == "M":
        if len({row.work_id for row in rows.values()}) > 1:
            found.append("They are of different works: the merged ones go over to the staying one's work.")
        for column, what in (("language", "languages"), ("format", "formats"), ("isbn", "first ISBNs")):
            if len({getattr(row, column) for row in rows.values()} - {"", None}) > 1:
                found.append(f"They have different {what}.")
    elif len({row.birth_year for row in rows.values()} - {None}) > 1:
        found.append("They were born in different years.")
    return found


def _text(name: str, value: Any) -> str:
    if name == "isbn" and value:
        return f"{value:013d}"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _listed(names: list[str]) -> str:
    """The first names; of many their number."""
    if len(names) <= SHOWN:
        return ", ".join(names)
    return f"{len(names):,}: {', '.join(names[:SHOWN])}, …"


def _authors(work: int) -> list[str]:
    return list(Authorship.objects.filter(work_id=work).order_by("position").values_list("author__name", flat=True))


def _editions(work: int) -> list[str]:
    rows = Edition.objects.filter(work_id=work).values_list("isbn", "publisher", "pk")
    return [f"{isbn:013d}" if isbn else publisher or str(pk) for isbn, publisher, pk in rows]


def _works(author: int) -> list[str]:
    return list(Authorship.objects.filter(author_id=author).order_by("work_id").values_list("work__title", flat=True))


def _identifiers(edition: int) -> list[str]:
    return [str(row) for row in Identifier.objects.filter(edition_id=edition).order_by("pk")]


def _work(edition: int) -> list[str]:
    return list(Edition.objects.filter(pk=edition).values_list("work__title", flat=True))


_HANGING: dict[Letter, dict[str, Any]] = {
    "W": {"authors": _authors, "editions": _editions},
    "M": {"work": _work, "identifiers": _identifiers},
    "A": {"works": _works},
}
