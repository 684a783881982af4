"""Several questions to each provider for one answer: what is there within the budget is shown, and what comes later completes what is
kept. What `fan_out` is for one question."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bookstrack.lib import clock
from search import conf, fan_out, metrics, own_covers
from search.background import in_background
from search.cache import Cache, lifetime_s
from search.catalogue import answering
from search.dto import Book, Record
from search.entries import FAILED, Rendered, entry_of
from search.fan_out import Outcome
from search.gateway import Gateway, ProviderAnswer, Status, refilling
from search.ledger import ledger
from search.provider import Page, Provider, Question


class Gathering(ABC):
    """What somebody who is asked has said so far."""

    @abstractmethod
    async def run(self) -> None:
        """Ask until everything is there."""

    @abstractmethod
    def answer(self, *, pending: bool) -> ProviderAnswer:
        """All that came so far as one answer; `pending`: more is awaited."""


class ProviderGathering(Gathering):
    """What one outside provider has said to several questions."""

    def __init__(self, provider: Provider, gateway: Gateway, deadline: float) -> None:
        self.provider, self._gateway, self.deadline = provider, gateway, deadline
        self._answers: list[ProviderAnswer] = []

    @abstractmethod
    def records(self) -> list[Record]:
        """What it said so far, in its order."""

    async def ask(self, question: Question, *, deadline: float | None = None) -> ProviderAnswer:
        """One question; its failure is remembered."""
        terms, by = refilling.get(), self.deadline if deadline is None else deadline
        share = terms.share if terms else 1.0
        answer = await self._gateway.ask(self.provider, question, deadline=by, share=share, patience=terms)
        self._answers.append(answer)
        if answer.latency_s is not None and self.provider.config.daily_budget is None:
            ledger.called(self.provider.name)  # those with a budget are counted before the call
        return answer

    def answer(self, *, pending: bool) -> ProviderAnswer:
        """Failed where any part failed, late while any is awaited: what came is shown all the same."""
        found = self.records()
        page = Page(tuple(found), len(found))
        name = self.provider.name
        failed = next((answer for answer in self._answers if answer.status in FAILED), None)
        if failed is not None:
            return ProviderAnswer(name, failed.status, page, retry_at=failed.retry_at)
        if pending:
            return ProviderAnswer(name, Status.LATE, page)
        if all(answer.status is Status.OFF for answer in self._answers):
            return ProviderAnswer(name, Status.OFF)
        return ProviderAnswer(name, Status.OK if found else Status.EMPTY, page)


class CatalogueGathering(Gathering):
    """What the local catalogue says to one question."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._answer: ProviderAnswer | None = None

    async def run(self) -> None:
        self._answer = await answering.ask(self._question)

    def answer(self, *, pending: bool) -> ProviderAnswer:
        return self._answer or ProviderAnswer(conf.CATALOGUE, Status.LATE)


def everybody(
    asking: Callable[[Provider, Gateway, float], Gathering], own: Question, *, wait_s: float
) -> dict[str, Gathering]:
    """A gathering of everybody, in the order of trust; `own` is the question to the catalogue."""
    order, providers, gateway = fan_out.everybody()
    deadline = clock.monotonic_s() + _wait_s(wait_s)
    asked: dict[str, Gathering] = {provider.name: asking(provider, gateway, deadline) for provider in providers}
    asked[conf.CATALOGUE] = CatalogueGathering(own)
    return {name: asked[name] for name in order}


async def gather(
    cache: Cache,
    key: str,
    question: Question,
    asked: Mapping[str, Gathering],
    render: Callable[[Sequence[ProviderAnswer]], Rendered],
    *,
    wait_s: float,
) -> Outcome:
    """One round: everybody at once, rendered and kept; once more when the late ones have come."""
    tasks = {name: asyncio.create_task(gathering.run()) for name, gathering in asked.items()}
    _, pending = await asyncio.wait(tasks.values(), timeout=_wait_s(wait_s))

    async def keep(late: set[str]) -> Outcome:
        answers = await own_covers.laid_in([gathering.answer(pending=name in late) for name, gathering in asked.items()])
        # merging a thousand works takes a third of a second: others get their turns meanwhile
        return await fan_out.keep(cache, key, question, await asyncio.to_thread(render, answers))

    async def finish() -> None:
        await asyncio.wait(pending)
        await fan_out.settled(await keep(set()))
        metrics.late_answers.inc()

    outcome = await keep({name for name, task in tasks.items() if task in pending})
    if pending:
        in_background(finish())
    return outcome


def _wait_s(search_s: float) -> float:
    """How long answers are waited for: as a search does, unless the cache is filled anew, which has time."""
    terms = refilling.get()
    return terms.wait_s if terms else search_s


def rendered_books(
    question: Question,
    books: list[Book],
    answers: Sequence[ProviderAnswer],
    *,
    limit: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> Rendered:
    """The first books of an answer, in their order; no entry where all failed who were asked outside, and nobody else knew."""
    statuses = {answer.provider: answer.status.value for answer in answers}
    retry_at = min((answer.retry_at for answer in answers if answer.retry_at), default=None)
    outside = [answer for answer in answers if answer.provider != conf.CATALOGUE and answer.status is not Status.OFF]
    if not books and outside and all(answer.status in FAILED for answer in outside):
        return Rendered(None, statuses, retry_at)
    degraded = any(answer.status in FAILED for answer in answers)
    ttl_s = lifetime_s(question, books, degraded=degraded)
    return Rendered(entry_of(books[:limit], len(books), statuses, ttl_s=ttl_s, more=more), statuses, retry_at)
