"""After the files: what could only be told when all was there. Every step may run again, and begins where it was cut off."""

from collections.abc import Callable

from django.db import connection, transaction

from search.catalogue import title_index
from search.catalogue.keys import FIRST, FIRST_HASHED
from search.catalogue.loading import dump
from search.catalogue.loading.batch import WorkRow
from search.catalogue.loading.curated import kept
from search.catalogue.loading.store import execute, in_list, insert, select

HOPS = 10  # a chain of redirects longer than this is a loop
AT_ONCE = 5_000


def settle(tell: Callable[[str], None]) -> None:
    """Follow redirects, make works for editions whose work is not there, complete the authors' words, index the titles."""
    tell("following redirects")
    with transaction.atomic():
        _follow_redirects()
    tell("works of editions without one")
    _make_missing_works()
    tell("authors' names of works")
    _complete_author_words()
    tell("indexing titles")
    title_index.rebuild()


def _follow_redirects() -> None:
    if not select("SELECT 1 FROM search_redirect LIMIT 1"):
        return
    _drop_loops()
    execute(
        "UPDATE search_work SET author_words = '' WHERE source_id IS NULL AND id IN (SELECT s.work_id FROM search_authorship s "
        "JOIN search_redirect r ON r.letter = 'A' AND r.old = s.author_id)"
    )
    for table, column, letter in (("search_edition", "work_id", "W"), ("search_authorship", "author_id", "A")):
        for _ in range(HOPS):
            if letter == "A":
                _drop_twice_named()
            following = f"SELECT r.new FROM search_redirect r WHERE r.letter = '{letter}' AND r.old = {table}.{column}"  # noqa: S608
            known = f"SELECT old FROM search_redirect WHERE letter = '{letter}'"  # noqa: S608
            if not execute(f"UPDATE {table} SET {column} = ({following}) WHERE {column} IN ({known})"):  # noqa: S608
                break
    _delete_redirected()


def _drop_loops() -> None:
    """Redirects that come back to where they began lead nowhere: their rows stay as they are."""
    execute(
        "DELETE FROM search_redirect WHERE id IN (WITH RECURSIVE chain(start, letter, old, at, depth) AS ("  # noqa: S608
        "SELECT id, letter, old, new, 1 FROM search_redirect UNION ALL SELECT c.start, c.letter, c.old, r.new, c.depth + 1 "
        "FROM chain c JOIN search_redirect r ON r.letter = c.letter AND r.old = c.at "
        f"WHERE c.depth < {HOPS} AND c.at <> c.old) SELECT start FROM chain WHERE at = old)"
    )


def _drop_twice_named() -> None:
    """A work that names both an author and the one it was merged into keeps the latter."""
    execute(
        "DELETE FROM search_authorship WHERE id IN (SELECT s.id FROM search_authorship s "
        "JOIN search_redirect r ON r.letter = 'A' AND r.old = s.author_id "
        "JOIN search_authorship o ON o.work_id = s.work_id AND o.author_id <> s.author_id "
        "LEFT JOIN search_redirect q ON q.letter = 'A' AND q.old = o.author_id "
        "WHERE o.author_id = r.new OR (q.new = r.new AND o.id < s.id))"
    )


def _delete_redirected() -> None:
    """What was merged into another is gone; its redirect stays."""
    execute("DELETE FROM search_authorship WHERE work_id IN (SELECT old FROM search_redirect WHERE letter = 'W')")
    execute("DELETE FROM search_identifier WHERE edition_id IN (SELECT old FROM search_redirect WHERE letter = 'M')")
    for table, letter in (("search_work", "W"), ("search_edition", "M"), ("search_author", "A")):
        execute(f"DELETE FROM {table} WHERE id IN (SELECT old FROM search_redirect WHERE letter = '{letter}')")  # noqa: S608


def _make_missing_works() -> None:
    """A work of revision 0, by the title of its first edition: the source's own takes its place when it comes."""
    after = FIRST
    while True:
        editions = select(
            "SELECT e.work_id, e.id FROM search_edition e LEFT JOIN search_work w ON w.id = e.work_id "  # noqa: S608
            f"WHERE w.id IS NULL AND e.work_id > {after} AND e.work_id < {FIRST_HASHED} ORDER BY e.work_id, e.id LIMIT {AT_ONCE}"
        )
        if not editions:
            return
        first: dict[int, int] = {}
        for work, edition in editions:
            first.setdefault(work, edition)
        titles = {key: (title, subtitle) for key, title, subtitle in select(
            f"SELECT id, title, subtitle FROM search_edition WHERE id IN ({in_list(first.values())})"  # noqa: S608
        )}  # fmt: skip
        rows = [dump.work_row(work, 0, *titles[edition], {}, None) for work, edition in first.items() if titles[edition][0]]
        with transaction.atomic():
            made = kept("W", {row.id: row._replace(author_words=" ") for row in rows})
            insert("search_work", WorkRow._fields, made.values())
        after = editions[-1][0]


def _complete_author_words() -> None:
    """Works whose authors are not there yet stay without: they are tried again at the end of the next load."""
    joined = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    after = FIRST
    while True:
        works = [key for (key,) in select(
            f"SELECT id FROM search_work WHERE author_words = '' AND id > {after} AND id < {FIRST_HASHED} ORDER BY id LIMIT {AT_ONCE}"  # noqa: S608
        )]  # fmt: skip
        if not works:
            return
        with transaction.atomic():
            execute(
                f"UPDATE search_work SET author_words = coalesce((SELECT ' ' || {joined}(a.name_key, ' ') || ' ' FROM search_authorship s "  # noqa: S608
                f"JOIN search_author a ON a.id = s.author_id WHERE s.work_id = search_work.id), '') WHERE id IN ({in_list(works)})"
            )
        after = works[-1]
