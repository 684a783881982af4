"""A cache bounded by bytes, which keeps what is asked most for its size."""

from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib.byte_cache import OVERHEAD_BYTES, ByteCache

BOUND, ENTRY = 4_000, 1_000  # bytes; of an entry with what it costs beside its payload
KEYS = "abcdefgh"
STEPS = st.lists(
    st.tuples(st.sampled_from(["get", "get", "put", "put", "grow", "drop", "clear"]), st.sampled_from(KEYS), st.integers(0, BOUND)),
    max_size=80,
)


def cache_of(entries: int) -> ByteCache[str]:
    return ByteCache(entries * ENTRY)


def put(cache: ByteCache[str], key: str, value: str = "") -> None:
    cache.put(key, value or key, ENTRY - OVERHEAD_BYTES)


def ask(cache: ByteCache[str], key: str) -> bool:
    """As a caller does: look, and put what was not there. Whether it was."""
    if cache.get(key) is not None:
        return True
    put(cache, key)
    return False


def asked_often(cache: ByteCache[str], keys: list[str], times: int = 8) -> None:
    for key in keys * times:
        ask(cache, key)


def crawl(cache: ByteCache[str], numbers: range = range(1_000)) -> None:
    for number in numbers:
        assert not ask(cache, f"crawled {number}")


@given(STEPS)
def test_it_never_holds_more_than_it_may_and_what_it_holds_is_what_was_put_last(steps: list[tuple[str, str, int]]) -> None:
    cache: ByteCache[object] = ByteCache(BOUND)
    put: dict[str, object] = {}
    sizes: dict[str, int] = {}
    for what, key, size in steps:
        before, evicted = set(cache.keys()), cache.evictions
        gone = set()  # what this step takes out itself
        if what == "put":
            put[key], sizes[key] = object(), size + OVERHEAD_BYTES
            cache.put(key, put[key], size)
        elif what == "grow" and key in cache:
            sizes[key] += size
            cache.grow(key, size)
        elif what == "grow":
            cache.grow(key, size)
        elif what == "drop":
            assert cache.drop(key) is (key in before)
            gone = {key}
        elif what == "clear":
            cache.clear()
            gone = before
        if what in ("put", "grow") and sizes.get(key, 0) > BOUND:
            gone = {key}
        elif what == "put":
            before.add(key)
        kept = set(cache.keys())
        assert kept <= before
        assert len(before - kept - gone) == cache.evictions - evicted  # nothing vanishes but what was evicted, or taken out
        assert not kept & gone
        if what in ("put", "grow") and key in before - gone:
            assert key in kept  # others go for it
        assert cache.used_bytes == sum(sizes[name] for name in kept) <= BOUND
        assert len(cache) == len(kept) and all(name in cache for name in kept)
        assert all(cache.peek(name) is (put[name] if name in kept else None) for name in put)
        assert (cache.get(key) is put[key]) if key in kept else (cache.get(key) is None)


@given(st.lists(st.sampled_from(KEYS), max_size=60), st.integers(1, 6))
def test_nothing_goes_while_there_is_room(keys: list[str], entries: int) -> None:
    cache = cache_of(entries)
    for key in keys:
        ask(cache, key)
    assert len(cache) == min(entries, len(set(keys)))
    assert (cache.evictions == 0) is (len(set(keys)) <= entries)


def test_a_crawl_does_not_empty_it_of_what_is_wanted() -> None:
    cache, wanted = cache_of(200), [f"wanted {number}" for number in range(100)]
    asked_often(cache, wanted)
    crawl(cache)
    assert all(key in cache for key in wanted)
    assert cache.evictions == 900 and len(cache) == 200


def test_what_is_replaced_or_dropped_keeps_its_standing() -> None:
    cache, wanted = cache_of(200), [f"wanted {number}" for number in range(100)]
    asked_often(cache, wanted)
    for key in wanted[:50]:
        put(cache, key, "a new version")
    for key in wanted[50:]:
        assert cache.drop(key)
        put(cache, key, "a new version")
    crawl(cache)
    assert {cache.peek(key) for key in wanted} == {"a new version"}


def test_what_was_evicted_is_known_when_it_comes_back() -> None:
    cache, first, later = cache_of(200), [f"first {number}" for number in range(200)], [f"later {number}" for number in range(100)]
    asked_often(cache, first, times=4)
    for turn in range(12):  # later ones are evicted again and again, until what they were asked speaks for them
        asked_often(cache, later, times=1)
        crawl(cache, range(100 * turn, 100 * (turn + 1)))
    assert sum(key in cache for key in later) >= 95  # chance puts some beside others that are wanted as much


def test_what_was_popular_once_does_not_stay_for_ever() -> None:
    cache, once, now = cache_of(200), [f"once {number}" for number in range(150)], [f"now {number}" for number in range(150)]
    asked_often(cache, once, times=1_000)
    asked_often(cache, now, times=100)
    assert all(ask(cache, key) for key in now)


def test_of_two_that_are_asked_alike_the_heavier_one_goes() -> None:
    cache = cache_of(10)
    for number in range(4):
        put(cache, f"light {number}")
    cache.put("heavy", "heavy", 3 * ENTRY - OVERHEAD_BYTES)
    for number in range(4, 8):
        put(cache, f"light {number}")
    assert "heavy" not in cache and len(cache) == 8 and cache.evictions == 1


def test_what_grows_makes_others_go_and_stays() -> None:
    cache = cache_of(3)
    for key in "abc":
        put(cache, key)
    cache.get("b")
    cache.grow("a", ENTRY)
    assert set(cache.keys()) == {"a", "b"} and cache.used_bytes == 3 * ENTRY
    cache.grow("nobody", ENTRY)
    assert cache.evictions == 1
    cache.grow("a", 2 * ENTRY)
    assert set(cache.keys()) == {"b"} and cache.used_bytes == ENTRY


def test_what_is_larger_than_the_whole_replaces_nothing_but_itself() -> None:
    cache: ByteCache[bytes] = ByteCache(1_000)
    cache.put("a", b"old", 100)
    cache.put("b", b"other", 50)
    cache.put("a", b"new", 1_000)
    assert cache.get("a") is None and cache.get("b") == b"other"
    cache.clear()
    assert len(cache) == cache.used_bytes == 0 and "b" not in cache


def test_to_peek_is_no_request() -> None:
    cache = cache_of(2)
    put(cache, "a")
    put(cache, "b")
    for _ in range(5):
        assert cache.peek("a") == "a" and cache.peek("c") is None
    cache.get("b")
    put(cache, "c")
    assert set(cache.keys()) == {"b", "c"}
