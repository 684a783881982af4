"""The words of all titles and names: how common each is, which are spelt nearly like one, and which ones a glued one is made of.

Reads the counts that a load leaves (title_index.rebuild), many words at a time; the same on every database.
"""

import math
from collections.abc import Iterable

from django.db import connection
from rapidfuzz import process
from rapidfuzz.distance import OSA

TABLES = ("search_title_words", "search_author_words")
AT_ONCE = 5_000  # words in one query
NEAR_POOL = 2_000  # words looked at of each table and end for one word that is nowhere
LONG = 8  # letters: from here on a word may have two faults
SHORTEST_NEAR = 5  # letters of what is compared by its end, as the indexes have it
GLUED_AT_MOST = 40  # letters of what may be several words
PIECE_LENGTHS = range(3, 17)
SHORT_PIECES = frozenset(
    ("a", "i", "y", "e", "o", "of", "in", "to", "de", "la", "el", "en", "le", "du", "et", "il", "di", "da", "do", "no", "my", "is")
)
COMMONEST = ("the", "of", "and", "in", "de", "la", "el", "le", "der", "die", "und", "i", "y", "et", "les", "di", "da")


class Vocabulary:
    """Counts of the words that were asked for, of one batch. `top` is the count of the commonest word of titles."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._titles: dict[str, int] = {}
        self._names: dict[str, int] = {}
        self.learn((*words, *COMMONEST))
        self.top = max((1, *self._titles.values()))

    def learn(self, words: Iterable[str]) -> None:
        """Read the counts of these words too."""
        asked = list(dict.fromkeys(words))
        for start in range(0, len(asked), AT_ONCE):
            part = asked[start : start + AT_ONCE]
            marks = ", ".join(["%s"] * len(part))
            for table, counts in zip(TABLES, (self._titles, self._names), strict=True):
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT word, works FROM {table} WHERE word IN ({marks})", part)  # noqa: S608
                    counts.update(cursor.fetchall())

    def count(self, word: str) -> int:
        """How often a word is in titles and names; 0 for one that is nowhere."""
        return self._titles.get(word, 0) + self._names.get(word, 0)

    def weight(self, word: str) -> float:
        """How much a word says: the rarer, the more. The commonest has 0.7; one that is nowhere has what the rarest have."""
        return math.log(1 + self.top / max(1, self.count(word)))

    def near(self, word: str, most: int) -> dict[str, int]:
        """Words with one letter more, less, other or changed places (two from eight letters on): each with its faults, fewest first.

        With so few faults the first or the last half of a word is right, or nearly so: words that share a half are compared.
        """
        faults = 2 if len(word) >= LONG else 1
        pool = _sharing_half(word, faults)
        alike = process.extract(word, pool.keys(), scorer=OSA.distance, score_cutoff=faults, limit=None)
        best = sorted((int(distance), -sum(pool[other]), other) for other, distance, _ in alike)[:most]
        for _, _, other in best:
            self._titles[other], self._names[other] = pool[other]
        return {other: distance for distance, _, other in best}

    def split(self, glued: str) -> tuple[str, ...]:
        """The words that a word without spaces most probably is made of, all of them known (`pieces` learnt); empty where it is one."""
        total = sum(self._titles.values()) + sum(self._names.values())
        best: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
        for end in range(1, len(glued) + 1):
            ways: list[tuple[float, tuple[str, ...]]] = [(-math.inf, ())]
            for start in range(max(0, end - PIECE_LENGTHS[-1]), end):
                piece, before = glued[start:end], best[start]
                count = self.count(piece) if len(piece) in PIECE_LENGTHS or piece in SHORT_PIECES else 0
                if count and before[0] > -math.inf:
                    ways.append((before[0] + math.log(count / total), (*before[1], piece)))
            best.append(max(ways))
        return best[-1][1] if len(best[-1][1]) > 1 else ()


def pieces(glued: str) -> list[str]:
    """All parts of a word that may be words."""
    long = [glued[start : start + length] for length in PIECE_LENGTHS for start in range(len(glued) - length + 1)]
    return [*long, *SHORT_PIECES]


def _sharing_half(word: str, faults: int) -> dict[str, tuple[int, int]]:
    """Words of about the same length that begin or end like one, with their counts in titles and in names."""
    half = max(2, len(word) // 2 - 1 if faults == 2 else (len(word) - 1) // 2)  # two letters that changed places lie in one half
    branches: list[str] = []
    params: list[str | int] = []
    for place, table in enumerate(TABLES):
        # the second with the condition of its index
        for column, start, least in (("word", word[:half], 1), ("backwards", word[::-1][:half], SHORTEST_NEAR)):
            branches.append(
                f"SELECT * FROM (SELECT {place} AS place, word, works FROM {table} WHERE {column} >= %s AND {column} < %s "  # noqa: S608
                f"AND length(word) >= {least} AND length(word) BETWEEN %s AND %s LIMIT {NEAR_POOL}) AS part{len(branches)}"
            )
            params += [start, start[:-1] + chr(ord(start[-1]) + 1), len(word) - faults, len(word) + faults]
    found: dict[str, tuple[int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(branches), params)
        for place, other, works in cursor.fetchall():
            titles, names = found.get(other, (0, 0))
            found[other] = (titles, works) if place else (works, names)
    return found
