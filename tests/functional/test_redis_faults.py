"""Redis restarted, slow, silent, full, refusing, read-only, and the storage away, as clients of two web processes see it.

Source: spec 08, "Endurance"; 04, "Cache".
"""

import asyncio
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from harvest.drill.library import book
from harvest.drill.serving import Serving
from harvest.drill.standin import StandIn
from tests import s3
from tests.endurance.house import House
from tests.functional.broken import Line, Valkey
from tests.functional.web_process import ASKING, HARVEST_SECRET, each_process, enrich, key_in_redis, results, search, titles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
SEEN_S = 1.0  # a write anywhere is seen in every process within it
RECOVERED_S = 10.0
SLOW_S = 0.2
PICTURED = 900_000


@dataclass(frozen=True)
class Fault:
    """`begin` breaks it, `end` mends it. `status`: what starting a job answers meanwhile."""

    name: str
    begin: Callable[[], object]
    end: Callable[[], object]
    status: int = 503


def faults(valkey: Valkey, line: Line) -> list[Fault]:
    def configure(**values: object) -> None:
        for name, value in values.items():
            valkey.client.config_set(name.replace("_", "-"), value)

    return [
        Fault("restarted", valkey.kill, valkey.start),
        Fault("slow", lambda: setattr(line, "delay_s", SLOW_S), line.flow, 202),
        Fault("silent", line.hang, line.flow),
        Fault("full", lambda: configure(maxmemory=1, maxmemory_policy="noeviction"), lambda: configure(maxmemory=0)),
        Fault("refusing", lambda: configure(min_replicas_to_write=1), lambda: configure(min_replicas_to_write=0)),
        Fault("read-only", lambda: valkey.client.replicaof("127.0.0.1", 1), lambda: valkey.client.replicaof("NO", "ONE")),
    ]


@dataclass
class Drill:
    """A house whose Redis and storage are broken; `clients` are one for each of its web processes."""

    clients: list[httpx.AsyncClient]
    valkey: Valkey
    numbers: Iterator[int]  # of books that nobody has asked for

    async def suffer(self, fault: Fault) -> None:
        """Break Redis and mend it; everything is asked for before, meanwhile and afterwards."""
        warm, replaced, other = (next(self.numbers) for _ in range(3))
        for client in self.clients:
            for number in (warm, replaced, other):
                assert titles(await search(client, number)) == titles_of(number), fault.name
        written = await self._written(other)
        fault.begin()
        try:
            keys = await asyncio.gather(*(self._meanwhile(client, warm, fault) for client in self.clients))
        finally:
            fault.end()
        self.valkey.client.set(key_in_redis(replaced), written, px=600_000)
        await asyncio.gather(*(self._afterwards(client, replaced, other) for client in self.clients))
        if fault.status == 503:  # what was refused was not half-started: with the same key it starts now
            again = [await enrich(client, [warm], key) for client, key in zip(self.clients, keys, strict=True)]
            assert [len((await results(client, one))["enrichedBooks"]) for client, one in zip(self.clients, again, strict=True)] == [1, 1]

    async def _written(self, number: int) -> bytes:
        """The entry of a book in Redis, which is written behind the reply."""
        async with asyncio.timeout(RECOVERED_S):
            while not (value := self.valkey.client.get(key_in_redis(number))):
                await asyncio.sleep(0.02)
        assert isinstance(value, bytes)
        return value

    async def _meanwhile(self, client: httpx.AsyncClient, warm: int, fault: Fault) -> str:
        """What is known and what is not is answered rightly, a job is started or refused; the Idempotency-Key of that."""
        for number in (warm, next(self.numbers), warm):
            assert titles(await search(client, number)) == titles_of(number), fault.name
        sought = uuid.uuid4().hex
        started = await enrich(client, [warm], sought)
        assert started.status_code == fault.status, f"{fault.name}: {started.text}"
        if fault.status == 503:
            error = started.json()["error"]
            assert (error["code"], error["retryable"]) == ("SERVICE_UNAVAILABLE", True), fault.name
        health = await client.get("/health")
        assert health.status_code == 200 and health.json()["checks"]["database"]["status"] == "ok", fault.name
        return sought

    async def _afterwards(self, client: httpx.AsyncClient, replaced: int, other: int) -> None:
        """The process recovers by itself, and what was written as the fault ended is seen at once."""
        async with asyncio.timeout(RECOVERED_S):
            while (await client.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.05)
        await asyncio.sleep(SEEN_S)
        assert titles(await search(client, replaced)) == titles_of(other), "an old answer"
        fresh = next(self.numbers)
        assert titles(await search(client, fresh)) == titles_of(fresh)
        await self._written(fresh)


def titles_of(number: int) -> list[str]:
    return [book(number).title]


async def storage_is_away(clients: list[httpx.AsyncClient], line: Line, warm: int) -> None:
    """Searches go on, a picture that is in no memory says clearly that it cannot be had, and comes when the storage does."""
    first, _ = clients
    isbn = book(PICTURED).isbn13
    headers = {"X-Harvest-Secret": HARVEST_SECRET}
    await results(first, await first.post("/api/harvest-covers", json={"isbns": [isbn]}, headers=headers))
    line.cut()
    for client in clients:
        assert titles(await search(client, warm)) == titles_of(warm)
        cover = await client.get(f"/covers/{isbn}/large.webp")
        assert (cover.status_code, cover.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE"), cover.text
        assert cover.headers["retry-after"] and cover.json()["error"]["retryable"]
    line.flow()
    for client in clients:
        cover = await client.get(f"/covers/{isbn}/large.webp")
        assert (cover.status_code, cover.headers["content-type"]) == (200, "image/webp")


@contextmanager
def broken_house(folder: Path, line: Line, storage: Line) -> Iterator[House]:
    with Serving(StandIn(delay_s=0.0)) as outside:
        settings = {
            **ASKING, **outside.settings,
            "REDIS_URL": f"redis://127.0.0.1:{line.port}/0",
            "STORAGE_URL": s3.url_of(f"http://127.0.0.1:{storage.port}", "books"),
            "BOOKSTRACK_WORKERS": "2", "BOOKSTRACK_JOB_WORKERS": "1", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        house = House(folder / "house", settings)
        house.start()
        try:
            yield house
        finally:
            house.stop()


async def test_what_clients_see_of_faults(tmp_path: Path) -> None:
    """One house for all of them: its start takes longer than most."""
    with s3.server() as bucket, Valkey(tmp_path) as valkey:
        s3.client(bucket).create_bucket(Bucket="books")
        with Line(valkey.port) as line, Line(int(bucket.rpartition(":")[2])) as storage, broken_house(tmp_path, line, storage) as house:
            async with each_process(house, 2) as clients:
                drill = Drill(clients, valkey, iter(range(1, PICTURED)))
                for fault in faults(valkey, line):
                    await drill.suffer(fault)
                await storage_is_away(clients, storage, next(drill.numbers))
                assert "Traceback" not in house.said(), house.said()[-5000:]
