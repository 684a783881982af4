"""Figures over HTTP: what was really asked is what they show, by routes and never by paths."""

import asyncio
from typing import Any

import httpx
import pytest

from bookstrack import traffic
from bookstrack.lib.db import in_db
from harvest import examples_metrics
from harvest.schemas_metrics import CacheFiguresReply, FiguresReply
from jobs.models import ServiceToken
from tests.functional.outside import ISBN, Outside

JSON, CACHE = "/metrics?format=json", "/api/cache/metrics"
BY_ISBN = f"/v1/search/isbn?isbn={ISBN}"


async def figures(client: httpx.AsyncClient, path: str = JSON) -> Any:
    reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    return body.get("data", body)


async def samples(client: httpx.AsyncClient, **headers: str) -> dict[str, float]:
    reply = await client.get("/metrics", headers=headers)
    assert reply.status_code == 200 and reply.headers["content-type"].startswith(("text/plain", "application/openmetrics-text"))
    lines = [line for line in reply.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_figures_are_of_what_was_asked(client: httpx.AsyncClient, outside: Outside) -> None:
    before = await figures(client)
    for _ in range(5):
        await client.get(BY_ISBN)
    after = await figures(client)

    def more(*path: str) -> float:
        old, new = before, after
        for name in path:
            old, new = old.get(name, {}), new[name]
        return new - (old or 0)

    assert more("volume", "byRoute", "/v1/search/isbn") == 5 == more("volume", "searches")
    assert more("volume", "requests") == 6
    assert [more("providers", name, "calls") for name in ("openlibrary", "google-books", "isbndb")] == [1, 1, 1]
    assert more("providers", "isbndb", "bytes") > 50 and after["providers"]["isbndb"]["byStatus"]["ok"] >= 1
    assert more("costs", "providerCalls", "openlibrary") == 1
    assert after["providers"]["google-books"]["budgetLeft"] == 999 and after["providers"]["google-books"]["breaker"] == "closed"
    assert 0 < after["hitRates"]["total"] < 1 and after["hitRates"]["byTier"]["memory"] > 0
    latency = after["latency"]["byRoute"]["/v1/search/isbn"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"]
    assert FiguresReply.model_validate(after).providers["isbndb"].calls >= 1


async def test_the_cache_shows_hits_by_tier_negative_ones_and_shared_flights(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    outside.delays_s = dict.fromkeys(outside.answers, 0.05)
    before = await figures(client, CACHE)
    await asyncio.gather(*(client.get(BY_ISBN) for _ in range(6)))
    await client.get(BY_ISBN)
    await client.get(BY_ISBN)
    after = await figures(client, CACHE)
    assert after["coalesced"] - before["coalesced"] == 5
    assert after["negativeHits"] - before["negativeHits"] == 2
    assert after["lookups"] - before["lookups"] == 8
    assert after["tiers"]["memory"]["entries"] >= 1 and after["tiers"]["memory"]["bytes"] > 100
    assert after["tiers"]["redis"]["keys"] >= 1 and after["tiers"]["redis"]["bytes"] > 0
    assert set(after["hitRates"]) == {"total", "byTier", "byKind", "negative"}


@pytest.mark.parametrize(
    "accept", ["*/*", "text/plain", "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text;version=1.0.0"]
)
async def test_prometheus_reads_every_counter(client: httpx.AsyncClient, outside: Outside, accept: str) -> None:
    name = 'bookstrack_requests_total{method="GET",route="/v1/search/isbn",status="2xx"}'
    before = await samples(client, accept=accept)
    for _ in range(3):
        await client.get(BY_ISBN)
    after = await samples(client, accept=accept)
    assert after[name] - before.get(name, 0) == 3
    assert after['bookstrack_request_seconds_count{route="/v1/search/isbn"}'] >= 3
    assert after['bookstrack_provider_calls_total{provider="openlibrary",status="ok"}'] >= 1
    assert after['bookstrack_provider_circuit{provider="openlibrary"}'] == 0
    assert after['bookstrack_provider_budget_left{provider="google-books"}'] <= 1000
    assert after["bookstrack_disk_free_bytes"] > 0 and after['bookstrack_queue_depth{queue="default"}'] == 0


def test_the_examples_have_the_shape_that_is_documented() -> None:
    FiguresReply.model_validate(examples_metrics.FIGURES)
    CacheFiguresReply.model_validate(examples_metrics.CACHE)


async def test_json_is_had_by_accept_too_and_nonsense_is_refused(client: httpx.AsyncClient) -> None:
    reply = await client.get("/metrics", headers={"accept": "application/json"})
    assert reply.json()["period"] == "1h" and reply.headers["cache-control"] == "no-store"
    for query, field in (("format=xml", "format"), ("format=json&period=2h", "period"), ("format=json&period=", "period")):
        refused = await client.get(f"/metrics?{query}")
        assert refused.status_code == 400 and refused.json()["error"]["details"]["field"] == field
    assert (await client.get(f"{CACHE}?period=1y")).status_code == 400


@pytest.mark.parametrize("period", ["15m", "1h", "24h", "7d"])
async def test_every_period_is_answered(client: httpx.AsyncClient, period: str) -> None:
    found = await figures(client, f"{JSON}&period={period}")
    assert found["period"] == period and found["since"] < found["until"]
    assert {"hitRates", "latency", "volume", "costs", "providers", "jobs", "health"} <= set(found)


async def test_what_was_not_measured_is_null_and_what_cannot_be_read_is_left_out(
    client: httpx.AsyncClient, settings: Any
) -> None:
    from bookstrack.lib import redis

    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = await figures(client)
    assert "queues" not in found["jobs"] and "workers" not in found["jobs"] and found["jobs"]["deadLetters"] == 0
    assert found["health"]["status"] == "degraded" and found["health"]["queueAnswers"] is False
    assert found["jobs"]["pushMs"]["p50"] is None or found["jobs"]["pushMs"]["count"] > 0
    cache = await figures(client, CACHE)
    assert cache["tiers"]["redis"] == {} and "entries" in cache["tiers"]["memory"]
    assert not [name for name in await samples(client) if name.startswith("bookstrack_queue_depth")]
    await redis.close()


async def test_figures_can_be_kept_to_those_with_a_token(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_REQUIRE_TOKEN", "1")
    _, own = await in_db(ServiceToken.issue, "grafana", ["metrics"])
    _, other = await in_db(ServiceToken.issue, "n8n", ["harvest"])
    for path in (JSON, CACHE, "/metrics"):
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers={"authorization": f"Bearer {other}"})).status_code == 403
        assert (await client.get(path, headers={"authorization": f"Bearer {own}"})).status_code == 200


async def test_no_path_of_a_clients_choosing_becomes_a_series(client: httpx.AsyncClient) -> None:
    secret = "zzz-my-own-path"
    for path in (f"/{secret}", f"/v1/jobs/{secret}", f"/v1/{secret}/x", f"/admin/{secret}/", f"/v1/search/{secret}", f"/jobs/{secret}/"):
        await client.get(path)
    await client.request("BREW" + secret, "/health")
    found = await samples(client)
    assert secret not in str(found) and "BREW" not in str(found)
    assert found['bookstrack_requests_total{method="GET",route="other",status="4xx"}'] >= 3
    assert found['bookstrack_requests_total{method="GET",route="/v1/jobs/{job_id}",status="4xx"}'] >= 1
    assert found['bookstrack_requests_total{method="other",route="/health",status="4xx"}'] >= 1


async def test_probes_and_static_files_are_not_counted(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz", "/static/bookstrack.css"):
        await client.get(path)
    assert not [name for name in await samples(client) if "livez" in name or "readyz" in name or "static" in name]


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/health", "/health"),
        ("/v1/search/isbn", "/v1/search/isbn"),
        ("/v1/search/isbn/", "other"),
        ("/v1/jobs/5f0c-1/results", "/v1/jobs/{job_id}/results"),
        ("/v1/jobs/5f0c-1", "/v1/jobs/{job_id}"),
        ("/v1/jobs/", "other"),
        ("/v1/jobs/a/b/c", "other"),
        ("/admin/", "/admin/"),
        ("/admin/jobs/job/7/change/", "/admin/"),
        ("/docs", "/docs"),
        ("/openapi.json", "/openapi.json"),
        ("", "other"),
        ("//v1/search/isbn", "other"),
        ("/v1/jobs/\n", "/v1/jobs/{job_id}"),
    ],
)
def test_a_path_belongs_to_a_route(path: str, route: str) -> None:
    assert traffic.route_of(path) == route


async def test_requests_over_a_limit_are_counted(client: httpx.AsyncClient, settings: Any) -> None:
    from bookstrack.env import RateLimit

    settings.RATE_LIMITS_ENABLED = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"search": RateLimit(2, 60)}
    before = (await figures(client))["volume"]["limitsRefused"].get("search", 0)
    statuses = [(await client.get("/v1/search/title?q=dune")).status_code for _ in range(5)]
    assert statuses.count(429) == 3
    assert (await figures(client))["volume"]["limitsRefused"]["search"] - before == 3
