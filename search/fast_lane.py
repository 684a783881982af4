"""Cached searches, answered before Django: from entries in memory, rendered once, or from Redis.

A target leads to its key by the function that the view uses (`api_looks`), which is remembered. Whatever is unusual (a parameter that is
wrong, an answer that is not there, stale, or due to be refreshed) goes on to the view. Both show the same bytes of `data`.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from pydantic import ValidationError

from bookstrack.lib import clock, exact_json
from bookstrack.lib.byte_cache import ByteCache
from bookstrack.lib.coded import PLAIN, Coded, coded
from bookstrack.lib.errors import ApiError
from search import api_looks, author_search, edition_search, metrics, refresh_ahead
from search.api import FRESH_S, fresh_for
from search.api_older import AGED
from search.cache import Cache, Entry, key_of
from search.cache_reader import CacheReader, note_in_vain
from search.demographics import entries
from search.detect import Detected
from search.dto import MatchLevel
from search.ledger import ledger
from search.look import Look
from search.older import volumes
from search.provider import Kind
from search.schemas import AdvancedQuery, AuthorQuery, EditionsQuery, IsbnQuery, Strict, TitleQuery, WordsQuery
from search.schemas_older import OlderAdvanced, OlderIsbn, OlderWords
from search.services import Answer
from search.tiers.memory import Held

TARGETS_BYTES = 10 * 2**20  # of some 22,000 request lines
MAX_FIELDS = 100
MAX_TARGET_BYTES = 2_000  # longer ones are not worth remembering
CODED_BYTES = 1_000, 2**20  # what is smaller gains nothing, what is larger would hold up others
FORM_BYTES = 750  # of a form beside its bytes (tracemalloc, CPython 3.11)
_JSON = b"content-type: application/json\r\n"
_VARY = b"vary: Accept-Encoding, Origin\r\n"


@dataclass(frozen=True, slots=True)
class Target:
    """What a request line asks for: the key of its answer, and in what form that is shown."""

    route: str
    key: str
    kind: str
    older: bool = False
    detected: Detected | None = None
    min_match: MatchLevel | None = None
    form: str = ""  # tells this form of the entry from its others

    def answer(self, entry: Entry) -> Answer:
        """An entry as this target shows it."""
        return Answer(entry, "memory", detected=self.detected, min_match=self.min_match)


# -- from a request line to a target
def _of_look(look: Look, route: str, *, older: bool = False) -> Target:
    form = sys.intern(f"{'older' if older else ''}{look.min_match or ''}{look.detected or ''}")
    return Target(route, key_of(look.question), look.question.kind.value, older, look.detected, look.min_match, form)


def _of_author(query: AuthorQuery, route: str) -> Target | None:
    if query.minMatch is not None:
        return None
    key = author_search.page_key(query.q or query.author, limit=query.limit, offset=query.offset, sort=query.sortBy)
    return Target(route, key, Kind.AUTHOR.value) if key else None


def _of_older_author(query: OlderWords, route: str) -> Target | None:
    key = author_search.page_key(query.q, limit=query.maxResults)
    return Target(route, key, Kind.AUTHOR.value, older=True, form="older") if key else None


def _of_editions(query: EditionsQuery, route: str) -> Target:
    key = edition_search.key_of(edition_search.question_of(query.workTitle, query.author), query.limit)
    return Target(route, key, Kind.EDITIONS.value)


def _looking(what: Callable[[Any], Look], *, older: bool = False) -> Callable[[Any, str], Target]:
    return lambda query, route: _of_look(what(query), route, older=older)


_ROUTES: Mapping[str, tuple[type[Strict], Callable[[Any, str], Target | None]]] = {
    "/v1/search": (WordsQuery, _looking(api_looks.anything)),
    "/v1/search/isbn": (IsbnQuery, _looking(api_looks.isbn)),
    "/v1/search/title": (TitleQuery, _looking(api_looks.title)),
    "/v1/search/advanced": (AdvancedQuery, _looking(api_looks.fields)),
    "/v1/search/author": (AuthorQuery, _of_author),
    "/v1/editions/search": (EditionsQuery, _of_editions),
    "/search/isbn": (OlderIsbn, _looking(api_looks.older_isbn, older=True)),
    "/search/title": (OlderWords, _looking(api_looks.older_title, older=True)),
    "/search/author": (OlderWords, _of_older_author),
    "/search/advanced": (OlderAdvanced, _looking(api_looks.older_fields, older=True)),
}


def planned(target: bytes) -> Target | None:
    """What a request line asks for; None where the view has to say, most likely that it is wrong."""
    path, _, query = target.partition(b"?")
    route = sys.intern(path.decode("latin-1"))
    known = _ROUTES.get(route)
    if known is None:
        return None
    schema, plan = known
    try:  # as Django reads it, whose QueryDict would cost more than all the rest
        given = dict(parse_qsl(query.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
        return plan(schema.model_validate(given), route)
    except (ApiError, ValidationError, ValueError, OverflowError):  # the view says it better
        return None


# -- from an entry to a reply
@dataclass(frozen=True, slots=True)
class Form:
    """What was rendered of an entry for one form of answers: header lines, the body but for its end; and what that adds to its bytes."""

    lines: bytes
    body: Coded
    etag: str
    more_bytes: int


def rendered(entry: Entry, target: Target, coding: str) -> Form:
    """An entry in the form that a target asks for."""
    answer = target.answer(entry)
    parts = [_older_beginning(answer)] if target.older else _beginning(answer)
    least, most = CODED_BYTES
    coding = coding if least <= sum(map(len, parts)) <= most else PLAIN
    about = {
        "x-cache": "HIT",
        "x-provider": entry.provider,
        "x-image-quality": entry.image_quality,
        "x-data-completeness": str(entry.completeness),
    }
    about |= {name.lower(): value for name, value in AGED.items()} if target.older else {"etag": answer.etag}
    about |= {"content-encoding": coding} if coding else {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in about.items()).encode("latin-1")
    body = coded(coding, *parts)
    shared = len(entry.data) if coding == PLAIN and entry.data in parts else 0
    lines = _JSON + _VARY + lines
    return Form(lines, body, "" if target.older else answer.etag, len(lines) + body.kept_bytes - shared + FORM_BYTES)


def _beginning(answer: Answer) -> list[bytes]:
    """`{"success":true,"data":…,"metadata":{…,` as far as it is the same for every reply."""
    entry = answer.entry
    about: dict[str, Any] = {"provider": entry.provider, "source": entry.provider, "cached": True, "providers": entry.providers}
    if entry.degraded:
        about["degraded"] = entry.degraded
    data = entry.data if answer.plain else exact_json.dumps(answer.data)
    return [b'{"success":true,"data":', data, b',"metadata":' + orjson.dumps(about)[:-1] + b","]


def _older_beginning(answer: Answer) -> bytes:
    about = {"provider": answer.entry.provider, "cached": True}
    return orjson.dumps(volumes(answer.data) | about)[:-1] + b","


class Hit:
    """A cached answer, about to be sent."""

    __slots__ = ("_age_s", "_entry", "_form", "_source", "_target", "_unix_s", "etag", "route")

    def __init__(self, target: Target, entry: Entry, form: Form, source: str, unix_s: float) -> None:
        self._target, self._entry, self._form, self._source, self._unix_s = target, entry, form, source, unix_s
        self._age_s = max(0.0, unix_s - entry.created_at)  # clocks of hosts differ
        self.route, self.etag = target.route, form.etag

    def lines(self, elapsed_ms: float) -> bytes:
        entry, age_s = self._entry, self._age_s
        fresh = b"public, max-age=300" if not entry.degraded and entry.ttl_s - age_s > FRESH_S else fresh_for(entry).encode()
        return b"%bcache-control: %b\r\nx-cache-status: hit-%b\r\nx-cache-age: %d\r\nx-response-time: %.1fms\r\n" % (
            self._form.lines, fresh, self._source.encode(), age_s, elapsed_ms,
        )  # fmt: skip

    def body(self, trace_id: str, elapsed_ms: float) -> bytes:
        if self._target.older:
            return self._form.body.with_end(b'"responseTime":%.2f}' % elapsed_ms)
        left_s = max(0, round(self._entry.ttl_s - self._age_s))
        return self._form.body.with_end(
            f'"cacheSource":"{self._source}","cacheAge":{self._age_s:.1f},"ttl":{left_s},'
            f'"timestamp":"{clock.stamp(self._unix_s)}","processingTime":{elapsed_ms:.2f},"traceId":"{trace_id}"}}}}'.encode()
        )

    def sent(self) -> None:
        ledger.hit(self._target.key)
        metrics.hit(self._target.kind, self._source if self._entry.found else f"{self._source}-negative")


class SearchLane:
    """The cached searches of one process."""

    prefixes = (b"/v1/search", b"/v1/editions/search", b"/search/")
    bucket = "search"

    def __init__(self, cache: Cache) -> None:
        self._cache, self._memory, self._reader = cache, cache.memory, CacheReader(cache)
        self._targets: ByteCache[Target] = ByteCache(TARGETS_BYTES)

    def find(self, target: bytes, coding: str) -> Hit | None:
        """The answer that memory has."""
        known = self._targets.get(target.decode("latin-1")) or self._planned(target)
        held = self._memory.get(known.key) if known is not None else None
        return self._hit(known, held, coding, "memory") if known is not None and held is not None else None

    async def fetch(self, target: bytes, coding: str) -> Hit | None:
        """The answer that Redis has; afterwards memory has it too. Requests of one moment are read in one call."""
        known = self._targets.get(target.decode("latin-1"))
        if known is None or self._memory.get(known.key) is not None:
            return None
        found = await self._reader.look(known.key)
        if found is None:
            note_in_vain(known.key)
            return None
        held = self._memory.get(known.key) or Held(found[0], 0.0, 0.0)  # it may have had to go for others of the same moment
        return self._hit(known, held, coding, found[1], keep=False)

    def _planned(self, target: bytes) -> Target | None:
        known = planned(target)
        if known is not None and len(target) <= MAX_TARGET_BYTES:
            self._targets.put(target.decode("latin-1"), known, len(target) + len(known.key))
        return known

    def _hit(self, target: Target, held: Held, coding: str, source: str, *, keep: bool = True) -> Hit | None:
        """`keep`: whether the form is worth its place in memory; of what was not there a moment ago that is not known yet."""
        entry, unix_s = held.entry, clock.unix_s()
        if unix_s >= entry.created_at + entry.ttl_s or refresh_ahead.due(target.key, entry) or entries.is_due(target.key, entry):
            return None
        name = target.form + coding
        form: Form | None = held.forms.get(name)
        if form is None:
            form = rendered(entry, target, coding)
            if keep:
                held.forms[name] = form
                self._memory.grew(target.key, form.more_bytes)
        return Hit(target, entry, form, source, unix_s)
