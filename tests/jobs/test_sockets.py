"""The progress channel over real sockets: who is let in, what is heard, what may be said, and how it ends."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import msgpack
import orjson
import pytest
from django.db import connection
from django.utils import timezone

from bookstrack import asgi
from bookstrack.lib import clock, redis
from bookstrack.lib.db import in_db
from jobs import consumers, places, services, sockets, tokens, upkeep
from jobs.states import State
from tests.jobs import hands
from tests.jobs.drills import counting
from tests.jobs.hands import Address, events_of, refused, talking

UNAUTHORIZED = (401, "UNAUTHORIZED")
SUBPROTOCOL = "bookstrack-auth."


async def refusal(url: str, **more: Any) -> tuple[int, str]:
    status, body = await refused(url, **more)
    return status, body["error"]["code"]


def whole(found: list[dict[str, Any]], after: int = 0) -> bool:
    """Whether these are all events after a seq, in order, once, until the last."""
    seqs = [one["seq"] for one in events_of(found)]
    return seqs == list(range(after + 1, after + 1 + len(seqs))) and bool(seqs)


# -- who is let in
@pytest.mark.parametrize("way", ["query", "header", "subprotocol"])
async def test_a_token_may_come_in_three_ways(served: Address, way: str) -> None:
    started = await hands.completed(3)
    query = {"jobId": started.job.pk} | ({"token": started.token} if way == "query" else {})
    headers = {"Authorization": f"Bearer {started.token}"} if way == "header" else None
    protocols = [SUBPROTOCOL + started.token] if way == "subprotocol" else None
    async with talking(served.socket(**query), headers=headers, protocols=protocols) as client:
        assert client.socket.subprotocol == (SUBPROTOCOL + started.token if protocols else None)
        found = await client.hear_all()
    assert found[0]["type"] == "connected" and found[-1]["type"] == "job_complete" and whole(found)
    assert client.socket.close_code == 1000


async def test_who_has_no_valid_token_is_refused_with_the_reason(served: Address) -> None:
    mine, other, expired = [await hands.start(2) for _ in range(3)]
    await hands.set_row(expired.job.pk, token_expires_at=timezone.now() - timedelta(seconds=1))
    assert await refusal(served.socket(jobId=mine.job.pk)) == UNAUTHORIZED
    assert await refusal(served.socket(jobId=mine.job.pk, token="wrong")) == UNAUTHORIZED
    assert await refusal(served.socket(jobId=mine.job.pk, token=other.token)) == UNAUTHORIZED
    assert await refusal(served.socket(jobId="never-heard-of", token=mine.token)) == UNAUTHORIZED
    assert await refusal(served.socket(jobId=expired.job.pk, token=expired.token)) == (401, "TOKEN_EXPIRED")
    assert await refusal(served.socket(jobId=expired.job.pk, token=mine.token)) == UNAUTHORIZED


async def test_a_job_whose_events_have_expired_is_not_followed_for_ever(served: Address) -> None:
    started = await hands.completed(1)
    await hands.set_row(started.job.pk, ended_at=timezone.now() - timedelta(hours=25))
    await upkeep.purge()
    assert await refusal(served.socket(jobId=started.job.pk, token=started.token)) == (404, "NOT_FOUND")


async def test_a_refusal_is_an_envelope_with_the_requests_id(served: Address) -> None:
    status, body = await refused(served.socket(jobId="none", token="wrong"), headers={"X-Request-ID": "my-id"})
    assert status == 401 and body["success"] is False and body["data"] is None and body["metadata"]["traceId"] == "my-id"


WRONG: list[tuple[dict[str, str], str]] = [
    ({}, "jobId"),
    ({"jobId": ""}, "jobId"),
    ({"jobId": "x" * 129}, "jobId"),
    ({"jobId": "a%0A"}, "jobId"),
    ({"jobId": "%00"}, "jobId"),
    ({"jobId": "a", "lastSeq": "-1"}, "lastSeq"),
    ({"jobId": "a", "lastSeq": "abc"}, "lastSeq"),
    ({"jobId": "a", "lastSeq": "1.5"}, "lastSeq"),
    ({"jobId": "a", "lastSeq": "%D9%A3"}, "lastSeq"),
    ({"jobId": "a", "protocol": "3"}, "protocol"),
    ({"jobId": "a", "encoding": "xml"}, "encoding"),
]


async def test_an_address_that_makes_no_sense_is_refused_with_the_name_of_the_field(served: Address) -> None:
    for query, field in WRONG:
        status, body = await refused(served.socket(**query))
        assert (status, body["error"]["code"], body["error"]["details"]["field"]) == (400, "INVALID_QUERY", field), query


async def test_another_path_is_no_channel(served: Address) -> None:
    from websockets.exceptions import InvalidStatus

    for path in ("/ws/", "/ws/progress/", "/v1/jobs/x", "/"):
        with pytest.raises(InvalidStatus) as caught:
            async with talking(f"ws://{served.host}:{served.port}{path}"):
                pass
        assert caught.value.response.status_code == 403


async def test_without_redis_nobody_is_let_in(served: Address, settings: Any) -> None:
    started = await hands.start(2)
    url = settings.REDIS_URL
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert await refusal(served.socket(jobId=started.job.pk, token=started.token)) == (503, "SERVICE_UNAVAILABLE")
    await redis.close()
    settings.REDIS_URL = url


# -- the oldest clients
async def test_who_connects_before_its_job_exists_gets_all_of_it_in_protocol_1(served: Address) -> None:
    async with talking(served.socket(jobId="mine")) as client:
        assert (await client.hear())["type"] == "connected"
        await hands.start(3, job_id="mine")
        await hands.turn("mine")
        found = await client.hear_all()
    assert {one["type"] for one in found} == {"progress"} and all(one["jobId"] == "mine" and "seq" not in one for one in found)
    assert found[-1]["data"] == {
        "progress": 1.0, "processedItems": 3, "totalItems": 3, "currentStatus": "completed", "currentWorkId": "", "error": None,
    }  # fmt: skip
    assert client.socket.close_code == 1000


async def test_ready_ack_of_protocol_1_has_its_timestamp(served: Address) -> None:
    async with talking(served.socket(jobId="mine")) as client:
        await client.hear()
        await client.say(type="ready")
        said = await client.hear()
    assert said["type"] == "ready_ack" and said["timestamp"] > 1_700_000_000_000


async def test_a_job_that_exists_is_not_seen_without_its_token(served: Address) -> None:
    await hands.start(1, job_id="waits")
    await hands.start(1, job_id="ended")
    await hands.turn("ended")
    assert await refusal(served.socket(jobId="waits")) == await refusal(served.socket(jobId="ended")) == UNAUTHORIZED


async def test_a_socket_without_a_token_cancels_nothing(served: Address) -> None:
    async with talking(served.socket(jobId="mine", protocol=2)) as client:
        await client.hear()
        await hands.start(3, job_id="mine")
        await client.say(type="cancel")
        assert (await client.hear())["payload"]["code"] == "UNAUTHORIZED"
    assert (await hands.fresh("mine")).place is State.QUEUED


async def test_a_setting_closes_the_door_to_the_oldest_clients(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS_REQUIRE_TOKEN", "1")
    assert await refusal(served.socket(jobId="mine")) == UNAUTHORIZED


async def test_a_socket_whose_job_never_comes_is_closed_and_others_are_not(served: Address) -> None:
    started = await hands.start(1)
    async with (
        talking(served.socket(jobId="mine")) as waits,
        talking(served.socket(jobId=started.job.pk, token=started.token)) as follows,
    ):
        await waits.hear()
        await follows.hear()
        await sockets._close_silent(clock.monotonic_s() + sockets.JOB_AWAITED_S - 5)
        assert not waits.socket.close_code
        await sockets._close_silent(clock.monotonic_s() + sockets.JOB_AWAITED_S + 5)
        assert await waits.closed() == (1008, "no job came")
        await follows.say(type="ping")
        assert (await follows.hear())["type"] == "pong"


# -- what is heard
async def test_whenever_clients_connect_and_reconnect_they_hear_everything_once(served: Address) -> None:
    chance = random.Random(7)
    started = await hands.start(60, delay_s=0.04)

    async def client_that_comes_and_goes() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        await asyncio.sleep(chance.random() * 0.5)
        while not found or found[-1]["type"] != "job_complete":
            url = served.socket(jobId=started.job.pk, token=started.token, lastSeq=found[-1]["seq"] if found else 0)
            async with talking(url) as client:
                for _ in range(chance.randint(2, 12)):
                    said = await client.hear()
                    found += events_of([said])
                    if said["type"] == "job_complete":
                        break
            await asyncio.sleep(chance.random() * 0.05)
        return found

    _, *everybody = await asyncio.gather(hands.turn(started.job.pk), *(client_that_comes_and_goes() for _ in range(8)))
    told = await hands.told(started.job.pk)
    assert all(found == told for found in everybody)


async def test_what_a_client_has_seen_it_does_not_hear_again(served: Address) -> None:
    started = await hands.completed(3)
    last = (await hands.fresh(started.job.pk)).last_seq
    for seen in (0, 2, last - 1, last, last + 50, 10**15):
        async with talking(served.socket(jobId=started.job.pk, token=started.token, lastSeq=seen)) as client:
            found = await client.hear_all()
        assert found[0]["type"] == "connected" and found[0]["payload"]["lastSeq"] == last and "seq" not in found[0]
        assert [one["seq"] for one in found[1:]] == list(range(seen + 1, last + 1))
        assert client.socket.close_code == 1000


async def test_a_client_that_claims_to_have_seen_what_is_not_yet_hears_it_all_the_same(served: Address) -> None:
    started = await hands.start(5)
    async with talking(served.socket(jobId=started.job.pk, token=started.token, lastSeq=10**6)) as client:
        await client.hear()
        await client.say(type="subscribe", jobId=started.job.pk, token=started.token)
        await client.hear_until("error")
        await hands.turn(started.job.pk)
        assert events_of(await client.hear_all()) == await hands.told(started.job.pk)


async def test_a_client_that_comes_back_to_a_running_job_hears_where_it_stands(served: Address) -> None:
    started = await hands.start(10)
    await hands.dead_worker(started.job.pk, done=4)
    await hands.wrote(started.job.pk, 5)
    async with talking(served.socket(jobId=started.job.pk, token=started.token, lastSeq=3)) as client:
        found = await client.hear_until("job_progress")
    assert [one["type"] for one in found] == ["connected", "reconnected", "job_progress"]
    said = found[1]["payload"]
    assert said["processedCount"] == said["processed_count"] and said["totalCount"] == said["total_count"] == 10
    assert said["lastUpdate"] == said["last_update"] and {"progress", "status"} <= said.keys() and "seq" not in found[1]


async def test_messagepack_is_the_same_in_bytes(served: Address) -> None:
    started = await hands.completed(3)
    async with talking(served.socket(jobId=started.job.pk, token=started.token, encoding="msgpack")) as client:
        await client.socket.send(msgpack.packb({"type": "ping"}))
        found = [msgpack.unpackb(frame) async for frame in client.socket if isinstance(frame, bytes)]
    assert events_of(found) == await hands.told(started.job.pk)


async def test_protocol_1_is_had_with_a_token_too(served: Address) -> None:
    started = await hands.completed(3)
    async with talking(served.socket(jobId=started.job.pk, token=started.token, protocol=1)) as client:
        found = await client.hear_all()
    assert [one["type"] for one in found] == ["connected"] + ["progress"] * (len(found) - 1) and found[-1]["data"]["progress"] == 1.0


async def test_pipeline_is_never_null(served: Address) -> None:
    started = await hands.completed(1)
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.say(type="ready")
        found = await client.hear_all()
    assert all(one.get("pipeline", "counting") == "counting" for one in found)


# -- what may be said
async def open_job(count: int = 3) -> services.Started:
    """A job that nobody works on, whose socket stays open."""
    return await hands.start(count)


async def test_answers(served: Address) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.hear()
        for said, answer in [
            ({"type": "ready"}, "ready_ack"), ({"type": "ping"}, "pong"), ({"type": "ack", "seq": 1}, "ack"),
            ({"type": "ack"}, "ack"), ({"type": "ack", "seq": "x"}, "ack"),
        ]:  # fmt: skip
            await client.say(**said)
            assert (await client.hear())["type"] == answer
        await client.socket.send("PING")
        assert (await client.hear())["type"] == "pong"
        await client.say(type="pong")
        await client.socket.send("PONG")
        await client.say(type="ready")
        assert (await client.hear())["type"] == "ready_ack"


NONSENSE: list[Any] = [
    "", "ping", "{", "[]", "null", '"x"', "{}", '{"type":5}', '{"type":"unknown"}', '{"type":"nonsense"}',
    '{"type":"websocket_disconnect"}',
    '{"type":"subscribe"}', '{"type":"subscribe","jobId":5,"token":"x"}', '{"type":"subscribe","jobId":"a","token":"b","lastSeq":-1}',
    "[" * 50_000, "x" * 100_000, b"", b"\x00\xff", b'{"type":"ping"}',
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_nonsense_gets_an_error_and_the_socket_stays(served: Address, encoding: str) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token, encoding=encoding)) as client:
        await client.socket.recv()
        for frame in NONSENSE:
            await client.socket.send(frame)
            raw = await client.socket.recv()
            said = orjson.loads(raw) if isinstance(raw, str) else msgpack.unpackb(raw)
            assert (said["type"], said["payload"]["code"]) == ("error", "PROTOCOL_ERROR"), frame[:50]
            await client.socket.send("PING")
            await client.socket.recv()


@pytest.mark.parametrize("frame", ["nonsense", '{"type":"subscribe","jobId":"a"}'])
async def test_nine_times_nonsense_is_borne_and_the_tenth_closes(served: Address, frame: str) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.hear()
        for _ in range(9):
            await client.socket.send(frame)
            assert (await client.hear())["payload"]["code"] == "PROTOCOL_ERROR"
        await client.say(type="ping")
        assert (await client.hear())["type"] == "pong"
        for _ in range(10):  # counted anew
            await client.socket.send(frame)
        code, _ = await client.closed()
    assert code == 1002


async def test_a_message_of_a_megabyte_is_borne_and_a_larger_one_closes(served: Address) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.hear()
        await client.socket.send("x" * 2**20)
        assert (await client.hear())["payload"]["code"] == "PROTOCOL_ERROR"
        await client.socket.send("x" * (2**20 + 1))
        assert (await client.closed())[0] == 1009


async def test_a_job_is_canceled_by_its_socket(served: Address) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.say(type="cancel")
        found = await client.hear_all()
    assert found[-1]["type"] == "job_canceled" and client.socket.close_code == 1000
    assert (await hands.fresh(started.job.pk)).place is State.CANCELED


async def test_a_running_job_is_canceled_by_its_socket(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting.Counting, "item_timeout_s", 60)
    started = await hands.start(12, hang_at=5)
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        working = asyncio.create_task(hands.turn(started.job.pk))
        await client.hear_until("job_progress")
        await client.say(type="cancel", jobId=started.job.pk)
        found = await client.hear_all()
        assert found[-1]["type"] == "job_canceled" and found[-1]["payload"]["processedCount"] == (await working).processed_count


async def test_a_socket_follows_more_jobs_and_closes_after_the_last(served: Address) -> None:
    first, second, third = await open_job(), await open_job(), await hands.completed(2)
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        for one in (second, third):
            await client.say(type="subscribe", jobId=one.job.pk, token=one.token)
        found = await client.hear_until("job_complete")
        assert [one["jobId"] for one in found if one["type"] == "connected"] == [second.job.pk, third.job.pk]
        for one in (first, second):
            await hands.turn(one.job.pk)
        found += await client.hear_all()
    assert client.socket.close_code == 1000
    for one in (first, second, third):
        assert events_of([said for said in found if said["jobId"] == one.job.pk]) == await hands.told(one.job.pk)


async def test_subscribing_after_a_seq(served: Address) -> None:
    first, second = await open_job(), await hands.completed(2)
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        await client.say(type="subscribe", jobId=second.job.pk, token=second.token, lastSeq=2)
        found = await client.hear_until("job_complete")
    assert whole(found, after=2)


async def test_a_job_is_subscribed_with_its_token_only(served: Address) -> None:
    first, second = await open_job(), await open_job()
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        for job_id, token in [
            (second.job.pk, first.token),
            ("never-heard-of", first.token),
            ("a\u0000b", "x"),
            ("\u0000", ""),
            ("x" * 5000, "x"),
        ]:
            await client.say(type="subscribe", jobId=job_id, token=token)
            said = await client.hear()
            assert (said["type"], said["payload"]["code"]) == ("error", "UNAUTHORIZED"), job_id[:20]
        await client.say(type="subscribe", jobId=first.job.pk, token=first.token)
        assert (await client.hear())["payload"]["code"] == "ALREADY_SUBSCRIBED"
        await client.say(type="cancel", jobId=second.job.pk)
        assert (await client.hear())["payload"]["code"] == "UNAUTHORIZED"
    assert (await hands.fresh(second.job.pk)).place is State.QUEUED


async def test_what_is_unsubscribed_is_heard_no_more(served: Address) -> None:
    first, second = await open_job(), await open_job()
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        await client.say(type="subscribe", jobId=second.job.pk, token=second.token)
        await client.hear()
        await client.say(type="unsubscribe", jobId=second.job.pk)
        await client.say(type="ping")
        assert (await client.hear())["type"] == "pong"
        await hands.turn(second.job.pk)
        await client.say(type="unsubscribe", jobId=second.job.pk)
        assert (await client.hear())["payload"]["code"] == "NOT_SUBSCRIBED"
        await client.say(type="cancel", jobId=second.job.pk)
        assert (await client.hear())["payload"]["code"] == "UNAUTHORIZED"
        await client.say(type="subscribe", jobId=second.job.pk, token=second.token)
        assert whole(await client.hear_until("job_complete"))


async def test_a_socket_follows_only_so_many_jobs(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "MAX_JOBS", 2)
    first, second, third = [await open_job() for _ in range(3)]
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        await client.say(type="subscribe", jobId=second.job.pk, token=second.token)
        await client.hear()
        await client.say(type="subscribe", jobId=third.job.pk, token=third.token)
        assert (await client.hear())["payload"]["code"] == "TOO_MANY_JOBS"


# -- places
async def test_a_job_has_ten_places_and_a_place_that_is_freed_is_had_again(served: Address) -> None:
    started = await open_job()
    url = served.socket(jobId=started.job.pk, token=started.token)
    async with asyncio.TaskGroup() as group:
        leave = [asyncio.Event() for _ in range(10)]
        inside = 0

        async def sits(until: asyncio.Event) -> None:
            nonlocal inside
            async with talking(url) as client:
                await client.hear()
                inside += 1
                await until.wait()
            inside -= 1

        for event in leave:
            group.create_task(sits(event))
        await hands.soon(lambda: inside == 10)
        async with talking(url) as client:
            code, reason = await client.closed()
        assert code == 1008 and "too many sockets" in str(reason) and started.token not in str(reason)
        leave[0].set()
        await hands.soon(lambda: inside == 9)

        async def tries() -> bool:
            async with talking(url) as client:
                return await client.hear_or_none() is not None

        await hands.soon(tries)
        for event in leave:
            event.set()


async def test_a_client_has_so_many_places_over_all_jobs(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS_SOCKETS_PER_CLIENT", "2")
    jobs = [await open_job() for _ in range(3)]
    urls = [served.socket(jobId=one.job.pk, token=one.token) for one in jobs]
    async with talking(urls[0]) as first, talking(urls[1]) as second:
        await first.hear()
        await second.hear()
        async with talking(urls[2]) as third:
            code, reason = await third.closed()
        assert code == 1008 and "this address" in str(reason)


async def test_places_of_a_process_that_was_killed_become_free_when_they_are_needed(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS_SOCKETS_PER_JOB", "2")
    await places.take("j", "c", "killed:1")
    await places.take("j", "c", "killed:2")
    mine = [places.new_member() for _ in range(3)]
    await places.take("j", "c", mine[0])
    await places.take("j", "c", mine[1])
    await places.take("j", "c", mine[1])  # its own
    with pytest.raises(places.Full):
        await places.take("j", "c", mine[2])


async def test_a_place_that_nobody_renews_becomes_free_by_itself(shop: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRESS_SOCKETS_PER_JOB", "1")
    monkeypatch.setattr(places, "HELD_S", -1)
    await places.take("j", "c", places.new_member())
    monkeypatch.setattr(places, "HELD_S", 75)
    await places.take("j", "c", places.new_member())
    with pytest.raises(places.Full):
        await places.take("j", "c", places.new_member())


async def test_places_of_open_sockets_are_renewed(served: Address) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.hear()
        key = f"sockets:job:{started.job.pk}"
        await redis.client().delete(key)  # Redis lost it
        await sockets._renew_places()
        assert await redis.client().zcard(key) == 1


# -- the end
async def test_a_token_that_dies_closes_its_sockets_and_no_others(served: Address) -> None:
    refreshed, expired, valid = [await open_job() for _ in range(3)]
    async with (
        talking(served.socket(jobId=refreshed.job.pk, token=refreshed.token)) as first,
        talking(served.socket(jobId=expired.job.pk, token=expired.token)) as second,
        talking(served.socket(jobId=valid.job.pk, token=valid.token)) as third,
    ):
        for client in (first, second, third):
            await client.hear()
        await sockets._close_without_token()
        await hands.set_row(refreshed.job.pk, token_expires_at=timezone.now() + timedelta(minutes=10))
        await services.refresh(refreshed.job.pk, refreshed.token)
        await hands.set_row(expired.job.pk, token_expires_at=timezone.now() - timedelta(seconds=1))
        await sockets._close_without_token()
        for client in (first, second):
            code, reason = await client.closed()
            assert code == 1008 and "token" in str(reason)
        await third.say(type="ping")
        assert (await third.hear())["type"] == "pong"


async def test_a_token_of_a_subscribed_job_that_dies_closes_the_socket_too(served: Address) -> None:
    first, second = await open_job(), await open_job()
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        await client.say(type="subscribe", jobId=second.job.pk, token=second.token)
        await client.hear()
        await hands.set_row(second.job.pk, token_digest=tokens.digest("another"))
        await sockets._close_without_token()
        assert (await client.closed())[0] == 1008


async def test_a_socket_that_is_silent_is_closed_and_one_that_speaks_is_not(served: Address) -> None:
    started = await open_job()
    url = served.socket(jobId=started.job.pk, token=started.token)
    async with talking(url) as silent, talking(url) as speaks:
        await silent.hear()
        await speaks.hear()
        for socket in sockets._open:
            socket.heard_s -= sockets.SILENT_S + 1
        await speaks.say(type="pong")
        await speaks.say(type="ping")
        await speaks.hear()
        await sockets._close_silent(clock.monotonic_s())
        assert await silent.closed() == (1008, "silent for five minutes")
        await speaks.say(type="ping")
        assert (await speaks.hear())["type"] == "pong"


async def test_open_sockets_are_pinged(served: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "TICK_S", 0.01)
    monkeypatch.setattr(sockets, "PING_EVERY_S", 0.02)
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.hear()
        keeping = asyncio.create_task(sockets.keep())
        assert [(await client.hear())["type"] for _ in range(2)] == ["ping", "ping"]
        keeping.cancel()


async def test_a_server_that_stops_sends_its_clients_away_to_come_back(served: Address) -> None:
    jobs = [await open_job() for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        opened = asyncio.Semaphore(0)

        async def client_of(started: services.Started) -> tuple[int | None, str | None]:
            async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
                await client.hear()
                opened.release()
                return await client.closed()

        ends = [group.create_task(client_of(started)) for started in jobs]
        for _ in jobs:
            await opened.acquire()
        await asgi.hang_up()
    for end in ends:
        code, reason = end.result()
        assert code == 1001 and "lastSeq" in str(reason)


async def test_a_client_that_vanishes_leaves_nothing_behind(served: Address) -> None:
    started = await open_job()
    async with talking(served.socket(jobId=started.job.pk, token=started.token)) as client:
        await client.hear()
        client.socket.transport.abort()
    await hands.nobody_left()


async def test_a_database_that_goes_away_in_the_middle_leaves_nothing_behind(served: Address) -> None:
    def rename(old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")

    first, second = await open_job(), await open_job()
    async with talking(served.socket(jobId=first.job.pk, token=first.token)) as client:
        await client.hear()
        await in_db(rename, "jobs_job", "jobs_away")
        try:
            await client.say(type="subscribe", jobId=second.job.pk, token=second.token)
            said = await client.hear_or_none()
        finally:
            await in_db(rename, "jobs_away", "jobs_job")
    assert said["type"] == "error" if said else client.socket.close_code == 1011
    await hands.nobody_left()
