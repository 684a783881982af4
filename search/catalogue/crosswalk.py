"""From any identifier to the rows of the local catalogue that it names, by way of what was merged into something else.

Written as SQL by keys and indexes alone: the same few queries at a thousand rows and at fifty million.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from search.catalogue.keys import Letter, catalogue_id, key_of, olid_of
from search.catalogue.rows import select
from search.schemes import Scheme, readings

HOPS = 10  # a chain of redirects longer than this is a loop
MOST = 50  # editions of one identifier that are looked at
TABLES: dict[Letter, str] = {"W": "search_work", "M": "search_edition", "A": "search_author"}
__all__ = ["Lead", "catalogue_id", "first_known", "followed", "identifiers", "lead", "leads"]
LETTERS: tuple[Letter, ...] = ("W", "M", "A")


@dataclass(frozen=True, slots=True)
class Lead:
    """Where an identifier leads: primary keys. An edition's comes with its work's, an author's alone; none: it is not known here."""

    scheme: Scheme
    value: str  # canonical
    works: tuple[int, ...] = ()
    editions: tuple[int, ...] = ()
    authors: tuple[int, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.works or self.editions or self.authors)


def leads(text: str) -> list[Lead]:
    """Where a text leads that somebody typed, in every scheme that it may be of ("goodreads:2767052" is of one)."""
    return [found for scheme, value in readings(text) if (found := lead(scheme, value)).known]


def first_known(named: Iterable[tuple[Scheme, str]]) -> tuple[Lead | None, dict[str, list[str]]]:
    """The first of some ids that leads anywhere, with all other ids of what it names."""
    for scheme, value in named:
        found = lead(scheme, value)
        if found.works:
            return found, identifiers(found)
    return None, {}


def lead(scheme: Scheme, value: str) -> Lead:
    """Where an id in canonical form leads."""
    if scheme is Scheme.OPENLIBRARY:
        return _of_olid(value)
    found = _named(scheme, value)
    if scheme is Scheme.ISBN:
        found += select("SELECT id, work_id FROM search_edition WHERE isbn = %s ORDER BY id LIMIT %s", [int(value), MOST])
    return _of_editions(scheme, value, found)


def followed(olid: str) -> str:
    """The Open Library id that one was merged into, at the end of the chain; itself where it was not, or nobody knows."""
    letter = _letter(olid)
    key = key_of(olid, letter)
    return olid if key is None else olid_of(end_of(letter, key), letter) or olid


def identifiers(found: Lead) -> dict[str, list[str]]:
    """All ids of what a lead names, by scheme: of its editions, else of its work or author alone."""
    letter: Letter = "A" if found.authors else "W"
    named = {Scheme.OPENLIBRARY.value: [olid for key in (*found.works, *found.authors) if (olid := olid_of(key, letter))]}
    marks = ", ".join(["%s"] * len(found.editions))
    if marks:
        for key, isbn in select(f"SELECT id, isbn FROM search_edition WHERE id IN ({marks}) ORDER BY id", found.editions):  # noqa: S608
            named.setdefault(Scheme.ISBN.value, []).extend([f"{isbn:013d}"] if isbn else [])
            named[Scheme.OPENLIBRARY.value].extend([olid] if (olid := olid_of(key, "M")) else [])
        further = f"SELECT scheme, value FROM search_identifier WHERE edition_id IN ({marks}) ORDER BY id"  # noqa: S608
        for scheme, value in select(further, found.editions):
            named.setdefault(scheme, []).append(value)
    return {scheme: list(dict.fromkeys(ids)) for scheme, ids in named.items() if ids}


def _of_olid(olid: str) -> Lead:
    letter = _letter(olid)
    key = key_of(olid, letter)
    if key is None:
        return Lead(Scheme.OPENLIBRARY, olid)
    key = end_of(letter, key)
    if letter == "M":
        found = select("SELECT id, work_id FROM search_edition WHERE id = %s", [key])
        return _of_editions(Scheme.OPENLIBRARY, olid, found)
    there = tuple(row[0] for row in select(f"SELECT id FROM {TABLES[letter]} WHERE id = %s", [key]))  # noqa: S608
    return Lead(Scheme.OPENLIBRARY, olid, works=there if letter == "W" else (), authors=there if letter == "A" else ())


def end_of(letter: Letter, key: int) -> int:
    """Where a chain of redirects ends; where it began, if it leads in a circle."""
    at = key
    for _ in range(HOPS):
        further = select("SELECT new FROM search_redirect WHERE letter = %s AND old = %s", [letter, at])
        if not further:
            return at
        at = int(further[0][0])
    return key


def _named(scheme: Scheme, value: str) -> list[tuple[int, int]]:
    return select(
        "SELECT e.id, e.work_id FROM search_identifier i JOIN search_edition e ON e.id = i.edition_id "
        "WHERE i.scheme = %s AND i.value = %s ORDER BY e.id LIMIT %s",
        [scheme.value, value, MOST],
    )


def _of_editions(scheme: Scheme, value: str, found: list[tuple[int, int]]) -> Lead:
    works = tuple(dict.fromkeys(work for _, work in found))
    return Lead(scheme, value, works, tuple(dict.fromkeys(edition for edition, _ in found)))


def _letter(olid: str) -> Letter:
    return next(letter for letter in LETTERS if olid.endswith(letter))
