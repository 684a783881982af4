"""Keys, lifetimes and the form of an entry."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import clock
from search import conf
from search.cache import Cache, Entry, key_of, lifetime_s, pack, unpack
from search.dto import Book
from search.merge import merged
from search.provider import Kind, Question
from search.tiers.memory import MemoryTier
from tests.search.records import DUNE, record

DAY_S = 86_400
TITLE = Question(Kind.TITLE, text="The Silent River")
ISBN = Question(Kind.ISBN, isbns=(DUNE,))


def books(quality: int) -> list[Book]:
    [book] = merged(ISBN, [record(isbns=(DUNE,))])
    return [replace(book, quality=quality)]


@pytest.mark.parametrize("spelling", ["the silent river", "Silent River", " SILENT  RIVER! ", "Sïlent-Rivér", "Ｓｉｌｅｎｔ Ｒｉｖｅｒ"])
def test_spellings_of_one_title_share_a_key(spelling: str) -> None:
    assert key_of(replace(TITLE, text=spelling)) == key_of(TITLE)


@pytest.mark.parametrize("change", [{"text": "The Silent Rivers"}, {"limit": 5}, {"offset": 5}, {"lang": "fr"}, {"kind": Kind.ANY}])
def test_what_changes_the_answer_changes_the_key(change: dict[str, object]) -> None:
    assert key_of(replace(TITLE, **change)) != key_of(TITLE)  # type: ignore[arg-type]


def test_title_and_author_are_not_run_together() -> None:
    one, other = Question(Kind.ADVANCED, title="ab", author="c"), Question(Kind.ADVANCED, title="a", author="bc")
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    ("question", "quality", "base_s"),
    [(ISBN, 60, 365 * DAY_S), (ISBN, 90, 730 * DAY_S), (ISBN, 30, 365 * DAY_S / 2), (TITLE, 60, 7 * DAY_S), (TITLE, 90, 14 * DAY_S)],
)
def test_lifetimes(question: Question, quality: int, base_s: float) -> None:
    found = {lifetime_s(question, books(quality), degraded=False) for _ in range(50)}
    assert len(found) > 1, "no jitter"
    assert all(0.9 * base_s <= one <= 1.1 * base_s for one in found)


def test_lifetimes_of_nothing_and_of_half_an_answer() -> None:
    assert 0.9 * DAY_S <= lifetime_s(ISBN, [], degraded=False) <= 1.1 * DAY_S
    assert 0.9 * 3600 <= lifetime_s(TITLE, [], degraded=False) <= 1.1 * 3600
    assert lifetime_s(ISBN, books(100), degraded=True) <= conf.TTL.degraded


def test_the_scale_of_drills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_TTL_SCALE", "0.001")
    assert lifetime_s(TITLE, books(60), degraded=False) <= 7 * DAY_S * 1.1 / 1000


_entries = st.builds(
    Entry,
    data=st.binary(max_size=5000),
    created_at=st.floats(0, 4e9),
    ttl_s=st.floats(0, 1e9),
    provider=st.text(max_size=30),
    providers=st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=4),
    degraded=st.lists(st.text(max_size=10), max_size=3),
    etag=st.text(max_size=30),
    completeness=st.integers(0, 100),
    found=st.integers(0, 100),
)


@given(_entries)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert unpack(pack(entry)) == entry


@given(st.binary(max_size=300))
def test_bytes_that_are_no_entry_are_none(value: bytes) -> None:
    assert unpack(value) is None


async def test_the_tiers_find_what_another_process_wrote() -> None:
    entry = Entry(b"{}", 4e9, 60, "catalogue", {})
    here, there = Cache(MemoryTier(10_000)), Cache(MemoryTier(10_000))
    await here.keep_everywhere("k", entry, here.keep_here("k", entry))
    assert await there.find("k") == (entry, "redis")
    assert await there.find("k") == (entry, "memory")
    await here.forget("k")
    assert await here.find("k") is None
    there.memory.clear()
    assert await there.find("k") is None


async def test_many_keys_at_once() -> None:
    from bookstrack.lib import redis

    def entry(number: int) -> Entry:
        return Entry(data=b"%d" % number, created_at=clock.unix_s(), ttl_s=60, provider="none", providers={})

    cache = Cache(MemoryTier(2**20))
    await cache.keep_many_everywhere([(f"k{n}", entry(n), pack(entry(n))) for n in range(3)])
    cache.keep_here("k3", entry(3))
    found = await cache.find_many([f"k{n}" for n in range(5)])
    assert {key: (kept.data, tier) for key, (kept, tier) in found.items()} == {
        "k0": (b"0", "redis"), "k1": (b"1", "redis"), "k2": (b"2", "redis"), "k3": (b"3", "memory"),
    }  # fmt: skip
    again = await cache.find_many(["k0", "k9"])
    assert {key: tier for key, (_, tier) in again.items()} == {"k0": "memory"}
    assert await cache.find_many([]) == {}
    ttl = await redis.client().pttl("bt1:k0")
    assert 60_000 < ttl <= (60 + conf.TTL.stale) * 1000
    await redis.close()


@pytest.mark.parametrize(("bulk", "days"), [(False, 365), (True, 30)])
def test_what_was_asked_in_bulk_is_asked_anew_sooner(bulk: bool, days: int) -> None:
    at_most = {"base_at_most_s": conf.TTL.bulk} if bulk else {}
    assert lifetime_s(ISBN, books(60), degraded=False, **at_most) == pytest.approx(days * DAY_S, rel=0.11)
    assert lifetime_s(ISBN, [], degraded=False, **at_most) == pytest.approx(DAY_S, rel=0.11)
