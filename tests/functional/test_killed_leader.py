"""Two web processes as `make run` starts them, one cold key, and the one that leads is killed: the other leads, once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from bookstrack.lib import flight
from harvest.drill.faults import CATALOGUES, Fault, Kind
from harvest.drill.library import book
from harvest.drill.serving import Serving
from harvest.drill.standin import StandIn
from search.flight import WAIT_S
from tests.endurance.house import House

CLIENTS = 15  # of each process
ANSWER_S = 0.3  # of a catalogue
HANGED = Fault(Kind.HANG)
BOOK = book(7)  # which all catalogues have
COLD = f"/v1/search/isbn?isbn={BOOK.isbn13}"
SETTINGS = {
    "BOOKSTRACK_WORKERS": "2",
    "BOOKSTRACK_JOB_WORKERS": "1",
    "SEARCH_PROVIDERS": "catalogue,openlibrary,google-books,isbndb",
    "SEARCH_BUDGET_S": "30",
    "PROVIDER_TIMEOUT_S": "30",
    **{f"{name}_API_KEY": "of-a-test" for name in ("GOOGLE_BOOKS", "ISBNDB")},
    **{f"{name}_RATE": "1000" for name in ("GOOGLE_BOOKS", "OPENLIBRARY", "ISBNDB")},
}


@asynccontextmanager
async def living(house: House) -> AsyncIterator[House]:
    await asyncio.to_thread(house.start)
    try:
        yield house
    finally:
        await asyncio.to_thread(house.stop)


async def clients_of(house: House, pid: int, stack: AsyncExitStack) -> list[httpx.AsyncClient]:
    """Clients whose connections this process has: no other one can let them in just now."""
    others = [other for other in house.pids("web") if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        within_s = WAIT_S - 1  # who waits for longer works for itself: an answer by then comes of the lease that ran out
        made = [await stack.enter_async_context(httpx.AsyncClient(base_url=house.url, timeout=within_s)) for _ in range(CLIENTS)]
        assert {reply.status_code for reply in await asyncio.gather(*(client.get("/livez") for client in made))} == {200}
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)
    return made


async def asked(client: httpx.AsyncClient) -> httpx.Response | httpx.TransportError:
    try:
        return await client.get(COLD)
    except httpx.TransportError as error:
        return error


async def test_who_waits_for_a_leader_that_is_killed_is_answered_after_one_more_round(tmp_path: Path) -> None:
    standin = StandIn(dict.fromkeys(CATALOGUES, HANGED), delay_s=ANSWER_S)
    with Serving(standin) as serving:
        async with living(House(tmp_path / "house", SETTINGS | serving.settings)) as house, AsyncExitStack() as stack:
            while len(pids := house.pids("web")) < 2:
                await asyncio.sleep(0.05)
            leader, survivor = pids
            his, others = [await clients_of(house, pid, stack) for pid in (leader, survivor)]
            waiting = [asyncio.create_task(asked(his[0]))]
            while standin.calls.total() < len(CATALOGUES):
                await asyncio.sleep(0.01)
            waiting += [asyncio.create_task(asked(client)) for client in [*his[1:], *others]]
            await asyncio.sleep(flight.LEASE_MS / 1000 + 0.3)
            assert standin.calls == dict.fromkeys(CATALOGUES, 1), "nobody leads while the leader lives"
            serving.behave({})
            house.kill(leader)
            replies = await asyncio.gather(*waiting)
            assert all(isinstance(reply, httpx.TransportError) for reply in replies[:CLIENTS])
            answers = [reply for reply in replies[CLIENTS:] if isinstance(reply, httpx.Response)]
            assert len(answers) == CLIENTS, replies[CLIENTS:]
            assert {(reply.status_code, reply.json()["data"]["works"][0]["title"]) for reply in answers} == {(200, BOOK.title)}
            assert not any("degraded" in reply.json()["metadata"] for reply in answers)
            assert standin.calls == dict.fromkeys(CATALOGUES, 2), "one round by each who led"
