"""Questions collected into calls: whoever asks does so for one, and calls are made for as many as are waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
LOOK_S = 0.002  # how often it is looked whether more are coming
QUIET_S = 0.005  # nothing more for so long: the batch goes
HOLD_S = 1.0  # but is held no longer than this, while more are on their way or a call is out


class Batcher(Generic[T]):
    """Collects items and hands them over in batches of at most `size`.

    A full batch goes at once, and several may be out at a time. One that is not full goes when nothing more comes and none is out.
    `more_coming` says that items are on their way here. What `send` raises is the task's own; it should raise nothing.
    """

    def __init__(self, size: int, send: Callable[[Sequence[T]], Awaitable[None]], *, more_coming: Callable[[], bool]) -> None:
        self.size, self._send, self._more_coming = size, send, more_coming
        self._waiting: list[T] = []
        self._first_s = self._last_s = 0.0  # when the first and the last of them came
        self._out: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    def add(self, item: T) -> None:
        """Take an item; what becomes of it is `send`'s affair."""
        now_s = asyncio.get_running_loop().time()
        if not self._waiting:
            self._first_s = now_s
        self._last_s = now_s
        self._waiting.append(item)
        if len(self._waiting) >= self.size:
            self._go()
        elif self._watch is None:
            self._watch = asyncio.create_task(self._watched())

    @property
    def busy(self) -> bool:
        """Whether items are waiting or out."""
        return bool(self._waiting or self._out)

    async def close(self) -> None:
        """Give up what waits and what is out."""
        self._waiting.clear()
        tasks = [*self._out, *([self._watch] if self._watch else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watched(self) -> None:
        while self._waiting:
            await asyncio.sleep(LOOK_S)
            if self._waiting and self._due(asyncio.get_running_loop().time()):
                self._go()
        self._watch = None

    def _due(self, now_s: float) -> bool:
        if now_s - self._first_s >= HOLD_S:
            return True
        return now_s - self._last_s >= QUIET_S and not self._out and not self._more_coming()

    def _go(self) -> None:
        batch, self._waiting = self._waiting[: self.size], self._waiting[self.size :]
        task = asyncio.create_task(self._sent(batch))
        self._out.add(task)
        task.add_done_callback(self._out.discard)

    async def _sent(self, batch: Sequence[T]) -> None:
        await self._send(batch)
