"""One load at a time on one database, from however many hosts: a lock that ends with whoever holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

_NUMBER = 0x626F6F6B  # of PostgreSQL's advisory lock


class AnotherLoads(Exception):
    """Another process is loading."""


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock.

    Raises: AnotherLoads
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_NUMBER])
            if not cursor.fetchone()[0]:
                raise AnotherLoads
        try:
            yield
        finally:
            if connection.is_usable():  # a connection that broke has let go of it
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_NUMBER])
        return
    path = Path(f"{connection.settings_dict['NAME']}.load-lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AnotherLoads from error
        yield
    finally:
        os.close(handle)


@contextmanager
def only_one_until_commit() -> Iterator[None]:
    """The same on PostgreSQL, until the surrounding transaction ends.

    Raises: AnotherLoads
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_NUMBER])
        if not cursor.fetchone()[0]:
            raise AnotherLoads
    yield
