"""The outside catalogues as one library of books, stood in for at the transport: each answers for the books that it was asked for."""

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

from search.normalisers.text import search_key

HOSTS = {"www.googleapis.com": "google-books", "openlibrary.org": "openlibrary", "api2.isbndb.com": "isbndb"}
_NOUNS = [
    "Harbor", "Lantern", "Orchard", "Meadow", "Thunder", "Velvet", "Granite", "Marble",
    "Saffron", "Pebble", "Walnut", "Copper", "Feather", "Glacier", "Juniper", "Kestrel",
]  # fmt: skip


def isbn13(number: int) -> str:
    body = f"978{number:09d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


@dataclass
class Volume:
    """A book as all catalogues know it."""

    number: int
    title: str
    author: str = "Gita Iyer"
    isbn: str | None = ""
    language: str = "en"

    def __post_init__(self) -> None:
        self.isbn = isbn13(self.number) if self.isbn == "" else self.isbn

    @property
    def work_id(self) -> str:
        return f"OL{self.number}W"

    @property
    def edition_id(self) -> str:
        return f"OL{self.number}M"

    @property
    def google_id(self) -> str:
        return f"vol{self.number:09d}"


@dataclass
class Library:
    """What is on the shelves, what a catalogue does not know, and how one answers instead of as it should."""

    volumes: list[Volume] = field(default_factory=list)
    unknown: dict[str, set[str]] = field(default_factory=dict)  # ISBNs by provider
    instead: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    delays_s: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    requests: list[httpx.Request] = field(default_factory=list)
    without_search: bool = False  # Open Library's search does not know ids

    def stocked(self, count: int, start: int = 1_000) -> list[Volume]:
        """So many new books; their titles do not resemble each other."""
        made = [Volume(n, f"{_NOUNS[n % 16]} {_NOUNS[n // 16 % 16]} {_letters(n)}") for n in range(start, start + count)]
        self.volumes += made
        return made

    def say(self, provider: str, body: Any, status: int = 200, **headers: str) -> None:
        self.instead[provider] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def fail(self, *providers: str, status: int = 500) -> None:
        for provider in providers or HOSTS.values():
            self.say(provider, {"error": {"message": "internal detail"}}, status)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        provider = HOSTS[request.url.host]
        self.calls[provider] += 1
        self.requests.append(request)
        await asyncio.sleep(self.delays_s.get(provider, 0))
        if provider in self.instead:
            status, body, headers = self.instead[provider]
            if isinstance(body, Exception):
                raise body
            return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode(), headers=headers)
        status, answer = getattr(self, "_" + provider.replace("-", "_"))(request)
        return httpx.Response(status, json=answer)

    # -- who knows what

    def _known(self, provider: str) -> list[Volume]:
        return [volume for volume in self.volumes if volume.isbn not in self.unknown.get(provider, ())]

    def _of_isbns(self, provider: str, text: str) -> list[Volume]:
        asked = set(re.findall(r"\d{13}", text))
        return [volume for volume in self._known(provider) if volume.isbn in asked]

    def _of_words(self, provider: str, title: str, author: str) -> list[Volume]:
        words, names = _words(title), _words(author)
        return [v for v in self._known(provider) if words <= _words(v.title) | _words(v.author) and names <= _words(v.author)][:20]

    def _openlibrary(self, request: httpx.Request) -> tuple[int, Any]:
        path, query = request.url.path, _query(request)
        if edition := re.fullmatch(r"/books/(OL\d+M)\.json", path):
            found = next((v for v in self._known("openlibrary") if v.edition_id == edition[1]), None)
            return (200, _ol_edition(found)) if found else (404, {"error": "notfound"})
        if work := re.fullmatch(r"/works/(OL\d+W)/editions\.json", path):
            entries = [_ol_edition(v) for v in self._known("openlibrary") if v.work_id == work[1]]
            return 200, {"entries": entries, "size": len(entries)}
        asked = query.get("q", "")
        if asked.startswith("isbn:"):
            found_many = self._of_isbns("openlibrary", asked)
        elif key := re.search(r"OL\d+W", asked):
            found_many = [v for v in self._known("openlibrary") if v.work_id == key[0] and not self.without_search]
        else:
            found_many = self._of_words("openlibrary", query.get("title", asked), query.get("author", ""))
        return 200, {"numFound": len(found_many), "start": 0, "docs": [_ol_doc(volume) for volume in found_many]}

    def _google_books(self, request: httpx.Request) -> tuple[int, Any]:
        if volume_id := re.search(r"/volumes/(.+)", request.url.path):
            found = next((v for v in self._known("google-books") if v.google_id == volume_id[1]), None)
            return (200, _google(found)) if found else (503, {"error": {"code": 503, "message": "Service temporarily unavailable."}})
        asked = _query(request)["q"]
        if asked.startswith("isbn:"):
            items = self._of_isbns("google-books", asked)
        else:
            title, author = re.search(r'intitle:"([^"]*)"', asked), re.search(r'inauthor:"([^"]*)"', asked)
            bare = re.sub(r'in(?:title|author):"[^"]*"', "", asked)
            items = self._of_words("google-books", title[1] if title else bare, author[1] if author else "")
        answer: dict[str, Any] = {"kind": "books#volumes", "totalItems": len(items)}
        return 200, answer | ({"items": [_google(volume) for volume in items]} if items else {})

    def _isbndb(self, request: httpx.Request) -> tuple[int, Any]:
        path = unquote(request.url.path)
        if request.method == "POST":
            found = self._of_isbns("isbndb", request.content.decode())
            return 200, {"total": len(found), "requested": 0, "data": [_isbndb(volume) for volume in found]}
        if path.startswith("/book/"):
            found = self._of_isbns("isbndb", path)
            return (200, {"book": _isbndb(found[0])}) if found else (404, {"errorMessage": "Not Found"})
        query = _query(request)
        title = query.get("text", "") if path == "/search/books" else path.removeprefix("/books/")
        found = self._of_words("isbndb", title, query.get("author", ""))
        return 200, {"total": len(found), "books": [_isbndb(volume) for volume in found]}


def _letters(number: int) -> str:
    """A number as a word."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:06d}").capitalize()


def _words(text: str) -> set[str]:
    return set(search_key(text).split())


def _query(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}


def _ol_doc(volume: Volume) -> dict[str, Any]:
    return {
        "key": f"/works/{volume.work_id}", "title": volume.title, "author_name": [volume.author], "first_publish_year": 1931,
        "isbn": [volume.isbn] if volume.isbn else [], "language": ["eng"], "edition_key": [volume.edition_id], "edition_count": 1,
    }  # fmt: skip


def _ol_edition(volume: Volume) -> dict[str, Any]:
    return {
        "type": {"key": "/type/edition"}, "key": f"/books/{volume.edition_id}", "title": volume.title,
        "works": [{"key": f"/works/{volume.work_id}"}], "authors": [{"key": "/authors/OL7A"}], "number_of_pages": 240,
        "isbn_13": [volume.isbn] if volume.isbn else [],
    }  # fmt: skip


def _google(volume: Volume) -> dict[str, Any]:
    named = [{"type": "ISBN_13", "identifier": volume.isbn}] if volume.isbn else []
    info = {"title": volume.title, "authors": [volume.author], "industryIdentifiers": named, "language": volume.language, "pageCount": 222}
    return {"kind": "books#volume", "id": volume.google_id, "volumeInfo": info}


def _isbndb(volume: Volume) -> dict[str, Any]:
    return {
        "title": volume.title, "authors": [volume.author], "isbn13": volume.isbn, "language": volume.language,
        "binding": "Paperback", "pages": 333,
    }  # fmt: skip
