"""Items collected into calls: full ones go at once, others when nothing more comes."""

import asyncio
from collections.abc import Sequence

from search.batcher import Batcher


class Sent:
    def __init__(self, lasts_s: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.lasts_s, self.now, self.most = lasts_s, 0, 0

    async def __call__(self, items: Sequence[int]) -> None:
        self.batches.append(list(items))
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.lasts_s)
        self.now -= 1

    def batcher(self, size: int, more: list[bool] | None = None) -> Batcher[int]:
        coming = more or [False]
        return Batcher(size, self, more_coming=lambda: coming[0])


async def test_full_ones_go_at_once_and_several_are_out() -> None:
    sent = Sent(0.05)
    batcher = sent.batcher(3)
    for item in range(10):
        batcher.add(item)
    await asyncio.sleep(0)
    assert sent.batches == [[0, 1, 2], [3, 4, 5], [6, 7, 8]] and sent.most == 3
    while batcher.busy:
        await asyncio.sleep(0.01)
    assert sent.batches[3:] == [[9]]


async def test_what_comes_while_one_is_out_goes_together() -> None:
    sent = Sent(0.5)
    batcher = sent.batcher(100)
    batcher.add(0)
    await asyncio.sleep(0.03)
    for item in range(1, 6):
        batcher.add(item)
        await asyncio.sleep(0.01)
    while batcher.busy:
        await asyncio.sleep(0.01)
    assert sent.batches == [[0], [1, 2, 3, 4, 5]]


async def test_it_waits_for_more_but_not_for_ever() -> None:
    sent, more = Sent(), [True]
    batcher = sent.batcher(100, more)
    batcher.add(0)
    await asyncio.sleep(0.05)
    assert sent.batches == []
    more[0] = False
    while not sent.batches:
        await asyncio.sleep(0.01)
    assert sent.batches == [[0]]
    more[0] = True
    batcher.add(1)
    while len(sent.batches) < 2:
        await asyncio.sleep(0.01)
    assert sent.batches == [[0], [1]]


async def test_closed_it_sends_nothing() -> None:
    sent = Sent(5.0)
    batcher = sent.batcher(2)
    for item in range(3):
        batcher.add(item)
    await asyncio.sleep(0)
    await asyncio.wait_for(batcher.close(), 1)
    await asyncio.sleep(0.03)
    assert sent.batches == [[0, 1]] and not batcher.busy
