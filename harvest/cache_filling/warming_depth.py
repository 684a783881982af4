"""What an answer leads to: the editions of its works and who wrote them; nobody is asked for that."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from harvest.cache_filling.warming_lists import AUTHOR, BOOK, ISBN, Thing
from search.identifiers import find_isbn

EDITIONS, AUTHORS = 2, 3  # depths from which they are warmed too
MOST_ISBNS = 1_000  # of one thing
MOST_AUTHORS = 50


@dataclass(frozen=True, slots=True)
class Further:
    """ISBN-13s and names, each once."""

    isbns: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def further(data: dict[str, Any], thing: Thing, depth: int) -> Further:
    """What the answer to a thing of the list leads to at this depth: of an author all works, of a book the one that was meant."""
    if thing[0] not in (AUTHOR, BOOK, ISBN) or depth < EDITIONS or not data.get("works"):
        return Further()
    works, editions = data["works"], data["editions"]
    if thing[0] != AUTHOR:
        works, editions = works[:1], editions[:1]
        if works[0]["match"]["level"] == "guess":
            return Further()
    # the edition that stands for each work before the second of any
    rows = [[*edition.get("isbns", ()), *work.get("isbn", ())] for work, edition in zip(works, editions, strict=True)]
    isbns = dict.fromkeys(found.isbn13 for text in _in_turns(rows) if (found := find_isbn(text)))
    isbns.pop(thing[1], None)
    names: dict[str, str] = {}
    for name in (author["name"] for work in works for author in work["authors"] if depth >= AUTHORS):
        names.setdefault(name.casefold(), name)
    names.pop(thing[1].casefold(), None)
    return Further(tuple(isbns)[:MOST_ISBNS], tuple(name for name in names.values() if _can_be_asked(name))[:MOST_AUTHORS])


def _in_turns(rows: Iterable[list[str]]) -> Iterable[str]:
    return (text for turn in zip_longest(*rows) for text in turn if text)


def _can_be_asked(name: str) -> bool:
    return 2 <= len(name) <= 500 and any(map(str.isalnum, name))
