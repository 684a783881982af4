"""The use-case of an author's bibliography: fetched whole, once, and kept; its pages and orders cost no call.

Raises: ApiError (bad input by field; ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import orjson

from search import conf, fan_out, gathering, services
from search.author_lists import Listing
from search.bibliography import Sort, books_of, meant_among, page_of
from search.cache import Entry
from search.entries import Rendered, etag_of
from search.fan_out import Outcome
from search.gateway import Gateway, ProviderAnswer
from search.normalisers.text import search_key
from search.provider import Kind, Provider, Question
from search.services import Answer

CATALOGUE_WORKS = 1000


async def search_author(name: str, *, limit: int = 50, offset: int = 0, sort: Sort = Sort.YEAR) -> Answer:
    """One page of all that a person wrote, merged over all providers; `data.pagination` says where it stands."""
    question = Question(Kind.AUTHOR, author=services.words_of(name, "q"), limit=limit, offset=offset)
    key = key_of_page(question.author, limit, offset, sort)
    kept = await services.kept(key, Kind.AUTHOR.value)
    if kept is not None:
        return kept
    all_key = key_of_all(question.author)
    whole = await services.looked_up(all_key, Kind.AUTHOR.value, lambda: _ask_everybody(all_key, question.author))
    entry = await asyncio.to_thread(_page, whole.entry, limit, offset, sort)  # a thousand works to sort: 20 ms
    if not entry.degraded and whole.stale_because is None:  # else the next page would be of another, completer one
        fan_out.keep(services.cache, key, question, Rendered(entry, entry.providers))
    return replace(whole, entry=entry)


def key_of_page(name: str, limit: int, offset: int, sort: Sort) -> str:
    """The cache key of one page in one order."""
    return _key(name, str(limit), str(offset), sort.value)


def key_of_all(name: str) -> str:
    """The cache key of a whole bibliography."""
    return _key(name)


def _key(name: str, *rest: str) -> str:
    digest = hashlib.sha256("\x1f".join((search_key(name), *rest)).encode("utf-8", "replace")).hexdigest()[:32]
    return f"search:author:{digest}"


async def _ask_everybody(key: str, name: str) -> Outcome:
    """One round of calls for a whole bibliography."""
    wait_s, listings, question = conf.search_budget_s(), list[Listing](), Question(Kind.AUTHOR, author=name)

    def listing(provider: Provider, gateway: Gateway, deadline: float) -> Listing:
        listings.append(Listing(provider, gateway, deadline, name=name))
        return listings[-1]

    def render(answers: Sequence[ProviderAnswer]) -> Rendered:
        records = [record for answer in answers for record in answer.page.records]
        told = next((listing.who for listing in listings if listing.who and listing.who.people), None)
        books = books_of(told or meant_among(name, records), records)
        popularity = [round(book.popularity, 4) for book in books]
        return gathering.rendered_books(question, books, answers, more={"popularity": popularity})

    asked = gathering.everybody(listing, Question(Kind.ADVANCED, author=name, limit=CATALOGUE_WORKS), wait_s=wait_s)
    return await gathering.gather(services.cache, key, question, asked, render, wait_s=wait_s)


def _page(whole: Entry, limit: int, offset: int, sort: Sort) -> Entry:
    data = page_of(orjson.loads(whole.data), limit=limit, offset=offset, sort=sort)
    shown = orjson.dumps(data)
    return replace(whole, data=shown, etag=etag_of(shown))
