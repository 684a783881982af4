"""Engines of the tests of the picture process: a good one, and all that can go wrong."""
