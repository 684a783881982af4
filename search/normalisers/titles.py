"""Titles: taken apart, chosen between, compared.

Source: spec 04, "Normalising" (titles): subtitle, series in parentheses, "by X" tails, edition noise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz

from search.normalisers.names import author_similarity
from search.normalisers.text import clean_line, dominant_script, search_key

MAX_CHARS = 500
OTHER_SCRIPT_AT_MOST = 0.7
OTHER_VOLUME_AT_MOST = 0.5
_NOISE_WORDS = (
    r"paperback|hardcover|hardback|mass market|kindle|e-?book|audiobook|audio cd|large print|reprint|reissue|unabridged|abridged|"
    r"illustrated|revised|annotated|movie tie-in|anniversary|deluxe|collector'?s|first|second|third|\d+(?:st|nd|rd|th)|new|special|"
    r"international|taschenbuch|gebunden|poche|broché"
)
_NOISE = re.compile(
    rf"\s*[(\[]\s*((?:(?:{_NOISE_WORDS})[\s,]*)+(?:edition|ed\.?|version|format|ausgabe)?)\s*[)\]]", re.IGNORECASE
)
_SERIES = re.compile(
    r"\s*\(\s*([^()#]{2,120}?)\s*(?:,\s*)?(?:#\s*|,?\s*\b(?:book|bk\.?|vol(?:ume)?\.?|no\.?|part|band|tome|libro|deel)\s*#?\s*)"
    r"(\d{1,3}(?:\.\d{1,2})?)\s*\)\s*\Z",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*[:：]\s+|\s+[-–—]\s+")
_VOLUME = re.compile(
    r"\b(?:vol(?:ume)?|book|bk|part|no|number|band|teil|tome|tomo|libro|deel|том|часть|книга)\s*(\d{1,4}|[ivx]{1,6}|one|two|three|four|five|six|"
    r"seven|eight|nine|ten)\b|第?\s*(\d{1,3})\s*[巻卷冊册集권]|([上中下])\s*[巻卷册冊]?\Z"
)
_NUMBER_WORDS = {word: n for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)}
_ROMAN = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True, slots=True)
class ParsedTitle:
    """A title taken apart; series is (name, position)."""

    title: str
    subtitle: str | None = None
    series: tuple[str, float | None] | None = None
    edition_note: str | None = None


def parse_title(raw: str, subtitle: str | None = None, authors: Sequence[str] = ()) -> ParsedTitle:
    """Take a raw title apart. Never empties it: where nothing would be left, it stays whole."""
    line = clean_line(raw[: MAX_CHARS * 2])[:MAX_CHARS].strip()
    notes = [found[1].strip() for found in _NOISE.finditer(line)]
    line = _NOISE.sub("", line).strip() or line
    series_found = _SERIES.search(line)
    series = (series_found[1].strip(), float(series_found[2])) if series_found else None
    if series_found and line[: series_found.start()].strip():
        line = line[: series_found.start()].strip()
    line = _without_author(line, authors)
    title, own_subtitle = _split(line) if not subtitle else (line, None)
    sub = clean_line((subtitle or "")[:MAX_CHARS]) or own_subtitle
    return ParsedTitle(title, sub or None, series, ", ".join(notes) or None)


def _split(line: str) -> tuple[str, str | None]:
    parts = _SPLIT.split(line, maxsplit=1)
    if len(parts) == 2 and search_key(parts[0]) and search_key(parts[1]) and any(map(str.isalnum, parts[0])):
        return parts[0].strip(), parts[1].strip()
    return line, None


def _without_author(line: str, authors: Sequence[str]) -> str:
    """ "Dune by Frank Herbert" to "Dune", where that is its author; "Stand by Me" stays."""
    head, by, tail = line.rpartition(" by ")
    if by and head.strip() and any(author_similarity(tail, author) >= 0.9 for author in authors):
        return head.strip()
    return line


def better_title(one: str, other: str) -> str:
    """Of two spellings of one title: mixed case before capitals, then the longer where both say the same; the first otherwise."""
    if search_key(one) != search_key(other):
        return other if _shouted(one) and not _shouted(other) and title_similarity(one, other) >= 0.9 else one
    if _shouted(one) != _shouted(other):
        return other if _shouted(one) else one
    return other if len(other) > len(one) else one


def _shouted(title: str) -> bool:
    return title.upper() == title and title.lower() != title and sum(map(str.isalpha, title)) > 3


@lru_cache(maxsize=100_000)
def title_similarity(one: str, other: str) -> float:
    """How surely two titles are one work's, 0..1: 1 when equal, under 0.85 when one merely begins with the other."""
    scripts = dominant_script(one), dominant_script(other)
    if scripts[0] != scripts[1] and None not in scripts and not {"Kana", "Han"} >= set(scripts):
        return min(OTHER_SCRIPT_AT_MOST, _similar(search_key(anyascii(one)), search_key(anyascii(other))))
    key, other_key = search_key(one), search_key(other)
    if key == other_key:
        return 1.0
    best = _similar(key, other_key)
    for with_sub, plain in ((one, other_key), (other, key)):
        head, sub = _split(with_sub)
        if sub and search_key(head) == plain:
            best = max(best, 0.92)
    if volume_of(key) != volume_of(other_key):
        return min(best, OTHER_VOLUME_AT_MOST)
    return best


def _similar(key: str, other: str) -> float:
    if not key or not other:
        return 0.0
    ratio = fuzz.ratio(key, other) / 100
    words, others = key.split(), other.split()
    if sorted(words) == sorted(others):
        return 0.95
    short, long = sorted((words, others), key=len)
    if long[: len(short)] == short or set(short) < set(long):
        return min(max(ratio, 0.5), 0.8)  # "Dune" is not "Dune Messiah"
    return ratio


def volume_of(key: str) -> int | None:
    """The volume that a title's search key names ("vol 2", "part two", "book iv", "第3巻"); None where it names none."""
    found = _VOLUME.search(key)
    if not found:
        return None
    if found[3]:
        return "上中下".index(found[3]) + 1
    text = found[1] or found[2]
    if text.isdigit():
        return int(text)
    return _NUMBER_WORDS.get(text) or _roman(text)


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(
        -value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True)
    )
