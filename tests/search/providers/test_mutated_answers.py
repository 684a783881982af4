"""Real-shaped answers with any part replaced by anything: they give a page without nonsense, or are refused."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.dto import Record
from search.provider import BadShape, Kind, Page, Provider, ProviderConfig, Question
from search.providers.google_books import GoogleBooks, read_volume
from search.providers.isbndb import Isbndb, read_author_page
from search.providers.openlibrary import OpenLibrary
from search.providers.openlibrary_records import read_author, read_data, read_edition, read_editions, read_work
from tests.search.providers.nonsense import nonsense
from tests.search.records import DUNE, MESSIAH

VOLUME = {
    "kind": "books#volume",
    "id": "B1hSG45JCX4C",
    "volumeInfo": {
        "title": "Dune Messiah (Dune, #2)",
        "subtitle": "A Novel",
        "authors": ["Frank Herbert", "Jane Roe (Translator)"],
        "publisher": "Ace",
        "publishedDate": "2008-02-05",
        "description": "<p>Twelve <b>years</b> on.</p>",
        "industryIdentifiers": [{"type": "ISBN_13", "identifier": MESSIAH}, {"type": "OTHER", "identifier": "UOM:39015"}],
        "pageCount": 336,
        "printType": "BOOK",
        "categories": ["Fiction / Science Fiction"],
        "language": "en",
        "ratingsCount": 12,
        "imageLinks": {"thumbnail": "http://books.google.com/books/content?id=B1h&zoom=1&edge=curl"},
    },
    "saleInfo": {"isEbook": True},
}
DOC = {
    "key": "/works/OL893415W",
    "title": "Dune",
    "subtitle": "A Novel",
    "author_name": ["Frank Herbert"],
    "author_key": ["OL79034A"],
    "first_publish_year": 1965,
    "isbn": [DUNE, "0441172717"],
    "publisher": ["Ace"],
    "publish_date": ["1990"],
    "publish_year": [1990],
    "language": ["eng"],
    "subject": ["Science fiction"],
    "cover_i": 11481354,
    "number_of_pages_median": 535,
    "edition_count": 1,
    "edition_key": ["OL1M"],
    "ratings_count": 9,
    "want_to_read_count": 90,
    "id_goodreads": ["53732"],
    "id_librarything": ["6446"],
    "id_amazon": ["B000FC1PHI"],
    "editions": {"numFound": 1, "docs": [{"key": "/books/OL1M", "title": "Dune", "isbn": [DUNE], "language": ["eng"], "cover_i": 7}]},
}
BOOK = {
    "title": "Dune",
    "title_long": "Dune: The Desert Planet",
    "isbn": "0441172717",
    "isbn13": DUNE,
    "isbn10": "0441172717",
    "authors": ["Herbert, Frank"],
    "publisher": "Ace",
    "language": "en",
    "date_published": "1990-08-01",
    "pages": 535,
    "binding": "Paperback",
    "image": "https://images.isbndb.com/covers/27/19/9780441172719.jpg",
    "synopsis": "Set on Arrakis.",
    "subjects": ["Science Fiction"],
    "edition": "Reissue",
    "other_isbns": [{"isbn": MESSIAH, "binding": "Hardcover"}],
}
EDITION = {
    "type": {"key": "/type/edition"},
    "key": "/books/OL1M",
    "title": "Dune",
    "isbn_13": [DUNE],
    "works": [{"key": "/works/OL1W"}],
    "authors": [{"key": "/authors/OL1A"}],
    "contributors": [{"role": "Narrator", "name": "Scott Brick"}],
    "publishers": ["Ace"],
    "publish_date": "1990",
    "number_of_pages": 535,
    "pagination": "535 p.",
    "physical_format": "Paperback",
    "languages": [{"key": "/languages/eng"}],
    "covers": [-1, 7],
    "identifiers": {"goodreads": ["53732"]},
    "description": {"type": "/type/text", "value": "Set on Arrakis."},
    "work_titles": ["Dune"],
}
WORK = {
    "type": {"key": "/type/work"},
    "key": "/works/OL1W",
    "title": "Dune",
    "description": "Set on Arrakis.",
    "first_publish_date": "1965",
    "subjects": ["Science fiction"],
    "covers": [7],
}
AUTHOR = {"type": {"key": "/type/author"}, "key": "/authors/OL1A", "name": "Frank Herbert", "birth_date": "1920", "death_date": "1986"}
DATA = {
    f"ISBN:{DUNE}": {
        "key": "/books/OL1M",
        "title": "Dune",
        "authors": [{"url": "https://openlibrary.org/authors/OL1A/x", "name": "Frank Herbert"}],
        "identifiers": {"isbn_13": [DUNE]},
        "publishers": [{"name": "Ace"}],
        "subjects": [{"name": "Fiction"}],
        "cover": {"large": "https://covers.openlibrary.org/b/id/7-L.jpg"},
    }
}
PERSON = {"key": "OL1A", "name": "Frank Herbert", "alternate_names": ["F. Herbert"], "birth_date": "8 October 1920", "work_count": 9}
PEOPLE = {"numFound": 1, "docs": [PERSON]}
WORKS = {"size": 1, "entries": [{**WORK, "subtitle": "A Novel", "authors": [{"author": {"key": "/authors/OL1A"}}]}]}
BY_ID = Question(Kind.AUTHOR_WORKS, author="Frank Herbert", provider="openlibrary", provider_id="OL1A")
ANSWERS: list[tuple[type[Provider], Any]] = [
    (GoogleBooks, {"kind": "books#volumes", "totalItems": 1, "items": [VOLUME]}),
    (OpenLibrary, {"numFound": 1, "docs": [DOC]}),
    (Isbndb, {"book": BOOK}),
    (Isbndb, {"total": 1, "requested": 1, "data": [BOOK]}),
    (Isbndb, {"author": "Frank Herbert", "books": [BOOK], "total": 1}),
]
OTHER_ANSWERS: list[tuple[Callable[[Any], Any], Any]] = [
    (read_volume, VOLUME),
    (lambda found: OpenLibrary(ProviderConfig("x")).read(BY_ID, found), WORKS),
    (lambda found: OpenLibrary(ProviderConfig("x")).read(Question(Kind.AUTHORS, author="Frank Herbert"), found).people, PEOPLE),
    (read_author_page, {"author": "frank-herbert", "books": [BOOK], "total": 1}),
    (read_edition, EDITION),
    (read_editions, {"size": 1, "entries": [EDITION]}),
    (read_work, WORK),
    (read_author, AUTHOR),
    (read_data, DATA),
]
QUESTIONS = [
    Question(Kind.ISBN, isbns=(DUNE,)),
    Question(Kind.MANY_ISBNS, isbns=(DUNE, MESSIAH)),
    Question(Kind.TITLE, text="Dune", lang="fr"),
    Question(Kind.ADVANCED, title="Dune", author="Herbert"),
    Question(Kind.AUTHORS, author="Frank Herbert"),
    Question(Kind.AUTHOR, author="Frank Herbert", provider="openlibrary", provider_id="OL1A"),
    BY_ID,
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.text(st.characters(categories=("Cs", "Cc", "Cf", "Lu", "Po")), max_size=8),
    st.sampled_from(["Unknown", "<b>", "&lt;", "http://", "https://[::1/", "0", "-1", "9780000000001", "19??", ":", " - ", "()", "by "]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "value", "key", "title", "type", "docs", "identifier"]), inner, max_size=3),
    ),
    max_leaves=5,
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from _places(node[key], (*path, key))


@st.composite
def mutated(draw: st.DrawFn, payload: Any) -> Any:
    """The payload with one to four of its parts, however deep, replaced by anything."""
    changed = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 4))):
        *above, last = draw(st.sampled_from(list(_places(changed)))) or (None,)
        if last is None:
            return draw(ANYTHING)
        node = changed
        for key in above:
            node = node[key]
        node[last] = draw(ANYTHING)
    return changed


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_answer_is_a_page_without_nonsense_or_refused(data: st.DataObject) -> None:
    provider, payload = data.draw(st.sampled_from(ANSWERS))
    question, changed = data.draw(st.sampled_from(QUESTIONS)), data.draw(mutated(payload))
    try:
        page = provider(ProviderConfig("https://example.org")).read(question, changed)
    except BadShape:
        return
    assert isinstance(page, Page) and page.total >= 0
    assert [nonsense(record) for record in page.records if nonsense(record)] == []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_every_other_answer_is_read_without_nonsense_or_refused(data: st.DataObject) -> None:
    read, payload = data.draw(st.sampled_from(OTHER_ANSWERS))
    try:
        found = read(data.draw(mutated(payload)))
    except BadShape:
        return
    records = found.records if isinstance(found, Page) else found if isinstance(found, tuple) else (found,)
    assert [nonsense(record) for record in records if isinstance(record, Record) and nonsense(record)] == []


@pytest.mark.parametrize("provider", [GoogleBooks, OpenLibrary, Isbndb])
@given(status=st.integers(400, 599), payload=ANYTHING)
def test_a_refusal_is_read_out_of_anything(provider: type[Provider], status: int, payload: Any) -> None:
    provider(ProviderConfig("https://example.org")).refusal(status, payload)


def test_the_shapes_as_they_are_give_books() -> None:
    for provider, payload in ANSWERS:
        [record] = provider(ProviderConfig("https://example.org")).read(QUESTIONS[0], payload).records
        assert record.edition.isbns and not nonsense(record)
    for read, payload in OTHER_ANSWERS:
        assert read(payload)
