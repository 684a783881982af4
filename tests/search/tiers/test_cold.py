"""The cold tier: seldom asked answers in the archive, found by the request that asks, brought back, and never a search's failure."""

import asyncio
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from django.db import DatabaseError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import clock, redis
from bookstrack.lib.db import in_db
from bookstrack.lib.object_store import Missing, ObjectStore, StorageAway
from search import conf, services
from search.archiving import ArchiveRule
from search.cache import Cache, Entry
from search.entry import PREFIX
from search.ledger import ledger
from search.models import CacheEntry
from search.provider import Kind, Question
from search.tiers import cold
from search.tiers.cold import ColdTier
from search.tiers.memory import MemoryTier
from tests.search.records import DUNE

DAY_S = 86_400.0
KEY = f"search:isbn:{DUNE}"
QUESTION = Question(Kind.ISBN, isbns=(DUNE,), limit=1)
DATA = b'{"works":[{"title":"D\xc3\xbcne"}],"resultCount":1}'
ARCHIVE = ObjectStore("archive")


def entry(data: bytes = DATA, *, age_s: float = 100.0, ttl_s: float = 90 * DAY_S, found: int = 1) -> Entry:
    return Entry(data, clock.unix_s() - age_s, ttl_s, "openlibrary", {"openlibrary": "ok"}, etag='W/"x"', completeness=70, found=found)


def process() -> Cache:
    """The cache of another process: an empty memory before the same Redis and archive."""
    return Cache(MemoryTier(2**20), ColdTier())


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    kept = settings.STORAGES["archive"]
    settings.STORAGES = {**settings.STORAGES, "archive": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "archive"}}}


@pytest.fixture(autouse=True)
async def _closed(transactional_db: None) -> Any:
    yield
    await services.settled()
    await redis.close()


async def kept(made: Entry | None = None, key: str = KEY, **columns: Any) -> Entry:
    """An entry in Redis with its row."""
    made = made or entry()
    await services.cache.keep_everywhere(key, made, services.cache.keep_here(key, made))
    ledger.kept(key, QUESTION, made, 100)
    await ledger.flush()
    if columns:
        await CacheEntry.objects.filter(key=key).aupdate(**columns)
    return made


async def archived(**rule: Any) -> dict[str, int]:
    """Everything moved that is due; figures."""
    asked = ArchiveRule(**{"before": timezone.now() + timedelta(seconds=1), "below_hits": 10, **rule})
    total: dict[str, int] = {}
    for part in await services.archive_parts(asked):
        for name, number in (await services.archive(part, asked)).as_figures().items():
            total[name] = total.get(name, 0) + number
    return total


async def settled(cache: Cache) -> None:
    while going_on := cache.going_on():
        await asyncio.gather(*going_on)


def files(tmp_path: Path) -> list[str]:
    folder = tmp_path / "archive"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def in_redis(key: str = KEY) -> bytes | None:
    found: bytes | None = await redis.client().get(PREFIX + key)
    return found


def row(key: str = KEY) -> Any:
    return CacheEntry.objects.filter(key=key).afirst()


_entries = st.builds(
    Entry, data=st.binary(max_size=3000), created_at=st.floats(0, 4e9), ttl_s=st.floats(0, 1e9), provider=st.text(max_size=30),
    providers=st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3), found=st.integers(0, 100),
)  # fmt: skip


@given(_entries, st.text(max_size=40))
def test_a_file_gives_its_own_entry_only(made: Entry, other: str) -> None:
    file = cold.written(KEY, made)
    assert cold.read(file, KEY) == made
    assert cold.read(file, KEY + other) == (made if not other else None)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_file_are_none(file: bytes) -> None:
    assert cold.read(file, KEY) is None
    assert cold.read(zstandard.compress(file), KEY) is None


def test_a_file_of_another_schema_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    file = cold.written(KEY, entry())
    monkeypatch.setattr(cold, "SCHEMA", cold.SCHEMA + 1)
    assert cold.read(file, KEY) is None


async def test_an_answer_moves_to_the_archive_and_back(tmp_path: Path) -> None:
    two_hours = timedelta(hours=2)
    made = await kept(entry(age_s=two_hours.total_seconds()), hits=3, counted_at=timezone.now() - two_hours)
    assert await archived() == {"moved": 1, "moved_bytes": (tmp_path / "archive" / files(tmp_path)[0]).stat().st_size,
                                "asked_for": 0, "younger": 0, "gone": 0}  # fmt: skip
    moved = await row()
    [name] = files(tmp_path)
    assert (moved.tier, moved.cold_name) == ("cold", name)
    assert name.startswith(f"cold-cache/{moved.created_at:%Y/%m}/") and name.endswith(".json.zst")
    head, about, data = zstandard.decompress((tmp_path / "archive" / name).read_bytes()).split(b"\n")
    assert (orjson.loads(head)["key"], orjson.loads(about)["provider"], data) == (KEY, "openlibrary", DATA)
    assert await in_redis() is None and services.cache.memory.get(KEY, even_untrusted=True) is None

    here = process()
    assert await here.find(KEY) == (made, "cold")
    assert await here.find(KEY) == (made, "memory")
    await settled(here)
    assert await process().find(KEY) == (made, "redis")
    left_ms = await redis.client().pttl(PREFIX + KEY)
    assert abs((made.left_s + conf.TTL.stale) * 1000 - left_ms) < 5_000
    back = await row()
    assert (back.tier, back.cold_name, back.counted_hits) == ("redis", None, 3)
    assert files(tmp_path) == []
    assert await archived(before=timezone.now() - timedelta(hours=1)) == {}, "it is asked for now: a month begins anew"


async def test_many_keys_at_once() -> None:
    made = {f"search:isbn:{n}": await kept(entry(b"%d" % n), f"search:isbn:{n}") for n in range(5)}
    await archived()
    await kept(entry(b"new"), "search:isbn:9")
    here = process()
    found = await here.find_many([*made, "search:isbn:9", "search:isbn:77", "author:x"])
    assert {key: tier for key, (_, tier) in found.items()} == dict.fromkeys(made, "cold") | {"search:isbn:9": "redis"}
    assert {key: found[key][0] for key in made} == made
    await settled(here)
    again = await process().find_many(list(made))
    assert {tier for _, tier in again.values()} == {"redis"} and len(again) == 5


async def test_who_asks_together_reads_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    await kept()
    await archived()
    reads = []
    read_now = ObjectStore.read_now
    monkeypatch.setattr(ObjectStore, "read_now", lambda store, name: (reads.append(name), time.sleep(0.02), read_now(store, name))[2])
    here = process()
    found = await asyncio.gather(*(here.find(KEY) for _ in range(50)))
    assert "cold" in {one[1] for one in found if one} <= {"cold", "redis"} and None not in found
    assert len(reads) < 5, "one for those who come together"
    assert len(here.going_on()) <= 1
    await settled(here)


async def test_it_costs_nothing_where_nothing_is_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def counted(function: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(function)
        return await in_db(function, *args, **kwargs)

    monkeypatch.setattr(cold, "in_db", counted)
    for number in range(5):
        assert await process().find(f"search:isbn:{number}") is None
    assert len(asked) == 1, "one look whether there are any"
    await kept()
    await archived()
    asked.clear()
    assert await process().find("search:isbn:5") is None
    assert len(asked) == 1, "one query by the key"
    assert await process().find("author:gita iyer") is None
    assert len(asked) == 1, "who an author is was never cold"


async def test_no_look_forgets_what_an_archival_said_meanwhile() -> None:
    await kept()
    look = asyncio.create_task(process().find("search:isbn:0"))
    await archived()
    await look
    assert (await process().find(KEY) or ("", ""))[1] == "cold"


async def test_the_index_is_the_database_when_redis_lost_everything() -> None:
    made = await kept()
    await archived()
    await redis.client().flushdb()
    here = process()
    assert await here.find(KEY) == (made, "cold")
    await settled(here)


async def test_expired_ones_answer_for_a_day_as_in_other_tiers() -> None:
    stale = await kept(entry(age_s=100.0, ttl_s=50.0))
    assert (await archived())["moved"] == 1
    here = process()
    found = await here.find(KEY)
    assert found == (stale, "cold") and not found[0].fresh
    await settled(here)
    assert (await archived())["moved"] == 1
    over = entry(age_s=2 * DAY_S, ttl_s=50.0)
    await ARCHIVE.write((await row()).cold_name, cold.written(KEY, over))
    assert await process().find(KEY) is None
    assert (await row()).tier == "cold", "expiry deletes it"


@pytest.mark.parametrize("broken", [None, b"", b"garbled", zstandard.compress(b"{}\n{}\n{}"), cold.written("search:isbn:1", entry())])
async def test_a_file_that_is_missing_or_garbled_is_no_answer_and_its_row_is_mended(broken: bytes | None) -> None:
    await kept()
    await archived()
    name = (await row()).cold_name
    await (ARCHIVE.delete(name) if broken is None else ARCHIVE.write(name, broken))
    assert await process().find(KEY) is None
    assert await row() is None
    with pytest.raises(Missing):
        await ARCHIVE.read(name)


async def test_a_storage_that_is_away_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await kept()
    await archived()
    asked = []

    def away(store: ObjectStore, name: str) -> bytes:
        asked.append(name)
        raise StorageAway

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "read_now", away)
        here = process()
        assert await here.find(KEY) is None
        assert await here.find_many([KEY]) == {}
        assert len(asked) == 1
    assert (await row()).tier == "cold", "nothing is lost"
    found = process()
    assert await found.find(KEY) == (made, "cold")
    await settled(found)


async def test_a_storage_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    await kept()
    await archived()
    monkeypatch.setattr(cold, "READ_S", 0.05)
    read_now = ObjectStore.read_now
    monkeypatch.setattr(ObjectStore, "read_now", lambda store, name: (time.sleep(0.3), read_now(store, name))[1])
    assert await process().find(KEY) is None
    assert (await row()).tier == "cold"


async def test_a_database_that_is_away_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*args: Any, **kwargs: Any) -> Any:
        raise DatabaseError

    monkeypatch.setattr(cold, "in_db", away)
    assert await process().find(KEY) is None
    assert await process().find_many([KEY]) == {}


async def test_redis_away_the_archive_answers_and_keeps_it(settings: Any) -> None:
    made = await kept()
    await archived()
    await redis.close()
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    here = process()
    assert await here.find(KEY) == (made, "cold")
    await settled(here)
    await redis.close()
    settings.REDIS_URL = there
    assert (await row()).tier == "cold"


async def test_one_that_is_brought_back_between_two_looks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await kept()
    await archived()
    first, second = process(), process()
    read_now = ObjectStore.read_now

    back = threading.Event()

    def slow(store: ObjectStore, name: str) -> bytes:
        back.wait(10)
        return read_now(store, name)

    monkeypatch.setattr(second.cold, "store", type("Slow", (ObjectStore,), {"read_now": slow})("archive"))
    late = asyncio.create_task(second.find(KEY))
    await asyncio.sleep(0.05)
    await first.find(KEY)
    await settled(first)
    back.set()
    assert await late == (made, "redis")
    assert (await row()).tier == "redis"


async def test_a_newer_answer_is_never_replaced_by_a_cold_one() -> None:
    await kept()
    await archived()
    here = process()
    found = await here.cold.find_many([KEY], b"1") if here.cold else cold.NOTHING
    newer = await kept(entry(b"newer", age_s=0.0))
    assert (await row()).tier == "redis", "the ledger says where the new one is"
    here._bring_back(*found.entries[KEY])
    await settled(here)
    assert await process().find(KEY) == (newer, "redis")


async def test_forgotten_it_never_answers_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, away in enumerate((False, True)):
        await kept()
        await archived()
        with monkeypatch.context() as patched:
            if away:
                patched.setattr(ObjectStore, "delete_now", lambda store, name: (_ for _ in ()).throw(StorageAway()))
            await services.expire([KEY, "search:isbn:1"])
        assert await process().find(KEY) is None
        assert len(files(tmp_path)) == number, "a file that cannot be deleted waits for the next expiry"
    assert await services.overdue_entries() == {"entries": 0, "coldEntries": 0, "leftFiles": 1}
    assert await services.delete_overdue("leftFiles") == 1
    assert files(tmp_path) == []


async def test_looked_at_by_staff_it_stays_cold() -> None:
    await kept()
    await archived()
    assert await services.cached_data(KEY) == orjson.loads(DATA)
    assert (await row()).tier == "cold" and await in_redis() is None
