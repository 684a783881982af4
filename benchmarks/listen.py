"""Many sockets of the progress channel in one process: `python -m benchmarks.listen`, light enough to leave the server its core.

The first line of standard input is {host, port, sockets: [[job id, token], …]}. It prints "open" when all are open, and after the next line
of standard input, or when the server has closed all of them, what they heard: {heard, lost, doubled, open, closes, delays_ms}, where
delays are those from an event's `at` to its arrival, sorted.
"""

import asyncio
import base64
import os
import re
import sys
import time
from collections import Counter
from typing import Any

import orjson
import uvloop

AT_ONCE = 50  # handshakes
TEXT, CLOSE, PING = 1, 8, 9
_SEQ = re.compile(rb'"seq":(\d+)')
_AT = re.compile(rb'"at":([\d.]+)')


class Heard:
    """What all sockets together heard."""

    def __init__(self) -> None:
        self.events = self.lost = self.doubled = 0
        self.delays: list[float] = []
        self.closes: Counter[str] = Counter()


class Socket(asyncio.Protocol):
    """One socket: no more of the protocol than a server of ours needs."""

    def __init__(self, heard: Heard, job_id: str, token: str, host: str) -> None:
        self.heard, self.job_id, self.token, self.host = heard, job_id, token, host
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seq, self.code = 0, "cut"
        self.rest = b""
        self.transport: Any = None

    def itself(self) -> "Socket":
        """What the loop calls to get its protocol."""
        return self

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws/progress?jobId={self.job_id} HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = time.time()
        data = self.rest + data if self.rest else data
        if not self.opened.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.rest = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.opened.set_exception(ConnectionError(head.decode("latin-1")))
                self.transport.close()
                return
            self.opened.set_result(None)
        place = 0
        while len(data) - place >= 2:
            kind, length, begin = data[place] & 15, data[place + 1] & 127, place + 2
            if length == 126:
                length, begin = int.from_bytes(data[begin : begin + 2]), begin + 2
            if len(data) < begin + length:
                break
            place = begin + length
            self._frame(kind, data[begin:place], now)
        self.rest = data[place:]

    def _frame(self, kind: int, body: bytes, now: float) -> None:
        if kind == TEXT:
            found = _SEQ.search(body, 0, 40)
            if found:
                self._event(int(found[1]), body, now)
            elif b'"type":"ping"' in body:
                self._say(TEXT, b'{"type":"pong"}')  # or it counts as silent after five minutes
        elif kind == CLOSE:
            self.code = str(int.from_bytes(body[:2]))
            self._say(CLOSE, body[:2])
        elif kind == PING:
            self._say(10, body)

    def _event(self, seq: int, body: bytes, now: float) -> None:
        heard = self.heard
        heard.events += 1
        if seq <= self.seq:
            heard.doubled += 1
            return
        heard.lost += seq - self.seq - 1
        self.seq = seq
        made = _AT.search(body)
        if made:
            heard.delays.append(now - float(made[1]))

    def _say(self, kind: int, body: bytes) -> None:
        self.transport.write(bytes((128 | kind, 128 | len(body), 0, 0, 0, 0)) + body)  # masked with zeros: changes nothing

    def connection_lost(self, error: Exception | None) -> None:
        self.heard.closes[self.code] += 1
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed in the handshake"))
        self.ended.set_result(None)


async def main() -> None:
    asked = orjson.loads(await asyncio.to_thread(sys.stdin.readline))
    heard, loop = Heard(), asyncio.get_running_loop()
    sockets = [Socket(heard, job_id, token, asked["host"]) for job_id, token in asked["sockets"]]
    for place in range(0, len(sockets), AT_ONCE):
        some = sockets[place : place + AT_ONCE]
        await asyncio.gather(*(loop.create_connection(one.itself, asked["host"], asked["port"]) for one in some))
        await asyncio.gather(*(one.opened for one in some))
    print("open", flush=True)
    told = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
    ended = asyncio.gather(*(one.ended for one in sockets))
    await asyncio.wait([told, ended], return_when=asyncio.FIRST_COMPLETED)
    answer = {
        "heard": heard.events,
        "lost": heard.lost,
        "doubled": heard.doubled,
        "open": sum(not one.ended.done() for one in sockets),
        "closes": dict(heard.closes),
        "delays_ms": sorted(round(delay * 1000, 3) for delay in heard.delays),
    }
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.flush()
    os._exit(0)  # a thread may still wait for standard input


if __name__ == "__main__":
    uvloop.run(main())
