"""When a field is right, and when a match is."""

from dataclasses import replace
from typing import Any

import pytest

from scanning.evaluation.copies import Copy, Group
from scanning.evaluation.labelled import FileRead, LabelledFile, RowLabel, RowRead
from scanning.evaluation.scores import Matches, Share, judged, missed
from scanning.evaluation.verdicts import Verdict, edition_claimed_wrongly, fields_of, is_work, matched
from tests.scanning.evaluation.books import DUNE, MESSIAH, OUTLIERS, work

Dto = dict[str, Any]


def found(title: str, *authors: str, level: str = "work_only", isbns: tuple[str, ...] = (), **more: Any) -> Dto:
    shown = {"id": "catalogue-1", "title": title, "authors": [{"name": name} for name in authors], "isbn": list(isbns), **more}
    return {"success": True, "work": shown, "edition": {"title": title, "isbns": list(isbns)}, "match": {"level": level}}


def copy(group: Group = Group.WORDS, **facts: Any) -> Copy:
    made = Copy(DUNE, DUNE.editions[0], "Dune", DUNE.authors, kind="a kind", group=group)
    return replace(made, **facts)


@pytest.mark.parametrize(
    ("expected", "read", "right"),
    [
        ({"title": "Dune"}, {"title": "Dune"}, [True]),
        ({"title": "Dune"}, {"title": "dune"}, [False]),
        ({"isbn": None, "shelves": []}, {}, [True, True]),
        ({"isbn": None}, {"isbn": "9780441172719"}, [False]),
        ({"userRating": 4.0}, {"userRating": 4}, [True]),
        ({"readCount": 0}, {}, [False]),
        ({"series": {"name": "Dune", "position": 1.0}}, {"series": {"name": "Dune", "position": 1.0}}, [True]),
        ({"title": "Dune"}, None, [False]),
        ({}, {"title": "anything"}, []),
        (None, None, [True]),
        (None, {"title": "Total"}, [False]),
    ],
)
def test_fields(expected: Dto | None, read: Dto | None, right: list[bool]) -> None:
    assert [told for _, told in fields_of(RowLabel(1, expected), read)] == right


def test_the_same_work_goes_by_id_isbn_or_by_all_that_can_be_told() -> None:
    assert is_work(DUNE, found("Anything", isbns=("9780441172719",))["work"], None)
    assert is_work(DUNE, found("Anything", openLibraryWorkID="Dune")["work"], None)
    assert is_work(DUNE, found("dune", "Herbert, Frank")["work"], None)
    assert is_work(OUTLIERS, found("Outliers: The Story of Success", "Malcolm Gladwell")["work"], None)
    assert not is_work(DUNE, found("Dune", "Frank Herbert", series={"name": "Dune", "position": 2.0})["work"], None)
    assert not is_work(DUNE, found("Dune", "Somebody Else")["work"], None)
    assert not is_work(DUNE, found("Dune")["work"], None) and is_work(work("Laws of 1995"), found("Laws of 1995")["work"], None)
    assert not is_work(MESSIAH, found("Dune", "Frank Herbert")["work"], None)


def test_verdicts() -> None:
    right, other, none = found("Dune", "Frank Herbert"), found("Dune Messiah", "Frank Herbert"), {"success": False}
    assert [matched(copy(), one) for one in (right, other, none)] == [Verdict.RIGHT, Verdict.WRONG, Verdict.MISSED]
    absent = copy(Group.ABSENT, work=None)
    assert [matched(absent, one) for one in (right, none)] == [Verdict.WRONG, Verdict.RIGHT]
    assert [matched(copy(Group.DOUBTFUL), one) for one in (right, other, none)] == [Verdict.RIGHT, Verdict.WRONG, Verdict.RIGHT]


def test_an_edition_is_claimed_by_its_isbn_only() -> None:
    one = found("Dune", level="exact_edition", isbns=("9780441172719",))
    assert not edition_claimed_wrongly(copy(isbn13="9780441172719"), one)
    assert edition_claimed_wrongly(copy(isbn13="9780441013593"), one) and edition_claimed_wrongly(copy(), one)
    assert not edition_claimed_wrongly(copy(), found("Dune", isbns=("9780441172719",)))


def test_thresholds_that_are_missed_are_told() -> None:
    other = found("Dune Messiah", "Frank Herbert")
    rows = [RowRead(RowLabel(number, {"title": "Dune"}, copy()), {"title": "Dune"}, None, other) for number in (1, 2)]
    lost = RowRead(RowLabel(3, {"title": "Dune"}, copy()), None)
    file = FileRead(LabelledFile("a.csv", b"", (), "goodreads"), (*rows, lost), "storygraph", surplus=1)
    reasons = " | ".join(missed([file]))
    expected = ("taken for storygraph", "1 rows that nobody wrote", "1 rows were lost", "66.7%", "0.0% are found", "to another book")
    assert [told for told in expected if told not in reasons] == []
    assert Matches.of(judged([file])).wrong == Share(2, 3)
    picture = FileRead(LabelledFile("b.csv", b"", (), "goodreads"), (), problem="It is a picture.")
    assert missed([picture]) == ("b.csv: It is a picture.",)


def test_shares_are_told_with_what_chance_leaves_open() -> None:
    assert str(Share(0, 0)) == "–" and str(Share(990, 1_000)) == "99.0%" and str(Share(9, 10)).startswith("90.0% (59.6–98.2")
    assert Share(1, 4).figures()["share"] == 0.25
