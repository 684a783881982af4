"""Outside catalogues that know writers, stood in for at the transport: people by name, their works page by page, editions of a work."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.functional.outside import HOSTS
from tests.search.resolving.library import isbn13

NAME = "Gita Iyer"
ID = "OL7A"


@dataclass
class Writer:
    """Somebody whom Open Library knows: works by number, `years` of some."""

    id: str = ID
    name: str = NAME
    works: list[str] = field(default_factory=list)
    years: dict[int, int] = field(default_factory=dict)
    born: str | None = None
    first: int = 1  # number of the first work

    def numbered(self) -> list[tuple[int, str]]:
        return list(enumerate(self.works, self.first))

    def person(self) -> dict[str, Any]:
        return {"key": self.id, "name": self.name, "work_count": len(self.works), "birth_date": self.born}

    def doc(self, number: int, title: str) -> dict[str, Any]:
        found = {"key": f"/works/OL{number}W", "title": title, "author_name": [self.name], "author_key": [self.id]}
        found |= {"isbn": [isbn13(number)], "language": ["eng"], "ratings_count": number * 10}
        return found | ({"first_publish_year": self.years[number]} if number in self.years else {})

    def entry(self, number: int, title: str) -> dict[str, Any]:
        by = [{"author": {"key": f"/authors/{self.id}"}}]
        return {"type": {"key": "/type/work"}, "key": f"/works/OL{number}W", "title": title, "authors": by}


@dataclass
class Writers:
    """The transport. `broken` paths (a part of them) answer 500; `delays_s` are by provider or by a part of the path.

    What has `held` in its line is not answered before `let_go` is set.
    """

    writers: list[Writer] = field(default_factory=list)
    isbndb: list[dict[str, Any]] = field(default_factory=list)
    google: list[dict[str, Any]] = field(default_factory=list)
    editions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    delays_s: dict[str, float] = field(default_factory=dict)
    held: str = ""
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    calls: Counter[str] = field(default_factory=Counter)
    paths: list[str] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        provider, line = HOSTS[request.url.host], str(request.url.copy_with(scheme="https"))
        self.calls[provider] += 1
        self.paths.append(request.url.path)
        await asyncio.sleep(max((wait for part, wait in self.delays_s.items() if part == provider or part in line), default=0))
        if self.held and self.held in line:
            await self.let_go.wait()
        if any(part == provider or part in line for part in self.broken):
            return httpx.Response(500, content=b"{}")
        status, body = self._answer(provider, request.url)
        return httpx.Response(status, content=json.dumps(body).encode())

    def _answer(self, provider: str, url: httpx.URL) -> tuple[int, Any]:
        if provider == "google-books":
            return 200, {"kind": "books#volumes", "totalItems": len(self.google), **({"items": self.google} if self.google else {})}
        if provider == "isbndb":
            if "/book/" in url.path:
                return 404, {"errorMessage": "Not Found"}
            return (200, {"author": NAME, "books": self.isbndb, "total": len(self.isbndb)}) if self.isbndb else (404, {})
        return 200, self._openlibrary(url)

    def _openlibrary(self, url: httpx.URL) -> dict[str, Any]:
        asked, path = dict(url.params), url.path
        start, size = int(asked.get("offset", 0)), int(asked.get("limit", 50))
        if path == "/search/authors.json":
            people = [writer.person() for writer in self.writers]
            return {"numFound": len(people), "docs": people}
        if path.endswith("/editions.json"):
            return {"entries": self.editions.get(path.split("/")[2], [])}
        if path.startswith("/authors/"):
            writer = next(one for one in self.writers if one.id == path.split("/")[2])
            entries = [writer.entry(*work) for work in writer.numbered()]
            return {"size": len(entries), "entries": entries[start : start + size]}
        wanted = asked.get("q", "").removeprefix("author_key:")
        docs = [one.doc(*work) for one in self.writers if wanted == one.id or "q" not in asked for work in one.numbered()]
        return {"numFound": len(docs), "docs": docs[start : start + size]}


def volume(title: str, number: int, author: str = NAME, **info: Any) -> dict[str, Any]:
    """A volume as Google Books has it."""
    named = [{"type": "ISBN_13", "identifier": isbn13(number)}]
    return {"id": f"vol{number:09d}", "volumeInfo": {"title": title, "authors": [author], "industryIdentifiers": named, **info}}


def book(title: str, number: int, author: str = NAME, **more: Any) -> dict[str, Any]:
    """A book as ISBNdb has it."""
    return {"title": title, "authors": [author], "isbn13": isbn13(number), "binding": "Paperback", "pages": 333, **more}
