"""Whose covers a harvest seeks that is told no books. Source: spec 06, "Cover harvest".

In this order: what is asked for often and has no cover; what staff listed; the best editions of works that are asked for often; what
clients imported within the day for which results are kept. Each book once, without those that are not due.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bookstrack.lib import clock
from harvest import conf
from harvest.cover_search.edition_score import Traits, edition_score
from harvest.cover_store import covers
from scanning import services as scanning
from search import services as search
from search.identifiers import find_isbn

log = structlog.get_logger(__name__)
EDITIONS_OF_A_WORK = 3
MAX_FILE_BYTES = 2**20
ORIGINS = ("asked", "curated", "popular", "imported")


@dataclass(frozen=True, slots=True)
class Candidates:
    """ISBN-13s in the order in which they are sought, and how many of them by origin."""

    isbns: list[str]
    origins: dict[str, int]


async def candidates(limit: int) -> Candidates:
    """At most so many books whose covers are due."""
    wanted = 2 * limit  # of each origin: some are not due
    lists = {
        "asked": await search.asked_without_cover(wanted),
        "curated": await asyncio.to_thread(curated, conf.harvest_curated()),
        "popular": best_editions(await search.popular_editions(-(-wanted // EDITIONS_OF_A_WORK)), clock.now().year),
        "imported": await scanning.imported_isbns(wanted),
    }
    origins = first_origins(lists)
    isbns = (await covers.due(list(origins)))[:limit]
    return Candidates(isbns, {origin: sum(origins[isbn] == origin for isbn in isbns) for origin in ORIGINS})


def first_origins(lists: dict[str, list[str]]) -> dict[str, str]:
    """Each book once, in the order of the lists, with the list that named it first."""
    found: dict[str, str] = {}
    for origin, isbns in lists.items():
        for isbn in isbns:
            found.setdefault(isbn, origin)
    return found


def best_editions(works: Iterable[Sequence[search.KnownEdition]], this_year: int) -> list[str]:
    """The editions of each work that score highest, work by work; of two that score alike the first."""

    def score(edition: search.KnownEdition) -> int:
        traits = Traits(edition.picture, edition.words, edition.format, edition.year, edition.pages)
        return edition_score(traits, this_year)

    return [edition.isbn for work in works for edition in sorted(work, key=score, reverse=True)[:EDITIONS_OF_A_WORK]]


def curated(name: str) -> list[str]:
    """The ISBN-13s of a file, one a line; none where there is no file. Lines that hold none are told in the log."""
    if not name:
        return []
    try:
        with Path(name).open("rb") as file:
            text = file.read(MAX_FILE_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        log.error("the list of wanted covers cannot be read", setting="HARVEST_CURATED", error=type(error).__name__)
        return []
    lines = [line for line in (line.partition("#")[0].strip() for line in text.splitlines()) if line]
    found = [isbn.isbn13 for line in lines if (isbn := find_isbn(line))]
    if len(found) < len(lines):
        log.warning("lines of the list of wanted covers hold no ISBN", setting="HARVEST_CURATED", lines=len(lines) - len(found))
    return found
