"""Covers of our own, harvested: shown before any provider's. Who keeps them says here how to look them up, so that nothing here knows them.

Source: spec 04, "Merging providers", cover.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import structlog
from django.db import DatabaseError

from bookstrack.lib import exact_json
from bookstrack.lib import redis as redis_door
from search import metrics
from search.cache import Cache, Entry, key_of
from search.dto import Record
from search.entries import etag_of
from search.entry import PREFIX
from search.gateway import ProviderAnswer
from search.merge import COVER_WORTH, HARVESTED, is_drawn
from search.normalisers.text import search_key
from search.provider import Kind, Question
from search.wire import NEEDS_REVIEW_UNDER

log = structlog.get_logger(__name__)
Lookup = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
SIZES = ("small", "medium", "large")
READ_S = 0.25  # a reply waits no longer for them
MOST_ISBNS = 3_000  # of one answer: a bibliography has as many
_lookup: Lookup | None = None


def register(lookup: Lookup) -> None:
    """Say how covers are looked up: ISBN-13s to the versions of those that there are."""
    global _lookup
    _lookup = lookup


async def laid_in(answers: Sequence[ProviderAnswer]) -> Sequence[ProviderAnswer]:
    """The answers with our own covers in their records; as they are where there are none, or nobody can say in time."""
    isbns = dict.fromkeys(isbn for answer in answers for record in answer.page.records for isbn in record.edition.isbns)
    versions = await _known(list(isbns)[:MOST_ISBNS])
    if not versions:
        return answers
    return [_with_covers(answer, versions) for answer in answers]


async def changed(cache: Cache, isbn: str) -> None:
    """The cover of an ISBN-13 came, was replaced or withdrawn: its cached answer shows so, for as long as it would have lived.

    Nobody outside is asked. Of a withdrawn one no other is known here: its answer is forgotten.
    """
    key = key_of(Question(Kind.ISBN, isbns=(isbn,)))
    found = await cache.find(key)
    if found is None:
        return
    version = (await _known([isbn])).get(isbn)
    if version is None:
        if addresses(isbn, "")[0].partition("?")[0].encode() in found[0].data:
            await cache.forget(key)
        return
    entry = _with_cover(found[0], isbn, version)
    if entry is not None:
        await _keep_as_long(cache, key, entry)


async def works_known(cache: Cache, isbns: Sequence[str]) -> dict[str, str]:
    """A name of the work of each ISBN-13 whose answer is cached, the same for editions of one work. Nobody is asked."""
    keys = {key_of(Question(Kind.ISBN, isbns=(isbn,))): isbn for isbn in isbns}
    named: dict[str, str] = {}
    for key, (entry, _) in (await cache.find_many(list(keys))).items():
        for work in orjson.loads(entry.data)["works"][:1]:
            authors = [author["name"] for author in work["authors"][:1]]
            named[keys[key]] = "\x1f".join(map(search_key, [work["title"], *authors]))
    return named


def addresses(isbn: str, version: str) -> tuple[str, str, str]:
    """Where the cover of an ISBN-13 is: small, medium, large."""
    small, medium, large = (f"/covers/{isbn}/{size}.webp?v={version}" for size in SIZES)
    return small, medium, large


async def _known(isbns: Sequence[str]) -> Mapping[str, str]:
    if _lookup is None or not isbns:
        return {}
    try:
        async with asyncio.timeout(READ_S):
            return await _lookup(isbns)
    except (*redis_door.Away, DatabaseError, TimeoutError) as error:
        metrics.own_covers_away.inc()
        log.warning("own covers could not be looked up", error=type(error).__name__)
        return {}


def _with_covers(answer: ProviderAnswer, versions: Mapping[str, str]) -> ProviderAnswer:
    records = tuple(_record_with_cover(record, versions) for record in answer.page.records)
    return replace(answer, page=replace(answer.page, records=records))


def _record_with_cover(record: Record, versions: Mapping[str, str]) -> Record:
    isbn = next((isbn for isbn in record.edition.isbns if isbn in versions), None)
    if isbn is None:
        return record
    return replace(record, edition=replace(record.edition, own_covers=addresses(isbn, versions[isbn])))


def _with_cover(entry: Entry, isbn: str, version: str) -> Entry | None:
    """The entry with the cover wherever its edition is shown; None where it is not."""
    data = orjson.loads(entry.data)
    pairs = [(work, edition) for work, edition in zip(data["works"], data["editions"], strict=True) if isbn in edition["isbns"]]
    for work, edition in pairs:
        _lay_over(work, edition, addresses(isbn, version))
    if not pairs:
        return None
    shown = exact_json.dumps(data)
    qualities = [work["quality"] for work in data["works"]]
    return replace(
        entry,
        data=shown,
        etag=etag_of(shown),
        completeness=round(sum(qualities) / len(qualities)),
        image_quality="high" if isbn in data["editions"][0]["isbns"] else entry.image_quality,
    )


def _lay_over(work: dict[str, Any], edition: dict[str, Any], urls: tuple[str, str, str]) -> None:
    before = edition.get("coverImageURL")
    if not before or is_drawn(before):
        work["quality"] = edition["quality"] = min(100, work["quality"] + COVER_WORTH)
        if work["reviewStatus"] == "needsReview" and work["quality"] >= NEEDS_REVIEW_UNDER:
            work["reviewStatus"] = "verified"
    work["coverImageURL"] = work["cover"] = edition["coverImageURL"] = urls[-1]
    edition["coverUrls"] = dict(zip(SIZES, urls, strict=True))
    work.setdefault("sources", {})["coverImageURL"] = HARVESTED


async def _keep_as_long(cache: Cache, key: str, entry: Entry) -> None:
    """Put the entry in the place of the one that is there, for the rest of its time."""
    value = cache.keep_here(key, entry)
    try:
        if not await redis_door.client().set(PREFIX + key, value, xx=True, keepttl=True):
            cache.memory.drop(key)  # it went meanwhile
    except redis_door.Away:
        metrics.cache_away.inc()
