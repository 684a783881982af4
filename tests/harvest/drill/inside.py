"""The stand-in in the process of a test: as the transport of all that goes outside."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from bookstrack.lib import http
from harvest.drill.faults import Kind
from harvest.drill.house import PLENTY
from harvest.drill.standin import HOSTS, Refused, StandIn
from search import fan_out

SETTINGS = {
    "SEARCH_PROVIDERS": "catalogue,openlibrary,google-books,isbndb",
    "GOOGLE_BOOKS_API_KEY": "a-drill",
    "ISBNDB_API_KEY": "a-drill",
    **{f"{name}_RATE": PLENTY for name in ("GOOGLE_BOOKS", "OPENLIBRARY", "ISBNDB", "WIKIDATA")},
}


class Inside(httpx.AsyncBaseTransport):
    """Providers that are down or cut their answers fail as a network does."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._asgi = httpx.ASGITransport(standin)  # type: ignore[arg-type]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._standin.faults[HOSTS[request.url.host]].kind is Kind.CUT:
            raise httpx.RemoteProtocolError("cut")
        try:
            return await self._asgi.handle_async_request(request)
        except Refused as refused:
            raise httpx.ConnectError("refused") from refused


@contextmanager
def standing_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Within it the stand-in is all of the outside, and every provider is asked."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.endswith("_BASE_URL")]:
        monkeypatch.delenv(name)
    fan_out.everybody.cache_clear()
    standin = StandIn(delay_s=0.0)
    with http.use_transport(Inside(standin)):
        yield standin
    fan_out.everybody.cache_clear()
