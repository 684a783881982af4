"""The evaluation of spine texts, on a few of our own; and the bar that the matching must hold, on the real ones where they are."""

from pathlib import Path

import pytest

from bookstrack.lib.evaluation import Findings, NothingToMeasure
from scanning.evaluation.spine_labels import BOOK, MERGED, NOT_BOOK, NOT_HELD, is_book, listed, shelves, spine_labels, stands_there
from scanning.evaluation.spine_titles import Titles
from scanning.evaluation.spines_area import TEXTS, TITLES, SpinesArea
from scanning.photos.spine_text import spine_text
from tests.scanning.photos.spines import BOOKS, book, spine

_TITLES = """title,author,series,isbn
Carrie ,"King, Stephen, 1947-",,
Emma ,"Austen, Jane, 1775-1817",,
Between the acts ,"Woolf, Virginia",,
"The Black swan : the impact of the highly improbable ","Taleb, Nassim Nicholas",,
Poems , ,,
"""
_TEXTS = """image_name,mask_id,title,author,not_book,not_in_db,segmentation_merged_books,ocr
a.jpg,1,Carrie ,"King, Stephen, 1947-",False,False,False,STEPHEN KING Carrie N Kin
a.jpg,2,Between the acts ,"Woolf, Virginia",False,False,False,VIRGINIAWOOLF BETWEENTHE ACTS
a.jpg,3,,,True,False,False,84
b.jpg,1,,,False,True,False,PLATO The Republic
b.jpg,2,,,False,False,True,EMMA Jane Austen CARRIE Stephen
b.jpg,3,Emma ,"Austen, Jane, 1775-1817",False,False,False,EMMA
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    texts, titles = tmp_path / "texts.csv", tmp_path / "titles.csv"
    texts.write_text(_TEXTS)
    titles.write_text(_TITLES)
    return texts, titles


def _found(texts: Path, titles: Path, *, alone: bool = False, answers: Path | None = None) -> Findings:
    return SpinesArea().run({"texts": texts, "titles": titles, "alone": alone, "answers": answers})


@pytest.mark.parametrize("alone", [False, True])
def test_spines_are_counted_by_label(files: tuple[Path, Path], tmp_path: Path, alone: bool) -> None:
    found = _found(*files, alone=alone, answers=tmp_path / "answers.jsonl")
    assert found.figures["kinds"][BOOK] == {"right": 2, "none": 1}
    assert found.figures["kinds"][NOT_HELD] == found.figures["kinds"][NOT_BOOK] == {"none": 1}
    assert found.figures["halves"]["all"]["recall"]["count"] == 2
    assert found.figures["halves"]["all"]["precision"]["share"] == 1.0
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 6
    assert not found.missed


def test_labels_say_what_a_spine_is(files: tuple[Path, Path]) -> None:
    labels = spine_labels(files[0])
    assert [label.kind for label in labels] == [BOOK, BOOK, NOT_BOOK, NOT_HELD, MERGED, BOOK]
    assert [len(shelf) for shelf in shelves(labels)] == [3, 3]
    assert all(len({label.held_out for label in shelf}) == 1 for shelf in shelves(labels))
    swan = listed(files[1])[3]
    assert (swan.title, swan.subtitle, swan.authors) == (
        "The Black swan", "the impact of the highly improbable", ("Nassim Nicholas Taleb",),
    )  # fmt: skip


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    with pytest.raises(NothingToMeasure, match="columns"):
        _found(wrong, wrong)
    with pytest.raises(NothingToMeasure):
        _found(tmp_path / "away.csv", wrong)


def test_the_right_book_may_lack_its_subtitle_but_not_its_author() -> None:
    swan = book("The Black Swan", "Nassim Taleb", subtitle="The Impact")
    assert is_book(swan, book("Black swan", "Nassim Taleb"))
    assert not is_book(swan, book("The Black Swan", "Thomas Mann"))
    assert not is_book(swan, book("The Black", "Nassim Taleb", subtitle="Swans"))


def test_a_book_stands_there_letter_by_letter_or_not() -> None:
    assert stands_there("N 820 Aus EMMA Jane Austen", book("Emma", "Jane Austen"))
    assert not stands_there("EMMA", book("Emma", "Jane Austen"))
    assert not stands_there("EMNA Jane Austen", book("Emma", "Jane Austen"))


def test_titles_are_found_by_words_with_faults() -> None:
    titles = Titles(BOOKS)
    for read, title in ((("CARRLE", "KlNG"), "Carrie"), (("DAPHNEZMAUBIER",), "Rebecca"), (("tomorow", "kiled familys"), BOOKS[12].title)):
        assert titles.like(spine_text(spine(*read)), 3)[0].title == title
    assert titles.like(spine_text(spine("84"))) == []


@pytest.mark.skipif(not (TEXTS.exists() and TITLES.exists()), reason="the real spine texts are not here")
def test_real_spines_hold_the_bar(tmp_path: Path) -> None:
    lines = TEXTS.read_text(encoding="utf-8").splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_text("".join([lines[0], *lines[1::45]]), encoding="utf-8")
    measured = _found(part, TITLES).figures["halves"]["all"]
    assert measured["precision"]["share"] >= 0.97
    assert measured["recall"]["share"] >= 0.8
