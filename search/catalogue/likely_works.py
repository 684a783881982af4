"""Which works a noisy text may mean: those that share its rarest words, in titles and names alike, ranked by what they explain of it.

Few rows are read, however large the catalogue: rare words are asked alone, middling ones in pairs, common ones not at all unless the
text has a run of them that is a whole title.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations

from django.db import connection, transaction

from search.catalogue import likeness
from search.catalogue.likeness import Row
from search.catalogue.noisy_text import Term, read, terms_of, vocabulary_of
from search.catalogue.title_index import TABLE, VECTOR
from search.catalogue.title_words import hash_of_words
from search.catalogue.vocabulary import Vocabulary

POOL = 300  # works that all rare words of a text together may bring
MIDDLING = 5_000  # works: a word in more of them is asked in no pair
IN_PAIRS = 5  # the rarest of the words that are too common alone
OF_A_PAIR = 60  # works
RUN_MAX = 8  # words
OF_A_RUN = 20  # works of exactly one title
MOST_RUNS = 12


def likely(texts: Sequence[str], most: int = 20) -> list[list[int]]:
    """For each text ids of works that it may mean, the most likely first, at most so many; empty where no word of it is known."""
    spoken = [read(text) for text in texts]
    if not any(spoken) or most < 1:
        return [[] for _ in spoken]
    vocabulary = vocabulary_of(spoken)
    known: dict[tuple[str, ...], list[int]] = {}
    with _by_index():
        for words in dict.fromkeys(spoken):
            terms = terms_of(words, vocabulary)
            known[words] = likeness.ranked(rows_of(words, terms, vocabulary), words, terms, most)
    return [list(known[words]) for words in spoken]


@contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL takes the words of a row for cheap to work out, and up to some ten thousand works would read all of them each time."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        yield
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")


def rows_of(words: tuple[str, ...], terms: Sequence[Term], vocabulary: Vocabulary) -> list[Row]:
    """The works that may be meant, few of them."""
    rare, common = _by_rarity(terms, vocabulary)
    asked: list[tuple[str, str | int]] = [(_having(POOL), _any_of(rare))] if rare else []
    asked += [(_having(OF_A_PAIR), _both_of(pair)) for pair in combinations(common[:IN_PAIRS], 2)]
    asked += [(f"SELECT id FROM search_work WHERE title_hash = %s LIMIT {OF_A_RUN}", hash_of_words(run)) for run in _runs(words, rare)]  # noqa: S608
    if not asked:
        return []
    ids = " UNION ".join(f"SELECT id FROM ({sql}) AS part{place}" for place, (sql, _) in enumerate(asked))  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, title, subtitle, title_words, author_words FROM search_work WHERE id IN ({ids})",  # noqa: S608
            [param for _, param in asked],
        )
        return [Row(*row) for row in cursor.fetchall()]


def _by_rarity(terms: Sequence[Term], vocabulary: Vocabulary) -> tuple[list[str], list[str]]:
    """Words that are rare enough to be asked alone, all together; and those that are not, the rarest first."""
    forms = sorted({form for term in terms for form, _ in term.forms}, key=lambda form: (vocabulary.count(form), form))
    rare: list[str] = []
    left = POOL
    for form in forms:
        if (count := vocabulary.count(form)) > left:
            break
        left -= count
        rare.append(form)
    return rare, [form for form in forms[len(rare) :] if vocabulary.count(form) <= MIDDLING]


def _runs(words: tuple[str, ...], rare: Sequence[str]) -> list[tuple[str, ...]]:
    """Runs of words that are asked neither alone: they may be a title of common words. The longest first."""
    runs = [words[start : start + length] for length in range(min(RUN_MAX, len(words)), 0, -1) for start in range(len(words) - length + 1)]
    return [run for run in dict.fromkeys(runs) if not set(rare) & set(run)][:MOST_RUNS]


def _having(limit: int) -> str:
    if connection.vendor == "sqlite":
        return f"SELECT rowid AS id FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT {limit}"  # noqa: S608
    return f"SELECT id FROM search_work WHERE {VECTOR} @@ %s::tsquery LIMIT {limit}"  # noqa: S608


def _any_of(words: Sequence[str]) -> str:
    return (" OR " if connection.vendor == "sqlite" else " | ").join(map(_asked, words))


def _both_of(words: Sequence[str]) -> str:
    return (" AND " if connection.vendor == "sqlite" else " & ").join(map(_asked, words))


def _asked(word: str) -> str:
    """A word in a title or in a name, quoted so that nothing in it is an operator."""
    if connection.vendor == "sqlite":
        return '"' + word.replace('"', '""') + '"'
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"('{quoted}' | '/{quoted}')"
