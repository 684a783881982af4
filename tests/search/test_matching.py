"""How surely a result is what was asked."""

import pytest

from search.dto import Book, MatchLevel, Series
from search.matching import at_least, judge, ranked
from search.merge import merged
from search.provider import Kind, Question
from tests.search.records import DUNE, DUNE_HARDCOVER, MESSIAH, record


def book(question: Question, **facts: object) -> Book:
    [only] = merged(question, [record(**facts)])  # type: ignore[arg-type]
    return only


def level(question: Question, **facts: object) -> MatchLevel | None:
    match = judge(question, book(question, **facts))
    return match.level if match else None


def advanced(title: str = "", author: str = "") -> Question:
    return Question(Kind.ADVANCED, title=title, author=author)


def test_the_isbn_asked_is_the_exact_edition() -> None:
    question = Question(Kind.ISBN, isbns=(DUNE,))
    match = judge(question, book(question, isbns=(DUNE,), language="en"))
    assert match is not None and match.level is MatchLevel.EXACT_EDITION and match.score == 1.0


def test_another_edition_of_the_work_is_the_same_work() -> None:
    question = Question(Kind.ISBN, isbns=(DUNE,))
    assert level(question, isbns=(DUNE_HARDCOVER,), work_isbns=(DUNE, DUNE_HARDCOVER)) is MatchLevel.SAME_WORK


@pytest.mark.parametrize("facts", [{"language": "fr"}, {"title": "Дюна"}])
def test_a_language_that_does_not_fit_the_isbn_is_doubted_in_words(facts: dict[str, object]) -> None:
    question = Question(Kind.ISBN, isbns=(DUNE,))
    match = judge(question, book(question, isbns=(DUNE,), **facts))
    assert match is not None and match.score < 1 and "unusual" in " ".join(match.reasons)


@pytest.mark.parametrize(
    ("question", "facts", "expected"),
    [
        (advanced("Dune", "Frank Herbert"), {}, MatchLevel.WORK_ONLY),
        (advanced("Dune", "Herbert, Frank"), {}, MatchLevel.WORK_ONLY),
        (advanced("Dune", "Isaac Asimov"), {}, MatchLevel.GUESS),
        (advanced("Dune", "Frank Herbert"), {"author": None}, MatchLevel.GUESS),
        (advanced("Dune Messiah", "Frank Herbert"), {}, MatchLevel.GUESS),
        (advanced(author="Frank Herbert"), {}, MatchLevel.WORK_ONLY),
        (Question(Kind.TITLE, text="dune"), {}, MatchLevel.WORK_ONLY),
        (Question(Kind.TITLE, text="Dune Messiah"), {}, MatchLevel.GUESS),
        (Question(Kind.TITLE, text="The Silence"), {}, MatchLevel.GUESS),
        (Question(Kind.ANY, text="dune frank herbert"), {}, MatchLevel.WORK_ONLY),
        (Question(Kind.ANY, text="Frank Herbert"), {}, MatchLevel.WORK_ONLY),
        (Question(Kind.TITLE, text="砂の惑星"), {"other_titles": ("砂の惑星",)}, MatchLevel.WORK_ONLY),
    ],
)
def test_levels(question: Question, facts: dict[str, object], expected: MatchLevel) -> None:
    assert level(question, **facts) is expected


def test_a_known_other_language_is_no_answer() -> None:
    assert level(Question(Kind.TITLE, text="Dune", lang="fr"), language="en") is None
    assert level(Question(Kind.TITLE, text="Dune", lang="fr"), language=None) is not None


def test_order_is_match_then_quality() -> None:
    question = Question(Kind.TITLE, text="Dune")
    books = merged(
        question,
        [
            record(
                title="Dune Messiah", isbns=(MESSIAH,), publisher="Ace", cover_url="https://x.example/2", page_count=300
            ),
            record(title="Dune", author="Somebody Else"),
            record(title="Dune", isbns=(DUNE,), cover_url="https://x.example/1"),
        ],
    )
    found = ranked(question, books)
    assert [(b.title, b.authors[0].name) for b in found] == [
        ("Dune", "Frank Herbert"),
        ("Dune", "Somebody Else"),
        ("Dune Messiah", "Frank Herbert"),
    ]
    assert all(b.match for b in found)


def test_floors() -> None:
    order = [MatchLevel.EXACT_EDITION, MatchLevel.SAME_WORK, MatchLevel.WORK_ONLY, MatchLevel.GUESS]
    assert [[at_least(one, floor) for one in order] for floor in order] == [
        [i <= j for i in range(4)] for j in range(4)
    ]


def test_of_guesses_the_one_with_the_likest_words_is_first_and_of_those_the_completest() -> None:
    question = Question(Kind.TITLE, text="Atlas of Spain and the worl")
    junior = book(question, title="The junior atlas of Spain and of the world for all", isbns=(DUNE,), cover_url="https://example.org/a.jpg")
    meant = book(question, title="Atlas of Spain and the world")
    assert [found.title for found in ranked(question, [junior, meant])] == [meant.title, junior.title]


def test_a_guess_is_as_good_as_its_author() -> None:
    question = Question(Kind.ANY, text="Craaig Rusell")
    named = book(question, title="Lennox", author="Craig Russell")
    unlike = book(question, title="Coraline", author="P. Craig Russell", isbns=(DUNE,), cover_url="https://example.org/a.jpg")
    assert [found.title for found in ranked(question, [unlike, named])] == ["Lennox", "Coraline"]
    assert all(found.match and found.match.level is MatchLevel.GUESS for found in ranked(question, [unlike, named]))


def test_a_later_volume_of_a_series_that_is_called_as_its_first_is_another_book() -> None:
    fifth = Question(Kind.TITLE, text="Naruto (Naruto, #5)")
    assert level(fifth, title="Naruto") is MatchLevel.GUESS
    assert level(fifth, title="Naruto", series=Series("Naruto", 1.0)) is MatchLevel.GUESS
    assert level(fifth, title="Naruto", series=Series("Naruto", 5.0)) is MatchLevel.WORK_ONLY
    assert level(Question(Kind.TITLE, text="Naruto (Naruto, #1)"), title="Naruto") is MatchLevel.WORK_ONLY
    assert level(Question(Kind.TITLE, text="Dune Messiah (Dune, #2)"), title="Dune Messiah") is MatchLevel.WORK_ONLY
