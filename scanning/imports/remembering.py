"""Cells that repeat are read once: a cache that long cells do not fill. Pure."""

from collections.abc import Callable
from functools import lru_cache
from typing import Concatenate, ParamSpec, TypeVar

CELLS = 6_000  # of one kind
LONGEST = 120  # signs; longer ones hardly ever repeat, and would take room that a hostile file decides on

More = ParamSpec("More")
Value = TypeVar("Value")
Reading = Callable[Concatenate[str, More], Value]


def remembered(read: Reading[More, Value]) -> Reading[More, Value]:
    """A pure function of a cell that remembers what short cells mean."""
    cached = lru_cache(CELLS)(read)

    def reading(cell: str, /, *args: More.args, **kwargs: More.kwargs) -> Value:
        return cached(cell, *args, **kwargs) if len(cell) <= LONGEST else read(cell, *args, **kwargs)  # type: ignore[arg-type]

    return reading
