"""The use-case of an author's bibliography: fetched whole, once, and kept; its pages and orders cost no call.

Raises: ApiError (bad input by field; ProvidersFailed and its kinds when nobody could answer).
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import orjson

from bookstrack.lib import exact_json
from search import conf, fan_out, gathering, services
from search.author_lists import Listing
from search.author_lookup import known_person
from search.bibliography import MAX_NAMES, Sort, Who, books_of, meant_among, page_of
from search.cache import Entry
from search.catalogue.answering import followed
from search.dto import MatchLevel
from search.entries import Rendered, etag_of
from search.fan_out import Outcome
from search.gateway import Gateway, ProviderAnswer
from search.identifiers import openlibrary_id
from search.normalisers.text import search_key
from search.provider import Kind, Provider, Question
from search.services import Answer

CATALOGUE_WORKS = 1000


async def search_author(
    name: str, *, limit: int = 50, offset: int = 0, sort: Sort = Sort.YEAR, min_match: MatchLevel | None = None
) -> Answer:
    """One page of all that a person wrote, merged over all providers; `data.pagination` says where it stands.

    The name may be Open Library's id of the author, which leaves no doubt who is meant.
    """
    words = services.words_of(name, "q")
    if (olid := openlibrary_id(words.upper(), "author")) is not None:
        words = await followed(olid)
    question = Question(Kind.AUTHOR, author=words, limit=limit, offset=offset)
    key = key_of_page(words, limit, offset, sort)
    kept = await services.kept(key, Kind.AUTHOR.value) if min_match is None else None
    if kept is not None:
        return kept
    all_key = key_of_all(words)
    whole = await services.looked_up(all_key, Kind.AUTHOR.value, lambda: ask_everybody(all_key, words))
    entry = await asyncio.to_thread(page_entry, whole.entry, limit, offset, sort, min_match)  # a thousand works to sort: 20 ms
    # of an incomplete one the next page would be of another, completer one
    if not entry.degraded and whole.stale_because is None and min_match is None:
        await fan_out.keep(services.cache, key, question, Rendered(entry, entry.providers))
    return replace(whole, entry=entry)


def page_key(name: str, *, limit: int = 50, offset: int = 0, sort: Sort = Sort.YEAR) -> str | None:
    """The cache key of the page that is asked for; None where only the catalogue knows whom an id leads to. Raises: ApiError."""
    words = services.words_of(name, "q")
    return None if openlibrary_id(words.upper(), "author") else key_of_page(words, limit, offset, sort)


def key_of_page(name: str, limit: int, offset: int, sort: Sort) -> str:
    """The cache key of one page in one order."""
    return _key(name, str(limit), str(offset), sort.value)


def key_of_all(name: str) -> str:
    """The cache key of a whole bibliography."""
    return _key(name)


def _key(name: str, *rest: str) -> str:
    digest = hashlib.sha256("\x1f".join((search_key(name), *rest)).encode("utf-8", "replace")).hexdigest()[:32]
    return f"search:author:{digest}"


async def ask_everybody(key: str, name: str) -> Outcome:
    """One round of calls for a whole bibliography."""
    wait_s, listings = conf.search_budget_s(), list[Listing]()
    question = Question(Kind.AUTHOR, author=name)
    known = await _known(name)
    name = known.names[0] if known else name

    def listing(provider: Provider, gateway: Gateway, deadline: float) -> Listing:
        listings.append(Listing(provider, gateway, deadline, name=name, known=known))
        return listings[-1]

    def render(answers: Sequence[ProviderAnswer]) -> Rendered:
        records = [record for answer in answers for record in answer.page.records]
        told = known or next((listing.who for listing in listings if listing.who and listing.who.people), None)
        books = books_of(told or meant_among(name, records), records)
        popularity = [round(book.popularity, 4) for book in books]
        return gathering.rendered_books(question, books, answers, more={"popularity": popularity})

    asked = gathering.everybody(listing, Question(Kind.ADVANCED, author=name, limit=CATALOGUE_WORKS), wait_s=wait_s)
    return await gathering.gather(services.cache, key, question, asked, render, wait_s=wait_s)


async def _known(name: str) -> Who | None:
    """Who is meant by an id; None for a name. Others may share theirs, for all we know."""
    if openlibrary_id(name, "author") is None:
        return None
    person = await known_person(name)
    return Who((person.author.name, *person.other_names)[:MAX_NAMES], (person,), shares_name=True)


def page_entry(whole: Entry, limit: int, offset: int, sort: Sort, min_match: MatchLevel | None = None) -> Entry:
    """One page of a whole bibliography, good for as long as that."""
    data = page_of(orjson.loads(whole.data), limit=limit, offset=offset, sort=sort, min_match=min_match)
    shown = exact_json.dumps(data)
    return replace(whole, data=shown, etag=etag_of(shown))
