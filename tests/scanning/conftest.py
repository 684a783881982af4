"""Fixtures of the tests of imports and scans: the library of tests/search/resolving stands in for the outside catalogues."""

from tests.search.resolving.conftest import library

__all__ = ["library"]
