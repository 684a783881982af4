"""Answers completed with who their authors are: from the cache before they are shown, from Wikidata before they are shown again."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from bookstrack.lib import clock, exact_json
from search import conf
from search.cache import Cache, Entry
from search.demographics import people
from search.demographics.laying import MAX_AUTHORS, key_of, lay_over, wanted
from search.demographics.sparql import may_be_asked
from search.dto import Demographics
from search.entries import etag_of
from search.gateway import ProviderAnswer

LARGE_BYTES = 100_000  # what is larger is read in a thread
SETTLED_S = 3.0  # an answer does not change under whoever asks again at once: the repeats of one page view are alike
REST_S = 60.0  # until it is tried again for an entry
MAX_RESTING = 10_000
ASKED_WHILE_READ = 100  # authors of a batch's results that are asked for when these are read
_laying: set[asyncio.Future[None]] = set()
_rest_until: dict[str, float] = {}  # by key, monotonic seconds


@dataclass(frozen=True, slots=True)
class Looked:
    """Authors whom the cache was asked for, by key, and what it knows of them: None of one whom Wikidata does not know."""

    asked: frozenset[str] = frozenset()
    known: Mapping[str, Demographics | None] = field(default_factory=dict)


NOBODY_YET = Looked()


async def looked(cache: Cache, answers: Iterable[ProviderAnswer]) -> Looked:
    """What the cache knows of all authors of these answers, for `completed`: asked for while other things are, it costs no time."""
    if not conf.demographics():
        return Looked()
    named = dict.fromkeys(author for answer in answers for record in answer.page.records for author in record.authors)
    asked = {key_of(author) for author in list(named)[:MAX_AUTHORS] if may_be_asked(author)}
    return Looked(frozenset(asked), await _known_in_time(cache, asked))


async def completed(cache: Cache, entry: Entry, before: Looked = NOBODY_YET) -> Entry:
    """The entry with what the cache knows of its authors; `completed` once there is nothing more to be known."""
    if entry.completed or not conf.demographics():
        return entry
    data = await _loaded(entry)
    authors = wanted(data)
    known = {key: before.known[key] for key in authors if key in before.known}
    known |= await _known_in_time(cache, authors.keys() - before.asked)
    return await _with(entry, data, {key: one for key, one in known.items() if one}, completed=len(known) == len(authors))


async def _known_in_time(cache: Cache, keys: Collection[str]) -> dict[str, Demographics | None]:
    try:
        async with asyncio.timeout(people.READ_S):
            return await people.known(cache, keys) if keys else {}
    except TimeoutError:  # Redis does not answer: the reply does not wait for it
        return {}


async def complete(cache: Cache, key: str, entry: Entry) -> None:
    """Ask who the authors of a kept entry are, and keep it again, for as long as before, under a new tag."""
    if len(_rest_until) >= MAX_RESTING:
        _rest_until.clear()
    _rest_until[key] = clock.monotonic_s() + REST_S
    authors = wanted(await _loaded(entry))
    told = await people.found(cache, authors)
    known = {who: one.found for who, one in told.items() if one.found}
    all_told = all(one.sure for one in told.values())
    wait_s = SETTLED_S - entry.age_s
    if wait_s > 0:  # not a task from now on: a job's loop, or a server that stops, need not wait for it
        asyncio.get_running_loop().call_later(wait_s, _lay_in_a_task, cache, key, entry, known, all_told)
    else:
        await _lay(cache, key, entry, known, all_told)


def _lay_in_a_task(*args: Any) -> None:
    task = asyncio.ensure_future(_lay(*args))
    _laying.add(task)
    task.add_done_callback(_laying.discard)


async def _lay(cache: Cache, key: str, entry: Entry, known: dict[str, Demographics], all_told: bool) -> None:
    latest = await cache.find(key)
    if latest is None or latest[0].created_at != entry.created_at or not (known or all_told):
        return  # a newer one has its own turn
    fuller = await _with(latest[0], await _loaded(latest[0]), known, completed=all_told)
    await cache.keep_everywhere(key, fuller, cache.keep_here(key, fuller))


def is_due(key: str, entry: Entry) -> bool:
    """Whether to try to complete an entry that was found in the cache."""
    return not entry.completed and _rest_until.get(key, 0.0) <= clock.monotonic_s() and conf.demographics()


def ask_behind(cache: Cache, works: Sequence[Any]) -> None:
    """Have the authors of works asked for, so that they are cached when they are shown."""
    if conf.demographics():
        people.ask_behind(cache, wanted(*works))


async def completed_items(cache: Cache, bodies: Sequence[bytes]) -> list[bytes]:
    """Items of a batch with what is known of their authors; who is not, is asked for, and waited for a moment."""
    if not conf.demographics():
        return list(bodies)
    items = await asyncio.to_thread(lambda: [orjson.loads(body) for body in bodies])
    authors = await asyncio.to_thread(_wanted_of_all, items)
    known = await people.known(cache, authors)
    missing = {key: author for key, author in authors.items() if key not in known}
    some = dict(list(missing.items())[:ASKED_WHILE_READ])
    told = await people.found(cache, some, wait_s=people.READ_S)
    found = {key: one for key, one in known.items() if one} | {key: one.found for key, one in told.items() if one.found}
    return await asyncio.to_thread(_laid_over, bodies, items, found)


def _wanted_of_all(items: Sequence[Any]) -> dict[str, Any]:
    """The authors of many items, each once."""
    return {key: author for item in items for key, author in wanted(item).items()}


def _laid_over(bodies: Sequence[bytes], items: Sequence[Any], found: dict[str, Demographics]) -> list[bytes]:
    return [exact_json.dumps(item) if lay_over(item, found) else body for body, item in zip(bodies, items, strict=True)]


async def _loaded(entry: Entry) -> Any:
    return await asyncio.to_thread(orjson.loads, entry.data) if len(entry.data) > LARGE_BYTES else orjson.loads(entry.data)


async def _with(entry: Entry, data: Any, known: dict[str, Demographics], *, completed: bool) -> Entry:
    if not known or not lay_over(data, known):
        return replace(entry, completed=completed)
    shown = await asyncio.to_thread(exact_json.dumps, data) if len(entry.data) > LARGE_BYTES else exact_json.dumps(data)
    return replace(entry, data=shown, etag=etag_of(shown), completed=completed)
