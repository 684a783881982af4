"""The wire contract: envelope, errors naming the field, ids, headers, CORS, HEAD, limits."""

import re
from typing import Any

import httpx
import pytest

from bookstrack.lib import redis
from jobs import queue, upkeep

ORIGIN = "https://app.example"


def error(reply: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["success"] is False and body["data"] is None and body["error"]["code"] == code, body
    assert body["error"]["statusCode"] == status
    assert body["metadata"]["traceId"] == reply.headers["x-request-id"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    found: dict[str, object] = body["error"]
    return found


@pytest.mark.parametrize(
    ("path", "code", "field"),
    [
        ("/v1/search/isbn", "MISSING_PARAMETER", "isbn"),
        ("/v1/search/isbn?isbn=", "MISSING_PARAMETER", "isbn"),
        ("/v1/search/isbn?isbn=123", "INVALID_ISBN", "isbn"),
        ("/v1/search/isbn?isbn=9.78E%2B12", "INVALID_ISBN", "isbn"),
        ("/v1/search/title", "MISSING_PARAMETER", "q"),
        ("/v1/search/title?q=%20", "MISSING_PARAMETER", "q"),
        ("/v1/search/title?q=a", "INVALID_QUERY", "q"),
        ("/v1/search/title?q=" + "x" * 5000, "INVALID_QUERY", "q"),
        ("/v1/search/title?q=!!!...", "INVALID_QUERY", "q"),
        ("/v1/search/title?q=dune&limit=0", "INVALID_QUERY", "limit"),
        ("/v1/search/title?q=dune&limit=99999999999999999999", "INVALID_QUERY", "limit"),
        ("/v1/search/title?q=dune&offset=-1", "INVALID_QUERY", "offset"),
        ("/v1/search/title?q=dune&lang=english", "INVALID_QUERY", "lang"),
        ("/v1/search/title?q=dune&minMatch=sure", "INVALID_QUERY", "minMatch"),
        ("/v1/search/title?q=dune&colour=red", "INVALID_QUERY", "colour"),
        ("/v1/search/advanced", "MISSING_PARAMETER", "title"),
        ("/v1/search/advanced?author=%00", "MISSING_PARAMETER", "author"),
    ],
)
async def test_bad_input_names_the_field(client: httpx.AsyncClient, path: str, code: str, field: str) -> None:
    found = error(await client.get(path), 400, code)
    assert found["details"]["field"] == field  # type: ignore[index]
    assert found["retryable"] is False


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"title": 5}',
        b'{"title": ["a"]}',
        b'{"title": "\\ud800 abc"}',
        b"\xff\xfe",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
async def test_a_body_that_cannot_be_used(client: httpx.AsyncClient, body: bytes) -> None:
    reply = await client.post("/v1/search/advanced", content=body, headers={"Content-Type": "application/json"})
    error(reply, 400, "INVALID_REQUEST")


async def test_a_body_that_is_too_large(client: httpx.AsyncClient) -> None:
    found = error(await client.post("/v1/search/advanced", content=b"x" * (3 * 2**20)), 413, "FILE_TOO_LARGE")
    assert found["details"]["maxBytes"] == 2 * 2**20  # type: ignore[index]


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/", "/api/nothing", "/v1/search/isbn/extra"])
async def test_unknown_routes(client: httpx.AsyncClient, path: str) -> None:
    error(await client.get(path), 404, "NOT_FOUND")


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    reply = await client.delete("/v1/search/isbn")
    error(reply, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in reply.headers["allow"]


async def test_a_foreign_host(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/search/isbn?isbn=1", headers={"Host": "evil.example"})
    error(reply, 400, "INVALID_REQUEST")
    assert "evil.example" not in reply.text


@pytest.mark.parametrize(
    ("given", "taken"), [("Abc.1_2-3", True), ("y" * 128, True), ("y" * 129, False), ("a b", False), ("", False)]
)
async def test_request_ids(client: httpx.AsyncClient, given: str, taken: bool) -> None:
    reply = await client.get("/livez", headers={"X-Request-ID": given})
    assert (reply.headers["x-request-id"] == given) is taken
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", reply.headers["x-request-id"])


@pytest.mark.usefixtures("sample_catalogue")
async def test_a_cached_answer_and_its_headers(client: httpx.AsyncClient) -> None:
    first, second = [await client.get("/v1/search/isbn?isbn=9780441172719") for _ in range(2)]
    assert first.json()["data"] == second.json()["data"]
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert first.headers["etag"] == second.headers["etag"]
    meta = second.json()["metadata"]
    assert (
        meta["cached"] is True
        and meta["cacheSource"] == "memory"
        and meta["ttl"] > 0
        and meta["source"] == meta["provider"] == "catalogue"
    )
    kept = await client.get(
        "/v1/search/isbn?isbn=9780441172719", headers={"If-None-Match": f'"x", {first.headers["etag"]}'}
    )
    assert kept.status_code == 304 and kept.content == b""


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    whole = await client.get("/v1/search/title?q=zzznotfound")
    assert int(whole.headers["content-length"]) == len(whole.content)
    reply = await client.head("/v1/search/title?q=zzznotfound")
    assert int(reply.headers["content-length"]) > 0
    assert reply.status_code == 200 and reply.content == b"" and reply.headers["etag"]


async def test_cors(client: httpx.AsyncClient, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    allowed = await client.get("/v1/search/isbn?isbn=1", headers={"Origin": ORIGIN})
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    for origin in ("https://evil.example", "null", ORIGIN + ":8443"):
        reply = await client.get("/v1/search/isbn?isbn=1", headers={"Origin": origin})
        assert not [name for name in reply.headers if name.startswith("access-control")]
        assert "origin" in reply.headers["vary"].lower()
    preflight = await client.options(
        "/v1/search/advanced", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204 and "POST" in preflight.headers["access-control-allow-methods"]


async def test_limits(client: httpx.AsyncClient, settings: Any) -> None:
    from bookstrack.env import RateLimit

    settings.RATE_LIMITS_ENABLED = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"search": RateLimit(3, 60)}
    replies = [await client.get("/v1/search/isbn?isbn=1") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [400, 400, 400, 429]
    assert [reply.headers["ratelimit-remaining"] for reply in replies] == ["2", "1", "0", "0"]
    found = error(replies[-1], 429, "RATE_LIMIT_EXCEEDED")
    assert found["details"]["limit"] == 3 and int(replies[-1].headers["retry-after"]) >= 1  # type: ignore[index]
    assert (await client.get("/livez")).status_code == 200


async def test_a_line_of_forwarded_addresses_above_the_proxys_is_not_believed(client: httpx.AsyncClient, settings: Any) -> None:
    from bookstrack.env import RateLimit

    settings.RATE_LIMITS_ENABLED, settings.TRUSTED_PROXIES = True, ["127.0.0.1"]
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"search": RateLimit(2, 60)}
    replies = []
    for n in range(3):  # each time another address on a line of its own, and the proxy's line below it
        headers = [("X-Forwarded-For", f"203.0.113.{n}"), ("X-Forwarded-For", "198.51.100.7")]
        replies.append(await client.get("/v1/search/isbn?isbn=1", headers=headers))
    assert [reply.status_code for reply in replies] == [400, 400, 429]


async def test_pages_carry_a_strict_policy(client: httpx.AsyncClient) -> None:
    for path in ("/", "/docs", "/admin/login/"):
        reply = await client.get(path)
        assert reply.status_code == 200, path
        script = re.search(r"script-src ([^;]*)", reply.headers["content-security-policy"])
        assert script is not None and script[1] == "'self'"
        assert not re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>\s*[^<\s]", reply.text), f"inline script on {path}"


async def test_health_says_who_is_missing(client: httpx.AsyncClient) -> None:
    body = (await client.get("/health")).json()
    assert body["status"] == "degraded" and body["checks"]["queue"]["message"] == "no worker process is running"
    common = queue.JobWorker(redis.queue_client(), lambda: None)
    common.register_birth()
    body = (await client.get("/health")).json()
    assert body["checks"]["queue"]["message"] == "no worker process takes from photos"
    common.register_death()
    queue.JobWorker(redis.queue_client(), lambda: None, queue.NAMES).register_birth()
    body = (await client.get("/health")).json()
    assert body["checks"]["queue"]["message"] == "no scheduler process is running"


async def test_health(client: httpx.AsyncClient) -> None:
    queue.JobWorker(redis.queue_client(), lambda: None, queue.NAMES).register_birth()
    await upkeep.sign_of_life()
    body = (await client.get("/health")).json()
    assert body["status"] == "ok", body
    assert body["checks"]["database"]["status"] == body["checks"]["redis"]["status"] == "ok"
    assert body["checks"]["providers"]["google-books"]["status"] == "off"
    assert "/v1/search/isbn" in body["endpoints"]
    assert (await client.get("/readyz")).status_code == 200
