"""A few works, short to write."""

from dataclasses import replace

from search.dto import Author, Book, Match, MatchLevel
from search.evaluation.labels import Known
from search.evaluation.shelf import Shelf
from search.merge import merged
from search.provider import Kind, Question
from tests.search.records import DUNE, record

WORKS = (
    Known("Dune", "", ("Frank Herbert",), ("Dune – Der Wüstenplanet",), "en", (DUNE,), "Dune", 1.0),
    Known("Dune Messiah", "", ("Frank Herbert",), (), "en", ("9780593098233",), "Dune", 2.0),
    Known("The Name of the Wind", "", ("Patrick Rothfuss",), ("El nombre del viento",), "en"),
    Known("Outliers", "The Story of Success", ("Malcolm Gladwell",), (), "en"),
    Known("Война и мир", "", ("Leo Tolstoy",), ("War and Peace",), "ru"),
    Known("ノルウェイの森", "", ("Haruki Murakami",), ("Norwegian Wood",), "ja"),
    Known("L'Étranger", "", ("Albert Camus",), ("The Stranger",), "fr"),
    Known("Crónica de una muerte anunciada", "", ("Gabriel García Márquez",), (), "es"),
    Known("Dragon Ball 1", "", ("Akira Toriyama",), ("DRAGON BALL 1",), "ja"),
    Known("Pride and Prejudice", "", ("Jane Austen",), (), "en"),
)
SHELF = Shelf(WORKS)


def found(title: str, author: str | None, level: MatchLevel = MatchLevel.WORK_ONLY, **facts: object) -> Book:
    """A result that claims so much."""
    [book] = merged(Question(Kind.TITLE, text=title), [record(title=title, author=author, **facts)])  # type: ignore[arg-type]
    return replace(book, match=Match(level, 0.9, ("said so",)), authors=tuple(Author(name) for name in [author] if name))
