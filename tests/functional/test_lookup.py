"""Looking up by an identifier through the whole application: works, editions, authors, and ids of any scheme."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import call_command

from bookstrack.lib import http
from search import conf, fan_out
from tests.functional.outside import HOSTS, Outside
from tests.search.catalogue.loading.files import ALL, dump

DUNE = "9780441172719"
WORK = {
    "key": "/works/OL45W",
    "title": "The Silent Harbor",
    "author_name": ["Gita Iyer"],
    "author_key": ["OL9A"],
    "first_publish_year": 1931,
    "isbn": ["9780306406157"],
    "language": ["eng"],
}
IYER = {"key": "/authors/OL9A", "type": {"key": "/type/author"}, "name": "Gita Iyer", "bio": "Of harbors.", "birth_date": "1901"}


def listed(number: int, **facts: Any) -> dict[str, Any]:
    return {"key": f"/books/OL{number}M", "title": "The Silent Harbor", "publish_date": str(1931 + number % 80), **facts}


@dataclass
class Shelves(Outside):
    """Open Library by path; the others know nothing."""

    paths: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.know_nothing()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        provider, path = HOSTS[request.url.host], request.url.path
        if provider != "openlibrary" or "openlibrary" in self.failing:
            return await super().__call__(request)
        self.calls[provider] += 1
        self.requests.append(request)
        found = self.paths.get(path)
        if path.endswith("/editions.json") and isinstance(found, list):
            offset, limit = (int(request.url.params.get(name, 0)) for name in ("offset", "limit"))
            found = {"size": len(found), "entries": found[offset : offset + limit]}
        if path == "/search.json":
            docs = [doc for doc in self.paths.get(path, []) if doc["key"] in request.url.params["q"] or self._asks_isbn(request, doc)]
            found = {"numFound": len(docs), "docs": docs}
        await asyncio.sleep(self.delays_s.get(provider, 0))
        return httpx.Response(200 if found else 404, content=json.dumps(found or {"error": "notfound"}))

    @property
    def failing(self) -> set[str]:
        return {name for name, (status, _, _) in self.answers.items() if status >= 500}

    @staticmethod
    def _asks_isbn(request: httpx.Request, doc: dict[str, Any]) -> bool:
        return any(isbn in request.url.params["q"] for isbn in doc.get("isbn", []))


@pytest.fixture
def shelves(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelves]:
    monkeypatch.setenv("SEARCH_PROVIDERS", "catalogue,openlibrary,google-books,isbndb")
    monkeypatch.setenv("GOOGLE_BOOKS_API_KEY", "key-of-google")
    for name in ("OPENLIBRARY", "GOOGLE_BOOKS"):
        monkeypatch.setenv(f"{name}_RATE", "1000")
    fan_out.everybody.cache_clear()
    found = Shelves(paths={"/search.json": [WORK], "/authors/OL9A.json": IYER})
    with http.use_transport(httpx.MockTransport(found)):
        yield found
    fan_out.everybody.cache_clear()


@pytest.fixture
def loaded(transactional_db: None, tmp_path: Path) -> None:
    """Dune, and a few others, in the local catalogue; OL7W and OL8W were merged into it one after the other."""
    merged = [("/type/redirect", f"/works/OL{old}W", 1, {"location": f"/works/OL{new}W"}) for old, new in ((8, 7), (7, 1))]
    call_command("load_catalogue", str(dump(tmp_path / "dump", *ALL, *merged)), quiet=True)


async def data_of(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    reply = await client.get(path, params=params)
    assert reply.status_code == 200, reply.text
    assert reply.json()["success"] is True and reply.headers["ETag"].startswith('W/"')
    data: dict[str, Any] = reply.json()["data"]
    return data


async def error_of(client: httpx.AsyncClient, path: str) -> tuple[int, str]:
    reply = await client.get(path)
    assert reply.json()["success"] is False
    return reply.status_code, reply.json()["error"]["code"]


@pytest.mark.parametrize("work_id", ["OL1W", "ol1w", "OL8W", "isbn-9780441172719", "978-0-441-17271-9", "OL1M", "google-B1hSG45JCX4C"])
async def test_a_work_by_any_of_its_ids(client: httpx.AsyncClient, loaded: None, work_id: str) -> None:
    data = await data_of(client, f"/v1/works/{work_id}")
    assert data["work"]["title"] == "Dune" and data["work"]["openLibraryWorkID"] == "OL1W"
    assert [author["id"] for author in data["authors"]] == ["OL1A"] and data["edition"]["isbn"] == DUNE


async def test_every_work_of_an_answer_leads_back_to_itself(client: httpx.AsyncClient, sample_catalogue: int) -> None:
    for words in ("the", "ノルウェイの森", "de"):
        for work in (await data_of(client, "/v1/search/title", q=words, limit=40))["works"]:
            again = (await data_of(client, f"/v1/works/{work['id']}"))["work"]
            assert (again["isbn"], again["authors"]) == (work["isbn"], work["authors"])  # its title may be another edition's
            assert again["isbn"] or again["title"] == work["title"]


async def test_an_edition_is_never_another_one(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    data = await data_of(client, "/v1/editions/0-441-17271-7")
    assert data["edition"]["isbn"] == DUNE and data["work"]["match"]["level"] == "exact_edition"
    assert await error_of(client, "/v1/editions/9780306406165") == (400, "INVALID_ISBN")
    assert await error_of(client, "/v1/editions/9791034304684") == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("goodreads/234225", "234225"),
        ("librarything/3957", "3957"),
        ("asin/b00b7npry8", "B00B7NPRY8"),
        ("lccn/2001-1114", "2001001114"),
        ("lccn/2001001114", "2001001114"),
        ("oclc/ocm00123456", "123456"),
        ("OCLC/123456", "123456"),
        ("google/B1hSG45JCX4C", "B1hSG45JCX4C"),
        ("isbn/0441013597", "9780441013593"),
        ("olid/OL1M", "OL1M"),
    ],
)
async def test_an_edition_by_ids_of_every_scheme(client: httpx.AsyncClient, loaded: None, path: str, value: str) -> None:
    data = await data_of(client, f"/v1/resolve/{path}")
    assert (data["value"], data["kind"], data["works"][0]["openLibraryWorkID"]) == (value, "edition", "OL1W")
    assert data["editions"][0]["isbns"][0] == DUNE and len(data["works"]) == data["resultCount"] == 1
    assert data["identifiers"] == {
        "isbn": [DUNE, "9780441013593", "0441172717", "0441013597"],
        "openlibrary": ["OL1W", "OL1M"],
        "oclc": ["123456"],
        "lccn": ["2001001114"],
        "goodreads": ["234225"],
        "librarything": ["3957"],
        "asin": ["B00B7NPRY8"],
        "google": ["B1hSG45JCX4C"],
    }


async def test_what_a_merged_work_and_an_author_resolve_to(client: httpx.AsyncClient, loaded: None) -> None:
    work = await data_of(client, "/v1/resolve/openlibrary/OL8W")
    assert (work["value"], work["kind"], work["identifiers"]["openlibrary"]) == ("OL8W", "work", ["OL1W"])
    person = await data_of(client, "/v1/resolve/openlibrary/OL1A")
    assert person["kind"] == "author" and person["author"]["name"] == "Frank Herbert" and "works" not in person


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("works/OL404W", (404, "NOT_FOUND")),
        ("works/work-0a1b", (404, "NOT_FOUND")),
        ("works/catalogue-99999999999999999999", (404, "NOT_FOUND")),
        ("works/catalogue-5", (404, "NOT_FOUND")),
        ("works/%00%F0%9F%98%80/editions", (404, "NOT_FOUND")),
        ("works/OL404W/editions", (404, "NOT_FOUND")),
        ("authors/OL404A", (404, "NOT_FOUND")),
        ("authors/Herbert", (400, "INVALID_QUERY")),
        ("editions/12", (400, "INVALID_ISBN")),
        ("resolve/goodreads/5", (404, "NOT_FOUND")),
        ("resolve/goodreads/five", (400, "INVALID_QUERY")),
        ("resolve/none/5", (400, "INVALID_QUERY")),
        ("resolve/openlibrary/OL999999999999M", (404, "NOT_FOUND")),
        ("works/OL1W?fields=all", (400, "INVALID_QUERY")),
        ("works/OL1W/editions?limit=101", (400, "INVALID_QUERY")),
        ("resolve/lccn/' OR 1=1 --", (404, "NOT_FOUND")),
    ],
)
async def test_what_is_not_there_or_no_id(client: httpx.AsyncClient, loaded: None, path: str, error: tuple[int, str]) -> None:
    assert await error_of(client, f"/v1/{path}") == error


async def test_the_outside_is_asked_beside_the_catalogue_once(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    for _ in range(3):
        data = await data_of(client, "/v1/works/OL45W")
    assert (data["work"]["title"], data["work"]["firstPublicationYear"]) == ("The Silent Harbor", 1931)
    assert shelves.calls == {"openlibrary": 2}  # its search, and its stored record


async def test_a_work_has_the_description_of_its_stored_record(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    stored = {"key": "/works/OL45W", "type": {"key": "/type/work"}, "title": "The Silent Harbor", "description": "Of a harbor. " * 12}
    shelves.paths["/works/OL45W.json"] = stored
    work = (await data_of(client, "/v1/works/OL45W"))["work"]
    assert work["description"].startswith("Of a harbor.") and work["authors"][0]["name"] == "Gita Iyer"
    shelves.paths["/works/OL46W.json"] = stored  # a record under another's address is not believed
    assert await error_of(client, "/v1/works/OL46W") == (404, "NOT_FOUND")


async def test_authors_of_an_edition_that_names_none(client: httpx.AsyncClient, transactional_db: None, shelves: Shelves) -> None:
    book = {"type": {"key": "/type/edition"}, **listed(3, isbn_13=["9780306406157"], works=[{"key": "/works/OL45W"}])}
    shelves.paths["/books/OL3M.json"] = book
    data = await data_of(client, "/v1/works/OL3M")
    assert [author["name"] for author in data["authors"]] == ["Gita Iyer"] == [author["name"] for author in data["work"]["authors"]]


async def test_a_provider_that_fails_is_no_absence(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    shelves.fail("openlibrary")
    for path in ("works/OL45W", "authors/OL9A", "works/OL45W/editions", "resolve/openlibrary/OL45W"):
        status, code = await error_of(client, f"/v1/{path}")
        assert status in (502, 503) and code in ("PROVIDER_ERROR", "CIRCUIT_OPEN")
    assert (await data_of(client, "/v1/authors/OL1A"))["author"]["name"] == "Frank Herbert"


async def test_an_author(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    iyer = (await data_of(client, "/v1/authors/OL9A"))["author"]
    assert (iyer["name"], iyer["biography"], iyer["birthYear"], iyer["id"]) == ("Gita Iyer", "Of harbors.", 1901, "OL9A")
    herbert = (await data_of(client, "/v1/authors/OL1A"))["author"]
    assert (herbert["birthYear"], herbert["deathYear"], herbert["bookCount"]) == (1920, 1986, 1)


async def test_who_answers_with_another_author_is_not_believed(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    shelves.paths["/authors/OL10A.json"] = IYER
    assert await error_of(client, "/v1/authors/OL10A") == (404, "NOT_FOUND")


async def test_every_page_of_editions(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    shelves.paths["/works/OL45W/editions.json"] = [listed(number) for number in range(1, 1204)]
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        data = await data_of(client, "/v1/works/OL45W/editions", limit=100, offset=offset)
        assert len(data["works"]) == len(data["editions"]) == data["resultCount"] and data["pagination"]["total"] == 1203
        assert {work["openLibraryWorkID"] for work in data["works"]} == {"OL45W"} and data["authors"][0]["name"] == "Gita Iyer"
        seen += [edition["openLibraryID"] for edition in data["editions"]]
        offset = data["pagination"].get("nextOffset")
    assert len(seen) == len(set(seen)) == 1203
    assert shelves.calls["openlibrary"] == 5  # the work twice, and three pages of editions


async def test_editions_of_a_work_without_an_outside_id(client: httpx.AsyncClient, sample_catalogue: int) -> None:
    data = await data_of(client, f"/v1/works/isbn-{DUNE}/editions")
    assert data["pagination"]["total"] == len(data["editions"]) > 1
    years = [edition.get("publicationDate", "") for edition in data["editions"]]
    assert years == sorted(years, reverse=True)


async def test_editions_of_both_are_one_where_their_isbn_is(client: httpx.AsyncClient, loaded: None, shelves: Shelves) -> None:
    shelves.paths["/works/OL1W/editions.json"] = [
        listed(1, title="Dune", isbn_13=[DUNE]),
        listed(77, title="Duna", isbn_13=["9788497596824"]),
    ]
    data = await data_of(client, "/v1/works/OL1W/editions")
    assert sorted(edition.get("isbn", "") for edition in data["editions"]) == [DUNE, "9788497596824"]
    shared = next(edition for edition in data["editions"] if edition["isbn"] == DUNE)
    assert shared["publisher"] == "Ace" and shared["pageCount"] == 535


async def test_an_authors_id_is_taken_for_a_name(client: httpx.AsyncClient, loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_PROVIDERS", conf.CATALOGUE)
    fan_out.everybody.cache_clear()
    data = await data_of(client, "/v1/search/author", q="OL1A")
    assert [work["title"] for work in data["works"]] == ["Dune"] and data["works"][0]["match"]["score"] == 1.0
    assert (await data_of(client, "/v1/search/author", q="OL1A", minMatch="work_only"))["pagination"]["total"] == 1
    assert (await data_of(client, "/v1/search/author", q="OL1A", minMatch="same_work"))["pagination"]["total"] == 0
    assert await error_of(client, "/v1/search/author?q=OL404A") == (404, "NOT_FOUND")
    fan_out.everybody.cache_clear()
