"""Curating and loading keep out of each other's way: a load changes rows that the title index does not have yet."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from search.catalogue.loading.lock import AnotherLoads, only_one, only_one_until_commit


class Refused(Exception):
    """What was asked cannot be done; the message says why, for staff."""


@contextmanager
def curating() -> Iterator[None]:
    """One transaction during which nothing is loaded and nobody else curates.

    Raises: Refused
    """
    held = only_one_until_commit if connection.vendor == "postgresql" else only_one
    with transaction.atomic():
        try:
            with held():
                yield
        except AnotherLoads:
            raise Refused("A load is running, or somebody else is correcting: try again when it has ended.") from None
