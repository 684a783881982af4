"""Open Library's other answers."""

from collections.abc import Callable
from typing import Any

import pytest

from search.provider import BadShape
from search.providers.openlibrary_records import read_author, read_data, read_edition, read_editions, read_work
from tests.search.records import DUNE


def edition(**facts: Any) -> dict[str, Any]:
    return {"type": {"key": "/type/edition"}, "key": "/books/OL1M", "title": "Dune", **facts}


def test_an_edition() -> None:
    record = read_edition(
        edition(
            title_prefix="The ",
            title="Dunes",
            subtitle="a study",
            isbn_10=["0441172717"],
            isbn_13=[DUNE],
            works=[{"key": "/works/OL893415W"}],
            authors=[{"key": "/authors/OL79034A"}],
            contributions=["Schoenherr, John, 1935-, ill.", "Jane Roe (Translator)"],
            contributors=[{"role": "Narrator", "name": "Scott Brick"}],
            publishers=["[s.n.]", "Ace"],
            publish_date="August 1, 1990",
            pagination="xii, 535 p. ; 18 cm",
            physical_format="Mass Market Paperback",
            languages=[{"key": "/languages/eng"}],
            covers=[-1, 11481354],
            identifiers={"goodreads": ["53732"], "librarything": ["x"], "amazon": ["B000FC1PHI"]},
            description={"type": "/type/text", "value": "Set on *Arrakis*."},
            work_titles=["Dune"],
            edition_name="2nd ed.",
        )
    )
    found = record.edition
    assert (record.title, record.subtitle, record.description) == ("The Dunes", "a study", "Set on Arrakis.")
    assert record.authors == () and record.contributors == ("Scott Brick", "John Schoenherr", "Jane Roe")
    assert record.openlibrary_work_id == "OL893415W" and record.other_titles == ("Dune",)
    assert found.isbns == record.work_isbns == (DUNE,)
    assert (found.publisher, found.published, found.page_count) == ("Ace", "1990-08-01", 535)
    assert (found.format, found.language, found.note, found.openlibrary_id) == ("Mass Market", "en", "2nd ed.", "OL1M")
    assert found.cover_url == "https://covers.openlibrary.org/b/id/11481354-L.jpg?default=false"
    assert (found.goodreads_ids, found.librarything_ids, found.asins) == (("53732",), (), ("B000FC1PHI",))


def test_an_edition_in_two_languages_is_in_none_for_sure() -> None:
    record = read_edition(edition(languages=[{"key": "/languages/eng"}, {"key": "/languages/fre"}]))
    assert record.edition.language is None and record.languages == ("en", "fr")


def test_the_editions_of_a_work() -> None:
    entries = [edition(), edition(title=""), None, {"type": {"key": "/type/redirect"}, "title": "x"}, {"title": "Dune 2"}]
    assert [record.title for record in read_editions({"size": 5, "entries": entries})] == ["Dune", "Dune 2"]


@pytest.mark.parametrize("description", ["Told <b>plainly</b>.", {"type": "/type/text", "value": "Told plainly."}])
def test_a_work(description: object) -> None:
    record = read_work(
        {
            "type": {"key": "/type/work"},
            "key": "/works/OL893415W",
            "title": "Dune",
            "description": description,
            "subjects": ["Science fiction"],
            "first_publish_date": "August 1965",
            "covers": [-1],
        }
    )
    assert (record.title, record.description, record.first_year) == ("Dune", "Told plainly.", 1965)
    assert record.openlibrary_work_id == "OL893415W" and record.edition.cover_url is None


def test_an_author() -> None:
    person = read_author(
        {
            "type": {"key": "/type/author"},
            "key": "/authors/OL79034A",
            "name": "Frank Herbert",
            "birth_date": "8 October 1920",
            "death_date": "1986",
            "alternate_names": ["Frank Patrick Herbert", 7],
            "bio": {"type": "/type/text", "value": "<p>Wrote of sand.</p>"},
            "remote_ids": {"wikidata": "Q7934", "viaf": "1"},
        }
    )
    author = person.author
    assert person.other_names == ("Frank Patrick Herbert",) and person.wikidata_id == "Q7934" and person.biography == "Wrote of sand."
    assert (author.name, author.openlibrary_id, author.birth_year, author.death_year) == ("Frank Herbert", "OL79034A", 1920, 1986)


def test_books_by_their_keys() -> None:
    [record] = read_data(
        {
            f"ISBN:{DUNE}": {
                "key": "/books/OL1M",
                "title": "Dune",
                "authors": [{"url": "https://openlibrary.org/authors/OL79034A/Frank_Herbert", "name": "Frank Herbert"}],
                "identifiers": {"isbn_13": [DUNE], "goodreads": ["53732"]},
                "publishers": [{"name": "Ace"}],
                "publish_date": "1990",
                "number_of_pages": 535,
                "subjects": [{"name": "Science fiction", "url": "https://openlibrary.org/subjects/science_fiction"}],
                "cover": {"small": "https://covers.openlibrary.org/b/id/11481354-S.jpg"},
            },
            "ISBN:1": {"title": ""},
        }
    )
    assert record.authors[0].openlibrary_id == "OL79034A" and record.subjects == ("Science Fiction",)
    assert (record.edition.isbns, record.edition.publisher, record.edition.page_count) == ((DUNE,), "Ace", 535)
    assert record.edition.cover_urls is not None and record.edition.cover_urls[2].endswith("/11481354-L.jpg?default=false")
    assert read_data({}) == ()


REDIRECT = {"type": {"key": "/type/redirect"}, "key": "/books/OL1M", "location": "/books/OL2M", "title": "Dune"}
DELETED = {"type": {"key": "/type/delete"}, "key": "/works/OL1W", "title": "Dune", "name": "Frank Herbert"}


@pytest.mark.parametrize("read", [read_edition, read_work, read_author])
@pytest.mark.parametrize("payload", [None, [], {}, {"error": "notfound", "key": "/books/OL1M"}, REDIRECT, DELETED])
def test_what_is_none_of_its_type_is_refused(read: Callable[[Any], object], payload: object) -> None:
    with pytest.raises(BadShape):
        read(payload)


@pytest.mark.parametrize(
    ("read", "payload"),
    [
        (read_edition, edition(title="")),
        (read_work, {"type": {"key": "/type/work"}, "title": None}),
        (read_author, {"type": {"key": "/type/author"}, "name": "Unknown"}),
        (read_editions, {"size": 0}),
        (read_editions, [{"title": "Dune"}]),
        (read_data, {"docs": []}),
        (read_data, []),
    ],
)
def test_what_names_nothing_is_refused(read: Callable[[Any], object], payload: object) -> None:
    with pytest.raises(BadShape):
        read(payload)
