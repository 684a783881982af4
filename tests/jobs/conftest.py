"""Fixtures of the tests of jobs: the drill pipelines, a clean end of what a test's loop has opened, a server on a port of its own."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.jobs import hands


@pytest.fixture(autouse=True)
def drills(settings: Any) -> Iterator[None]:
    """The pipelines of tests/jobs/drills instead of the real ones, in a process that was not told to stop."""
    with hands.drilled(settings):
        yield


@pytest.fixture
async def shop(transactional_db: None) -> AsyncIterator[None]:
    """Database and Redis for a test's loop, left clean."""
    yield
    await hands.left_clean()


@pytest.fixture
async def served(shop: None) -> AsyncIterator[hands.Address]:
    """The whole application behind the real server; when its clients have gone, nothing of them is left."""
    async with hands.serving() as address:
        yield address
        await hands.nobody_left()
