"""What providers are asked for a bibliography, and how their answers are read."""

import pytest

from search.dto import Author
from search.provider import BadShape, Call, Kind, Provider, ProviderConfig, Question
from search.providers.google_books import GoogleBooks
from search.providers.isbndb import Isbndb
from search.providers.openlibrary import OpenLibrary

CONFIG = ProviderConfig("https://example.org")
LIBRARY = OpenLibrary(CONFIG)
OWN = {"author": "Frank Herbert", "provider": "openlibrary", "provider_id": "OL1A"}


def call(of: Provider, kind: Kind, **asked: object) -> Call:
    found = of.call(Question(kind, **asked))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_open_library_is_asked_who_it_is_and_for_both_lists() -> None:
    who = call(LIBRARY, Kind.AUTHORS, author='Frank "F" Herbert:', limit=20)
    assert (who.path, who.params) == ("/search/authors.json", (("q", "Frank F Herbert"), ("limit", "20")))
    works = call(LIBRARY, Kind.AUTHOR_WORKS, **OWN, limit=1000, offset=2000)
    assert (works.path, works.params) == ("/authors/OL1A/works.json", (("limit", "1000"), ("offset", "2000")))
    search = call(LIBRARY, Kind.AUTHOR, **OWN, limit=500, offset=500)
    assert search.path == "/search.json" and {("q", "author_key:OL1A"), ("limit", "500"), ("offset", "500")} <= set(search.params)


@pytest.mark.parametrize("provider_id", ["", "OL1W", "OL1A/../x", "1"])
@pytest.mark.parametrize("kind", [Kind.AUTHOR, Kind.AUTHOR_WORKS])
def test_only_ids_of_its_authors_are_asked_for(kind: Kind, provider_id: str) -> None:
    asked = Question(kind, author="x", provider="openlibrary", provider_id=provider_id)
    found = LIBRARY.call(asked)
    assert found is None or ".." not in found.path
    assert LIBRARY.call(Question(kind, author="x", provider="isbndb", provider_id="OL1A")) is None


def test_others_are_asked_by_name() -> None:
    google = call(GoogleBooks(CONFIG), Kind.AUTHOR, author='Frank "F" Herbert', limit=40)
    assert dict(google.params)["q"] == 'inauthor:"Frank F Herbert"'
    isbndb = call(Isbndb(CONFIG), Kind.AUTHOR, author="Ursula K. Le Guin/..", limit=500, offset=500)
    assert isbndb.path == "/author/Ursula%20K.%20Le%20Guin%2F.." and isbndb.params == (("page", "2"), ("pageSize", "500"))
    assert Isbndb(CONFIG).call(Question(Kind.AUTHOR, author="..")) is None
    for provider in (GoogleBooks(CONFIG), Isbndb(CONFIG)):
        assert provider.call(Question(Kind.AUTHORS, author="Frank Herbert")) is None
        assert provider.call(Question(Kind.AUTHOR_WORKS, **OWN)) is None  # type: ignore[arg-type]


def test_people() -> None:
    docs = [
        {"key": "OL1A", "name": "Herbert, Frank", "alternate_names": ["F. H."], "birth_date": "8 October 1920", "work_count": 200},
        {"key": "/authors/OL2A", "name": "Anna Roe", "work_count": "many"},
        {"key": "OL3W", "name": "No Author"},
        {"key": "OL4A", "name": "Unknown"},
    ]
    page = LIBRARY.read(Question(Kind.AUTHORS, author="Frank Herbert"), {"numFound": 4, "docs": docs})
    herbert, roe = page.people
    assert herbert.author == Author("Frank Herbert", openlibrary_id="OL1A", birth_year=1920)
    assert (herbert.other_names, herbert.works, roe.works) == (("F. H.",), 200, 0) and not page.empty


def test_works_are_of_the_author_who_was_asked_for() -> None:
    entries = [
        {
            "key": "/works/OL1W", "type": {"key": "/type/work"}, "title": "Dune: A Novel",
            "description": {"value": "Set on Arrakis."}, "covers": [-1, 7],
        },
        {"key": "/works/OL2W", "type": {"key": "/type/redirect"}, "location": "/works/OL1W"},
        {"key": "/works/OL3W", "title": "Soul Catcher", "first_publish_date": "April 1972"},
    ]  # fmt: skip
    page = LIBRARY.read(Question(Kind.AUTHOR_WORKS, **OWN), {"size": 250, "entries": entries})  # type: ignore[arg-type]
    dune, soul = page.records
    assert page.total == 250 and dune.authors == soul.authors == (Author("Frank Herbert", openlibrary_id="OL1A"),)
    assert (dune.title, dune.openlibrary_work_id, dune.description) == ("Dune", "OL1W", "Set on Arrakis.")
    assert dune.edition.cover_url == "https://covers.openlibrary.org/b/id/7-L.jpg?default=false"
    assert soul.first_year == 1972


@pytest.mark.parametrize("kind", [Kind.AUTHORS, Kind.AUTHOR, Kind.AUTHOR_WORKS])
@pytest.mark.parametrize("payload", [None, [], {}, {"docs": None}, {"entries": "x"}, {"error": "notfound"}, {"docs": [1], "entries": [1]}])
def test_another_shape_is_no_answer(kind: Kind, payload: object) -> None:
    with pytest.raises(BadShape):
        LIBRARY.read(Question(kind, **OWN), payload)  # type: ignore[arg-type]


def test_a_page_of_isbndbs_author() -> None:
    books = [{"title": "Dune", "authors": ["Herbert, Frank"], "isbn13": "9780441172719"}]
    page = Isbndb(CONFIG).read(Question(Kind.AUTHOR, author="x"), {"author": "Frank Herbert", "books": books, "total": 700})
    assert page.total == 700 and page.records[0].authors[0].name == "Frank Herbert"
