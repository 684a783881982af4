"""The use-case of all editions of one work: fetched whole, once, and kept; its pages cost no call.

Raises: NotFound where nobody has the work; ApiError (ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from search import conf, gathering, lookup, services
from search.catalogue.keys import key_of_catalogue
from search.dto import Author, Record
from search.edition_list import listed_under, with_work
from search.entries import Rendered
from search.fan_out import Outcome
from search.gateway import Gateway, ProviderAnswer
from search.paging import pagination
from search.provider import Kind, Provider, Question
from search.services import Answer
from search.wire import Dto

PAGE = 500  # editions that one call gives
MOST = 2_000  # of one work: the most printed ones of all have more


class Listed(gathering.ProviderGathering):
    """The editions that one provider lists under a work."""

    def __init__(self, provider: Provider, gateway: Gateway, deadline: float, *, question: Question, work: Record) -> None:
        super().__init__(provider, gateway, deadline)
        self._question, self._work = question, work
        self._pages: dict[int, list[Record]] = {}

    async def run(self) -> None:
        """All pages: the first says how many there are."""
        total = await self._page(0)
        await asyncio.gather(*(self._page(offset) for offset in range(PAGE, min(total, MOST), PAGE)))

    async def _page(self, offset: int) -> int:
        answer = await self.ask(replace(self._question, offset=offset))
        self._pages[offset] = [with_work(record, self._work) for record in answer.page.records]
        return answer.page.total

    def records(self) -> list[Record]:
        """All that came, in its order."""
        return [record for offset in sorted(self._pages) for record in self._pages[offset]]


async def list_editions(work_id: str, *, limit: int = 20, offset: int = 0) -> Answer:
    """One page of a work's editions as a search's data: `works[i]` is the work of `editions[i]`; `pagination` says where it stands."""
    work = (await lookup.search_work(work_id)).data["works"][0]
    question = await _question(work_id, work)
    if question is None:  # a work by its ISBN alone, which no catalogue lists editions of
        return _page(await lookup.search_work(work_id), limit, offset)
    key = key_of(question)
    whole = await services.looked_up(key, Kind.EDITIONS.value, lambda: ask_everybody(key, question, work))
    return _page(whole, limit, offset)


async def _question(work_id: str, work: Dto) -> Question | None:
    """By Open Library's id of the work, else by the local catalogue's."""
    olid = work.get("openLibraryWorkID")
    own = None if olid else await lookup.own_work(work_id)
    if not (olid or own):
        return None
    return Question(Kind.EDITIONS, provider=lookup.OPENLIBRARY if olid else conf.CATALOGUE, provider_id=olid or own or "", limit=PAGE)


def key_of(question: Question) -> str:
    """The cache key of all editions of a work."""
    return f"search:editions:of:{question.provider}:{question.provider_id}"


async def ask_everybody(key: str, question: Question, work: Dto) -> Outcome:
    """One round of calls for all editions of a work."""
    told = _record(work)

    def listing(provider: Provider, gateway: Gateway, deadline: float) -> Listed:
        return Listed(provider, gateway, deadline, question=question, work=told)

    def render(answers: Sequence[ProviderAnswer]) -> Rendered:
        books = listed_under(question, told, [record for answer in answers for record in answer.page.records])
        return gathering.rendered_books(question, books, answers)

    wait_s = conf.search_budget_s()
    asked = gathering.everybody(listing, replace(question, limit=MOST), wait_s=wait_s)
    return await gathering.gather(services.cache, key, question, asked, render, wait_s=wait_s)


def _record(work: Dto) -> Record:
    """What is known of the work, for its editions to lean on."""
    authors = tuple(
        Author(who["name"], who.get("openLibraryID"), birth_year=who.get("birthYear"), death_year=who.get("deathYear"))
        for who in work["authors"]
    )
    own = work["id"] if key_of_catalogue(work["id"]) else None
    return Record(
        provider=work["providers"][0],
        title=work["title"],
        authors=authors,
        first_year=work.get("firstPublicationYear"),
        openlibrary_work_id=work.get("openLibraryWorkID"),
        catalogue_id=own,
    )


def _page(whole: Answer, limit: int, offset: int) -> Answer:
    data = whole.data
    total = len(data["works"])
    page: dict[str, Any] = {name: data[name][offset : offset + limit] for name in ("works", "editions")}
    named = {author["name"] for work in page["works"] for author in work["authors"]}
    authors = [author for author in data["authors"] if author["name"] in named]
    rest = {"authors": authors, "resultCount": len(page["works"]), "totalResults": total, "expiresAt": data["expiresAt"]}
    return lookup.with_data(whole, {**page, **rest, "pagination": pagination(total, limit=limit, offset=offset)})
