"""What is typed otherwise than it stands in the catalogue is found all the same: articles, brackets, alphabets, misspellings."""

import pytest

from search.catalogue.answering import answer
from search.catalogue.title_index import Words, find, rebuild, stored, words_of
from search.catalogue.title_ranking import near_words
from search.dto import MatchLevel
from search.matching import ranked
from search.merge import merged
from search.models import Author, Authorship, Work
from search.provider import Kind, Question

WORKS = {
    "The Corrections": "Jonathan Franzen",
    "A Clash of Kings": "George R. R. Martin",
    "As I Lay Dying": "William Faulkner",
    "Dune": "Frank Herbert",
    "Dragon Ball, Vol. 2": "Akira Toriyama",
    "Linux": "Sébastien Rohaut",
    "Идиот": "Fyodor Dostoevsky",
    "Ἠθικὰ Νικομάχεια": "Aristotle",
    "Fahrenheit 451": "Ray Bradbury",
    "Good Omens": "Terry Pratchett Neil Gaiman",
}


@pytest.fixture
def works(transactional_db: None) -> dict[str, int]:
    rows = {}
    for number, (title, name) in enumerate(WORKS.items()):
        rows[title] = Work.objects.create(source_id=f"t:{number}", title=title, title_words=stored(title), author_words=stored(name))
        Authorship.objects.create(work=rows[title], author=Author.objects.create(name=name, name_key=name.lower()))
    rebuild()
    return {title: row.pk for title, row in rows.items()}


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("jonathan franzen the corrections", "The Corrections"),
        ("Corrections The", "The Corrections"),
        ("George R. R. Martin A Clash of Kings", "A Clash of Kings"),
        ("William Faulkner As I Lay Dying", "As I Lay Dying"),
        ("Ithika Nikomacheia", "Ἠθικὰ Νικομάχεια"),
        ("idiot", "Идиот"),
        ("Liux", "Linux"),  # a letter of five is missing
        ("Иидот", "Идиот"),  # two letters changed places in the middle of five
        ("Ray Brdabury", "Fahrenheit 451"),
        ("Akira Otriyama", "Dragon Ball, Vol. 2"),
        ("Neil Giaman", "Good Omens"),  # the second of two authors
    ],
)
def test_the_one_box_finds(works: dict[str, int], typed: str, title: str) -> None:
    assert find(Words(anywhere=words_of(typed)))[:1] == [works[title]]


def test_a_misspelt_author_narrows_a_title_down_and_another_author_finds_nothing(works: dict[str, int]) -> None:
    assert find(Words(title=words_of("Dune"), author=words_of("Frank Herbret"))) == [works["Dune"]]
    assert find(Words(title=words_of("The Corrections"), author=words_of("Jonathon Franzen"))) == [works["The Corrections"]]
    assert find(Words(author=words_of("Fank Herbert"))) == [works["Dune"]]
    assert find(Words(title=words_of("Dune"), author=words_of("Agatha Christie"))) == []
    assert find(Words(author=words_of("Frank Sinatra"))) == []


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("Dune (Dune Chronicles, #1)", "Dune"),
        ("Dune (Paperback)", "Dune"),
        ("The Corrections (Some Series, #4)", "The Corrections"),
        ("Dragon Ball (Dragon Ball, #2)", "Dragon Ball, Vol. 2"),
    ],
)
def test_brackets_that_no_title_has_are_not_asked(works: dict[str, int], typed: str, title: str) -> None:
    for question in (Question(Kind.TITLE, text=typed), Question(Kind.ANY, text=typed), Question(Kind.ADVANCED, title=typed)):
        assert answer(question).records[0].title == title


@pytest.mark.parametrize("typed", ["Dune (Dune, #7)", "Dragon Ball (Dragon Ball, #7)", "Dune, Vol. 7"])
def test_another_volume_of_a_series_is_a_guess_at_most(works: dict[str, int], typed: str) -> None:
    for kind in (Kind.TITLE, Kind.ANY):
        question = Question(kind, text=typed)
        books = ranked(question, merged(question, answer(question).records))
        assert all(book.match and book.match.level is MatchLevel.GUESS for book in books)


def test_near_words_are_one_fault_away(works: dict[str, int]) -> None:
    assert near_words("linxu", 4) == {"linux": 1}
    assert near_words("liux", 4) == {"linux": 1}
    assert near_words("nune", 4) == {}  # of four letters only one of five can be meant
    assert near_words("crorections", 4) == {"corrections": 1}


@pytest.mark.parametrize(
    ("title", "author", "found"),
    [
        ("The Corrections", "J. Franzen", "The Corrections"),
        ("Dune", "F Herbert", "Dune"),
        ("The Corections", "J. Franzen", "The Corrections"),
        ("The Corrections", "Jonathan Frranzen", "The Corrections"),
        ("The Corrections: A Story of the Lambert Family", "Jonathan Franzen", "The Corrections"),
        ("Dune: Der Wüstenplanet", "F. Herbert", "Dune"),
        ("A Clash of Kings", "G. R. R. Martin", "A Clash of Kings"),
    ],
)
def test_initials_and_subtitles_that_rows_do_not_have(works: dict[str, int], title: str, author: str, found: str) -> None:
    assert {record.title for record in answer(Question(Kind.ADVANCED, title=title, author=author)).records} == {found}


def test_an_initial_alone_is_a_name(works: dict[str, int]) -> None:
    assert answer(Question(Kind.ADVANCED, title="Dune", author="X")).records == ()
