"""The outside catalogues, stood in for at the transport: what each answers, how late, and how often it was asked."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

HOSTS = {"www.googleapis.com": "google-books", "openlibrary.org": "openlibrary", "api2.isbndb.com": "isbndb"}
TITLE, AUTHOR, ISBN = "The Silent Harbor", "Gita Iyer", "9780306406157"


def google(isbn: str = ISBN, title: str = TITLE, **info: Any) -> dict[str, Any]:
    named = [{"type": "ISBN_13", "identifier": isbn}]
    volume = {"title": title, "authors": [AUTHOR], "industryIdentifiers": named, "language": "en", **info}
    return {"kind": "books#volumes", "totalItems": 1, "items": [{"id": "zyTCAlFPjgYC", "volumeInfo": volume}]}


def openlibrary(isbn: str = ISBN, title: str = TITLE, **doc: Any) -> dict[str, Any]:
    found = {"key": "/works/OL45W", "title": title, "author_name": [AUTHOR], "isbn": [isbn], "language": ["eng"]}
    found |= {"first_publish_year": 1931, **doc}
    return {"numFound": 1, "start": 0, "docs": [found]}


def isbndb(isbn: str = ISBN, title: str = TITLE, **book: Any) -> dict[str, Any]:
    return {"book": {"title": title, "authors": [AUTHOR], "isbn13": isbn, "language": "en", "binding": "Paperback", "pages": 333, **book}}


EMPTY: dict[str, dict[str, Any]] = {
    "google-books": {"kind": "books#volumes", "totalItems": 0},
    "openlibrary": {"numFound": 0, "docs": []},
    "isbndb": {"books": [], "total": 0},
}


@dataclass
class Outside:
    """Answers by provider: (status, body, headers). A body is JSON, bytes as they are, or an exception that the transport raises."""

    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    delays_s: dict[str, float] = field(default_factory=dict)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    requests: list[httpx.Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.say("google-books", google())
        self.say("openlibrary", openlibrary())
        self.say("isbndb", isbndb())

    def say(self, provider: str, body: Any, status: int = 200, **headers: str) -> None:
        """What a provider answers from now on."""
        self.answers[provider] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def know_nothing(self) -> None:
        """Nobody knows the book."""
        for provider, body in EMPTY.items():
            self.say(provider, body)
        self.say("isbndb", {"errorMessage": "Not Found"}, 404)

    def fail(self, *providers: str, status: int = 500) -> None:
        for provider in providers or EMPTY:
            self.say(provider, {"error": {"message": "internal detail"}}, status)

    def hold(self, *providers: str) -> None:
        """They do not answer before they are let go, however slow this machine is."""
        self.held |= {provider: asyncio.Event() for provider in providers}

    def let_go(self) -> None:
        """Whoever was held answers now."""
        for held in self.held.values():
            held.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        provider = HOSTS[request.url.host]
        self.calls[provider] += 1
        self.requests.append(request)
        status, body, headers = self.answers[provider]
        await asyncio.sleep(self.delays_s.get(provider, 0))
        if provider in self.held:
            await self.held[provider].wait()
        if isinstance(body, Exception):
            raise body
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=headers)

    def asked(self, provider: str) -> list[str]:
        """The `q` or path that a provider was asked with."""
        found = [request for request in self.requests if HOSTS[request.url.host] == provider]
        return [parse_qs(request.url.query.decode()).get("q", [request.url.path])[0] for request in found]
