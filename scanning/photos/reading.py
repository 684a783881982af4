"""What a spine says, read with no catalogue at hand: which of it is the title, which the author, and what to ask catalogues for. Pure.

Both orders occur, and either may be set larger; a line that looks like a person's name is the author's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanning.detections import Detection, SpineLine
from scanning.photos.given_names import GIVEN_NAMES
from scanning.photos.marks import IMPRINTS, call_number, without_prices
from scanning.photos.rarity import FILLING_WORDS
from search.normalisers.text import clean_line, folded_words

MAX_QUERY_WORDS = 14
MAX_READINGS = 6
MAX_NAME_WORDS = 4
_LEAST_NAME = 0.5
_PARTICLES = frozenset(
    {"de", "del", "della", "di", "da", "dos", "du", "la", "le", "van", "von", "der", "den", "ter", "y", "i", "e", "and", "und", "et"}
)
_ENDS_OF_NAMES = frozenset(name[cut:] for name in GIVEN_NAMES for cut in (1, 2) if len(name) - cut >= 5)
_GLUED = re.compile(r"(?<=[a-zà-þ])(?=[A-ZÀ-Þ])|(?<=[A-ZÀ-Þ]{2})(?=[a-zà-þ]{2})|(?<=[^\W\d_]{3})(?=&)|(?<=&)(?=[^\W\d_]{3})")
_INITIALS = re.compile(r"(?:[A-ZÀ-Þ]\.?-?){1,3}")
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_.'’-]*(?:[.'’-][^\W\d_]*)*")
_BREAK = re.compile(r"\s+[-–—·•|/]\s+|\s*[|•]\s*")
_CREDIT = re.compile(r"\A(?:by|von|par|por|per|di|de)\s+(?=\S+\s+\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a spine's text apart; `score` 0..1 is how much its form speaks for it. `beside` is what is neither."""

    title: str | None
    author: str | None
    score: float
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    """A stretch of the spine that belongs together."""

    text: str
    size: float


def readings(detection: Detection) -> list[Reading]:
    """Ways to read a spine, likeliest first, at most six; none of a spine without words."""
    texts, beside = _texts(detection.lines)
    found: list[Reading] = []
    if detection.title or detection.author:
        found.append(Reading(detection.title, detection.author, 0.95, beside))
    found += sorted(_ways(texts, beside), key=lambda reading: -reading.score)
    unique = {(reading.title, reading.author): reading for reading in reversed(found)}
    return list(reversed(unique.values()))[:MAX_READINGS]


def title_and_author(detection: Detection) -> tuple[str | None, str | None]:
    """The best guess, for display; None for what nothing on the spine looks like."""
    best = next(iter(readings(detection)), None)
    return (best.title, best.author) if best else (None, None)


def queries(detection: Detection) -> list[str]:
    """What to ask catalogues and providers for, best first, at most three: title and author, all words, the title alone."""
    best = next(iter(readings(detection)), None)
    if best is None:
        return []
    texts, _ = _texts(detection.lines)
    asked = [" ".join(filter(None, (best.title, best.author))), " ".join(text.text for text in texts), best.title or ""]
    unique = {" ".join(sorted(set(folded_words(text)))): _shortened(text) for text in reversed(asked) if any(map(str.isalpha, text))}
    return list(reversed(unique.values()))


def _shortened(text: str) -> str:
    return " ".join(_GLUED.sub(" ", text).split()[:MAX_QUERY_WORDS])


def _texts(lines: Sequence[SpineLine]) -> tuple[list[_Text], tuple[str, ...]]:
    """The lines without marks, each text once, the largest of equals; and the marks."""
    kept: dict[str, _Text] = {}
    beside: list[str] = []
    for line in lines:
        words = without_prices(clean_line(line.text)).split()
        marks, _ = call_number(words)
        beside += [word for place, word in enumerate(words) if place in marks]
        text = " ".join(word for place, word in enumerate(words) if place not in marks)
        for part in _BREAK.split(text):
            folded = folded_words(part)
            if not any(len(word) > 1 and not word.isdecimal() for word in folded):
                beside += [part] if part.strip() else []
            elif all(word in IMPRINTS or word.isdecimal() or len(word) < 2 for word in folded):
                beside.append(part)
            else:
                key = "".join(folded)
                kept[key] = _Text(part.strip(" /|·•–—-,;:"), max(line.size, kept[key].size if key in kept else 0.0))
    return list(kept.values()), tuple(beside)


def _ways(texts: list[_Text], beside: tuple[str, ...]) -> Iterator[Reading]:
    if not texts:
        return
    whole = " ".join(text.text for text in texts)
    yield Reading(whole, None, 0.4, beside)
    for first in range(len(texts)):
        for last in range(first + 1, min(first + 3, len(texts)) + 1):
            name = " ".join(text.text for text in texts[first:last])
            rest = texts[:first] + texts[last:]
            likely = _name_likeness(name) - 0.1 * (last - first - 1)
            if likely >= _LEAST_NAME:
                title = _title_of(rest)
                unlikely = likely <= _LEAST_NAME and len((title or "").split()) < 2  # "Escritos corsarios", "Pasolini"
                yield Reading(title, _tidy_name(name), likely - 0.4 if unlikely or not title else likely, beside)
    if len(texts) == 1 or not any(_name_likeness(text.text) >= _LEAST_NAME for text in texts):
        yield from _within(texts, beside)


def _title_of(rest: Sequence[_Text]) -> str | None:
    """The larger half of what is left in its order; small print beside it is a subtitle, a series or a praise."""
    if not rest:
        return None
    largest = max(text.size for text in rest)
    return " ".join(text.text for text in rest if text.size >= 0.5 * largest)


def _within(texts: list[_Text], beside: tuple[str, ...]) -> Iterator[Reading]:
    """A line that holds both: a name at its beginning or its end."""
    for at, text in enumerate(texts):
        words = text.text.split()
        others = [other.text for place, other in enumerate(texts) if place != at]
        for count in range(2, min(MAX_NAME_WORDS, len(words) - 1) + 1):
            for name, title in ((words[:count], words[count:]), (words[-count:], words[:-count])):
                likely = _name_likeness(" ".join(name)) - 0.05 - (0.1 if _cased(name) == _cased(title) else 0.0) - 0.02 * count
                if likely >= _LEAST_NAME:
                    yield Reading(" ".join([*title, *others]), _tidy_name(" ".join(name)), likely, beside)


def _cased(words: Sequence[str]) -> bool:
    return "".join(words).isupper()


def _name_likeness(text: str) -> float:
    """How much a text looks like a person's name, 0..1."""
    bare = _CREDIT.sub("", text.strip(" ,;:"))
    words = _GLUED.sub(" ", bare).replace("&", " and ").split()
    folded = [word for word in folded_words(" ".join(words)) if word]
    if not folded or any(map(str.isdigit, bare)):
        return 0.0
    if len(folded) == 1:
        return _glued_name(folded[0])
    if len(words) > 2 * MAX_NAME_WORDS or not all(_NAME_WORD.fullmatch(word.strip(",")) for word in words):
        return 0.0
    begins = _is_given(folded[0])
    if any(word in FILLING_WORDS and word not in _PARTICLES and len(word) > 1 for word in folded[1 if begins else 0 :]):
        return 0.1
    if folded[0] in _PARTICLES and not begins:
        return 0.2
    joined = "and" in folded or len(words) > MAX_NAME_WORDS
    initials = any(_INITIALS.fullmatch(word) and "." in word for word in words[:-1])
    given = begins or (initials and len(words[-1]) > 2)
    likely = 0.85 if given else 0.75 if any(word in GIVEN_NAMES for word in folded[1:-1]) else 0.5 if len(words) in (2, 3) else 0.2
    if not all(word[0].isupper() or word.lower() in _PARTICLES for word in words):
        likely -= 0.3
    return likely - (0.1 if joined and not given else 0.0)


def _is_given(word: str) -> bool:
    """A given name, or one whose first letters were not read: "ephen"."""
    return word in GIVEN_NAMES or word in _ENDS_OF_NAMES


def _glued_name(word: str) -> float:
    """ "virginiawoolf" is a name that lost its space; one word alone may be anything."""
    longest = max((end for end in range(4, len(word) - 2) if word[:end] in GIVEN_NAMES), default=0)
    return 0.7 if longest else 0.3


def _tidy_name(text: str) -> str:
    return _CREDIT.sub("", text.strip(" ,;:"))
