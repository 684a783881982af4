"""Fixtures of all tests: a real server for Redis, a real database, the outside catalogues stood in at the transport."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

# Before Django reads its settings: a folder of our own, and no outside catalogue unless a test brings a transport.
_DATA = Path(tempfile.mkdtemp(prefix="bt-test-"))
os.environ["BOOKSTRACK_DATA_DIR"] = str(_DATA)
os.environ.setdefault("SEARCH_PROVIDERS", "catalogue")
os.environ.setdefault("DEMOGRAPHICS", "0")
os.environ.setdefault("BOOKSTRACK_PHOTO_WORKERS", "0")  # of servers that tests start: those that scan say otherwise
os.environ.setdefault("RATE_LIMITS_ENABLED", "0")
os.environ.setdefault("DEBUG", "0")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")

import httpx  # noqa: E402
import hypothesis  # noqa: E402

hypothesis.settings.register_profile("untimed", deadline=None)  # what takes long on a busy machine is not wrong
hypothesis.settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def redis_url() -> Iterator[str]:
    """A Valkey of this test process, or the server of REDIS_URL when it is set (CI)."""
    from django.conf import settings

    given = os.environ.get("REDIS_URL")
    if given:
        # each worker of xdist has a database of its own, or they would flush each other's keys
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        base, _, number = given.rpartition("/")
        settings.REDIS_URL = f"{base}/{int(number) + worker}"
        yield settings.REDIS_URL
        return
    from bookstrack.lib import embedded_redis

    folder = Path(tempfile.mkdtemp(prefix="bt-valkey-"))
    settings.REDIS_URL = embedded_redis.ensure_running(folder, durable=False)
    yield settings.REDIS_URL
    embedded_redis.stop(folder)


@pytest.fixture(autouse=True)
def _clean_state(redis_url: str) -> None:
    """Every test begins with an empty Redis and an empty memory tier."""
    from bookstrack.lib import redis
    from search import services

    redis.sync_client().flushdb()
    services.cache.memory.clear()


@pytest.fixture(scope="session", autouse=True)
def _close_database_threads(django_db_setup: None) -> Iterator[None]:
    """The threads of `in_db` keep connections: they end before the test database is dropped."""
    yield
    from bookstrack.lib import db

    db.close()


@pytest.fixture
def sample_catalogue(transactional_db: None) -> int:
    """The sample catalogue in the database; the number of its works."""
    from search import services

    return services.load_sample_catalogue()


@pytest.fixture
async def client(transactional_db: None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application, edge included."""
    from bookstrack.asgi import application
    from bookstrack.lib import http, redis
    from search import services

    transport = httpx.ASGITransport(application, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made
    await services.settled()
    await http.close()
    await redis.close()
