"""Books whose covers are worth having: those that clients ask for and get no picture of, and editions of works that they ask for often.

What is known of popularity are the hits of cached answers; entries that the cache no longer has are passed over.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import orjson

from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from search import conf
from search.catalogue import rows
from search.entry import PREFIX, Entry, unpack
from search.identifiers import find_isbn
from search.merge import is_drawn
from search.models import CacheEntry
from search.normalisers.text import search_key
from search.provider import Kind

OFTEN = 2  # hits from which a book counts as asked for often
LOOKED_AT = 10  # entries for each book that is wanted, at most
READ_AT_ONCE = 200
BY_WORDS = (Kind.TITLE.value, Kind.ADVANCED.value, Kind.ANY.value, Kind.ISBN.value)
MOST_ANSWERS = 1_000  # of the most asked, whose works count as popular
UNSEEN = ("missing", "low")  # an answer without a picture, or with one that we drew


@dataclass(frozen=True, slots=True)
class KnownEdition:
    """An edition as far as it matters for choosing between siblings; `picture` is the largest that a catalogue names."""

    isbn: str  # ISBN-13
    words: str = ""  # its title, subtitle and note
    format: str = ""
    year: int | None = None
    pages: int | None = None
    picture: Literal["large", "medium", "thumbnail"] | None = None


async def asked_without_cover(limit: int) -> list[str]:
    """ISBN-13s that are asked for often and whose answer has no real cover, the most asked first."""
    found: list[str] = []
    often = CacheEntry.objects.filter(kind=Kind.ISBN.value, found__gt=0, hits__gte=OFTEN)
    asked = often.order_by("-hits", "pk").values_list("key", flat=True)
    most = await in_db(lambda: list(asked[: limit * LOOKED_AT]))  # at once: among a million rows it is the sorting that takes its time
    for start in range(0, len(most), READ_AT_ONCE):
        keys = most[start : start + READ_AT_ONCE]
        kept = await _entries(keys)
        isbns = (key.rpartition(":")[2] for key in keys if key in kept and kept[key].image_quality in UNSEEN)
        found += [isbn for isbn in isbns if find_isbn(isbn)]
        if len(found) >= limit:
            break
    return found[:limit]


async def popular_editions(works: int) -> list[list[KnownEdition]]:
    """The editions of so many works that are asked for most, a list for each work, the most asked first."""
    asked = CacheEntry.objects.filter(kind__in=BY_WORDS, found__gt=0, hits__gt=0).order_by("-hits", "pk").values_list("key", "hits")
    hits = dict(await in_db(lambda: list(asked[:MOST_ANSWERS])))
    weights: Counter[str] = Counter()
    editions: dict[str, dict[str, KnownEdition]] = {}
    keys = list(hits)
    for start in range(0, len(keys), READ_AT_ONCE):
        kept = await _entries(keys[start : start + READ_AT_ONCE])
        for key, (name, edition) in (await asyncio.to_thread(_meant, kept)).items():
            weights[name] += hits[key]
            if edition is not None:
                editions.setdefault(name, {}).setdefault(edition.isbn, edition)
    found = [editions[name] for name, _ in weights.most_common() if name in editions][:works]
    siblings = await in_db(_siblings, [next(iter(known)) for known in found]) if conf.with_catalogue() and found else {}
    return [list(({edition.isbn: edition for edition in siblings.get(next(iter(known)), ())} | known).values()) for known in found]


async def _entries(keys: Sequence[str]) -> dict[str, Entry]:
    """Answers that Redis holds. Past the other tiers: what is looked at here must not drive out, or bring back, what clients ask for."""
    try:
        values = cast(list[bytes | None], await redis_door.client().mget([PREFIX + key for key in keys])) if keys else []
    except redis_door.Away:
        return {}
    return await asyncio.to_thread(_unpacked, keys, values)


def _unpacked(keys: Sequence[str], values: Sequence[bytes | None]) -> dict[str, Entry]:
    read = ((key, unpack(value)) for key, value in zip(keys, values, strict=True) if value is not None)
    return {key: entry for key, entry in read if entry is not None}


def _meant(kept: dict[str, Entry]) -> dict[str, tuple[str, KnownEdition | None]]:
    """The first work of each answer, which is what was meant: its name, and its edition where that has an ISBN."""
    found = {}
    for key, entry in kept.items():
        data = orjson.loads(entry.data)
        for work, dto in list(zip(data.get("works", ()), data.get("editions", ()), strict=False))[:1]:
            found[key] = (_name_of(work), _of_dto(dto))
    return found


def _name_of(work: dict[str, Any]) -> str:
    """The same for two answers that name one work."""
    authors = [author.get("name", "") for author in work.get("authors", ())[:1]]
    return str(work.get("openLibraryWorkID") or " ".join(map(search_key, (work.get("title", ""), *authors))))


def _of_dto(dto: dict[str, Any]) -> KnownEdition | None:
    """An edition as answers have it; None without an ISBN."""
    isbn = find_isbn(str(dto.get("isbn") or ""))
    if isbn is None:
        return None
    words = " ".join(str(dto[name]) for name in ("title", "subtitle", "editionTitle") if dto.get(name))
    return KnownEdition(isbn.isbn13, words, dto.get("format") or "", dto.get("publicationYear"), dto.get("pageCount"), _picture_of(dto))


def _picture_of(dto: dict[str, Any]) -> Literal["large", "medium", "thumbnail"] | None:
    url = dto.get("coverImageURL") or ""
    if not url or is_drawn(url):
        return None
    if (urlsplit(url).hostname or "").startswith("books.google."):
        return "thumbnail"  # the one size that is surely there
    return "large" if dto.get("coverUrls") else "medium"


def _siblings(isbns: Sequence[str]) -> dict[str, list[KnownEdition]]:
    """The editions of the local catalogue of each ISBN's work."""
    pairs = rows.editions_of_isbns(isbns)
    works = rows.works({work for _, work in pairs}, editions=[edition for edition, _ in pairs])
    wanted = set(isbns)
    found: dict[str, list[KnownEdition]] = {}
    for work in works:
        known = [_of_row(work, edition) for edition in work.editions if edition.isbns]
        for isbn in wanted.intersection(_isbns(work.editions)):
            found.setdefault(isbn, []).extend(known)
    return found


def _isbns(editions: Iterable[rows.EditionFacts]) -> set[str]:
    return {isbn for edition in editions for isbn in edition.isbns}


def _of_row(work: rows.WorkFacts, edition: rows.EditionFacts) -> KnownEdition:
    words = f"{edition.title or work.title} {edition.subtitle}".strip()
    year = int(edition.published[:4]) if edition.published[:4].isdigit() else None
    return KnownEdition(edition.isbns[0], words, edition.format, year, edition.page_count, "large" if edition.cover else None)
