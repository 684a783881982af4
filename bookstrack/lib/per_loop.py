"""One object per event loop, for clients that must not be shared between loops ("Event loop is closed")."""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes its object at the first use in a loop, and forgets those of loops that were closed."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[asyncio.AbstractEventLoop, T] = {}
        self._lock = threading.Lock()  # loops live in different threads

    def get(self) -> T:
        """The running loop's object."""
        loop = asyncio.get_running_loop()
        found = self._made.get(loop)
        if found is None:
            found = self._make()
            with self._lock:
                for gone in [other for other in self._made if other.is_closed()]:
                    del self._made[gone]
                self._made[loop] = found
        return found

    def pop(self) -> T | None:
        """The running loop's object, for its closing; None where there is none."""
        with self._lock:
            return self._made.pop(asyncio.get_running_loop(), None)
