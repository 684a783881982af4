"""Search over all providers: merged, partial, failing, late, stale; counted at the transport."""

import asyncio

import httpx
import pytest

from search import conf, services
from tests.functional.outside import ISBN, TITLE, Outside, google, openlibrary

BY_ISBN = f"/v1/search/isbn?isbn={ISBN}"
BY_TITLE = f"/v1/search/title?q={TITLE.replace(' ', '%20')}"
ONE_EACH = {"google-books": 1, "openlibrary": 1, "isbndb": 1}


async def test_one_call_each_merged_into_one_book(client: httpx.AsyncClient, outside: Outside) -> None:
    reply = await client.get(BY_ISBN)
    body = reply.json()
    assert outside.calls == ONE_EACH
    [work], [edition] = body["data"]["works"], body["data"]["editions"]
    assert (work["title"], work["firstPublicationYear"], work["openLibraryWorkID"]) == (TITLE, 1931, "OL45W")
    assert (edition["format"], edition["pageCount"], edition["googleBooksVolumeID"]) == ("Paperback", 333, "zyTCAlFPjgYC")
    assert body["metadata"]["provider"] == "openlibrary+google-books+isbndb"
    assert body["metadata"]["providers"] == {"catalogue": "empty", "openlibrary": "ok", "google-books": "ok", "isbndb": "ok"}
    assert "degraded" not in body["metadata"]


@pytest.mark.parametrize("path", [BY_ISBN, BY_TITLE, "/v1/search?q=zzz%20nothing"])
async def test_a_second_request_asks_nobody(client: httpx.AsyncClient, outside: Outside, path: str) -> None:
    await client.get(path)
    before = outside.calls.total()
    reply = await client.get(path)
    assert outside.calls.total() == before
    assert reply.headers["x-cache"] == "HIT"


async def test_simultaneous_requests_share_one_flight(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.delays_s = dict.fromkeys(ONE_EACH, 0.1)
    spellings = [ISBN, "0306406152", "978-0-306-40615-7", "urn:isbn:0306406152"]
    replies = await asyncio.gather(*(client.get("/v1/search/isbn", params={"isbn": spellings[i % 4]}) for i in range(40)))
    assert outside.calls == ONE_EACH
    assert len({reply.json()["data"]["expiresAt"] for reply in replies}) == 1


@pytest.mark.parametrize(
    "broken",
    [
        (500, b"internal detail"),
        (503, b"internal detail"),
        (200, b"<html>internal detail</html>"),
        (200, b'{"items": [{"id":'),
        (200, b"[]"),
        (200, b"null"),
        (302, b""),
        (200, b" " * (9 * 2**20)),
        (200, httpx.ConnectError("cut")),
        (200, httpx.ReadError("cut")),
    ],
)
@pytest.mark.parametrize("provider", ["google-books", "openlibrary", "isbndb"])
async def test_one_that_fails_is_named_and_nothing_else(
    client: httpx.AsyncClient, outside: Outside, provider: str, broken: tuple[int, object]
) -> None:
    outside.say(provider, broken[1], broken[0], Location="https://elsewhere.example/")
    reply = await client.get(BY_ISBN)
    body = reply.json()
    assert reply.status_code == 200
    assert body["metadata"]["degraded"] == [provider]
    assert body["metadata"]["ttl"] <= conf.TTL.degraded if body["metadata"]["cached"] else True
    assert provider not in body["metadata"]["provider"]
    assert "internal detail" not in reply.text and "elsewhere" not in reply.text


async def test_a_failure_is_never_remembered_as_absence(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    outside.say("google-books", {"error": {"errors": [{"reason": "dailyLimitExceeded"}]}}, 403)
    first = await client.get(BY_ISBN)
    assert first.json()["data"]["works"] == [] and first.json()["metadata"]["degraded"] == ["google-books"]
    assert first.json()["metadata"]["providers"]["google-books"] == "throttled"
    outside.say("google-books", google())
    assert [work["title"] for work in (await client.get(BY_ISBN)).json()["data"]["works"]] == [TITLE]


async def test_nothing_known_is_remembered(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    for cached in (False, True):
        body = (await client.get(BY_ISBN)).json()
        assert body["data"]["works"] == [] and body["metadata"]["cached"] is cached and body["metadata"]["provider"] == "none"
    assert outside.calls == ONE_EACH


@pytest.mark.parametrize("path", [BY_ISBN, BY_TITLE])
async def test_all_failing_is_an_error_and_heals(client: httpx.AsyncClient, outside: Outside, path: str) -> None:
    outside.fail()
    reply = await client.get(path)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["retryable"]) == (502, "PROVIDER_ERROR", True)
    assert {error["details"]["providers"][name] for name in ONE_EACH} == {"error"}
    assert "internal detail" not in reply.text
    outside.say("openlibrary", openlibrary())
    assert (await client.get(path)).json()["data"]["works"]


async def test_all_late_is_a_timeout_and_fills_the_cache_afterwards(
    client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_BUDGET_S", "1.5")  # on a busy machine a call leaves late, and none leaves after the budget
    outside.hold(*ONE_EACH)
    reply = await client.get(BY_ISBN)
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "PROVIDER_TIMEOUT")
    outside.let_go()
    await services.settled()
    again = await client.get(BY_ISBN)
    assert again.headers["x-cache"] == "HIT" and again.json()["data"]["works"]
    assert outside.calls == ONE_EACH


async def test_one_late_is_left_out_and_joins_later(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_BUDGET_S", "1.5")  # enough for the others on a busy machine
    outside.hold("google-books")
    first = (await client.get(BY_ISBN)).json()
    assert first["metadata"]["degraded"] == ["google-books"] and first["metadata"]["providers"]["google-books"] == "late"
    outside.let_go()
    await services.settled()
    services.cache.memory.clear()
    second = (await client.get(BY_ISBN)).json()
    assert second["metadata"]["cached"] and "degraded" not in second["metadata"]
    assert "google-books" in second["metadata"]["provider"]


async def test_an_expired_answer_serves_while_all_fail(
    client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHE_TTL_SCALE", "0.00000001")  # 365 d become a third of a second
    known = (await client.get(BY_ISBN)).json()["data"]
    await asyncio.sleep(1)
    outside.fail()
    reply = await client.get(BY_ISBN)
    assert reply.status_code == 200 and reply.headers["x-cache"] == "STALE"
    assert reply.json()["data"] == known
    assert reply.json()["metadata"]["staleBecause"]


async def test_another_book_under_the_isbn_is_not_taken_for_it(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    outside.say("google-books", google(isbn="9780140328721", title="Another"))
    assert (await client.get(BY_ISBN)).json()["data"]["works"] == []


async def test_providers_get_what_was_typed(client: httpx.AsyncClient, outside: Outside) -> None:
    await client.get("/v1/search/title", params={"q": "  L’Étranger!  "})
    assert outside.asked("google-books") == ["L’Étranger!"]


async def test_keys_travel_in_headers_only(client: httpx.AsyncClient, outside: Outside) -> None:
    await client.get(BY_ISBN)
    for request in outside.requests:
        assert "key-of" not in str(request.url)
    assert {"key-of-google", "key-of-isbndb"} <= {value for request in outside.requests for value in request.headers.values()}


async def test_redis_away_searches_go_on(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    from bookstrack.lib import redis

    await redis.close()
    monkeypatch.setattr("django.conf.settings.REDIS_URL", "redis://127.0.0.1:1/0")
    first, second = await client.get(BY_ISBN), await client.get(BY_ISBN)
    assert first.status_code == second.status_code == 200
    assert second.headers["x-cache"] == "HIT", "the memory tier goes on"
    health = await client.get("/health")
    assert health.status_code == 200 and health.json()["status"] == "degraded"
    assert (await client.get("/readyz")).status_code == 503
    await redis.close()


async def test_a_provider_without_its_key_is_off_and_says_so(
    client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from search import fan_out

    monkeypatch.delenv("ISBNDB_API_KEY")
    fan_out.everybody.cache_clear()
    body = (await client.get(BY_ISBN)).json()
    assert body["metadata"]["providers"]["isbndb"] == "off" and "degraded" not in body["metadata"]
    state = (await client.get("/health")).json()["checks"]["providers"]["isbndb"]
    assert state["status"] == "off" and "ISBNDB_API_KEY" in state["message"]


async def test_the_daily_budget_ends(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    from search import fan_out

    monkeypatch.setenv("GOOGLE_BOOKS_DAILY_BUDGET", "1")
    fan_out.everybody.cache_clear()
    await client.get(BY_ISBN)
    body = (await client.get(BY_TITLE)).json()
    assert body["metadata"]["providers"]["google-books"] == "throttled"
    assert outside.calls["google-books"] == 1


async def test_the_ledger_of_entries_is_written_behind(client: httpx.AsyncClient, outside: Outside) -> None:
    from bookstrack.lib.db import in_db
    from search.models import CacheEntry, ProviderDay

    for _ in range(3):
        await client.get(BY_ISBN)
    await services.settled()
    entry = await in_db(CacheEntry.objects.get)
    used = dict(await in_db(lambda: list(ProviderDay.objects.values_list("provider", "used"))))
    assert used == {"openlibrary": 1, "google-books": 1, "isbndb": 1}
    assert (entry.key, entry.kind, entry.found, entry.hits) == (f"search:isbn:{ISBN}", "isbn", 1, 2)


async def test_database_away_cached_searches_go_on_and_paid_calls_stop(
    client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError
    from django.db.backends.base.base import BaseDatabaseWrapper

    known = (await client.get(BY_ISBN)).json()["data"]
    outside.calls.clear()

    def away(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", away)
    assert (await client.get(BY_ISBN)).json()["data"] == known
    cold = await client.get(BY_TITLE)
    statuses = cold.json()["metadata"]["providers"]
    assert statuses == {"catalogue": "error", "openlibrary": "ok", "google-books": "throttled", "isbndb": "throttled"}
    assert outside.calls == {"openlibrary": 1}, "a call without its ledger was made"
    assert (await client.get("/readyz")).status_code == 503
    health = await client.get("/health")
    assert health.status_code == 503 and health.json()["checks"]["database"]["status"] == "down"
    monkeypatch.undo()


async def test_who_does_not_know_it_is_no_word_against_who_knew(
    client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that knows the book fails, the others answer that they do not know it: what was known is shown, and says why."""
    monkeypatch.setenv("CACHE_TTL_SCALE", "0.0000001")
    outside.know_nothing()
    outside.say("openlibrary", openlibrary())
    assert (await client.get(BY_TITLE)).json()["data"]["works"]
    await services.settled()
    await asyncio.sleep(0.1)
    outside.say("openlibrary", b"internal detail", 500)
    reply = await client.get(BY_TITLE)
    assert [work["title"] for work in reply.json()["data"]["works"]] == [TITLE]
    assert reply.headers["x-cache"] == "STALE"
    assert reply.json()["metadata"]["staleBecause"] == "openlibrary did not answer"
    outside.say("openlibrary", {"numFound": 0, "docs": []})
    assert (await client.get(BY_TITLE)).json()["data"]["works"] == []
