"""Following and ending jobs over HTTP: the envelope, who may, what is refused and how."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from bookstrack.lib.db import in_db
from jobs import services, upkeep
from jobs.models import DeadLetter, ServiceToken
from jobs.states import State
from tests.functional.test_envelope import error
from tests.jobs import hands

REFUSED = "There is no such job, or this is not its token."


@pytest.fixture(autouse=True)
async def _drills(client: httpx.AsyncClient, settings: Any) -> AsyncIterator[None]:
    with hands.drilled(settings):
        yield
        await hands.left_clean()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def success(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["success"] is True and body["metadata"]["traceId"] == reply.headers["x-request-id"]
    assert reply.headers["cache-control"] == "no-store"
    found: dict[str, Any] = body["data"]
    return found


# -- state
async def test_state(client: httpx.AsyncClient) -> None:
    started = await hands.completed(3)
    data = success(await client.get(f"/v1/jobs/{started.job.pk}", headers=bearer(started.token)))
    assert data.keys() == {
        "jobId", "pipeline", "status", "progress", "processedCount", "totalCount", "currentItem", "startTime", "lastUpdate", "endTime",
        "version", "error", "lastSeq",
    }  # fmt: skip
    assert (data["status"], data["progress"], data["processedCount"], data["error"]) == ("completed", 1.0, 3, None)


async def test_state_for_older_clients_is_repeated_at_the_top(client: httpx.AsyncClient) -> None:
    started = await hands.start(3)
    reply = await client.get(f"/api/job-state/{started.job.pk}", headers=bearer(started.token))
    data = success(reply)
    assert data.items() <= reply.json().items() and data["status"] == "queued"


# -- who may
ROUTES = [
    ("GET", "/v1/jobs/{}"), ("GET", "/api/job-state/{}"), ("GET", "/v1/jobs/{}/results"), ("GET", "/v1/enrichment/results/{}"),
    ("GET", "/v1/scan/results/{}"), ("GET", "/v1/csv/results/{}"), ("DELETE", "/v1/jobs/{}"), ("POST", "/v1/csv/cancel/{}"),
    ("GET", "/v1/jobs/{}/events"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_the_same_answer_for_an_unknown_job_a_wrong_token_and_a_foreign_one(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    mine, other = await hands.start(1), await hands.start(1)
    answers = [
        error(await client.request(method, path.format(job_id), headers=bearer(token)), 401, "UNAUTHORIZED")
        for job_id, token in [
            (mine.job.pk, "wrong"),
            (mine.job.pk, other.token),
            ("never-heard-of", mine.token),
            ("not%20an%20id!", mine.token),
        ]
    ]
    assert all(answer == answers[0] for answer in answers) and answers[0]["message"] == REFUSED
    error(await client.request(method, path.format(mine.job.pk)), 401, "UNAUTHORIZED")
    await hands.set_row(mine.job.pk, token_expires_at=timezone.now() - timedelta(seconds=1))
    error(await client.request(method, path.format(mine.job.pk), headers=bearer(mine.token)), 401, "TOKEN_EXPIRED")
    assert (await hands.fresh(mine.job.pk)).place is State.QUEUED


async def test_a_job_id_with_a_zero_byte_is_no_job(client: httpx.AsyncClient) -> None:
    for method, path in ROUTES:
        assert (await client.request(method, path.format("a%00b"), headers=bearer("x"))).status_code in {401, 404}
    for path in ("/api/enrichment/cancel", "/api/scan-bookshelf/cancel"):
        error(await client.post(path, json={"jobId": "a\u0000b", "token": "x\u0000"}), 401, "UNAUTHORIZED")
    error(await client.post("/api/token/refresh", json={"jobId": "a\u0000b", "oldToken": "x"}), 401, "UNAUTHORIZED")


async def test_the_aliases_of_results_take_the_token_by_query_and_nothing_else_does(client: httpx.AsyncClient) -> None:
    started = await hands.completed(1)
    for alias in ("enrichment", "scan", "csv"):
        assert len(success(await client.get(f"/v1/{alias}/results/{started.job.pk}?token={started.token}"))["books"]) == 1
    for path in ("/v1/jobs/{}", "/v1/jobs/{}/results", "/api/job-state/{}"):
        error(await client.get(f"{path.format(started.job.pk)}?token={started.token}"), 401, "UNAUTHORIZED")


# -- results
async def test_results_page_by_page(client: httpx.AsyncClient) -> None:
    started = await hands.completed(5)
    data = success(await client.get(f"/v1/jobs/{started.job.pk}/results?limit=2&offset=2", headers=bearer(started.token)))
    assert [one["index"] for one in data["books"]] == [2, 3]
    assert data["pagination"] == {"total": 5, "limit": 2, "offset": 2, "hasMore": True, "nextOffset": 4}


async def test_a_page_that_makes_no_sense(client: httpx.AsyncClient) -> None:
    started = await hands.completed(1)
    for query in (
        "limit=0", "limit=5001", "limit=-1", "limit=x", "limit=1e3", "limit=%D9%A3", "offset=-1", "offset=x", "offset=99999999999999999999",
    ):  # fmt: skip
        found = error(await client.get(f"/v1/jobs/{started.job.pk}/results?{query}", headers=bearer(started.token)), 400, "INVALID_QUERY")
        assert found["details"] == {"field": query.partition("=")[0]}


async def test_results_that_have_expired_are_gone_for_their_owner_and_unknown_to_others(client: httpx.AsyncClient) -> None:
    started = await hands.completed(1)
    await hands.set_row(started.job.pk, ended_at=timezone.now() - timedelta(hours=25))
    await upkeep.purge()
    for method, path in ROUTES:
        error(await client.request(method, path.format(started.job.pk), headers=bearer(started.token)), 404, "NOT_FOUND")
        error(await client.request(method, path.format(started.job.pk), headers=bearer("wrong")), 401, "UNAUTHORIZED")


# -- canceling
@pytest.mark.parametrize(
    ("method", "path", "by_body"),
    [
        ("DELETE", "/v1/jobs/{}", False), ("DELETE", "/v1/jobs/{}", True),
        ("POST", "/v1/csv/cancel/{}", True), ("POST", "/v1/csv/cancel/{}", False),
        ("POST", "/api/enrichment/cancel", True), ("POST", "/api/scan-bookshelf/cancel", True), ("POST", "/api/enrichment/cancel", False),
    ],
)  # fmt: skip
async def test_every_way_to_cancel(client: httpx.AsyncClient, method: str, path: str, by_body: bool) -> None:
    started = await hands.start(3)
    body = {"jobId": started.job.pk} | ({"token": started.token} if by_body else {})
    for _ in range(2):  # twice is no harm
        sent: dict[str, Any] = {"json": body} if by_body or "{}" not in path else {}
        reply = await client.request(method, path.format(started.job.pk), headers={} if by_body else bearer(started.token), **sent)
        assert success(reply) == {"jobId": started.job.pk, "status": "canceled", "processedCount": 0}
    assert (await hands.fresh(started.job.pk)).place is State.CANCELED


async def test_canceling_what_has_ended_answers_with_its_real_state(client: httpx.AsyncClient) -> None:
    started = await hands.completed(2)
    data = success(await client.delete(f"/v1/jobs/{started.job.pk}", headers=bearer(started.token)))
    assert data == {"jobId": started.job.pk, "status": "completed", "processedCount": 2}
    assert len(success(await client.get(f"/v1/jobs/{started.job.pk}/results", headers=bearer(started.token)))["books"]) == 2


GARBAGE = [
    b"{", b"[]", b"null", b'"x"', b"5", b"\xff\xfe", b"[" * 5000, b'{"jobId":5}', b'{"jobId":["a"]}', b'{"jobId":"\\ud800"}',
    b'{"jobId":"' + b"x" * 5000 + b'"}',
]  # fmt: skip


async def test_a_body_that_cannot_be_used_makes_no_500(client: httpx.AsyncClient) -> None:
    started = await hands.start(1)
    for body in GARBAGE:
        for path in ("/api/enrichment/cancel", "/api/scan-bookshelf/cancel", "/api/token/refresh"):
            reply = await client.post(path, content=body, headers={"Content-Type": "application/json", **bearer(started.token)})
            error(reply, 400, reply.json()["error"]["code"])
            assert reply.json()["error"]["code"] in {"INVALID_REQUEST", "MISSING_PARAMETER"}, body
        if not body.startswith(b'{"jobId"'):
            for method, path in (("DELETE", "/v1/jobs/{}"), ("POST", "/v1/csv/cancel/{}")):
                reply = await client.request(method, path.format(started.job.pk), content=body, headers=bearer(started.token))
                error(reply, 400, "INVALID_REQUEST")
    assert (await hands.fresh(started.job.pk)).place is State.QUEUED


async def test_a_body_without_what_is_needed_names_the_field(client: httpx.AsyncClient) -> None:
    found = error(await client.post("/api/enrichment/cancel", json={}), 400, "MISSING_PARAMETER")
    assert found["details"] == {"field": "jobId"}
    for body, field in [({}, "jobId"), ({"jobId": "a"}, "oldToken"), ({"jobId": "a", "oldToken": 5}, "oldToken")]:
        found = error(await client.post("/api/token/refresh", json=body), 400, "INVALID_REQUEST")
        assert found["details"]["field"] == field  # type: ignore[index]


# -- the token
async def test_a_refreshed_token_is_repeated_at_the_top(client: httpx.AsyncClient) -> None:
    started = await hands.start(1)
    body = {"jobId": started.job.pk, "oldToken": started.token}
    error(await client.post("/api/token/refresh", json=body), 401, "REFRESH_TOO_EARLY")
    await hands.set_row(started.job.pk, token_expires_at=timezone.now() + timedelta(minutes=29))
    reply = await client.post("/api/token/refresh", json=body)
    data = success(reply)
    assert data.keys() == {"jobId", "token", "expiresIn", "expiresAt"} and data["expiresIn"] == 7200
    assert data.items() <= reply.json().items()
    success(await client.get(f"/v1/jobs/{started.job.pk}", headers=bearer(data["token"])))
    error(await client.get(f"/v1/jobs/{started.job.pk}", headers=bearer(started.token)), 401, "UNAUTHORIZED")
    error(await client.post("/api/token/refresh", json=body), 401, "UNAUTHORIZED")


# -- dead letters
async def dead_letter() -> services.Started:
    started = await hands.start(2, broken=True)
    await hands.set_row(started.job.pk, failures=2)
    await hands.turn(started.job.pk)
    return started


async def service_token(*scopes: str, name: str = "night") -> str:
    _, clear = await in_db(ServiceToken.issue, name, scopes)
    return clear


async def test_dead_letters_are_listed_and_retried(client: httpx.AsyncClient) -> None:
    started, token = await dead_letter(), await service_token("warming")
    data = success(await client.get("/api/warming/dlq", headers=bearer(token)))
    assert data["depth"] == 1 and data["items"][0].keys() == {"id", "jobId", "kind", "error", "attempts", "failedAt"}
    item = data["items"][0]
    assert (item["jobId"], item["kind"], item["attempts"]) == (started.job.pk, "INTERNAL_ERROR", 3) and "purpose" not in item["error"]
    retry = f"/api/warming/dlq/{item['id']}/retry"
    assert success(await client.post(retry, headers=bearer(token))) == {"jobId": started.job.pk, "status": "queued"}
    assert not await in_db(DeadLetter.objects.exists) and (await hands.fresh(started.job.pk)).place is State.QUEUED
    error(await client.post(retry, headers=bearer(token)), 404, "NOT_FOUND")


async def test_dead_letters_need_a_service_token_with_the_scope(client: httpx.AsyncClient) -> None:
    started, token, narrow = await dead_letter(), await service_token("warming"), await service_token("harvest")
    letter = await in_db(DeadLetter.objects.get)
    for method, path in (("GET", "/api/warming/dlq"), ("POST", f"/api/warming/dlq/{letter.pk}/retry")):
        nobody: list[dict[str, str]] = [
            {}, bearer("wrong"), bearer(started.token), {"Authorization": f"Basic {token}"}, {"X-Service-Token": token},
            {"X-Service-Name": "somebody", "X-Service-Token": token}, {**bearer(token), "X-Service-Name": "somebody"},
        ]  # fmt: skip
        for headers in nobody:
            error(await client.request(method, path, headers=headers), 401, "UNAUTHORIZED")
        error(await client.request(method, path, headers=bearer(narrow)), 403, "FORBIDDEN")
    assert (await hands.fresh(started.job.pk)).place is State.FAILED
    success(await client.get("/api/warming/dlq", headers={"X-Service-Name": "night", "X-Service-Token": token}))


async def test_a_dead_letter_that_is_none(client: httpx.AsyncClient) -> None:
    token = await service_token("warming")
    for number in ("0", "-1", "x", "99999999999999999999", "1.5", "%D9%A3"):
        error(await client.post(f"/api/warming/dlq/{number}/retry", headers=bearer(token)), 404, "NOT_FOUND")


# -- the envelope of what the framework refuses
async def test_wrong_methods_and_unknown_routes(client: httpx.AsyncClient) -> None:
    reply = await client.put("/v1/jobs/x")
    error(reply, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in reply.headers["allow"] and "DELETE" in reply.headers["allow"]
    error(await client.get("/v1/jobs/x/nothing"), 404, "NOT_FOUND")
    error(await client.get("/api/token/refresh"), 405, "METHOD_NOT_ALLOWED")
