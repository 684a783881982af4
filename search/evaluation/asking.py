"""The catalogue's works for a labelled set, and how its queries are asked: as a search would, but for providers, flights and caches."""

from collections.abc import Iterator

from bookstrack.lib.errors import ApiError
from search import detect, services
from search.catalogue import answering
from search.catalogue.rows import WorkFacts, works
from search.dto import Book
from search.evaluation.labels import Known, Query, Way, language_of
from search.matching import ranked
from search.merge import merged
from search.models import Work
from search.provider import Kind, Question

AT_ONCE = 500  # works read by one round of queries


def known_works(limit: int) -> Iterator[Known]:
    """The works of the catalogue, or so many of them spread over it."""
    keys = list(Work.objects.order_by("pk").values_list("pk", flat=True))
    step = max(1, len(keys) / limit)
    chosen = [keys[int(place * step)] for place in range(min(limit, len(keys)))]
    for start in range(0, len(chosen), AT_ONCE):
        yield from map(_known, works(chosen[start : start + AT_ONCE]))


def _known(work: WorkFacts) -> Known:
    titles = dict.fromkeys([*work.other_titles, *(edition.title for edition in work.editions if edition.title)])
    languages = list(dict.fromkeys(edition.language for edition in work.editions if edition.language))
    language = work.original_language or (languages[0] if len(languages) == 1 else "")
    authors = tuple(author.name for row in work.authors for author in answering.authors_of(row))
    return Known(
        work.title,
        work.subtitle,
        authors,
        tuple(titles),
        language_of(work.title, language),
        tuple(dict.fromkeys(isbn for edition in work.editions for isbn in edition.isbns)),
        work.series_name,
        work.series_position,
    )


def asked(query: Query) -> list[Book]:
    """The books that a search shows, best first.

    It is the way of `services.search_*` with `SEARCH_PROVIDERS=catalogue`: catalogue, merge, matching. Left out are the cache and the
    flight that spares a second asking, so that nothing is answered from before and nothing is kept.
    """
    try:
        question = _question(query)
    except ApiError:  # refused, as a client would be told
        return []
    return ranked(question, merged(question, answering.answer(question).records))[: question.limit]


def _question(query: Query) -> Question:
    """As `services` makes it of what a client sends."""
    way = query.way
    if way is Way.ISBN or (way is Way.BOX and detect.detected(query.text)[0] == "isbn"):
        return Question(Kind.ISBN, isbns=(services.isbn_of(query.text).isbn13,), limit=1)
    text = services.words_of(query.text, "q")
    if way is Way.ADVANCED:
        author = services.words_of(query.author, "author") if query.author else ""
        return Question(Kind.ADVANCED, title=text, author=author) if author else Question(Kind.ADVANCED, author=text)
    return Question(Kind.TITLE if way is Way.TITLE else Kind.ANY, text=text)
