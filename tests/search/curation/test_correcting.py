"""A corrected field is found at once, stands in answers before every provider's, and can be taken back."""

from typing import Any

import pytest

from search.catalogue.answering import answer
from search.curation import correcting
from search.curation.alone import Refused
from search.dto import Record
from search.models import Author, Correction, Edition, Work
from search.provider import Kind, Question
from tests.search.curation.shelf import DUNE, DUNE_AGAIN, F_HERBERT, HARDCOVER, HERBERT, PAPERBACK, by, check_index, everything, titled


def record(isbn: str, edition: str = "") -> Record:
    records = answer(Question(Kind.ISBN, isbns=(isbn,))).records
    return next(each for each in records if edition in (each.edition.openlibrary_id or ""))


def test_a_title(staff: Any) -> None:
    assert correcting.correct("W", DUNE_AGAIN, {"title": "The Dune Saga", "subtitle": "Part one", "first_year": 1965}, staff) == [
        "title", "subtitle",
    ]  # fmt: skip
    assert titled("the dune saga part one") == {DUNE_AGAIN} and titled("chronicle") == set()
    assert titled("dune saga") == {DUNE_AGAIN}
    corrections = Correction.objects.order_by("field").values_list("field", "value", "source_value", "by__username")
    assert list(corrections) == [("subtitle", "Part one", "", "staff"), ("title", "The Dune Saga", "Dune Chronicle", "staff")]
    correcting.correct("W", DUNE_AGAIN, {"title": "Dune Saga"}, staff)
    correcting.correct("W", DUNE_AGAIN, {"subtitle": ""}, staff)
    assert list(Correction.objects.values_list("field", "value", "source_value")) == [("title", "Dune Saga", "Dune Chronicle")]
    correcting.take_back(Correction.objects.get())
    assert not Correction.objects.exists() and titled("chronicle") == {DUNE_AGAIN} and titled("saga") == set()
    check_index()


def test_an_authors_name(staff: Any) -> None:
    before = everything()
    correcting.correct("A", F_HERBERT, {"name": "Brian Herbert", "birth_year": 1947, "death_year": None}, staff)
    assert Author.objects.get(pk=F_HERBERT).name_key == "brian herbert"
    assert by("brian herbert") == {DUNE_AGAIN, DUNE + 2} and by("f p herbert") == set()
    found = record("9780441013593")
    assert (found.authors[0].name, found.authors[0].birth_year, found.edited) == ("Brian Herbert", 1947, {"authors"})
    for correction in Correction.objects.all():
        correcting.take_back(correction)
    assert everything() == before


def test_an_edition(staff: Any) -> None:
    correcting.correct("M", HARDCOVER, {"publisher": "Chilton", "isbn": 9780593099322, "title": "Dune"}, staff)
    found = record("9780593099322")
    assert found.edition.publisher == "Chilton" and found.edited == {"edition.publisher", "edition.isbns"}
    assert not answer(Question(Kind.ISBN, isbns=("9780441013593",))).records
    assert record("9780441172719").edited == frozenset()


def test_a_works_title_names_the_editions_that_bear_it(staff: Any) -> None:
    """And no translation: a book is never swapped for another language's."""
    Edition.objects.create(pk=HARDCOVER + 10, work_id=DUNE, isbn=9782266320481, title="Les enfants du désert", language="fr")
    correcting.correct("W", DUNE, {"title": "Dune (Whole)"}, staff)
    own = record("9780441172719", "OL1M")
    assert (own.title, own.edition.title, own.edited) == ("Dune (Whole)", "Dune", {"title"})
    french = record("9782266320481", f"OL{HARDCOVER + 10 - 10**9}M")
    assert (french.title, french.edited) == ("Les enfants du désert", frozenset())


def test_what_is_gone_is_not_corrected(staff: Any) -> None:
    with pytest.raises(Refused, match="not there"):
        correcting.correct("W", 17, {"title": "x"}, staff)
    correcting.correct("W", DUNE, {"first_year": 1965}, staff)
    Work.objects.filter(pk=DUNE).delete()
    correcting.take_back(Correction.objects.get())
    assert not Correction.objects.exists()


def test_only_fields_that_may_be(staff: Any) -> None:
    before = everything()
    assert correcting.correct("W", DUNE, {"title_words": "x", "revision": 7, "title": "Dune"}, staff) == []
    assert everything() == before


def test_a_title_of_another_alphabet(staff: Any) -> None:
    correcting.correct("W", DUNE, {"title": "Дюна"}, staff)
    assert DUNE in titled("дюна") and DUNE in titled("dyuna")
    correcting.correct("W", DUNE, {"title": "砂の惑星"}, staff)
    assert titled("砂の惑星") == {DUNE} and titled("дюна") == set()
    correcting.correct("A", HERBERT, {"name": "フランク・ハーバート"}, staff)
    assert by("フランク") == {DUNE, DUNE + 2}
    assert PAPERBACK in {edition.pk for edition in Work.objects.get(pk=DUNE).editions.all()}
