"""Keys of the cache filled anew: asked with a job's patience, ISBNs in bulk, and kept under the very keys that clients ask.

What is kept never gives way to a worse answer: where somebody fails, it stays as it is. Which way a key is asked is told by the key
itself: that way is taken whose own key of the question is this one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import orjson

from bookstrack.lib import clock
from bookstrack.lib.errors import ApiError
from search import (
    author_lookup,
    author_search,
    edition_search,
    fan_out,
    lookup,
    one_provider,
    planning,
    services,
    whole_work,
    work_editions,
)
from search.bibliography import Sort
from search.bulk import IsbnLookups
from search.cache import Cache, Entry, key_of
from search.cache_reader import CacheReader
from search.demographics import entries
from search.entries import FAILED, Lookup, Rendered
from search.fan_out import Outcome
from search.gateway import Patience, Status, refilling
from search.provider import Kind, Question
from search.refilled import Asking, Refilled
from search.resolution import Plan

USED_UP_S = 900.0  # who is out of turns for longer has used up its quota
AUTHOR_PAGE = 50  # works: the first page as `/v1/search/author?q=` shows it
PLAIN = frozenset({Kind.ISBN, Kind.TITLE, Kind.ADVANCED, Kind.ANY, Kind.PROVIDER_ID})


class Refill:
    """Fills keys for one job, in one event loop; `close()` it, so that nothing goes on asking.

    Any number may be in hand at once: the more, the fewer calls an ISBN costs. The numbers are `Resolver`'s.
    """

    def __init__(self, cache: Cache, *, share: float, concurrency: int, wait_s: float) -> None:
        self._cache, self._patience, self._concurrency = cache, Patience(wait_s, share), concurrency
        self._reader = CacheReader(cache)
        self._isbns = IsbnLookups(cache, self._reader, self._patience, concurrency, anew=True)
        self._turns = asyncio.Semaphore(concurrency)
        self._wholes: dict[str, asyncio.Task[Outcome]] = {}

    @property
    def calls(self) -> dict[str, int]:
        """Calls made so far, by provider, retries included."""
        return dict(self._patience.calls)

    async def ask(self, asking: Asking, *, older_than: float | None = None) -> Refilled:
        """Fill a key, unless it is fresh; with `older_than` (unix seconds) also a fresh one that was kept before. Never raises for
        troubles of providers or our own stores."""
        there = await self._reader.peek(asking.key)
        try:
            question = Question.of_json(asking.question)
        except ValueError as error:
            return Refilled("unknown", there, problem=str(error))
        if question.kind is not Kind.AUTHOR and _will_do(there, older_than):
            return Refilled("fresh", there)
        token = refilling.set(self._patience)
        try:
            if question.kind is Kind.ISBN and asking.key == key_of(question):
                return await self._by_isbn(asking.key, question, there)
            async with self._turns:
                if question.kind is Kind.AUTHOR:
                    return await self._bibliography(asking.key, question, there, older_than)
                way = way_to(asking.key, question)
                return _told(asking.key, await way(), there) if way else Refilled("unknown", there, problem="nothing leads to this key")
        except ApiError as error:  # of a question that stands on another: the work of its editions
            return Refilled("failed", there, problem=error.message)
        finally:
            refilling.reset(token)

    async def plan(self, askings: Sequence[Asking]) -> Plan:
        """What these would cost; nobody outside is asked."""
        asked = [(asking.key, Question.of_json(asking.question)) for asking in askings]
        return await planning.plan_of_keys(self._cache, asked, self._patience, self._concurrency)

    # -- what clients ask
    @staticmethod
    def of_isbn(isbn13: str) -> Asking:
        """What `/v1/search/isbn` asks."""
        question = Question(Kind.ISBN, isbns=(isbn13,), limit=1)
        return Asking(key_of(question), question.as_json())

    @staticmethod
    def of_book(title: str, author: str) -> list[Asking]:
        """What clients ask for a book without an ISBN: `/v1/search/advanced` by title and author, `/v1/search/title`.

        Raises: ApiError for words that cannot be asked.
        """
        words = services.words_of(title, "title")
        questions = [Question(Kind.TITLE, text=words)]
        if author.strip():
            questions.insert(0, Question(Kind.ADVANCED, title=words, author=services.words_of(author, "author")))
        return [Asking(key_of(question), question.as_json()) for question in questions]

    @staticmethod
    def of_author(name: str) -> Asking:
        """What `/v1/search/author?q=` asks: its first page; the whole bibliography is kept with it. Raises: ApiError."""
        words = services.words_of(name, "q")
        key = author_search.key_of_page(words, AUTHOR_PAGE, 0, Sort.YEAR)
        return Asking(key, Question(Kind.AUTHOR, author=words, limit=AUTHOR_PAGE).as_json())

    @staticmethod
    def keys_of(asking: Asking) -> list[str]:
        """All keys that are filled with it."""
        name = asking.question.get("author")
        own = [author_search.key_of_all(name)] if asking.question["kind"] == Kind.AUTHOR.value and name else []
        return [asking.key, *(key for key in own if key != asking.key)]

    async def landed(self) -> None:
        """Wait until what was told so far is kept for all processes."""
        await self._isbns.landed()

    async def close(self) -> None:
        """Stop at once: nothing is asked any more, and what was answered is kept."""
        self._patience.ended = True
        await self._isbns.close()
        tasks = list(self._wholes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _by_isbn(self, key: str, question: Question, there: Entry | None) -> Refilled:
        """In bulk; once more as a search asks, where what is kept is fuller than that, for everybody was heard."""
        told = await self._isbns.look_up(question.isbns[0])
        if told.entry is not None and told.stored:
            entries.ask_behind(self._cache, orjson.loads(told.entry.data)["works"])
            return _state_of(key, told, there)
        whole = told.entry is not None and told.entry.found and not told.entry.degraded
        if whole and there is not None and told.entry is not None and told.entry.completeness < there.completeness:
            async with self._turns:
                return _told(key, await fan_out.ask_everybody(self._cache, key, question), there)
        return _state_of(key, told, there)

    async def _bibliography(self, key: str, question: Question, there: Entry | None, older_than: float | None) -> Refilled:
        """The whole of it, and the page that is asked for, cut from that."""
        name = question.author
        all_key = author_search.key_of_all(name)
        sorts = [sort for sort in Sort if author_search.key_of_page(name, question.limit, question.offset, sort) == key]
        if key != all_key and not sorts:
            return Refilled("unknown", there, problem="nothing leads to this key")
        whole = await self._reader.peek(all_key)
        filled: list[str] = []
        if _will_do(whole, older_than) and _will_do(there, older_than):
            return Refilled("fresh", whole)
        if whole is None or not _will_do(whole, older_than):
            outcome = await self._once(all_key, lambda: author_search.ask_everybody(all_key, name))
            told = _told(all_key, outcome, whole)
            if told.state != "filled" or outcome.entry is None:
                return replace(told, entry=there if key != all_key else told.entry)
            filled, whole = [all_key], outcome.entry
        if key == all_key:
            return Refilled("filled", whole, tuple(filled))
        page = await asyncio.to_thread(author_search.page_entry, whole, question.limit, question.offset, sorts[0])
        kept = await fan_out.keep(self._cache, key, question, Rendered(page, page.providers))
        await fan_out.settled(kept)
        return Refilled("filled" if kept.kept else "kept", whole, (key, *filled) if kept.kept else tuple(filled))

    async def _once(self, key: str, ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """Several pages of one bibliography ask for it once."""
        task = self._wholes.get(key)
        if task is None:
            task = self._wholes[key] = asyncio.ensure_future(_awaited(ask))
            task.add_done_callback(lambda _: self._wholes.pop(key, None))
        return await asyncio.shield(task)


async def _awaited(ask: Callable[[], Awaitable[Outcome]]) -> Outcome:
    outcome = await ask()
    await fan_out.settled(outcome)
    return outcome


def way_to(key: str, question: Question) -> Callable[[], Awaitable[Outcome]] | None:
    """The way of asking that fills this key; None where there is none any more."""
    cache = services.cache
    if key == key_of(question):
        if question.kind is Kind.PERSON:
            return lambda: fan_out.ask_everybody(cache, key, question, render=author_lookup.rendered)
        return (lambda: fan_out.ask_everybody(cache, key, question)) if question.kind in PLAIN else None
    if question.kind is Kind.PROVIDER_ID and key == whole_work.key_of_whole(question):
        return lambda: whole_work.ask_everybody(key, question)
    if question.kind is Kind.EDITIONS and key == work_editions.key_of(question):
        return lambda: _editions_of(key, question)
    if question.kind is Kind.ADVANCED and key == edition_search.key_of(question, question.limit):
        asked = replace(question, limit=edition_search.FOUND)
        return lambda: edition_search.ask_everybody(key, asked, question.limit)
    name, alone, _ = key.removeprefix(one_provider.PREFIX).partition(":")
    if alone and key == one_provider.key_of_one(name, question):
        return lambda: one_provider.ask(key, name, question)
    return None


async def _editions_of(key: str, question: Question) -> Outcome:
    work = (await lookup.search_work(question.provider_id)).data["works"][0]
    return await work_editions.ask_everybody(key, question, work)


def _will_do(there: Entry | None, older_than: float | None) -> bool:
    return there is not None and there.fresh and not there.degraded and (older_than is None or there.created_at >= older_than)


def _told(key: str, outcome: Outcome, there: Entry | None) -> Refilled:
    return _state_of(key, Lookup(outcome, cached=False, stored=outcome.kept is not None), there)


def _state_of(key: str, told: Lookup, there: Entry | None) -> Refilled:
    """What a round of asking came to. An answer that lacks somebody's is kept for minutes only: that fills nothing."""
    new, statuses = told.entry, told.found.statuses
    now = new if told.stored else there
    absent = [name for name, status in statuses.items() if status in FAILED]
    if new is None or absent or not (told.stored or there):
        problem = f"{', '.join(absent)} could not answer" if absent else "nobody could answer"
        return Refilled("failed", now, problem=problem, quota_until=_quota_until(statuses, told.found.retry_at))
    return Refilled("filled", new, (key,)) if told.stored else Refilled("kept", there)


def _quota_until(statuses: dict[str, str], retry_at: float | None) -> float | None:
    used_up = Status.THROTTLED.value in statuses.values() and retry_at is not None and retry_at - clock.unix_s() > USED_UP_S
    return retry_at if used_up else None
