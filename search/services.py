"""Use-cases of searching: one question to cache, catalogue and providers, one answer. Views, pages and commands call these.

Raises, all of them: ApiError (bad input by field; ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from bookstrack.lib.db import in_db
from bookstrack.lib.errors import InvalidIsbnGiven, InvalidQuery, MissingParameter
from search import breaker, budget, conf, detect, fan_out, metrics, patient, provider_states
from search.cache import Cache, Entry, key_of
from search.catalogue import answering, sample
from search.demographics import entries, people
from search.dto import Author, Demographics, MatchLevel
from search.flight import Flights
from search.gateway import Status
from search.identifiers import InvalidIsbn, Isbn, parse_isbn
from search.ledger import ledger
from search.likely import works_like as works_like
from search.matching import at_least
from search.normalisers.text import clean_line
from search.offers import Offer as Offer
from search.offers import Offers as Offers
from search.provider import Kind, Question
from search.resolution import Plan as Plan
from search.resolution import Resolution as Resolution
from search.resolution import Wanted as Wanted
from search.resolver import Resolver as Resolver
from search.tiers.memory import MemoryTier

cache = Cache(MemoryTier(conf.memory_tier_bytes()))
flights = Flights(fan_out.packed, fan_out.unpacked, fan_out.settled)

load_sample_catalogue = sample.load


@dataclass(frozen=True)
class Answer:
    """What a search answers, and how it came about."""

    entry: Entry
    cache_source: str | None  # memory, redis; None: asked just now
    stale_because: str | None = None
    detected: dict[str, Any] | None = None
    min_match: MatchLevel | None = None

    @property
    def plain(self) -> bool:
        """Whether the entry's bytes are the answer as they are."""
        return self.detected is None and self.min_match is None

    @cached_property
    def data(self) -> dict[str, Any]:
        """`data` of the envelope: works, editions, authors, resultCount, totalResults, expiresAt, detected?"""
        data: dict[str, Any] = orjson.loads(self.entry.data)
        if self.min_match is not None:
            data = _only(data, self.min_match)
        if self.detected is not None:
            data["detected"] = self.detected
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
    if not isbn.strip():
        raise MissingParameter("Give an ISBN.", details={"field": "isbn"})
    return await answer(Question(Kind.ISBN, isbns=(isbn_of(isbn).isbn13,), limit=1), min_match=min_match)


async def search_title(
    text: str, *, limit: int = 20, offset: int = 0, lang: str | None = None, min_match: MatchLevel | None = None
) -> Answer:
    """Works whose title has these words."""
    question = Question(Kind.TITLE, text=words_of(text, "q"), limit=limit, offset=offset, lang=lang)
    return await answer(question, min_match=min_match)


async def search_advanced(
    *,
    title: str = "",
    author: str = "",
    isbn: str = "",
    limit: int = 20,
    offset: int = 0,
    lang: str | None = None,
    min_match: MatchLevel | None = None,
) -> Answer:
    """Works by title and author, or one of them. Where an ISBN is given it decides alone: a look-alike never takes its place."""
    if isbn.strip():
        return await search_isbn(isbn, min_match=min_match)
    if not title.strip() and not author.strip():
        raise MissingParameter(
            "Give at least one of title, author and isbn.",
            details={"field": "title", "fields": ["title", "author", "isbn"]},
        )
    question = Question(
        Kind.ADVANCED,
        title=words_of(title, "title") if title.strip() else "",
        author=words_of(author, "author") if author.strip() else "",
        limit=limit,
        offset=offset,
        lang=lang,
    )
    return await answer(question, min_match=min_match)


async def search_any(
    text: str, *, limit: int = 20, offset: int = 0, lang: str | None = None, min_match: MatchLevel | None = None
) -> Answer:
    """One box: an ISBN, a title, an author, or title and author; `detected` says what it was taken for."""
    kind, confidence = detect.detected(clean_line(text))
    detected = {"kind": kind, "confidence": confidence}
    if kind == "isbn":
        question = Question(Kind.ISBN, isbns=(isbn_of(text, "q").isbn13,), limit=1)
    else:
        question = Question(Kind.ANY, text=words_of(text, "q"), limit=limit, offset=offset, lang=lang)
    return await answer(question, min_match=min_match, detected=detected)


async def answer(
    question: Question, *, min_match: MatchLevel | None = None, detected: dict[str, Any] | None = None
) -> Answer:
    """What cache, catalogue and providers say to one question."""
    key = key_of(question)
    found = await looked_up(key, question.kind.value, lambda: fan_out.ask_everybody(cache, key, question))
    return replace(found, detected=detected, min_match=min_match)


async def looked_up(key: str, kind: str, ask: Callable[[], Awaitable[fan_out.Outcome]]) -> Answer:
    """Answer from the cache while fresh; else ask, in one flight; else, while all fail, what expired within a day."""
    found = await cache.find(key)
    if found and found[0].fresh:
        return _hit(key, kind, *found)
    metrics.cache_lookups.labels(kind, "miss").inc()
    outcome, _ = await flights.fly(key, ask)
    if outcome.entry is not None:
        return Answer(outcome.entry, None)
    if found:
        metrics.cache_stale.inc()
        return Answer(*found, stale_because="all providers fail")
    raise outcome.error()


async def kept(key: str, kind: str) -> Answer | None:
    """What is cached under a key while it is fresh; None otherwise."""
    found = await cache.find(key)
    return _hit(key, kind, *found) if found and found[0].fresh else None


def _hit(key: str, kind: str, entry: Entry, tier: str) -> Answer:
    ledger.hit(key)
    if entries.is_due(key, entry):
        fan_out.behind(entries.complete(cache, key, entry))
    metrics.cache_lookups.labels(kind, tier if entry.found else f"{tier}-negative").inc()
    return Answer(entry, tier)


def resolver(*, share: float = 0.8, concurrency: int = 10, wait_s: float = 60.0) -> Resolver:
    """What finds the books of a batch; one for each job, made and closed in its event loop. See `Resolver` for the numbers."""
    return Resolver(cache, share=share, concurrency=concurrency, wait_s=wait_s)


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


async def states_of_providers() -> dict[str, dict[str, Any]]:
    """Every provider's state for /health and the admin, by name."""
    return await provider_states.states()


async def catalogue_answers() -> str | None:
    """A smoke test: the catalogue answers a search by words; None when it does, else what is wrong."""
    found = await answering.ask(Question(Kind.ANY, text="dune", limit=1))
    return "the catalogue does not answer" if found.status is Status.ERROR else None


async def keep_ledger() -> None:
    """Write what look-ups leave to be written, again and again until cancelled: for processes that look up much."""
    await ledger.run()


async def turn(provider: str, *, rate: float, wait_s: float) -> breaker.Admission:
    """A turn at somebody outside who is no catalogue, by the same circuit and rate (calls a second); waits for it at most so long.

    Whoever got one says with `turned` how it went.
    """
    admission = await breaker.admit(provider, rate=rate, max_wait_s=wait_s)
    if admission.answer == "go" and admission.wait_s:
        await asyncio.sleep(admission.wait_s)
    return admission


async def turned(provider: str, admission: breaker.Admission, *, ok: bool) -> None:
    """How a turn went."""
    await breaker.record(provider, ok=ok, probe=admission.probe)


async def spend(provider: str, amount: int, daily_budget: int) -> bool:
    """Take out of a day's budget of whatever is counted, tokens for one; False where so much is not left, or nobody can tell."""
    return await in_db(budget.reserve, provider, daily_budget, amount)


async def give_back(provider: str, amount: int) -> None:
    """Put back what was taken and not used; negative where it was more."""
    await in_db(budget.give_back, provider, amount)


async def budget_left(provider: str, daily_budget: int) -> int:
    """How much of a day's budget is left."""
    return await in_db(budget.left, provider, daily_budget)


async def settled() -> None:
    """Wait until late answers have filled the cache and the ledger is written: for a clean stop, and for tests."""
    while going_on := list[asyncio.Future[Any]]([*fan_out.late_tasks(), *flights.landing(), *patient.landing(), *people.open_questions()]):
        await asyncio.gather(*going_on)
    await ledger.flush()


def isbn_of(text: str, field: str = "isbn") -> Isbn:
    """The ISBN that was typed. Raises: InvalidIsbnGiven."""
    try:
        return parse_isbn(text)
    except InvalidIsbn as error:
        shown = clean_line(text)[:64]
        raise InvalidIsbnGiven(str(error), details={"field": field, "isbn": shown, "kind": error.kind}) from None


def words_of(text: str, field: str) -> str:
    """What was typed without what no catalogue can use. Raises: MissingParameter, InvalidQuery."""
    words = clean_line(text)
    if not words:
        raise MissingParameter(f"Give words to search for in {field}.", details={"field": field})
    if not 2 <= len(words) <= 500:
        raise InvalidQuery(f"{field} takes 2 to 500 characters.", details={"field": field, "length": len(words)})
    if not any(sign.isalnum() for sign in words):
        raise InvalidQuery(f"{field} has no letter and no digit.", details={"field": field})
    return words


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


async def cached_data(key: str) -> dict[str, Any] | None:
    """What is cached under a key, or None."""
    found = await cache.find(key)
    if found is None:
        return None
    data: dict[str, Any] = orjson.loads(found[0].data)
    return data


async def expire(keys: list[str]) -> None:
    """Drop cached answers from all tiers."""
    for key in keys:
        await cache.forget(key)


async def provider_table() -> list[dict[str, Any]]:
    """Every provider for the admin: state, circuit, calls of today, budget left, rate."""
    return await provider_states.table()


async def close_circuit(provider: str) -> None:
    """Let a provider be asked again at once."""
    await breaker.reset(provider)
