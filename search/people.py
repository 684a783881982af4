"""What several providers say of one person, as one author. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from search.dto import Author
from search.provider import Person
from search.wire import Dto, author_dto

BIOGRAPHY_MAX_CHARS = 10_000


def author_of(known_by: Mapping[str, Person]) -> Author:
    """The person under the name that the most trusted provider gives, with the years that any of them knows."""
    first, *others = (person.author for person in known_by.values())
    for other in others:
        first = replace(
            first,
            openlibrary_id=first.openlibrary_id or other.openlibrary_id,
            birth_year=first.birth_year if first.birth_year is not None else other.birth_year,
            death_year=first.death_year if first.death_year is not None else other.death_year,
        )
    return first


def person_dto(known_by: Mapping[str, Person]) -> Dto:
    """AuthorDTO of a person, with biography and `bookCount`; providers in the order of trust."""
    people = list(known_by.values())
    biography = max((person.biography or "" for person in people), key=len)[:BIOGRAPHY_MAX_CHARS]
    wikidata = next((person.wikidata_id for person in people if person.wikidata_id), None)
    books = max(person.works for person in people)
    more = {"biography": biography, "wikidataID": wikidata, "bookCount": books}
    return author_dto(author_of(known_by)) | {name: value for name, value in more.items() if value}
