"""Many ISBNs looked up together: each asks for one, and providers are asked for as many as wait at the moment.

An ISBN goes through the cache, then catalogue and every provider that takes many ISBNs in one call, all at once; who found nothing
there is asked of the others one by one. What came of it is kept under the very key, and in the form, of a search.
Two processes that look up one ISBN at the same moment both ask: a lock for each of thousands would cost more than it saves.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bookstrack.lib import clock
from search import conf, metrics, own_covers
from search.batcher import Batcher
from search.cache import Cache, Entry, key_of
from search.cache_reader import CacheReader
from search.catalogue import answering
from search.dto import Record
from search.entries import FAILED, Lookup, Rendered, rendered, spoils
from search.fan_out import count_calls, everybody
from search.gateway import Patience, ProviderAnswer, Status
from search.ledger import ledger
from search.provider import Kind, Page, Provider, Question

log = structlog.get_logger(__name__)
CATALOGUE_AT_ONCE = 1000
TURN_S = 0.002  # merging holds the event loop no longer than this
WRITE_AT_ONCE = 100


@dataclass(slots=True)
class _Case:
    """An ISBN on its way, with what was answered so far."""

    isbn: str
    done: asyncio.Future[Lookup]
    kept: Entry | None  # answers while everybody fails
    answers: dict[str, ProviderAnswer] = field(default_factory=dict)

    @property
    def question(self) -> Question:
        return Question(Kind.ISBN, isbns=(self.isbn,), limit=1)


class IsbnLookups:
    """The look-ups of one job, in one event loop."""

    def __init__(self, cache: Cache, reader: CacheReader, patience: Patience, concurrency: int, *, anew: bool = False) -> None:
        self._cache, self._reader, self._patience = cache, reader, patience
        self._anew = anew  # what is cached is asked for again, and gives way to better answers only
        self._order, providers, self._gateway = everybody()
        enabled = [provider for provider in providers if provider.enabled]
        self._bulk = {provider.name: provider for provider in enabled if provider.many_isbns}
        self._single = [provider for provider in enabled if not provider.many_isbns]
        self._unlimited = [provider for provider in enabled if provider.config.daily_budget is None]
        self._sources = {name: self._batcher(name, provider.many_isbns) for name, provider in self._bulk.items()}
        if conf.CATALOGUE in self._order:
            self._sources[conf.CATALOGUE] = self._batcher(conf.CATALOGUE, CATALOGUE_AT_ONCE)
        self._one_by_one = asyncio.Semaphore(concurrency)
        self._flying: dict[str, asyncio.Task[Lookup]] = {}
        self._answered: deque[_Case] = deque()
        self._asking: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._finishing: asyncio.Task[None] | None = None

    async def look_up(self, isbn: str) -> Lookup:
        """What is known of an ISBN-13. Never raises for troubles of providers or our own stores."""
        task = self._flying.get(isbn)
        if task is None:
            task = self._flying[isbn] = asyncio.create_task(self._looked_up(isbn))
            task.add_done_callback(lambda _: self._flying.pop(isbn, None))
        return await asyncio.shield(task)

    async def landed(self) -> None:
        """Wait until what was told so far is kept for all processes."""
        if self._finishing is not None:
            await asyncio.shield(self._finishing)
        await asyncio.gather(*self._keeping)

    async def close(self) -> None:
        """Stop asking. What has come is kept."""
        for batcher in self._sources.values():
            await batcher.close()
        asking = list(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        if self._finishing:
            await self._finishing
        await asyncio.gather(*self._keeping)
        flying = list(self._flying.values())
        for flight in flying:
            flight.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    def _batcher(self, name: str, size: int) -> "Batcher[_Case]":
        async def send(cases: Sequence[_Case]) -> None:
            await self._asked_together(name, cases)

        # Who is told its book makes room for the next: a call is not made for a few of them while the loop is busy telling.
        return Batcher(size, send, more_coming=lambda: self._reader.busy or self._finishing is not None)

    async def _looked_up(self, isbn: str) -> Lookup:
        key = key_of(Question(Kind.ISBN, isbns=(isbn,)))
        kept = await (self._reader.peek(key) if self._anew else self._reader.find(key, Kind.ISBN))
        if kept and kept.fresh and not self._anew:
            return Lookup.kept(kept)
        case = _Case(isbn, asyncio.get_running_loop().create_future(), kept)
        for batcher in self._sources.values():
            batcher.add(case)
        if not self._sources:
            self._heard(case)
        return await case.done

    async def _asked_together(self, name: str, cases: Sequence[_Case]) -> None:
        """One call for all of them; each gets its own records."""
        question = Question(Kind.MANY_ISBNS, isbns=tuple(case.isbn for case in cases), limit=len(cases))
        try:
            answer = await self._answer(name, question)
            records = _by_isbn(set(question.isbns), answer.page.records)
        except Exception:  # a fault of ours: the others' answers count, and we get the traceback
            log.exception("books could not be asked together", provider=name)
            answer, records = ProviderAnswer(name, Status.ERROR), {}
        for case in cases:
            own = tuple(records.get(case.isbn, ()))
            status = (Status.OK if own else Status.EMPTY) if answer.status in (Status.OK, Status.EMPTY) else answer.status
            case.answers[name] = ProviderAnswer(name, status, Page(own, min(1, len(own))), answer.retry_at)
            if len(case.answers) == len(self._sources):
                self._heard(case)

    async def _answer(self, name: str, question: Question) -> ProviderAnswer:
        if name == conf.CATALOGUE:
            return await answering.ask(question)
        answer = await self._ask(self._bulk[name], question)
        metrics.bulk_isbns.labels(name).inc(len(question.isbns))
        return answer

    async def _ask(self, provider: Provider, question: Question) -> ProviderAnswer:
        deadline = clock.monotonic_s() + self._patience.wait_s
        patience = self._patience
        answer = await self._gateway.ask(provider, question, deadline=deadline, share=patience.share, patience=patience)
        count_calls(self._unlimited, [answer])
        return answer

    def _heard(self, case: _Case) -> None:
        """Everybody who takes many has answered."""
        if self._single and not any(answer.page.records for answer in case.answers.values()):
            _in(self._asking, self._asked_singly(case))
        else:
            self._finish(case)

    async def _asked_singly(self, case: _Case) -> None:
        async with self._one_by_one:
            for provider in self._single:
                answer = case.answers[provider.name] = await self._ask(provider, case.question)
                if answer.page.records:
                    break
        self._finish(case)

    def _finish(self, case: _Case) -> None:
        self._answered.append(case)
        if self._finishing is None:
            self._finishing = asyncio.create_task(self._finished())

    async def _finished(self) -> None:
        """Merge, hand over and keep what was answered, leaving the loop to others again and again."""
        kept: list[tuple[str, Entry, bytes]] = []
        ready: deque[_Case] = deque()
        began_s = clock.monotonic_s()
        while ready or self._answered:
            ready = ready or await self._with_covers()
            case = ready.popleft()
            try:
                self._merged(case, kept)
            except Exception:  # a fault of ours with one book's records
                log.exception("a book could not be merged", isbn=case.isbn)
                _tell(case, Lookup(Rendered(None, dict.fromkeys(case.answers, Status.ERROR.value)), cached=False))
            if len(kept) >= WRITE_AT_ONCE or (kept and not ready and not self._answered):
                writing, kept = kept, []
                _in(self._keeping, self._cache.keep_many_everywhere(writing))
            if clock.monotonic_s() - began_s >= TURN_S:
                await asyncio.sleep(0)
                began_s = clock.monotonic_s()
        self._finishing = None

    async def _with_covers(self) -> deque[_Case]:
        """All that wait to be merged, with our own covers in their answers."""
        cases, self._answered = self._answered, deque()
        laid = iter(await own_covers.laid_in([answer for case in cases for answer in case.answers.values()]))
        for case in cases:
            case.answers = {name: next(laid) for name in case.answers}
        return cases

    def _merged(self, case: _Case, kept: list[tuple[str, Entry, bytes]]) -> None:
        answers = [case.answers[name] for name in self._order if name in case.answers]
        found = rendered(case.question, answers, base_ttl_at_most_s=conf.TTL.bulk)
        if found.entry is None and case.kept is not None and not self._anew:
            metrics.cache_stale.inc()
            _tell(case, Lookup.kept(case.kept))
            return
        stored = found.entry is not None and self._may_be_kept(found, answers) and not self._spoils(found.entry, case.kept)
        if found.entry is not None and stored:
            key = key_of(case.question)
            value = self._cache.keep_here(key, found.entry)
            ledger.kept(key, case.question, found.entry, len(value))
            kept.append((key, found.entry, value))
        _tell(case, Lookup(found, cached=False, stored=stored))

    def _spoils(self, new: Entry, kept: Entry | None) -> bool:
        """Whether what is kept is better: fuller, for everybody was heard, or good for longer."""
        if not self._anew or kept is None:
            return False
        fuller = kept.found > 0 and new.completeness < kept.completeness
        return spoils(new, kept) or fuller or new.ttl_s < kept.left_s

    def _may_be_kept(self, found: Rendered, answers: Sequence[ProviderAnswer]) -> bool:
        """That nobody knows a book is only so when everybody was asked and answered."""
        if found.entry is not None and found.entry.found:
            return True
        answered = {answer.provider for answer in answers if answer.status not in FAILED}
        return found.may_be_kept and answered >= {*self._bulk, *(provider.name for provider in self._single)}


def _in(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _tell(case: _Case, told: Lookup) -> None:
    if not case.done.done():  # else nobody waits for it any more
        case.done.set_result(told)


def _by_isbn(asked: set[str], records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each ISBN that was asked for, in their order."""
    found: dict[str, list[Record]] = {}
    for record in records:
        for isbn in asked.intersection((*record.edition.isbns, *record.work_isbns)):
            found.setdefault(isbn, []).append(record)
    return found
