"""Use-cases of searching: one question to cache, catalogue and providers, one answer. Views, pages and commands call these.

Raises, all of them: ApiError (bad input by field; ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from search import background, fan_out, look, metrics, own_covers, patient, refresh_ahead
from search.archiving import ArchivePart, ArchiveRule, Moves, StoresAway
from search.cache import Entry, key_of
from search.cache_care import (
    archive,
    archive_outlook,
    archive_parts,
    asked_without_cover,
    cached_data,
    cover_changed,
    delete_overdue,
    expire,
    expiring_keys,
    overdue_entries,
    popular_editions,
    popular_keys,
    title_and_author,
    works_known,
)
from search.cache_reader import looked_in_vain
from search.catalogue import sample
from search.cover_offers import ARCHIVE, Offered, cover_budget_left, cover_offers, cover_sources
from search.demographics import entries, people
from search.detect import Detected
from search.dto import Author, Demographics, MatchLevel
from search.entry_rows import hits_of, with_hits, works_of
from search.gateway import PATIENT_S
from search.held import cache, cold_tier, flights
from search.ledger import ledger
from search.likely import works_like
from search.look import Look, isbn_of, words_of
from search.matching import at_least
from search.offers import Offer, Offers
from search.outside import (
    budget_left,
    catalogue_answers,
    close_circuit,
    give_back,
    provider_table,
    spend,
    states_of_providers,
    turn,
    turned,
)
from search.provider import Question
from search.refilled import Asking, Refilled
from search.resolution import Plan, Resolution, Wanted
from search.resolver import Resolver
from search.standing import CacheStanding, cache_standing, cold_entries
from search.wanted_covers import KnownEdition

if TYPE_CHECKING:
    from search.refill import Refill

__all__ = [
    "ARCHIVE", "Answer", "ArchivePart", "ArchiveRule", "Asking", "CacheStanding", "KnownEdition", "Moves", "Offer", "Offered", "Offers",
    "Plan", "Refill", "Refilled", "Resolution", "Resolver", "StoresAway", "Wanted", "answer", "archive", "archive_outlook",
    "archive_parts", "ask_who_wrote", "asked_who_wrote", "asked_without_cover", "budget_left", "cache", "cache_standing", "cached_data",
    "catalogue_answers", "close_circuit", "cold_entries", "cold_tier", "cover_budget_left", "cover_changed", "cover_offers",
    "cover_sources", "delete_overdue", "demographics_of", "expire", "expiring_keys", "flights", "give_back", "hits_of", "isbn_of",
    "keep_ledger", "kept", "load_sample_catalogue", "looked", "looked_up", "overdue_entries", "popular_editions", "popular_keys",
    "provider_table", "refill", "resolver", "search_any", "search_isbn", "settled",
    "show_own_covers", "spend", "states_of_providers", "title_and_author", "turn", "turned", "with_authors_known", "with_hits",
    "words_of", "works_known", "works_like", "works_of",
]  # fmt: skip

load_sample_catalogue = sample.load


@dataclass(frozen=True)
class Answer:
    """What a search answers, and how it came about."""

    entry: Entry
    cache_source: str | None  # memory, redis; None: asked just now
    stale_because: str | None = None
    detected: Detected | None = None
    min_match: MatchLevel | None = None

    @property
    def plain(self) -> bool:
        """Whether the entry's bytes are the answer as they are."""
        return self.detected is None and self.min_match is None

    @property
    def etag(self) -> str:
        """A weak tag over `data`."""
        if self.plain:
            return self.entry.etag
        detected = self.detected[0] if self.detected else ""
        floor = self.min_match.value if self.min_match else ""
        return f'{self.entry.etag[:-1]}.{detected}.{floor}"'

    @cached_property
    def data(self) -> dict[str, Any]:
        """`data` of the envelope: works, editions, authors, resultCount, totalResults, expiresAt, detected?"""
        data: dict[str, Any] = orjson.loads(self.entry.data)
        if self.min_match is not None:
            data = _only(data, self.min_match)
        if self.detected is not None:
            data["detected"] = dict(zip(("kind", "confidence"), self.detected, strict=True))
        return data

    @property
    def metadata(self) -> dict[str, Any]:
        """Who answered and how fresh it is; members of the envelope's `metadata`."""
        entry = self.entry
        about: dict[str, Any] = {
            "provider": entry.provider,
            "source": entry.provider,
            "cached": self.cache_source is not None,
            "cacheSource": self.cache_source,
            "providers": entry.providers,
        }
        if entry.degraded:
            about["degraded"] = entry.degraded
        if self.cache_source is not None:
            about |= {"cacheAge": round(entry.age_s, 1), "ttl": max(0, round(entry.left_s))}
        if self.stale_because:
            about["staleBecause"] = self.stale_because
        return about


async def search_isbn(isbn: str, *, min_match: MatchLevel | None = None) -> Answer:
    """The edition of an ISBN in any spelling, merged over all providers."""
    return await looked(look.by_isbn(isbn, min_match=min_match))


async def search_any(
    text: str, *, limit: int = 20, offset: int = 0, lang: str | None = None, min_match: MatchLevel | None = None
) -> Answer:
    """One box: an ISBN, a title, an author, or title and author; `detected` says what it was taken for."""
    return await looked(look.by_anything(text, limit=limit, offset=offset, lang=lang, min_match=min_match))


async def looked(what: Look) -> Answer:
    """What cache, catalogue and providers say to what was typed."""
    found = await answer(what.question)
    return found if what.min_match is None and what.detected is None else replace(found, detected=what.detected, min_match=what.min_match)


async def answer(question: Question) -> Answer:
    """What cache, catalogue and providers say to one question."""
    key = key_of(question)
    return await looked_up(key, question.kind.value, lambda: fan_out.ask_everybody(cache, key, question))


async def looked_up(key: str, kind: str, ask: Callable[[], Awaitable[fan_out.Outcome]]) -> Answer:
    """Answer from the cache while fresh; else ask, in one flight; else what expired within a day, while all fail, or while somebody fails
    and those who answer know nothing of what was known."""
    found = None if looked_in_vain(key) else await cache.find(key)
    if found and found[0].fresh:
        if refresh_ahead.due(key, found[0]):
            refresh_ahead.behind(key, found[0], ask)
        return _hit(key, kind, *found)
    metrics.cache_lookups.labels(kind, "miss").inc()
    outcome, _ = await flights.fly(key, ask)
    fresh = outcome.entry
    if fresh is not None and not (found and found[0].found and not fresh.found and fresh.degraded):
        return Answer(fresh, None)
    if found:
        metrics.cache_stale.inc()
        return Answer(*found, stale_because=f"{', '.join(fresh.degraded)} did not answer" if fresh else "all providers fail")
    raise outcome.error()


async def kept(key: str, kind: str) -> Answer | None:
    """What is cached under a key while it is fresh; None otherwise, and now and then once it is old: for what is cut from another entry,
    which is asked for anew where it is looked up itself."""
    found = await cache.find(key)
    if found is None or not found[0].fresh:
        return None
    if refresh_ahead.due(key, found[0]):
        refresh_ahead.rest(key, found[0])
        return None
    return _hit(key, kind, *found)


def _hit(key: str, kind: str, entry: Entry, tier: str) -> Answer:
    ledger.hit(key)
    if entries.is_due(key, entry):
        background.in_background(entries.complete(cache, key, entry))
    metrics.hit(kind, tier if entry.found else f"{tier}-negative")
    return Answer(entry, tier)


def resolver(*, share: float = 0.8, concurrency: int = 10, wait_s: float = PATIENT_S) -> Resolver:
    """What finds the books of a batch; one for each job, made and closed in its event loop. See `Resolver` for the numbers."""
    return Resolver(cache, share=share, concurrency=concurrency, wait_s=wait_s)


def refill(*, share: float, concurrency: int = 10, wait_s: float = PATIENT_S) -> "Refill":
    """What fills keys of the cache anew; one for each job, made and closed in its event loop. See `Refill` for the numbers."""
    from search.refill import Refill  # it stands on use-cases that stand on this module

    return Refill(cache, share=share, concurrency=concurrency, wait_s=wait_s)


async def demographics_of(author: Author) -> Demographics | None:
    """Who an author is, where that is known within 150 ms; what comes later is there the next time."""
    return await people.of_author(cache, author)


def ask_who_wrote(books: Sequence[Resolution]) -> None:
    """Have the authors of what was found asked for, beside whatever goes on."""
    entries.ask_behind(cache, [book.work for book in books])


async def asked_who_wrote(*, within_s: float) -> None:
    """Wait for that, then give it up: for an event loop that is about to stand still."""
    await people.landed(within_s=within_s)


async def with_authors_known(items: Sequence[bytes]) -> list[bytes]:
    """Items of a batch as they were kept, with what is known by now of their authors."""
    return await entries.completed_items(cache, items)


async def keep_ledger() -> None:
    """Write what look-ups leave to be written, again and again until cancelled: for processes that look up much."""
    await ledger.run()


async def settled() -> None:
    """Wait until late answers have filled the cache and the ledger is written: for a clean stop, and for tests."""
    while going_on := list[asyncio.Future[Any]](
        [*background.going_on(), *flights.landing(), *patient.landing(), *people.open_questions(), *cache.going_on()]
    ):
        await asyncio.gather(*going_on)
    await ledger.flush()


def _only(data: dict[str, Any], floor: MatchLevel) -> dict[str, Any]:
    """The works that match at least as surely as the floor, with their editions and authors."""
    pairs = [
        (work, edition)
        for work, edition in zip(data["works"], data["editions"], strict=True)
        if at_least(MatchLevel(work["match"]["level"]), floor)
    ]
    named = {author["name"] for work, _ in pairs for author in work["authors"]}
    return data | {
        "works": [work for work, _ in pairs],
        "editions": [edition for _, edition in pairs],
        "authors": [author for author in data["authors"] if author["name"] in named],
        "resultCount": len(pairs),
        "totalResults": data["totalResults"] if len(pairs) == len(data["works"]) else len(pairs),
    }


show_own_covers = own_covers.register




