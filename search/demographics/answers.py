"""What Wikidata answered: the people in it, and who of them an author is. Pure.

Nobody is guessed: of several people with a name none is meant, unless a known year of birth decides. Source: spec 05, "Wikidata".
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from search.demographics.countries import belonging
from search.demographics.vocabulary import GENDERS
from search.dto import Author, Demographics
from search.normalisers.text import search_key
from search.provider import BadShape

T = TypeVar("T")
BY_ID, BY_NAME_AND_YEAR, BY_NAME, BY_SEARCH = 1.0, 0.95, 0.8, 0.7  # how sure it is who is meant
_ENTITY = re.compile(r"https?://www\.wikidata\.org/entity/(Q[1-9]\d{0,11})", re.ASCII)
_OLID = re.compile(r"OL[1-9]\d{0,9}A", re.ASCII)
_MOMENT = re.compile(r"([+-]?\d{4,6})-(\d\d)-(\d\d)T\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(slots=True)
class Candidate:
    """Somebody in an answer, with all that its rows say. `asked_ids` and `names` are those that were asked for and led here."""

    wikidata_id: str
    asked_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    known_ids: set[str] = field(default_factory=set)  # all of Open Library's that Wikidata gives
    genders: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    birth_years: set[int] = field(default_factory=set)
    birth_dates: set[str] = field(default_factory=set)
    death_years: set[int] = field(default_factory=set)

    def contradicts(self, author: Author) -> bool:
        """Whether years that both know differ."""
        pairs = ((author.birth_year, self.birth_years), (author.death_year, self.death_years))
        return any(year is not None and years and year not in years for year, years in pairs)


def candidates_in(payload: Any) -> tuple[Candidate, ...]:
    """The people of a SPARQL answer (application/sparql-results+json), each once.

    Raises: BadShape.
    """
    try:
        rows = payload["results"]["bindings"]
        named = payload["head"]["vars"]
    except (KeyError, TypeError):
        raise BadShape("no SPARQL result") from None
    if not isinstance(rows, list) or not isinstance(named, list) or "person" not in named:
        raise BadShape("another SPARQL result")
    found: dict[str, Candidate] = {}
    for row in rows:
        who = _entity(row, "person")
        if who is None:  # were it left out, a name of two people could look like one's
            raise BadShape("a row about nobody")
        _take(found.setdefault(who, Candidate(who)), row)
    return tuple(found.values())


def _take(one: Candidate, row: dict[str, Any]) -> None:
    asked, known, name = (_text(row, member) or "" for member in ("olid", "known", "name"))
    if _OLID.fullmatch(known):
        one.known_ids.add(known)
    if _OLID.fullmatch(asked):
        one.asked_ids.add(asked)  # the name beside it was asked for with the id, and need not be theirs
    elif name:
        one.names.add(name)
    for member, ids in (("gender", one.genders), ("country", one.countries)):
        if entity := _entity(row, member):
            ids.add(entity)
    if born := _date(row, "birth"):
        one.birth_years.add(born[0])
    if (day := _date(row, "birthDay")) and day[1]:
        one.birth_dates.add(day[1])
    if died := _date(row, "death"):
        one.death_years.add(died[0])


def found_ids(payload: Any, name: str) -> list[str]:
    """Wikidata ids in an answer of `wbsearchentities` whose label or alias is this name, as far as accents and case go.

    Raises: BadShape.
    """
    rows = payload.get("search") if isinstance(payload, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadShape("no list of entities")
    key = search_key(name)
    ids = [row.get("id") for row in rows if key in {search_key(text) for text in _names_in(row)}]
    return list(dict.fromkeys(one for one in ids if isinstance(one, str) and re.fullmatch(r"Q[1-9]\d{0,11}", one)))


def who_is(author: Author, candidates: Sequence[Candidate]) -> tuple[Candidate, float] | None:
    """Who an author is, and how sure that is (0..1); None for nobody, or nobody surely."""
    if author.openlibrary_id and (mine := _one_of(author, [one for one in candidates if author.openlibrary_id in one.asked_ids])):
        return mine, BY_ID
    named = [one for one in candidates if author.name in one.names and not one.contradicts(author)]
    if author.openlibrary_id:  # an id of its own says that it is somebody else, unless their birth says that it is not
        named = [one for one in named if not one.known_ids or author.birth_year in one.birth_years]
    person = _one_of(author, named)
    if person is None:
        return None
    return person, BY_NAME_AND_YEAR if author.birth_year in person.birth_years else BY_NAME


def who_was_found(author: Author, candidates: Sequence[Candidate]) -> tuple[Candidate, float] | None:
    """The same among people whom a search by name found, and who proved to be writers."""
    likely = [one for one in candidates if not one.contradicts(author)]
    if author.openlibrary_id:
        likely = [one for one in likely if not one.known_ids or author.birth_year in one.birth_years]
    person = _one_of(author, likely)
    return (person, BY_SEARCH) if person else None


def demographics_of(one: Candidate, confidence: float, retrieved_at: str) -> Demographics:
    """What is known of somebody; what Wikidata says in two ways is unknown."""
    region, nationality = belonging(one.countries)
    birth_year = _only(one.birth_years)
    return Demographics(
        wikidata_id=one.wikidata_id,
        confidence=confidence,
        retrieved_at=retrieved_at,
        gender=_only({GENDERS.get(gender) for gender in one.genders}),
        region=region,
        nationality=nationality,
        birth_year=birth_year,
        death_year=_only(one.death_years),
        birth_date=_only(one.birth_dates) if birth_year is not None else None,
    )


def _one_of(author: Author, people: Sequence[Candidate]) -> Candidate | None:
    """The only one, or the only one of the author's year of birth."""
    if len(people) > 1 and author.birth_year is not None:
        people = [one for one in people if author.birth_year in one.birth_years]
    return people[0] if len(people) == 1 else None


def _only(values: Collection[T]) -> T | None:
    return next(iter(values)) if len(values) == 1 else None


def _names_in(row: dict[str, Any]) -> list[str]:
    match = row.get("match")
    given = [row.get("label"), match.get("text") if isinstance(match, dict) else None]
    return [text for text in given if isinstance(text, str)]


def _value(row: Any, member: str, kind: str) -> str | None:
    value = row.get(member) if isinstance(row, dict) else None
    if not isinstance(value, dict) or value.get("type") not in (kind, f"typed-{kind}"):
        return None
    text = value.get("value")
    return text if isinstance(text, str) else None


def _text(row: Any, member: str) -> str | None:
    return _value(row, member, "literal")


def _entity(row: Any, member: str) -> str | None:
    found = _ENTITY.fullmatch(_value(row, member, "uri") or "")
    return found[1] if found else None


def _date(row: Any, member: str) -> tuple[int, str | None] | None:
    """Year, and the day as YYYY-MM-DD in the common era. In RDF the year 0 is 1 before the common era (XSD 1.1)."""
    found = _MOMENT.fullmatch(_text(row, member) or "")
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not -10_000 < year < 3_000:
        return None
    if year <= 0:
        return year - 1, None
    whole = f"{year:04d}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else None
    return year, whole
