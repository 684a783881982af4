"""Search as a client without a network sees it: the sample catalogue answers."""

import httpx
import pytest

pytestmark = pytest.mark.usefixtures("sample_catalogue")


async def found(client: httpx.AsyncClient, path: str, **params: str | int) -> dict[str, list[dict[str, object]]]:
    reply = await client.get(path, params=params)
    assert reply.status_code == 200, reply.text
    data: dict[str, list[dict[str, object]]] = reply.json()["data"]
    return data


@pytest.mark.parametrize(
    "spelling",
    [
        "9780441172719",
        "978-0-441-17271-9",
        "0441172717",
        "0-441-17271-7",
        "urn:isbn:9780441172719",
        "ISBN: 0441172717",
        "978\u20130441172719",
    ],
)
async def test_every_spelling_of_an_isbn(client: httpx.AsyncClient, spelling: str) -> None:
    data = await found(client, "/v1/search/isbn", isbn=spelling)
    assert [work["title"] for work in data["works"]] == ["Dune"]
    assert data["editions"][0]["isbn"] == "9780441172719"
    assert data["works"][0]["match"] == {"level": "exact_edition", "score": 1.0, "reasons": ["ISBN agrees"]}


@pytest.mark.parametrize(
    ("asked", "author"),
    [
        ("ノルウェイの森", "Haruki Murakami"),
        ("ノルウェイ", "Haruki Murakami"),
        ("Война и мир", "Leo Tolstoy"),
        ("война и мир", "Leo Tolstoy"),
        ("L'Étranger", "Albert Camus"),
        ("Etranger", "Albert Camus"),
        ("Cien anos de soledad", "Gabriel García Márquez"),
        ("Ender’s Game", "Orson Scott Card"),
        ("enders game", "Orson Scott Card"),
        ("left hand of dark", "Ursula K. Le Guin"),
    ],
)
async def test_titles_of_any_script_with_accents_and_apostrophes(
    client: httpx.AsyncClient, asked: str, author: str
) -> None:
    data = await found(client, "/v1/search/title", q=asked)
    assert data["works"], f"nothing for {asked!r}"
    names = {a["name"] for a in data["works"][0]["authors"]}  # type: ignore[attr-defined]
    assert any(author.split()[-1] in name for name in names) or not names.isdisjoint({author}), names


async def test_one_box_takes_title_and_author_together(client: httpx.AsyncClient) -> None:
    data = await found(client, "/v1/search", q="dune messiah herbert")
    assert data["works"][0]["title"] == "Dune Messiah"
    assert data["works"][0]["match"]["level"] == "work_only"  # type: ignore[index]


async def test_the_edition_shown_is_in_the_language_typed(client: httpx.AsyncClient) -> None:
    english = await found(client, "/v1/search/title", q="The Stranger", limit=1)
    french = await found(client, "/v1/search/title", q="L'Étranger", limit=1)
    assert (english["editions"][0]["language"], french["editions"][0]["language"]) == ("en", "fr")


async def test_volumes_are_told_apart(client: httpx.AsyncClient) -> None:
    data = await found(client, "/v1/search/title", q="Dune")
    assert data["works"][0]["title"] == "Dune"
    titles = [work["title"] for work in data["works"]]
    assert "Dune Messiah" in titles
    assert data["works"][titles.index("Dune Messiah")]["match"]["level"] == "guess"  # type: ignore[index]


async def test_min_match_drops_the_guesses(client: httpx.AsyncClient) -> None:
    data = await found(client, "/v1/search/title", q="Dune", minMatch="work_only")
    assert {work["match"]["level"] for work in data["works"]} == {"work_only"}  # type: ignore[index]
    assert data["resultCount"] == len(data["works"]) == len(data["editions"])


async def test_nothing_found_is_empty_and_remembered(client: httpx.AsyncClient) -> None:
    for cached in (False, True):
        reply = await client.get("/v1/search/title", params={"q": "zzznotfound anywhere"})
        body = reply.json()
        assert body["data"]["works"] == [] and body["metadata"]["provider"] == "none"
        assert body["metadata"]["cached"] is cached


async def test_an_unknown_isbn_is_answered_by_nothing_else(client: httpx.AsyncClient) -> None:
    reply = await client.get("/v1/search/advanced", params={"isbn": "9780306406157", "title": "Dune"})
    assert reply.json()["data"]["works"] == []


async def test_pages_do_not_overlap(client: httpx.AsyncClient) -> None:
    first = await found(client, "/v1/search/title", q="the", limit=5)
    second = await found(client, "/v1/search/title", q="the", limit=5, offset=5)
    assert not {w["id"] for w in first["works"]} & {w["id"] for w in second["works"]}


async def test_a_drawn_cover_is_served(client: httpx.AsyncClient) -> None:
    data = await found(client, "/v1/search/isbn", isbn="9780441172719")
    reply = await client.get(str(data["works"][0]["coverImageURL"]))
    assert reply.status_code == 200 and reply.headers["content-type"] == "image/png"
    assert (await client.get("/covers/drawn/no-such-work.png")).status_code == 404
