"""The use-case of one provider alone: its answer normalised, within the part of its budget that this may use up.

Raises: ApiError (bad input by field; ProviderOff; ProvidersFailed and its kinds when it could not answer).
"""

import asyncio

from bookstrack.lib import clock
from bookstrack.lib.errors import Unavailable
from search import conf, fan_out, metrics, services
from search.background import in_background
from search.cache import key_of
from search.entries import FAILED, rendered
from search.fan_out import Outcome
from search.gateway import ProviderAnswer, Status, refilling
from search.provider import Kind, Provider, Question
from search.services import Answer

PREFIX = "search:one:"


class ProviderOff(Unavailable):
    """The provider is not asked here: it is not named in SEARCH_PROVIDERS, or lacks its key."""

    retryable = False


async def by_words(provider: str, text: str, *, limit: int) -> Answer:
    """What a provider finds for words."""
    return await _answer(provider, Question(Kind.ANY, text=services.words_of(text, "q"), limit=limit))


async def by_author(provider: str, author: str, *, limit: int) -> Answer:
    """What a provider has of an author."""
    return await _answer(provider, Question(Kind.ADVANCED, author=services.words_of(author, "author"), limit=limit))


async def by_title(provider: str, title: str, author: str, *, limit: int) -> Answer:
    """A provider's editions of a title; the author may be left out."""
    words = services.words_of(title, "title")
    question = Question(Kind.ADVANCED, title=words, author=services.words_of(author, "author") if author.strip() else "", limit=limit)
    return await _answer(provider, question)


async def by_isbn(provider: str, isbn: str) -> Answer:
    """A provider's edition of an ISBN in any spelling."""
    return await _answer(provider, Question(Kind.ISBN, isbns=(services.isbn_of(isbn).isbn13,), limit=1))


async def _answer(name: str, question: Question) -> Answer:
    key = key_of_one(name, question)
    return await services.looked_up(key, "one", lambda: ask(key, name, question))


def key_of_one(name: str, question: Question) -> str:
    """The cache key of what one provider alone says."""
    return f"{PREFIX}{name}:{key_of(question).removeprefix('search:')}"


async def ask(key: str, name: str, question: Question) -> Outcome:
    """Its answer, if it comes within the budget; a later one still fills the cache."""
    _, providers, gateway = fan_out.everybody()
    provider = next((known for known in providers if known.name == name and known.enabled), None)
    if provider is None:
        raise ProviderOff("This server does not ask that provider.", details={"providers": {name: Status.OFF.value}})
    terms = refilling.get()
    wait_s = terms.wait_s if terms else conf.search_budget_s()
    deadline, share = clock.monotonic_s() + wait_s, min(conf.external_budget_share(), terms.share if terms else 1.0)
    task = asyncio.create_task(gateway.ask(provider, question, deadline=deadline, share=share, patience=terms))
    _, pending = await asyncio.wait([task], timeout=wait_s)
    if pending:
        in_background(_finish(key, provider, question, task))
        return await _kept(key, provider, question, ProviderAnswer(provider.name, Status.LATE))
    return await _kept(key, provider, question, task.result())


async def _finish(key: str, provider: Provider, question: Question, task: "asyncio.Task[ProviderAnswer]") -> None:
    answer = await task
    if answer.status not in FAILED:
        await fan_out.settled(await _kept(key, provider, question, answer))
        metrics.late_answers.inc()


async def _kept(key: str, provider: Provider, question: Question, answer: ProviderAnswer) -> Outcome:
    if provider.config.daily_budget is None:
        fan_out.count_calls([provider], [answer])  # those with a budget are counted before the call
    return await fan_out.keep(services.cache, key, question, rendered(question, [answer]))
