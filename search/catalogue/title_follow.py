"""The title index follows single works that are changed outside a load; loads make it anew (title_index.rebuild).

PostgreSQL's index is over the rows themselves and follows alone. SQLite's FTS5 keeps no rows: it has to be told the words that go, as they
were indexed, and those that come. The table of all title words, with which misspelt words are compared, waits for the next load: until
then a new word is found as it is written, and a misspelling of it is not.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import connection

from search.catalogue.title_index import TABLE

_AT_ONCE = 5_000
_INDEXED = f"{TABLE}_docsize"  # FTS5's own list of the rows that it has


@contextmanager
def reindexed(works: Collection[int]) -> Iterator[None]:
    """Whatever becomes of these works within, searches find them afterwards by the words that they have then."""
    _tell(f"INSERT INTO {TABLE}({TABLE}, rowid, title_words, author_words) SELECT 'delete', id, title_words, author_words "  # noqa: S608
          f"FROM search_work WHERE id IN ({{keys}}) AND id IN (SELECT id FROM {_INDEXED} WHERE id IN ({{keys}}))", works)  # fmt: skip
    yield
    _tell(f"INSERT INTO {TABLE}(rowid, title_words, author_words) SELECT id, title_words, author_words "  # noqa: S608
          "FROM search_work WHERE id IN ({keys})", works)  # fmt: skip


def _tell(sql: str, works: Collection[int]) -> None:
    if connection.vendor != "sqlite":
        return
    keys = sorted({int(work) for work in works})
    with connection.cursor() as cursor:
        for start in range(0, len(keys), _AT_ONCE):
            cursor.execute(sql.format(keys=",".join(map(str, keys[start : start + _AT_ONCE]))))
