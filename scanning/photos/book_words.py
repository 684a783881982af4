"""The words of a book as they are looked for on spines. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from scanning.photos.candidate import Candidate
from scanning.photos.marks import IMPRINTS
from scanning.photos.spine_text import as_seen
from search.normalisers.text import folded_words, search_key
from search.normalisers.volumes import numbers_of

Word = tuple[str, str]  # as it is seen, and folded
_LAST_NUMBER = re.compile(r"(\d{1,4})\D*\Z")


@dataclass(frozen=True, slots=True)
class BookWords:
    """What of a book may stand on its spine."""

    title: tuple[Word, ...]
    subtitle: tuple[Word, ...]
    authors: tuple[tuple[Word, ...], ...]
    beside: tuple[Word, ...]  # of series and publishers
    numbers: frozenset[str]  # in the title, Roman ones among them
    volumes: frozenset[str]  # those that may be a volume's: short, and not the title's beginning ("100 Recipes")
    place: str | None  # in the series
    names: tuple[str, ...]  # every word of the authors, as call numbers begin them
    heading: tuple[str, ...]  # the same of the title


def _words(text: str) -> tuple[Word, ...]:
    return tuple((as_seen(word), word) for word in folded_words(text))


@lru_cache(maxsize=4_096)
def book_words(book: Candidate) -> BookWords:
    """The words of a candidate."""
    title, key = _words(book.title), search_key(book.title)
    tail = key if key.isdecimal() else key.lstrip("0123456789 ")
    authors = tuple(tuple(word for word in _words(name) if len(word[1]) > 1) for name in book.authors)
    place = _LAST_NUMBER.search(book.series)
    beside = [word for text in (book.series, *book.publishers) for word in _words(text)]
    return BookWords(
        title, _words(book.subtitle), tuple(filter(None, authors)),
        tuple(word for word in dict.fromkeys(beside) if not word[1].isdecimal() and word[1] not in IMPRINTS and len(word[1]) > 2),
        frozenset(map(str, numbers_of(key))), frozenset(str(number) for number in numbers_of(tail) if number < 100),
        str(int(place[1])) if place else None,
        tuple(word for name in authors for _, word in name), tuple(word for _, word in title[:3]),
    )  # fmt: skip
