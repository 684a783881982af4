"""The text of one spine made ready for comparing: words, and every letter's place, so that what a book explains can be counted. Pure."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from scanning.detections import Detection
from scanning.photos.marks import IMPRINTS, call_number, without_prices
from scanning.photos.rarity import FILLING_WORDS
from search.normalisers.text import folded_words, search_key
from search.normalisers.volumes import numbers_of, volume_of

_ALIKE = str.maketrans({"1": "l", "i": "l", "j": "l", "0": "o", "q": "o", "5": "s", "8": "b", "6": "b", "2": "z"})
_GLUED = re.compile(r"(?<=[a-zà-þ])(?=[A-ZÀ-Þ])")  # "NellaLarsen"
_ROMAN = re.compile(r"I{2,3}|IV|VI{0,3}|IX|XI{0,3}|XIV|XV")
LEAST_LETTERS = 4  # a shorter word has to stand there as it is
LEAST_WITHIN = 5  # letters of a word that may stand within others
WITHIN = 0.85  # how good a word within another is
Found = tuple[float, int]  # how well a word stands there, 0..1; and which letters, as bits
NOWHERE: Found = (0.0, 0)


@lru_cache(maxsize=50_000)
def as_seen(word: str) -> str:
    """A folded word as a reader of letters may take it: signs that look alike are one."""
    if word.isdecimal():
        return word
    return word.translate(_ALIKE).replace("rn", "m").replace("vv", "w").replace("cl", "d")


@lru_cache(maxsize=20_000)
def seen_words(text: str) -> tuple[str, ...]:
    """The words of a title or a name, in the form in which they are looked for."""
    return tuple(map(as_seen, folded_words(text)))


@dataclass(slots=True)
class SpineText:
    """What was read off one spine. Bits of masks are letters of `letters`, which has no spaces."""

    words: list[str]
    spans: list[int]  # the mask of each word
    letters: str
    lines: list[int]  # the mask of each line
    line_of: list[int]  # the line of each word
    filling: int  # letters of words that fill titles
    telling: int  # letters that should be of a title or an author: no call number, no imprint, no stray sign
    beginnings: tuple[str, ...]  # of names, in call numbers
    numbers: frozenset[str]  # that may be a volume's, Roman ones among them
    romans: frozenset[str]  # these alone, but for "I"; and "2" behind "vol"
    places: dict[str, int] = field(default_factory=dict)
    known: dict[str, Found] = field(default_factory=dict)

    def find(self, word: str) -> Found:
        """Where a word stands, faults of reading allowed."""
        found = self.known.get(word)
        if found is None:
            found = self.known[word] = self._look(word)
        return found

    def _look(self, word: str) -> Found:
        if mask := self.places.get(word):
            return 1.0, mask
        length = len(word)
        if length < LEAST_LETTERS or word.isdecimal():
            return NOWHERE
        cutoff = 74 if length < 6 else 66
        best = process.extractOne(word, self.words, scorer=fuzz.ratio, score_cutoff=cutoff)
        quality, mask = (_worth(word, best[0], best[1] / 100), self.spans[best[2]]) if best else NOWHERE
        if length >= LEAST_WITHIN and quality < WITHIN:
            within = self._within(word)
            if within[0] > quality:
                return within
        return quality, mask

    def _within(self, word: str) -> Found:
        """In letters that were glued together, or apart."""
        at = self.letters.find(word)
        if at >= 0:
            return WITHIN, ((1 << len(word)) - 1) << at
        if len(word) <= LEAST_WITHIN or len(self.letters) <= len(word):
            return NOWHERE
        alignment = fuzz.partial_ratio_alignment(word, self.letters, score_cutoff=80)
        if alignment is None:
            return NOWHERE
        start, end = alignment.dest_start, alignment.dest_end
        return WITHIN * alignment.score / 100, ((1 << (end - start)) - 1) << start


def _worth(word: str, read: str, ratio: float) -> float:
    """An end that was cut off says nothing against a word; another letter within may make another word of it."""
    return ratio if word.endswith(read) or word.startswith(read) else ratio * ratio


@lru_cache(maxsize=512)
def spine_text(detection: Detection) -> SpineText:
    """The text of a detection; what an engine that understands gave as title and author counts as read."""
    texts = [line.text for line in detection.lines]
    understood = [text for text in (detection.title, detection.author) if text]
    return of_texts(tuple(understood + texts if not texts else texts + _not_in(understood, texts)))


def _not_in(understood: list[str], texts: list[str]) -> list[str]:
    have = set(folded_words(" ".join(texts)))
    return [text for text in understood if not set(folded_words(text)) <= have]


def of_texts(texts: tuple[str, ...]) -> SpineText:
    """The same of bare texts, in reading order."""
    placed = [(piece, line) for line, text in enumerate(texts) for piece in without_prices(text).split()]
    raw = [piece for piece, _ in placed]
    marks, beginnings = call_number(raw)
    words: list[str] = []
    spans: list[int] = []
    lines, line_of = [0] * len(texts), []
    places: dict[str, int] = {}
    numbers: set[str] = set()
    telling = filling = at = 0
    for place, (piece, line) in enumerate(placed):
        if place in marks and piece.lower() in beginnings:
            continue  # "179 Bla" is no book called so
        for part in folded_words(_GLUED.sub(" ", piece)):
            word = as_seen(part)
            mask = ((1 << len(word)) - 1) << at
            at += len(word)
            words.append(word)
            spans.append(mask)
            line_of.append(line)
            lines[line] |= mask
            filling |= mask if part in FILLING_WORDS or len(part) < 3 else 0
            places[word] = places.get(word, 0) | mask
            if place in marks:
                continue
            if word.isdecimal():
                numbers.add(str(int(word)))
            elif len(word) > 2 and part not in IMPRINTS:
                telling |= mask
    romans = _volumes(raw)
    begun = tuple(dict.fromkeys("".join(folded_words(part)) for part in beginnings))
    return SpineText(words, spans, "".join(words), lines, line_of, filling, telling, begun, frozenset(numbers) | romans, romans, places)


def _volumes(raw: list[str]) -> frozenset[str]:
    """Numbers that are surely a volume's: "III", "vol. 2"."""
    key = search_key(" ".join(raw))
    romans = {str(numbers_of(f"x {piece.lower()}")[0]) for piece in raw if _ROMAN.fullmatch(piece)}
    volume = volume_of(key)
    return frozenset(romans | ({str(volume)} if volume is not None else set()))
