from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bookstrack.lib import backoff, http, redis
from search import batcher, fan_out, services
from tests.search.resolving.library import Library


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """All three outside catalogues, beside an empty local one."""
    for name, value in {
        "SEARCH_PROVIDERS": "catalogue,openlibrary,google-books,isbndb",
        "GOOGLE_BOOKS_API_KEY": "key-of-google",
        "ISBNDB_API_KEY": "key-of-isbndb",
        "OPENLIBRARY_RATE": "1000",
        "GOOGLE_BOOKS_RATE": "1000",
        "ISBNDB_RATE": "1000",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(backoff, "PAUSES_S", (0.001, 0.002))
    fan_out.everybody.cache_clear()
    monkeypatch.setattr(batcher, "HOLD_S", 30.0)  # calls are counted, also where the machine is so busy that a book comes a second late
    made = Library()
    with http.use_transport(httpx.MockTransport(made)):
        yield made
    fan_out.everybody.cache_clear()


@pytest.fixture
async def resolver(transactional_db: None, library: Library) -> AsyncIterator[services.Resolver]:
    """What a job resolves its items with."""
    async with services.resolver(wait_s=5) as made:
        yield made
    await services.settled()
    await http.close()
    await redis.close()
