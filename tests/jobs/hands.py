"""What the tests of jobs do again and again: start a drill, take a turn at it, read its log, talk to the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.utils import timezone
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bookstrack import supervisor, web
from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from jobs import events, hub, messages, runner, services, sockets
from jobs.messages import Event, Kind
from jobs.models import Job, JobItem
from jobs.pipeline import pipelines
from jobs.services import Started
from jobs.states import State
from tests.jobs.drills import counting

PATIENCE_S = 20.0  # for what comes at once where nothing is broken


@contextmanager
def drilled(settings: Any) -> Iterator[None]:
    """The drill pipelines instead of the real ones."""
    settings.PIPELINE_PACKAGES = ["tests.jobs.drills"]
    pipelines.cache_clear()
    counting.calls.clear()
    runner._stopping = False
    yield
    runner._stopping = False
    pipelines.cache_clear()


async def left_clean() -> None:
    """End what this loop has opened."""
    await hub.stop()
    await redis.close()


async def soon(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.005)


# -- jobs
async def start(count: int = 5, *, job_id: str | None = None, **payload: Any) -> Started:
    """Start a drill of so many items."""
    return await services.start(
        pipeline="counting", payload={"count": count, **payload}, total=count, job_id=job_id, client="192.0.2.1", route="drill"
    )


async def fresh(job_id: str) -> Job:
    """The job's row as it is now."""
    return await in_db(Job.objects.get, pk=job_id)


async def turn(job_id: str, owner: str = "tester") -> Job:
    """A whole turn at the job; its row afterwards."""
    async with asyncio.timeout(30):
        await runner.take_turn(job_id, owner)
    return await fresh(job_id)


async def completed(count: int = 5, **payload: Any) -> Started:
    """A drill that is done."""
    started = await start(count, **payload)
    assert (await turn(started.job.pk)).place is State.COMPLETED
    return started


async def set_row(job_id: str, **fields: Any) -> None:
    """Write fields of a job's row past all rules: time that has gone by, a worker that is dead."""
    await in_db(Job.objects.filter(pk=job_id).update, **fields)


async def time_passed(job_id: str, **by: float) -> None:
    """Let a pause be over."""
    await set_row(job_id, wake_at=timezone.now() - timedelta(seconds=1))


async def items_of(job_id: str) -> list[int]:
    """The indexes that are done."""
    return await in_db(lambda: list(JobItem.objects.filter(job_id=job_id).values_list("index", flat=True)))


async def dead_worker(job_id: str, *, done: int = 0) -> Job:
    """A worker takes the job, does its first items, and dies: its lease is over."""
    from jobs import checkpoints, leases
    from jobs.pipeline import Result
    from jobs.progress import Standing

    job = await in_db(leases.acquire, job_id, "dead")
    assert job is not None
    if done:
        results = [Result(index, True, "success", orjson.dumps({"index": index, "square": index**2})) for index in range(done)]
        await in_db(checkpoints.write, job_id, job.run, results, Standing(0.1, done, job.total_count), seq=0)
    await set_row(job_id, lease_until=timezone.now() - timedelta(seconds=1))
    return job


# -- the log
async def log_of(job_id: str) -> list[Event]:
    """All events of a job."""
    return await events.read(job_id, after=0, count=20_000)


async def told(job_id: str) -> list[dict[str, Any]]:
    """All messages of a job, which are well-formed: seq without a gap, begun once, ended once or not yet, progress never falling."""
    found = [event.whole for event in await log_of(job_id)]
    well_told(found)
    return found


def well_told(found: list[dict[str, Any]]) -> None:
    """Whether a job's messages from the first one on are as a client may rely on."""
    assert [one["seq"] for one in found] == list(range(1, len(found) + 1))
    kinds = [one["type"] for one in found]
    assert kinds.count(Kind.STARTED) == (1 if found else 0) and kinds[:1] in ([], [Kind.STARTED])
    assert all(kind not in messages.LAST for kind in kinds[:-1])
    steps = [one["payload"] for one in found if one["type"] == Kind.PROGRESS]
    for name in ("progress", "processedCount"):
        values = [step[name] for step in steps]
        assert values == sorted(values)


async def wrote(job_id: str, count: int, *, first: int = 1, last: bool = False) -> None:
    """Put events into a job's log as a worker would: those of seq `first` to `count`, `last` as its end."""
    for seq in range(first, count + 1):
        mode = "first" if seq == 1 else ("last" if last and seq == count else "next")
        kind = {"first": Kind.STARTED, "next": Kind.PROGRESS, "last": Kind.CANCELED}[mode]
        payload = {"first": messages.started(count, 1.0), "last": {"processedCount": seq}}.get(
            mode, messages.progressed(seq / (count + 1), seq, count, "counting", f"number {seq}")
        )
        raw = orjson.dumps(messages.message(kind, job_id, "counting", payload, 1_700_000_000_000 + seq))
        await events.append(job_id, run=1, mode=mode, kind=kind, message=raw)


async def followed(follower: hub.Follower) -> list[int]:
    """The seqs that a follower gets until the end."""
    found = []
    async with asyncio.timeout(PATIENCE_S):
        while (event := await follower.next()) is not None:
            found.append(event.seq)
    return found


# -- the server
@dataclass(frozen=True, slots=True)
class Address:
    """Where the application is served."""

    host: str
    port: int

    @property
    def http(self) -> str:
        return f"http://{self.host}:{self.port}"

    def socket(self, **query: object) -> str:
        """The address of the progress channel."""
        return f"ws://{self.host}:{self.port}/ws/progress?" + "&".join(f"{name}={value}" for name, value in query.items())


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[Address]:
    """The whole application behind the real server, in this loop."""
    config = web.config()
    config.lifespan = "off"  # what it starts belongs to a process
    with supervisor.bind("127.0.0.1", port) as listener:
        config.load()
        server = web.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup([listener])
        try:
            yield Address(*listener.getsockname()[:2])
        finally:
            await server.shutdown([listener])


async def nobody_left() -> None:
    """Wait until nothing is left of sockets and followers that have gone."""

    async def no_places() -> bool:
        keys = await redis.client().keys("sockets:*")
        return not any([await redis.client().zcard(key) for key in keys])

    await soon(lambda: not sockets._open and not hub.hub()._feeds)
    await soon(no_places)


class Client:
    """A client of the progress channel that speaks JSON."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE_S):
            found: dict[str, Any] = orjson.loads(await self.socket.recv())
        return found

    async def hear_or_none(self) -> dict[str, Any] | None:
        """The next message; None when the server closes instead."""
        try:
            return await self.hear()
        except ConnectionClosed:
            return None

    async def hear_until(self, kind: str) -> list[dict[str, Any]]:
        """All messages up to one of this type."""
        found = [await self.hear()]
        while found[-1]["type"] != kind:
            found.append(await self.hear())
        return found

    async def hear_all(self) -> list[dict[str, Any]]:
        """All messages until the server closes."""
        found = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                found.append(await self.hear())
        return found

    async def say(self, **message: Any) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def closed(self) -> tuple[int | None, str | None]:
        """Code and reason with which the server closes, whatever it says before."""
        await self.hear_all()
        return self.socket.close_code, self.socket.close_reason


@asynccontextmanager
async def talking(url: str, *, headers: dict[str, str] | None = None, protocols: list[str] | None = None) -> AsyncIterator[Client]:
    """An open socket."""
    async with connect(
        url,
        additional_headers=headers,
        subprotocols=protocols,
        proxy=None,
        ping_interval=None,
        max_size=None,
        close_timeout=2,  # type: ignore[arg-type]
    ) as socket:
        yield Client(socket)


async def refused(url: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body with which the handshake is refused."""
    try:
        async with talking(url, **more):
            raise AssertionError("the socket was opened")
    except InvalidStatus as error:
        return error.response.status_code, orjson.loads(error.response.body or b"{}")


def events_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what a socket heard, the messages that are kept for replay."""
    return [one for one in found if "seq" in one]
