"""Open Library's authors: who is of a name, and what somebody wrote.

Two lists complete each other: `/authors/OL…A/works.json` has every work, with descriptions and without years; the search has years,
ISBNs, all authors and how well known a work is. Source: openlibrary.org/dev/docs/api/authors and /search.
"""

from collections.abc import Iterator
from typing import Any

from search.dto import Author, Edition, Record
from search.identifiers import openlibrary_id
from search.normalisers.dates import parse_year
from search.normalisers.genres import canonical_genres
from search.normalisers.names import author_name
from search.provider import Call, Kind, Page, Person, Question
from search.providers._openlibrary_pictures import NAME, pictured
from search.providers._shapes import (
    answer_object,
    count_of,
    list_of,
    long_text_of,
    object_of,
    objects_in,
    series_of,
    text_of,
    texts_of,
    title_of,
)

KINDS = frozenset({Kind.AUTHORS, Kind.PERSON, Kind.AUTHOR, Kind.AUTHOR_WORKS})
PART = 20  # works read at once: 6 ms
MAX_NAMES = 50
# without the lists of publishers, dates and subjects, which make an entry of a classic long
FIELDS = (
    "key,title,subtitle,author_name,author_key,first_publish_year,isbn,language,cover_i,edition_count,ratings_count,want_to_read_count"
)


def call(question: Question) -> Call | None:
    """The call for one of KINDS; None where it has no author, or an id that is none of ours."""
    if question.kind is Kind.AUTHORS:
        words = " ".join(question.author.replace('"', " ").replace(":", " ").split())
        return Call("/search/authors.json", (("q", words), ("limit", str(question.limit)))) if words else None
    author_id = openlibrary_id(question.provider_id, "author")
    if question.provider != NAME or author_id is None:
        return None
    if question.kind is Kind.PERSON:
        return Call(f"/authors/{author_id}.json")
    window = (("limit", str(question.limit)), ("offset", str(question.offset)))
    if question.kind is Kind.AUTHOR_WORKS:
        return Call(f"/authors/{author_id}/works.json", window)
    # the most printed first: where there are more than we ask for, the rest is hardly known
    return Call("/search.json", (("q", f"author_key:{author_id}"), ("fields", FIELDS), ("sort", "editions"), *window))


def read_people(payload: Any) -> Page:
    """The answer to `/search/authors.json`; who has no id or no name is left out.

    Raises: BadShape when it is none.
    """
    answer = answer_object(payload)
    people = tuple(person for doc in objects_in(answer, "docs") if (person := _person(doc)))
    return Page(total=max(count_of(answer.get("numFound")), len(people)), people=people)


def _person(doc: dict[str, Any]) -> Person | None:
    author_id, name = openlibrary_id(doc.get("key"), "author"), author_name(doc.get("name"))
    if author_id is None or name is None:
        return None
    return Person(
        Author(
            name,
            openlibrary_id=author_id,
            birth_year=parse_year(doc.get("birth_date")),
            death_year=parse_year(doc.get("death_date")),
        ),
        other_names=tuple(texts_of(doc.get("alternate_names"))[:MAX_NAMES]),
        works=count_of(doc.get("work_count")),
    )


def read_works(question: Question, payload: Any) -> Iterator[Page]:
    """The answer to `/authors/OL…A/works.json`, in parts; entries that are no work or have no title are left out.

    It names authors by id only; the one who was asked for is under the name of the question.

    Raises: BadShape when it has no list of entries.
    """
    answer = answer_object(payload)
    entries = objects_in(answer, "entries")
    total = max(count_of(answer.get("size")), len(entries))
    for start in range(0, len(entries) or 1, PART):
        records = (_work(question, entry) for entry in entries[start : start + PART])
        yield Page(tuple(record for record in records if record), total)


def _work(question: Question, entry: dict[str, Any]) -> Record | None:
    kind = text_of(object_of(entry.get("type")).get("key")).rpartition("/")[2]
    parsed = title_of(entry.get("title"), entry.get("subtitle"), ())
    if parsed is None or kind not in ("", "work"):
        return None
    return Record(
        provider=NAME,
        title=parsed.title,
        subtitle=parsed.subtitle,
        authors=(Author(question.author, openlibrary_id=question.provider_id),) if question.author else (),
        subjects=tuple(canonical_genres(list_of(entry.get("subjects")))),
        description=long_text_of(entry.get("description")),
        series=series_of(parsed),
        first_year=parse_year(entry.get("first_publish_year")) or parse_year(entry.get("first_publish_date")),
        openlibrary_work_id=openlibrary_id(entry.get("key"), "work"),
        edition=pictured(Edition(), entry.get("covers")),
    )
