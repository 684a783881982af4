"""Use-cases: starting once, seeing with the token only, canceling, results while it runs and afterwards."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from bookstrack.lib.errors import ApiError, BadInput, JobExists, RefreshTooEarly, TokenExpired, Unauthorized, Unavailable
from jobs import events, queue, services, tokens, upkeep
from jobs.models import DeadLetter, Job, JobItem, JobMove
from jobs.states import State
from tests.jobs import hands
from tests.jobs.drills import counting
from tests.jobs.test_upkeep import tickets

pytestmark = pytest.mark.usefixtures("shop")


async def start(
    key: str | None = None, body: bytes = b"{}", *, client: str = "192.0.2.1", route: str = "r", job_id: str | None = None
) -> services.Started:
    return await services.start(
        pipeline="counting", payload={"count": 2}, total=2, job_id=job_id, client=client, route=route, key=key, body=body
    )


async def no_redis(settings: Any) -> None:
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


# -- starting
async def test_a_started_job_waits_in_its_queue() -> None:
    started = await start()
    job = await hands.fresh(started.job.pk)
    assert (job.place, job.pipeline, job.queue, job.total_count, job.payload) == (State.QUEUED, "counting", "default", 2, {"count": 2})
    assert tickets() == [job.pk] and job.trace_id and job.client == "192.0.2.1"
    assert timedelta(minutes=119) < job.token_expires_at - timezone.now() <= timedelta(hours=2)
    moves = await in_db(lambda: list(JobMove.objects.filter(job=job).values_list("source", "target")))
    assert moves == [("", "queued")]


async def test_the_token_is_stored_nowhere() -> None:
    started = await start()
    row = await in_db(Job.objects.values_list().get, pk=started.job.pk)
    assert started.token not in str(row)
    with queue._connection() as connection:
        for key in connection.scan_iter("*"):
            kind = connection.type(key)
            stored = connection.hgetall(key) if kind == b"hash" else connection.lrange(key, 0, -1) if kind == b"list" else b""
            assert started.token not in str(stored)


async def test_what_a_start_answers() -> None:
    started = await start(job_id="my-job")
    assert services.accepted(started, base_url="https://books.example") == {
        "jobId": "my-job",
        "token": started.token,
        "authToken": started.token,
        "expiresIn": 7200,
        "websocketUrl": "wss://books.example/ws/progress?jobId=my-job",
        "sseUrl": "https://books.example/v1/jobs/my-job/events",
        "statusUrl": "https://books.example/v1/jobs/my-job",
        "resultsUrl": "https://books.example/v1/jobs/my-job/results",
    }


async def test_a_used_job_id_changes_nothing_and_gives_no_token() -> None:
    first = await start(job_id="mine")
    before = await in_db(lambda: Job.objects.values().get(pk="mine"))
    with pytest.raises(JobExists) as caught:
        await start(job_id="mine", client="198.51.100.9")
    assert first.token not in str(caught.value.details) + caught.value.message
    assert await in_db(lambda: Job.objects.values().get(pk="mine")) == before
    assert tickets() == ["mine"]


async def test_a_job_id_stays_taken_after_the_end() -> None:
    await start(job_id="mine")
    await hands.turn("mine")
    with pytest.raises(JobExists):
        await start(job_id="mine")
    assert (await hands.fresh("mine")).place is State.COMPLETED


async def test_of_many_that_want_one_job_id_at_once_one_gets_it() -> None:
    found = await asyncio.gather(*(start(job_id="mine") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, services.Started) for one in found) == 1
    assert sum(isinstance(one, JobExists) for one in found) == 7
    assert tickets() == ["mine"]


@pytest.mark.parametrize(
    ("given", "taken"), [((None, ""), None), (("abc", ""), "abc"), (("a_-9", "a_-9"), "a_-9"), (("x" * 128,), "x" * 128)]
)
def test_job_ids_that_a_client_may_choose(given: tuple[object, ...], taken: str | None) -> None:
    assert services.checked_job_id(*given) == taken


@pytest.mark.parametrize("given", [("a", "b"), ("a b",), ("x" * 129,), ("ä",), ("a\n",), (5,), ("../x",), ("a:b",)])
def test_job_ids_that_are_none(given: tuple[object, ...]) -> None:
    with pytest.raises(BadInput) as caught:
        services.checked_job_id(*given)
    assert caught.value.details == {"field": "jobId"}


@pytest.mark.parametrize("given", [[], {}, ["a"], {"a": 1}], ids=str)
def test_a_job_id_of_another_type_is_refused_too(given: object) -> None:
    with pytest.raises(BadInput):
        services.checked_job_id(given)


async def test_without_redis_nothing_is_half_started(settings: Any) -> None:
    url = settings.REDIS_URL
    await no_redis(settings)
    with pytest.raises(Unavailable) as caught:
        await start("key", job_id="mine")
    assert (caught.value.status, caught.value.retryable, caught.value.headers["Retry-After"]) == (503, True, "5")
    assert not await in_db(Job.objects.exists) and not await in_db(JobMove.objects.exists)
    await redis.close()
    settings.REDIS_URL = url
    assert (await start("key", job_id="mine")).job.pk == "mine"


def test_a_queue_that_goes_away_in_the_middle_leaves_no_job(settings: Any) -> None:
    from jobs import starting

    job = starting._new("counting", {"count": 1}, 1, "192.0.2.1")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with pytest.raises(Unavailable):
        starting._started(job, "mine")
    assert not Job.objects.exists()


# -- the same request twice
async def test_the_same_key_and_body_get_the_first_answer() -> None:
    first = await start("key")
    again = await start("key")
    assert (again.job.pk, again.token) == (first.job.pk, first.token)
    assert await in_db(Job.objects.count) == 1 and tickets() == [first.job.pk]
    await hands.turn(first.job.pk)
    assert (await start("key")).token == first.token


async def test_the_same_key_for_another_body_is_refused() -> None:
    first = await start("key", b"a")
    with pytest.raises(JobExists) as caught:
        await start("key", b"b")
    assert caught.value.details == {"field": "Idempotency-Key"} and first.token not in caught.value.message
    assert await in_db(Job.objects.count) == 1


async def test_a_key_is_its_clients_and_its_routes() -> None:
    found = [await start("key"), await start("key", client="198.51.100.9"), await start("key", route="other"), await start("other")]
    assert len({one.job.pk for one in found}) == len({one.token for one in found}) == 4


async def test_a_key_is_forgotten_after_a_day() -> None:
    first = await start("key", b"a")
    await hands.set_row(first.job.pk, created_at=timezone.now() - timedelta(hours=24, minutes=1))
    second = await start("key", b"b")
    assert second.job.pk != first.job.pk
    assert (await start("key", b"b")).job.pk == second.job.pk
    assert (await services.authorised(first.job.pk, first.token)).pk == first.job.pk


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_of_no_use_is_refused(key: str) -> None:
    with pytest.raises(BadInput):
        await start(key)
    assert not await in_db(Job.objects.exists)


def test_of_eight_at_once_with_one_key_one_job_comes(transactional_db: None) -> None:
    found: list[tuple[str, str]] = []
    gate = threading.Barrier(8)

    def one() -> None:
        async def run() -> None:
            gate.wait(10)
            started = await start("key")
            found.append((started.job.pk, started.token))
            await redis.close()

        asyncio.run(run())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert Job.objects.count() == 1 and len(tickets()) == 1


# -- who may
async def refused(job_id: str, token: str | None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await services.authorised(job_id, token)
    return caught.value


async def test_an_unknown_job_and_a_foreign_token_are_told_apart_by_nothing() -> None:
    mine, other = await start(), await start()
    answers = [
        await refused(mine.job.pk, other.token),
        await refused(mine.job.pk, "wrong"),
        await refused(mine.job.pk, "x" * 5000),
        await refused("never-heard-of", mine.token),
    ]
    assert {(type(one), one.message, one.status, str(one.details)) for one in answers} == {(Unauthorized, answers[0].message, 401, "{}")}


@pytest.mark.parametrize("nothing", [None, ""])
async def test_no_token_is_no_token(nothing: str | None) -> None:
    assert (await refused((await start()).job.pk, nothing)).code == "UNAUTHORIZED"


async def test_that_a_token_has_expired_is_told_to_its_owner_only() -> None:
    mine, other = await start(), await start()
    await hands.set_row(mine.job.pk, token_expires_at=timezone.now() - timedelta(seconds=1))
    assert isinstance(await refused(mine.job.pk, mine.token), TokenExpired)
    assert type(await refused(mine.job.pk, other.token)) is Unauthorized


async def in_window(job_id: str) -> None:
    await hands.set_row(job_id, token_expires_at=timezone.now() + timedelta(minutes=10))


async def test_a_token_is_refreshed_and_the_old_one_dies_at_once() -> None:
    started = await start()
    await in_window(started.job.pk)
    token, expires_at = await services.refresh(started.job.pk, started.token)
    assert token != started.token and timedelta(minutes=119) < expires_at - timezone.now() <= timedelta(hours=2)
    assert (await services.authorised(started.job.pk, token)).token_expires_at == expires_at
    assert type(await refused(started.job.pk, started.token)) is Unauthorized
    with pytest.raises(Unauthorized):
        await services.refresh(started.job.pk, started.token)
    with pytest.raises(RefreshTooEarly):
        await services.refresh(started.job.pk, token)


async def test_a_refresh_that_comes_too_early_says_from_when() -> None:
    started = await start()
    with pytest.raises(RefreshTooEarly) as caught:
        await services.refresh(started.job.pk, started.token)
    assert caught.value.status == 401 and caught.value.details["refreshableFrom"] < caught.value.details["expiresAt"]
    assert (await services.authorised(started.job.pk, started.token)).pk == started.job.pk


async def test_nobody_refreshes_with_an_expired_a_wrong_or_a_foreign_token() -> None:
    mine, other = await start(), await start()
    await in_window(mine.job.pk)
    for wrong in (other.token, "wrong", ""):
        with pytest.raises(Unauthorized):
            await services.refresh(mine.job.pk, wrong)
    await hands.set_row(mine.job.pk, token_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        await services.refresh(mine.job.pk, mine.token)


async def test_of_two_refreshes_at_once_one_wins() -> None:
    started = await start()
    await in_window(started.job.pk)
    found = await asyncio.gather(*(services.refresh(started.job.pk, started.token) for _ in range(4)), return_exceptions=True)
    won = [one for one in found if isinstance(one, tuple)]
    assert len(won) == 1 and all(isinstance(one, Unauthorized) for one in found if one not in won)
    await services.authorised(started.job.pk, won[0][0])


async def test_dead_tokens() -> None:
    valid, refreshed, expired = [await start() for _ in range(3)]
    await in_window(refreshed.job.pk)
    await services.refresh(refreshed.job.pk, refreshed.token)
    await hands.set_row(expired.job.pk, token_expires_at=timezone.now() - timedelta(seconds=1))
    held = {one.job.pk: {tokens.digest(one.token)} for one in (valid, refreshed, expired)} | {"gone": {"x"}}
    assert await services.dead_tokens(held) == {pk: digests for pk, digests in held.items() if pk != valid.job.pk}


# -- seeing
async def test_the_state_of_a_job_that_waits() -> None:
    started = await start()
    state = await services.state(await hands.fresh(started.job.pk))
    assert state | {"startTime": "", "lastUpdate": ""} == {
        "jobId": started.job.pk, "pipeline": "counting", "status": "queued", "progress": 0.0, "processedCount": 0, "totalCount": 2,
        "currentItem": "", "startTime": "", "lastUpdate": "", "endTime": None, "version": "2.0.0", "error": None, "lastSeq": 0,
    }  # fmt: skip


async def test_the_state_is_that_of_this_moment_also_between_two_writes_of_the_row() -> None:
    started = await start()
    await events.append(
        started.job.pk,
        run=0,
        mode="first",
        kind="job_started",
        message=b"{}",
        live={"progress": 0.5, "processed": 1, "total": 2, "item": "a"},
    )
    state = await services.state(await hands.fresh(started.job.pk))
    assert (state["progress"], state["processedCount"], state["lastSeq"]) == (0.5, 1, 1)


async def test_the_state_without_redis_is_that_of_the_row(settings: Any) -> None:
    started = await hands.completed(3)
    await no_redis(settings)
    state = await services.state(await hands.fresh(started.job.pk))
    assert (state["status"], state["progress"], state["processedCount"]) == ("completed", 1.0, 3)
    assert state["lastSeq"] > 0 and state["endTime"]


async def test_the_end_of_a_job_whose_log_redis_has_lost_is_told_again_to_who_follows() -> None:
    started = await hands.completed(3)
    await redis.client().flushdb()
    job = await hands.fresh(started.job.pk)
    live = await services.followable(job)
    found = await hands.log_of(job.pk)
    assert found[-1].kind == "job_complete" and found[-1].seq == live.seq > job.last_seq


# -- results
async def page(started: services.Started, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(services.rendered(await services.results(await hands.fresh(started.job.pk), **more)))
    return found


async def test_results_after_the_end() -> None:
    started = await hands.completed(5, raise_at=1)
    found = await page(started)
    assert [one["index"] for one in found["books"]] == [0, 1, 2, 3, 4]
    assert found["status"] == "completed" and "partial" not in found and "error" not in found
    assert found["summary"] == {"totalProcessed": 5, "successCount": 4, "failureCount": 1, "totalCount": 5}
    assert found["pagination"] == {"total": 5, "limit": 1000, "offset": 0, "hasMore": False}


async def test_results_page_by_page() -> None:
    started = await hands.completed(7)
    offset, pages = 0, []
    while True:
        found = await page(started, limit=3, offset=offset)
        pages.append([one["index"] for one in found["books"]])
        if not found["pagination"]["hasMore"]:
            break
        offset = found["pagination"]["nextOffset"]
    assert pages == [[0, 1, 2], [3, 4, 5], [6]]
    assert (await page(started, offset=99))["books"] == []


async def test_results_while_it_runs_and_after_a_cancel() -> None:
    started = await hands.start(6)
    found = await page(started)
    assert found["books"] == [] and found["partial"] is True and found["status"] == "queued"
    await hands.dead_worker(started.job.pk, done=4)
    found = await page(started)
    assert len(found["books"]) == 4 and found["partial"] is True and found["status"] == "running"
    await services.cancel(await hands.fresh(started.job.pk))
    await upkeep.reap()
    found = await page(started)
    assert len(found["books"]) == 4 and found["partial"] is True and found["status"] == "canceled"


async def test_results_of_a_job_that_failed_say_why() -> None:
    started = await hands.start(9, fail_at=6)
    await hands.turn(started.job.pk)
    found = await page(started)
    assert found["error"]["code"] == "INVALID_FILE" and found["partial"] is True and len(found["books"]) > 0


# -- canceling
async def test_a_job_that_waits_is_canceled_at_once_and_no_worker_takes_it() -> None:
    started = await start()
    answer = await services.cancel(await hands.fresh(started.job.pk))
    assert answer == {"jobId": started.job.pk, "status": "canceled", "processedCount": 0}
    job = await hands.turn(started.job.pk)
    assert job.place is State.CANCELED and job.run == 0
    assert [one["type"] for one in await hands.told(job.pk)] == ["job_started", "job_canceled"]
    assert await services.cancel(await hands.fresh(job.pk)) == answer
    assert len(await hands.log_of(job.pk)) == 2


async def test_a_job_that_waits_for_a_quota_or_its_next_attempt_is_canceled_at_once() -> None:
    for state in (State.WAITING_ON_QUOTA, State.QUEUED):
        started = await start()
        await hands.set_row(started.job.pk, state=state.value, wake_at=timezone.now() + timedelta(hours=1))
        assert (await services.cancel(await hands.fresh(started.job.pk)))["status"] == "canceled"
        assert (await hands.fresh(started.job.pk)).wake_at is None
        assert await upkeep.wake() == 0


async def test_a_row_that_is_out_of_date_cancels_nothing_that_has_ended() -> None:
    started = await start()
    stale = await hands.fresh(started.job.pk)
    await hands.turn(started.job.pk)
    assert (await services.cancel(stale))["status"] == "completed"
    assert (await hands.fresh(started.job.pk)).place is State.COMPLETED


async def test_a_cancel_without_redis_goes_by_the_row(settings: Any) -> None:
    waiting, running = await hands.start(3), await hands.start(3)
    await hands.dead_worker(running.job.pk)
    await no_redis(settings)
    for started in (waiting, running):
        assert (await services.cancel(await hands.fresh(started.job.pk)))["status"] == "canceled"
    assert (await hands.fresh(waiting.job.pk)).place is State.CANCELED
    assert (await hands.fresh(running.job.pk)).place is State.CANCELING


# -- an operator's retry
async def test_a_dead_letter_that_is_retried_goes_on_from_its_checkpoint() -> None:
    async def broken(index: int) -> None:
        if index == -1:
            raise ZeroDivisionError

    counting.calls["it"] = broken
    started = await hands.start(5, call="it")
    await hands.dead_worker(started.job.pk, done=2)
    await upkeep.reap()
    await hands.set_row(started.job.pk, failures=2)
    job = await hands.turn(started.job.pk)
    assert job.place is State.FAILED
    letter = await in_db(DeadLetter.objects.select_related("job").get)

    async def mended(_index: int) -> None: ...

    counting.calls["it"] = mended
    assert await in_db(services.retry, letter.job)
    assert not await in_db(DeadLetter.objects.exists)
    assert await upkeep.replace_lost_tickets() == 1
    job = await hands.turn(job.pk)
    assert (job.place, job.error, job.failures) == (State.COMPLETED, None, 0)
    assert await in_db(JobItem.objects.filter(job=job).count) == 5
    kinds = [event.kind for event in await hands.log_of(job.pk)]
    assert kinds.count("job_started") == 1 and "error" in kinds and kinds[-1] == "job_complete"
    assert [event.seq for event in await hands.log_of(job.pk)] == list(range(1, len(kinds) + 1))


async def test_only_a_failed_job_is_retried() -> None:
    started = await hands.completed(1)
    assert not await in_db(services.retry, await hands.fresh(started.job.pk))
    assert (await hands.fresh(started.job.pk)).place is State.COMPLETED


# -- commands
async def test_a_command_does_its_job_in_its_own_process_and_without_redis(settings: Any) -> None:
    heard: list[float] = []
    await no_redis(settings)
    job = await services.run_here(
        pipeline="counting", payload={"count": 3, "delay_s": 0.3}, total=3, tell=lambda standing: heard.append(standing.progress)
    )
    assert (job.place, job.processed_count) == (State.COMPLETED, 3) and heard == sorted(heard) and heard
