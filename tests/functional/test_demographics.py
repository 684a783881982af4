"""Who authors are, from the first request to the next: nothing waits for Wikidata, and nothing that it cannot say is remembered."""

import asyncio
from typing import Any

import httpx
import pytest

from bookstrack.lib import redis
from jobs import runner
from search import conf, fan_out, services
from search.demographics import entries
from tests.functional.knowing import Knowing, Known, names_in
from tests.functional.outside import AUTHOR, ISBN, openlibrary

BY_ISBN = f"/v1/search/isbn?isbn={ISBN}"
GITA = Known("Q900001", AUTHOR, genders=("Q6581072",), countries=("Q668",), birth="1931-02-03T00:00:00Z", day=True)
MEMBERS = ("gender", "culturalRegion", "nationality", "birthYear", "birthDate", "wikidataID")
OF_GITA = ("Female", "Asia", "India", 1931, "1931-02-03", "Q900001")


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "REST_S", 0.0)


def members(author: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(author.get(name) for name in MEMBERS)


async def asked(client: httpx.AsyncClient, path: str = BY_ISBN) -> dict[str, Any]:
    """The author of the only work; the same in both places of the answer."""
    reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    [author], [again] = data["works"][0]["authors"], data["authors"]
    assert author == again
    found: dict[str, Any] = author
    return found


async def test_the_next_request_carries_them(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people = [GITA]
    first = await client.get(BY_ISBN)
    assert first.json()["data"]["authors"][0]["gender"] == "Unknown"
    await services.settled()
    second = await client.get(BY_ISBN)
    author = await asked(client)
    assert members(author) == OF_GITA
    source = author["demographicsSource"]
    assert (source["provider"], source["confidence"]) == ("wikidata", 0.8) and source["retrievedAt"].endswith("Z")
    assert second.headers["etag"] != first.headers["etag"] and second.headers["x-cache"] == "HIT"
    assert second.json()["data"]["expiresAt"] == first.json()["data"]["expiresAt"]
    assert len(knowing.queries) == 1 and max(knowing.calls.values()) == 1


async def test_nothing_waits_for_it(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people, knowing.gate = [GITA], asyncio.Event()
    for _ in range(2):
        assert (await asked(client))["gender"] == "Unknown"  # it has not answered, and never will before the gate is opened
    knowing.gate.set()
    await services.settled()
    assert members(await asked(client)) == OF_GITA


async def test_an_answer_stays_as_it_is_for_whoever_asks_again_at_once(
    client: httpx.AsyncClient, knowing: Knowing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "SETTLED_S", 0.5)
    knowing.people = [GITA]
    first = await client.get(BY_ISBN)
    await services.settled()
    assert len(knowing.queries) == 1 and (await client.get(BY_ISBN)).headers["etag"] == first.headers["etag"]
    async with asyncio.timeout(5):
        while (await asked(client))["gender"] == "Unknown":
            await asyncio.sleep(0.05)
    assert members(await asked(client)) == OF_GITA and len(knowing.queries) == 1


@pytest.mark.parametrize("memory", [True, False], ids=["memory", "redis"])
async def test_another_book_has_them_at_once(client: httpx.AsyncClient, knowing: Knowing, memory: bool) -> None:
    knowing.people = [GITA]
    await asked(client)
    await services.settled()
    if not memory:
        services.cache.memory.clear()
    knowing.say("openlibrary", openlibrary(title="Another Harbor"))
    assert members(await asked(client, "/v1/search/title?q=another%20harbor")) == OF_GITA
    assert len(knowing.queries) == 1


async def test_by_id_it_is_sure(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people = [Known("Q900002", "Gita K. Iyer", olid="OL23919A", writer=False, genders=("Q6581097",)), GITA]
    knowing.say("openlibrary", openlibrary(author_key=["OL23919A"]))
    await asked(client)
    await services.settled()
    author = await asked(client)
    assert (author["gender"], author["wikidataID"], author["demographicsSource"]["confidence"]) == ("Male", "Q900002", 1.0)


@pytest.mark.parametrize(
    "people",
    [
        [GITA, Known("Q900003", AUTHOR, genders=("Q6581097",))],  # two of one name
        [Known("Q900004", AUTHOR, human=False)],
        [Known("Q900005", AUTHOR, writer=False)],
        [Known("Q900006", f"{AUTHOR} II")],
        [],
    ],
    ids=["namesakes", "a book", "no writer", "another name", "nobody"],
)
async def test_whoever_is_not_surely_meant_is_nobody(client: httpx.AsyncClient, knowing: Knowing, people: list[Known]) -> None:
    knowing.people = people
    await asked(client)
    await services.settled()
    author = await asked(client)
    assert author["gender"] == "Unknown" and "demographicsSource" not in author and "wikidataID" not in author
    queries = len(knowing.queries)
    knowing.say("openlibrary", openlibrary(title="Another Harbor"))
    await asked(client, "/v1/search/title?q=another%20harbor")
    await services.settled()
    assert len(knowing.queries) == queries  # that nobody is known is known


async def test_an_alias_is_found_by_search_and_verified(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people = [Known("Q900007", "Gita Subramaniam", aliases=(AUTHOR,), countries=("Q668",))]
    await asked(client)
    await services.settled()
    author = await asked(client)
    assert (author["wikidataID"], author["demographicsSource"]["confidence"]) == ("Q900007", 0.7)
    assert knowing.searches == [AUTHOR] and len(knowing.queries) == 2


@pytest.mark.parametrize(
    "broken",
    [
        (500, b""),
        (404, b"{}"),
        (403, b""),
        (200, b"<html>java.util.concurrent.TimeoutException</html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b'{"head": {"vars": []}, "results": {}}'),
        (200, b'{"head": {"vars": ["person"]}, "results": {"bindings": [{"person": {"type": "bnode", "value": "t1"}}]}}'),
        (200, b'{"head": {"vars": ["person"]}, "results": {"bindings": ["x"]}}'),
    ],
)
async def test_a_failure_is_not_remembered(client: httpx.AsyncClient, knowing: Knowing, broken: tuple[int, bytes]) -> None:
    knowing.people, knowing.broken = [GITA], broken
    await asked(client)
    await services.settled()
    knowing.broken = None
    assert (await asked(client))["gender"] == "Unknown"  # and that it was asked for has it tried again
    await services.settled()
    assert members(await asked(client)) == OF_GITA


async def test_redis_away(client: httpx.AsyncClient, knowing: Knowing, monkeypatch: pytest.MonkeyPatch) -> None:
    knowing.people = [GITA]
    monkeypatch.setattr(redis, "client", away)
    await asked(client)
    await services.settled()
    assert members(await asked(client)) == OF_GITA


def away() -> Any:
    raise redis.Away[0]("away")


@pytest.mark.parametrize(("name", "value"), [("DEMOGRAPHICS", "0"), ("SEARCH_PROVIDERS", "catalogue")])
async def test_it_can_be_off(
    client: httpx.AsyncClient, knowing: Knowing, sample_catalogue: int, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    conf.demographics.cache_clear()
    fan_out.everybody.cache_clear()
    knowing.people = [GITA]
    reply = await client.get("/v1/search/title?q=emma")
    await services.settled()
    assert reply.status_code == 200 and not knowing.queries and not knowing.searches
    health = (await client.get("/health")).json()
    assert health["checks"]["providers"]["wikidata"]["status"] == "off"


async def test_its_state_is_shown(client: httpx.AsyncClient, knowing: Knowing) -> None:
    assert (await client.get("/health")).json()["checks"]["providers"]["wikidata"]["status"] == "ok"
    knowing.broken = (500, b"")
    for number in range(5):
        await services.cache.forget(f"search:isbn:{ISBN}")
        knowing.say("openlibrary", openlibrary(author_name=[f"Gita Iyer {'IVX'[number % 3] * (number + 1)}"]))
        await client.get(BY_ISBN)
        await services.settled()
    assert (await client.get("/health")).json()["checks"]["providers"]["wikidata"]["status"] == "open"


async def test_results_of_a_batch_carry_them(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people = [GITA]
    reply = await client.post("/v1/enrichment/batch", json={"books": [{"isbn": ISBN}, {}]})
    data = reply.json()["data"]
    await runner.take_turn(data["jobId"], "tester")
    results = await client.get(f"/v1/jobs/{data['jobId']}/results", headers={"Authorization": f"Bearer {data['token']}"})
    first, missed = results.json()["data"]["enrichedBooks"]
    assert "enriched" not in missed
    assert members(first["enriched"]["work"]["authors"][0]) == OF_GITA == members(first["enriched"]["authors"][0])
    assert len(knowing.queries) == 1 and names_in(knowing.queries[0]) == [AUTHOR]
    await asked(client)  # what the job kept is completed by whoever asks for it
    await services.settled()
    assert members(await asked(client)) == OF_GITA


async def test_results_are_read_where_it_does_not_answer(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people, knowing.broken = [GITA], (500, b"")
    reply = await client.post("/v1/enrichment/batch", json={"books": [{"isbn": ISBN}]})
    data = reply.json()["data"]
    await runner.take_turn(data["jobId"], "tester")
    path, headers = f"/v1/jobs/{data['jobId']}/results", {"Authorization": f"Bearer {data['token']}"}
    [item] = (await client.get(path, headers=headers)).json()["data"]["enrichedBooks"]
    assert item["enriched"]["authors"][0]["gender"] == "Unknown"
    await services.settled()
    knowing.broken = None
    await client.get(path, headers=headers)
    await services.settled()
    [item] = (await client.get(path, headers=headers)).json()["data"]["enrichedBooks"]
    assert members(item["enriched"]["authors"][0]) == OF_GITA


async def test_an_author_has_them_at_the_first_request(client: httpx.AsyncClient, knowing: Knowing) -> None:
    knowing.people = [Known("Q900002", AUTHOR, olid="OL23919A", genders=("Q6581072",))]
    knowing.say("openlibrary", {"key": "/authors/OL23919A", "type": {"key": "/type/author"}, "name": AUTHOR})
    author = (await client.get("/v1/authors/OL23919A")).json()["data"]["author"]
    assert (author["gender"], author["wikidataID"]) == ("Female", "Q900002")
