"""Rows on their way between processes and into PostgreSQL are what they were."""

import pickle
import re
from typing import Any

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from search.catalogue.loading import parsing
from search.catalogue.loading.batch import AuthorRow
from search.catalogue.loading.copy_text import copy_text
from search.catalogue.loading.store import insert
from tests.search.catalogue.loading.files import ALL, line

SIGNS = st.sampled_from("\\\t\n\r N.n\x08é字") | st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(SIGNS, max_size=20)
ROWS = st.lists(st.tuples(TEXTS, st.none() | TEXTS, st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats(allow_nan=False)))
_MEANT = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def read_back(text: str) -> list[list[str | None]]:
    """Cells as the manual says that COPY reads them."""
    rows = [row.split("\t") for row in text.split("\n")[:-1]]
    return [[None if cell == "\\N" else re.sub(r"\\.", lambda found: _MEANT[found[0]], cell) for cell in row] for row in rows]


@given(ROWS)
def test_cells_come_back_as_they_were(rows: list[tuple[str, str | None, int | None, float | None]]) -> None:
    assert read_back(copy_text(rows)) == [
        [name, other, None if number is None else str(number), None if real is None else repr(real)] for name, other, number, real in rows
    ]


HOSTILE = [("\\N", None), ("", ""), ("\\.", "a\tb\nc\rd\\"), ("'\"", "字"), ("\\t", "x" * 70_000)]


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_reads_them_so() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (name text, other text) ON COMMIT DROP")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(copy_text(HOSTILE))
        cursor.execute("SELECT name, other FROM copied")
        assert cursor.fetchall() == HOSTILE


def test_a_batch_is_the_same_in_another_process() -> None:
    records: list[Any] = [*ALL, ("/type/redirect", "/works/OL7W", 2, {"location": "/works/OL6W"}), ("/type/delete", "/books/OL8M", 5, {})]
    batch = parsing.parse_dump([(number, line(record), True) for number, record in enumerate(records, 1)] + [(99, b"no line", True)])
    assert batch.works and batch.editions and batch.authors and batch.identifiers and batch.redirects and batch.deleted and batch.bad
    assert pickle.loads(pickle.dumps(batch)) == batch
    empty = parsing.parse_dump([])
    assert pickle.loads(pickle.dumps(empty)) == empty


@pytest.mark.django_db
def test_what_a_database_refuses_is_an_error_of_the_database() -> None:
    row = (5, 1, "Ada", "ada", None, None)
    insert("search_author", AuthorRow._fields, [row])
    with pytest.raises(DatabaseError):
        insert("search_author", AuthorRow._fields, [row])
