"""Demographics laid over the authors of any data that clients get."""

from typing import Any

from search.demographics.laying import MAX_AUTHORS, author_dtos, key_of, lay_over, wanted
from search.dto import Author, Demographics
from search.models import CacheEntry
from search.schemas import AuthorDto
from search.wire import author_dto

KNOWN = Demographics("Q1", 0.8, "2026-01-01T00:00:00.000Z", "Female", "Asia", "India", -428, None, "1931-02-03")


def dto(name: str = "Gita Iyer", **more: Any) -> dict[str, Any]:
    return author_dto(Author(name)) | more


def test_authors_of_every_shape() -> None:
    work = {"authors": [dto("A One")]}
    search = {"works": [work, {"authors": []}], "authors": [dto("A Two")]}
    item = {"index": 0, "enriched": {"work": work, "authors": [dto("A Three")]}, "author": "as it was given"}
    one = {"author": dto("A Four"), "otherNames": ["x"]}
    shapes = (search, item, one, {"work": work, "authors": []}, {"author": None}, [], None)
    names = [[found["name"] for found in author_dtos(data)] for data in shapes]
    assert names == [["A One", "A Two"], ["A One", "A Three"], ["A Four"], ["A One"], [], [], []]


def test_laid_over_once_and_as_documented() -> None:
    data = {"works": [{"authors": [dto()]}], "authors": [dto(), dto("Somebody Else")]}
    assert list(wanted(data)) == ["author:gita iyer", "author:somebody else"]
    assert lay_over(data, {"author:gita iyer": KNOWN}) and not lay_over(data, {"author:gita iyer": KNOWN})
    [author] = data["works"][0]["authors"]
    assert author == data["authors"][0] and data["authors"][1] == dto("Somebody Else")
    assert AuthorDto(**author).dict(exclude_none=True) == author and author["birthYear"] == -428
    assert list(wanted(data)) == ["author:somebody else"]


def test_an_id_of_wikidata_that_is_already_there_is_not_contradicted() -> None:
    data = {"author": dto(wikidataID="Q2")}
    assert not lay_over(data, {"author:gita iyer": KNOWN}) and data["author"]["gender"] == "Unknown"
    assert lay_over({"author": dto(wikidataID="Q1")}, {"author:gita iyer": KNOWN})


def test_unknown_gender_stays_unknown() -> None:
    data = {"author": dto()}
    lay_over(data, {"author:gita iyer": Demographics("Q1", 0.8, "now")})
    assert data["author"]["gender"] == "Unknown" and data["author"]["wikidataID"] == "Q1"


def test_keys() -> None:
    assert key_of(Author("Gita Iyer", "OL1A", birth_year=1931)) == "author:OL1A"
    assert key_of(Author("GÍTA  Iyer")) == key_of(Author("Gita Iyer")) == "author:gita iyer"
    assert key_of(Author("Gita Iyer", birth_year=-5)) == "author:gita iyer:-5"
    long = [key_of(Author("ﷺ" * 99 + last)) for last in "ab"]
    assert max(map(len, long)) <= CacheEntry._meta.get_field("key").max_length and len(set(long)) == 2
    assert key_of(Author("The Le")) != key_of(Author("Le"))


def test_those_of_most_works_first_and_not_too_many() -> None:
    works = [{"authors": [dto(f"Writer {chr(97 + number % 26)}{chr(97 + number // 26)}")]} for number in range(MAX_AUTHORS + 20)]
    works += [{"authors": [dto("Most Of All")]}] * 2 + [{"authors": [dto("...")]}] * 9
    found = wanted({"works": works})
    assert len(found) == MAX_AUTHORS and next(iter(found)) == "author:most of all" and "author:..." not in found
