"""Keys filled anew: the very keys of clients, every kind of them, and never a good answer lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import clock, http, redis
from bookstrack.lib.db import in_db
from search import budget, conf, lookup, one_provider, services, work_editions
from search.author_search import key_of_all, search_author
from search.bibliography import Sort
from search.cache import Entry, key_of
from search.edition_search import search_editions
from search.entries import spoils
from search.look import by_fields, by_title
from search.models import CacheEntry
from search.provider import Kind, Question
from search.refill import Refill, way_to
from search.refilled import Asking
from tests.functional.conftest import writers
from tests.functional.writers import NAME, Writer, Writers
from tests.search.resolving.conftest import library
from tests.search.resolving.library import Library

__all__ = ["library", "writers"]
WAIT_S = 5.0


@pytest.fixture
async def refill(transactional_db: None) -> AsyncIterator[Refill]:
    made = services.refill(share=0.5, wait_s=WAIT_S)
    yield made
    await made.close()
    await services.settled()
    await http.close()
    await redis.close()


async def row_of(key: str) -> CacheEntry:
    await services.settled()
    return await CacheEntry.objects.aget(key=key)


async def entry_of(key: str) -> Entry:
    found = await services.cache.find(key)
    assert found is not None
    return found[0]


async def aged(key: str, **changes: Any) -> Entry:
    """Have what is kept under a key be other than it is."""
    entry = replace(await entry_of(key), **changes)
    await services.cache.keep_everywhere(key, entry, services.cache.keep_here(key, entry))
    return entry


def asking_of(row: CacheEntry) -> Asking:
    assert row.question is not None
    return Asking(row.key, row.question)


questions = st.builds(
    Question,
    st.sampled_from(Kind),
    isbns=st.lists(st.text("0123456789", min_size=13, max_size=13), max_size=2).map(tuple),
    text=st.text(max_size=5),
    author=st.text(max_size=5),
    limit=st.integers(1, 100),
    offset=st.integers(0, 3),
    lang=st.none() | st.just("en"),
    provider_id=st.text(max_size=5),
)


@given(questions)
def test_a_question_is_kept_whole(question: Question) -> None:
    assert Question.of_json(question.as_json()) == question


@pytest.mark.parametrize("kept", [{}, {"kind": "riddle"}, {"kind": "isbn", "colour": "red"}, {"kind": "isbn", "isbns": 7}])
def test_what_is_no_question_is_told(kept: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Question.of_json(kept)


async def test_isbns_are_filled_in_bulk_under_the_keys_of_searches(library: Library, refill: Refill) -> None:
    volumes = library.stocked(150)
    told = await asyncio.gather(*(refill.ask(refill.of_isbn(str(volume.isbn))) for volume in volumes))
    await refill.landed()
    assert {one.state for one in told} == {"filled"} and library.calls == {"openlibrary": 2, "isbndb": 1}
    assert refill.calls == {"openlibrary": 2, "isbndb": 1}
    services.cache.memory.clear()  # another process
    library.calls.clear()
    for volume in volumes[::30]:
        answer = await services.search_isbn(str(volume.isbn))
        assert answer.cache_source == "redis" and answer.data["editions"][0]["isbn"] == volume.isbn
    assert not library.calls


async def test_what_is_fresh_is_asked_only_where_it_is_older(library: Library, refill: Refill) -> None:
    [volume] = library.stocked(1)
    asking = refill.of_isbn(str(volume.isbn))
    assert (await refill.ask(asking)).state == "filled"
    before = await entry_of(asking.key)
    assert (await refill.ask(asking)).state == "fresh"
    assert (await refill.ask(asking, older_than=before.created_at)).state == "fresh"
    await aged(asking.key, created_at=before.created_at - before.ttl_s + 60)  # a minute is left
    library.calls.clear()
    told = await refill.ask(asking, older_than=clock.unix_s())
    assert told.state == "filled" and library.calls.total() == 2
    assert (await entry_of(asking.key)).left_s > 86_400


async def test_looking_after_the_cache_counts_as_no_hit(library: Library, refill: Refill) -> None:
    [volume] = library.stocked(1)
    asking = refill.of_isbn(str(volume.isbn))
    await refill.ask(asking)
    await refill.ask(asking)
    assert (await row_of(asking.key)).hits == 0
    await services.search_isbn(str(volume.isbn))
    assert (await row_of(asking.key)).hits == 1


@pytest.mark.parametrize("status", [500, 404, 429])
async def test_a_good_answer_outlives_failing_providers(library: Library, refill: Refill, status: int) -> None:
    [volume] = library.stocked(1)
    asking = refill.of_isbn(str(volume.isbn))
    await refill.ask(asking)
    there = await aged(asking.key, created_at=clock.unix_s() - 86_400)
    if status == 404:  # they answer, and nobody knows it any more
        library.volumes.clear()
    else:
        library.fail(status=status)
    told = await refill.ask(asking, older_than=clock.unix_s())
    assert told.state == ("kept" if status == 404 else "failed") and told.found == 1
    assert await entry_of(asking.key) == there


@pytest.mark.parametrize("failing", ["openlibrary", "isbndb"])
async def test_a_degraded_answer_takes_no_good_ones_place(library: Library, refill: Refill, failing: str) -> None:
    [volume] = library.stocked(1)
    asking, by_words = refill.of_isbn(str(volume.isbn)), refill.of_book(volume.title, volume.author)[0]
    for one in (asking, by_words):
        await refill.ask(one)
    there = [await aged(one.key, created_at=clock.unix_s() - 86_400) for one in (asking, by_words)]
    library.fail(failing)
    told = [await refill.ask(one, older_than=clock.unix_s()) for one in (asking, by_words)]
    await services.settled()
    assert [one.state for one in told] == ["failed", "failed"] and all(failing in one.problem for one in told)
    assert [await entry_of(one.key) for one in (asking, by_words)] == there


async def test_a_failure_without_an_answer_leaves_nothing_behind(library: Library, refill: Refill) -> None:
    library.fail()
    told = await refill.ask(refill.of_isbn("9780306406157"))
    assert told.state == "failed" and told.entry is None and await services.cache.find("search:isbn:9780306406157") is None


async def test_what_nobody_knows_is_kept_as_such(library: Library, refill: Refill) -> None:
    told = await refill.ask(refill.of_isbn("9780306406157"))
    assert told.state == "filled" and told.found == 0
    library.calls.clear()
    assert (await services.search_isbn("0-306-40615-2")).data["works"] == [] and not library.calls


async def test_a_short_answer_is_asked_again(library: Library, refill: Refill) -> None:
    [volume] = library.stocked(1)
    asking = refill.of_isbn(str(volume.isbn))
    library.fail("isbndb")
    assert (await refill.ask(asking)).state == "failed"
    assert (await entry_of(asking.key)).left_s <= conf.TTL.degraded * 1.01
    library.instead.clear()
    assert (await refill.ask(asking)).state == "filled"
    assert (await entry_of(asking.key)).left_s > 86_400


async def test_a_fuller_answer_is_asked_as_a_search_asks(library: Library, refill: Refill) -> None:
    """What clients asked for was asked of everybody: in bulk Google is not asked, and knows more of some books."""
    [volume] = library.stocked(1)
    asking = refill.of_isbn(str(volume.isbn))
    await services.search_isbn(str(volume.isbn))
    await services.settled()
    there = await aged(asking.key, created_at=clock.unix_s() - 400 * 86_400, ttl_s=401 * 86_400, completeness=99)
    library.calls.clear()
    told = await refill.ask(asking, older_than=clock.unix_s())
    assert told.state == "filled" and library.calls["google-books"] == 1
    assert (await entry_of(asking.key)).left_s > 100 * 86_400 > there.left_s


async def test_a_used_up_quota_is_told_with_its_end(library: Library, refill: Refill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISBNDB_DAILY_BUDGET", "10")
    from search import fan_out

    fan_out.everybody.cache_clear()
    volumes = library.stocked(2)
    assert await in_db(budget.reserve, "isbndb", 10, 5)  # a search may use the rest, a job leaves it
    own = services.refill(share=0.5, wait_s=WAIT_S)
    told = await own.ask(own.of_isbn(str(volumes[0].isbn)))
    await own.close()
    assert told.state == "failed" and told.quota_until == budget.next_day_unix_s() and not library.calls["isbndb"]
    assert (await services.search_isbn(str(volumes[1].isbn))).entry.degraded == [] and library.calls["isbndb"] == 1


def with_stored_works(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Open Library tell a work's own record too."""
    usual = library._openlibrary

    def answer(request: httpx.Request) -> tuple[int, Any]:
        if found := re.fullmatch(r"/works/(OL\d+W)\.json", request.url.path):
            title = next(volume.title for volume in library.volumes if volume.work_id == found[1])
            return 200, {"type": {"key": "/type/work"}, "key": f"/works/{found[1]}", "title": title}
        return usual(request)

    monkeypatch.setattr(library, "_openlibrary", answer)


async def test_every_key_that_clients_ask_can_be_asked_again(
    library: Library, refill: Refill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the row alone, and under the same key."""
    [volume] = library.stocked(1)
    with_stored_works(library, monkeypatch)
    await services.search_isbn(str(volume.isbn))
    await services.looked(by_title(volume.title, limit=7, lang="en"))
    await services.looked(by_fields(title=volume.title, author=volume.author))
    await services.search_any(volume.title)
    await search_editions(volume.title, volume.author, limit=9)
    await lookup.find_work(volume.work_id)
    await lookup.find_work(volume.edition_id)
    await work_editions.list_editions(volume.work_id)
    await one_provider.by_words("google-books", volume.title, limit=5)
    await services.settled()
    rows = [row async for row in CacheEntry.objects.exclude(kind="author")]
    assert len(rows) >= 8
    for row in rows:
        asking = asking_of(row)
        await services.expire([row.key])
        library.calls.clear()
        told = await refill.ask(asking)
        await services.settled()
        assert told.state == "filled" and told.keys == (row.key,) and library.calls.total() >= 1, row
        assert (await entry_of(row.key)).found == row.found, row


async def test_a_key_that_no_way_leads_to_is_told(library: Library, refill: Refill) -> None:
    question = Question(Kind.TITLE, text="dune")
    assert way_to(key_of(question), question) is not None
    for key in ("search:title:older", "search:one:nobody:title:x", "search:author:x", "bt0:x"):
        told = await refill.ask(Asking(key, question.as_json()))
        assert told.state == "unknown" and told.problem and not library.calls
    assert (await refill.ask(Asking("x", {"kind": "of another version"}))).state == "unknown"
    by_author = Question(Kind.AUTHOR, author=NAME).as_json()
    assert (await refill.ask(Asking("search:author:x", by_author))).state == "unknown"


async def test_a_bibliography_is_filled_whole_with_its_first_page(writers: Writers, refill: Refill) -> None:
    writers.writers = [Writer(works=[f"Book {word}" for word in ("one", "two", "three")])]
    asking = refill.of_author(NAME)
    told = await refill.ask(asking)
    assert told.state == "filled" and set(told.keys) == {asking.key, key_of_all(NAME)} == set(refill.keys_of(asking)) and told.found == 3
    calls = writers.calls.total()
    for limit, sort in ((50, Sort.YEAR), (2, Sort.TITLE)):
        assert (await search_author("gita iyer", limit=limit, sort=sort)).cache_source == "memory"
    assert (await refill.ask(asking)).found == 3 and writers.calls.total() == calls
    await services.settled()
    page = next(row for row in [row async for row in CacheEntry.objects.filter(kind="author")] if row.key not in told.keys)
    await aged(page.key, created_at=clock.unix_s() - 86_400)
    again = await refill.ask(asking_of(page), older_than=clock.unix_s())
    assert again.state == "filled" and set(again.keys) == {page.key, key_of_all(NAME)}


async def test_a_bibliography_outlives_failing_providers(writers: Writers, refill: Refill) -> None:
    writers.writers = [Writer(works=["Book one", "Book two"])]
    asking = refill.of_author(NAME)
    await refill.ask(asking)
    for key in refill.keys_of(asking):
        await aged(key, created_at=clock.unix_s() - 86_400)
    writers.broken.add("openlibrary")
    told = await refill.ask(asking, older_than=clock.unix_s())
    assert told.state == "failed" and "openlibrary" in told.problem
    assert (await search_author(NAME)).data["pagination"]["total"] == 2


def entry(found: int = 1, degraded: list[str] | None = None, completeness: int = 50) -> Entry:
    return Entry(b"{}", clock.unix_s(), 60.0, "x", {}, degraded or [], completeness=completeness, found=found)


@given(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 100), st.integers(0, 100))
def test_what_spoils(new: int, kept: int, new_short: bool, kept_short: bool, new_full: int, kept_full: int) -> None:
    one, other = entry(new, ["x"] if new_short else [], new_full), entry(kept, ["x"] if kept_short else [], kept_full)
    verdict = spoils(one, other)
    assert verdict == (kept > 0 and (new == 0 or (new_short and (not kept_short or new_full < kept_full))))
    if not kept or (new and not new_short):
        assert not verdict
