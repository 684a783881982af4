"""Per field the best source wins, and nothing of another book gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.dto import Author, Record
from search.merge import merged, quality_of
from search.provider import Kind, Question
from tests.search.records import DUNE, DUNE_HARDCOVER, LONG, MESSIAH, record

BY_ISBN = Question(Kind.ISBN, isbns=(DUNE,))
BY_TITLE = Question(Kind.TITLE, text="Dune")


def test_three_records_of_one_isbn_are_one_book() -> None:
    books = merged(BY_ISBN, [record(p, isbns=(DUNE,)) for p in ("openlibrary", "google-books", "isbndb")])
    assert len(books) == 1
    assert books[0].providers == ("openlibrary", "google-books", "isbndb")


def test_best_source_per_field() -> None:
    [book] = merged(
        BY_ISBN,
        [
            record(
                "google-books",
                "DUNE",
                isbns=(DUNE,),
                publisher="Google",
                page_count=1,
                published="2011",
                description="Short.",
            ),
            record("openlibrary", isbns=(DUNE,), publisher="Library", page_count=2, first_year=1965),
            record("isbndb", isbns=(DUNE,), publisher="Index", page_count=3, published="1999-05", description=LONG),
        ],
    )
    assert (book.title, book.first_year, book.description) == ("Dune", 1965, LONG.rstrip())
    assert (book.edition.publisher, book.edition.page_count, book.edition.published) == ("Index", 3, "1999-05")
    assert book.sources["publisher"] == "isbndb" and book.sources["firstPublicationYear"] == "openlibrary"


def test_an_editions_year_never_raises_the_works() -> None:
    [book] = merged(
        BY_ISBN,
        [record("google-books", isbns=(DUNE,), published="2019"), record("isbndb", isbns=(DUNE,), published="1984")],
    )
    assert book.first_year == 1984


def test_facts_of_a_sibling_edition_stay_out() -> None:
    [book] = merged(
        BY_ISBN,
        [
            record("openlibrary", isbns=(DUNE,), work_isbns=(DUNE, DUNE_HARDCOVER), openlibrary_work_id="OL893415W"),
            record(
                "isbndb",
                isbns=(DUNE_HARDCOVER,),
                work_isbns=(DUNE, DUNE_HARDCOVER),
                publisher="Chilton",
                page_count=412,
                format="Hardcover",
            ),
        ],
    )
    assert book.edition.isbns == (DUNE,)
    assert book.edition.publisher is None and book.edition.page_count is None and book.edition.format is None


def test_other_isbns_are_no_answer_to_an_isbn() -> None:
    assert merged(BY_ISBN, [record("google-books", isbns=(MESSIAH,))]) == []


def test_sequels_are_other_works() -> None:
    books = merged(BY_TITLE, [record(isbns=(DUNE,)), record("isbndb", "Dune Messiah", isbns=(MESSIAH,))])
    assert [book.title for book in books] == ["Dune", "Dune Messiah"]


def test_same_title_by_another_author_is_another_work() -> None:
    books = merged(BY_TITLE, [record(isbns=(DUNE,)), record("isbndb", author="Somebody Else", isbns=(DUNE_HARDCOVER,))])
    assert len(books) == 2


def test_a_missing_author_never_matches_a_present_one() -> None:
    assert len(merged(BY_TITLE, [record(), record("isbndb", author=None)])) == 2


def test_one_title_cannot_glue_two_episodes() -> None:
    books = merged(
        Question(Kind.TITLE, text="Star Wars"),
        [
            record(title="Star Wars", author="George Lucas", subtitle="A New Hope", isbns=(DUNE,)),
            record("google-books", title="Star Wars", author="George Lucas"),
            record(
                "isbndb", title="Star Wars", author="George Lucas", subtitle="The Empire Strikes Back", isbns=(MESSIAH,)
            ),
        ],
    )
    assert sorted(book.subtitle or "" for book in books) == ["A New Hope", "The Empire Strikes Back"]


def test_a_conflicting_language_does_not_name_the_book() -> None:
    [book] = merged(
        BY_ISBN,
        [
            record("openlibrary", "Duna", isbns=(DUNE,), language="es"),
            record("google-books", "Dune", isbns=(DUNE,), language="en"),
            record("isbndb", "Dune", isbns=(DUNE,), language="en"),
        ],
    )
    assert book.title == "Dune"


def test_the_edition_shown_is_in_the_language_asked() -> None:
    both = (DUNE, "9782266320481")
    question = Question(Kind.TITLE, text="Dune", lang="fr")
    [book] = merged(
        question,
        [
            record(isbns=(DUNE,), work_isbns=both, language="en"),
            record("google-books", isbns=(both[1],), work_isbns=both, language="fr"),
        ],
    )
    assert book.edition.isbns == (both[1],)


def test_a_drawn_cover_gives_way_to_a_real_one() -> None:
    [book] = merged(
        BY_ISBN,
        [
            record("catalogue", isbns=(DUNE,), cover_url="/covers/drawn/dune.png"),
            record("google-books", isbns=(DUNE,), cover_url="https://x.example/1"),
        ],
    )
    assert book.edition.cover_url == "https://x.example/1"


def test_authors_are_completed_from_the_other_providers() -> None:
    own = Record(
        "openlibrary",
        "Dune",
        authors=(Author("Frank Herbert", openlibrary_id="OL79034A"),),
        edition=record(isbns=(DUNE,)).edition,
    )
    other = Record("catalogue", "Dune", authors=(Author("Frank Herbert", birth_year=1920),), edition=own.edition)
    [book] = merged(BY_ISBN, [own, other])
    assert book.authors == (Author("Frank Herbert", openlibrary_id="OL79034A", birth_year=1920),)


def test_quality_adds_up_to_100() -> None:
    full = record(
        isbns=(DUNE,),
        cover_url="https://x.example/1",
        description=LONG,
        page_count=5,
        publisher="Ace",
        published="1990",
        subjects=("Fiction",),
    )
    assert quality_of(full) == 100
    assert quality_of(record(author=None)) == 0


@pytest.mark.parametrize("size", [1200])
def test_many_records_stay_near_linear(size: int) -> None:
    """1,200 works by 40 authors: each is compared with its namesakes only, and finishes within the test's patience."""
    records = [record(title=f"Volume {i} of the Sea", author=f"Ada Smith{i % 40}") for i in range(size)]
    assert len(merged(BY_TITLE, records)) > size / 2


_records = st.builds(
    record,
    provider=st.sampled_from(["catalogue", "openlibrary", "google-books", "isbndb"]),
    title=st.sampled_from(["Dune", "DUNE", "Dune Messiah", "Dune: A Novel", "砂の惑星"]),
    author=st.sampled_from([None, "Frank Herbert", "Herbert, Frank", "Brian Herbert"]),
    isbns=st.sampled_from([(), (DUNE,), (DUNE_HARDCOVER,), (MESSIAH,)]),
    page_count=st.sampled_from([None, 100, 412]),
    language=st.sampled_from([None, "en", "fr"]),
)


@given(st.lists(_records, max_size=12))
def test_no_record_is_lost_and_no_isbn_doubled(records: list[Record]) -> None:
    books = merged(BY_TITLE, records)
    assert len(books) <= len(records)
    assert {isbn for r in records for isbn in r.edition.isbns} == {isbn for book in books for isbn in book.work_isbns}
    chosen = [isbn for book in books for isbn in book.edition.isbns]
    assert len(chosen) == len(set(chosen)), "one edition stands for two works"
    for book in books:
        if book.edition.page_count:
            own = book.edition
            same = [r for r in records if r.edition.isbns == own.isbns or set(r.edition.isbns) & set(own.isbns)]
            assert own.page_count in [r.edition.page_count for r in same]


@given(st.lists(_records, max_size=8), st.randoms())
def test_by_isbn_the_order_of_providers_does_not_matter(records: list[Record], random: object) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = merged(BY_ISBN, records), merged(BY_ISBN, shuffled)
    assert {isbn for book in one for isbn in book.edition.isbns} >= {DUNE} or not any(
        DUNE in r.edition.isbns for r in records
    )
    assert bool(one) == bool(other)
