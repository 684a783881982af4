"""The readers on real answers: every file is known for what it is, and no record holds nonsense."""

import pytest

from search.dto import Author, Edition, Record
from search.provider import BadShape, Kind, Provider, ProviderConfig, Question
from search.providers.google_books import GoogleBooks
from search.providers.isbndb import Isbndb
from search.providers.openlibrary import OpenLibrary
from tests.search.providers import real_answers
from tests.search.providers.nonsense import nonsense

needs_answers = pytest.mark.skipif(not real_answers.FOLDER.is_dir(), reason="the collected answers are not beside the project")


@pytest.mark.parametrize(
    "record",
    [
        Record("x", " "),
        Record("x", "a\x00b"),
        Record("x", "t", first_year=999),
        Record("x", "t", authors=(Author("Unknown"),)),
        Record("x", "t", description="<p>x</p>"),
        Record("x", "t", edition=Edition(("9780441172710",))),
        Record("x", "t", edition=Edition(page_count=0)),
        Record("x", "t", edition=Edition(cover_url="http://books.google.com/a")),
        Record("x", "t", edition=Edition(format="Softcover")),
        Record("x", "t", edition=Edition(language="eng")),
    ],
)
def test_the_check_itself_finds_nonsense(record: Record) -> None:
    assert nonsense(record)


@needs_answers
def test_every_file_is_known_for_what_it_is() -> None:
    assert [answer.file for answer in real_answers.answers() if answer.shape == "unknown"] == []


@needs_answers
def test_every_book_answer_is_read_without_nonsense() -> None:
    found = {}
    for answer in real_answers.answers():
        if answer.shape != "discontinued API":
            for record in answer.records():
                if wrong := nonsense(record):
                    found[answer.file, record.title] = wrong
    assert found == {}


@needs_answers
@pytest.mark.parametrize("provider", [GoogleBooks, OpenLibrary, Isbndb])
def test_what_is_no_book_answer_is_refused_never_read_as_no_such_book(provider: type[Provider]) -> None:
    """Each reader is given every file of every provider: it reads its own searches and refuses all others."""
    reader = provider(ProviderConfig("https://example.org"))
    own = {"search", "book", "author"} if provider is Isbndb else {"search"}
    read = []
    for answer in real_answers.answers():
        try:
            reader.read(Question(Kind.TITLE, text="x"), answer.payload)
        except BadShape:
            continue
        read.append(answer)
    assert read and {answer.label for answer in read} == {provider.label}
    assert {answer.shape for answer in read} <= own


@needs_answers
def test_the_tables_in_the_documentation_are_true() -> None:
    assert real_answers.written() == real_answers.tables(), "python -m tests.search.providers.real_answers --write"
