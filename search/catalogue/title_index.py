"""Full-text search over the catalogue's titles and authors, behind one interface for every database.

Candidates first: the works of exactly this title, then those that have all the words, and only where these are few those that have the
rarest of them, or words spelt nearly like them. At most a few hundred are then compared letter by letter, in the same way and with
the same order on every database. SQLite finds words by FTS5, PostgreSQL by a GIN index over a tsvector of words that we cut ourselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from search.catalogue import title_ranking
from search.catalogue.title_words import hash_of_words, stored, without_articles, words_of

__all__ = ["Words", "author_works", "find", "rebuild", "stored", "words_of"]

TABLE = "search_title_index"  # made by a migration
SMALL_CATALOGUE = 10_000  # works: below this a search needs no index to be quick
COUNTED = "search_work, search_edition, search_identifier, search_authorship, search_author, search_title_words, search_author_words"
PREFIX_MIN_CHARS = 3  # the last word may be half typed from here on
CANDIDATES = 200  # more than anybody pages through
FEW = 5  # found exactly: less is little, and the cheap second steps are taken
EXACT_TITLES = 100
RAREST = 3
LONG_WORD = 5  # from here on a word may have a wrong letter, from 8 two; with one letter missing it has four
MOST_NAMES = 6
NEAR_WORDS = 4
VECTOR = (
    "array_to_tsvector(string_to_array(btrim(title_words), ' ') "
    "|| string_to_array(nullif(btrim(replace(' ' || btrim(author_words), ' ', ' /')), '/'), ' '))"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What has to be found: all of these words, where. An empty tuple asks nothing."""

    title: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()

    def without_articles(self) -> "Words":
        """The same without the articles of titles."""
        return replace(self, title=without_articles(self.title), anywhere=without_articles(self.anywhere))


def find(words: Words) -> list[int]:
    """Ids of the works that have the words, the most alike first; empty when no word is asked."""
    if not (words.title or words.author or words.anywhere):
        return []
    found = dict.fromkeys(_of_title(words))
    found |= dict.fromkeys(_having(_Terms.of(words)))
    if len(found) < FEW:
        found |= dict.fromkeys(_having(_Terms.of(words.without_articles(), half_typed=True)))
    if not found:
        return _spelt_nearly(words) or _author_spelt_nearly(words)
    return title_ranking.ranked(list(found), words.title, words.author, words.anywhere)[:CANDIDATES]


def author_works(name_words: tuple[str, ...], limit: int = CANDIDATES) -> list[int]:
    """Ids of the works of the authors whose names have all these words (title_words.author_key_words, split)."""
    return _having(_Terms((), tuple((word, False) for word in name_words), ()), limit) if name_words else []


def stand_aside() -> None:
    """Before many rows come into a catalogue that has few: PostgreSQL makes its index faster, and a third smaller, afterwards."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM search_work LIMIT {SMALL_CATALOGUE}) few")  # noqa: S608
            if cursor.fetchone()[0] < SMALL_CATALOGUE:
                cursor.execute(f"DROP INDEX IF EXISTS {TABLE}")


def rebuild() -> None:
    """Index all works anew, after a load; searches go on meanwhile with what was indexed before."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {TABLE} ON search_work USING gin (({VECTOR}))")
        if connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {TABLE}({TABLE}) VALUES('rebuild')")
        _count_words(cursor, "search_title_words", "title_words")
        _count_words(cursor, "search_author_words", "author_words")
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {COUNTED}")


def _count_words(cursor: CursorWrapper, table: str, column: str) -> None:
    """Occurrences, as both databases can count them: both then take the same words for rare."""
    cursor.execute(f"DELETE FROM {table}")  # noqa: S608
    if connection.vendor == "sqlite":
        # the connection's own function: Django gives SQLite PostgreSQL's reverse()
        cursor.execute(f"INSERT INTO {table} SELECT term, REVERSE(term), cnt FROM search_title_vocabulary WHERE col = '{column}'")  # noqa: S608
    else:
        cursor.execute(
            f"INSERT INTO {table} SELECT word, reverse(word), count(*) FROM search_work, "  # noqa: S608
            f"unnest(string_to_array(btrim({column}), ' ')) AS word WHERE word <> '' GROUP BY word"
        )


@dataclass(frozen=True, slots=True)
class _Terms:
    """Words to be had, each with whether it may go on."""

    title: tuple[tuple[str, bool], ...]
    author: tuple[tuple[str, bool], ...]
    anywhere: tuple[tuple[str, bool], ...]

    @classmethod
    def of(cls, words: Words, *, half_typed: bool = False) -> "_Terms":
        return cls(*(_last_open(each, half_typed) for each in (words.title, words.author, words.anywhere)))


def _last_open(words: tuple[str, ...], half_typed: bool) -> tuple[tuple[str, bool], ...]:
    last = len(words) - 1
    return tuple((word, half_typed and place == last and len(word) >= PREFIX_MIN_CHARS) for place, word in enumerate(words))


def _of_title(words: Words) -> list[int]:
    asked = words.title or words.anywhere
    if not asked or words.author:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM search_work WHERE title_hash = %s LIMIT %s", [hash_of_words(asked), EXACT_TITLES])
        return [row[0] for row in cursor.fetchall()]


def _having(terms: _Terms, limit: int = CANDIDATES) -> list[int]:
    sql, params = _fts5(terms) if connection.vendor == "sqlite" else _tsquery(terms)
    if not any(params):  # a quotation mark alone
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT %s", [*params, limit])
        return [row[0] for row in cursor.fetchall()]


def _fts5(terms: _Terms) -> tuple[str, list[str]]:
    """Each word quoted, so that nothing typed is an operator; characters of writing without spaces are phrases."""
    asked = []
    for column, wanted in (("title_words : ", terms.title), ("author_words : ", terms.author), ("", terms.anywhere)):
        parts = [f'"{" ".join(run)}"{"*" if goes_on else ""}' for run, goes_on in _runs(wanted)]
        if parts:
            asked.append(f"{column}({' AND '.join(parts)})")
    return f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s", [" AND ".join(asked)]  # noqa: S608


def _tsquery(terms: _Terms) -> tuple[str, list[str]]:
    title = [_lexeme(word, goes_on) for word, goes_on in terms.title]
    author = [_lexeme("/" + word, goes_on) for word, goes_on in terms.author]
    either = [f"({_lexeme(word, goes_on)} | {_lexeme('/' + word, goes_on)})" for word, goes_on in terms.anywhere]
    sql, params = f"SELECT id FROM search_work WHERE {VECTOR} @@ %s::tsquery", [" & ".join([*title, *author, *either])]  # noqa: S608
    for wanted, where in (
        (terms.title, "title_words LIKE %s"),
        (terms.author, "author_words LIKE %s"),
        (terms.anywhere, "title_words || author_words LIKE %s"),
    ):
        for run, _ in _runs(wanted):
            if len(run) > 1:  # the words of the vector have no places
                sql += f" AND {where}"
                params.append(f"% {' '.join(run)} %")
    return sql, params


def _lexeme(word: str, goes_on: bool) -> str:
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'{':*' if goes_on else ''}"


def _runs(terms: Sequence[tuple[str, bool]]) -> list[tuple[list[str], bool]]:
    runs: list[tuple[list[str], bool]] = []
    for word, goes_on in terms:
        clean = word.replace('"', "")
        if runs and _single(clean) and _single(runs[-1][0][-1]):
            runs[-1][0].append(clean)
        elif clean:
            runs.append(([clean], goes_on))
    return runs


def _single(word: str) -> bool:
    return len(word) == 1 and ord(word) > 0x0E00  # characters of writing without spaces


def _spelt_nearly(words: Words) -> list[int]:
    """Works that have the rarest of the words, or words spelt nearly like those that no title has; only what is alike as a whole."""
    asked = without_articles(words.title or words.anywhere)
    counts = title_ranking.counts_of(asked)
    known = sorted((word for word in dict.fromkeys(asked) if counts.get(word)), key=lambda word: (counts[word], word))
    author = tuple((word, False) for word in words.author)
    found: dict[int, None] = {}
    for near in _corrected(asked, counts):
        rarest = sorted({*near, *known}, key=lambda word: (counts.get(word, 0), word))[:RAREST]
        found |= dict.fromkeys(_having(_Terms(tuple((word, False) for word in rarest), author, ())))
    for left_out in range(min(RAREST, len(known))):  # one of the rarest may be wrong although some title has it
        others = [word for place, word in enumerate(known[: RAREST + 1]) if place != left_out] or known
        if len(found) < CANDIDATES and (len(others) > 1 or counts[others[0]] <= CANDIDATES):
            found |= dict.fromkeys(_having(_Terms(tuple((word, False) for word in others), author, ())))
    return title_ranking.alike(list(found), words.title, words.author, words.anywhere)


def _author_spelt_nearly(words: Words) -> list[int]:
    """Works of authors whose names are alike: of those that have the title's words, or all words of the name but one."""
    asked = words.author or words.anywhere
    if words.title:
        alone = words.without_articles().title
        ids = [*_of_title(Words(words.title)), *_having(_Terms.of(Words(alone)))]
        by_author = title_ranking.alike(list(dict.fromkeys(ids)), (), asked, ())
        return title_ranking.ranked(by_author, words.title, (), ())
    found: dict[int, None] = {}
    for place, word in enumerate(asked[:MOST_NAMES]):
        if len(word) >= LONG_WORD - 1:
            begun = (word[: max(2, (len(word) - 1) // 2)], True)
            others = tuple((other, False) for at, other in enumerate(asked) if at != place)
            for wanted in ((*others, begun), others) if others else ():
                found |= dict.fromkeys(_having(_Terms((), wanted, ())))
    return title_ranking.alike(list(found), (), asked, ())


def _corrected(asked: tuple[str, ...], counts: dict[str, int]) -> list[tuple[str, ...]]:
    """For the words that no title has: the words nearest to each, one choice at a time; their counts are added to `counts`."""
    unknown = [word for word in dict.fromkeys(asked) if not counts.get(word) and len(word) >= LONG_WORD - 1]
    choices = [title_ranking.near_words(word, NEAR_WORDS) for word in unknown[:RAREST]]
    for near in choices:
        counts.update(near)
    best = tuple(next(iter(near)) for near in choices if near)
    several = [(word,) for near in choices for word in near]
    return list(dict.fromkeys([best, *several])) if best else []
