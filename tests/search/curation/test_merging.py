"""Duplicates become one row, are found under both ids and both titles, and come apart again exactly as they were."""

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.catalogue.answering import answer
from search.catalogue.crosswalk import leads
from search.curation import correcting, merging
from search.curation.alone import Refused, curating
from search.models import Author, Authorship, Correction, Edition, Identifier, Merge, Redirect, Work
from search.provider import Kind, Question
from tests.search.curation.shelf import (
    DUNE,
    DUNE_AGAIN,
    F_HERBERT,
    HARDCOVER,
    HERBERT,
    MESSIAH,
    PAPERBACK,
    PAPERBACK_AGAIN,
    by,
    check_index,
    everything,
    filled,
    titled,
    work,
)

LETTERS = {"W": (DUNE, DUNE_AGAIN, MESSIAH), "M": (PAPERBACK, HARDCOVER, PAPERBACK_AGAIN), "A": (HERBERT, F_HERBERT)}


def test_works(staff: Any) -> None:
    [merge] = merging.merge("W", DUNE, [DUNE_AGAIN], staff)
    kept = Work.objects.get(pk=DUNE)
    assert not Work.objects.filter(pk=DUNE_AGAIN).exists() and not Authorship.objects.filter(work_id=DUNE_AGAIN).exists()
    assert (kept.title, kept.first_year, kept.subjects) == ("Dune", 1965, ["Science fiction"]), "gaps are filled, nothing else"
    assert kept.other_titles == ["Dune Chronicle", "Der Wüstenplanet"]
    assert set(kept.editions.values_list("pk", flat=True)) == {PAPERBACK, PAPERBACK_AGAIN, HARDCOVER}
    assert [author.pk for author in kept.authors.all()] == [HERBERT]
    assert titled("dune chronicle") == {DUNE}
    assert [lead.works for lead in leads("OL2W")] == [(DUNE,)], "the old id leads to the staying row"
    assert {record.openlibrary_work_id for record in answer(Question(Kind.ISBN, isbns=("9780441013593",))).records} == {"OL1W"}
    own = Question(Kind.PROVIDER_ID, provider="catalogue", provider_id=f"catalogue-{DUNE_AGAIN}")
    assert {record.openlibrary_work_id for record in answer(own).records} == {"OL1W"}
    assert (merge.kept_name, merge.gone_name, merge.by) == ("Dune", "Dune Chronicle", staff)


def test_authors(staff: Any) -> None:
    merging.merge("A", HERBERT, [F_HERBERT], staff)
    author = Author.objects.get()
    assert (author.name, author.birth_year, author.death_year) == ("Frank Herbert", 1920, 1986)
    assert sorted(Authorship.objects.values_list("work_id", "author_id")) == [(DUNE, HERBERT), (DUNE_AGAIN, HERBERT), (MESSIAH, HERBERT)]
    assert by("frank herbert") == {DUNE, DUNE_AGAIN, MESSIAH} and by("f p herbert") == set()
    assert Work.objects.get(pk=MESSIAH).author_words == " frank herbert "


def test_editions(staff: Any) -> None:
    merging.merge("M", PAPERBACK, [PAPERBACK_AGAIN, HARDCOVER], staff)
    kept = Edition.objects.get()
    assert (kept.isbn, kept.publisher, kept.page_count, kept.language, kept.title) == (9780441172719, "Berkley", 535, "en", "Dune")
    assert set(kept.identifiers.values_list("scheme", "value")) == {
        ("goodreads", "234225"), ("goodreads", "44767458"), ("asin", "B00B7NPRY8"), ("isbn", "9780441013593"), ("isbn", "9780593098233"),
    }  # fmt: skip
    (found,) = answer(Question(Kind.ISBN, isbns=("9780593098233",))).records
    assert found.edition.isbns[0] == "9780441172719"
    assert set(found.edition.isbns) == {"9780441172719", "9780441013593", "9780593098233"}
    assert Redirect.objects.filter(letter="M", new=PAPERBACK).count() == 2


@pytest.mark.parametrize("letter", LETTERS)
def test_undo_restores_every_row(staff: Any, letter: Any) -> None:
    kept, *gone = LETTERS[letter]
    before, found = everything(), (titled("dune"), titled("chronicle"), by("frank"), by("f p herbert"))
    merges = merging.merge(letter, kept, gone, staff)
    assert everything() != before
    for merge in reversed(merges):
        merging.undo(merge, staff)
    assert everything() == before
    assert (titled("dune"), titled("chronicle"), by("frank"), by("f p herbert")) == found
    with pytest.raises(Refused, match="undone already"):
        merging.undo(merges[0], staff)


@pytest.mark.usefixtures("transactional_db")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("WMA"), st.permutations(range(3)), st.integers(1, 2)), min_size=1, max_size=5))
def test_any_merges_undone_in_reverse_leave_no_trace(steps: list[tuple[Any, list[int], int]]) -> None:
    """Also chains, one row merged from two sides, and what is refused."""
    with transaction.atomic():
        filled()
        before, done = everything(), list[Merge]()
        for letter, order, many in steps:
            keys = [LETTERS[letter][place] for place in order if place < len(LETTERS[letter])]
            try:
                done += merging.merge(letter, keys[0], keys[1 : 1 + many], None)
            except Refused:
                assert Merge.objects.filter(undone_at=None).count() == len(done), "what is refused changes nothing"
            check_index()
            editions = Edition.objects.values_list("work_id", flat=True)
            assert set(editions) <= set(Work.objects.values_list("pk", flat=True))
            assert set(Identifier.objects.values_list("edition_id", flat=True)) <= set(Edition.objects.values_list("pk", flat=True))
            assert set(Authorship.objects.values_list("author_id", flat=True)) <= set(Author.objects.values_list("pk", flat=True))
        for merge in reversed(done):
            merging.undo(merge, None)
        check_index()
        assert everything() == before
        assert titled("chronicle") == {DUNE_AGAIN} and titled("dune") == {DUNE, DUNE_AGAIN, MESSIAH}
        transaction.set_rollback(True)


def test_a_chain_and_back_again(staff: Any) -> None:
    [first] = merging.merge("W", DUNE_AGAIN, [DUNE], staff)
    [second] = merging.merge("W", MESSIAH, [DUNE_AGAIN], staff)
    assert [lead.works for lead in leads("OL1W")] == [(MESSIAH,)]
    with pytest.raises(Refused, match="later merge"):
        merging.undo(first, staff)
    with pytest.raises(Refused, match="not there"):
        merging.merge("W", DUNE, [MESSIAH], staff)
    merging.undo(second, staff)
    merging.undo(first, staff)
    assert not Redirect.objects.exists()
    merging.merge("W", DUNE, [DUNE_AGAIN], staff)
    assert [lead.works for lead in leads("OL2W")] == [(DUNE,)]


def test_undo_is_refused_when_things_have_changed(staff: Any) -> None:
    [merge] = merging.merge("W", DUNE, [DUNE_AGAIN], staff)
    correcting.correct("W", DUNE, {"first_year": 1966}, staff)
    before = everything()
    with pytest.raises(Refused, match="work: first_year"):
        merging.undo(merge, staff)
    assert everything() == before
    correcting.take_back(Correction.objects.get())
    assert merging.undo(merge, staff) == []


def test_undo_says_what_it_cannot_know(staff: Any) -> None:
    [merge] = merging.merge("W", DUNE, [DUNE_AGAIN], staff)
    Edition.objects.create(pk=HARDCOVER + 10, work_id=DUNE)
    assert merging.undo(merge, staff) == ["1 editions came to “Dune” since; they stay with it."]


def test_corrections_of_the_staying_work_stay(staff: Any) -> None:
    correcting.correct("W", DUNE, {"first_year": None, "subjects": []}, staff)
    correcting.correct("W", DUNE_AGAIN, {"title": "Dune, the chronicle"}, staff)
    before = everything()
    [merge] = merging.merge("W", DUNE, [DUNE_AGAIN], staff)
    assert list(Correction.objects.values_list("key", "field")) == [(DUNE, "subjects")]
    assert Work.objects.get(pk=DUNE).subjects == [], "somebody said that there are none"
    merging.undo(merge, staff)
    assert everything() == before


@pytest.mark.parametrize(
    ("kept", "gone", "why"),
    [
        (DUNE, [DUNE], "into itself"),
        (DUNE, [], "at least two"),
        (DUNE, [DUNE_AGAIN, 17], "not there"),
        (17, [DUNE], "not there"),
        (DUNE, list(range(20, 31)), "At most 10"),
    ],
)
def test_refused(staff: Any, kept: int, gone: list[int], why: str) -> None:
    before = everything()
    with pytest.raises(Refused, match=why):
        merging.merge("W", kept, gone, staff)
    assert everything() == before and not Merge.objects.exists()


def test_very_many_rows_are_refused(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MOST_ROWS", 1)
    with pytest.raises(Refused, match="not done by hand"):
        merging.merge("A", HERBERT, [F_HERBERT], staff)
    with pytest.raises(Refused, match="not done by hand"):
        merging.merge("W", DUNE, [DUNE_AGAIN], staff)
    assert not Merge.objects.exists() and not Redirect.objects.exists()


def test_a_row_that_its_source_merged_does_not_stay(staff: Any) -> None:
    Redirect.objects.create(letter="W", old=DUNE, new=MESSIAH)
    with pytest.raises(Refused, match="by its source"):
        merging.merge("W", DUNE, [DUNE_AGAIN], staff)


def test_words_of_a_work_whose_authors_are_not_loaded_yet_wait(staff: Any) -> None:
    work(MESSIAH + 1, "Heretics", (F_HERBERT,), author_words="")
    Authorship.objects.create(work_id=MESSIAH + 2, author_id=F_HERBERT)  # of a work that is not loaded yet either
    before = everything()
    [merge] = merging.merge("A", HERBERT, [F_HERBERT], staff)
    assert Work.objects.get(pk=MESSIAH + 1).author_words == ""
    assert Authorship.objects.get(work_id=MESSIAH + 2).author_id == HERBERT
    merging.undo(merge, staff)
    assert everything() == before


def test_one_at_a_time(staff: Any) -> None:
    with curating():
        pass
    with curating():  # what was let go can be had again
        pass
