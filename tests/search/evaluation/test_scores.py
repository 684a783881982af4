"""What counts as right, found and wrong, on a set made by hand."""

import pytest

from search.dto import Book, MatchLevel
from search.evaluation.labels import Group, Query, Way
from search.evaluation.scores import Score, by, gathered, missed, outcome
from tests.search.evaluation.books import WORKS, found
from tests.search.records import DUNE

NAME_OF_THE_WIND = WORKS[2]
TITLE = Query("exact title", Group.TITLE, Way.TITLE, "The Name of the Wind", meant=NAME_OF_THE_WIND, language="en")
WITH_AUTHOR = Query("title and author", Group.TITLE, Way.ADVANCED, "The Name of the Wind", "P. Rothfuss", NAME_OF_THE_WIND, "en")
AUTHOR = Query("author only", Group.AUTHOR, Way.BOX, "Frank Herbert", meant=WORKS[0], by="Frank Herbert")
BY_ISBN = Query("ISBN", Group.ISBN, Way.ISBN, DUNE, meant=WORKS[0])
ABSENT = Query("absent title", Group.ABSENT, Way.BOX, "Wind of Success")

RIGHT = found("The Name of the Wind", "Patrick Rothfuss")
OTHER = found("Dune Messiah", "Frank Herbert")
GUESS = found("Dune Messiah", "Frank Herbert", MatchLevel.GUESS)
DUNE_ITSELF = found("Dune: the novel", "F. Herbert", isbns=(DUNE,))


@pytest.mark.parametrize(
    ("query", "books", "place", "right", "within_10", "wrong"),
    [
        (TITLE, [RIGHT, OTHER], 1, True, True, False),
        (TITLE, [found("name of the wind", "Somebody Else")], 1, True, True, False),  # a title alone means all books of that title
        (TITLE, [found("El nombre del viento", "Patrick Rothfuss")], 1, True, True, False),
        (TITLE, [OTHER, RIGHT], 2, False, True, True),
        (TITLE, [GUESS, RIGHT], 2, False, True, False),
        (TITLE, [GUESS] * 10 + [RIGHT], None, False, False, False),
        (TITLE, [], None, False, False, False),
        (WITH_AUTHOR, [RIGHT], 1, True, True, False),
        (WITH_AUTHOR, [found("The Name of the Wind", "Somebody Else")], None, False, False, True),
        (WITH_AUTHOR, [found("The Name of the Wind", None)], None, False, False, True),
        (AUTHOR, [OTHER], 1, True, True, False),
        (AUTHOR, [RIGHT], None, False, False, True),
        (BY_ISBN, [DUNE_ITSELF], 1, True, True, False),
        (BY_ISBN, [found("Dune", "Frank Herbert")], None, False, False, True),  # the title is no proof
        (ABSENT, [], None, True, True, False),
        (ABSENT, [GUESS], None, True, True, False),
        (ABSENT, [OTHER], None, False, False, True),
    ],
)
def test_an_answer_is_judged(query: Query, books: list[Book], place: int | None, right: bool, within_10: bool, wrong: bool) -> None:
    told = outcome(query, books)
    assert (told.place, told.right, told.found, told.wrong) == (place, right, within_10, wrong)
    assert told.empty == (not books)


def test_scores_count_and_tell_shares_with_what_chance_leaves_open() -> None:
    outcomes = [outcome(TITLE, [RIGHT]), outcome(TITLE, [GUESS, RIGHT]), outcome(TITLE, []), outcome(WITH_AUTHOR, [OTHER])]
    scores = by(outcomes, lambda query: query.kind)
    assert scores == {"exact title": Score(3, 1, 2, 0, 1), "title and author": Score(1, 0, 0, 1, 0)}
    figures = scores["exact title"].figures()
    assert figures["successAt10"]["share"] == 0.6667
    assert figures["successAt10"]["interval"] == [0.2077, 0.9385]
    assert scores["exact title"].row("exact title")[:3] == ("exact title", "3", "33.3% (6.1–79.2)")


def test_rows_of_few_queries_are_one() -> None:
    many, few = Score(20, 20, 20, 0, 0), Score(5, 3, 4, 1, 0)
    assert gathered({"en": many, "ru": few, "ja": few}) == {"en": many, "2 others": Score(10, 6, 8, 2, 0)}
    assert gathered({"en": many, "ru": few}) == {"en": many, "ru": few}


def test_thresholds_are_held_by_group_and_wrong_books_by_all() -> None:
    good = [outcome(TITLE, [RIGHT])]
    assert missed(good * 98 + [outcome(TITLE, [])] * 2) == ()
    assert missed(good * 97 + [outcome(TITLE, [])] * 3) == ("title: success at 10 is 97.0%, at least 98% is asked",)
    assert missed(good * 199 + [outcome(ABSENT, [OTHER])]) == ()
    assert missed(good * 198 + [outcome(ABSENT, [OTHER])] * 2) == ("wrong at 1 is 1.00%, at most 0.5% is allowed",)
