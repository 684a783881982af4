"""The door to Redis: loops, restarts, a server that is gone or hangs."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from bookstrack.lib import embedded_redis, redis

ECHO = redis.Script("return {KEYS[1], ARGV[1]}")


async def test_a_script_is_found_again_after_the_server_forgot_it() -> None:
    for _ in range(2):
        await redis.client().script_flush()
        assert await ECHO(keys=["k"], args=["é"]) == [b"k", "é".encode()]
        assert await ECHO(keys=["k"], args=[1]) == [b"k", b"1"]
    await redis.close()


async def test_a_client_for_each_loop() -> None:
    mine = redis.client()
    assert redis.client() is mine

    async def other() -> bool:
        theirs = redis.client()
        await theirs.set("from", "another loop")
        await redis.close()
        return theirs is mine

    assert await asyncio.to_thread(lambda: asyncio.run(other())) is False
    assert await mine.get("from") == b"another loop"
    await redis.close()


async def test_more_callers_than_connections_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "CONNECT_TIMEOUT_S", 20.0)  # fifty connections at once, on a machine that may be busy
    monkeypatch.setattr(redis, "TIMEOUT_S", 20.0)
    await asyncio.gather(*(redis.client().incr("n") for _ in range(300)))
    assert await redis.client().get("n") == b"300"
    await redis.close()


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The folder of a server that a test may stop and start."""
    settings.REDIS_URL = embedded_redis.ensure_running(tmp_path, durable=False)
    yield tmp_path
    embedded_redis.stop(tmp_path)


async def test_away_and_back(server: Path) -> None:
    await redis.client().set("a", 1)
    embedded_redis.stop(server)
    for _ in range(2):
        with pytest.raises(redis.Away):
            await redis.client().get("a")
    embedded_redis.ensure_running(server, durable=False)
    assert await redis.client().get("a") is None  # at once, over the client that saw it go
    assert await ECHO(keys=["k"], args=["a"]) == [b"k", b"a"]
    await redis.close()


async def test_a_restart_between_two_commands_is_not_noticed(server: Path) -> None:
    await asyncio.gather(*(redis.client().ping() for _ in range(10)))
    await asyncio.to_thread(embedded_redis.stop, server)  # the loop sees its connections end
    embedded_redis.ensure_running(server, durable=False)
    await asyncio.gather(*(redis.client().ping() for _ in range(10)))
    await redis.close()


async def test_while_the_server_hangs_callers_are_told_at_once(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(redis, "REST_S", 0.5)
    pid = int((server / "valkey.lock").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(redis.Away):
            await redis.client().ping()
        with pytest.raises(redis.Away, match="a moment ago"):
            await redis.client().ping()
    finally:
        os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(0.6)
    assert await redis.client().ping()
    await redis.close()


async def test_a_full_server_is_away(server: Path) -> None:
    await redis.client().config_set("maxmemory", "1")
    await redis.client().config_set("maxmemory-policy", "noeviction")
    with pytest.raises(redis.Away):
        await redis.client().set("a", "x")
    with pytest.raises(redis.Away):
        await redis.Script("return redis.call('SET', KEYS[1], 'x')")(keys=["a"], args=[])
    await redis.close()


async def test_a_server_that_only_reads_is_away_also_in_a_transaction(server: Path) -> None:
    """As RQ writes: any other error but that of a broken connection ends a worker."""
    writing = redis.queue_client()
    writing.replicaof("127.0.0.1", 1)
    try:
        pipeline = writing.pipeline().set("a", "x")
        with pytest.raises(RedisConnectionError):
            pipeline.execute()
    finally:
        writing.replicaof("NO", "ONE")
        writing.close()


def test_without_a_url_it_is_the_data_folders_server(tmp_path: Path, settings: Settings) -> None:
    settings.REDIS_URL, settings.DATA_DIR = "", tmp_path
    assert redis.url() == embedded_redis.url_for(tmp_path)
    settings.REDIS_URL = "redis://example.org:6379/0"
    assert redis.url() == settings.REDIS_URL
