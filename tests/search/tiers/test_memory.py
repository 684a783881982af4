"""The in-process tier: bounded by bytes, and coherent: what changed elsewhere is not shown."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import clock, redis
from search.cache import Cache
from search.entry import PREFIX, Entry, pack
from search.tiers.memory import REMEMBERED, TRUSTED_S, MemoryTier


def entry(data: bytes = b"{}") -> Entry:
    return Entry(data, clock.unix_s(), 60, "catalogue", {})


def data_of(tier: MemoryTier, key: str, **how: bool) -> bytes | None:
    held = tier.get(key, **how)
    return held.entry.data if held else None


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Move the clock on by so many seconds."""
    moved = {"s": 1000.0}
    monkeypatch.setattr(clock, "monotonic_s", lambda: moved["s"])

    def move(seconds: float) -> None:
        moved["s"] += seconds

    return move


def test_what_nobody_watches_is_trusted_for_a_second_and_kept_for_longer(later: Callable[[float], None]) -> None:
    tier = MemoryTier(10_000)
    tier.put("a", entry(b"1"), ttl_s=60)
    assert data_of(tier, "a") == b"1"
    later(TRUSTED_S + 0.1)
    assert data_of(tier, "a") is None
    assert data_of(tier, "a", even_untrusted=True) == b"1"
    later(60)
    assert data_of(tier, "a", even_untrusted=True) is None
    assert tier.used_bytes == 0


def test_what_is_watched_is_trusted_as_long_as_the_server_answers(later: Callable[[float], None]) -> None:
    tier = MemoryTier(10_000)
    tier.put("a", entry(b"1"), ttl_s=60)
    later(20)
    tier.watch.heard_until_s = clock.monotonic_s() + 0.5
    assert data_of(tier, "a") == b"1"
    later(0.6)
    assert data_of(tier, "a") is None


def test_what_is_larger_than_all_of_it_is_not_kept() -> None:
    tier = MemoryTier(3000)
    tier.put("small", entry(b"x"), 60)
    tier.put("large", entry(b"x" * 5000), 60)
    assert data_of(tier, "large") is None and data_of(tier, "small") == b"x"


def test_a_value_that_was_read_before_its_key_changed_is_not_kept() -> None:
    tier = MemoryTier(10_000)
    mark = tier.mark()
    tier.changed([PREFIX + "a"])
    tier.put("a", entry(b"old"), 60, since=mark)
    tier.put("b", entry(b"other"), 60, since=mark)
    assert data_of(tier, "a") is None and data_of(tier, "b") == b"other"
    tier.put("a", entry(b"new"), 60, since=tier.mark())
    assert data_of(tier, "a") == b"new"


@pytest.mark.parametrize("everything", [MemoryTier.clear, lambda tier: tier.changed([f"{PREFIX}{n}" for n in range(REMEMBERED + 1)])])
def test_where_more_changed_than_is_remembered_nothing_that_was_read_before_is_kept(everything: Callable[[MemoryTier], None]) -> None:
    tier = MemoryTier(10_000)
    mark = tier.mark()
    everything(tier)
    tier.put("a", entry(), 60, since=mark)
    assert data_of(tier, "a") is None


_step = st.sampled_from(["put", "get", "drop", "grow", "changed"])
_steps = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3000), _step), max_size=80)


@given(_steps)
def test_its_books_are_right_and_its_bound_holds(steps: list[tuple[str, int, str]]) -> None:
    tier, held = MemoryTier(8000), dict[str, int]()
    for key, size, step in steps:
        if step == "put":
            tier.put(key, entry(b"x" * size), 60)
            held[key] = size
        elif step == "get":
            data = data_of(tier, key)
            assert data is None or len(data) == held[key]
        elif step == "grow":
            tier.grew(key, size)
        else:
            tier.drop(key) if step == "drop" else tier.changed([PREFIX + key])
            assert data_of(tier, key) is None
        assert 0 <= tier.used_bytes <= 8000
    tier.clear()
    assert (len(tier), tier.used_bytes) == (0, 0)


# -- over processes
@pytest.fixture
async def watching() -> AsyncIterator[Cache]:
    """The cache of a process that is told of changes."""
    cache = Cache(MemoryTier(10_000_000))
    task = asyncio.create_task(cache.memory.watch.run())
    await until(lambda: cache.memory.watch.heard_until_s > 0)
    yield cache
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await redis.close()


async def until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.005)


async def test_what_another_process_writes_or_deletes_is_seen(watching: Cache) -> None:
    elsewhere = Cache(MemoryTier(10_000))
    await elsewhere.keep_everywhere("k", entry(b"1"), pack(entry(b"1")))
    assert (await watching.find("k") or [None])[0].data == b"1"  # type: ignore[union-attr]
    assert watching.memory.get("k") is not None
    await elsewhere.keep_everywhere("k", entry(b"2"), pack(entry(b"2")))
    await until(lambda: watching.memory.get("k") is None)
    assert (await watching.find("k") or [None])[0].data == b"2"  # type: ignore[union-attr]
    await elsewhere.forget("k")
    await until(lambda: watching.memory.get("k") is None)
    assert await watching.find("k") is None


async def test_nothing_old_is_kept_however_reads_and_writes_meet(watching: Cache) -> None:
    """Readers fill the tier all the time while a writer counts up: what is shown is at most what was written a second ago."""
    elsewhere = Cache(MemoryTier(10_000))
    written: list[float] = []  # when each number had been written
    wrong: list[tuple[int, int]] = []
    ended = False

    async def write() -> None:
        nonlocal ended
        for number in range(300):
            value = entry(b"%d" % number)
            await elsewhere.keep_everywhere("k", value, pack(value))
            written.append(clock.monotonic_s())
            await asyncio.sleep(0.003 if number % 7 else 0)
        ended = True

    async def read() -> None:
        while not ended:
            began_s = clock.monotonic_s()
            least = sum(at < began_s - 1.0 for at in written) - 1  # this one had been there for a second
            found = await watching.find("k")
            if found is not None and int(found[0].data) < least:
                wrong.append((int(found[0].data), least))
            await asyncio.sleep(0)

    await asyncio.gather(write(), *(read() for _ in range(8)))
    await until(lambda: watching.memory.get("k") is None or data_of(watching.memory, "k") == b"299")
    found = await watching.find("k")
    assert found is not None and found[0].data == b"299"
    assert not wrong


async def test_what_was_on_its_way_while_its_key_changed_is_not_kept(watching: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server, and an answer of it that takes its time: the change overtakes it."""
    elsewhere, real = Cache(MemoryTier(10_000)), redis.client()
    answered, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        async def mget(self, keys: list[str]) -> object:
            values = await real.mget(keys)
            answered.set()
            await go_on.wait()
            return values

    await elsewhere.keep_everywhere("k", entry(b"1"), pack(entry(b"1")))
    with monkeypatch.context() as patched:
        patched.setattr(redis, "client", Slow)
        reading = asyncio.create_task(watching.find("k"))
        await answered.wait()
    before = watching.memory.mark()
    await elsewhere.keep_everywhere("k", entry(b"2"), pack(entry(b"2")))
    await until(lambda: watching.memory.mark() > before)
    go_on.set()
    await reading
    assert watching.memory.get("k", even_untrusted=True) is None
    found = await watching.find("k")
    assert found is not None and found[0].data == b"2"


async def test_a_connection_that_breaks_empties_the_tier(watching: Cache) -> None:
    watching.keep_here("k", entry(b"1"))
    await redis.client().set("unrelated", b"1")
    for one in await redis.client().client_list():  # type: ignore[misc]
        if "t" in one["flags"]:
            await redis.client().client_kill_filter(_id=one["id"])
    await until(lambda: watching.memory.get("k", even_untrusted=True) is None)
    await until(lambda: watching.memory.watch.heard_until_s > clock.monotonic_s())
    watching.keep_here("k", entry(b"2"))
    assert data_of(watching.memory, "k") == b"2"


async def test_a_server_that_was_emptied_empties_the_tier(watching: Cache) -> None:
    watching.keep_here("k", entry(b"1"))
    await redis.client().flushdb()
    await until(lambda: watching.memory.get("k", even_untrusted=True) is None)
