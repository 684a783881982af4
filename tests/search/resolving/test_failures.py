"""Providers that fail, throttle or talk nonsense, and stores that are away: a status of the item, never an absence, never kept."""

import asyncio
from typing import Any

import httpx
import pytest
from django.db import OperationalError

from bookstrack.lib import clock, redis
from bookstrack.lib.db import in_db
from search import breaker, budget, conf, services
from search.cache import key_of
from search.provider import Kind, Question
from search.services import Resolver, Wanted
from tests.search.resolving.library import Library, isbn13

GARBAGE = [b"<html>internal detail</html>", b"[]", b"null", b'{"docs": [{"ti', {"docs": None, "data": "x", "items": 5}]


def key(isbn: str) -> str:
    return key_of(Question(Kind.ISBN, isbns=(isbn,)))


async def kept(isbn: str) -> Any:
    await services.settled()
    found = await services.cache.find(key(isbn))
    return found and found[0]


@pytest.mark.parametrize("provider", ["openlibrary", "isbndb"])
@pytest.mark.parametrize("broken", [(500, b"internal detail"), *((200, body) for body in GARBAGE), (200, httpx.ReadError("cut"))], ids=repr)
async def test_one_is_dead_and_the_others_answer(resolver: Resolver, library: Library, provider: str, broken: tuple[int, Any]) -> None:
    volumes = library.stocked(120)
    library.say(provider, broken[1], broken[0])
    found = await asyncio.gather(*(resolver.resolve(Wanted(isbn=str(volume.isbn))) for volume in volumes))
    assert {one.status for one in found} == {"success"}
    assert all(provider not in one.provider for one in found)
    assert library.calls["google-books"] == 0
    entry = await kept(str(volumes[0].isbn))
    assert entry.degraded == [provider] and entry.ttl_s <= conf.TTL.degraded


async def test_both_who_take_many_are_dead_and_google_answers(resolver: Resolver, library: Library) -> None:
    volumes = library.stocked(30)
    library.fail("openlibrary", "isbndb")
    found = await asyncio.gather(*(resolver.resolve(Wanted(isbn=str(volume.isbn))) for volume in volumes))
    assert {(one.status, one.provider) for one in found} == {("success", "google-books")}
    assert library.calls["google-books"] == 30


async def test_all_dead_is_an_error_and_heals(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    library.fail()
    for wanted in (Wanted(isbn=str(volume.isbn), title=volume.title), Wanted(title=volume.title, author=volume.author)):
        found = await resolver.resolve(wanted)
        assert (found.status, found.error_code, found.quota_until) == ("error", "PROVIDER_ERROR", None)
        assert found.error and "internal" not in found.error and found.work is None
    assert await kept(str(volume.isbn)) is None
    library.instead.clear()
    assert (await resolver.resolve(Wanted(isbn=str(volume.isbn)))).success


async def test_open_circuits(resolver: Resolver, library: Library) -> None:
    for provider in ("openlibrary", "isbndb", "google-books"):
        for _ in range(5):
            await breaker.record(provider, ok=False)
    for wanted in (Wanted(isbn=isbn13(1)), Wanted(title="The Silent Harbor")):
        found = await resolver.resolve(wanted)
        assert (found.status, found.error_code) == ("circuit_open", "CIRCUIT_OPEN")
    assert library.calls.total() == 0


@pytest.mark.parametrize("wanted", [Wanted(isbn=isbn13(1)), Wanted(title="Nothing Like It", author="Rosa Xu")])
async def test_somebody_may_know_what_the_others_do_not(resolver: Resolver, library: Library, wanted: Wanted) -> None:
    library.fail("google-books")
    found = await resolver.resolve(wanted)
    assert (found.status, found.error_code) == ("error", "PROVIDER_ERROR")
    assert found.error == "Not found, but google-books could not answer."
    library.instead.clear()
    assert (await resolver.resolve(wanted)).status == "not_found", "the failure was remembered"


async def test_what_nobody_else_knows_is_not_kept_while_one_is_dead(resolver: Resolver, library: Library) -> None:
    library.fail("openlibrary")
    assert (await resolver.resolve(Wanted(isbn=isbn13(1)))).status == "error"
    assert await kept(isbn13(1)) is None


async def test_quotas_of_the_day(library: Library, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from search import fan_out

    monkeypatch.setenv("SEARCH_PROVIDERS", "google-books,isbndb")
    fan_out.everybody.cache_clear()
    [volume] = library.stocked(1)
    await in_db(budget.reserve, "google-books", 1000, 800)
    await in_db(budget.reserve, "isbndb", 5000, 4000)
    for wanted in (Wanted(isbn=str(volume.isbn)), Wanted(title=volume.title, author=volume.author)):
        async with services.resolver() as made:
            found = await made.resolve(wanted)
        assert (found.status, found.error_code) == ("error", "QUOTA_EXHAUSTED")
        assert found.quota_until == pytest.approx(budget.next_day_unix_s(), abs=5)
    assert library.calls.total() == 0, "the part that is left for searches was used"
    async with services.resolver(share=1.0) as made:
        assert (await made.resolve(Wanted(isbn=str(volume.isbn)))).success
    await services.settled()


async def test_a_long_hold_is_a_quota_and_a_short_one_is_waited_for(library: Library, transactional_db: None, monkeypatch: Any) -> None:
    from search import fan_out

    monkeypatch.setenv("SEARCH_PROVIDERS", "isbndb")
    fan_out.everybody.cache_clear()
    [volume] = library.stocked(1)
    await breaker.hold("isbndb", 3600)
    async with services.resolver() as made:
        found = await made.resolve(Wanted(isbn=str(volume.isbn)))
        assert found.error_code == "QUOTA_EXHAUSTED"
        assert found.quota_until == pytest.approx(clock.unix_s() + 3600, abs=5)
        await breaker.reset("isbndb")
        await breaker.hold("isbndb", 0.3)
        assert (await made.resolve(Wanted(isbn=str(volume.isbn)))).success
    await services.settled()


async def test_an_expired_answer_serves_while_all_fail(resolver: Resolver, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_TTL_SCALE", "0.00000001")
    [volume] = library.stocked(1)
    wanted = [Wanted(isbn=str(volume.isbn)), Wanted(title=volume.title, author=volume.author)]
    await asyncio.gather(*map(resolver.resolve, wanted))
    await asyncio.sleep(0.3)
    library.fail()
    async with services.resolver() as other:
        found = await asyncio.gather(*map(other.resolve, wanted))
    assert [(one.status, one.cached) for one in found] == [("success", True)] * 2


async def test_redis_away_jobs_go_on(resolver: Resolver, library: Library, settings: Any) -> None:
    await redis.close()
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    volumes = library.stocked(120)
    found = await asyncio.gather(*(resolver.resolve(Wanted(isbn=str(volume.isbn))) for volume in volumes))
    assert all(one.success for one in found)
    assert (await resolver.resolve(Wanted(title=volumes[0].title, author=volumes[0].author))).success
    await services.settled()
    await redis.close()


async def test_database_away_free_calls_go_on(resolver: Resolver, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper

    [volume] = library.stocked(1)

    def away(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "cursor", away)
        found = await resolver.resolve(Wanted(isbn=str(volume.isbn)))
    assert found.success and found.provider == "openlibrary"
    assert library.calls == {"openlibrary": 1}, "a call without its ledger was made"


async def test_a_fault_of_ours_is_one_items(resolver: Resolver, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    import search.bulk

    one, other = library.stocked(2)
    rendered = search.bulk.rendered

    def faulty(question: Question, *args: Any, **kwargs: Any) -> Any:
        if one.isbn in question.isbns:
            raise ZeroDivisionError("internal detail")
        return rendered(question, *args, **kwargs)

    monkeypatch.setattr(search.bulk, "rendered", faulty)
    failed, found = await asyncio.gather(*(resolver.resolve(Wanted(isbn=str(volume.isbn))) for volume in (one, other)))
    assert found.success and failed.status == "error" and "internal" not in str(failed.as_item())


async def test_searches_come_before_jobs(library: Library, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of many calls takes no turn ahead: who searches gets the next one."""
    from search import fan_out

    monkeypatch.setenv("OPENLIBRARY_RATE", "4")
    monkeypatch.setenv("SEARCH_PROVIDERS", "openlibrary")
    fan_out.everybody.cache_clear()
    [volume] = library.stocked(1)
    async with services.resolver(concurrency=30, wait_s=20) as made:
        job = [asyncio.create_task(made.resolve(Wanted(title=f"Unheard {'abcdefghijklmnopqrst'[n]}x"))) for n in range(12)]
        await asyncio.sleep(0.2)
        answer = await services.search_isbn(str(volume.isbn))
        assert answer.entry.found == 1 and library.calls["openlibrary"] < 13, "it came after the job"
        found = await asyncio.gather(*job)
        assert {one.status for one in found} == {"not_found"}, "they did not wait for their turn"
    assert library.calls["openlibrary"] == 13
    await services.settled()
