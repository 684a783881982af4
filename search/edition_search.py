"""The use-case of discovering the editions of a work by title and author.

Raises: ApiError (bad input by field; ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from search import conf, gathering, services
from search.dto import Record
from search.edition_list import editions_of, speaks_of, with_work
from search.entries import Rendered
from search.fan_out import Outcome
from search.gateway import Gateway, ProviderAnswer
from search.normalisers.text import search_key
from search.provider import Kind, Provider, Question
from search.services import Answer

FOUND = 40  # books of a provider that are looked at
LISTED = 100  # editions of a work that are fetched
WORKS = 2  # that a provider may have of one and the same work


class Editions(gathering.ProviderGathering):
    """What one provider finds by title and author, and lists under the works among that."""

    def __init__(self, provider: Provider, gateway: Gateway, deadline: float, *, question: Question) -> None:
        super().__init__(provider, gateway, deadline)
        self.question = question
        self._records: list[Record] = []

    async def run(self) -> None:
        """Ask for the work, then for its editions."""
        answer = await self.ask(self.question)
        self._records += answer.page.records
        fitting = (record for record in answer.page.records if speaks_of(self.question, record))
        works = {record.openlibrary_work_id: record for record in fitting if record.openlibrary_work_id}
        await asyncio.gather(*(self._list(work_id, work) for work_id, work in list(works.items())[:WORKS]))

    async def _list(self, work_id: str, work: Record) -> None:
        question = Question(Kind.EDITIONS, provider=self.provider.name, provider_id=work_id, limit=LISTED)
        if self.provider.call(question) is not None:
            answer = await self.ask(question)
            self._records += [with_work(record, work) for record in answer.page.records]

    def records(self) -> list[Record]:
        """All that came."""
        return list(self._records)


async def search_editions(work_title: str, author: str = "", *, limit: int = 20) -> Answer:
    """The editions of a work, each ISBN once. An author that is given has to agree."""
    question = question_of(work_title, author)
    key = key_of(question, limit)
    return await services.looked_up(key, Kind.EDITIONS.value, lambda: ask_everybody(key, question, limit))


def question_of(work_title: str, author: str) -> Question:
    """What is asked first. Raises: ApiError."""
    title = services.words_of(work_title, "workTitle")
    by = services.words_of(author, "author") if author.strip() else ""
    return Question(Kind.ADVANCED, title=title, author=by, limit=FOUND)


def key_of(question: Question, limit: int) -> str:
    """The cache key: one for normalised title and author with the limit."""
    parts = (search_key(question.title), search_key(question.author), str(limit))
    return f"search:editions:{hashlib.sha256(chr(31).join(parts).encode('utf-8', 'replace')).hexdigest()[:32]}"


async def ask_everybody(key: str, question: Question, limit: int) -> Outcome:
    """One round of calls for `limit` editions of the work that a question by title and author means."""

    def render(answers: Sequence[ProviderAnswer]) -> Rendered:
        books = editions_of(question, [record for answer in answers for record in answer.page.records])
        return gathering.rendered_books(question, books, answers, limit=limit)

    wait_s = conf.search_budget_s()
    asked = gathering.everybody(partial(Editions, question=question), question, wait_s=wait_s)
    return await gathering.gather(services.cache, key, replace(question, limit=limit), asked, render, wait_s=wait_s)
