"""The normalisers do no I/O: their tests need no empty Redis before each."""

import pytest


@pytest.fixture(autouse=True)
def _clean_state() -> None:
    """In place of the one that empties Redis and the memory tier."""
