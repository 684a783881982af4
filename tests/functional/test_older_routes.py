"""The older routes: the same answers in the bare shape of Google's volumes, aged by headers; errors in the envelope."""

from typing import Any

import httpx
import pytest

from tests.functional.outside import AUTHOR, ISBN, TITLE, Outside, google, openlibrary

ADVANCED = {"bookTitle": TITLE, "authorName": AUTHOR}
PICTURE = "http://books.google.com/books/content?id=zyTCAlFPjgYC&zoom=1&edge=curl"


def told(outside: Outside) -> None:
    outside.say("google-books", google(publisher="Glass Press", pageCount=217, imageLinks={"thumbnail": PICTURE}, publishedDate="2004-07"))


async def ask(client: httpx.AsyncClient, path: str, **params: Any) -> httpx.Response:
    return await client.get(path, params=params)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/search/isbn", {"isbn": "0-306-40615-2"}),
        ("/search/title", {"q": TITLE, "maxResults": 5}),
        ("/search/advanced", ADVANCED),
        ("POST", ADVANCED),
    ],
)
async def test_a_volume_filled_in(client: httpx.AsyncClient, outside: Outside, path: str, params: dict[str, Any]) -> None:
    told(outside)
    reply = await (client.post("/search/advanced", json=params) if path == "POST" else client.get(path, params=params))
    body = reply.json()
    assert reply.status_code == 200 and not {"success", "data", "metadata"} & set(body)
    assert (body["kind"], body["totalItems"], body["cached"]) == ("books#volumes", 1, False)
    assert "google-books" in body["provider"] and body["responseTime"] > 0
    [item] = body["items"]
    info = item["volumeInfo"]
    assert (item["kind"], item["id"]) == ("books#volume", "zyTCAlFPjgYC")
    assert info["industryIdentifiers"] == [{"type": "ISBN_13", "identifier": ISBN}, {"type": "ISBN_10", "identifier": "0306406152"}]
    assert (info["title"], info["authors"], info["publisher"]) == (TITLE, [AUTHOR], "Glass Press")
    assert info["pageCount"] in (217, 333) and info["publishedDate"] == "2004-07"
    assert info["imageLinks"]["thumbnail"].startswith("https://")
    assert reply.headers["deprecation"].startswith("@") and reply.headers["sunset"].endswith("GMT")
    assert "etag" not in reply.headers


async def test_by_author(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.say("openlibrary", {"numFound": 0, "docs": []})
    told(outside)
    body = (await ask(client, "/search/author", q=AUTHOR)).json()
    assert [item["volumeInfo"]["title"] for item in body["items"]] == [TITLE] and body["totalItems"] == 1


async def test_from_the_cache_of_the_newer_routes(client: httpx.AsyncClient, outside: Outside) -> None:
    await ask(client, "/v1/search/isbn", isbn=ISBN)
    before = outside.calls.total()
    assert (await ask(client, "/search/isbn", isbn=ISBN)).json()["cached"] is True
    assert outside.calls.total() == before


async def test_nothing_found(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    body = (await ask(client, "/search/title", q="Nothing Of It")).json()
    assert (body["totalItems"], body["items"], body["provider"]) == (0, [], "none")


async def test_unknown_members_are_left_out(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    outside.say("openlibrary", openlibrary(cover_i=-1, author_name=[], isbn=[]))
    [item] = (await ask(client, "/search/title", q=TITLE)).json()["items"]
    assert item["id"] == "OL45W" and not {"imageLinks", "publisher", "authors", "industryIdentifiers"} & set(item["volumeInfo"])
    assert None not in item["volumeInfo"].values()


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [("/search/isbn", {"isbn": "123"}, "INVALID_ISBN"),
     ("/search/isbn", {}, "MISSING_PARAMETER"), ("/search/title", {}, "MISSING_PARAMETER"),
     ("/search/author", {}, "MISSING_PARAMETER"), ("/search/advanced", {}, "MISSING_PARAMETER"),
     ("/search/title", {"q": TITLE, "maxResults": 41}, "INVALID_QUERY"), ("/search/title", {"q": TITLE, "limit": 4}, "INVALID_QUERY")],
)  # fmt: skip
async def test_bad_input(client: httpx.AsyncClient, outside: Outside, path: str, params: dict[str, Any], code: str) -> None:
    reply = await ask(client, path, **params)
    assert (reply.status_code, reply.json()["error"]["code"], reply.json()["success"]) == (400, code, False)
    assert not outside.calls


async def test_errors_are_aged_and_enveloped_too(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.fail()
    failed = await ask(client, "/search/isbn", isbn=ISBN)
    assert (failed.status_code, failed.json()["error"]["code"]) == (502, "PROVIDER_ERROR") and failed.headers["sunset"]
    refused = await client.delete("/search/title")
    assert (refused.status_code, refused.json()["error"]["code"], refused.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "GET")
    assert (await client.get("/search/nothing")).json()["error"]["code"] == "NOT_FOUND"
