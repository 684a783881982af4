"""What one provider lists of an author: asked page by page, the pages of one list at once."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from search.bibliography import Who, meant
from search.dto import Record
from search.entries import FAILED
from search.gateway import Gateway
from search.gathering import ProviderGathering
from search.provider import AuthorList, Kind, Page, Person, Provider, Question

PEOPLE = 20  # of one name that are told apart
SPARE = 10  # works that a provider may have beyond its own count
FINISH_S = 20.0  # how long further pages may wait for their turn


class Listing(ProviderGathering):
    """One provider's bibliography of an author, as far as it came."""

    def __init__(self, provider: Provider, gateway: Gateway, deadline: float, *, name: str, known: Who | None = None) -> None:
        super().__init__(provider, gateway, deadline)
        self.name = name
        self.who = known  # None: it did not say, or cannot
        self._pages: dict[tuple[int, int], list[Record]] = {}  # list and offset

    async def run(self) -> None:
        """Ask who is meant, then for all they wrote."""
        if not self.provider.enabled:
            return
        people: Iterable[Person | None] = [None]
        if self.provider.knows_people and self.who is not None:
            people = self.who.people
        elif self.provider.knows_people:
            answer = await self.ask(Question(Kind.AUTHORS, author=self.name, limit=PEOPLE))
            if answer.status in FAILED:
                return
            self.who = meant(self.name, answer.page.people)
            people = self.who.people
        lists = enumerate(self.provider.author_lists)
        await asyncio.gather(*(self._list(place, which, person) for place, which in lists for person in people))

    def records(self) -> list[Record]:
        """All pages, those of the first list first."""
        return [record for key in sorted(self._pages) for record in self._pages[key]]

    async def _list(self, place: int, which: AuthorList, person: Person | None) -> None:
        """All pages of one list; a search knows no more works of a person than the provider counts."""
        size, at_most = which.page_size, which.page_size * which.max_calls
        if person and which.kind is Kind.AUTHOR and person.works:
            at_most = min(at_most, person.works + SPARE)
            size = min(size, at_most)
        first = await self._page(place, which, person, size, 0, self.deadline)
        offsets = range(size, min(first.total, at_most), size)
        later = self.deadline + FINISH_S
        await asyncio.gather(*(self._page(place, which, person, size, offset, later) for offset in offsets))

    async def _page(self, place: int, which: AuthorList, person: Person | None, limit: int, offset: int, deadline: float) -> Page:
        question = Question(which.kind, author=self.name, limit=limit, offset=offset)
        if person is not None:
            known = person.author
            question = replace(question, author=known.name, provider=self.provider.name, provider_id=known.openlibrary_id or "")
        answer = await self.ask(question, deadline=deadline)
        self._pages.setdefault((place, offset), []).extend(answer.page.records)  # of several entries of one person
        return answer.page
