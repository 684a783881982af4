"""Loads come after people: what they corrected and merged is still so, and the rest is as the newer dump has it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from search.catalogue.answering import answer
from search.catalogue.crosswalk import leads
from search.catalogue.keys import FIRST
from search.curation import correcting, merging
from search.curation.alone import Refused
from search.dto import Record
from search.models import Author, Authorship, Correction, Edition, Redirect, Work
from search.provider import Kind, Question
from tests.search.catalogue.loading.files import ALL, DUNE_BOOK, HERBERT, dump
from tests.search.curation.shelf import by, titled

pytestmark = pytest.mark.django_db(transaction=True)
DUNE, AGAIN, BOOK, OTHER_BOOK, WRITER, SAME_WRITER = FIRST + 1, FIRST + 7, FIRST + 1, FIRST + 7, FIRST + 1, FIRST + 7


def again(revision: int, title: str = "Dune, the novel", **facts: Any) -> tuple[str, str, int, dict[str, Any]]:
    return ("/type/work", "/works/OL7W", revision, {"title": title, "authors": [{"author": {"key": "/authors/OL7A"}}], **facts})


def same_writer(revision: int) -> tuple[str, str, int, dict[str, Any]]:
    return ("/type/author", "/authors/OL7A", revision, {"name": "F. P. Herbert"})


def other_book(revision: int, work: int = 7) -> tuple[str, str, int, dict[str, Any]]:
    facts = {"title": "Dune", "works": [{"key": f"/works/OL{work}W"}], "isbn_13": ["9780593098233"], "publishers": ["Ace"]}
    return ("/type/edition", "/books/OL7M", revision, facts)


def dune(revision: int, **facts: Any) -> tuple[str, str, int, dict[str, Any]]:
    return ("/type/work", "/works/OL1W", revision, {"title": "Dune", "authors": [{"author": {"key": "/authors/OL1A"}}], **facts})


@pytest.fixture
def load(tmp_path: Path) -> Any:
    files = iter(range(100))

    def loaded(*lines: Any) -> None:
        path = dump(tmp_path / f"file{next(files)}", *lines)
        call_command("load_catalogue", str(path), quiet=True, update=True)

    loaded(*ALL, again(2), same_writer(2), other_book(2))
    return loaded


def by_isbn(isbn: str) -> list[Record]:
    return list(answer(Question(Kind.ISBN, isbns=(isbn,))).records)


def test_a_merged_work_does_not_come_back(load: Any) -> None:
    [merge] = merging.merge("W", DUNE, [AGAIN], None)
    load(again(9), other_book(9), dune(9, subjects=["Planets"]))
    assert not Work.objects.filter(pk=AGAIN).exists() and not Authorship.objects.filter(work_id=AGAIN).exists()
    kept = Work.objects.get(pk=DUNE)
    assert (kept.revision, kept.subjects, kept.other_titles) == (9, ["Planets"], ["Dune, the novel"])
    assert titled("dune the novel") == {DUNE} and Edition.objects.get(pk=OTHER_BOOK).work_id == DUNE
    assert {record.openlibrary_work_id for record in by_isbn("9780593098233")} == {"OL1W"}
    merging.undo(merge, None)  # nothing that the merge touched is another than it left it
    assert Edition.objects.get(pk=OTHER_BOOK).work_id == AGAIN and Work.objects.get(pk=DUNE).subjects == ["Planets"]
    assert titled("dune the novel") == {AGAIN}


def test_no_undo_where_a_load_changed_what_the_merge_touched(load: Any) -> None:
    [merge] = merging.merge("W", DUNE, [AGAIN], None)
    load(dune(9, title="Dune Newer"))
    with pytest.raises(Refused, match=r"changed since: work: .*is another"):
        merging.undo(merge, None)


def test_after_an_undo_it_is_loaded_as_itself(load: Any) -> None:
    [merge] = merging.merge("W", DUNE, [AGAIN], None)
    merging.undo(merge, None)
    load(again(9, "Dune anew"), other_book(9))
    assert Work.objects.get(pk=AGAIN).title == "Dune anew" and Edition.objects.get(pk=OTHER_BOOK).work_id == AGAIN


def test_an_undo_after_a_load_that_brought_the_merged_one(load: Any) -> None:
    [merge] = merging.merge("W", DUNE, [AGAIN], None)
    load(again(9))
    assert merging.undo(merge, None) == [] and Work.objects.get(pk=AGAIN).revision == 2
    load(again(10))
    assert Work.objects.get(pk=AGAIN).revision == 10 and titled("dune the novel") == {AGAIN}


def test_a_merged_author_does_not_come_back(load: Any) -> None:
    merging.merge("A", WRITER, [SAME_WRITER], None)
    load(same_writer(9), again(9))
    assert not Author.objects.filter(pk=SAME_WRITER).exists()
    assert list(Authorship.objects.filter(work_id=AGAIN).values_list("author_id", flat=True)) == [WRITER]
    assert AGAIN in by("frank herbert") and by("f p herbert") == set()


def test_a_merged_edition_does_not_come_back_and_its_isbns_stay(load: Any) -> None:
    merging.merge("M", BOOK, [OTHER_BOOK], None)
    load((DUNE_BOOK[0], DUNE_BOOK[1], 9, {**DUNE_BOOK[3], "number_of_pages": 600}), other_book(9))
    assert not Edition.objects.filter(pk=OTHER_BOOK).exists()
    (found,) = by_isbn("9780593098233")
    assert found.edition.openlibrary_id == "OL1M" and found.edition.page_count == 600
    assert set(found.edition.isbns) >= {"9780441172719", "9780593098233"}


def test_the_source_merges_them_the_other_way_round(load: Any) -> None:
    merging.merge("W", DUNE, [AGAIN], None)
    load(again(9), ("/type/redirect", "/works/OL1W", 9, {"location": "/works/OL7W"}))
    assert list(Redirect.objects.values_list("old", "new")) == [(DUNE, AGAIN)]
    assert not Work.objects.filter(pk=DUNE).exists() and Edition.objects.get(pk=BOOK).work_id == AGAIN
    assert [lead.works for lead in leads("OL1W")] == [(AGAIN,)]


def test_corrected_fields_stay_and_the_others_are_newer(load: Any) -> None:
    correcting.correct("W", DUNE, {"title": "Dune Corrected", "first_year": 1965}, None)
    correcting.correct("A", WRITER, {"name": "Francis Herbert"}, None)
    correcting.correct("M", BOOK, {"isbn": 9780593099322, "publisher": "Chilton"}, None)
    renamed = (HERBERT[0], HERBERT[1], 9, {"name": "Frank P. Herbert", "birth_date": "1921"})
    book = {**DUNE_BOOK[3], "title": "Dune Newer", "publishers": ["New"]}
    load(dune(9, title="Dune Newer", subjects=["Planets"]), renamed, (DUNE_BOOK[0], DUNE_BOOK[1], 9, book))
    work, author, edition = Work.objects.get(pk=DUNE), Author.objects.get(pk=WRITER), Edition.objects.get(pk=BOOK)
    assert (work.title, work.first_year, work.subjects, work.revision) == ("Dune Corrected", 1965, ["Planets"], 9)
    assert (author.name, author.birth_year) == ("Francis Herbert", 1921)
    assert (edition.isbn, edition.publisher, edition.revision) == (9780593099322, "Chilton", 9)
    assert titled("dune corrected") == {DUNE} and titled("newer") == set() and by("francis herbert") == {DUNE}
    found = by_isbn("9780593099322")[0]
    assert {"title", "first_year", "authors", "edition.publisher", "edition.isbns"} <= found.edited and found.title == "Dune Corrected"
    for correction in Correction.objects.all():
        correcting.take_back(correction)
    work.refresh_from_db()
    assert (work.title, work.first_year, Edition.objects.get(pk=BOOK).publisher) == ("Dune Newer", None, "New"), "the source's newest word"
    assert titled("dune newer") == {DUNE} and by("frank p herbert") == {DUNE}


def test_a_row_deleted_by_its_source_and_brought_again_is_corrected(load: Any) -> None:
    correcting.correct("M", OTHER_BOOK, {"language": "en"}, None)
    load(("/type/delete", "/books/OL7M", 9, {}))
    assert not Edition.objects.filter(pk=OTHER_BOOK).exists()
    load(other_book(10))
    assert Edition.objects.get(pk=OTHER_BOOK).language == "en"


def test_a_work_made_for_an_edition_is_corrected_too(load: Any) -> None:
    load(other_book(9, work=8))
    correcting.correct("W", FIRST + 8, {"title": "Dune Made"}, None)
    load(("/type/delete", "/works/OL8W", 9, {}), other_book(10, work=8))
    assert Work.objects.get(pk=FIRST + 8).title == "Dune Made" and titled("dune made") == {FIRST + 8}


def test_nothing_is_curated_while_a_load_runs(load: Any) -> None:
    from django.db import connection, connections

    from search.catalogue.loading.lock import only_one

    if connection.vendor == "postgresql":  # a lock of this very session would be ours
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [0x626F6F6B])
        with pytest.raises(Refused, match="A load is running"):
            merging.merge("W", DUNE, [AGAIN], None)
        other.close()
        return
    with only_one(), pytest.raises(Refused, match="A load is running"):
        merging.merge("W", DUNE, [AGAIN], None)
    assert Work.objects.filter(pk=AGAIN).exists()
