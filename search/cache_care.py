"""The cache as the back office looks after it: what is asked for, what is worth filling, archiving and deleting. Part of the services.

Raises: DatabaseError, where it is said StorageAway.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from bookstrack.lib.db import in_db
from search import archiving, conf, entry_rows, expiring, own_covers, wanted_covers
from search.archiving import ArchivePart, ArchiveRule, Moves
from search.cache import key_of
from search.catalogue import answering
from search.held import cache, cold_tier
from search.provider import Kind, Question
from search.wanted_covers import KnownEdition


async def popular_keys(limit: int) -> list[entry_rows.Kept]:
    """The most asked keys of the last month that the cache has no more, or not for long: each with the question that fills it."""
    return await entry_rows.popular(cache, limit)


async def expiring_keys(days: float, limit: int) -> list[entry_rows.Kept]:
    """Keys that were asked for and expire within so many days: each with the question that fills it."""
    return await entry_rows.expiring(days, limit)


async def asked_without_cover(limit: int) -> list[str]:
    """ISBN-13s that are asked for often and whose answer has no real cover, the most asked first."""
    return await wanted_covers.asked_without_cover(limit)


async def popular_editions(works: int) -> list[list[KnownEdition]]:
    """The known editions of so many works that are asked for most, a list for each work, the most asked first."""
    return await wanted_covers.popular_editions(works)


async def cached_data(key: str) -> dict[str, Any] | None:
    """What is cached under a key, or None. It is only looked at: a cold entry stays cold."""
    found = await cache.find(key, bring_back=False)
    if found is None:
        return None
    data: dict[str, Any] = orjson.loads(found[0].data)
    return data


async def cover_changed(isbn13: str) -> None:
    """The cover of ours came, was replaced or withdrawn: what is cached of its ISBN shows so, without a call."""
    await own_covers.changed(cache, isbn13)


async def works_known(isbns: Sequence[str]) -> dict[str, str]:
    """A name of the work of each ISBN-13 whose answer is cached; the same for editions of one work."""
    return await own_covers.works_known(cache, isbns)


async def title_and_author(isbn13: str) -> tuple[str, str]:
    """What a book is called and by whom, as far as the cache or the local catalogue knows; empty texts where they do not."""
    data = await cached_data(key_of(Question(Kind.ISBN, isbns=(isbn13,))))
    if data is not None and data["works"]:
        work = data["works"][0]
        return work["title"], ", ".join(author["name"] for author in work["authors"])
    if conf.with_catalogue():
        found = await answering.ask(Question(Kind.ISBN, isbns=(isbn13,), limit=1))
        for record in found.page.records[:1]:
            return record.edition.title or record.title, ", ".join(author.name for author in record.authors)
    return "", ""


async def expire(keys: list[str]) -> None:
    """Drop cached answers from all tiers."""
    await cache.forget_many(keys)


async def archive_parts(rule: ArchiveRule) -> list[ArchivePart]:
    """The rows that are due to be archived, cut into parts; the same for a long while, whatever becomes of single rows."""
    return await in_db(archiving.parts, rule)


async def archive_outlook(rule: ArchiveRule) -> dict[str, int]:
    """What archiving all parts would do, numbers of entries: moved, asked_for, younger. Nothing is changed."""
    return await in_db(archiving.outlook, rule)


async def archive(part: ArchivePart, rule: ArchiveRule) -> Moves:
    """Move the entries of a part that nobody asks for into the archive; done again it goes on. Raises: StoresAway, DatabaseError."""
    return await archiving.move(cache, part, rule)


async def overdue_entries() -> dict[str, int]:
    """What of the cache's rows and files is over, numbers: entries, coldEntries, leftFiles."""
    return await in_db(expiring.overdue)


async def delete_overdue(what: str) -> int:
    """Delete some hundred of what `overdue_entries` counts; how many, 0 when none is left. Raises: StorageAway, DatabaseError."""
    if what == "entries":
        return await expiring.delete_entries()
    delete = {"coldEntries": expiring.delete_cold, "leftFiles": expiring.delete_left_files}[what]
    return await delete(cold_tier)
