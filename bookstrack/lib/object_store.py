"""The door to stored objects: a name, its bytes. On local files or S3 alike, in threads of its own, so that the event loop never waits.

Names are made by us; what a client or provider says is never a path.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

log = structlog.get_logger(__name__)
T = TypeVar("T")
THREADS = 8  # they wait for disks and networks
_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()
_asking: dict[str, Future[str | None]] = {}


class Missing(Exception):
    """There is no object of that name."""


class StorageAway(Exception):
    """The storage does not answer, is full, or refuses."""


class ObjectStore:
    """One of the storages of settings.STORAGES, by its alias. The `_now` methods are for code that runs in a thread."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    async def trouble(self) -> str | None:
        """What keeps the storage from being used, for people; None when it answers and can be written."""
        threads = _threads()
        with _lock:
            asking = _asking.get(self._alias)
            if asking is None or asking.done():  # a storage that hangs holds one thread, however often it is asked for
                asking = _asking[self._alias] = threads.submit(lambda: self._storage().trouble())  # type: ignore[attr-defined]
        told: str | None = await asyncio.shield(asyncio.wrap_future(asking))
        return told

    async def read(self, name: str) -> bytes:
        """All of an object. Raises: Missing, StorageAway."""
        return await _in_thread(self.read_now, name)

    async def write(self, name: str, data: bytes) -> None:
        """Keep an object whole, in the place of one that has the name. Raises: StorageAway."""
        await _in_thread(self.write_now, name, data)

    async def delete(self, name: str) -> None:
        """Delete an object; nothing happens where it is gone already. Raises: StorageAway."""
        await _in_thread(self.delete_now, name)

    def read_now(self, name: str) -> bytes:
        """As `read`."""

        def read() -> bytes:
            with self._storage().open(name) as file:
                data: bytes = file.read()
                return data

        return self._asked("read", read)

    def write_now(self, name: str, data: bytes) -> None:
        """As `write`."""
        self._asked("write", lambda: self._storage().save(name, ContentFile(data)))

    def delete_now(self, name: str) -> None:
        """As `delete`."""
        self._asked("delete", lambda: self._storage().delete(name))

    def _storage(self) -> Storage:
        return storages[self._alias]

    def _asked(self, what: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except FileNotFoundError as error:
            raise Missing from error
        except Exception as error:  # a backend's own errors, S3's for one, are of many kinds
            log.warning("the storage failed", storage=self._alias, what=what, error=type(error).__name__)
            raise StorageAway from error


async def trouble(aliases: Sequence[str] = ("uploads", "covers", "archive")) -> str | None:
    """What is wrong with our storages, each place asked once; None when all are well."""
    places = {storages[alias].place: alias for alias in aliases}  # type: ignore[attr-defined]
    told = await asyncio.gather(*(ObjectStore(alias).trouble() for alias in places.values()))
    return "; ".join(dict.fromkeys(filter(None, told))) or None


async def in_threads(function: Callable[..., T], *args: Any) -> T:
    """Run a function that uses the `_now` methods again and again, in one of the threads of objects."""
    return await _in_thread(function, *args)


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads(), partial(function, *args))


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="objects")
        return _pool


def _forget() -> None:
    """A forked child has the pool without its threads."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()
    _asking.clear()


os.register_at_fork(after_in_child=_forget)
