"""Clients of a server in one process, cheap enough to leave it what they measure: `python -m benchmarks.load`, told by lines of JSON.

Each line is {port, connections, requests: heads as text, of which each connection takes the next one, round and round, and how long: either
seconds, or count: requests altogether}. All connections are opened first, then begin at once. The answer is {count, seconds, failed: by
status, example: how a failed answer began, p50_ms, p99_ms, sources: how often each X-Cache-Status in every tenth answer, body_bytes: of the
last one}.
"""

import asyncio
import gc
import math
import random
import sys
import time
from array import array
from collections import Counter
from typing import Any

import orjson
import uvloop

LOOK_EVERY = 10  # answers: looking at each would cost as much as receiving it
AT_ONCE = 50  # connections that are being opened
LONGEST_S = 120.0
EXAMPLE_BYTES = 2_000


class Round:
    """What all connections share while they send."""

    def __init__(self, requests: list[bytes], unsent: int) -> None:
        self.requests, self.unsent = requests, unsent
        self.place, self.open = random.randrange(len(requests)), 0  # not what the round before had just now
        self.until_s = 0.0
        self.times = array("d")
        self.failed: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()
        self.body_bytes, self.example = 0, ""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next_request(self) -> bytes:
        self.unsent -= 1
        place = self.place
        self.place = place + 1 if place + 1 < len(self.requests) else 0
        return self.requests[place]


class Client(asyncio.Protocol):
    """One connection that sends its next request when the last one is answered."""

    transport: asyncio.Transport

    def __init__(self, shared: Round) -> None:
        self.shared = shared
        self.sent_s = 0.0  # while an answer is awaited
        self.missing = 0  # bytes of the answer that is coming
        self.rest = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def fire(self) -> None:
        """Send the next request."""
        self.sent_s = time.perf_counter()
        self.transport.write(self.shared.next_request())

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            data = self.rest + data if self.rest else data
            head = data.find(b"\r\n\r\n")
            if head < 0:
                self.rest = data
                return
            self.rest = b""
            self.missing = head + 4 + self._body_bytes(data, head) - len(data)
        if self.missing <= 0:
            self._answered()

    def _body_bytes(self, data: bytes, head: int) -> int:
        shared = self.shared
        if not data.startswith(b"HTTP/1.1 200"):
            shared.failed[data[9:12].decode("latin-1")] += 1
            shared.example = data[:EXAMPLE_BYTES].decode("latin-1")
        start = data.find(b"content-length: ", 0, head)
        if start < 0:
            start = data.find(b"Content-Length: ", 0, head)
        if len(shared.times) % LOOK_EVERY == 0:
            shared.sources[_header(data[:head], b"x-cache-status")] += 1
        shared.body_bytes = int(data[start + 16 : data.find(b"\r", start)])
        return shared.body_bytes

    def _answered(self) -> None:
        now, shared = time.perf_counter(), self.shared
        shared.times.append(now - self.sent_s)
        if now < shared.until_s and shared.unsent > 0:
            self.fire()
        else:
            self.sent_s = 0.0
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        shared = self.shared
        shared.open -= 1
        if self.sent_s:
            shared.failed["cut"] += 1
        if not shared.open and not shared.ended.done():
            shared.ended.set_result(None)


def _header(head: bytes, name: bytes) -> str:
    found = head.lower().partition(b"\r\n" + name + b": ")[2]
    return found.partition(b"\r\n")[0].decode("latin-1")


async def played(port: int, connections: int, requests: list[str], seconds: float = LONGEST_S, count: int = sys.maxsize) -> dict[str, Any]:
    """One round."""
    shared, loop = Round([each.encode() for each in requests], count), asyncio.get_running_loop()
    clients: list[Client] = []
    while len(clients) < connections:
        some = [Client(shared) for _ in range(min(AT_ONCE, connections - len(clients)))]
        await asyncio.gather(*(loop.create_connection(lambda one=one: one, "127.0.0.1", port) for one in some))  # type: ignore[misc]
        clients += some
    shared.open = len(clients)
    began_s = time.perf_counter()
    shared.until_s = began_s + seconds
    for client in clients:
        client.fire()
    async with asyncio.timeout(seconds + LONGEST_S):
        await shared.ended
    times = sorted(shared.times) or [math.nan]
    return {
        "count": len(shared.times),
        "seconds": time.perf_counter() - began_s,
        "failed": dict(shared.failed),
        "example": shared.example,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "sources": dict(shared.sources),
        "body_bytes": shared.body_bytes,
    }


async def main() -> None:
    gc.disable()  # a round leaves little behind, and its pauses would count as the server's
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        asked = orjson.loads(line)
        print(orjson.dumps(await played(**asked)).decode(), flush=True)
        gc.collect()


if __name__ == "__main__":
    uvloop.run(main())
