"""The door to the ORM from async code."""

import asyncio
import contextvars
import multiprocessing
import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection

from bookstrack.lib import db

WORD: contextvars.ContextVar[str] = contextvars.ContextVar("word", default="none")


async def test_it_answers_raises_and_sees_the_context(transactional_db: None) -> None:
    assert await db.in_db(User.objects.count) == 0
    assert await db.in_db(User.objects.create, username="ada") == await db.in_db(User.objects.get, username="ada")
    with pytest.raises(User.DoesNotExist):
        await db.in_db(User.objects.get, username="bob")
    WORD.set("spoken")
    assert await db.in_db(WORD.get) == "spoken"


async def test_few_threads_keep_their_connections(transactional_db: None) -> None:
    def used() -> tuple[str, int]:
        connection.ensure_connection()
        return threading.current_thread().name, id(connection.connection)

    seen = set(await asyncio.gather(*(db.in_db(used) for _ in range(50))))
    assert 1 <= len(seen) <= db.THREADS
    assert len({name for name, _ in seen}) == len(seen), "a thread opened a second connection"


async def test_close_ends_every_connection_and_it_can_be_used_again(transactional_db: None) -> None:
    wrappers = []

    def used() -> None:
        connection.ensure_connection()
        wrappers.append(connection._connections[connection._alias])  # type: ignore[attr-defined]
        everybody.wait(5)

    everybody = threading.Barrier(db.THREADS)
    await asyncio.gather(*(db.in_db(used) for _ in range(db.THREADS)))
    assert all(wrapper.connection is not None for wrapper in wrappers)
    await asyncio.to_thread(db.close)
    assert [wrapper.connection for wrapper in wrappers] == [None] * db.THREADS
    assert await db.in_db(User.objects.count) == 0
    db.close()
    db.close()


def _in_child(queue: "multiprocessing.Queue[int]") -> None:
    queue.put(asyncio.run(db.in_db(lambda: 42)))
    db.close()


@pytest.mark.django_db(transaction=True)  # a thread of another test may have left its connection
async def test_a_forked_child_has_threads_of_its_own() -> None:
    assert await db.in_db(lambda: 41) == 41
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[int] = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert await asyncio.to_thread(queue.get, True, 20) == 42
    await asyncio.to_thread(child.join, 20)
    assert child.exitcode == 0
