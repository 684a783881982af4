"""Which book is it? ISBN, then the ids of providers, then title and author, with as few calls as thousands of items together allow.

Source: spec 06, "Batch enrichment".
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import cast

import orjson
import structlog

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search import acceptance, conf, planning
from search.asked import Asked, Id, Key, read
from search.bulk import IsbnLookups
from search.cache import Cache
from search.cache_reader import CacheReader
from search.catalogue import crosswalk
from search.catalogue.answering import followed
from search.entries import Lookup
from search.gateway import Patience
from search.offers import Offers, words_question
from search.patient import PatientLookups
from search.provider import Kind, Question
from search.resolution import By, Dto, Plan, Resolution, Wanted, found

log = structlog.get_logger(__name__)
REMEMBERED = 500  # resolutions: 5 MB; what is older is in the cache
WITHOUT_IDENTIFIER_AT_MOST = 0.95  # of a score, where an identifier was given and it is not what agreed
DOUBTED_AT_MOST = 0.8  # of a score, where an ISBN's book has another title than was given
SHARED_AT_MOST = 0.9  # of a score, where two people used the title that alone was given
EDITIONS_LOOKED_AT = 50
REST_S = 60.0  # until somebody without a word about it may be asked again


class Resolver:
    """Resolves the items of one job, in one event loop; `close()` it, or use it as a context, so that nothing goes on asking.

    Any number of items may be in hand at once: the more, the fewer calls an ISBN costs. `share` (0..1) is the part of a daily budget
    that may be used up; `concurrency` how many are asked singly at once; `wait_s` how long a call waits for its turn and its answer.
    """

    def __init__(self, cache: Cache, *, share: float, concurrency: int, wait_s: float) -> None:
        patience, reader = Patience(wait_s, share), CacheReader(cache)
        self._cache, self._patience = cache, patience
        self._isbns = IsbnLookups(cache, reader, patience, concurrency)
        self._others = PatientLookups(cache, reader, patience, concurrency)
        self._concurrency = concurrency
        self._running: dict[Key, asyncio.Task[Resolution]] = {}
        self._known: OrderedDict[Key, Resolution] = OrderedDict()

    async def __aenter__(self) -> "Resolver":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def resolve(self, wanted: Wanted) -> Resolution:
        """Which book it is. Never raises for troubles of providers or our own stores: they are the item's status."""
        asked = read(wanted)
        known = self._known.get(asked.key)
        if known is not None:
            self._known.move_to_end(asked.key)
            return known.of(wanted)
        task = self._running.get(asked.key)
        if task is None:
            task = self._running[asked.key] = asyncio.create_task(self._resolved(asked))
            task.add_done_callback(lambda _: self._running.pop(asked.key, None))
        return (await asyncio.shield(task)).of(wanted)

    async def offers(self, *, title: str = "", author: str = "", text: str = "") -> Offers:
        """What cache, catalogue and providers say to a title, an author or both; to bare words where neither is given.

        Asked as `resolve` asks, and kept under the key of a search. Never raises for troubles of providers or our own stores.
        """
        asked = read(Wanted(title=title, author=author))
        question = words_question(asked.meant, text)
        if question is None:
            return Offers(status="error", error="A title, an author or words are needed.", error_code="MISSING_PARAMETER")
        try:
            told = await self._others.look_up(question)
        except Exception:  # a fault of ours with one spine, which must not fail the others
            log.exception("words could not be looked up")
            return Offers(status="error", error="These words could not be looked up; the fault is ours.", error_code="INTERNAL_ERROR")
        if told.entry is not None and told.entry.found:
            return Offers.of(told)
        return Offers.without(_nothing(asked, told), told.found.statuses)

    async def plan(self, wanted: Sequence[Wanted]) -> Plan:
        """What a batch of these would cost; nobody outside is asked."""
        return await planning.plan(self._cache, [read(one) for one in wanted], self._patience, self._concurrency)

    async def close(self) -> None:
        """Stop at once: nothing is asked any more, and what was answered is kept. Whoever still waits for an item is cancelled."""
        self._patience.ended = True
        await self._isbns.close()
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _resolved(self, asked: Asked) -> Resolution:
        try:
            resolution = await self._in_order(asked)
        except Exception:  # a fault of ours with one item, which must not fail the others
            log.exception("an item could not be resolved")
            return Resolution(asked.wanted, "error", "This book could not be looked up; the fault is ours.", "INTERNAL_ERROR")
        if resolution.status in ("success", "not_found"):
            self._known[asked.key] = resolution
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return resolution

    async def _in_order(self, asked: Asked) -> Resolution:
        """The first identifier that leads to a book, else its words."""
        if asked.empty:
            reason = asked.problem or "A title, an ISBN or an id is needed."
            return Resolution(asked.wanted, "error", reason, asked.problem_code or "MISSING_PARAMETER")
        misses: list[Resolution] = []
        if asked.isbn:
            told = await self._isbns.look_up(asked.isbn)
            misses.append(_by_isbn(asked, told))
            if misses[-1].success or told.entry is None:  # while nobody can say which book it is, words would only guess
                return misses[-1]
        for given in asked.ids:
            misses.append(await self._by_id(asked, given))
            if misses[-1].success:
                return _found_at_last(misses)
        if asked.named and (by_name := await self._by_name(asked)) is not None:
            misses.append(by_name)
            if misses[-1].success:
                return _found_at_last(misses)
        if asked.meant.title:
            misses.append(await self._by_words(asked))
            if misses[-1].success:
                return _found_at_last(misses)
        return _missed(asked, misses)

    async def _by_id(self, asked: Asked, given: Id) -> Resolution:
        olid = await followed(given.text) if given.provider == "openlibrary" else given.text
        question = Question(Kind.PROVIDER_ID, provider=given.provider, provider_id=olid, limit=1)
        told = await self._others.look_up(question)
        if given.names_work and told.entry is not None and not told.entry.found:
            # its search index lags behind what it has stored
            told = await self._others.look_up(replace(question, kind=Kind.EDITIONS, limit=EDITIONS_LOOKED_AT))
        if told.entry is not None and not told.entry.found and not self._others.asks(given.provider):
            return Resolution(asked.wanted, "error", f"Ids of {given.provider} cannot be looked up here: it is off.", "PROVIDER_ERROR")
        if told.entry is None or not told.entry.found:
            return _nothing(asked, told)
        work, edition = _first(told)
        work, edition, cached = await self._with_authors(work, edition, told.cached)
        return found(asked.wanted, given.by, 1.0, work, None if given.names_work else edition, cached=cached)

    async def _by_name(self, asked: Asked) -> Resolution | None:
        """By ids that the local catalogue follows to an edition; None where it has none of them."""
        if not conf.with_catalogue():
            return None
        lead, named = await in_db(crosswalk.first_known, asked.named)
        if lead is None:
            return None
        isbn = next(iter(named.get("isbn", [])), None)
        if isbn is not None:
            by_isbn = _by_isbn(asked, await self._isbns.look_up(isbn))
            return replace(by_isbn, match={**by_isbn.match, "by": lead.scheme.value}) if by_isbn.match else by_isbn
        question = Question(Kind.PROVIDER_ID, provider=conf.CATALOGUE, provider_id=crosswalk.catalogue_id(lead.works[0]), limit=1)
        told = await self._others.look_up(question)
        if told.entry is None or not told.entry.found:
            return _nothing(asked, told)
        work, edition = _first(told)
        if acceptance.is_another_book(asked.meant, work, edition):
            return Resolution(asked.wanted, "not_found", "This id is of another book than title and author say.", cached=told.cached)
        return found(asked.wanted, cast(By, lead.scheme.value), 1.0, work, None, cached=told.cached)

    async def _with_authors(self, work: Dto, edition: Dto, cached: bool) -> tuple[Dto, Dto, bool]:
        """Open Library names an edition's authors by id only: the book's ISBN, else its work, tells who they are."""
        if work["authors"]:
            return work, edition, cached
        told: Lookup | None = None
        if edition.get("isbn"):
            told = await self._isbns.look_up(edition["isbn"])
        elif work.get("openLibraryWorkID"):
            work_id = work["openLibraryWorkID"]
            told = await self._others.look_up(Question(Kind.PROVIDER_ID, provider="openlibrary", provider_id=work_id, limit=1))
        if told is None or told.entry is None or not told.entry.found:
            return work, edition, cached
        fuller, other_edition = _first(told)
        if not acceptance.same_title(work, fuller):
            return work, edition, cached
        return fuller, (other_edition | edition if edition.get("isbn") else edition), cached and told.cached

    async def _by_words(self, asked: Asked) -> Resolution:
        def is_sure(told: Lookup) -> bool:
            winner = acceptance.chosen(acceptance.weighed(asked.meant, _data(told)))
            return winner is not None and winner.score >= acceptance.SURE

        told = await self._others.look_up(asked.question, is_sure=is_sure if asked.meant.authors else None)
        if told.entry is None:
            return _nothing(asked, told)
        data = _data(told)
        candidates = acceptance.weighed(asked.meant, data)
        winner = acceptance.chosen(candidates)
        rows = acceptance.ledger(candidates, winner)
        if winner is None:
            return replace(_nothing(asked, told), candidates=rows)
        work, edition = data["works"][winner.place], data["editions"][winner.place]
        score = min(winner.score, WITHOUT_IDENTIFIER_AT_MOST) if asked.identified else winner.score
        score = min(score, SHARED_AT_MOST) if acceptance.shared_title(winner, candidates) else score
        by: By = "title_author" if asked.meant.authors else "title"
        return found(asked.wanted, by, score, work, None if asked.identified else edition, cached=told.cached, candidates=rows)


def _by_isbn(asked: Asked, told: Lookup) -> Resolution:
    """The book of the ISBN, unless everything that was said beside it speaks of another one."""
    if told.entry is None or not told.entry.found:
        return _nothing(asked, told)
    work, edition = _first(told)
    if acceptance.is_another_book(asked.meant, work, edition):
        row = {"title": work["title"], "isbn": asked.isbn, "score": 0.0, "titleScore": 0.0, "chosen": False}
        row["reason"] = "its ISBN was given, but neither title nor author agrees"
        reason = "This ISBN is of another book than title and author say."
        return Resolution(asked.wanted, "not_found", reason, cached=told.cached, candidates=(row,))
    exact = work["match"]["level"] == "exact_edition"
    doubt = acceptance.title_doubt(asked.meant, work, edition)
    score = min(work["match"]["score"], DOUBTED_AT_MOST) if doubt else work["match"]["score"]
    row = {"title": work["title"], "isbn": asked.isbn, "score": score, "chosen": True}
    row["reason"] = "; ".join([*work["match"]["reasons"], *([doubt] if doubt else [])])
    return found(asked.wanted, "isbn", score, work, edition if exact else None, cached=told.cached, candidates=(row,))


def _data(told: Lookup) -> Dto:
    if told.entry is None:
        raise ValueError("there is no answer")
    data: Dto = orjson.loads(told.entry.data)
    return data


def _first(told: Lookup) -> tuple[Dto, Dto]:
    data = _data(told)
    return data["works"][0], data["editions"][0]


def _found_at_last(misses: Sequence[Resolution]) -> Resolution:
    """The last of these, which is cached only if all before it are."""
    return replace(misses[-1], cached=all(miss.cached for miss in misses))


def _nothing(asked: Asked, told: Lookup) -> Resolution:
    """Why there is no book: nobody knows it, or somebody who may know it could not answer, which is an error and no absence."""
    if told.entry is None:
        failure = told.found.error()
        waits = failure.code == "QUOTA_EXHAUSTED"
        return Resolution(
            asked.wanted,
            "circuit_open" if failure.code == "CIRCUIT_OPEN" else "error",
            failure.message,
            failure.code,
            quota_until=(told.found.retry_at or clock.unix_s() + REST_S) if waits else None,
        )
    if told.entry.degraded:
        absent = ", ".join(told.entry.degraded)
        return Resolution(asked.wanted, "error", f"Not found, but {absent} could not answer.", "PROVIDER_ERROR")
    return Resolution(asked.wanted, "not_found", cached=told.cached)


def _missed(asked: Asked, misses: Sequence[Resolution]) -> Resolution:
    """Of all that led nowhere the failure, if there was one; with what was considered."""
    worst = next((miss for miss in misses if miss.status != "not_found"), misses[-1])
    reason = worst.error or asked.problem or next((miss.error for miss in misses if miss.error), None)
    rows = tuple(row for miss in misses for row in miss.candidates)[: acceptance.LEDGER_AT_MOST]
    cached = all(miss.cached for miss in misses)
    code = worst.error_code or (asked.problem_code if reason == asked.problem else None)
    return replace(worst, error=reason, error_code=code, candidates=rows, cached=cached)
