"""The one door to Redis: a client per event loop, scripts by their hash, and what counts as "Redis is away"."""

import asyncio
import hashlib
import secrets
from typing import Any, cast

import redis
import redis.asyncio
from django.conf import settings
from redis._parsers.base import BaseParser
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry as SyncRetry

from bookstrack.lib import clock
from bookstrack.lib.embedded_redis import url_for
from bookstrack.lib.per_loop import PerLoop

__all__ = [
    "PROCESS", "Away", "ResponseError", "Script", "TimedOut", "blocking_client", "client", "close", "connection", "living", "queue_client",
    "sync_client", "url",
]  # fmt: skip


class Refused(RedisConnectionError):
    """The server is there and will not: it is full, or its disk is, too few replicas follow it, or it is one itself after a failover."""


# The library takes these for mistakes in a command; whoever asks, RQ as well, shall wait as for a server that is away.
BaseParser.EXCEPTION_CLASSES.update(dict.fromkeys(("MISCONF", "NOREPLICAS", "UNBLOCKED", "MASTERDOWN", "READONLY", "OOM"), Refused))

Away = (RedisConnectionError, RedisTimeoutError)  # not there, not answering, still loading its file, or refusing
TimedOut = RedisTimeoutError  # one of them
MAX_CONNECTIONS = 50
CONNECT_TIMEOUT_S = 1.0
TIMEOUT_S = 2.0
REST_S = 1.0
PROCESS = secrets.token_hex(8)  # names this process's connections


def url() -> str:
    """REDIS_URL, or the embedded server of the data folder."""
    return settings.REDIS_URL or url_for(settings.DATA_DIR)


class _Pool(redis.asyncio.BlockingConnectionPool):
    """Waits for a free connection; while the server hangs, one caller finds out and the others are told at once."""

    _rest_until_s = 0.0

    async def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> Any:
        now_s = clock.monotonic_s()
        resting = self._rest_until_s
        if now_s < resting:
            raise RedisConnectionError("Redis did not answer a moment ago")
        if resting:
            self._rest_until_s = now_s + TIMEOUT_S  # this caller finds out
        try:
            connection = await super().get_connection()  # type: ignore[no-untyped-call]
        except BaseException as error:
            hung = any(isinstance(one, RedisTimeoutError) for one in (error, error.__cause__))
            self._rest_until_s = clock.monotonic_s() + REST_S if hung else 0.0  # where it refuses, asking again costs nothing
            raise
        self._rest_until_s = 0.0
        return connection


def _cancellable(base: type[Any]) -> type[Any]:
    """A connection whose users can be cancelled. The library sends with `asyncio.wait_for`, which in Python 3.11 swallows a cancellation
    that comes in the moment in which the sending ends: its task would go on as if nobody had told it to stop."""

    class Connection(base):  # type: ignore[misc]
        socket_timeout: Any

        async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            limit_s, self.socket_timeout = self.socket_timeout, None  # without one the library sends without `wait_for`
            try:
                async with asyncio.timeout(limit_s):
                    await super().send_packed_command(command, check_health)
            except TimeoutError:
                raise RedisTimeoutError("Timeout writing to socket") from None
            finally:
                self.socket_timeout = limit_s

    return Connection


def _make() -> redis.asyncio.Redis:
    pool = _Pool.from_url(
        url(),
        max_connections=MAX_CONNECTIONS,
        client_name=PROCESS,
        timeout=TIMEOUT_S,  # for a free connection
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        # A command whose answer was lost may have been done: it is not sent twice. Idle connections that were cut are
        # noticed when they are taken from the pool.
        retry=Retry(NoBackoff(), 0),
    )
    pool.connection_class = _cancellable(pool.connection_class)
    return redis.asyncio.Redis(connection_pool=pool)


_clients: PerLoop[redis.asyncio.Redis] = PerLoop(_make)


def client() -> redis.asyncio.Redis:
    """The client of the running event loop. Answers bytes; for commands that answer at once, within 2 s."""
    return _clients.get()


def sync_client() -> redis.Redis:
    """A client for code without an event loop; the caller closes it."""
    return redis.Redis.from_url(url(), socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=TIMEOUT_S, retry=SyncRetry(NoBackoff(), 0))


def blocking_client(wait_s: float) -> redis.asyncio.Redis:
    """A client with a connection of its own, for reads that wait for an answer up to `wait_s`; the caller closes it."""
    made = redis.asyncio.Redis.from_url(
        url(),
        single_connection_client=True,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=wait_s + TIMEOUT_S,  # a server that is gone without a word is noticed
        retry=Retry(NoBackoff(), 0),
    )
    made.connection_pool.connection_class = _cancellable(made.connection_pool.connection_class)
    return made


def queue_client() -> redis.Redis:
    """A client for the queue's own library, which sets its time-outs itself; the caller closes it."""
    return redis.Redis.from_url(url(), socket_connect_timeout=CONNECT_TIMEOUT_S, retry=SyncRetry(NoBackoff(), 0))


async def connection() -> Any:
    """A connection of one's own, which is open, for what is no question and answer; the caller ends it by `disconnect`.

    Its protocol is RESP3, in which the server may speak unasked. Raises: Away.
    """
    timeouts = {"socket_connect_timeout": CONNECT_TIMEOUT_S, "socket_timeout": TIMEOUT_S}
    pool: Any = redis.asyncio.ConnectionPool.from_url(url(), protocol=3, client_name=PROCESS, retry=Retry(NoBackoff(), 0), **timeouts)
    made = pool.make_connection()
    await made.connect()
    return made


async def living() -> set[str]:
    """`PROCESS` of every process that is connected; empty where Redis may not tell.

    Raises: Away.
    """
    try:
        return {one["name"] for one in await cast(Any, client().client_list())}
    except ResponseError:  # a server of others, with rights of its own
        return set()


async def close() -> None:
    """Close the running loop's connections."""
    found = _clients.pop()
    if found is not None:
        await found.aclose()
        await found.connection_pool.aclose()


class Script:
    """A Lua script: sent to a server once, called by its hash afterwards."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, *, keys: list[str], args: list[Any]) -> Any:
        """Run it; strings come back as bytes.

        Raises: Away.
        """
        server = cast(Any, client())  # its stubs mix the sync and the async client
        try:
            return await server.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:  # a new server, or one that was restarted: EVAL also keeps the script
            return await server.eval(self.source, len(keys), *keys, *args)
