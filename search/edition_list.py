"""The editions of one work, out of what several providers say: whose title and author agree, each ISBN once. Pure.

Source: spec 02 (`/v1/editions/search`), 04 ("Merging providers").
"""

from collections.abc import Sequence
from dataclasses import replace

from search.dto import Book, Edition, MatchLevel, Record
from search.grouping import AGREES, WorkGroup, by_edition
from search.matching import ranked
from search.merge import book_of
from search.normalisers.names import author_similarity
from search.normalisers.titles import title_similarity
from search.provider import Question


def speaks_of(question: Question, record: Record) -> bool:
    """Whether a record is of the work that a question by title and author means; one without an author never is of a written one."""
    full = f"{record.title}: {record.subtitle}" if record.subtitle else record.title
    titles = {record.title, full, record.edition.title or record.title, *record.other_titles}
    if max(title_similarity(question.title, title) for title in titles) < AGREES:
        return False
    return not question.author or any(author_similarity(question.author, author.name) >= AGREES for author in record.authors)


def with_work(edition: Record, work: Record) -> Record:
    """An edition that a provider lists under a work, with what it says of the work itself."""
    return replace(
        edition,
        authors=edition.authors or work.authors,
        first_year=edition.first_year or work.first_year,
        other_titles=tuple(dict.fromkeys((*edition.other_titles, work.title))),
        openlibrary_work_id=edition.openlibrary_work_id or work.openlibrary_work_id,
        popularity=work.popularity,
    )


def editions_of(question: Question, records: Sequence[Record]) -> list[Book]:
    """One book for each edition, best match first; those that a guess alone would connect with the work are left out."""
    fitting = [record for record in records if speaks_of(question, record)]
    works = [replace(record, edition=Edition(), work_isbns=()) for record in fitting if record.openlibrary_work_id]
    books = [_book(question, members, works) for members in by_edition(fitting)]
    return [book for book in ranked(question, books) if book.match and book.match.level is not MatchLevel.GUESS]


def listed_under(question: Question, work: Record, records: Sequence[Record]) -> list[Book]:
    """One book for each edition that is listed under a work by its id, the newest first; those without a date come last."""
    same = [replace(r, openlibrary_work_id=work.openlibrary_work_id, catalogue_id=r.catalogue_id or work.catalogue_id) for r in records]
    books = ranked(question, [_book(question, members, [work] if work.openlibrary_work_id else []) for members in by_edition(same)])
    return sorted(books, key=lambda book: book.edition.published or "", reverse=True)


def _book(question: Question, members: list[Record], works: list[Record]) -> Book:
    """An edition's own records, and what is known of its work: of the one that it names, else of the first."""
    ids = [record.openlibrary_work_id for record in members if record.openlibrary_work_id]
    work = next((record for record in works if not ids or record.openlibrary_work_id in ids), None)
    group = WorkGroup()
    # a work's list of ISBNs is not this edition's
    for record in members:
        group.add(replace(record, work_isbns=record.edition.isbns))
    if work is not None:
        group.add(work)
    return book_of(question, group)
