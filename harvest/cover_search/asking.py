"""What the sources say of a harvest's books: each book asks for itself, and a call takes as many of the others along as it may.

So a source is called no more often than its calls are large, however few books are in hand at once. What was said is remembered in Redis
for as long as the harvest lasts: after a crash nobody is asked again.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from bookstrack.lib import redis as redis_door
from search import services as search

LABELS = {"isbndb": "ISBNdb", "openlibrary": "Open Library", "google-books": "Google Books", "archive": "Internet Archive"}
WAIT_S = 60.0  # for a turn, and the answer
USED_UP = "today's calls of"  # how such a trouble begins
REMEMBERED_S = 2 * 86_400


@dataclass(frozen=True, slots=True)
class Word:
    """A source's word on a book: addresses of its cover, best first; none where it has none, unless there is `trouble`, for people."""

    urls: tuple[str, ...] = ()
    trouble: str = ""


class Asking:
    """The questions of one harvest, in one event loop. `isbns` are its books that are still to be done."""

    def __init__(self, run_id: int, isbns: Sequence[str], *, share: float) -> None:
        self.calls: Counter[str] = Counter()  # by source
        self._run_id, self._share = run_id, share
        self._open = dict.fromkeys(isbns)
        self._sizes = search.cover_sources()
        self._words: dict[str, dict[str, Word]] = {source: {} for source in self._sizes}
        self._locks = {source: asyncio.Lock() for source in self._sizes}
        self._used_up: set[str] = set()

    @property
    def sources(self) -> list[str]:
        """Who is asked, in order; nobody where all are off."""
        return list(self._sizes)

    def takes_one(self, source: str) -> bool:
        """Whether each book costs a call of its own."""
        return self._sizes[source] == 1

    async def recall(self) -> None:
        """Take up what an earlier turn at this harvest was told."""
        with contextlib.suppress(*redis_door.Away):
            for source in self._sizes:
                kept = await cast(Any, redis_door.client().hgetall(self._key(source)))
                self._words[source] = {isbn.decode(): Word(tuple(orjson.loads(urls))) for isbn, urls in kept.items()}

    async def word(self, source: str, isbn: str) -> Word:
        """What a source says of a book. Never raises for its troubles."""
        if self.takes_one(source):
            return self._words[source].get(isbn) or await self._asked(source, isbn)
        # whom the archive knows is told by Open Library
        async with self._locks[self._teller(source)]:
            return self._words[source].get(isbn) or await self._asked(source, isbn)

    async def is_none(self, source: str, isbn: str, url: str) -> None:
        """An address that leads to no cover: it is not fetched again, whoever takes the harvest up."""
        word = self._words[source].get(isbn, Word())
        left = Word(tuple(one for one in word.urls if one != url), word.trouble)
        self._words[source][isbn] = left
        await self._remember(source, {isbn: left})

    def done(self, isbn: str) -> None:
        """A book that needs no word any more."""
        self._open.pop(isbn, None)

    @staticmethod
    def _teller(source: str) -> str:
        return "openlibrary" if source == search.ARCHIVE else source

    async def _asked(self, source: str, isbn: str) -> Word:
        teller = self._teller(source)
        if teller in self._used_up:
            return _used_up(teller)
        isbns = self._with_others(teller, isbn)
        offered = await search.cover_offers(teller, isbns, share=self._share, wait_s=WAIT_S)
        self.calls[teller] += offered.calls
        if offered.quota_until is not None:
            self._used_up.add(teller)
        trouble = _used_up(teller) if offered.quota_until is not None else Word(trouble=f"{LABELS[teller]} did not answer")
        told = {one: Word(offered.urls.get(one, ())) for one in isbns if one not in offered.failed}
        self._words[teller] |= told | dict.fromkeys(offered.failed, trouble)
        await self._remember(teller, told)
        if teller == "openlibrary":
            scans = {one: Word(offered.scans.get(one, ())) for one in told}
            self._words[search.ARCHIVE] |= scans | dict.fromkeys(offered.failed, trouble)
            await self._remember(search.ARCHIVE, scans)
        return self._words[source][isbn]

    def _with_others(self, source: str, isbn: str) -> list[str]:
        """The book, and others that will or may have to be asked for: first those that the sources before have nothing for."""
        room = self._sizes[source] - 1
        if not room:
            return [isbn]
        said = self._words[source]
        rest = [one for one in self._open if one != isbn and one not in said]
        before = self.sources[: self.sources.index(source)]
        certain = {one for one in rest if all((word := self._words[name].get(one)) is not None and not word.urls for name in before)}
        return [isbn, *sorted(rest, key=lambda one: one not in certain)[:room]]

    def _key(self, source: str) -> str:
        return f"harvest:{self._run_id}:{source}"

    async def _remember(self, source: str, told: dict[str, Word]) -> None:
        if not told:
            return
        with contextlib.suppress(*redis_door.Away):
            async with redis_door.client().pipeline(transaction=False) as pipeline:
                pipeline.hset(self._key(source), mapping={isbn: orjson.dumps(word.urls) for isbn, word in told.items()})
                pipeline.expire(self._key(source), REMEMBERED_S)
                await pipeline.execute()


def _used_up(source: str) -> Word:
    return Word(trouble=f"{USED_UP} {LABELS[source]} are used up")
