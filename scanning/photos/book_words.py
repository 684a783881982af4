"""The words of a book as they are looked for on spines. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from scanning.photos.candidate import Candidate
from scanning.photos.marks import IMPRINTS
from scanning.photos.spine_text import as_seen
from search.normalisers.text import folded_words, search_key
from search.normalisers.titles import ParsedTitle, parse_title
from search.normalisers.volumes import numbers_of, volume_of

Word = tuple[str, str]  # as it is seen, and folded
_ADDED = re.compile(r"[(\[:：]|\s[-–—]\s")  # what begins a series, a note or a subtitle
_PLACE = re.compile(r"(\d{1,4})(?:\.\d+)?\D*\Z")


@dataclass(frozen=True, slots=True)
class BookWords:
    """What of a book may stand on its spine."""

    title: tuple[Word, ...]  # without subtitle and series, which few spines show
    subtitle: tuple[Word, ...]
    authors: tuple[tuple[Word, ...], ...]
    initials: tuple[tuple[str, ...], ...]  # of each author
    beside: tuple[Word, ...]  # of series and publishers
    numbers: frozenset[str]  # in the title, Roman ones among them
    volumes: frozenset[str]  # those that may be a volume's: short, and not the title's beginning ("100 Recipes")
    of_subtitle: str | None  # the volume that the subtitle names
    place: str | None  # in the series
    names: tuple[str, ...]  # every word of the authors, as call numbers begin them
    heading: tuple[str, ...]  # the same of the title


def _words(text: str) -> tuple[Word, ...]:
    return tuple((as_seen(word), word) for word in folded_words(text))


@lru_cache(maxsize=4_096)
def book_words(book: Candidate) -> BookWords:
    """The words of a candidate."""
    parsed = main_title(book.title, book.subtitle)
    series = book.series or (f"{parsed.series[0]} {parsed.series[1] or ''}" if parsed.series else "")
    title, key = _words(parsed.title), search_key(parsed.title)
    tail = key if key.isdecimal() else key.lstrip("0123456789 ")
    every = [each for each in map(_words, book.authors) if any(len(word) > 1 for _, word in each)]
    place = _PLACE.search(series)
    beside = [word for text in (series, *book.publishers) for word in _words(text)]
    volume = volume_of(search_key(parsed.subtitle or ""))
    return BookWords(
        title, _words(parsed.subtitle or ""), tuple(tuple(word for word in each if len(word[1]) > 1) for each in every),
        tuple(tuple(seen for seen, word in each if len(word) == 1) for each in every),
        tuple(word for word in dict.fromkeys(beside) if not word[1].isdecimal() and word[1] not in IMPRINTS and len(word[1]) > 2),
        frozenset(map(str, numbers_of(key))),
        frozenset(str(number) for number in numbers_of(tail) if number < 100) | (frozenset() if volume is None else {str(volume)}),
        None if volume is None else str(volume),
        str(int(place[1])) if place else None,
        tuple(word for each in every for _, word in each if len(word) > 1), tuple(word for _, word in title[:3]),
    )  # fmt: skip


@lru_cache(maxsize=4_096)
def main_title(title: str, subtitle: str = "") -> ParsedTitle:
    """A title without what catalogues add: "Thud! (Discworld, #34)", "Rubicon: The Last Years of the Roman Republic"."""
    if _ADDED.search(title) is None:
        return ParsedTitle(title, subtitle or None)
    return parse_title(title, subtitle or None)
