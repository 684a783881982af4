"""A list of titles held in memory and asked for what a spine may be: by rare words that they share, faults of reading allowed. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz

from scanning.photos.candidate import Candidate
from scanning.photos.spine_text import SpineText, seen_words
from search.normalisers.names import author_name
from search.normalisers.text import clean_line
from search.normalisers.titles import parse_title

AT_MOST = 20
_NEIGHBOURS = 6  # words of the titles that a word read may be
_ALIKE = 65  # of 100
_COMMON = 4_000  # works with a word from which it is not followed
_ISBD = " : "  # a catalogue's mark before a subtitle


def candidate(number: int, row: Mapping[str, str]) -> Candidate | None:
    """A row with title, author, series and isbn as a candidate; None where it has no title."""
    title, _, subtitle = clean_line(row["title"]).partition(_ISBD)
    if not any(map(str.isalnum, title)):
        return None
    parsed = parse_title(title, subtitle.strip() or None)
    author = author_name(row.get("author") or "")
    isbn = clean_line(row.get("isbn") or "")
    return Candidate(
        str(number), parsed.title, parsed.subtitle or "", (author,) if author else (), clean_line(row.get("series") or ""),
        isbns=(isbn,) if isbn else (),
    )  # fmt: skip


class Titles:
    """Works by the words of their titles and authors."""

    def __init__(self, works: Iterable[Candidate]) -> None:
        self.works = list(works)
        self._with: dict[str, list[int]] = defaultdict(list)
        for number, work in enumerate(self.works):
            for word in {word for text in (work.title, work.subtitle, *work.authors) for word in seen_words(text)}:
                self._with[word].append(number)
        self._parts: dict[str, list[str]] = defaultdict(list)
        for word in self._with:
            for part in _parts(word):
                self._parts[part].append(word)
        self._likes: dict[str, list[tuple[str, float]]] = {}
        self._most = math.log2(max(2, len(self.works)))

    def rarity(self, word: str) -> float:
        """0 for a word of every work, 1 for one of a single work or of none; `word` as it is seen on spines."""
        return 1 - math.log2(max(1, len(self._with.get(word, ())))) / self._most

    def like(self, spine: SpineText, at_most: int = AT_MOST) -> list[Candidate]:
        """What the spine may be, best first."""
        scores: dict[int, float] = defaultdict(float)
        for word in set(spine.words):
            best: dict[int, float] = {}
            for known, alike in self._alike(word):
                weight = alike * self.rarity(known)
                for number in self._with[known]:
                    best[number] = max(best.get(number, 0.0), weight)
            for number, weight in best.items():
                scores[number] += weight
        # of equals the shorter: more of it was read
        order = sorted(scores, key=lambda number: (0.02 * len(self.works[number].title.split()) - scores[number], number))
        return [self.works[number] for number in order[:at_most]]

    def _alike(self, word: str) -> list[tuple[str, float]]:
        found = self._likes.get(word)
        if found is None:
            found = self._likes[word] = self._near(word)
        return found

    def _near(self, word: str) -> list[tuple[str, float]]:
        exact = [(word, 1.0)] if 0 < len(self._with.get(word, ())) <= _COMMON else []
        if len(word) < 4 or word.isdecimal():
            return exact if len(word) > 1 else []
        shared = Counter(known for part in _parts(word) for known in self._parts.get(part, ()))
        near = [(known, fuzz.ratio(word, known)) for known, _ in shared.most_common(60) if known != word]
        glued = [(known, 85.0) for known, _ in shared.most_common(200) if len(known) >= 5 and len(known) < len(word) and known in word]
        likes = sorted({known: alike for known, alike in [*near, *glued] if alike >= _ALIKE}.items(), key=lambda item: -item[1])
        return exact + [(known, (alike / 100) ** 2) for known, alike in likes[:_NEIGHBOURS] if len(self._with[known]) <= _COMMON]


def _parts(word: str) -> set[str]:
    """Three letters in a row, its ends apart."""
    whole = f"^{word}$"
    return {whole[at : at + 3] for at in range(max(1, len(whole) - 2))}
