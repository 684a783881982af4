"""Full-text search over the catalogue's titles and authors, behind one interface for every database.

SQLite answers by FTS5; any other database by plain pattern matching, which is right but reads all rows: the sample's few hundred.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from search.models import Work
from search.normalisers.text import tokens

TABLE = "search_title_index"  # made by a migration
PREFIX_MIN_CHARS = 3  # the last word may be half typed from here on
CANDIDATES = 200  # more than anybody pages through; they are ranked by how well they match afterwards


@dataclass(frozen=True, slots=True)
class Words:
    """What has to be found: all of these words, where. An empty tuple asks nothing."""

    title: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as the index knows them: normalised, writing without spaces cut into its characters."""
    return tuple(tokens(text))


def stored(*texts: str) -> str:
    """How the words of some texts are stored, each with a space on both sides."""
    return " " + " ".join(word for text in texts for word in tokens(text)) + " "


def find(words: Words) -> list[int]:
    """Ids of the works that have all the words, the most telling first; empty when no word is asked."""
    if not (words.title or words.author or words.anywhere):
        return []
    return _by_fts5(words) if connection.vendor == "sqlite" else _by_pattern(words)


def rebuild() -> None:
    """Index all works anew, after a load."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE}({TABLE}) VALUES('rebuild')")


def _by_fts5(words: Words) -> list[int]:
    asked = [
        f"{column}{phrases}"
        for column, phrases in (
            ("title_words : ", _phrases(words.title)),
            ("author_words : ", _phrases(words.author)),
            ("", _phrases(words.anywhere)),
        )
        if phrases
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s ORDER BY bm25({TABLE}, 2.0, 1.0), rowid LIMIT %s",  # noqa: S608
            [" AND ".join(asked), CANDIDATES],
        )
        return [row[0] for row in cursor.fetchall()]


def _phrases(words: tuple[str, ...]) -> str:
    """All the words as FTS5 syntax, each quoted so that nothing typed is an operator; single characters in a row are one phrase."""
    if not words:
        return ""
    parts = [f'"{" ".join(run)}"' for run in _runs(words)]
    if len(words[-1]) >= PREFIX_MIN_CHARS:
        parts[-1] += "*"
    return "(" + " AND ".join(parts) + ")"


def _runs(words: tuple[str, ...]) -> list[list[str]]:
    runs: list[list[str]] = []
    for word in words:
        clean = word.replace('"', "")
        if not clean:
            continue
        if runs and _single(clean) and _single(runs[-1][-1]):
            runs[-1].append(clean)
        else:
            runs.append([clean])
    return runs


def _single(word: str) -> bool:
    return len(word) == 1 and ord(word) > 0x0E00  # characters of writing without spaces


def _by_pattern(words: Words) -> list[int]:
    asked = Q()
    for column, wanted in (("title_words", words.title), ("author_words", words.author)):
        for pattern in _patterns(wanted):
            asked &= Q(**{f"{column}__contains": pattern})
    for pattern in _patterns(words.anywhere):
        asked &= Q(title_words__contains=pattern) | Q(author_words__contains=pattern)
    return list(Work.objects.filter(asked).order_by("pk").values_list("pk", flat=True)[:CANDIDATES])


def _patterns(words: tuple[str, ...]) -> list[str]:
    patterns = [f" {' '.join(run)} " for run in _runs(words)]
    if patterns and len(words[-1]) >= PREFIX_MIN_CHARS:
        patterns[-1] = patterns[-1].rstrip()
    return patterns
