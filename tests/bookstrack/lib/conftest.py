"""Fixtures of the tests of the safe fetch."""

from tests.bookstrack.lib.fetching import certificate, detour, names, tricks

__all__ = ["certificate", "detour", "names", "tricks"]
