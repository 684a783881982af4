"""Two hosts, each with its own data folder, over one PostgreSQL, one Redis and one bucket: to clients they are one.

Source: spec 04, "Cache"; 08, "Endurance".
"""

import asyncio
import math
import os
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from harvest.drill.library import book
from harvest.drill.serving import Serving
from harvest.drill.standin import StandIn
from jobs.scheduler import TICK_S
from tests import s3
from tests.endurance.house import ROOT, House
from tests.endurance.watcher import Watcher
from tests.functional.broken import Valkey
from tests.functional.web_process import (
    ASKING,
    HARVEST_SECRET,
    ONE_EACH,
    PATIENCE_S,
    each_process,
    enrich,
    key_in_redis,
    results,
    search,
    titles,
)

SERVER = "postgres://postgres@127.0.0.1:5432"
SEEN_S = 1.0  # a write anywhere is seen in every process within it
LIMIT, WINDOW_S = 60, 60
BUSY_S, ENDED_S = 6.0, 60.0  # what a job of the last check takes, and with the death of its host
PICTURED = 900_000


def postgres_answers() -> bool:
    try:
        psycopg.connect(f"{SERVER}/postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
    pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="a minute: where the suite runs on PostgreSQL"),
    pytest.mark.skipif(not postgres_answers(), reason="no PostgreSQL on 127.0.0.1:5432"),
]


@dataclass
class Pair:
    """Both houses with a client of each, and what they share."""

    houses: list[House]
    a: httpx.AsyncClient
    b: httpx.AsyncClient
    outside: StandIn
    valkey: redis.Redis
    database: psycopg.Connection[tuple[str, ...]]

    @property
    def clients(self) -> list[httpx.AsyncClient]:
        return [self.a, self.b]

    def asked(self, query: str) -> list[tuple[str, ...]]:
        return self.database.execute(query).fetchall()


# -- what is checked, in this order
async def what_one_has_found_the_other_has(pair: Pair) -> None:
    assert titles(await search(pair.a, 1)) == [book(1).title]
    await until(lambda: bool(pair.valkey.exists(key_in_redis(1))))  # it is written behind the reply
    calls = pair.outside.calls.copy()
    async with each_process(pair.houses[1], 2) as processes:
        for process in processes:
            reply = await search(process, 1)
            assert titles(reply) == [book(1).title] and reply.headers["x-cache"] == "HIT"
    assert pair.outside.calls == calls


async def many_at_once_make_one_round(pair: Pair) -> None:
    pair.outside.calls.clear()
    client = {"X-Forwarded-For": "198.51.100.6"}
    replies = await asyncio.gather(*(search(pair.clients[n % 2], 2, **client) for n in range(40)))
    assert {tuple(titles(reply)) for reply in replies} == {(book(2).title,)}
    assert pair.outside.calls == ONE_EACH


async def a_limit_holds_over_both(pair: Pair) -> None:
    """A client behind a proxy that both trust; what leaks out meanwhile may pass as well."""
    client, began_s = {"X-Forwarded-For": "198.51.100.7"}, time.monotonic()
    replies = [await asyncio.gather(*(search(one, 1, **client) for one in pair.clients)) for _ in range(LIMIT)]
    passed = [Counter(reply.status_code for reply in theirs) for theirs in zip(*replies, strict=True)]
    leaked = math.ceil((time.monotonic() - began_s) * LIMIT / WINDOW_S)
    assert all(set(codes) == {200, 429} for codes in passed), passed
    assert LIMIT * 0.5 <= sum(codes[200] for codes in passed) <= LIMIT + leaked, passed
    assert titles(await search(pair.b, 1, **{"X-Forwarded-For": "198.51.100.8"})) == [book(1).title]


async def what_is_expired_on_one_is_not_served_by_the_other(pair: Pair) -> None:
    async with each_process(pair.houses[1], 2) as processes:
        for process in processes:
            assert (await search(process, 1)).headers["x-cache"] == "HIT"
        expire = f"import asyncio; from search import services; asyncio.run(services.expire(['search:isbn:{book(1).isbn13}']))"
        await managed(pair.houses[0], "shell", "-v", "0", "-c", expire)
        await asyncio.sleep(SEEN_S)
        calls = pair.outside.calls.copy()
        replies = [await search(process, 1) for process in processes]
        assert replies[0].headers["x-cache"] == "MISS" and pair.outside.calls - calls == ONE_EACH


async def a_job_of_one_is_followed_and_read_on_the_other(pair: Pair) -> None:
    started = await enrich(pair.a, range(10, 60))
    job = started.json()["data"]
    watchers = [Watcher(house.url.replace("http", "ws"), job["jobId"], job["token"]) for house in pair.houses]
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(watcher.follow() for watcher in watchers))
    assert [problem for watcher in watchers for problem in watcher.wrong] == [] and watchers[0].told == watchers[1].told
    found = [await results(client, started) for client in pair.clients]
    assert found[0] == found[1]
    assert [one["enriched"]["work"]["title"] for one in found[1]["enrichedBooks"]] == [book(number).title for number in range(10, 60)]


async def a_cover_of_one_is_served_by_the_other(pair: Pair) -> None:
    """Whoever's worker kept it."""
    isbn = book(PICTURED).isbn13
    await results(pair.a, await pair.a.post("/api/harvest-covers", json={"isbns": [isbn]}, headers={"X-Harvest-Secret": HARVEST_SECRET}))
    covers = [await client.get(f"/covers/{isbn}/small.webp") for client in pair.clients]
    assert [cover.status_code for cover in covers] == [200, 200] and covers[0].content == covers[1].content


async def each_schedule_runs_once(pair: Pair) -> None:
    """Some that find little to do are due at one moment, and both schedulers look."""
    due = ["alerts", "archival", "cache_warming"]
    pair.database.execute("DELETE FROM jobs_schedulerun")
    pair.database.execute("UPDATE jobs_schedule SET next_run_at = now() - interval '1 second' WHERE name = ANY(%s)", [due])
    await until(lambda: not pair.asked("SELECT 1 FROM jobs_schedule WHERE next_run_at <= now()"))
    await asyncio.sleep(TICK_S + 0.5)  # the other one looks as well
    assert sorted(pair.asked("SELECT schedule_id FROM jobs_schedulerun")) == [(name,) for name in due]


async def the_other_goes_on_when_one_falls(pair: Pair) -> None:
    """A job on each; the first host is killed with everything in it."""
    count, at_once = 60, 5
    payload = {"count": count, "delay_s": BUSY_S * at_once / count}
    await until(lambda: not pair.asked("SELECT 1 FROM jobs_job WHERE ended_at IS NULL"))  # what the schedules started
    jobs = await pair.houses[1].start_jobs(payload, payload)
    watchers = [Watcher(pair.houses[1].url.replace("http", "ws"), job_id, token, job_id) for job_id, token in jobs]
    following = [asyncio.create_task(watcher.follow()) for watcher in watchers]
    await until(lambda: all(watcher.processed for watcher in watchers))
    assert all(watcher.processed < count for watcher in watchers), "each host has one of them in hand"
    pair.houses[0].fall()
    assert titles(await search(pair.b, 1)) == [book(1).title]
    assert titles(await search(pair.b, 3)) == [book(3).title]
    async with asyncio.timeout(ENDED_S):
        await asyncio.gather(*following)
    assert [problem for watcher in watchers for problem in watcher.wrong] == []
    assert [watcher.last and watcher.last["payload"]["summary"]["totalProcessed"] for watcher in watchers] == [count, count]


CHECKS: list[Callable[[Pair], Awaitable[None]]] = [
    what_one_has_found_the_other_has,
    many_at_once_make_one_round,
    a_limit_holds_over_both,
    what_is_expired_on_one_is_not_served_by_the_other,
    a_job_of_one_is_followed_and_read_on_the_other,
    a_cover_of_one_is_served_by_the_other,
    each_schedule_runs_once,
    the_other_goes_on_when_one_falls,
]


async def test_two_hosts_answer_as_one(tmp_path: Path) -> None:
    """One start of both for all checks: it takes as long as most of them together."""
    async with two_hosts(tmp_path) as pair:
        for check in CHECKS:
            await check(pair)
        assert all("Traceback" not in house.said() for house in pair.houses), [house.said()[-3000:] for house in pair.houses]


# -- what they stand on
@asynccontextmanager
async def two_hosts(folder: Path) -> AsyncIterator[Pair]:
    with s3.server() as bucket, Valkey(folder) as valkey, Serving(StandIn(delay_s=0.1)) as outside, own_database() as address:
        s3.client(bucket).create_bucket(Bucket="books")
        settings = {
            **ASKING, **outside.settings,
            "DATABASE_URL": address, "REDIS_URL": valkey.url, "STORAGE_URL": s3.url_of(bucket, "books"),
            "SECRET_KEY": uuid.uuid4().hex * 2,
            "TRUSTED_PROXIES": "127.0.0.1", "RATE_LIMIT_SEARCH": f"{LIMIT}/{WINDOW_S}",
            "BOOKSTRACK_WORKERS": "2", "BOOKSTRACK_JOB_WORKERS": "1", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        houses = [House(folder / name, settings) for name in ("a", "b")]
        try:
            await asyncio.gather(*(asyncio.to_thread(house.start) for house in houses))
            async with caller(houses[0]) as a, caller(houses[1]) as b:
                with psycopg.connect(address, autocommit=True) as database:
                    yield Pair(houses, a, b, outside.standin, valkey.client, database)
        finally:
            await asyncio.gather(*(asyncio.to_thread(house.stop) for house in houses))


@contextmanager
def own_database() -> Iterator[str]:
    """The address of a new database, which is dropped afterwards."""
    name = f"bookstrack_{random.randbytes(6).hex()}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def caller(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=house.url, timeout=PATIENCE_S, trust_env=False)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.1)


async def managed(house: House, *arguments: str) -> None:
    """Run a command of manage.py on a host."""
    process = await asyncio.create_subprocess_exec(sys.executable, "manage.py", *arguments, cwd=ROOT, env=house.env)
    assert await process.wait() == 0
