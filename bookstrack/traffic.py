"""What is counted of requests: by the template of their route, never by a path of a client's choosing, so that the figures stay few."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.urls import URLPattern, URLResolver, get_resolver

from bookstrack.lib.telemetry import REPLY_BUCKETS, Counter, CounterTally, Histogram, HistogramTally

requests = Counter("bookstrack_requests_total", "Requests by route, method and status.", ["route", "method", "status"])
request_seconds = Histogram("bookstrack_request_seconds", "Until a reply begins.", ["route"], buckets=REPLY_BUCKETS)

ADMIN = "/admin/"  # its pages are counted together
OTHER = "other"  # no route of ours
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
LEFT = "left"  # the client went before a reply began

Tallies = tuple[CounterTally, HistogramTally | None]
_tallies: dict[tuple[str, str, int], Tallies] = {}  # by route, method, and hundreds of the status
_times: dict[str, HistogramTally] = {}


def count(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request that is over; `status` is 0 where no reply began, `seconds` the time until one did."""
    counted, timed = _tallies.get((route, method, status // 100)) or _tallies_of(route, method, status // 100)
    counted.inc()
    if timed is not None:
        timed.observe(seconds)


def _tallies_of(route: str, method: str, hundreds: int) -> Tallies:
    if method not in METHODS:  # words of a client's choosing are not remembered
        method = OTHER
    key = route, method, hundreds
    if key not in _tallies:
        counter = requests.labels(route, method, f"{hundreds}xx" if hundreds else LEFT)
        _tallies[key] = CounterTally(counter), _times_of(route) if hundreds else None
    return _tallies[key]


def _times_of(route: str) -> HistogramTally:
    if route not in _times:
        _times[route] = HistogramTally(request_seconds.labels(route))
    return _times[route]


def route_of(path: str) -> str:
    """The template of the route that a path belongs to: `/v1/jobs/{job_id}`."""
    whole, by_first = _table()
    found = whole.get(path)
    if found is not None:
        return found
    if path.startswith(ADMIN):
        return ADMIN
    first = path[1:].partition("/")[0]
    for pattern, template in by_first.get(first, ()):
        if pattern.match(path, 1):
            return template
    return OTHER


Table = tuple[dict[str, str], dict[str, list[tuple[re.Pattern[str], str]]]]


@lru_cache(maxsize=1)
def _table() -> Table:
    """Routes without parameters by their path; the others by their first part."""
    whole: dict[str, str] = {}
    by_first: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for pattern in _patterns(get_resolver().url_patterns):
        text = str(pattern.pattern)
        template = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", text)
        if template.startswith(ADMIN):
            continue
        if "{" not in template:
            whole[template] = template
        else:
            matcher = re.compile(_converted(text) + r"\Z")
            by_first.setdefault(template[1:].partition("/")[0], []).append((matcher, template))
    return whole, by_first


def _converted(route: str) -> str:
    """A route as an expression. Parts that no converter takes are told apart by the view, and are a route's requests all the same."""
    pieces = re.split(r"(<[^>]+>)", route)
    return "".join((".+" if piece.startswith("<path:") else "[^/]+") if piece.startswith("<") else re.escape(piece) for piece in pieces)


def _patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Patterns, and those of what is included without a prefix: nothing but the admin has one."""
    for one in found:
        if isinstance(one, URLPattern):
            yield one
        elif not str(one.pattern):
            yield from _patterns(one.url_patterns)
