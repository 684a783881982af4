"""Open Library's search: the call that each question makes, and whose facts are taken for an edition's."""

from typing import Any

import pytest

from search.dto import Record
from search.provider import BadShape, Kind, ProviderConfig, Question, Refusal
from search.providers.openlibrary import OpenLibrary, cover_urls
from tests.search.records import DUNE, DUNE_HARDCOVER, MESSIAH

DUNE_FRENCH = "9782266320481"
DUNE_10 = "0441172717"
openlibrary = OpenLibrary(ProviderConfig("https://example.org"))
ISBN = Question(Kind.ISBN, isbns=(DUNE,))
TITLE = Question(Kind.TITLE, text="Dune")


def asked(question: Question) -> dict[str, str]:
    call = openlibrary.call(question)
    assert call is not None and (call.path, call.method) == ("/search.json", "GET") and not call.headers
    return dict(call.params)


def doc(**facts: Any) -> dict[str, Any]:
    return {"key": "/works/OL893415W", "title": "Dune", "author_name": ["Frank Herbert"], "author_key": ["OL79034A"], **facts}


def sub_document(**facts: Any) -> dict[str, Any]:
    return {"numFound": 1, "start": 0, "docs": [{"key": "/books/OL2M", "title": "Dune", **facts}]}


def read_all(question: Question, *docs: Any) -> tuple[Record, ...]:
    return openlibrary.read(question, {"numFound": len(docs), "start": 0, "docs": list(docs)}).records


def read(question: Question, **facts: Any) -> Record:
    [record] = read_all(question, doc(**facts))
    return record


# ---------------------------------------------------------------- calls


def test_an_isbn_is_asked_with_the_fields_it_needs() -> None:
    params = asked(ISBN)
    assert params["q"] == f"isbn:{DUNE}"
    assert {"isbn", "publisher", "subject", "editions", "editions.isbn", "editions.publish_date"} <= set(params["fields"].split(","))


def test_many_isbns_are_one_call_with_room_for_all() -> None:
    many = (DUNE, MESSIAH, DUNE_HARDCOVER)
    params = asked(Question(Kind.MANY_ISBNS, isbns=many, limit=1))
    assert (params["q"], params["limit"]) == (f"isbn:({DUNE} OR {MESSIAH} OR {DUNE_HARDCOVER})", "3")


def test_a_title_is_asked_as_typed() -> None:
    params = asked(Question(Kind.TITLE, text="Война и мир: том 1", limit=10, offset=30, lang="ru"))
    assert (params["title"], params["limit"], params["offset"], params["lang"]) == ("Война и мир: том 1", "10", "30", "ru")


def test_title_and_author_are_given_as_far_as_they_are_known() -> None:
    both, author = asked(Question(Kind.ADVANCED, title="Dune", author="Herbert")), asked(Question(Kind.ADVANCED, author="Herbert"))
    assert (both["title"], both["author"]) == ("Dune", "Herbert")
    assert author["author"] == "Herbert" and "title" not in author


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("dune herbert", "dune herbert"),
        ('author:"King" && (title:It || x*~2)', "author King title It x 2"),
        ("Spider-Man: No/Way?", "Spider Man No Way"),
        ("TO BE OR NOT TO BE", "TO BE or not TO BE"),
        ("C++ [rev] ^ {x} \\", "C rev x"),
        ("ノルウェイの森", "ノルウェイの森"),
        ("הארי פוטר", "הארי פוטר"),
        ("हैरी पॉटर", "हैरी पॉटर"),
        ("L'Étranger", "L'Étranger"),
    ],
)
def test_what_means_something_to_the_query_language_is_neutral(typed: str, query: str) -> None:
    assert asked(Question(Kind.ANY, text=typed))["q"] == query


@pytest.mark.parametrize(
    "question",
    [
        Question(Kind.ISBN),
        Question(Kind.MANY_ISBNS),
        Question(Kind.TITLE, text=" "),
        Question(Kind.ANY, text='(*) "?"'),
        Question(Kind.ADVANCED),
    ],
)
def test_nothing_to_ask_makes_no_call(question: Question) -> None:
    assert openlibrary.call(question) is None


# ---------------------------------------------------------------- the work


def test_the_works_own_facts() -> None:
    record = read(
        TITLE,
        title="Dune",
        subtitle="A Novel",
        first_publish_year=1965,
        isbn=[DUNE_10, DUNE, DUNE_FRENCH, "rubbish", "9780000000001"],
        language=["eng", "fre", "eng", "mul"],
        subject=["Science fiction", "In library"],
        ratings_count=100,
        want_to_read_count=500,
        edition_count=50,
    )
    assert (record.title, record.subtitle, record.first_year) == ("Dune", "A Novel", 1965)
    assert record.authors[0].name == "Frank Herbert" and record.authors[0].openlibrary_id == "OL79034A"
    assert record.openlibrary_work_id == "OL893415W"
    assert record.work_isbns == (DUNE, DUNE_FRENCH)
    assert record.languages == ("en", "fr") and record.original_language is None
    assert record.subjects == ("Science Fiction",)
    assert record.popularity == 0.5


@pytest.mark.parametrize(("year", "read_as"), [(1965, 1965), ("1965", 1965), (-750, -750), (0, None), (99999, None), ([], None)])
def test_the_year_of_the_work(year: object, read_as: int | None) -> None:
    assert read(TITLE, first_publish_year=year).first_year == read_as


@pytest.mark.parametrize(
    ("names", "keys", "authors"),
    [
        (["Frank Herbert", "Unknown"], ["OL1A", "OL2A"], [("Frank Herbert", "OL1A")]),
        (["Unknown", "Frank Herbert"], ["OL1A", "OL2A"], [("Frank Herbert", "OL2A")]),
        (["Frank Herbert"], ["OL1A", "OL2A"], [("Frank Herbert", None)]),
        (["Oakes, James.", "James Oakes"], ["OL1A", "OL2A"], [("James Oakes", "OL1A")]),
        (None, ["OL1A"], []),
        ({"name": "Frank Herbert"}, None, [("Frank Herbert", None)]),
    ],
)
def test_ids_stay_with_their_authors(names: object, keys: object, authors: list[tuple[str, str | None]]) -> None:
    record = read(TITLE, author_name=names, author_key=keys)
    assert [(author.name, author.openlibrary_id) for author in record.authors] == authors


@pytest.mark.parametrize(
    ("cover_id", "number"), [(7, "7"), ("7", "7"), (-1, None), (0, None), (None, None), (True, None), ([], None), ("x", None)]
)
def test_covers_by_id(cover_id: object, number: str | None) -> None:
    base = "https://covers.openlibrary.org/b/id/{}-{}.jpg?default=false"
    assert cover_urls(cover_id) == (number and tuple(base.format(number, size) for size in "SML"))


# ---------------------------------------------------------------- the edition


def test_the_sub_document_is_the_edition() -> None:
    record = read(
        Question(Kind.ISBN, isbns=(DUNE_FRENCH,)),
        isbn=[DUNE, DUNE_FRENCH],
        publisher=["Ace", "Pocket"],
        cover_i=1,
        number_of_pages_median=500,
        publish_date=["1990"],
        language=["eng", "fre"],
        editions=sub_document(
            title="Dune. L'intégrale",
            isbn=[DUNE_FRENCH],
            publisher=["Pocket"],
            publish_date=["2021-11-04"],
            language=["fre"],
            cover_i=2,
            number_of_pages=928,
            format=["Poche"],
        ),
    )
    edition = record.edition
    assert edition.isbns == (DUNE_FRENCH,) and edition.openlibrary_id == "OL2M"
    assert (edition.publisher, edition.published, edition.page_count) == ("Pocket", "2021-11-04", 928)
    assert (edition.language, edition.format) == ("fr", "Mass Market")
    assert edition.cover_url is not None and "/id/2-L.jpg" in edition.cover_url
    assert record.title == "Dune. L'intégrale" and record.other_titles == ("Dune",), "never under another language's name"


def test_of_another_edition_only_the_number_is_known() -> None:
    record = read(
        ISBN,
        isbn=[DUNE, DUNE_FRENCH],
        publisher=["Pocket"],
        publish_date=["2021"],
        number_of_pages_median=928,
        language=["fre"],
        cover_i=2,
        editions=sub_document(isbn=[DUNE_FRENCH], publisher=["Pocket"]),
    )
    edition = record.edition
    assert edition.isbns == (DUNE,)
    assert (edition.publisher, edition.published, edition.page_count, edition.language, edition.cover_url) == (None,) * 5


def test_a_work_with_one_edition_is_that_edition() -> None:
    facts = {
        "isbn": [DUNE_10, DUNE],
        "edition_key": ["OL1M"],
        "publisher": ["Ace"],
        "publish_date": ["Aug 1990"],
        "number_of_pages_median": 535,
        "language": ["eng"],
        "cover_i": 11481354,
        "id_goodreads": ["53732"],
        "id_amazon": ["B000FC1PHI", DUNE_10],
    }
    for question in (ISBN, TITLE):
        edition = read(question, **facts).edition
        assert edition.isbns == (DUNE,) and edition.openlibrary_id == "OL1M"
        assert (edition.publisher, edition.published, edition.page_count, edition.language) == ("Ace", "1990-08", 535, "en")
        assert edition.cover_url == "https://covers.openlibrary.org/b/id/11481354-L.jpg?default=false"
        assert (edition.goodreads_ids, edition.asins) == (("53732",), ("B000FC1PHI",))


@pytest.mark.parametrize("others", [{"edition_key": ["OL1M", "OL2M"]}, {"edition_count": 2}, {}])
def test_one_number_is_not_yet_one_edition(others: dict[str, Any]) -> None:
    edition = read(ISBN, isbn=[DUNE], publisher=["Ace"], publish_date=["1965"], number_of_pages_median=9, **others).edition
    assert edition.isbns == (DUNE,)
    assert (edition.publisher, edition.published, edition.page_count) == (None, None, None)


def test_many_isbns_of_one_work_are_an_edition_each() -> None:
    question = Question(Kind.MANY_ISBNS, isbns=(DUNE, MESSIAH, DUNE_FRENCH))
    records = read_all(question, doc(isbn=[DUNE, DUNE_FRENCH]), doc(key="/works/OL2W", title="Dune Messiah", isbn=[MESSIAH]))
    assert [(record.title, record.edition.isbns) for record in records] == [
        ("Dune", (DUNE,)),
        ("Dune", (DUNE_FRENCH,)),
        ("Dune Messiah", (MESSIAH,)),
    ]


def test_an_edition_with_two_of_the_numbers_asked_comes_once() -> None:
    question = Question(Kind.MANY_ISBNS, isbns=(DUNE, DUNE_HARDCOVER))
    [record] = read_all(question, doc(isbn=[DUNE], editions=sub_document(isbn=[DUNE, DUNE_HARDCOVER])))
    assert record.edition.isbns == (DUNE, DUNE_HARDCOVER)


def test_a_work_without_the_number_asked_stays_a_record() -> None:
    assert read(ISBN, isbn=[DUNE_FRENCH]).edition.isbns == ()


@pytest.mark.parametrize(
    ("question", "title", "languages", "isbns", "chosen"),
    [
        (TITLE, "Dune", ["eng", "fre"], [DUNE_FRENCH, DUNE], DUNE),
        (Question(Kind.TITLE, text="Dune", lang="fr"), "Dune", ["eng", "fre"], [DUNE, DUNE_FRENCH], DUNE_FRENCH),
        (Question(Kind.TITLE, text="L'Étranger"), "L'Étranger", ["fre"], [DUNE, DUNE_FRENCH], DUNE_FRENCH),
        (Question(Kind.TITLE, text="ノルウェイの森"), "Norwegian Wood", ["eng"], [DUNE, "9784062748681"], "9784062748681"),
        (TITLE, "Dune", [], [DUNE_FRENCH, DUNE], DUNE),
        (Question(Kind.TITLE, text="Dune", lang="ja"), "Dune", [], [DUNE_FRENCH, DUNE], DUNE_FRENCH),
        (TITLE, "Dune", [], [DUNE_10, "9780593098233"], MESSIAH),
    ],
)
def test_for_a_title_the_number_fits_its_language(
    question: Question, title: str, languages: list[str], isbns: list[str], chosen: str
) -> None:
    edition = read(question, title=title, isbn=isbns, language=languages, cover_i=5, publisher=["Ace"]).edition
    assert edition.isbns == (chosen,)
    assert edition.cover_url is not None and edition.publisher is None


def test_for_a_title_a_number_is_worth_more_than_a_sub_document_without_one() -> None:
    assert read(TITLE, isbn=[DUNE, DUNE_FRENCH], editions=sub_document(publisher=["Chilton"])).edition.isbns == (DUNE,)
    bare = read(TITLE, editions=sub_document(publisher=["Chilton"])).edition
    assert (bare.openlibrary_id, bare.publisher) == ("OL2M", "Chilton")


@pytest.mark.parametrize("editions", [None, [], {}, {"docs": None}, {"docs": [None]}, {"docs": [{"key": "/works/OL1W", "title": "x"}]}])
def test_a_broken_sub_document_is_none(editions: object) -> None:
    assert read(ISBN, isbn=[DUNE, DUNE_FRENCH], editions=editions).edition.openlibrary_id is None


# ---------------------------------------------------------------- shapes


def test_an_entry_without_a_usable_title_is_left_out() -> None:
    assert [record.title for record in read_all(TITLE, doc(title=None), doc(title=""), doc(title=[]), None, doc())] == ["Dune"]


def test_no_hits_is_an_empty_page() -> None:
    page = openlibrary.read(TITLE, {"numFound": 0, "docs": []})
    assert (page.records, page.total) == ((), 0)


def test_the_total_is_the_catalogues_own() -> None:
    assert openlibrary.read(TITLE, {"numFound": 812, "docs": [doc()]}).total == 812
    assert openlibrary.read(TITLE, {"num_found": 812, "docs": [doc()]}).total == 812
    assert openlibrary.read(TITLE, {"docs": [doc()]}).total == 1


@pytest.mark.parametrize(
    "payload",
    [None, [], "", 7, {}, {"numFound": 0}, {"docs": None}, {"docs": {}}, {"docs": ["x"]}, {"error": "x", "docs": []}, {"items": []}],
)
def test_another_shape_is_a_failure(payload: object) -> None:
    with pytest.raises(BadShape):
        openlibrary.read(TITLE, payload)


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(404, Refusal.ABSENT), (429, Refusal.QUOTA), (503, Refusal.FAULT), (403, Refusal.REJECTED), (422, Refusal.REJECTED)],
)
def test_refusals(status: int, refusal: Refusal) -> None:
    assert openlibrary.refusal(status, None) is refusal


# ---------------------------------------------------------------- by id

WORK, EDITION = Question(Kind.PROVIDER_ID, provider="openlibrary", provider_id="OL893415W", limit=1), "OL26242482M"


def test_a_work_by_its_id_is_asked_of_the_search_and_taken_from_nothing_else() -> None:
    assert asked(WORK)["q"] == 'key:"/works/OL893415W"'
    other = {**doc(), "key": "/works/OL2W"}
    page = openlibrary.read(WORK, {"numFound": 2, "docs": [other, doc(isbn=[DUNE])]})
    assert [record.openlibrary_work_id for record in page.records] == ["OL893415W"]
    assert openlibrary.read(WORK, {"numFound": 1, "docs": [other]}).records == ()


def test_an_edition_and_the_editions_of_a_work_by_id() -> None:
    by_edition = Question(Kind.PROVIDER_ID, provider="openlibrary", provider_id=EDITION)
    call = openlibrary.call(by_edition)
    assert call is not None and call.path == f"/books/{EDITION}.json"
    stored = {"type": {"key": "/type/edition"}, "key": f"/books/{EDITION}", "title": "Dune", "isbn_13": [DUNE]}
    [record] = openlibrary.read(by_edition, stored).records
    assert (record.edition.openlibrary_id, record.edition.isbns) == (EDITION, (DUNE,))
    for gone in ("redirect", "delete"):
        assert openlibrary.read(by_edition, {"type": {"key": f"/type/{gone}"}, "key": f"/books/{EDITION}"}).records == ()
    with pytest.raises(BadShape):
        openlibrary.read(by_edition, {"docs": []})
    of_work = Question(Kind.EDITIONS, provider="openlibrary", provider_id="OL893415W", limit=50)
    call = openlibrary.call(of_work)
    assert call is not None and (call.path, call.params) == ("/works/OL893415W/editions.json", (("limit", "50"),))
    assert len(openlibrary.read(of_work, {"entries": [stored, {**stored, "title": ""}]}).records) == 1


@pytest.mark.parametrize(("provider", "given"), [("google-books", "OL893415W"), ("openlibrary", "OL7A"), ("openlibrary", "../x"), ("", "")])
def test_ids_of_others_are_not_asked(provider: str, given: str) -> None:
    for kind in (Kind.PROVIDER_ID, Kind.EDITIONS):
        assert openlibrary.call(Question(kind, provider=provider, provider_id=given)) is None


def test_a_long_answer_comes_in_parts() -> None:
    isbns = tuple(f"{n}" for n in range(45))
    docs = [doc(key=f"/works/OL{n}W") for n in range(1, 46)]
    parts = list(openlibrary.parts(Question(Kind.MANY_ISBNS, isbns=isbns), {"numFound": 45, "docs": docs}))
    assert [len(part.records) for part in parts] == [20, 20, 5]
    assert openlibrary.read(Question(Kind.MANY_ISBNS, isbns=isbns), {"numFound": 45, "docs": docs}).total == 45
