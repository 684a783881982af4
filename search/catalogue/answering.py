"""The local catalogue, asked like any other provider: rows to records."""

from collections.abc import Collection, Iterator
from functools import lru_cache

import structlog
from django.db import DatabaseError

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search.acceptance import Meant
from search.catalogue import crosswalk
from search.catalogue.crosswalk import Lead, end_of, lead
from search.catalogue.keys import catalogue_id, key_of_catalogue
from search.catalogue.rows import MOST_WORKS, AuthorFacts, EditionFacts, WorkFacts, author, count_editions, editions_of_isbns, works
from search.catalogue.title_index import Words, author_works, find, words_of
from search.catalogue.title_words import author_key_words
from search.conf import CATALOGUE, with_catalogue
from search.dto import Author, Edition, Record, Series
from search.edits import OF_EDITION, agrees
from search.gateway import ProviderAnswer, Status
from search.normalisers.genres import canonical_genres
from search.normalisers.names import author_name, split_authors
from search.provider import Kind, Page, Person, Question
from search.schemes import Scheme, canonical

log = structlog.get_logger(__name__)
SCHEMES = {"openlibrary": Scheme.OPENLIBRARY, "google-books": Scheme.GOOGLE}  # whose ids the providers' names stand for
COVERS = "https://covers.openlibrary.org/b/id"


async def ask(question: Question) -> ProviderAnswer:
    """What the catalogue knows; its failure is a status like any provider's."""
    began = clock.monotonic_s()
    try:
        page = await in_db(answer, question)
    except DatabaseError:
        log.exception("catalogue away")
        return ProviderAnswer(CATALOGUE, Status.ERROR)
    status = Status.OK if page.records else Status.EMPTY
    return ProviderAnswer(CATALOGUE, status, page, latency_s=clock.monotonic_s() - began)


async def followed(olid: str) -> str:
    """The Open Library id that one was merged into, as far as the catalogue knows; itself otherwise."""
    if not with_catalogue():
        return olid
    try:
        return await in_db(crosswalk.followed, olid)
    except DatabaseError:  # whoever has it in the cache, or outside, answers all the same
        log.warning("redirects could not be read")
        return olid


def answer(question: Question) -> Page:
    """Records of the works that answer the question, one per edition; an empty page for kinds that it does not know."""
    if question.kind in (Kind.ISBN, Kind.MANY_ISBNS):
        pairs = editions_of_isbns(question.isbns)
        found = works({work for _, work in pairs}, editions=[edition for edition, _ in pairs])
        return Page(tuple(record for work in found for record in _records(work)), len(found))
    if question.kind is Kind.PROVIDER_ID:
        return _of_id(question)
    if question.kind is Kind.EDITIONS:
        return _editions_of_id(question)
    if question.kind is Kind.PERSON:
        return _person(question)
    if question.kind not in (Kind.TITLE, Kind.ADVANCED, Kind.ANY):
        return Page()
    ids = next(filter(None, map(find, _ways(question))), [])
    chosen = ids[question.offset : question.offset + question.limit]
    by_id = {work.id: work for work in works(chosen)}
    records = tuple(record for pk in chosen if pk in by_id for record in _records(by_id[pk]))
    return Page(records, len(ids))


def works_of_author(name: str, limit: int = MOST_WORKS) -> list[Record]:
    """Records of the works of all authors who have this name, one per edition; several persons may share it."""
    found = author_works(tuple(author_key_words(name).split()), limit)
    return [record for work in works(found) for record in _records(work)]


def records_of(ids: Collection[int], most_editions: int) -> dict[int, list[Record]]:
    """Records of the works with these keys that are there, one per edition, of each work at most so many."""
    return {work.id: _records(work) for work in works(ids, most_editions=most_editions)}


def _of_id(question: Question) -> Page:
    """The work of an id in its editions, or the editions that an id names."""
    lead = _lead(question)
    found = works(lead.works, editions=lead.editions)
    named = set(lead.editions)
    for work in found:
        if named:
            work.editions = [edition for edition in work.editions if edition.id in named]
    return Page(tuple(record for work in found for record in _records(work)), len(found))


def _editions_of_id(question: Question) -> Page:
    """Editions of the work of an id, in the catalogue's order, from the question's offset on."""
    lead = _lead(question)
    found = works(lead.works[:1], most_editions=question.offset + question.limit)
    if not found or lead.editions:
        return Page()
    work, total = found[0], count_editions(found[0].id)
    work.editions = work.editions[question.offset :]
    return Page(tuple(_records(work)) if work.editions else (), total)


def _person(question: Question) -> Page:
    people = tuple(
        Person(Author(_shown_name(row.name), row.openlibrary_id, birth_year=row.birth_year, death_year=row.death_year), works=works_of)
        for row, works_of in (author(key) for key in _lead(question).authors)
    )
    return Page(total=len(people), people=people)


def _lead(question: Question) -> Lead:
    """Where the id of a question leads; nowhere for ids of providers that it does not keep."""
    if question.provider == CATALOGUE:
        key = key_of_catalogue(question.provider_id)
        return Lead(Scheme.OPENLIBRARY, question.provider_id, works=(end_of("W", key),) if key else ())
    scheme = SCHEMES.get(question.provider)
    value = canonical(scheme, question.provider_id) if scheme else None
    return lead(scheme, value) if scheme and value else Lead(Scheme.OPENLIBRARY, question.provider_id)


def _ways(question: Question) -> Iterator[Words]:
    """What has to be found; and where nothing is, what may be: rows have names written out, and do not know every subtitle.

    Whether initials and subtitle agree is judged by the match. "(Dune, #1)" and "(Paperback)" are in no row's title.
    """
    meant = Meant(question.text or question.title)
    asked = words_of(meant.asked)
    if question.kind is Kind.ANY:
        yield Words(anywhere=asked)
        return
    author = words_of(question.author)
    yield Words(title=asked, author=author)
    written_out = tuple(word for word in author if len(word) > 1 or not word.isascii()) or author
    if asked and written_out != author:
        yield Words(title=asked, author=written_out)
    if meant.head_and_subtitle:
        yield Words(title=words_of(meant.head_and_subtitle[0]), author=written_out)


def _records(work: WorkFacts) -> list[Record]:
    editions = work.editions
    isbns = tuple(isbn for edition in editions for isbn in edition.isbns)
    titles = tuple(dict.fromkeys(filter(None, [work.title, *work.other_titles, *(e.title for e in editions)])))
    languages = tuple(dict.fromkeys(e.language for e in editions if e.language))
    authors = tuple(author for each in work.authors for author in authors_of(each))
    subjects = tuple(canonical_genres(work.subjects))
    return [
        Record(
            provider=CATALOGUE,
            title=_title(work, edition),
            subtitle=_subtitle(work, edition),
            authors=authors,
            subjects=subjects,
            series=Series(work.series_name, work.series_position) if work.series_name else None,
            first_year=work.first_year,
            original_language=work.original_language or None,
            languages=languages,
            other_titles=titles,
            openlibrary_work_id=work.openlibrary_id,
            catalogue_id=catalogue_id(work.id),
            work_isbns=isbns,
            edition=_edition(work, edition) if edition else Edition(cover_url=_cover(work)),
            popularity=0.5,
            edited=_edited(work, edition) if work.edited or (edition and edition.edited) else frozenset(),
        )
        for edition in (editions or (None,))
    ]


def authors_of(row: AuthorFacts) -> list[Author]:
    """The author; "A, B, C" in one name are three."""
    names = split_authors(row.name) if row.name.count(",") > 1 or ";" in row.name else []
    if len(names) > 1:
        return [Author(name) for name in names]
    return [Author(_shown_name(row.name), row.openlibrary_id, birth_year=row.birth_year, death_year=row.death_year)]


@lru_cache(maxsize=5_000)
def _shown_name(name: str) -> str:
    return author_name(name) or name


def _title(work: WorkFacts, edition: EditionFacts | None) -> str:
    return work.title if edition is None or ("title" in work.edited and _named_alike(work, edition)) else edition.title or work.title


def _named_alike(work: WorkFacts, edition: EditionFacts) -> bool:
    """Whether the edition bears the work's title, the one before a correction included; a translation does not."""
    return not edition.title or agrees(edition.title, work.title, work.edited.get("title") or "")


def _edited(work: WorkFacts, edition: EditionFacts | None) -> frozenset[str]:
    """The corrected fields, as Record names them."""
    alike = edition is None or _named_alike(work, edition)
    of_work = {"series" if name.startswith("series") else name for name in work.edited if alike or name not in ("title", "subtitle")}
    of_edition = edition.edited if edition else set()
    return frozenset({*of_work, *(OF_EDITION + {"isbn": "isbns"}.get(name, name) for name in of_edition)})


def _subtitle(work: WorkFacts, edition: EditionFacts | None) -> str | None:
    if edition and "subtitle" in work.edited and _named_alike(work, edition):
        return work.subtitle or None
    if edition and (edition.subtitle or edition.title):
        return edition.subtitle or None
    return work.subtitle or None


def _edition(work: WorkFacts, row: EditionFacts) -> Edition:
    return Edition(
        isbns=row.isbns,
        title=row.title or work.title,
        subtitle=row.subtitle or None,
        publisher=row.publisher or None,
        published=row.published or None,
        page_count=row.page_count,
        format=row.format or None,
        language=row.language or None,
        cover_url=_cover(work) or (f"{COVERS}/{row.cover}-L.jpg?default=false" if row.cover else None),
        cover_urls=_pictures(row.cover) if row.cover else None,
        openlibrary_id=row.openlibrary_id,
        google_id=next(iter(row.named_by("google")), None),
        goodreads_ids=row.named_by("goodreads"),
        librarything_ids=row.named_by("librarything"),
        asins=row.named_by("asin"),
    )


def _pictures(number: int) -> tuple[str, str, str]:
    small, medium, large = (f"{COVERS}/{number}-{size}.jpg?default=false" for size in "SML")
    return small, medium, large


def _cover(work: WorkFacts) -> str | None:
    source, _, name = (work.source_id or "").partition(":")
    return f"/covers/drawn/{name}.png" if source == "sample" else None
