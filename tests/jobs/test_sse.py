"""Following a job by Server-Sent Events: the same messages as on a socket, with their seq as id."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from bookstrack import asgi
from bookstrack.lib import redis
from jobs import hub, services, sse
from tests.jobs import hands
from tests.jobs.hands import Address, events_of, talking


def path(started: services.Started) -> str:
    return f"/v1/jobs/{started.job.pk}/events"


def bearer(started: services.Started, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {started.token}", **{name.replace("_", "-"): value for name, value in more.items()}}


@asynccontextmanager
async def browser(served: Address) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.http, timeout=hands.PATIENCE_S, trust_env=False) as made:
        yield made


async def blocks(reply: httpx.Response) -> AsyncIterator[str]:
    """What comes, divided by empty lines."""
    text = ""
    async for piece in reply.aiter_text():
        text += piece
        while "\n\n" in text:
            block, _, text = text.partition("\n\n")
            yield block


def understood(block: str) -> tuple[int, dict[str, Any]] | None:
    """Id and message of an event; None for a comment."""
    if block.startswith(":"):
        return None
    first, second = block.split("\n")
    return int(first.removeprefix("id: ")), orjson.loads(second.removeprefix("data: "))


async def all_of(web: httpx.AsyncClient, started: services.Started, **headers: str) -> list[dict[str, Any]]:
    """All messages until the server ends the stream."""
    async with web.stream("GET", path(started), headers=bearer(started, **headers)) as reply:
        assert reply.status_code == 200 and reply.headers["content-type"] == "text/event-stream"
        assert reply.headers["cache-control"] == "no-store"
        found = [understood(block) async for block in blocks(reply)]
    assert all(one[0] == one[1]["seq"] for one in found if one)
    return [one[1] for one in found if one]


async def test_the_same_as_on_a_socket(served: Address) -> None:
    started = await hands.start(6)
    async with browser(served) as web, talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        streaming = asyncio.create_task(all_of(web, started))
        listening = asyncio.create_task(client.hear_all())
        await hands.soon(lambda: len(hub.hub()._feeds.get(started.job.pk, hub._Feed(0)).followers) == 2)
        await hands.turn(started.job.pk)
        assert await streaming == events_of(await listening) == await hands.told(started.job.pk)


async def test_a_client_that_comes_back_gets_what_it_has_not_seen(served: Address) -> None:
    started = await hands.completed(4)
    told = await hands.told(started.job.pk)
    async with browser(served) as web:
        for seen in (0, 1, len(told) - 1, len(told), len(told) + 99):
            assert await all_of(web, started, Last_Event_ID=str(seen)) == told[seen:]


@pytest.mark.parametrize("wrong", ["-1", "x", "1.5", "²"])
async def test_a_last_event_id_that_is_none_is_refused(served: Address, wrong: str) -> None:
    started = await hands.start(1)
    async with browser(served) as web:
        headers: Any = {**bearer(started), "Last-Event-ID": wrong.encode()}
        reply = await web.get(path(started), headers=headers)
    assert reply.status_code == 400 and reply.json()["error"]["code"] == "INVALID_QUERY"


async def test_a_comment_now_and_then_keeps_the_line_open(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.02)
    started = await hands.start(1)
    async with browser(served) as web, web.stream("GET", path(started), headers=bearer(started)) as reply:
        stream = blocks(reply)
        assert [await anext(stream) for _ in range(3)] == [": follows", ": still here", ": still here"]
        await hands.turn(started.job.pk)
        kinds = [found[1]["type"] async for block in stream if (found := understood(block))]
    assert kinds[0] == "job_started" and kinds[-1] == "job_complete"


async def test_a_client_that_leaves_leaves_no_follower_behind(served: Address) -> None:
    started = await hands.start(1)
    async with browser(served) as web:
        async with web.stream("GET", path(started), headers=bearer(started)) as reply:
            stream = blocks(reply)
            assert await anext(stream) == ": follows"
            await hands.soon(lambda: started.job.pk in hub.hub()._feeds)
        await hands.nobody_left()


async def test_head_does_not_hang_and_leaves_no_follower_behind(served: Address) -> None:
    started = await hands.start(1)
    async with browser(served) as web:
        reply = await web.head(path(started), headers=bearer(started))
        assert reply.status_code == 200 and reply.headers["content-type"] == "text/event-stream" and reply.content == b""
        assert (await web.get("/livez")).status_code == 200  # the connection is not spoilt
    await hands.nobody_left()


async def test_a_server_that_stops_ends_the_stream_without_an_end_of_the_job(served: Address) -> None:
    started = await hands.start(1)
    async with browser(served) as web:
        streaming = asyncio.create_task(all_of(web, started))
        await hands.soon(lambda: started.job.pk in hub.hub()._feeds)
        await asgi.hang_up()
        assert await streaming == []


async def test_without_its_token_no_job_is_followed(served: Address) -> None:
    mine, other = await hands.start(1), await hands.start(1)
    async with browser(served) as web:
        for headers in ({}, bearer(other), {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {mine.token}"}):
            reply = await web.get(path(mine), headers=headers)
            assert reply.status_code == 401 and reply.json()["error"]["code"] == "UNAUTHORIZED"
        assert (await web.get(f"{path(mine)}?token={mine.token}")).status_code == 401  # addresses are logged


async def test_without_redis_the_client_is_told_to_come_back(served: Address, settings: Any) -> None:
    started = await hands.start(1)
    url = settings.REDIS_URL
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    async with browser(served) as web:
        reply = await web.get(path(started), headers=bearer(started))
    assert reply.status_code == 503 and reply.json()["error"]["retryable"] is True
    await redis.close()
    settings.REDIS_URL = url


async def test_a_stream_ends_when_its_token_dies(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(sse, "LOOK_AFTER_S", 0.02)
    started = await hands.start(3)
    async with browser(served) as web, web.stream("GET", path(started), headers=bearer(started)) as reply:
        found = blocks(reply)
        assert await anext(found) == ": follows"
        await hands.set_row(started.job.pk, token_digest="0" * 64)
        assert [block async for block in found if not block.startswith(":")] == []


async def test_a_stream_takes_a_place_and_gives_it_back(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS_SOCKETS_PER_JOB", "1")
    started = await hands.start(3)
    async with browser(served) as web:
        async with web.stream("GET", path(started), headers=bearer(started)) as first:
            found = blocks(first)
            assert await anext(found) == ": follows"
            second = await web.get(path(started), headers=bearer(started))
            assert second.status_code == 429 and second.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
        await hands.nobody_left()
        await hands.turn(started.job.pk)
        assert (await web.get(path(started), headers=bearer(started))).status_code == 200
