"""Fixtures of all tests: a real server for Redis, a real database, the outside catalogues stood in at the transport."""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

from tests import emptying, scratch  # noqa: F401  (before Django reads its settings, also where the plug-in was not loaded)

hypothesis.settings.register_profile("untimed", deadline=None)  # what takes long on a busy machine is not wrong
hypothesis.settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
# The servers that these start have a database and a Redis of their own, whatever the suite itself runs on.
SERVERS_OF_THEIR_OWN = (
    "browser/", "endurance/", "bookstrack/test_supervisor.py", "functional/test_killed_leader.py", "functional/test_redis_faults.py",
)  # fmt: skip
PATIENT = (*SERVERS_OF_THEIR_OWN[1:], "harvest/drill/", "browser/test_job")


def pytest_configure() -> None:
    """Keep passwords in a way that costs nothing: each staff user would take a second otherwise."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    emptying.install()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would be the same test again where the suite runs on another database (.ci/run), and begin with what waits most: at
    the end the other test processes would stand still meanwhile."""
    base = Path(__file__).resolve().parent
    places = {item: item.path.relative_to(base).as_posix() for item in items}
    items.sort(key=lambda item: not places[item].startswith(PATIENT))
    if os.environ.get("DATABASE_URL"):
        repeated = [item for item in items if places[item].startswith(SERVERS_OF_THEIR_OWN)]
        items[:] = [item for item in items if not places[item].startswith(SERVERS_OF_THEIR_OWN)]
        config.hook.pytest_deselected(items=repeated)


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
    from search import conf, services

    conf.demographics.cache_clear()
    redis.sync_client().flushdb()
    services.cache.memory.clear()


@pytest.fixture(scope="session", autouse=True)
def _close_database_threads(django_db_setup: None) -> Iterator[None]:
    """The threads of `in_db` keep connections: they end before the test database is dropped."""
    yield
    from bookstrack.lib import db

    db.close()


@pytest.fixture
def scripts_run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes of the scripts that this process has had Redis run; what the server itself counts may be other test processes' as well."""
    from bookstrack.lib.redis import Script

    ran: list[str] = []
    run = Script.__call__

    async def noted(script: Script, **arguments: Any) -> Any:
        ran.append(script.sha)
        return await run(script, **arguments)

    monkeypatch.setattr(Script, "__call__", noted)
    return ran


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


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """A server that speaks S3, of this test process."""
    from tests import s3

    with s3.server() as address:
        yield address


@pytest.fixture
def s3_bucket(s3_address: str, settings: Any) -> str:
    """An empty bucket there, in which all our storages are; its name."""
    from tests import s3

    name = f"books-{uuid.uuid4().hex[:12]}"
    s3.client(s3_address).create_bucket(Bucket=name)
    settings.STORAGES = s3.storages(settings.STORAGES, s3.url_of(s3_address, name, "shelf"))
    return name
