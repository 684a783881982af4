"""One question asked with a job's patience: a title, or an id. At most so many at once; the cache and the catalogue come first."""

import asyncio
from collections.abc import Callable

from search import conf, fan_out, metrics, own_covers
from search.cache import Cache, key_of
from search.cache_reader import CacheReader
from search.catalogue import answering
from search.entries import Lookup, rendered
from search.flight import WAIT_S, Flights
from search.gateway import PATIENT_S, Patience
from search.provider import Question

# Jobs share their flights with each other, not with searches: whoever waits for a page must not wait for a job's turn.
_flights = Flights(fan_out.packed, fan_out.unpacked, fan_out.settled, wait_s=PATIENT_S + WAIT_S)


class PatientLookups:
    """The look-ups of one job, in one event loop."""

    def __init__(self, cache: Cache, reader: CacheReader, patience: Patience, concurrency: int) -> None:
        self._cache, self._reader, self._patience = cache, reader, patience
        self._turns = asyncio.Semaphore(concurrency)
        order, providers, _ = fan_out.everybody()
        self._with_catalogue = conf.CATALOGUE in order
        self._enabled = {provider.name for provider in providers if provider.enabled}

    def asks(self, provider: str) -> bool:
        """Whether a provider is asked here at all."""
        return provider in self._enabled

    async def look_up(self, question: Question, *, is_sure: Callable[[Lookup], bool] | None = None) -> Lookup:
        """What is known: by the cache while fresh, else by everybody, else by what expired within a day.

        With `is_sure` the catalogue is asked first, and nobody outside where its answer will do.
        """
        kept = await self._reader.find(key_of(question), question.kind)
        if kept and kept.fresh:
            return Lookup.kept(kept)
        async with self._turns:
            if is_sure is not None:
                own = await self._own(question)
                if own is not None and is_sure(own):
                    return own
            return await self._asked(question, Lookup.kept(kept) if kept else None)

    async def _own(self, question: Question) -> Lookup | None:
        if not self._with_catalogue:
            return None
        answer = await answering.ask(question)
        return Lookup(rendered(question, await own_covers.laid_in([answer])), cached=False) if answer.page.records else None

    async def _asked(self, question: Question, expired: Lookup | None) -> Lookup:
        key = key_of(question)
        outcome, _ = await _flights.fly(f"job:{key}", lambda: fan_out.ask_everybody(self._cache, key, question, self._patience))
        if outcome.entry is None and expired is not None:
            metrics.cache_stale.inc()
            return expired
        return Lookup(outcome, cached=False)


def landing() -> list[asyncio.Task[None]]:
    """Tasks that still hand an outcome to other processes."""
    return _flights.landing()
