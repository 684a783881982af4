"""The event log: seq without a gap whoever writes, nothing from a worker that lost the job, nothing after the end, kept for a day."""

import asyncio

import pytest

from bookstrack.lib import redis
from jobs import conf, events
from jobs.events import Behind, Fenced
from jobs.messages import Kind
from tests.jobs import hands

pytestmark = pytest.mark.usefixtures("shop")
JOB = "a-job"


async def write(mode: str = "next", *, run: int = 1, known: int = -1, text: bytes = b'{"x":1}', **live: object) -> tuple[int, bool]:
    kind = {"first": Kind.STARTED, "last": Kind.COMPLETE}.get(mode, Kind.PROGRESS)
    return await events.append(JOB, run=run, mode=mode, kind=kind, message=text, known=known, live=live)


async def seqs() -> list[int]:
    return [event.seq for event in await events.read(JOB, after=0)]


async def lost_after(seq: int) -> None:
    """Redis comes back from a crash without its newest entries."""
    server = redis.client()
    kept = [event for event in await hands.log_of(JOB) if event.seq <= seq]
    await server.delete(events.stream_key(JOB))
    for event in kept:
        await server.execute_command("XADD", events.stream_key(JOB), f"{event.seq}-0", "k", event.kind, "m", event.raw)
    await server.execute_command("HSET", events.live_key(JOB), "seq", seq, "ended", "0")


async def test_seq_counts_from_one() -> None:
    assert [await write("first"), await write(), await write(), await write("last")] == [(1, True), (2, True), (3, True), (4, True)]
    assert [(one.seq, one.kind) for one in await events.read(JOB, after=0)] == [
        (1, "job_started"), (2, "job_progress"), (3, "job_progress"), (4, "job_complete"),
    ]  # fmt: skip


async def test_seq_has_no_gap_whoever_writes_at_once() -> None:
    async def writer(name: int) -> list[int]:
        return [(await write(text=b'{"by":%d,"n":%d}' % (name, n)))[0] for n in range(20)]

    await write("first")
    found = await asyncio.gather(*(writer(name) for name in range(10)))  # a connection each, opened in time on a busy machine
    assert sorted(seq for theirs in found for seq in theirs) == list(range(2, 202))
    assert all(theirs == sorted(theirs) for theirs in found)
    assert [event.seq for event in await events.read(JOB, after=0, count=500)] == list(range(1, 202))


async def test_the_first_event_is_written_once() -> None:
    assert [await write("first") for _ in range(3)] == [(1, True), (1, False), (1, False)]
    await write()
    assert await write("first", run=2) == (2, False)
    assert await seqs() == [1, 2]


async def test_a_worker_that_lost_the_job_writes_nothing_more() -> None:
    await write("first", run=1)
    await write("first", run=2)
    for mode in ("first", "next", "last"):
        with pytest.raises(Fenced):
            await write(mode, run=1)
    assert await write("next", run=2) == (2, True)
    assert await seqs() == [1, 2]


async def test_the_end_is_the_end() -> None:
    await write("first")
    await write("last")
    for mode in ("first", "next", "last"):
        with pytest.raises(Fenced):
            await write(mode)
    assert await seqs() == [1, 2] and (await events.live(JOB)).ended


async def test_a_new_run_goes_on_behind_an_end() -> None:
    await write("first", run=1)
    await write("last", run=1)
    assert await write("first", run=2) == (2, False)
    assert await write("next", run=2) == (3, True)
    assert not (await events.live(JOB)).ended


async def test_a_later_run_that_did_not_open_the_log_does_not_pass_its_end() -> None:
    await write("first", run=1)
    await write("last", run=1)
    with pytest.raises(Fenced):
        await write("next", run=2)


async def test_the_live_state_is_that_of_the_newest_event() -> None:
    await write("first", progress=0.0, processed=0, total=9, status="begun", item="")
    await write("next", progress=0.5, processed=4, total=9, status="half", item="a book: Ünï")
    live = await events.live(JOB)
    assert (live.seq, live.progress, live.processed, live.total, live.status, live.item) == (2, 0.5, 4, 9, "half", "a book: Ünï")
    assert live.updated_ms > 1_700_000_000_000 and not live.ended and not live.cancel


async def test_of_a_job_without_events_nothing_is_known() -> None:
    assert await events.live("none") == events.Live() and await events.read("none", after=0) == []


async def test_the_log_is_kept_for_a_day_after_the_end_and_not_shorter_before() -> None:
    async def ttls() -> list[int]:
        return [await redis.client().ttl(key) for key in (events.stream_key(JOB), events.live_key(JOB))]

    await write("first")
    assert await ttls() == [-1, -1]
    await write("last")
    assert all(conf.KEPT_S - 5 <= ttl <= conf.KEPT_S for ttl in await ttls())
    await write("first", run=2)
    await write("next", run=2)
    assert await ttls() == [-1, -1]


async def test_read_pages() -> None:
    await hands.wrote(JOB, 25)
    pages = [[event.seq for event in await events.read(JOB, after=after, count=10)] for after in (0, 10, 20, 25, 999)]
    assert pages == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26)), [], []]


async def test_a_writer_is_told_when_the_log_lost_what_it_wrote() -> None:
    await hands.wrote(JOB, 10)
    await lost_after(7)
    for mode in ("next", "last"):
        with pytest.raises(Behind) as caught:
            await write(mode, known=10)
        assert caught.value.seq == 7
    assert await seqs() == list(range(1, 8))
    assert await write("next", known=7) == (8, True)


async def test_after_a_total_loss_a_new_run_goes_on_behind_what_clients_have_seen() -> None:
    await hands.wrote(JOB, 10)
    await redis.client().flushdb()
    assert await write("first", run=2, known=10) == (11, True)
    assert await write("next", run=2, known=11) == (12, True)


async def test_after_a_partial_loss_a_new_run_begins_no_second_time_and_numbers_nothing_again() -> None:
    await hands.wrote(JOB, 10)
    await lost_after(7)
    assert await write("first", run=2, known=10) == (10, False)
    assert await write("next", run=2, known=10) == (11, True)
    assert await seqs() == [*range(1, 8), 11]


async def test_what_was_lost_is_written_again_under_its_own_number() -> None:
    await hands.wrote(JOB, 10)
    await lost_after(7)
    for seq in (8, 10):  # 9 is remembered by nobody
        assert await events.append(JOB, run=1, mode="next", kind=Kind.PROGRESS, message=b"{}", known=seq - 1, beyond=True) == (seq, True)
    assert await seqs() == [*range(1, 9), 10]


async def test_the_word_to_cancel_waits_for_the_worker() -> None:
    await write("first")
    assert not await events.cancel_asked(JOB)
    await events.ask_to_cancel(JOB)
    assert await events.cancel_asked(JOB) and (await events.live(JOB)).cancel
    await write("next")
    assert await events.cancel_asked(JOB)


async def test_the_word_to_cancel_that_comes_before_the_first_event_is_not_lost() -> None:
    await events.ask_to_cancel(JOB)
    await write("first", run=1)
    assert await events.cancel_asked(JOB)


async def test_what_is_forgotten_is_gone() -> None:
    await hands.wrote(JOB, 3)
    await events.forget(JOB)
    assert not await redis.client().exists(events.stream_key(JOB), events.live_key(JOB))


async def test_text_from_outside_comes_back_as_it_was() -> None:
    said = '{"x":"\\u0000 \\" \\\\ 日本 \x7f"}'.encode()
    await write("first", text=said)
    assert (await events.read(JOB, after=0))[0].raw == said
