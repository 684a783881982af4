"""Houses that ask stand-in catalogues, and clients that each keep to one web process of such a house."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from harvest.drill.house import PLENTY
from harvest.drill.library import book
from search.cache import PREFIX, key_of
from search.provider import Kind, Question
from tests.endurance.house import House

HARVEST_SECRET = "secret-of-harvests"
PATIENCE_S = 30.0  # for what comes at once where nothing is broken
ALL_LIMITS_HIGH = {f"RATE_LIMIT_{name}": f"{PLENTY}/60" for name in ("SEARCH", "JOBS", "IMAGES")}
ASKING = {
    **{f"{name}_API_KEY": "a-drill" for name in ("GOOGLE_BOOKS", "ISBNDB")},
    **{f"{name}_RATE": PLENTY for name in ("GOOGLE_BOOKS", "OPENLIBRARY", "ISBNDB")},
    **{f"{name}_DAILY_BUDGET": PLENTY for name in ("GOOGLE_BOOKS", "ISBNDB")},
    "SEARCH_PROVIDERS": "catalogue,openlibrary,google-books,isbndb",
    "DEMOGRAPHICS": "0",
    "COVERS_RATE": "1000",
    "HARVEST_SECRET": HARVEST_SECRET,
    "PIPELINE_PACKAGES": "scanning.pipelines,harvest.pipelines,tests.jobs.drills",
    "RATE_LIMITS_ENABLED": "1",
    **ALL_LIMITS_HIGH,
}
ONE_EACH = {"openlibrary": 1, "google-books": 1, "isbndb": 1}


def titles(reply: httpx.Response) -> list[str]:
    """What was found. Fails where it is no answer."""
    assert reply.status_code == 200, f"{reply.status_code}: {reply.text[:300]}"
    return [work["title"] for work in reply.json()["data"]["works"]]


def key_in_redis(number: int) -> str:
    """Where the answer about an invented book is kept."""
    return PREFIX + key_of(Question(Kind.ISBN, isbns=(book(number).isbn13,)))


async def search(client: httpx.AsyncClient, number: int, **headers: str) -> httpx.Response:
    """Search for an invented book by its ISBN."""
    return await client.get("/v1/search/isbn", params={"isbn": book(number).isbn13}, headers=headers)


async def enrich(client: httpx.AsyncClient, numbers: Sequence[int], key: str = "") -> httpx.Response:
    """Start a job about invented books."""
    body = {"books": [{"isbn": book(number).isbn13} for number in numbers]}
    return await client.post("/v1/enrichment/batch", json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})


async def results(client: httpx.AsyncClient, started: httpx.Response) -> dict[str, Any]:
    """Wait for the end of a job; its results."""
    assert started.status_code == 202, f"{started.status_code}: {started.text[:300]}"
    job = started.json()["data"]
    headers = {"Authorization": f"Bearer {job['token']}"}
    async with asyncio.timeout(PATIENCE_S):
        while True:
            told = (await client.get(f"/v1/jobs/{job['jobId']}", headers=headers)).json()
            if told["data"] and told["data"]["status"] in ("completed", "failed", "canceled"):
                break
            await asyncio.sleep(0.1)
    data: dict[str, Any] = (await client.get(f"/v1/jobs/{job['jobId']}/results", headers=headers)).json()["data"]
    assert data["status"] == "completed", data
    return data


@asynccontextmanager
async def each_process(house: House, count: int) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client for each of a house's web processes: its one connection stays open, and leads to that process."""
    async with AsyncExitStack() as stack:
        found: dict[str, httpx.AsyncClient] = {}
        async with asyncio.timeout(PATIENCE_S):
            while len(found) < count:
                some = [await stack.enter_async_context(_client(house)) for _ in range(8)]  # at once: one process does not take all
                health = await asyncio.gather(*(client.get("/health") for client in some))
                found |= {one.json()["worker"]: client for one, client in zip(health, some, strict=True)}
        yield list(found.values())


def _client(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=house.url, timeout=PATIENCE_S, limits=httpx.Limits(max_connections=1), trust_env=False)
