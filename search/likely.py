"""The use-case of texts that a camera read: which works of the local catalogue each may mean. Nobody outside is asked."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from django.db import DatabaseError

from bookstrack.lib.db import in_db
from search import conf
from search.catalogue import answering, likely_works
from search.catalogue.likeness import within
from search.catalogue.title_words import words_of
from search.dto import Record
from search.grouping import WorkGroup
from search.matching import judge
from search.merge import book_of
from search.normalisers.text import clean_line
from search.offers import Offer, offer
from search.provider import Kind, Question
from search.wire import edition_dto, work_dto

log = structlog.get_logger(__name__)
EDITIONS = 20  # of a work, among which one stands for it
OF_WHOLE_WORDS = 0.2
JUDGED_CHARS = 500  # of a text, as a search takes at most


async def works_like(texts: Sequence[str], *, most: int = 12) -> list[list[Offer]]:
    """For each text the works that it may mean, the most likely first, at most so many; none while the catalogue is off or away.

    An offer's match says how well the text as a whole names the work, which of a spine's text is seldom much.
    """
    if not conf.with_catalogue():
        return [[] for _ in texts]
    try:
        return await in_db(_offered, texts, most)
    except DatabaseError:
        log.exception("catalogue away")
        return [[] for _ in texts]


def _offered(texts: Sequence[str], most: int) -> list[list[Offer]]:
    found = likely_works.likely(texts, most)
    records = answering.records_of({key for keys in found for key in keys}, EDITIONS)
    return [[_offer(text, records[key]) for key in keys if key in records] for text, keys in zip(texts, found, strict=True)]


def _question(text: str) -> Question:
    return Question(Kind.ANY, text=clean_line(text[: 2 * JUDGED_CHARS])[:JUDGED_CHARS])


def _title_read(text: str, records: Sequence[Record]) -> str:
    """The title that stands in the text, of those that the work has in its languages: letter by letter, and word by word, since letters
    may run on into the next word. Of equals the longest, then the first."""
    words = words_of(text[: 2 * JUDGED_CHARS])
    read = "".join(words)

    def stands(title: str) -> tuple[float, int]:
        own = words_of(title)
        whole = sum(word in words for word in own) / len(own) if own else 0.0
        return round(within("".join(own), read) + OF_WHOLE_WORDS * whole, 3), len(title)

    titles = {title: None for record in records for title in (record.edition.title or record.title, record.title)}
    return max(titles, key=stands, default=text)


def _offer(text: str, records: Sequence[Record]) -> Offer:
    question = _question(text)
    book = book_of(replace(question, text=_title_read(text, records)), WorkGroup(list(records)))
    judged = replace(book, match=judge(question, book))
    return offer(work_dto(judged), edition_dto(judged))
