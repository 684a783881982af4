"""Titles: taken apart, chosen between, compared.

Source: spec 04, "Normalising" (titles): subtitle, series in parentheses, "by X" tails, edition noise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from search.normalisers.names import author_similarity
from search.normalisers.text import clean_line, dominant_script, search_key
from search.normalisers.volumes import numbers_of, volume_of, with_plain_numbers

MAX_CHARS = 500
SAME_BUT_FOR_SUBTITLE = 0.92
OTHER_WORDS_AT_MOST = 0.8
OTHER_SCRIPT_AT_MOST = 0.7
OTHER_VOLUME_AT_MOST = 0.5
_NOISE_WORDS = (
    r"paperback|hardcover|hardback|mass market|kindle|e-?book|audiobook|audio cd|large print|reprint|reissue|"
    r"unabridged|abridged|illustrated|revised|annotated|movie tie-in|anniversary|deluxe|collector'?s|first|second|"
    r"third|\d{1,3}(?:st|nd|rd|th)|new|special|international|taschenbuch|gebunden|poche|broché"
)
_NOISE = re.compile(
    rf"\s*[(\[]\s*((?:(?:{_NOISE_WORDS})[\s,]*)+(?:edition|ed\.?|version|format|ausgabe)?)\s*[)\]]", re.IGNORECASE
)
_SERIES = re.compile(  # (Dune, #1), (Dune Chronicles Book 1), (Wool, #1; Silo, #1), (Dune, #1-3)
    r"\s*\(\s*(?P<name>[^()#;]{2,120}?)[\s,]*"
    r"(?:#\s*|\b(?:book|bk\.?|vol(?:ume)?\.?|no\.?|part|band|bd\.?|tome|libro|deel)\s*#?\s*)"
    r"(?P<position>\d{1,3}(?:\.\d{1,2})?)(?P<range>\s*[-–]\s*\d{1,3}(?:\.\d{1,2})?)?"
    r"(?:\s*[;,][^()#]{1,120}#\s*\d[^()]{0,80})?\s*\)\s*\Z",
    re.IGNORECASE,
)
_VOLUME_OF = re.compile(
    r"(?P<name>[^:]{2,120}?),?\s+vol(?:ume\b|\.)\s*(?P<position>\d{1,3})\b(?=\s*(?:\Z|[:–-]))", re.IGNORECASE
)
_ARTICLE_LAST = re.compile(
    r"(?P<title>[^,].*),\s+(?P<article>the|an?|der|die|das|eine?|les?|la|l'|el|los|las|una?|il|lo|gli|i|os?|as|uma?|de|het|een)\s*",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s*[:：]\s+|\s+[-–—]\s+")
_FIRST_UNSPACED = "\u0e00"  # from Thai on a sign may be a word
# a subtitle that makes another book of it
_OTHER_BOOK = re.compile(
    r"\b(?:graphic novel|manga|screenplay|\Aplay|companion|(?:study|official|illustrated|readers) (?:\w+ )?guide|"
    r"workbook|summary|analysis|sparknotes|cliffsnotes|box(?:ed)? set|colou?ring book|parody)\b"
)
_AND = frozenset({"and", "und", "et", "y", "e", "og", "och"})


@dataclass(frozen=True, slots=True)
class ParsedTitle:
    """A title taken apart; series is (name, position), the position None where it is not one number."""

    title: str
    subtitle: str | None = None
    series: tuple[str, float | None] | None = None
    edition_note: str | None = None


def parse_title(raw: str, subtitle: str | None = None, authors: Sequence[str] = ()) -> ParsedTitle:
    """Take a raw title apart. Never empties it: where nothing would be left, it stays whole.

    `Vol. 3` stays in the title, since it tells one book from the next. A subtitle given is not looked for again.
    """
    line = clean_line(raw[: MAX_CHARS * 2])[:MAX_CHARS].strip()
    notes = [found[1].strip(" ,") for found in _NOISE.finditer(line)]
    line, series = _without_series(_NOISE.sub("", line).strip() or line)
    line = _without_author(line, authors)
    title, own_subtitle = _split(line)
    given = clean_line((subtitle or "")[:MAX_CHARS])
    if given and search_key(given) != search_key(own_subtitle or ""):
        title, own_subtitle = line, given
    return ParsedTitle(title, given or own_subtitle or None, series, ", ".join(notes) or None)


def article_first(title: str) -> str:
    """ "Hobbit, The" as "The Hobbit"."""
    found = _ARTICLE_LAST.fullmatch(title)
    return f"{found['article']} {found['title']}" if found else title


def says_other_book(subtitle: str) -> bool:
    """Whether a subtitle makes another book of a title: "The Graphic Novel", "A Study Guide"."""
    return _OTHER_BOOK.search(search_key(subtitle)) is not None


def _without_series(line: str) -> tuple[str, tuple[str, float | None] | None]:
    found = _SERIES.search(line)
    if not found:
        volume = _VOLUME_OF.match(line)
        return line, (volume["name"].strip(), float(volume["position"])) if volume else None
    series = found["name"].strip(" ,"), None if found["range"] else float(found["position"])
    return line[: found.start()].strip() or line, series


def _split(line: str) -> tuple[str, str | None]:
    """Title and subtitle at the first `: ` or ` - ` that stands outside of brackets."""
    for found in _SPLIT.finditer(line):
        head, tail = line[: found.start()].strip(), line[found.end() :].strip()
        balanced = head.count("(") <= head.count(")") and head.count("[") <= head.count("]")
        if balanced and (len(search_key(head)) > 1 or not head.isascii()):  # "Y: The Last Man" is whole
            worded = any(map(str.isalnum, head)) and any(map(str.isalpha, tail))
            return (head, tail) if worded else (line, None)
    return line, None


def _without_author(line: str, authors: Sequence[str]) -> str:
    """ "Dune by Frank Herbert" to "Dune", where that is its author; "Stand by Me" stays."""
    head, by, tail = line.rpartition(" by ")
    if by and head.strip() and any(author_similarity(tail, author) >= 0.9 for author in authors):
        return head.strip()
    return line


def better_title(one: str, other: str) -> str:
    """Of two spellings of one title: mixed case before one case, then the longer; of two different titles the first."""
    if search_key(one) != search_key(other):
        return other if _shouted(one) and not _shouted(other) and title_similarity(one, other) >= 0.9 else one
    for worse in (_shouted, str.islower):
        if worse(one) != worse(other):
            return other if worse(one) else one
    return other if len(other) > len(one) else one


def _shouted(title: str) -> bool:
    return title.isupper() and title.lower() != title and sum(map(str.isalpha, title)) > 3


@lru_cache(maxsize=5_000)
def title_similarity(one: str, other: str) -> float:
    """How surely two titles are one work's, 0..1: 1 when equal, under 0.85 when one merely begins with the other."""
    one, other = one[:MAX_CHARS], other[:MAX_CHARS]
    scripts = dominant_script(one), dominant_script(other)
    if scripts[0] != scripts[1] and None not in scripts and not {"Kana", "Han"} >= set(scripts):
        return min(OTHER_SCRIPT_AT_MOST, _similar(search_key(anyascii(one)), search_key(anyascii(other))))
    key, other_key = search_key(one), search_key(other)
    if not key or not other_key:
        return 0.0
    if key == other_key:
        return 1.0
    if "&" in one or "&" in other:
        key, other_key = _without_and(key), _without_and(other_key)
    best = _similar(key, other_key)
    if _is_head(one, other_key) or _is_head(other, key):
        best = max(best, SAME_BUT_FOR_SUBTITLE)
    return min(best, OTHER_VOLUME_AT_MOST) if _other_number(key, other_key) else best


def _is_head(title: str, key: str) -> bool:
    """Whether a title is the one of the key but for a subtitle or what stands in brackets at its end."""
    head, subtitle = _split(title)
    bare, series = _without_series(title)
    if subtitle and search_key(head) == key:
        return not says_other_book(subtitle)
    return series is not None and search_key(bare) == key


def _without_and(key: str) -> str:
    return " ".join(word for word in key.split() if word not in _AND) or key


def _other_number(key: str, other: str) -> bool:
    """Whether two titles name different volumes, or both have numbers and not the same ones."""
    numbers, other_numbers = numbers_of(key), numbers_of(other)
    if numbers and other_numbers:
        return numbers != other_numbers
    return volume_of(key) != volume_of(other)


def _similar(key: str, other: str) -> float:
    if not key or not other:
        return 0.0
    key, other = with_plain_numbers(key), with_plain_numbers(other)
    words, others = key.split(), other.split()
    if "".join(words) == "".join(others):
        return 0.97
    if len(words) > 3 and sorted(words) == sorted(others):
        return 0.95
    ratio = fuzz.ratio(key, other) / 100
    if len(words) == len(others) and all(map(_spelt_alike, words, others)):
        return ratio
    short, long = sorted((words, others), key=len)
    if long[: len(short)] == short or set(short) < set(long):
        ratio = max(ratio, 0.5)
    return min(ratio, OTHER_WORDS_AT_MOST)  # "Dune" is not "Dune Messiah", nor "Little Men" "Little Women"


def _spelt_alike(word: str, other: str) -> bool:
    """Whether two words are one but for its spelling: "colour", "color"; not "prince", "princess", nor a plural."""
    if word == other:
        return True
    shorter, longer = sorted((word, other), key=len)
    if longer == shorter + "s" or max(longer) >= _FIRST_UNSPACED:
        return False
    allowed = 1 if len(shorter) < 9 else 2
    return len(shorter) >= 5 and OSA.distance(shorter, longer, score_cutoff=allowed) <= allowed
