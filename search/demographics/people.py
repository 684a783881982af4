"""Who authors are: cached, else asked of Wikidata behind whatever wants to know, many at once. A failure is never kept, and nobody waits.

Source: spec 04, "Cache" (author demographics); spec 05, "Wikidata".
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import structlog

from bookstrack.lib import clock, exact_json
from bookstrack.lib.per_loop import PerLoop
from search import conf
from search.batcher import Batcher
from search.cache import Cache, Entry, jittered_s
from search.demographics.answers import Candidate, demographics_of, who_is, who_was_found
from search.demographics.laying import key_of
from search.demographics.sparql import AT_ONCE, may_be_asked
from search.demographics.wikidata import AboutPeople, PeoplePage, Wikidata, WikidataNames
from search.dto import Author, Demographics
from search.gateway import Gateway, Status
from search.ledger import ledger
from search.provider import Kind, Provider

log = structlog.get_logger(__name__)
CALLS_AT_ONCE = 3  # of one process: what is beyond waits here, and others have their turns at the rate
ASK_S = 5.0  # how long one call may wait for its turn
READ_AT_ONCE = 100  # keys: their entries are unpacked in one go
READ_S = 0.15  # the cache, in front of a reply


@dataclass(frozen=True, slots=True)
class Told:
    """What came of asking about an author. Not `sure`: nobody could answer, which says nothing about them."""

    found: Demographics | None = None
    sure: bool = True


UNKNOWN = Told(sure=False)
Future = asyncio.Future[Told]


@dataclass(frozen=True, slots=True)
class _Case:
    cache: Cache
    key: str
    author: Author
    told: Future


class _Desk:
    """The questions of one event loop: one for each author at a time, fifty in a call."""

    def __init__(self) -> None:
        self.open: dict[str, _Case] = {}
        self._batcher: Batcher[_Case] = Batcher(AT_ONCE, self._send, more_coming=lambda: False)
        self._turns = asyncio.Semaphore(CALLS_AT_ONCE)

    def ask(self, cache: Cache, key: str, author: Author) -> Future:
        case = self.open.get(key)
        if case is None:
            case = self.open[key] = _Case(cache, key, author, asyncio.get_running_loop().create_future())
            self._batcher.add(case)
        return case.told

    async def close(self) -> None:
        """Give up what is open."""
        await self._batcher.close()
        for case in list(self.open.values()):
            self._tell(case, UNKNOWN)

    async def _send(self, cases: Sequence[_Case]) -> None:
        told: dict[str, Told] = {}
        try:
            async with self._turns:
                told = await _answers(cases[0].cache, {case.key: case.author for case in cases})
        except Exception:  # a fault of ours: nobody is enriched, and we get the traceback
            log.exception("authors could not be asked for", authors=len(cases))
        finally:
            for case in cases:
                self._tell(case, told.get(case.key, UNKNOWN))

    def _tell(self, case: _Case, told: Told) -> None:
        self.open.pop(case.key, None)
        if not case.told.done():
            case.told.set_result(told)


_desks: PerLoop[_Desk] = PerLoop(_Desk)


async def known(cache: Cache, keys: Iterable[str]) -> dict[str, Demographics | None]:
    """What is cached of authors by key; None for one whom Wikidata does not know."""
    asked, told = list(keys), dict[str, Demographics | None]()
    for start in range(0, len(asked), READ_AT_ONCE):
        found = await cache.find_many(asked[start : start + READ_AT_ONCE])
        told |= {key: _read(entry) for key, (entry, _) in found.items() if entry.fresh}
    return told


async def found(cache: Cache, authors: Mapping[str, Author], *, wait_s: float | None = None) -> dict[str, Told]:
    """What is known of authors by key, asked where it is not cached; those that do not come in time are left out, and kept later."""
    futures = {key: _desks.get().ask(cache, key, author) for key, author in authors.items()}
    if futures:
        await asyncio.wait(futures.values(), timeout=wait_s)
    return {key: future.result() for key, future in futures.items() if future.done()}


async def of_author(cache: Cache, author: Author, *, wait_s: float = READ_S) -> Demographics | None:
    """What is known of one author, after so many seconds at most; what comes later is there the next time."""
    if not conf.demographics() or not may_be_asked(author):
        return None
    key = key_of(author)
    told = await found(cache, {key: author}, wait_s=wait_s)
    return told[key].found if key in told else None


def ask_behind(cache: Cache, authors: Mapping[str, Author]) -> None:
    """Have them asked for, so that they are cached when they are wanted."""
    for key, author in authors.items():
        _desks.get().ask(cache, key, author)


def open_questions() -> list[Future]:
    """What is asked in this event loop, and not answered yet."""
    return [case.told for case in _desks.get().open.values()]


async def landed(*, within_s: float) -> None:
    """Wait for what is asked in this event loop, then give it up: for a loop that is about to stand still."""
    if futures := open_questions():
        await asyncio.wait(futures, timeout=within_s)
    desk = _desks.pop()
    if desk is not None:
        await desk.close()


# -- asking
async def _answers(cache: Cache, authors: Mapping[str, Author]) -> dict[str, Told]:
    """Of the cache, else of Wikidata; those that could not be asked for are left out."""
    kept = await known(cache, authors)
    told = {key: Told(one) for key, one in kept.items()}
    missing = {key: author for key, author in authors.items() if key not in told}
    if not missing:
        return told
    page = await _asked(Wikidata, AboutPeople(Kind.AUTHORS, authors=tuple(missing.values())))
    if page is None:
        return told
    now = clock.iso_ms(clock.now())
    new = {key: _told(who_is(author, page.candidates), now) for key, author in missing.items()}
    nobody = [key for key, one in new.items() if one.found is None]
    if len(nobody) == 1:
        new |= {key: await _searched(missing[key], page.candidates, now) for key in nobody}
    sure = {key: one for key, one in new.items() if one.sure}
    await _keep(cache, missing, sure)
    return told | sure


async def _searched(author: Author, namesakes: Sequence[Candidate], now: str) -> Told:
    """Somebody whom the query did not find by the name, by Wikidata's own search; only who then proves to be a writer."""
    if any(author.name in one.names for one in namesakes):  # it did find some: who of them is meant cannot be told
        return Told()
    names = await _asked(WikidataNames, AboutPeople(Kind.AUTHORS, authors=(author,)))
    if names is None:
        return UNKNOWN
    if not names.ids:
        return Told()
    page = await _asked(Wikidata, AboutPeople(Kind.AUTHORS, people=tuple(names.ids)))
    return UNKNOWN if page is None else _told(who_was_found(author, page.candidates), now)


async def _asked(provider: type[Provider], question: AboutPeople) -> PeoplePage | None:
    """The answer, or None where there is none."""
    asked = provider(conf.provider_config(provider))
    answer = await Gateway().ask(asked, question, deadline=clock.monotonic_s() + ASK_S)
    if answer.latency_s is not None and asked.config.daily_budget is None:
        ledger.called(asked.name)  # those with a budget are counted before the call
    well = answer.status in (Status.OK, Status.EMPTY)
    return answer.page if well and isinstance(answer.page, PeoplePage) else None


def _told(who: tuple[Candidate, float] | None, now: str) -> Told:
    return Told(demographics_of(*who, now) if who else None)


# -- keeping
async def _keep(cache: Cache, authors: Mapping[str, Author], told: Mapping[str, Told]) -> None:
    kept = []
    for key, one in told.items():
        entry = _entry(one.found)
        value = cache.keep_here(key, entry)
        ledger.kept(key, AboutPeople(Kind.AUTHORS, author=authors[key].name), entry, len(value))
        kept.append((key, entry, value))
    await cache.keep_many_everywhere(kept)


def _entry(one: Demographics | None) -> Entry:
    ttl_s = jittered_s(conf.TTL.people if one else conf.TTL.nobody, degraded=False)
    data = exact_json.dumps(asdict(one) if one else None)
    return Entry(data, clock.unix_s(), ttl_s, Wikidata.name, {Wikidata.name: "ok" if one else "empty"}, found=int(one is not None))


def _read(entry: Entry) -> Demographics | None:
    members: dict[str, Any] | None = orjson.loads(entry.data)
    return Demographics(**members) if members else None
