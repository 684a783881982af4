"""The stand-in behind the service's own door to the outside: in this process, and on ports."""

import httpx
import pytest

from bookstrack.lib import http
from harvest.drill.faults import CATALOGUES, parsed
from harvest.drill.library import NOBODYS, SHELF, book
from harvest.drill.load import Ask, Group, Kind
from harvest.drill.serving import BASES, Serving
from harvest.drill.standin import StandIn
from harvest.drill.verdicts import Seen, judged
from tests.harvest.drill.test_verdicts import IN_TIME_S, WELL

EVERYBODYS = 4711


async def asked(client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.get("/v1/search/isbn", params={"isbn": book(number).isbn13})


async def test_the_service_finds_an_invented_book(client: httpx.AsyncClient, standin: StandIn) -> None:
    reply = await asked(client, EVERYBODYS)
    verdict = judged(Ask(Kind.ISBN, EVERYBODYS, Group.COLD), Seen(reply.status_code, 0.1, reply.json()), WELL, within_s=IN_TIME_S)
    assert verdict.wrong == "" and verdict.degraded == ()
    assert {name: standin.calls[name] for name in CATALOGUES} == dict.fromkeys(CATALOGUES, 1)
    assert (await asked(client, NOBODYS * SHELF)).json()["data"]["works"] == []


@pytest.mark.parametrize("fault", ["down", "cut", "500", "garbage", "429:30"])
async def test_a_fault_is_told_and_ends(client: httpx.AsyncClient, standin: StandIn, fault: str) -> None:
    standin.behave({"openlibrary": parsed(fault)})
    assert (await asked(client, EVERYBODYS)).json()["metadata"]["degraded"] == ["openlibrary"]
    standin.behave({name: parsed(fault) for name in CATALOGUES})
    assert (await asked(client, EVERYBODYS + 4)).status_code in (502, 503)


async def test_on_ports_a_provider_that_is_down_refuses_and_comes_back() -> None:
    with Serving(StandIn({"isbndb": parsed("down"), "google-books": parsed("cut"), "covers": parsed("429:7")}, delay_s=0.0)) as outside:
        where = {name: outside.settings[setting] for name, setting in BASES.items()}

        async def status(provider: str, path: str) -> int:
            return (await http.fetch("GET", f"{where[provider]}{path}", timeout_s=5.0)).status

        for provider, path in (("isbndb", "/book/9781000047110"), ("google-books", "/volumes?q=isbn:9781000047110")):
            with pytest.raises(http.UpstreamUnreachable):
                await status(provider, path)
        assert await status("openlibrary", "/search.json?q=isbn:9781000047110") == 200
        limited = await http.fetch("GET", f"{where['covers']}/b/id/4712-L.jpg", timeout_s=5.0)
        assert (limited.status, limited.headers["retry-after"]) == (429, "7")
        outside.behave({"openlibrary": parsed("down")})
        assert await status("isbndb", "/book/9781000047110") == 200
        assert await status("google-books", "/volumes?q=isbn:9781000047110") == 200
        with pytest.raises(http.UpstreamUnreachable):  # also over the connection that stood
            await status("openlibrary", "/search.json?q=isbn:9781000047110")
    await http.close()
