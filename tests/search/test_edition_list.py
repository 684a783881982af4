"""Which records are editions of the work that was asked for, and that each ISBN comes once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.dto import Record
from search.edition_list import editions_of, speaks_of, with_work
from search.provider import Kind, Question
from tests.search.records import DUNE, DUNE_HARDCOVER, MESSIAH, record

ASKED = Question(Kind.ADVANCED, title="Dune", author="Frank Herbert")


@pytest.mark.parametrize(
    ("found", "fits"),
    [
        (record(), True),
        (record(author="Herbert, Frank"), True),
        (record(title="DUNE"), True),
        (record(title="Dune", author=None), False),
        (record(title="Dune", author="Brian Herbert"), False),
        (record(title="Dune Messiah"), False),
        (record(title="Der Wüstenplanet"), False),
        (record(title="Der Wüstenplanet", other_titles=("Dune",)), True),
    ],
)
def test_title_and_author_have_to_agree(found: Record, fits: bool) -> None:
    assert speaks_of(ASKED, found) is fits


def test_a_listed_edition_takes_its_work_along() -> None:
    work = record(openlibrary_work_id="OL1W", first_year=1965, work_isbns=(DUNE, DUNE_HARDCOVER))
    listed = with_work(record(title="Der Wüstenplanet", author=None, isbns=(MESSIAH,)), work)
    books = editions_of(ASKED, [work, listed])
    [german] = [book for book in books if MESSIAH in book.edition.isbns]
    assert (german.title, german.first_year, german.openlibrary_work_id) == ("Der Wüstenplanet", 1965, "OL1W")
    assert german.work_isbns == (MESSIAH,)


def test_facts_of_one_edition_stay_its_own() -> None:
    books = editions_of(ASKED, [record(isbns=(DUNE,), page_count=535), record("isbndb", isbns=(DUNE_HARDCOVER,), publisher="Ace")])
    facts = {book.edition.isbns: (book.edition.page_count, book.edition.publisher) for book in books}
    assert facts == {(DUNE,): (535, None), (DUNE_HARDCOVER,): (None, "Ace")}


PROVIDERS = st.sampled_from(["openlibrary", "google-books", "isbndb", "catalogue"])
TITLES, AUTHORS = st.sampled_from(["Dune", "Dune Messiah", "dune"]), st.sampled_from(["Frank Herbert", "Jane Austen", None])
ISBNS = st.sampled_from([(), (DUNE,), (DUNE_HARDCOVER,), (DUNE, DUNE_HARDCOVER)])


@given(st.lists(st.builds(record, PROVIDERS, TITLES, AUTHORS, isbns=ISBNS, page_count=st.sampled_from([None, 412])), max_size=8))
def test_no_isbn_twice_and_none_of_another_author(records: list[Record]) -> None:
    books = editions_of(ASKED, records)
    own = {isbn for found in records if speaks_of(ASKED, found) for isbn in found.edition.isbns}
    shown = [isbn for book in books for isbn in book.edition.isbns]
    assert set(shown) == own
    assert all(book.authors[0].name == "Frank Herbert" and book.title.casefold() == "dune" for book in books)
