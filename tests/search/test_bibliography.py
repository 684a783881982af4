"""Who is meant by a name, which records are theirs, which are one work, and in which order pages show them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.bibliography import Sort, Who, books_of, meant, meant_among, page_of
from search.dto import Author, Record, Series
from search.provider import Person
from tests.search.records import DUNE, MESSIAH, record

HERBERT = Person(Author("Frank Herbert", openlibrary_id="OL1A", birth_year=1920), works=200)


def person(number: int, name: str = "Frank Herbert", works: int = 5, born: int | None = None, *others: str) -> Person:
    return Person(Author(name, openlibrary_id=f"OL{number}A", birth_year=born), others, works)


def by(author_id: str | None, title: str, provider: str = "openlibrary", name: str = "Frank Herbert", **facts: Any) -> Record:
    found = record(provider, title, None, **facts)
    return Record(**{**{slot: getattr(found, slot) for slot in Record.__slots__}, "authors": (Author(name, openlibrary_id=author_id),)})


def titles(who: Who, *records: Record) -> list[str]:
    return [book.title for book in books_of(who, records)]


# -- who is meant


@pytest.mark.parametrize(
    ("people", "ids"),
    [
        ([], set()),
        ([person(1, "Somebody Else", 900)], set()),
        ([person(2, works=3), HERBERT], {"OL1A"}),
        ([person(2, "Frank P. Herbert", 20), person(1, works=15)], {"OL1A"}),  # an exact name first
        ([person(2, "Frank P. Herbert", 300), person(1, works=1)], {"OL2A"}),  # a stray entry of one work
        ([HERBERT, person(2, works=50, born=1901)], {"OL1A"}),
        ([HERBERT, person(2, works=50, born=1920)], {"OL1A", "OL2A"}),
        ([HERBERT, person(2, works=50)], {"OL1A"}),  # no year: it may be anybody
        ([person(1, "F. Other", 9, None, "Frank Herbert")], {"OL1A"}),  # known under that name too
    ],
)
def test_who_is_meant(people: list[Person], ids: set[str]) -> None:
    assert meant("Frank Herbert", people).ids == ids


@pytest.mark.parametrize(("works", "shares"), [(150, True), (21, True), (20, False), (0, False)])
def test_a_name_is_shared_with_somebody_who_wrote(works: int, shares: bool) -> None:
    assert meant("Frank Herbert", [HERBERT, person(2, works=works)]).shares_name is shares


@given(st.lists(st.tuples(st.sampled_from(["Frank Herbert", "F. Herbert", "Frank P. Herbert", "Ann Lee"]), st.integers(0, 500),
                          st.sampled_from([None, 1920, 1950])), max_size=8))  # fmt: skip
def test_one_person_never_has_two_years_of_birth(entries: list[tuple[str, int, int | None]]) -> None:
    people = [person(number, name, works, born) for number, (name, works, born) in enumerate(entries, 1)]
    who = meant("Frank Herbert", people)
    assert len({one.author.birth_year for one in who.people}) <= 1
    assert who.names[0] == "Frank Herbert" and len(who.people) <= 3
    assert who.ids <= {one.author.openlibrary_id for one in people}


# -- which records are theirs

ALONE = Who(("Frank Herbert",), (HERBERT,))
SHARED = Who(("Frank Herbert",), (HERBERT,), shares_name=True)


def test_an_id_decides_before_a_name() -> None:
    assert titles(ALONE, by("OL1A", "Dune"), by("OL2A", "Anatomy"), by("OL1A", "Soul Catcher", name="F. H.")) == ["Dune", "Soul Catcher"]


def test_without_an_id_the_name_decides() -> None:
    google = by(None, "Destination: Void", "google-books", "Herbert, Frank")
    assert titles(ALONE, by("OL1A", "Dune"), google, by(None, "Emma", "isbndb", "Jane Austen")) == ["Dune", "Destination: Void"]


def test_a_shared_name_decides_nothing_alone() -> None:
    sure = by("OL1A", "Dune", work_isbns=(DUNE,))
    same = by(None, "DUNE", "isbndb", isbns=(DUNE,), publisher="Ace")
    by_title = by(None, "Dune", "google-books", page_count=412)
    other = by(None, "Lectures on Anatomy", "isbndb", isbns=(MESSIAH,))
    [book] = books_of(SHARED, [other, by_title, same, sure])
    assert set(book.providers) == {"openlibrary", "isbndb", "google-books"} and book.authors[0].openlibrary_id == "OL1A"


def test_without_ids_at_all_names_do() -> None:
    who = meant("Frank Herbert", [])
    assert titles(who, by(None, "Dune", "isbndb"), by("OL9A", "Void"), by(None, "Emma", "isbndb", "Jane Austen")) == ["Dune", "Void"]


def test_ids_in_the_records_tell_people_apart_where_nobody_else_does() -> None:
    records = [by("OL1A", "Dune"), by("OL1A", "Void"), by("OL2A", "Anatomy"), by(None, "Void", "isbndb"), by(None, "Whose", "isbndb")]
    who = meant_among("Frank Herbert", records)
    assert who.ids == {"OL1A"} and who.shares_name
    assert titles(who, *records) == ["Dune", "Void"]
    assert meant_among("Frank Herbert", records[3:]) == Who(("Frank Herbert",))


# -- which are one work


@pytest.mark.parametrize(
    ("records", "count"),
    [
        ([by("OL1A", "Dune", openlibrary_work_id="OL1W"), by("OL1A", "Duna", openlibrary_work_id="OL1W")], 1),
        ([by("OL1A", "Dune", work_isbns=(DUNE,)), by(None, "Dune: Roman", "isbndb", isbns=(DUNE,))], 1),
        ([by("OL1A", "The Dragon in the Sea"), by(None, "Dragon in the sea", "google-books")], 1),
        ([by("OL1A", "Children of Dune"), by(None, "Chidlren of Dune", "isbndb")], 1),
        ([by("OL1A", "Dune"), by("OL1A", "Dune Messiah"), by("OL1A", "Children of Dune")], 3),
        ([by("OL1A", "Selected Stories, Vol. 1"), by("OL1A", "Selected Stories, Vol. 2")], 2),
        ([by("OL1A", "Dune", series=Series("Dune", 1)), by(None, "Dune", "isbndb", isbns=(MESSIAH,), series=Series("Dune", 2))], 2),
        ([by("OL1A", "Letters", subtitle="1940-1950"), by("OL1A", "Letters", subtitle="1951-1960")], 2),
    ],
)
def test_records_of_one_work(records: list[Record], count: int) -> None:
    assert len(books_of(ALONE, records)) == count


def test_every_match_says_why() -> None:
    sure, by_name = books_of(ALONE, [by("OL1A", "Dune"), by(None, "The White Plague", "isbndb")])
    assert sure.match and by_name.match
    assert sure.match.reasons[0] == "the author's id agrees" and sure.match.score > by_name.match.score


NAMED = st.sampled_from(["Dune", "Dune Messiah", "Duna", "The White Plague", "White Plague", "Dosadi", "Hellstrom's Hive"])
ISBNS = st.sampled_from([(), (DUNE,), (MESSIAH,)])


@given(st.lists(st.tuples(NAMED, ISBNS, st.sampled_from(["OL1W", "OL2W", None]), st.sampled_from(["OL1A", None])), max_size=10))
def test_nothing_is_lost_and_no_work_comes_twice(drawn: list[tuple[str, tuple[str, ...], str | None, str | None]]) -> None:
    records = [by(author, title, isbns=isbns, openlibrary_work_id=work) for title, isbns, work, author in drawn]
    books = books_of(ALONE, records)
    ids = [book.openlibrary_work_id for book in books if book.openlibrary_work_id]
    assert len(ids) == len(set(ids)) and {work for _, _, work, _ in drawn if work} >= set(ids)
    if records:
        assert 1 <= len(books) <= len(records)
    assert books_of(ALONE, records) == books


# -- pages

WORKS = st.lists(
    st.fixed_dictionaries(
        {"title": st.text("abcXYZ ", min_size=1, max_size=6), "quality": st.integers(0, 100)},
        optional={"firstPublicationYear": st.integers(-800, 2026)},
    ),
    max_size=30,
)


@given(WORKS, st.integers(1, 7), st.sampled_from(Sort), st.randoms())
def test_pages_make_up_the_whole_in_one_order(works: list[dict[str, Any]], limit: int, sort: Sort, random: Any) -> None:
    author = {"name": "Frank Herbert"}
    every = [work | {"id": f"W{place:02d}", "authors": [author]} for place, work in enumerate(works)]
    editions = [{"of": work["id"]} for work in every]
    data = {"works": every, "editions": editions, "popularity": [random.random() for _ in every], "authors": [author], "expiresAt": "x"}
    shown: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = page_of(data, limit=limit, offset=offset, sort=sort)
        about = page["pagination"]
        assert page["resultCount"] == len(page["works"]) <= limit and about["total"] == page["totalResults"] == len(every)
        assert about["hasMore"] is (offset + limit < len(every))
        assert [edition["of"] for edition in page["editions"]] == [work["id"] for work in page["works"]]
        shown, offset = shown + page["works"], about.get("nextOffset")
    assert sorted(work["id"] for work in shown) == [work["id"] for work in every]
    years = [work.get("firstPublicationYear") for work in shown]
    known = [year for year in years if year is not None]
    if sort in (Sort.YEAR, Sort.YEAR_ASC):
        assert known == sorted(known, reverse=sort is Sort.YEAR) and None not in years[: len(known)]
