"""Asks the service what a plan says, and brings back what came."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from bookstrack.lib import clock, http
from harvest.drill.library import Book, book
from harvest.drill.load import Ask, Kind
from harvest.drill.verdicts import Seen, Verdict

GIVEN_UP_S = 15.0  # no answer within it is none
PAGE = 500  # of a job's results
LOOK_EVERY_S = 0.5
Judge = Callable[[Ask, Seen], Verdict]


def path_of(ask: Ask) -> str:
    """What to GET for a search or a picture."""
    one = book(ask.number)
    picture = f"https://covers.openlibrary.org/b/id/{ask.number + 1}-L.jpg?default=false"
    path, query = {
        Kind.ISBN: ("/v1/search/isbn", {"isbn": one.isbn13}),
        Kind.TITLE: ("/v1/search/title", {"q": one.title}),
        Kind.AUTHOR: ("/v1/search/author", {"q": one.author}),
        Kind.COVER: ("/images/proxy", {"url": picture, "size": "small"}),
    }[ask.kind]
    return f"{path}?{urlencode(query)}"


async def asked(url: str, ask: Ask) -> Seen:
    """One question, once."""
    began_s = clock.monotonic_s()
    try:
        reply = await http.fetch("GET", f"{url}{path_of(ask)}", timeout_s=GIVEN_UP_S)
    except http.UpstreamError:
        return Seen(None, clock.monotonic_s() - began_s)
    return Seen(reply.status, clock.monotonic_s() - began_s, _decoded(reply.body), reply.headers.get("content-type", ""))


async def ask_all(url: str, asks: Iterable[Ask], judge: Judge, *, concurrency: int) -> list[Verdict]:
    """All questions in their order, so many clients at once; a question's repetitions follow it at once."""
    left: Iterator[Ask] = iter(asks)
    verdicts: list[Verdict] = []

    async def client() -> None:
        for ask in left:
            for _ in range(ask.times):
                verdicts.append(judge(ask, await asked(url, ask)))

    async with asyncio.TaskGroup() as clients:
        for _ in range(concurrency):
            clients.create_task(client())
    return verdicts


async def enrich(url: str, asks: Sequence[Ask], *, within_s: float) -> list[Any]:
    """Results of one enrichment of these books, in their order; None for those that are not there in time."""
    items: list[Any] = [None] * len(asks)
    until_s = clock.monotonic_s() + within_s
    job = await _started(url, [book(ask.number) for ask in asks])
    if job is None:
        return items
    job_id, token = job
    while clock.monotonic_s() < until_s:
        told = await _json("GET", f"{url}/v1/jobs/{job_id}", token)
        if told.get("status") in ("completed", "failed", "canceled"):
            break
        await asyncio.sleep(LOOK_EVERY_S)
    for offset in range(0, len(asks), PAGE):
        page = await _json("GET", f"{url}/v1/jobs/{job_id}/results?limit={PAGE}&offset={offset}", token)
        for item in page.get("enrichedBooks") or []:
            if isinstance(item, dict) and isinstance(item.get("index"), int) and 0 <= item["index"] < len(items):
                items[item["index"]] = item
    return items


async def _started(url: str, books: Sequence[Book]) -> tuple[str, str] | None:
    body = orjson.dumps({"books": [{"isbn": one.isbn13} for one in books]})
    data = await _json("POST", f"{url}/v1/enrichment/batch", body=body)
    return (data["jobId"], data["token"]) if data.get("jobId") and data.get("token") else None


async def _json(method: str, url: str, token: str = "", *, body: bytes | None = None) -> dict[str, Any]:
    """`data` of an answer; empty where there is none."""
    headers = {"Authorization": f"Bearer {token}"} if token else {"Content-Type": "application/json"}
    try:
        reply = await http.fetch(method, url, headers=headers, body=body, timeout_s=GIVEN_UP_S)
    except http.UpstreamError:
        return {}
    decoded = _decoded(reply.body)
    data = decoded.get("data") if isinstance(decoded, dict) else None
    return data if isinstance(data, dict) else {}


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body) if body[:1] in (b"{", b"[") else None
    except orjson.JSONDecodeError:
        return None
