"""What staff corrected wins over every provider, for the work and for the edition that it was said of, and for nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from search.dto import Author, Book, Record, Series
from search.merge import merged
from search.provider import Kind, Question
from search.wire import work_dto
from tests.search.records import DUNE, DUNE_HARDCOVER, record

BY_ISBN = Question(Kind.ISBN, isbns=(DUNE,))
OTHERS = ("openlibrary", "google-books", "isbndb")


def edited(*fields: str, **facts: object) -> Record:
    return replace(record("catalogue", isbns=(DUNE,), **facts), edited=frozenset(fields))  # type: ignore[arg-type]


def book(*records: Record) -> Book:
    [found] = merged(BY_ISBN, list(records))
    return found


_years, _texts = st.none() | st.integers(1000, 2020), st.none() | st.sampled_from(["Ace", "Chilton"])
_facts = st.fixed_dictionaries(
    {
        "first_year": _years,
        "subtitle": _texts,
        "original_language": st.sampled_from([None, "en", "fr"]),
        "subjects": st.sampled_from([(), ("Fiction",), ("History",)]),
        "series": st.sampled_from([None, Series("Dune", 1.0), Series("Other")]),
        "publisher": _texts,
        "published": st.sampled_from([None, "1965", "1999-05"]),
        "page_count": st.sampled_from([None, 1, 412]),
        "format": st.sampled_from([None, "Hardcover", "Paperback"]),
        "language": st.sampled_from([None, "en", "es"]),
        "title": st.sampled_from(["Dune", "Dune!"]),
    }
)
WORK = {
    "first_year": "firstPublicationYear", "subtitle": "subtitle", "original_language": "originalLanguage", "series": "series",
    "subjects": "", "title": "title",
}  # fmt: skip
EDITION = {"publisher": "publisher", "published": "publicationDate", "page_count": "pageCount", "format": "format", "language": "language"}


@given(_facts, st.lists(st.tuples(st.sampled_from(OTHERS), _facts), max_size=4), st.sets(st.sampled_from([*WORK, *EDITION])), st.randoms())
def test_an_edited_field_wins_over_all(
    own: dict[str, object], others: list[tuple[str, dict[str, object]]], fields: set[str], random: object
) -> None:
    names = {f"edition.{name}" if name in EDITION else name for name in fields}
    mine = edited(*names, **own)
    records = [mine, *(record(provider, isbns=(DUNE,), **facts) for provider, facts in others)]  # type: ignore[arg-type]
    random.shuffle(records)  # type: ignore[attr-defined]
    found = book(*records)
    assert found.edited == names
    for name in fields:
        shown = found.edition if name in EDITION else found
        value = getattr(mine.edition if name in EDITION else mine, name)
        assert getattr(shown, name) == value, name
        wire = {**WORK, **EDITION}[name]
        if value and wire:
            assert found.sources.get(wire, "catalogue") == "catalogue"
    assert work_dto(found)["reviewStatus"] == ("userEdited" if fields else work_dto(replace(found, edited=frozenset()))["reviewStatus"])


@given(_facts, st.lists(st.tuples(st.sampled_from(OTHERS), _facts), max_size=4))
def test_without_edits_nothing_is_another(own: dict[str, object], others: list[tuple[str, dict[str, object]]]) -> None:
    """A field that is edited to what would win anyway changes nothing but the mark."""
    records = [edited(**own), *(record(provider, isbns=(DUNE,), **facts) for provider, facts in others)]  # type: ignore[arg-type]
    before = book(*records)
    if before.first_year == records[0].first_year and before.first_year is not None and not any(r.first_year for r in records[1:]):
        after = book(replace(records[0], edited=frozenset({"first_year"})), *records[1:])
        assert replace(after, edited=frozenset()) == replace(before, sources=after.sources)


def test_a_siblings_correction_stays_with_the_sibling() -> None:
    both = (DUNE, DUNE_HARDCOVER)
    own = record("catalogue", isbns=(DUNE,), work_isbns=both, publisher="Ace")
    sibling = replace(
        record("catalogue", isbns=(DUNE_HARDCOVER,), work_isbns=both, publisher="Corrected"),
        edited=frozenset({"edition.publisher", "edition.title"}),
    )
    found = book(own, sibling, record("isbndb", isbns=(DUNE,), publisher="Index"))
    assert (found.edition.publisher, found.edited) == ("Index", frozenset())


def test_authors_as_corrected_with_what_others_know_of_them() -> None:
    mine = replace(edited("authors"), authors=(Author("Frank P. Herbert", birth_year=1921),))
    other = replace(record("openlibrary", isbns=(DUNE,)), authors=(Author("Frank P. Herbert", "OL79034A", birth_year=1920),))
    assert book(other, mine).authors == (Author("Frank P. Herbert", "OL79034A", birth_year=1921),)


def test_a_corrected_title_of_the_work_names_an_edition_that_only_others_have() -> None:
    """Where they call it nearly the same; a translation keeps its name."""
    work = replace(record("catalogue", "Dune!", work_isbns=(DUNE,)), edited=frozenset({"title"}))
    assert book(work, record("isbndb", "Dune", isbns=(DUNE,))).title == "Dune!"
    french = book(work, record("isbndb", "Les enfants", isbns=(DUNE,)))
    assert french.title == "Les enfants" and "title" not in french.edited


def test_a_field_that_was_cleared_is_not_known() -> None:
    other = record("isbndb", isbns=(DUNE,), page_count=3, published="1999", first_year=1999)
    found = book(edited("first_year", "edition.page_count"), other)
    assert (found.first_year, found.edition.page_count, found.edition.published) == (None, None, "1999")
