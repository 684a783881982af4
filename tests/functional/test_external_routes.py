"""One provider alone: only it is asked, within its share of the day's budget; its failure is an error, not absence."""

from typing import Any

import httpx
import pytest

from search import fan_out, services
from tests.functional.outside import AUTHOR, EMPTY, ISBN, TITLE, Outside, isbndb

ROUTES = [
    ("/external/google-books", {"q": TITLE, "maxResults": 3}, "google-books"),
    ("/external/google-books-isbn", {"isbn": "0306406152"}, "google-books"),
    ("/external/openlibrary", {"q": TITLE}, "openlibrary"),
    ("/external/openlibrary-author", {"author": AUTHOR}, "openlibrary"),
    ("/external/isbndb", {"q": TITLE}, "isbndb"),
    ("/external/isbndb-editions", {"title": TITLE, "author": AUTHOR}, "isbndb"),
    ("/external/isbndb-isbn", {"isbn": ISBN}, "isbndb"),
]


@pytest.mark.parametrize(("path", "params", "provider"), ROUTES)
async def test_one_alone(client: httpx.AsyncClient, outside: Outside, path: str, params: dict[str, Any], provider: str) -> None:
    if path in ("/external/isbndb", "/external/isbndb-editions"):
        outside.say("isbndb", {"books": [isbndb()["book"]], "total": 1})
    reply = await client.get(path, params=params)
    body = reply.json()
    assert reply.status_code == 200 and outside.calls == {provider: 1}
    assert set(body) == {"works", "editions", "authors", "provider", "cached"}
    assert (body["provider"], body["cached"]) == (provider, False)
    assert [work["title"] for work in body["works"]] == [TITLE] and body["works"][0]["providers"] == [provider]
    assert len(body["editions"]) == 1 and body["authors"][0]["name"] == AUTHOR
    again = await client.get(path, params=params)
    assert again.json()["cached"] is True and outside.calls == {provider: 1}


@pytest.mark.parametrize(("path", "params", "provider"), ROUTES)
async def test_its_failure_is_an_error(
    client: httpx.AsyncClient, outside: Outside, path: str, params: dict[str, Any], provider: str
) -> None:
    outside.fail(provider)
    reply = await client.get(path, params=params)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "PROVIDER_ERROR")
    assert reply.json()["error"]["details"]["providers"] == {provider: "error"} and set(outside.calls) == {provider}


async def test_nothing_found(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.say("google-books", EMPTY["google-books"])
    body = (await client.get("/external/google-books", params={"q": TITLE})).json()
    assert body == {"works": [], "editions": [], "authors": [], "provider": "google-books", "cached": False}


async def test_within_its_share_of_the_budget(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_BOOKS_DAILY_BUDGET", "4")
    monkeypatch.setenv("EXTERNAL_BUDGET_SHARE", "0.5")
    fan_out.everybody.cache_clear()
    codes = [(await client.get("/external/google-books", params={"q": f"Number {n}"})).status_code for n in range(4)]
    assert codes == [200, 200, 503, 503] and outside.calls == {"google-books": 2}
    refused = await client.get("/external/google-books", params={"q": "Number 3"})
    assert refused.json()["error"]["code"] == "QUOTA_EXHAUSTED"
    found = await client.get("/v1/search/title", params={"q": TITLE})  # the rest is for searches
    assert found.json()["metadata"]["providers"]["google-books"] == "ok"


async def test_a_provider_that_is_off(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ISBNDB_API_KEY")
    fan_out.everybody.cache_clear()
    reply = await client.get("/external/isbndb-isbn", params={"isbn": ISBN})
    error = reply.json()["error"]
    assert reply.status_code == 503 and error["details"]["providers"] == {"isbndb": "off"} and error["retryable"] is False


async def test_a_late_answer_fills_the_cache(client: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_BUDGET_S", "1.5")  # on a busy machine a call leaves late, and none leaves after the budget
    outside.hold("google-books")
    late = await client.get("/external/google-books", params={"q": TITLE})
    assert (late.status_code, late.json()["error"]["code"]) == (504, "PROVIDER_TIMEOUT")
    outside.let_go()
    await services.settled()
    assert (await client.get("/external/google-books", params={"q": TITLE})).json()["cached"] is True


@pytest.mark.parametrize(
    ("path", "params"),
    [("google-books", {}), ("google-books", {"q": "x"}), ("google-books-isbn", {"isbn": "1"}), ("openlibrary-author", {}),
     ("isbndb-editions", {"author": AUTHOR}), ("isbndb-isbn", {}), ("openlibrary", {"q": TITLE, "maxResults": 0}),
     ("openlibrary", {"q": TITLE, "lang": "en"})],
)  # fmt: skip
async def test_bad_input(client: httpx.AsyncClient, outside: Outside, path: str, params: dict[str, Any]) -> None:
    reply = await client.get(f"/external/{path}", params=params)
    assert reply.status_code == 400 and reply.json()["error"]["details"]["field"]
    assert not outside.calls
