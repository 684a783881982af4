"""A client of the progress channel that comes back with lastSeq for ever, and notes whatever is wrong with what it is told."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

LAST = ("job_complete", "job_canceled", "error")


@dataclass
class Watcher:
    """Follows one job to its end. `leaves_after` gives how many messages it takes before it leaves on its own account."""

    url: str  # ws://host:port
    job_id: str
    token: str
    name: str = "watcher"
    leaves_after: "random.Random | None" = None
    most_messages: int = 30  # at most so many before it leaves
    pause_s: float = 0.1  # before it comes back
    wrong: list[str] = field(default_factory=list)
    told: dict[int, bytes] = field(default_factory=dict)  # seq -> the frame
    closes: Counter[str] = field(default_factory=Counter)
    made_ms: list[int] = field(default_factory=list)  # timestamps of all events
    seq: int = 0
    progress: float = 0.0
    processed: int = 0
    last: dict[str, Any] | None = None
    opened: int = 0
    went_away_s: float | None = None  # when it was last told 1001

    async def follow(self) -> None:
        """Until the job's last message, or something that no client should meet."""
        while self.last is None and len(self.wrong) < 10:
            try:
                await self._once()
            except ConnectionClosed as closed:
                self._closed(closed)
            except InvalidStatus as refused:
                status = refused.response.status_code
                self.closes[f"HTTP {status}"] += 1
                if status not in (502, 503):
                    self.wrong.append(f"{self.name}: refused with {status}: {bytes(refused.response.body or b'')[:200]!r}")
            except (OSError, TimeoutError, EOFError, WebSocketException) as error:
                self.closes[type(error).__name__] += 1
            await asyncio.sleep(self.pause_s)

    async def _once(self) -> None:
        address = f"{self.url}/ws/progress?jobId={self.job_id}&lastSeq={self.seq}"
        stay = self.leaves_after.randint(0, self.most_messages) if self.leaves_after else None
        headers = {"Authorization": f"Bearer {self.token}"}
        # without a limit on frames that wait, since a full queue would also hold up the reply to our own close
        settings: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": 15, "max_queue": None}
        async with connect(address, additional_headers=headers, **settings) as socket:
            self.opened += 1
            while True:
                frame = await socket.recv()
                self._hear(frame if isinstance(frame, bytes) else frame.encode())
                if stay is not None and self.last is None:
                    stay -= 1
                    if stay < 0:
                        await self._leave(socket)
                        return

    async def _leave(self, socket: ClientConnection) -> None:
        assert self.leaves_after is not None
        if self.leaves_after.random() < 0.8:
            self.closes["aborted"] += 1
            socket.transport.abort()
        else:
            self.closes["left"] += 1
            with contextlib.suppress(ConnectionClosed):
                await socket.close()

    def _hear(self, frame: bytes) -> None:
        message = orjson.loads(frame)
        if "seq" not in message:
            if message["type"] == "reconnected":
                self._floor(message["payload"], f"{self.name}: reconnected after {self.seq}")
            return
        seq, payload = message["seq"], message["payload"]
        if self.last is not None:
            self.wrong.append(f"{self.name}: {message['type']} {seq} after the end")
        if seq != self.seq + 1:
            self.wrong.append(f"{self.name}: seq {seq} after {self.seq}")
        self.seq = max(seq, self.seq)
        self.told[seq] = frame
        self.made_ms.append(message["timestamp"])
        if message["type"] == "job_started" and seq != 1:
            self.wrong.append(f"{self.name}: job_started with seq {seq}")
        if message["type"] == "job_progress":
            self._floor(payload, f"{self.name}: seq {seq}")
            self.progress, self.processed = max(self.progress, payload["progress"]), max(self.processed, payload["processedCount"])
        if message["type"] in LAST:
            self.last = message

    def _floor(self, payload: dict[str, Any], where: str) -> None:
        if payload["progress"] < self.progress or payload["processedCount"] < self.processed:
            self.wrong.append(f"{where}: {payload['progress']}/{payload['processedCount']} after {self.progress}/{self.processed}")

    def _closed(self, closed: ConnectionClosed) -> None:
        code = closed.rcvd.code if closed.rcvd else 1006
        self.closes[str(code)] += 1
        if code == 1001:
            self.went_away_s = time.monotonic()
        if code not in (1001, 1006, 1012, 1013) and not (code == 1000 and self.last is not None):
            self.wrong.append(f"{self.name}: closed with {code} {closed.rcvd.reason if closed.rcvd else ''}")

    def longest_pause_s(self) -> float:
        """The longest time between two events of the job, by the clock of who made them."""
        return max((b - a for a, b in zip(self.made_ms, self.made_ms[1:], strict=False)), default=0) / 1000
