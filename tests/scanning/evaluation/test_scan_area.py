"""Scans compared with what stands on the photos: by hand-made answers, by the command, and once with a real engine."""

import asyncio
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib.evaluation import NothingToMeasure
from scanning.detections import Box
from scanning.evaluation import scan_area, scratch_catalogue
from scanning.evaluation.photo_reading import RememberedLooks, judged, sets_of
from scanning.evaluation.photo_scores import Score
from scanning.evaluation.photo_truth import TrueBook, TruePhoto, in_folder
from scanning.evaluation.photo_verdicts import Fate, PhotoVerdict, Worth, assigned, verdict
from scanning.picture_kinds import Unreadable

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
LEFT, RIGHT, ASIDE = Box(0.0, 0.1, 0.3, 0.9), Box(0.4, 0.1, 0.7, 0.9), Box(0.8, 0.1, 0.9, 0.9)
DUNE, EMMA = TrueBook("Dune", "Frank Herbert", box=LEFT), TrueBook("Emma", "Jane Austen", box=RIGHT)
CUT = TrueBook("Persuasion", "Jane Austen", box=ASIDE)
Dto = dict[str, Any]


def photo(*books: TrueBook, unlisted: tuple[TrueBook, ...] = ()) -> TruePhoto:
    return TruePhoto("shelf", Path("shelf.jpg"), books, unlisted)


def said(title: str | None, author: str | None, box: Box = LEFT, decision: str = "found", **more: Any) -> Dto:
    told = {"title": title, "author": author, "isbn": None, "confidence": 0.9, "engine": "ocr", "candidates": [], "text": title or ""}
    return told | {"boundingBox": box.as_dto(), "decision": decision} | more


def judge(books: Sequence[TrueBook], *answers: Dto) -> PhotoVerdict:
    return verdict(photo(*books), answers)


# -- which answer is right


@pytest.mark.parametrize(
    ("true", "title", "author"),
    [
        (DUNE, "Dune", "Frank Herbert"),
        (DUNE, "DUNE", "Herbert, Frank"),
        (DUNE, "Dune", None),
        (TrueBook("Dune", "Herbert"), "Dune", "Frank Herbert"),
        (TrueBook("The Republic of Tea", "Mel Ziegler, Patricia Ziegler and Bill Rosenzweig"), "The Republic of Tea", "Bill Rosenzweig"),
        (TrueBook("Sult", "Knut Hamsun", titles=("Hunger",)), "Hunger", "Knut Hamsun"),
        (TrueBook("Saga, Vol. 3", "Brian K. Vaughan"), "Saga, Vol. 3 (Saga, #3)", "Brian K. Vaughan, Fiona Staples"),
        (TrueBook("A Guide to Singing"), "A Guide to Singing", "Anybody Else"),
    ],
)
def test_the_same_book_otherwise_written_is_right(true: TrueBook, title: str, author: str | None) -> None:
    assert judge([true], said(title, author)).fates == (Fate.FOUND,)


@pytest.mark.parametrize(
    ("title", "author"),
    [("Dune Messiah", "Frank Herbert"), ("Dune", "Brian Herbert"), ("Dune 2", "Frank Herbert"), ("Emma", "Jane Austen")],
)
def test_another_book_is_wrong(title: str, author: str) -> None:
    found = judge([DUNE], said(title, author))
    assert (found.fates, found.worths) == ((Fate.WRONG,), (Worth.WRONG,))


def test_another_volume_is_wrong() -> None:
    found = judge([TrueBook("Saga, Vol. 3", "Brian K. Vaughan", box=LEFT)], said("Saga, Vol. 2 (Saga, #2)", "Brian K. Vaughan"))
    assert found.worths == (Worth.WRONG,)


def test_an_isbn_of_the_work_is_enough() -> None:
    true = TrueBook("Sult", "Knut Hamsun", isbn="9788205300569", box=LEFT)
    work = {"title": "Hunger", "authors": [{"name": "Knut Hamsun"}], "isbn": ["9788205300569"]}
    assert judge([true], said("Hunger", "Knut Hamsun", enrichment={"work": work})).fates == (Fate.FOUND,)
    assert judge([true], said("Hunger", "Knut Hamsun")).fates == (Fate.WRONG,)


def test_the_right_title_at_another_place_is_wrong() -> None:
    found = judge([DUNE, EMMA], said("Dune", "Frank Herbert", RIGHT))
    assert found.fates == (Fate.MISSED, Fate.WRONG) and found.nowhere == 0


def test_where_places_are_not_known_the_title_is_enough() -> None:
    found = judge([TrueBook("Dune", "Frank Herbert")], said("Dune", "Frank Herbert", ASIDE))
    assert found.fates == (Fate.FOUND,) and found.nowhere is None and not found.boxed


def test_two_copies_need_two_answers() -> None:
    two = [TrueBook("Dune", "Frank Herbert")] * 2
    assert judge(two, said("Dune", "Frank Herbert")).fates.count(Fate.FOUND) == 1
    assert judge(two, said("Dune", "Frank Herbert"), said("Dune", "Frank Herbert", RIGHT)).fates == (Fate.FOUND,) * 2
    third = judge(two, *(said("Dune", "Frank Herbert", box) for box in (LEFT, RIGHT, ASIDE)))
    assert third.worths.count(Worth.WRONG) == 1


def test_offers_count_with_their_candidates() -> None:
    offer = {"title": "Dune", "author": "Frank Herbert", "score": 0.6}
    assert judge([DUNE], said("Dun", None, decision="maybe", candidates=[offer])).fates == (Fate.MAYBE,)
    other = judge([DUNE], said("Dun", None, decision="maybe", candidates=[{"title": "Emma", "author": "Jane Austen"}]))
    assert (other.fates, other.worths) == ((Fate.UNREADABLE,), (Worth.NOT_OFFERED,))
    assert judge([DUNE], said(None, None, decision="unreadable", candidates=[offer])).fates == (Fate.UNREADABLE,)
    assert judge([DUNE]).fates == (Fate.MISSED,)


def test_a_found_book_goes_before_one_that_is_offered() -> None:
    offered = said("Dune", "Frank Herbert", decision="maybe")
    found = judge([DUNE], offered, said("Dune", "Frank Herbert"))
    assert found.fates == (Fate.FOUND,) and found.worths == (Worth.NOT_OFFERED, Worth.RIGHT)


def test_books_that_nobody_asked_for_count_only_when_they_are_wrong() -> None:
    shelf = photo(DUNE, unlisted=(CUT,))
    right = verdict(shelf, [said("Persuasion", "Jane Austen", ASIDE), said(None, None, ASIDE, "unreadable")])
    assert right.worths == (Worth.UNLISTED, Worth.UNLISTED) and right.fates == (Fate.MISSED,) and right.nowhere == 0
    assert verdict(shelf, [said("Emma", "Jane Austen", ASIDE)]).worths == (Worth.WRONG,)


def test_answers_on_no_book_are_counted() -> None:
    assert judge([DUNE], said("Emma", "Jane Austen", ASIDE), said(None, None, ASIDE, "unreadable")).nowhere == 2


EDGES = st.lists(st.lists(st.integers(0, 4), max_size=5, unique=True), max_size=5)


@given(EDGES, st.randoms())
def test_the_assignment_is_one_to_one_and_none_larger_exists(edges: list[list[int]], rng: Any) -> None:
    order = list(range(len(edges)))
    rng.shuffle(order)
    found = assigned(edges, order)
    assert len(set(found.values())) == len(found) and all(right in edges[left] for left, right in found.items())

    def most(place: int, free: frozenset[int]) -> int:
        if place == len(edges):
            return 0
        return max([most(place + 1, free), *(1 + most(place + 1, free - {right}) for right in free & set(edges[place]))])

    assert len(found) == most(0, frozenset(range(5)))


# -- scores


def test_scores_are_of_all_photos() -> None:
    good = judge([DUNE, EMMA], said("Dune", "Frank Herbert"), said("Emma", None, RIGHT, "maybe"))
    bad = judge([DUNE, EMMA], said("Emma", "Jane Austen"))
    score = Score.of([good, bad])
    told = score.figures()
    assert (told["precision"]["count"], told["precision"]["of"]) == (1, 2)
    assert (told["recall"]["count"], told["recallWithMaybe"]["count"], told["recall"]["of"]) == (1, 2, 4)
    assert told["fates"] == {"found": 1, "maybe": 1, "wrong": 1, "unreadable": 0, "missed": 1} and told["wrongMatches"]["of"] == 3


def test_thresholds_that_are_missed_are_said() -> None:
    wrong = judge([DUNE], said("Emma", "Jane Austen"))
    told = scan_area.findings({"barcode": [judge([DUNE])], "barcode+ocr": [wrong]}, "tests")
    assert len(told.missed) == 2 and "found books are right" in told.missed[0] and "found or offered" in told.missed[1]
    assert list(told.figures["engines"]) == ["barcode", "barcode+ocr"] and "| barcode+ocr" in told.markdown()
    unboxed = judge([TrueBook("Dune", "Frank Herbert")])
    assert not scan_area.findings({"ocr": [unboxed]}, "tests").missed, "recall is asked of drawn photos only"


def test_a_right_title_at_another_place_is_told_apart_for_people() -> None:
    wrong = judge([DUNE, EMMA], said("Dune", "Frank Herbert", RIGHT), said("Ulysses", "James Joyce"))
    assert [line["misplaced"] for line in wrong.lines if "misplaced" in line] == [True, False]


def test_findings_of_another_process_are_the_same() -> None:
    found = scan_area.findings({"ocr": [judge([DUNE], said("Emma", "Jane Austen"))]}, "tests")
    told = scan_area.read_findings(orjson.loads(orjson.dumps(asdict(found))), [Path("folder/books.csv")])
    assert replace(told, about=found.about) == found and told.about == f"{found.about} Catalogue: books.csv."


def test_the_books_of_truths_are_a_catalogue(tmp_path: Path) -> None:
    shelves = [photo(DUNE, EMMA), photo(EMMA, TrueBook("Sult", isbn="9788205300569"))]
    told = scratch_catalogue.of_truths(shelves, tmp_path / "books.csv").read_text(encoding="utf-8").splitlines()
    assert told == ["title,author,isbn", "Dune,Frank Herbert,", "Emma,Jane Austen,", "Sult,,9788205300569"]


def test_a_scratch_catalogue_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
    assert scratch_catalogue.environment(tmp_path)["DATABASE_URL"] == "", "the server's own database is left alone"
    with pytest.raises(NothingToMeasure, match="load_catalogue failed"):
        scratch_catalogue.manage(tmp_path, "load_catalogue")


# -- reading


class Shelf:
    """Reads what it was given, by engine; fails where it was given a fault."""

    def __init__(self, **answers: list[Dto] | Exception) -> None:
        self.answers, self.asked = answers, []

    async def read(self, data: bytes, engines: Sequence[str]) -> tuple[Sequence[Dto], float]:
        self.asked.append(tuple(engines))
        told = self.answers["_".join(engines)]
        if isinstance(told, Exception):
            raise told
        return told, 2.0


def test_each_engine_is_measured_alone_and_all_together(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"picture")
    found = [said("Dune", "Frank Herbert")]
    reader = Shelf(barcode=[], ocr=found, barcode_ocr=found)
    told = asyncio.run(judged([TruePhoto("a", file, (DUNE,))], ("barcode", "ocr"), reader))
    assert {name: part[0].fates for name, part in told.items()} == {
        "barcode": (Fate.MISSED,), "ocr": (Fate.FOUND,), "barcode+ocr": (Fate.FOUND,),
    }  # fmt: skip
    assert told["ocr"][0].seconds == 2.0 and sets_of(("ocr",)) == (("ocr",),)


def test_a_photo_that_cannot_be_read_has_lost_its_books(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"none")
    reader = Shelf(ocr=Unreadable("INVALID_FILE", "This is no picture."))
    told = asyncio.run(judged([TruePhoto("a", file, (DUNE,))], ("ocr",), reader))
    assert told["ocr"][0].fates == (Fate.MISSED,)
    assert scan_area.findings(told, "tests").missed[0] == "a: This is no picture."


def test_an_engine_looks_at_a_photo_once(tmp_path: Path) -> None:
    async def looked(times: int) -> tuple[set[str], float]:
        pictures = RememberedLooks(tmp_path / "seen")
        try:
            kept = (await pictures.open((SAMPLES / "shelf-3.jpg").read_bytes())).jpeg
            seen = [await pictures.look("barcode", kept) for _ in range(times)]
            return {repr(each) for each in seen}, pictures.spared_s
        finally:
            await pictures.close()

    first, spared = asyncio.run(looked(2))
    again, spared_again = asyncio.run(looked(1))
    assert len(first) == 1 and first == again, "another process finds what was kept"
    assert 0 < spared == spared_again


# -- truths


def write(folder: Path, truth: Any) -> None:
    (folder / "a.jpg").write_bytes(b"picture")
    (folder / "a.truth.json").write_text(truth if isinstance(truth, str) else json.dumps(truth))


def test_truths_are_read_with_and_without_boxes(tmp_path: Path) -> None:
    box = {"x1": 0.1, "y1": 0.2, "x2": 0.3, "y2": 0.4}
    write(tmp_path, {"books": [{"title": "Dune", "author": "Frank Herbert", "box": box}, {"title": "Emma"}], "note": "none"})
    (tmp_path / "without.jpg").write_bytes(b"no truth")
    (only,) = in_folder(tmp_path)
    assert only.books == (TrueBook("Dune", "Frank Herbert", box=Box(0.1, 0.2, 0.3, 0.4)), TrueBook("Emma")) and not only.boxed


def test_the_samples_have_truths() -> None:
    shelves = [each for each in in_folder(SAMPLES) if each.name.startswith("shelf-")]
    assert len(shelves) == 3 and all(each.boxed and len(each.books) >= 8 for each in shelves)


BOX = {"x1": 0.5, "y1": 0.2, "x2": 0.3, "y2": 0.4}


@pytest.mark.parametrize("truth", ["{", "[]", {"books": [{}]}, {"books": [{"title": " "}]}, {"books": [{"title": "Dune", "box": BOX}]}])
def test_truths_that_are_none_are_said(truth: Any, tmp_path: Path) -> None:
    write(tmp_path, truth)
    with pytest.raises(CommandError, match=r"a\.truth\.json"):
        call_command("evaluate", "scan", str(tmp_path))


def test_a_folder_without_truths_is_nothing_to_measure(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CommandError, match="Nothing to measure"):
            call_command("evaluate", "scan", str(folder), stdout=io.StringIO())


def test_an_engine_that_is_not_there_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"books": [{"title": "Dune"}]})
    with pytest.raises(CommandError, match="crystal cannot run here"):
        call_command("evaluate", "scan", str(tmp_path), "--engines", "barcode,crystal")
