"""The outside catalogues as an ASGI application: right answers about invented books, or whatever fault a provider has just now."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from harvest.drill import answers
from harvest.drill.faults import OK, OPTIONS, Fault, Kind
from search.cover_art import cover_png

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_ANSWERING = {
    "google-books": answers.google, "openlibrary": answers.openlibrary, "isbndb": answers.isbndb, "wikidata": answers.wikidata
}  # fmt: skip
HOSTS = {
    "www.googleapis.com": "google-books", "openlibrary.org": "openlibrary", "api2.isbndb.com": "isbndb", "www.wikidata.org": "wikidata",
    "query.wikidata.org": "wikidata", "covers.openlibrary.org": "covers",
}  # fmt: skip
USUAL_DELAY_S = 0.01  # of every answer; a catalogue that answers at once hides what waits for it
HANG_S = 60.0
HUGE_BYTES = 9 * 2**20  # more than the service takes
MAX_FORM_BYTES = 2**20
JSON, HTML = "application/json", "text/html; charset=utf-8"
_PAGE = b"<!doctype html><html><body><h1>Please wait while we check your browser</h1></body></html>"
# With status 200, and none of it an answer of a catalogue: HTML, nulls, other shapes, a report of an error.
_WRONG: dict[str, tuple[bytes, ...]] = {
    "google-books": (b'{"items": [null], "totalItems": 1}', b'{"totalItems": 3}', b'{"items": "none"}', b'{"error": {"code": 500}}'),
    "openlibrary": (b'{"docs": [null], "numFound": 1}', b'{"docs": {}}', b'{"error": "solr"}', b"{}"),
    "isbndb": (b'{"book": null}', b'{"books": [null]}', b'{"data": "none"}', b'{"errorMessage": "upstream"}'),
    "wikidata": (b'{"results": null}', b'{"head": {}, "results": {"bindings": []}}', b"{}"),
    "covers": (b"", b"GIF89a", b'{"error": "no storage"}'),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `cut` ends the connection after so many bytes of the body; None sends it whole."""

    status: int
    body: bytes
    content_type: str = JSON
    retry_after_s: float = 0.0
    cut: int | None = None


class Refused(ConnectionRefusedError):
    """The provider is down: who runs it on a port closes that, so this is seen only where it runs in the same process."""


class StandIn:
    """All providers of a drill; their faults may be changed at any time. `calls` counts requests by provider."""

    def __init__(self, faults: Mapping[str, Fault] | None = None, *, seed: int = 0, delay_s: float = USUAL_DELAY_S) -> None:
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, Fault] = {}
        self._delay_s, self._chance, self._garbage = delay_s, random.Random(seed), Counter[str]()
        self.behave(faults or {})

    def behave(self, faults: Mapping[str, Fault]) -> None:
        """From now on these providers have these faults, and the others none."""
        self.faults = {name: faults.get(name, OK) for name in OPTIONS.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """By the name that was asked for: for tests, in whose process it stands in for all of the outside."""
        host = next((value.decode() for name, value in scope["headers"] if name == b"host"), "").partition(":")[0]
        await self.app(HOSTS[host], prefix="/books/v1" if host == "www.googleapis.com" else "")(scope, receive, send)

    def app(self, provider: str, *, prefix: str = "") -> App:
        """One provider alone, below a prefix of its paths."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            form = await _form(receive)
            self.calls[provider] += 1
            fault = self.faults[provider]
            if fault.kind is Kind.DOWN:
                raise Refused
            path = scope["raw_path"].decode("ascii", "replace").partition("?")[0].removeprefix(prefix)
            params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
            await asyncio.sleep(self._pause_s(fault))
            await _sent(send, self._answer(provider, fault, path, params, form))

        return application

    def _pause_s(self, fault: Fault) -> float:
        return {Kind.SLOW: fault.seconds, Kind.HANG: HANG_S}.get(fault.kind, self._delay_s)

    def _answer(self, provider: str, fault: Fault, path: str, params: answers.Params, form: answers.Params) -> Answer:
        if fault.kind is Kind.STATUS:
            return Answer(fault.status, b'{"message": "a drill"}', retry_after_s=fault.seconds)
        if fault.kind is Kind.FLAKY and self._chance.random() < fault.share:
            return Answer(500, b'{"message": "a drill"}')
        right = right_answer(provider, path, params, form, knows=fault.kind is not Kind.EMPTY)
        if fault.kind is Kind.CUT:
            return Answer(right.status, right.body, right.content_type, cut=len(right.body) // 2)
        return self._garbled(provider, right) if fault.kind is Kind.GARBAGE else right

    def _garbled(self, provider: str, right: Answer) -> Answer:
        """Another kind of garbage each time: a page, half an answer, no list of anything, more than anybody takes, other shapes."""
        wrong = (_PAGE, right.body[: len(right.body) // 2], b"[]", b"null", b'"', b" " * HUGE_BYTES, *_WRONG[provider])
        self._garbage[provider] += 1
        body = wrong[self._garbage[provider] % len(wrong)]
        return Answer(200, body, HTML if body is _PAGE else right.content_type)


def right_answer(provider: str, path: str, params: answers.Params, form: answers.Params, *, knows: bool = True) -> Answer:
    """What a provider without a fault answers; one that knows nothing says so in the form of its API."""
    if provider == "covers":
        number = answers.cover_number(path) if knows else None
        if number is not None:
            return Answer(200, cover_png(f"drill {number}"), "image/png")
        gone = params.get("default") == "false"
        return Answer(404, b"", "text/plain") if gone else Answer(200, answers.no_picture(), "image/gif")
    if not knows:
        path, params, form = _about_nobody(provider, path)
    status, payload = _ANSWERING[provider](path, params, form)
    return Answer(status, orjson.dumps(payload))


def _about_nobody(provider: str, path: str) -> tuple[str, answers.Params, answers.Params]:
    """The same question about a book of which nobody has heard."""
    if path in ("/volumes", "/search.json", "/search/authors.json", "/search/books", "/books", "/sparql", "/w/api.php"):
        return path, {}, {}
    if provider == "isbndb":
        return "/books/nothing" if path.startswith("/books/") else "/book/nothing", {}, {}
    return {"google-books": "/volumes/nothing"}.get(provider, "/works/nothing.json"), {}, {}


async def _form(receive: Receive) -> dict[str, str]:
    body = b""
    while len(body) <= MAX_FORM_BYTES:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=100))


async def _sent(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    if answer.retry_after_s:
        headers.append((b"retry-after", str(max(1, round(answer.retry_after_s))).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.cut is not None:  # who returns before the end has the server cut the connection
        await send({"type": "http.response.body", "body": answer.body[: answer.cut], "more_body": True})
        return
    await send({"type": "http.response.body", "body": answer.body})
