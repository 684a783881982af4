from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
import pytest

from bookstrack.lib import http
from search import conf, fan_out
from search.demographics import entries
from tests.functional.knowing import Knowing
from tests.functional.outside import Outside
from tests.functional.writers import Writers

T = TypeVar("T", Outside, Writers, Knowing)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """All three outside catalogues, asked beside an empty local one."""
    with _asked(monkeypatch, Outside()) as stand_in:
        yield stand_in


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Writers]:
    """The same three, knowing writers and their works."""
    with _asked(monkeypatch, Writers()) as stand_in:
        yield stand_in


@pytest.fixture
def knowing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Knowing]:
    """The same three, and Wikidata, which knows nobody yet."""
    monkeypatch.setenv("DEMOGRAPHICS", "1")
    monkeypatch.setenv("WIKIDATA_RATE", "1000")
    monkeypatch.setattr(entries, "SETTLED_S", 0.0)
    with _asked(monkeypatch, Knowing()) as stand_in:
        yield stand_in


@contextmanager
def _asked(monkeypatch: pytest.MonkeyPatch, stand_in: T) -> Iterator[T]:
    for name, value in {
        "SEARCH_PROVIDERS": "catalogue,openlibrary,google-books,isbndb",
        "GOOGLE_BOOKS_API_KEY": "key-of-google",
        "ISBNDB_API_KEY": "key-of-isbndb",
        "OPENLIBRARY_RATE": "1000",
        "GOOGLE_BOOKS_RATE": "1000",
        "ISBNDB_RATE": "1000",
    }.items():
        monkeypatch.setenv(name, value)
    conf.demographics.cache_clear()
    fan_out.everybody.cache_clear()
    with http.use_transport(httpx.MockTransport(stand_in)):
        yield stand_in
    fan_out.everybody.cache_clear()
