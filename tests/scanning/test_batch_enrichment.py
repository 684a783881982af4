"""Batch enrichment from the request to the results, through the whole application and a worker's turn."""

import json
from typing import Any

import httpx
import orjson
import pytest
from django.test import override_settings

from jobs import runner
from jobs.models import Job
from tests.search.resolving.library import Library

PATHS = ("/v1/enrichment/batch", "/api/enrichment/batch")


def error_of(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    error: dict[str, Any] = reply.json()["error"]
    assert error["code"] == code, error
    return error


async def done(client: httpx.AsyncClient, reply: httpx.Response) -> dict[str, Any]:
    """The results of a job that was just started, after a worker's turn."""
    assert reply.status_code == 202, reply.text
    data = reply.json()["data"]
    await runner.take_turn(data["jobId"], "tester")
    results = await client.get(f"/v1/jobs/{data['jobId']}/results", headers={"Authorization": f"Bearer {data['token']}"})
    assert results.status_code == 200
    found: dict[str, Any] = results.json()["data"]
    assert found["status"] == "completed", found
    return found


@pytest.mark.parametrize("path", PATHS)
async def test_books_come_back_in_their_order(client: httpx.AsyncClient, library: Library, path: str) -> None:
    first, second, third = library.stocked(3)
    books = [
        {"title": second.title, "author": second.author},
        {"isbn": first.isbn, "unknown": {"member": 1}},
        {"title": "zzz nobody wrote this"},
        {"openLibraryId": third.work_id},
        {"isbn": "9780306406158"},
        {},
    ]
    found = await done(client, await client.post(path, json={"books": books}))
    items = found["enrichedBooks"]
    assert [item["index"] for item in items] == list(range(6))
    assert [item["status"] for item in items] == ["success", "success", "not_found", "success", "error", "error"]
    assert items[0]["enriched"]["work"]["title"] == second.title and items[0]["match"]["by"] == "title_author"
    assert items[1]["enriched"]["edition"]["isbn"] == first.isbn and items[1]["match"] == {"score": 1.0, "by": "isbn"}
    assert items[3]["enriched"]["work"]["title"] == third.title
    assert "check digit" in items[4]["error"] and items[5]["error"]
    assert found["summary"] == {"totalProcessed": 6, "successCount": 3, "failureCount": 3, "totalCount": 6}
    assert "unknown" not in json.dumps(found)


async def test_the_oldest_route_takes_bare_references(client: httpx.AsyncClient, library: Library) -> None:
    one, two, three = library.stocked(3)
    references = [one.isbn, two.work_id, three.google_id, "Frankenstein", "1984"]
    reply = await client.post("/api/enrichment/start", json={"workIds": references})
    found = await done(client, reply)
    assert [item["status"] for item in found["enrichedBooks"]] == ["success", "success", "success", "not_found", "not_found"]
    payload = (await Job.objects.aget(pk=reply.json()["data"]["jobId"])).payload
    assert [list(book) for book in payload["books"]] == [["isbn"], ["openLibraryId"], ["googleBooksId"], ["title"], ["title"]]


async def test_a_plan_starts_and_spends_nothing(client: httpx.AsyncClient, library: Library) -> None:
    books = [{"isbn": volume.isbn} for volume in library.stocked(150)]
    reply = await client.post("/v1/enrichment/batch?plan=1", json={"books": books})
    plan = reply.json()["data"]
    assert reply.status_code == 200 and plan["items"] == 150 and plan["cached"] == 0
    assert plan["calls"]["openlibrary"] == 2 and plan["calls"]["isbndb"] == 1
    assert 0 < plan["estimatedSeconds"]["p50"] <= plan["estimatedSeconds"]["p90"]
    assert not library.calls and not await Job.objects.aexists()


async def test_a_second_job_asks_nobody(client: httpx.AsyncClient, library: Library) -> None:
    books = [{"isbn": volume.isbn} for volume in library.stocked(20)]
    await done(client, await client.post(PATHS[0], json={"books": books}))
    library.calls.clear()
    found = await done(client, await client.post(PATHS[0], json={"books": books}))
    assert all(item["cached"] for item in found["enrichedBooks"]) and not library.calls


async def test_a_quota_that_is_used_up_parks_the_job(client: httpx.AsyncClient, library: Library) -> None:
    for provider in ("openlibrary", "google-books", "isbndb"):
        library.say(provider, {"error": "quota"}, 429, Retry_After="3600")
    reply = await client.post(PATHS[0], json={"books": [{"isbn": library.stocked(1)[0].isbn}]})
    data = reply.json()["data"]
    await runner.take_turn(data["jobId"], "tester")
    state = (await client.get(f"/v1/jobs/{data['jobId']}", headers={"Authorization": f"Bearer {data['token']}"})).json()["data"]
    assert state["status"] == "waiting_on_quota" and state["waitsUntil"] and state["error"] is None


# -- what is refused
@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "INVALID_REQUEST", "body"),
        (b"[]", "INVALID_REQUEST", "body"),
        (b'{"books": 1}', "INVALID_REQUEST", "books"),
        (b"{}", "MISSING_PARAMETER", "books"),
        (b'{"books": []}', "EMPTY_BATCH", "books"),
        (b'{"books": [{"title": "a"}], "jobId": "not valid"}', "INVALID_REQUEST", "jobId"),
        (b'{"books": [{"title": "a"}], "jobId": 7}', "INVALID_REQUEST", "jobId"),
    ],
)
async def test_a_body_that_is_none_is_refused(client: httpx.AsyncClient, body: bytes, code: str, field: str) -> None:
    reply = await client.post(PATHS[0], content=body, headers={"Content-Type": "application/json"})
    assert error_of(reply, 400, code)["details"]["field"] == field
    assert not await Job.objects.aexists()


@pytest.mark.parametrize("wrong", [1, "text", None, [], {"isbn": 9780306406157}, {"title": ["x"]}, {"author": "x" * 501}])
async def test_an_item_of_a_wrong_type_is_named_by_its_index(client: httpx.AsyncClient, wrong: object) -> None:
    error = error_of(await client.post(PATHS[0], json={"books": [{"title": "good"}, wrong]}), 400, "INVALID_REQUEST")
    assert error["details"]["index"] == 1 and "books[1]" in error["message"] and "_Book" not in str(error)


async def test_five_thousand_and_not_one_more(client: httpx.AsyncClient) -> None:
    books = [{"title": f"Title {number}"} for number in range(5_001)]
    error = error_of(await client.post(PATHS[0], json={"books": books}), 400, "BATCH_TOO_LARGE")
    assert error["details"] == {"field": "books", "count": 5_001, "most": 5_000}
    reply = await client.post(PATHS[0], json={"books": books[:5_000]})
    assert reply.status_code == 202 and reply.json()["data"]["totalCount"] == 5_000


async def test_the_query_and_the_body_must_not_name_two_jobs(client: httpx.AsyncClient) -> None:
    body = {"books": [{"title": "one"}], "jobId": "one"}
    error_of(await client.post(f"{PATHS[0]}?jobId=two", json=body), 400, "INVALID_REQUEST")
    assert (await client.post(f"{PATHS[0]}?jobId=one", json=body)).json()["data"]["jobId"] == "one"
    error_of(await client.post(PATHS[0], json=body), 409, "JOB_EXISTS")


@override_settings(RATE_LIMITS_ENABLED=True)
async def test_a_batch_costs_one_per_started_hundred(client: httpx.AsyncClient) -> None:
    def left(reply: httpx.Response) -> int:
        return int(reply.headers["RateLimit-Remaining"])

    books = [{"title": f"Title {number}"} for number in range(301)]
    assert left(await client.post(PATHS[0], json={"books": books[:1]})) == 9
    assert left(await client.post(PATHS[0], json={"books": books[:250]})) == 6
    assert left(await client.post(PATHS[0], json={"books": []})) == 5
    assert left(await client.post(f"{PATHS[0]}?plan=1", json={"books": books})) == 4
    assert left(await client.post(PATHS[0], json={"books": books[:200]})) == 2
    refused = await client.post(PATHS[0], json={"books": books})
    error_of(refused, 429, "RATE_LIMIT_EXCEEDED")
    assert left(refused) == 2 and int(refused.headers["Retry-After"]) >= 1


async def test_addresses_hold_no_token_and_believe_no_forwarded_host(client: httpx.AsyncClient) -> None:
    reply = await client.post(PATHS[0], json={"books": [{"title": "one"}]}, headers={"X-Forwarded-Host": "evil.example"})
    data = reply.json()["data"]
    addresses = [data[name] for name in ("websocketUrl", "sseUrl", "statusUrl", "resultsUrl")]
    assert all("testserver" in one and data["jobId"] in one and data["token"] not in one for one in addresses)
    assert data["websocketUrl"].startswith("ws://") and orjson.dumps(data).count(data["token"].encode()) == 2
