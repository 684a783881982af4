"""The local catalogue, asked like any other provider: rows to records."""

from collections.abc import Collection

import structlog
from django.db import DatabaseError

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search.conf import CATALOGUE
from search.dto import Author, Edition, Record, Series
from search.gateway import ProviderAnswer, Status
from search.models import Edition as EditionRow
from search.models import Identifier, Work
from search.provider import Kind, Page, Question
from search.title_index import Words, find, words_of

log = structlog.get_logger(__name__)


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


def answer(question: Question) -> Page:
    """Records of the works that answer the question, one per edition."""
    if question.kind in (Kind.ISBN, Kind.MANY_ISBNS):
        named = Identifier.objects.filter(scheme=Identifier.Scheme.ISBN, value__in=question.isbns)
        works = _works(set(named.values_list("edition__work_id", flat=True)))
        return Page(tuple(record for work in works for record in _records(work)), len(works))
    if question.kind in (Kind.PROVIDER_ID, Kind.EDITIONS):
        return Page()  # it has no ids of others
    ids = find(_words(question))
    chosen = ids[question.offset : question.offset + question.limit]
    by_id = {work.pk: work for work in _works(chosen)}
    records = tuple(record for pk in chosen if pk in by_id for record in _records(by_id[pk]))
    return Page(records, len(ids))


def _words(question: Question) -> Words:
    if question.kind is Kind.TITLE:
        return Words(title=words_of(question.text))
    if question.kind is Kind.ANY:
        return Words(anywhere=words_of(question.text))
    return Words(title=words_of(question.title), author=words_of(question.author))


def _works(ids: Collection[int]) -> list[Work]:
    if not ids:
        return []
    related = ("authorship_set__author", "editions__identifiers")
    return list(Work.objects.filter(pk__in=ids).prefetch_related(*related))


def _records(work: Work) -> list[Record]:
    editions = list(work.editions.all())
    isbns = tuple(isbn for edition in editions for isbn in _isbns(edition))
    titles = tuple(dict.fromkeys(filter(None, [work.title, *work.other_titles, *(e.title for e in editions)])))
    languages = tuple(dict.fromkeys(e.language for e in editions if e.language))
    authors = tuple(
        Author(a.author.name, birth_year=a.author.birth_year, death_year=a.author.death_year)
        for a in work.authorship_set.all()
    )
    return [
        Record(
            provider=CATALOGUE,
            title=(edition.title if edition else "") or work.title,
            subtitle=work.subtitle or None if not (edition and edition.title) else None,
            authors=authors,
            subjects=tuple(work.subjects),
            series=Series(work.series_name, work.series_position) if work.series_name else None,
            first_year=work.first_year,
            original_language=work.original_language or None,
            languages=languages,
            other_titles=titles,
            work_isbns=isbns,
            edition=_edition(work, edition) if edition else Edition(cover_url=_cover(work)),
            popularity=0.5,
        )
        for edition in (editions or (None,))
    ]


def _isbns(edition: EditionRow) -> tuple[str, ...]:
    return tuple(i.value for i in edition.identifiers.all() if i.scheme == Identifier.Scheme.ISBN)


def _edition(work: Work, row: EditionRow) -> Edition:
    return Edition(
        isbns=_isbns(row),
        title=row.title or work.title,
        publisher=row.publisher or None,
        published=row.published or None,
        page_count=row.page_count,
        format=row.format or None,
        language=row.language or None,
        cover_url=_cover(work),
    )


def _cover(work: Work) -> str | None:
    source, _, name = work.source_id.partition(":")
    return f"/covers/drawn/{name}.png" if source == "sample" else None
