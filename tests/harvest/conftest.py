"""Fixtures of the tests of harvests: the sources of covers, stood in for at the transport."""

from collections.abc import Iterator

import httpx
import pytest

from bookstrack.lib import backoff, http
from harvest.drill.standin import StandIn
from search import fan_out
from tests.harvest.catalogues import SETTINGS, Catalogues
from tests.harvest.drill.inside import standing_in


@pytest.fixture
def catalogues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogues]:
    """All sources of covers, which know nothing yet."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(backoff, "PAUSES_S", (0.001, 0.002))
    fan_out.everybody.cache_clear()
    made = Catalogues()
    with http.use_transport(httpx.MockTransport(made)):
        yield made
    fan_out.everybody.cache_clear()


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """The fire drill's stand-in as all of the outside: invented books (harvest/drill/library.py), and faults at will."""
    with standing_in(monkeypatch) as made:
        yield made
