"""From what was typed to what is looked up: one function for the view and for the fast lane, so that both mean the same key. Pure.

Raises, all of them: MissingParameter, InvalidQuery, InvalidIsbnGiven.
"""

from dataclasses import dataclass

from bookstrack.lib.errors import InvalidIsbnGiven, InvalidQuery, MissingParameter
from search import detect
from search.dto import MatchLevel
from search.identifiers import InvalidIsbn, Isbn, parse_isbn
from search.normalisers.text import clean_line
from search.provider import Kind, Question


@dataclass(frozen=True, slots=True)
class Look:
    """A question, and what of its answer is shown. `detected`: what one box's text was taken for, and how sure that is."""

    question: Question
    min_match: MatchLevel | None = None
    detected: detect.Detected | None = None


def by_isbn(isbn: str, *, min_match: MatchLevel | None = None) -> Look:
    """The edition of an ISBN in any spelling."""
    if not isbn.strip():
        raise MissingParameter("Give an ISBN.", details={"field": "isbn"})
    return Look(Question(Kind.ISBN, isbns=(isbn_of(isbn).isbn13,), limit=1), min_match)


def by_title(text: str, *, limit: int = 20, offset: int = 0, lang: str | None = None, min_match: MatchLevel | None = None) -> Look:
    """Works whose title has these words."""
    return Look(Question(Kind.TITLE, text=words_of(text, "q"), limit=limit, offset=offset, lang=lang), min_match)


def by_fields(
    *,
    title: str = "",
    author: str = "",
    isbn: str = "",
    limit: int = 20,
    offset: int = 0,
    lang: str | None = None,
    min_match: MatchLevel | None = None,
) -> Look:
    """Works by title and author, or one of them. Where an ISBN is given it decides alone: a look-alike never takes its place."""
    if isbn.strip():
        return by_isbn(isbn, min_match=min_match)
    if not title.strip() and not author.strip():
        raise MissingParameter(
            "Give at least one of title, author and isbn.",
            details={"field": "title", "fields": ["title", "author", "isbn"]},
        )
    question = Question(
        Kind.ADVANCED,
        title=words_of(title, "title") if title.strip() else "",
        author=words_of(author, "author") if author.strip() else "",
        limit=limit,
        offset=offset,
        lang=lang,
    )
    return Look(question, min_match)


def by_anything(text: str, *, limit: int = 20, offset: int = 0, lang: str | None = None, min_match: MatchLevel | None = None) -> Look:
    """One box: an ISBN, a title, an author, or title and author."""
    detected = detect.detected(clean_line(text))
    if detected[0] == "isbn":
        question = Question(Kind.ISBN, isbns=(isbn_of(text, "q").isbn13,), limit=1)
    else:
        question = Question(Kind.ANY, text=words_of(text, "q"), limit=limit, offset=offset, lang=lang)
    return Look(question, min_match, detected)


def isbn_of(text: str, field: str = "isbn") -> Isbn:
    """The ISBN that was typed."""
    try:
        return parse_isbn(text)
    except InvalidIsbn as error:
        shown = clean_line(text)[:64]
        raise InvalidIsbnGiven(str(error), details={"field": field, "isbn": shown, "kind": error.kind}) from None


def words_of(text: str, field: str) -> str:
    """What was typed without what no catalogue can use."""
    words = clean_line(text)
    if not words:
        raise MissingParameter(f"Give words to search for in {field}.", details={"field": field})
    if not 2 <= len(words) <= 500:
        raise InvalidQuery(f"{field} takes 2 to 500 characters.", details={"field": field, "length": len(words)})
    if not any(sign.isalnum() for sign in words):
        raise InvalidQuery(f"{field} has no letter and no digit.", details={"field": field})
    return words
