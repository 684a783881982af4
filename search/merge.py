"""Records of several providers to books: per field the best source wins, not one provider for the whole record.

Source: spec 04, "Merging providers" (order per field, quality).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from search.dto import Author, Book, Edition, Record
from search.edits import edited_fields, title_of, yielding
from search.grouping import WorkGroup, by_edition, by_work
from search.normalisers.genres import canonical_genres
from search.normalisers.names import author_similarity
from search.normalisers.text import dominant_script
from search.normalisers.titles import better_title, title_similarity
from search.provider import Kind, Question

T = TypeVar("T")

Order = dict[str, int]  # provider -> place, the most trusted first


def _order(*providers: str) -> Order:
    return {name: place for place, name in enumerate(providers)}


NAMING = _order("catalogue", "openlibrary", "google-books", "isbndb")  # title, authors
PRINTING = _order("isbndb", "google-books", "openlibrary", "catalogue")  # pages, publisher, date, binding
PICTURING = _order("isbndb", "openlibrary", "google-books", "catalogue")  # the catalogue's are drawn, unless harvested
HARVESTED = "harvest"  # in `sources`: a cover of our own
COVER_WORTH = 25  # of the quality
DATING = ("openlibrary", "catalogue")  # who knows a work's first year
SAME_PERSON = 0.95
_AUTHOR_FACTS = ("openlibrary_id", "isbndb_id", "birth_year", "death_year")
DESCRIPTION_MAX_CHARS = 4_000
DESCRIPTION_WORTH_CHARS = 100


def merged(question: Question, records: Sequence[Record]) -> list[Book]:
    """All records that may answer a question, merged into one book per work, in the order of first appearance.

    For a question by ISBN only records of that ISBN, or of a work that has it, are taken: providers answer with look-alikes.
    """
    if question.kind in (Kind.ISBN, Kind.MANY_ISBNS):
        asked = set(question.isbns)
        records = [r for r in records if asked & {*r.edition.isbns, *r.work_isbns}]
    return [book_of(question, group) for group in by_work(records)]


def quality_of(record: Record | Book) -> int:
    """How complete a book is, 0..100: identifier 30, cover 25, description 15, authors 10, pages, publisher, date, subjects 5 each."""
    return _quality(record.edition, record.work_isbns, record.description, record.authors, record.first_year, record.subjects)


def _quality(
    edition: Edition,
    work_isbns: Sequence[str],
    description: str | None,
    authors: Sequence[Author],
    first_year: int | None,
    subjects: Sequence[str],
) -> int:
    return (
        (30 if edition.isbns or work_isbns else 0)
        + (COVER_WORTH if edition.cover_url and not is_drawn(edition.cover_url) else 0)
        + (15 if len(description or "") > DESCRIPTION_WORTH_CHARS else 0)
        + (10 if authors else 0)
        + (5 if edition.page_count else 0)
        + (5 if edition.publisher else 0)
        + (5 if edition.published or first_year else 0)
        + (5 if subjects else 0)
    )


def is_drawn(cover_url: str) -> bool:
    """Whether a cover is one that we drew ourselves for want of a real one."""
    return cover_url.startswith("/covers/drawn/")


def book_of(question: Question, group: WorkGroup) -> Book:
    """The records of one work as one book."""
    records = yielding(group.records)
    edition_records = _chosen_edition(question, records)
    naming = _naming(question, edition_records, records)
    trusted = _ordered(records, NAMING)
    sources: dict[str, str] = {}

    def first(field: str, read: Callable[[Record], T | None]) -> T | None:
        for record in trusted:
            value = read(record)
            if value:
                sources[field] = record.provider
                return value
        return None

    of_edition = _of(edition_records)
    title, sources["title"] = _title([r for r in naming if id(r) in of_edition] or naming)
    corrected = title_of(edition_records, records, title)
    if corrected:
        title, sources["title"] = corrected.title, corrected.provider
    subtitle = next((r.subtitle for r in naming if r.subtitle and r.title.casefold() == title.casefold()), None)
    subtitle = subtitle or first("subtitle", lambda r: r.subtitle)
    edition = _edition(edition_records, records, sources)
    authors = _authors([r for r in records if "authors" in r.edited] + naming, sources)
    subjects = tuple(canonical_genres(_union(r.subjects for r in trusted)))
    description = _description(question, records, sources)
    first_year = _first_year(records, sources)
    work_isbns = _union([edition.isbns, *(r.edition.isbns for r in records), *(r.work_isbns for r in records)])
    return Book(
        title=title,
        subtitle=subtitle,
        authors=authors,
        contributors=_union(r.contributors for r in records),
        subjects=subjects,
        description=description,
        series=first("series", lambda r: r.series),
        first_year=first_year,
        original_language=first("originalLanguage", lambda r: r.original_language),
        other_titles=_union(r.other_titles for r in records),
        openlibrary_work_id=first("openLibraryWorkID", lambda r: r.openlibrary_work_id),
        catalogue_id=next((r.catalogue_id for r in records if r.catalogue_id), None),
        work_isbns=work_isbns,
        edition=edition,
        providers=tuple(dict.fromkeys(r.provider for r in trusted)),
        sources=sources,
        quality=_quality(edition, work_isbns, description, authors, first_year, subjects),
        isbndb_quality=max((quality_of(r) for r in records if r.provider == "isbndb"), default=0),
        popularity=max((r.popularity for r in records), default=0.0),
        edited=edited_fields(edition_records, records, corrected),
    )


def _ordered(records: Sequence[Record], order: Order) -> list[Record]:
    if len(records) < 2:  # most works of an answer are known to one provider
        return list(records)
    return sorted(records, key=lambda record: order.get(record.provider, len(order)))


def _of(records: Iterable[Record]) -> set[int]:
    """These very records: to compare them would be to compare each of their fields."""
    return {id(record) for record in records}


def _union(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(lists)))


def _chosen_edition(question: Question, records: Sequence[Record]) -> list[Record]:
    """Records of the edition that stands for the work: the one asked for, else one in the right language, else the best known."""
    editions = by_edition(records)
    if len(editions) <= 1:
        return editions[0] if editions else []
    asked = set(question.isbns)
    words = question.text or question.title
    script = dominant_script(words)

    def worth(members: list[Record]) -> tuple[bool, bool, bool, float, bool, int, int]:
        language = next((r.edition.language for r in members if r.edition.language), None)
        isbns = {isbn for r in members for isbn in r.edition.isbns}
        return (
            bool(asked & isbns),
            bool(question.lang) and language == question.lang,
            script is not None and any(dominant_script(r.edition.title or r.title) == script for r in members),
            max(round(title_similarity(words, r.edition.title or r.title), 2) for r in members) if words else 0.0,
            bool(isbns),
            len({r.provider for r in members}),
            max(quality_of(r) for r in members),
        )

    return max(editions, key=worth)


def _naming(question: Question, edition: list[Record], records: list[Record]) -> list[Record]:
    """Who may name the book, most trusted first: records of the edition, then of the work.

    Where an ISBN was asked, records of another language than most of its edition's must not: a book is never swapped.
    """
    of_edition = _of(edition)
    rest = [r for r in records if id(r) not in of_edition]
    languages = [r.edition.language for r in _ordered(edition, PRINTING) if r.edition.language]
    if question.isbns and languages:
        agreed = max(languages, key=lambda language: (languages.count(language), -languages.index(language)))
        edition = [r for r in edition if r.edition.language in (None, agreed)]
    return _ordered(edition, NAMING) + _ordered(rest, NAMING)


def _title(naming: list[Record]) -> tuple[str, str]:
    best = naming[0]
    for record in naming[1:]:
        if better_title(best.title, record.title) != best.title:
            best = record
    return best.title, best.provider


def _authors(naming: list[Record], sources: dict[str, str]) -> tuple[Author, ...]:
    """The most trusted provider's list; what the others know of the same people is added."""
    best = next((r for r in naming if r.authors), None)
    if best is None:
        return ()
    sources["authors"] = best.provider
    others = [author for r in naming if r is not best for author in r.authors]
    return tuple(_completed(author, others) for author in best.authors)


def _completed(author: Author, others: list[Author]) -> Author:
    """The author with what the others say of the same person and it does not."""
    lacking = [name for name in _AUTHOR_FACTS if getattr(author, name) is None]
    for other in others:
        known = {name: value for name in lacking if (value := getattr(other, name)) is not None}
        if known and author_similarity(author.name, other.name) >= SAME_PERSON:
            author = replace(author, **known)
            lacking = [name for name in lacking if name not in known]
    return author


def _description(question: Question, records: Sequence[Record], sources: dict[str, str]) -> str | None:
    """The longest up to 4,000 characters, in the request's language first."""
    found = [(r.description[:DESCRIPTION_MAX_CHARS].rstrip(), r) for r in records if r.description]
    if not found:
        return None
    wanted = question.lang
    text, record = max(found, key=lambda f: (wanted is not None and f[1].edition.language == wanted, len(f[0])))
    sources["description"] = record.provider
    return text


def _first_year(records: Sequence[Record], sources: dict[str, str]) -> int | None:
    """Open Library's year of the work; else the least year known. An edition's year never raises it. Staff may say that it is not known."""
    if any("first_year" in r.edited and r.first_year is None for r in records):
        return None
    for provider in DATING:
        for record in records:
            if record.provider == provider and record.first_year:
                sources["firstPublicationYear"] = provider
                return record.first_year
    years = [(year, r.provider) for r in records if (year := r.first_year or r.edition.year)]
    if not years:
        return None
    year, sources["firstPublicationYear"] = min(years)
    return year


def _edition(members: list[Record], records: Sequence[Record], sources: dict[str, str]) -> Edition:
    """The facts of one edition, from its own records only; a cover may come from the work where the edition has none."""
    printing, naming = _ordered(members, PRINTING), _ordered(members, NAMING)

    def first(field: str, ordered: list[Record], read: Callable[[Edition], T | None]) -> T | None:
        for record in ordered:
            value = read(record.edition)
            if value:
                sources[field] = record.provider
                return value
        return None

    cover_url, cover_urls = _cover(members, records, sources)
    return Edition(
        isbns=_union(r.edition.isbns for r in members),
        title=first("editionTitle", naming, lambda e: e.title),
        subtitle=first("editionSubtitle", naming, lambda e: e.subtitle),
        publisher=first("publisher", printing, lambda e: e.publisher),
        published=first("publicationDate", printing, lambda e: e.published),
        page_count=first("pageCount", printing, lambda e: e.page_count),
        format=first("format", printing, lambda e: e.format),
        language=first("language", printing, lambda e: e.language),
        cover_url=cover_url,
        cover_urls=cover_urls,
        note=first("note", printing, lambda e: e.note),
        openlibrary_id=first("openLibraryEditionID", naming, lambda e: e.openlibrary_id),
        google_id=first("googleBooksVolumeID", naming, lambda e: e.google_id),
        goodreads_ids=_union(r.edition.goodreads_ids for r in members),
        librarything_ids=_union(r.edition.librarything_ids for r in members),
        asins=_union(r.edition.asins for r in members),
    )


def _cover(
    members: list[Record], records: Sequence[Record], sources: dict[str, str]
) -> tuple[str | None, tuple[str, str, str] | None]:
    """The edition's best picture, else the work's: (address, addresses of three sizes). Our own, harvested, is the best."""
    for among in (members, records):
        own = next((r.edition.own_covers for r in among if r.edition.own_covers), None)
        if own:
            sources["coverImageURL"] = HARVESTED
            return own[-1], own
        for record in _ordered(among, PICTURING):
            if record.edition.cover_url:
                sources["coverImageURL"] = record.provider
                return record.edition.cover_url, record.edition.cover_urls
    return None, None
