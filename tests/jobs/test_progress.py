"""The reporter: what a worker tells never falls, is merged when it comes too fast, and survives troubles of Redis."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstrack.lib import redis
from jobs import conf, events, messages, progress
from jobs.progress import ProgressReporter, Standing, pace_s
from tests.jobs import hands
from tests.jobs.test_events import lost_after

JOB = "a-job"  # that of test_events, for its lost_after
steps = st.lists(st.tuples(st.integers(-5, 200), st.floats(-1, 3), st.booleans()), max_size=40)


def reporter(*, run: int = 1, floor: Standing | None = None, known_seq: int = 0) -> ProgressReporter:
    return ProgressReporter(JOB, "counting", run=run, floor=floor or Standing(), known_seq=known_seq)


async def payloads(kind: str = "job_progress") -> list[dict[str, Any]]:
    return [one["payload"] for one in await hands.told(JOB) if one["type"] == kind]


@pytest.mark.usefixtures("shop")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 100), steps)
async def test_whatever_a_worker_says_what_is_told_never_falls(total: int, said: list[tuple[int, float, bool]]) -> None:
    await redis.client().flushdb()
    mine = reporter(floor=Standing(progress=0.1, processed=0, total=total))
    await mine.start(total, 1.0)
    for processed, share, let_it_be_told in said:
        mine.advance(processed, share, status="counting", item="one")
        if let_it_be_told:
            await mine._flush()
    await mine.complete({"summary": {"totalProcessed": total}})
    for payload in await payloads():
        assert 0.1 <= payload["progress"] <= 1.0
        assert 0 <= payload["processedCount"] <= payload["totalCount"] == total
        assert isinstance(payload["currentItem"], str)
    assert [one["type"] for one in await hands.told(JOB)][-1] == "job_complete"


@pytest.mark.usefixtures("shop")
async def test_progress_that_comes_too_fast_is_merged_and_the_newest_wins() -> None:
    mine = reporter()
    await mine.start(5_000, 1.0)
    for count in range(1, 5_001):
        mine.advance(count, count / 5_000, status="counting", item=f"number {count}")
        if count % 100 == 0:
            await asyncio.sleep(0)
    await mine.close()
    found = await payloads()
    assert len(found) < 500
    assert found[-1] == {"type": "job_progress"} | messages.progressed(1.0, 5_000, 5_000, "counting", "number 5000")


def test_a_job_of_a_whole_night_tells_less_than_its_log_may_hold() -> None:
    now_s, seq = 0.0, 1
    while now_s < 20 * 3600:
        now_s += pace_s(seq)
        seq += 1
    assert seq < conf.MAX_EVENTS


def test_at_first_progress_is_told_twenty_times_a_second() -> None:
    assert pace_s(1) == pytest.approx(0.05)
    assert [pace_s(seq) for seq in range(0, 12_000, 10)] == sorted(pace_s(seq) for seq in range(0, 12_000, 10))


@pytest.mark.usefixtures("shop")
async def test_the_start_is_told_once_over_all_attempts() -> None:
    for run in (1, 2, 3):
        mine = reporter(run=run)
        await mine.start(9, 1.0)
        mine.advance(run, run / 10, status="counting")
        await mine.close()
    assert len(await payloads("job_started")) == 1 and len(await payloads()) == 3


@pytest.mark.usefixtures("shop")
async def test_a_new_attempt_begins_where_the_last_one_was_even_if_its_row_is_older() -> None:
    first = reporter()
    await first.start(10, 1.0)
    first.advance(8, 0.8, status="counting")
    await first.close()
    second = reporter(run=2, floor=Standing(progress=0.2, processed=2, total=10))
    await second.start(10, 1.0)
    second.advance(3, 0.3, status="counting")
    await second.close()
    assert [(one["progress"], one["processedCount"]) for one in await payloads()] == [(0.8, 8), (0.8, 8)]


@pytest.mark.usefixtures("shop")
async def test_members_of_a_pipeline_go_with_its_progress() -> None:
    mine = reporter()
    await mine.start(2, 1.0)
    mine.advance(1, 0.5, status="photos", photos=[{"index": 0, "status": "done", "booksFound": 3}])
    await mine.close()
    assert (await payloads())[0]["photos"] == [{"index": 0, "status": "done", "booksFound": 3}]


@pytest.mark.usefixtures("shop")
async def test_the_word_to_cancel_is_seen() -> None:
    mine = reporter()
    await mine.start(9, 1.0)
    assert not mine.cancelled()
    await events.ask_to_cancel(JOB)
    await hands.soon(mine.halted.is_set)
    assert mine.cancelled() and not mine.fenced
    await mine.canceled(3)
    assert [one["type"] for one in await hands.told(JOB)] == ["job_started", "job_canceled"]


@pytest.mark.usefixtures("shop")
async def test_a_reporter_whose_job_another_worker_has_falls_silent() -> None:
    old, new = reporter(run=1), reporter(run=2)
    await old.start(9, 1.0)
    await new.start(9, 1.0)
    old.advance(5, 0.5, status="counting")
    await hands.soon(old.halted.is_set)
    assert old.fenced and not old.cancelled()
    await old.complete({})
    await old.close()
    assert [one["type"] for one in await hands.told(JOB)] == ["job_started"]
    await new.close()


@pytest.mark.usefixtures("shop")
async def test_events_that_redis_lost_in_a_crash_are_written_again() -> None:
    mine = reporter()
    await mine.start(20, 1.0)
    for count in range(1, 11):
        mine.advance(count, count / 20, status="counting")
        await mine._flush()
    before = [event.raw for event in await hands.log_of(JOB)]
    await lost_after(6)
    mine.advance(11, 0.6, status="counting")
    await mine.close()
    found = await hands.log_of(JOB)
    assert [event.raw for event in found[:-1]] == before and [event.seq for event in found] == list(range(1, 13))
    assert (await events.live(JOB)).processed == 11


@pytest.mark.usefixtures("shop")
async def test_after_a_total_loss_the_log_is_whole_again() -> None:
    mine = reporter()
    await mine.start(20, 1.0)
    for count in range(1, 11):
        mine.advance(count, count / 20, status="counting")
        await mine._flush()
    before = [event.raw for event in await hands.log_of(JOB)]
    await redis.client().flushdb()
    await mine.complete({"summary": {"totalProcessed": 20}})
    found = await hands.log_of(JOB)
    assert [event.raw for event in found[:-1]] == before
    assert [one["type"] for one in await hands.told(JOB)][-1] == "job_complete"


@pytest.mark.usefixtures("shop")
async def test_when_more_was_lost_than_is_remembered_clients_still_hear_what_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REMEMBERED", 3)
    mine = reporter()
    await mine.start(20, 1.0)
    for count in range(1, 11):
        mine.advance(count, count / 20, status="counting")
        await mine._flush()
    seen = mine.seq  # a client has had all of it
    await redis.client().flushdb()
    await mine.complete({"summary": {"totalProcessed": 20}})
    assert [event.kind for event in await events.read(JOB, after=seen)] == ["job_complete"]


@pytest.mark.usefixtures("shop")
async def test_a_loss_that_is_made_good_only_in_part_is_made_good_later() -> None:
    mine = reporter()
    await mine.start(20, 1.0)
    for count in range(1, 11):
        mine.advance(count, count / 20, status="counting")
        await mine._flush()
    before = [event.raw for event in await hands.log_of(JOB)]
    await lost_after(6)
    seq, kind, raw, live = mine._recent[6]
    await mine._write("next", kind, raw, live, at=seq)  # and then Redis went away
    assert mine.seq == 11
    await mine.complete({"summary": {"totalProcessed": 20}})
    assert [event.raw for event in await hands.log_of(JOB)][:-1] == before
    assert [one["type"] for one in await hands.told(JOB)][-1] == "job_complete"


@pytest.mark.usefixtures("shop")
async def test_while_redis_is_away_the_work_goes_on_and_is_told_afterwards(settings: Any) -> None:
    mine = reporter()
    await mine.start(20, 1.0)
    url = settings.REDIS_URL
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for count in range(1, 6):
        mine.advance(count, count / 20, status="counting")
        await asyncio.sleep(0.02)
    await redis.close()
    settings.REDIS_URL = url
    mine.advance(6, 0.3, status="counting")
    await hands.soon(lambda: mine.updates >= 1)
    await mine.close()
    assert (await payloads())[-1]["processedCount"] == 6


@pytest.mark.usefixtures("shop")
async def test_an_end_that_cannot_be_told_says_so(settings: Any) -> None:
    mine = reporter()
    await mine.start(20, 1.0)
    url = settings.REDIS_URL
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert await mine.complete({}) is False
    await redis.close()
    settings.REDIS_URL = url
    assert await mine.complete({"summary": {"totalProcessed": 20}}) is True
    assert [one["type"] for one in await hands.told(JOB)] == ["job_started", "job_complete"]


@pytest.mark.usefixtures("shop")
async def test_a_job_whose_start_could_not_be_told_begins_with_it_later(settings: Any) -> None:
    url = settings.REDIS_URL
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    mine = reporter()
    await mine.start(20, 1.0)
    await redis.close()
    settings.REDIS_URL = url
    mine.advance(1, 0.1, status="counting")
    await mine.close()
    assert [one["type"] for one in await hands.told(JOB)] == ["job_started", "job_progress"]


@pytest.mark.usefixtures("shop")
async def test_a_message_is_of_protocol_2() -> None:
    mine = reporter()
    await mine.start(20, 2.34)
    await mine.close()
    whole = orjson.loads((await hands.log_of(JOB))[0].json)
    assert (whole["pipeline"], whole["version"], whole["jobId"]) == ("counting", "2.0.0", JOB)
    assert whole["payload"] == {"type": "job_started", "totalCount": 20, "estimatedDuration": 2.3}
