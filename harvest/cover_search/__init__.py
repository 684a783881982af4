"""The cover harvest: which books, which sources, what came of it."""
