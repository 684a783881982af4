"""Cached answers before Django: the same as the view's, for every request that both can answer."""

import asyncio
import gzip
from typing import Any

import httpx
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookstrack import asgi
from search import services
from search.fast_lane import planned
from tests.functional.outside import AUTHOR, ISBN, TITLE, Outside, google, openlibrary

THE_LONG_WAY = {"Content-Length": "0"}  # a request with a body is the view's
SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("/v1/search/isbn", {"isbn": ISBN}),
    ("/v1/search/isbn", {"isbn": "0-306-40615-2", "minMatch": "same_work"}),
    ("/v1/search/title", {"q": TITLE}),
    ("/v1/search/title", {"title": TITLE, "maxResults": 5, "offset": 0, "lang": "en", "minMatch": "work_only"}),
    ("/v1/search/advanced", {"title": TITLE, "author": AUTHOR, "limit": 40}),
    ("/v1/search/advanced", {"title": "of no effect", "isbn": ISBN}),
    ("/v1/search/author", {"q": AUTHOR, "limit": 5, "sortBy": "title"}),
    ("/v1/search", {"q": TITLE}),
    ("/v1/search", {"q": ISBN}),
    ("/v1/editions/search", {"workTitle": TITLE, "author": AUTHOR}),
    ("/search/isbn", {"isbn": ISBN, "maxResults": 3}),
    ("/search/title", {"q": TITLE}),
    ("/search/author", {"q": AUTHOR}),
    ("/search/advanced", {"bookTitle": TITLE, "authorName": AUTHOR}),
]
VARYING = {"x-request-id", "x-response-time", "x-cache-age", "content-length", "content-encoding", "x-cache-status"}


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that came as far as Django."""
    seen: list[str] = []
    inner = asgi._api

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await inner(scope, receive, send)

    monkeypatch.setattr(asgi, "_api", noting)
    return seen


def of_substance(reply: httpx.Response) -> tuple[Any, Any]:
    """What two answers of one entry have in common: headers, and the body but for the moment."""
    headers = {name.lower(): value for name, value in reply.headers.items() if name.lower() not in VARYING}
    headers["vary"] = ", ".join(sorted(one.strip().lower() for one in headers["vary"].split(",")))
    if not reply.content:
        return headers, None
    body = reply.json()
    body.pop("responseTime", None)
    about = body.get("metadata", {})
    for moment in ("timestamp", "processingTime", "traceId", "cacheAge", "ttl", "cacheSource"):
        about.pop(moment, None)
    return headers, body


@pytest.mark.parametrize(("path", "params"), SEARCHES)
async def test_both_ways_show_the_same(
    client: httpx.AsyncClient, outside: Outside, views: list[str], path: str, params: dict[str, Any]
) -> None:
    outside.say("google-books", google(description="Tides and a lighthouse. " * 30))
    if path.endswith("/author"):  # a page of a bibliography that is not whole is not kept
        outside.say("isbndb", {"errorMessage": "Not Found"}, 404)
    await client.get(path, params=params)
    calls = outside.calls.total()
    before = len(views)
    quick = await client.get(path, params=params)
    assert len(views) == before, "it should not have come to Django"
    assert quick.headers["x-cache"] == "HIT" and quick.headers["x-cache-status"] == "hit-memory"
    slow = await client.get(path, params=params, headers=THE_LONG_WAY)
    assert len(views) == before + 1
    assert of_substance(quick) == of_substance(slow)
    if "metadata" in quick.json():
        shown, told = quick.content, slow.content
        assert shown[: shown.index(b',"metadata":')] == told[: told.index(b',"metadata":')], "data is the same bytes"
        assert quick.json()["metadata"].keys() == slow.json()["metadata"].keys()
        assert quick.json()["metadata"]["traceId"] == quick.headers["x-request-id"]
    assert outside.calls.total() == calls


async def test_what_redis_has_is_answered_without_django_too(client: httpx.AsyncClient, outside: Outside, views: list[str]) -> None:
    await client.get("/v1/search/isbn", params={"isbn": ISBN})
    await services.settled()
    services.cache.memory.clear()  # another process
    before = len(views)
    replies = await asyncio.gather(*(client.get("/v1/search/isbn", params={"isbn": ISBN}) for _ in range(20)))
    assert len(views) == before and {reply.headers["x-cache-status"] for reply in replies} <= {"hit-redis", "hit-memory"}
    assert replies[0].json()["metadata"]["cacheSource"] == "redis"


@pytest.mark.parametrize(("coding", "decode"), [("gzip", gzip.decompress), ("zstd", lambda body: zstandard.decompress(body, 2**20))])
async def test_compressed_where_it_is_asked_for(client: httpx.AsyncClient, outside: Outside, coding: str, decode: Any) -> None:
    outside.say("google-books", google(description="Tides and a lighthouse. " * 60))
    path = f"/v1/search/isbn?isbn={ISBN}"
    await client.get(path)
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    async with client.stream("GET", path, headers={"Accept-Encoding": coding}) as reply:
        body = b"".join([piece async for piece in reply.aiter_raw()])
    assert reply.headers["content-encoding"] == coding and int(reply.headers["content-length"]) == len(body) < len(plain.content) / 2
    assert decode(body).startswith(plain.content[: plain.content.index(b',"metadata":')]) and decode(body).endswith(b'"}}')
    assert "content-encoding" not in plain.headers and "accept-encoding" in reply.headers["vary"].lower()
    assert reply.headers["etag"].startswith("W/"), "one tag may stand for several codings only where it is weak"


@pytest.mark.parametrize("tag", ["{}", '"other", {}', "*", "{}, {}"])
async def test_not_modified(client: httpx.AsyncClient, outside: Outside, views: list[str], tag: str) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    known = (await client.get(path)).headers["etag"]
    quick = await client.get(path, headers={"If-None-Match": tag.replace("{}", known)})
    slow = await client.get(path, headers={"If-None-Match": tag.replace("{}", known), **THE_LONG_WAY})
    assert (quick.status_code, quick.content, quick.headers["etag"]) == (304, b"", known) and len(views) == 2
    assert of_substance(quick)[0] == {name: value for name, value in of_substance(slow)[0].items() if name != "content-type"}


@pytest.mark.parametrize("tag", ['"other"', "garbage", "W/", '"', ",,,", "\xff", "x" * 5000])
async def test_tags_that_name_nothing(client: httpx.AsyncClient, outside: Outside, tag: str) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    await client.get(path)
    reply = await client.get(path, headers=[(b"If-None-Match", tag.encode("latin-1"))])
    assert reply.status_code == 200 and reply.json()["data"]["works"]


async def test_head_has_the_headers_of_get(client: httpx.AsyncClient, outside: Outside, views: list[str]) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    await client.get(path)
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == 200 and head.content == b"" and len(views) == 1
    assert of_substance(head)[0] == of_substance(got)[0] and int(head.headers["content-length"]) > 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-10"},
        {"Range": "lines=x"},
        {"Accept-Encoding": "gzip;q=banana, *;q=-1, \x7f" + ", br" * 500},
        {"Accept": "text/html"},
        {"X-Request-ID": "../../etc"},
        {"Cookie": "sessionid=x"},
        {"Authorization": "Bearer nothing"},
    ],
)
async def test_odd_headers(client: httpx.AsyncClient, outside: Outside, headers: dict[str, str]) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    await client.get(path)
    reply = await client.get(path, headers=headers)
    assert reply.status_code == 200 and reply.json()["data"]["works"][0]["title"] == TITLE


async def test_a_host_that_is_not_ours_is_refused(client: httpx.AsyncClient, outside: Outside) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    await client.get(path)
    reply = await client.get(path, headers={"Host": "evil.example"})
    assert reply.status_code == 400 and reply.json()["error"]["details"] == {"field": "Host"}


async def test_it_is_counted_and_charged_as_ever(client: httpx.AsyncClient, outside: Outside, settings: Any) -> None:
    from bookstrack.env import RateLimit
    from bookstrack.lib import telemetry

    def hits() -> float:
        wanted = {"kind": "isbn", "tier": "memory"}
        return sum(one.value for one in telemetry.samples() if one.name == "bookstrack_cache_lookups_total" and wanted == one.labels)

    settings.RATE_LIMITS_ENABLED = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"search": RateLimit(5, 60)}
    path = f"/v1/search/isbn?isbn={ISBN}"
    before = hits()
    replies = [await client.get(path) for _ in range(7)]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 2
    assert [reply.headers["ratelimit-remaining"] for reply in replies] == ["4", "3", "2", "1", "0", "0", "0"]
    assert hits() - before == 4
    await services.settled()


_TYPED = [ISBN, "0306406152", TITLE, TITLE.upper(), AUTHOR, "dune", "", " ", "a", "!!", "9790001016841", "OL26320A", "\x00", "é" * 600]
_CHOSEN = ["en", "EN", "work_only", "guess", "title", "popularity", "1e2", "١٢", "+5", "0x1", "5.0", "nan", "true"]
_values = st.one_of(st.sampled_from(_TYPED), st.text(max_size=20), st.integers(-5, 2000).map(str), st.sampled_from(_CHOSEN))
_NAMES = ("q", "title", "author", "isbn", "limit", "offset", "lang", "minMatch", "maxResults", "sortBy", "workTitle", "bookTitle", "odd")
_paths = st.sampled_from([*sorted({path for path, _ in SEARCHES}), "/v1/search/", "/v1/search/isbn/", "/search/", "/v1/editions/search/x"])


_ODD = [b"q=%ff%fe", b"q=%", b"q&q&q=1;", b"?"]
_queries = st.one_of(st.binary(max_size=60), st.text(max_size=40).map(str.encode), st.sampled_from(_ODD))


@given(_paths, _queries)
def test_no_request_line_breaks_it(path: str, query: bytes) -> None:
    known = planned(path.encode() + b"?" + query)
    assert known is None or known.key.startswith("search:")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=_paths, params=st.lists(st.tuples(st.sampled_from(_NAMES), _values), max_size=3))
async def test_whatever_is_asked_twice_is_answered_the_same(
    client: httpx.AsyncClient, outside: Outside, path: str, params: list[tuple[str, str]]
) -> None:
    outside.say("openlibrary", openlibrary())
    first = await client.get(path, params=params)
    quick = await client.get(path, params=params)
    slow = await client.get(path, params=params, headers=THE_LONG_WAY)
    assert first.status_code == quick.status_code == slow.status_code
    if quick.status_code == 200:
        assert of_substance(quick) == of_substance(slow)
        assert quick.json().get("data", quick.json().get("items")) == first.json().get("data", first.json().get("items"))


async def test_what_did_not_come_by_https_is_left_to_django_where_it_must(
    client: httpx.AsyncClient, outside: Outside, views: list[str], settings: Any
) -> None:
    path = f"/v1/search/isbn?isbn={ISBN}"
    await client.get(path)
    settings.HTTPS, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
    by_proxy = await client.get(path, headers={"X-Forwarded-Proto": "https"})
    assert by_proxy.headers["strict-transport-security"].startswith("max-age=31536000") and len(views) == 1
    for headers in ({}, {"X-Forwarded-Proto": "http"}):
        await client.get(path, headers=headers)
    settings.SECURE_PROXY_SSL_HEADER = None
    await client.get(path, headers={"X-Forwarded-Proto": "https"})
    assert len(views) == 4
