"""Authors in the data that clients get, and demographics laid over them. Pure.

Data may be a search's (works and authors), one book's, one author's, or an item of a batch.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from search.demographics.sparql import may_be_asked
from search.dto import Author, Demographics
from search.normalisers.text import folded_words
from search.wire import Dto, demographics_dto

MAX_KEY_CHARS = 150  # of a name in a cache key
MAX_AUTHORS = 100  # of one answer; a bibliography may have a thousand


def key_of(author: Author) -> str:
    """The cache key of an author: by Open Library's id, else by name, and year of birth where it is known."""
    if author.openlibrary_id:
        return f"author:{author.openlibrary_id}"
    name = " ".join(folded_words(author.name)) or author.name.casefold()
    if len(name) > MAX_KEY_CHARS:  # some signs fold to many letters
        name = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
    return f"author:{name}" if author.birth_year is None else f"author:{name}:{author.birth_year}"


def author_dtos(data: Any) -> Iterator[Dto]:
    """Every AuthorDTO in the data."""
    if not isinstance(data, dict):
        return
    single = (data.get(name) for name in ("enriched", "enrich", "enrichment", "work"))
    for part in (*single, *(data.get("works") or ()), *(data.get("books") or ())):
        yield from author_dtos(part)
    for one in (data.get("author"), *(data.get("authors") or ())):
        if isinstance(one, dict) and "name" in one:
            yield one


def author_of(dto: Mapping[str, Any]) -> Author:
    """The author of an AuthorDTO."""
    return Author(
        dto["name"], dto.get("openLibraryID"), birth_year=dto.get("birthYear"), death_year=dto.get("deathYear")
    )


def wanted(*data: Any) -> dict[str, Author]:
    """The authors by key of whom nothing is there yet, those of most works first, and no more than may be asked for."""
    authors: dict[str, Author] = {}
    times: Counter[str] = Counter()
    for dto in (dto for one in data for dto in author_dtos(one) if "demographicsSource" not in dto):
        author = author_of(dto)
        if may_be_asked(author):
            key = key_of(author)
            authors.setdefault(key, author)
            times[key] += 1
    return {key: authors[key] for key, _ in times.most_common(MAX_AUTHORS)}


def lay_over(data: Any, found: Mapping[str, Demographics]) -> bool:
    """Complete the authors in the data, in place; whether anything changed."""
    changed = False
    for dto in author_dtos(data):
        known = None if "demographicsSource" in dto else found.get(key_of(author_of(dto)))
        if known is not None and dto.get("wikidataID", known.wikidata_id) == known.wikidata_id:
            dto.update(demographics_dto(known))
            changed = True
    return changed
