"""The door from async code to the ORM: a few threads of our own, each with its connection kept open."""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections, connections

T = TypeVar("T")
THREADS = 4
CLOSE_S = 10.0
_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()


async def in_db(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a function that uses the ORM in one of the threads, context variables with it; its result, or what it raises."""
    context = contextvars.copy_context()
    call = partial(context.run, _fresh, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)


def _threads() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="db")
        return _pool


def _fresh(function: Callable[[], T]) -> T:
    close_old_connections()  # a connection that broke, or is too old, is opened anew
    return function()


def close() -> None:
    """End the threads and their connections, so that a test database can be dropped."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is None:
        return
    everybody = threading.Barrier(THREADS)  # none may take a second turn before all had theirs

    def end() -> None:
        connections.close_all()
        everybody.wait(CLOSE_S)

    for ended in [pool.submit(end) for _ in range(THREADS)]:
        ended.result()
    pool.shutdown()


def _forget() -> None:
    """A forked child has the pool without its threads, and must not use its parent's connections."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
