"""A few hundred candidates compared letter by letter; and which words of all titles are spelt nearly like one.

Reads rows by their keys only: the same on every database.
"""

from functools import lru_cache

from anyascii import anyascii
from django.db import connection
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from search.catalogue.title_words import words_of
from search.models import Work

ALIKE = 78.0  # of 100: below this a title that has not all the words is another book
LONG_NAME = 8  # letters: a shorter name is part of too many others
SUBTITLED = 0.995  # of two works of one title, the one without a subtitle is meant by the title alone
SHORTEST = 5  # letters of a word that may be meant by one with a letter less
NEAR_POOL = 4_000  # words looked at for one that no title has


def ranked(ids: list[int], title: tuple[str, ...], author: tuple[str, ...], anywhere: tuple[str, ...]) -> list[int]:
    """The same ids, the most alike first; of equals the lower key."""
    return _by_score(_scores(ids, title, author, anywhere))


def alike(ids: list[int], title: tuple[str, ...], author: tuple[str, ...], anywhere: tuple[str, ...]) -> list[int]:
    """Those of the ids that are alike enough to be meant, the most alike first."""
    scores = _scores(ids, title, author, anywhere)
    return [key for key in _by_score(scores) if scores[key] >= ALIKE]


def _by_score(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def counts_of(words: tuple[str, ...]) -> dict[str, int]:
    """In how many works' titles each word is; words in none are left out."""
    if not words:
        return {}
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(words))
        cursor.execute(f"SELECT word, works FROM search_title_words WHERE word IN ({marks})", list(words))  # noqa: S608
        return dict(cursor.fetchall())


def near_words(word: str, most: int) -> dict[str, int]:
    """Words of titles with one letter more, less, other or changed places (two from eight letters on): word to count, nearest first.

    With one or two faults, the first or the last half of the word is right but for at most one: words that share a half are compared.
    """
    errors = 2 if len(word) >= 8 else 1
    half = max(2, len(word) // 2 - 1 if errors == 2 else (len(word) - 1) // 2)  # two letters that changed places lie in one half
    lengths = (max(len(word) - errors, SHORTEST if len(word) < SHORTEST else 0), len(word) + errors)
    pool = _beginning("word", word[:half], lengths) | _beginning("backwards", word[::-1][:half], lengths)
    near = [
        (distance, -works, other)
        for other, works in pool.items()
        if (distance := OSA.distance(word, other, score_cutoff=errors)) <= errors
    ]
    return {other: -works for _, works, other in sorted(near)[:most]}


def _beginning(column: str, start: str, lengths: tuple[int, int]) -> dict[str, int]:
    longer = " AND length(word) >= 5" if column == "backwards" else ""  # as its index has it
    after = start[:-1] + chr(ord(start[-1]) + 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT word, works FROM search_title_words WHERE {column} >= %s AND {column} < %s{longer} AND length(word) BETWEEN %s AND %s "  # noqa: S608
            f"LIMIT {NEAR_POOL}",
            [start, after, *lengths],
        )
        return dict(cursor.fetchall())


def _scores(ids: list[int], title: tuple[str, ...], author: tuple[str, ...], anywhere: tuple[str, ...]) -> dict[int, float]:
    rows = Work.objects.filter(pk__in=ids).values_list("pk", "title", "subtitle", "title_words", "author_words")
    wanted = " ".join(title)
    if anywhere:
        all_words = " ".join(anywhere)
        return {key: _score(all_words, name, subtitle, words + names) for key, name, subtitle, words, names in rows}
    if not wanted:
        by = " ".join(author)
        return {key: _name_score(by, names.strip()) for key, _, _, _, names in rows}
    return {key: _score(wanted, name, subtitle, words) for key, name, subtitle, words, _ in rows}


def _score(wanted: str, title: str, subtitle: str, words: str) -> float:
    """0..100: how alike a title is, with or without its subtitle; a title that merely has the words among others is less so."""
    short = " ".join(words_of(title))
    best = fuzz.ratio(wanted, short)
    if subtitle:
        best *= SUBTITLED
        best = max(best, fuzz.ratio(wanted, f"{short} {' '.join(words_of(subtitle))}"))
    best = max(best, 0.97 * fuzz.token_sort_ratio(wanted, short), 0.85 * fuzz.token_set_ratio(wanted, words))
    if best < ALIKE and not (wanted.isascii() and short.isascii()):
        best = max(best, 0.9 * fuzz.ratio(_latin(wanted), _latin(short)))
    return round(best, 6)


def _name_score(asked: str, names: str) -> float:
    """0..100: how alike a name is to all of a work's authors, or to one of them."""
    whole = max(fuzz.token_sort_ratio(asked, names), fuzz.ratio(asked, names))  # a misspelt word is sorted elsewhere
    one_of_them = len(names) > len(asked) >= LONG_NAME
    return max(whole, 0.99 * fuzz.partial_ratio(asked, names)) if one_of_them else whole


@lru_cache(maxsize=2_000)
def _latin(text: str) -> str:
    return anyascii(text).lower()
