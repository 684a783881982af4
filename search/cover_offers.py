"""What each catalogue says of the covers of books: addresses of pictures by ISBN, asked for many at once where a catalogue allows it.

Only pictures of the very edition count: a sibling's cover is a wrong one. Open Library's word on a work is taken for an edition where it
is the only one.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search import budget, fan_out, metrics
from search.dto import Edition, Record
from search.gateway import Patience, Status
from search.provider import Call, Kind, Provider, Question
from search.providers.openlibrary import OpenLibrary

ISBNDB, OPENLIBRARY, GOOGLE, ARCHIVE = "isbndb", "openlibrary", "google-books", "archive"
SOURCES = (ISBNDB, OPENLIBRARY, GOOGLE, ARCHIVE)  # in the order in which they are asked. Source: spec 06, "Cover harvest"
AT_ONCE = 10  # of a catalogue that is asked for one book a call
MOST_SCANS = 2  # of one edition at the Internet Archive
_FIELDS = "key title isbn cover_i edition_count edition_key ia editions"
_EDITION_FIELDS = "key title isbn cover_i ia"
_WELL = (Status.OK, Status.EMPTY)


@dataclass(slots=True)
class Offered:
    """What a source says of some books; each of them is in one of `urls`, `absent` and `failed`.

    `urls`: addresses, best first. `absent`: it surely has none. `failed`: nothing is known. `scans`: of Open Library alone, addresses of
    pictures at the Internet Archive; a book that is neither here nor in `failed` has none there. `calls` were made. `quota_until` (unix
    seconds): the day's calls are used up until then; None where they are not.
    """

    urls: dict[str, tuple[str, ...]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    scans: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls: int = 0
    quota_until: float | None = None


class _LeanOpenLibrary(OpenLibrary):
    """Open Library asked for pictures and scans alone: its full answer for a hundred books is a megabyte."""

    def call(self, question: Question) -> Call | None:
        call = super().call(question)
        if call is None:
            return None
        names = ",".join([*_FIELDS.split(), *(f"editions.{name}" for name in _EDITION_FIELDS.split())])
        return Call(call.path, tuple((name, names if name == "fields" else value) for name, value in call.params))


def cover_sources() -> dict[str, int]:
    """Sources that can be asked here, in their order, with how many books one call takes.

    The Internet Archive is known by Open Library's word: it has no calls of its own.
    """
    enabled = _providers()
    found = {name: enabled[name].many_isbns or 1 for name in SOURCES if name in enabled}
    return found | ({ARCHIVE: found[OPENLIBRARY]} if OPENLIBRARY in found else {})


async def cover_offers(source: str, isbns: Sequence[str], *, share: float, wait_s: float) -> Offered:
    """What a source says of the covers of these ISBN-13s.

    `share` (0..1) is the part of its daily budget that may be used up, `wait_s` how long a call waits for its turn and its answer.
    ARCHIVE asks Open Library: whoever asks that anyway has `scans`. A source that is off has failed.
    """
    asked = OPENLIBRARY if source == ARCHIVE else source
    provider = _providers().get(asked)
    offered = Offered()
    wanted = list(dict.fromkeys(isbns))
    if provider is None:
        offered.failed.update(wanted)
        return offered
    size = provider.many_isbns or 1
    turns = asyncio.Semaphore(1 if provider.many_isbns else AT_ONCE)
    parts = [wanted[start : start + size] for start in range(0, len(wanted), size)]
    await asyncio.gather(*(_ask(provider, part, offered, turns, Patience(wait_s, share)) for part in parts))
    return _of_archive(offered, wanted) if source == ARCHIVE else offered


async def _ask(provider: Provider, isbns: Sequence[str], offered: Offered, turns: asyncio.Semaphore, patience: Patience) -> None:
    """One call, and what came of it."""
    many = bool(provider.many_isbns)
    question = Question(Kind.MANY_ISBNS if many else Kind.ISBN, isbns=tuple(isbns), limit=max(10, len(isbns)))
    async with turns:
        if offered.quota_until is not None:
            offered.failed.update(isbns)
            return
        deadline = clock.monotonic_s() + patience.wait_s
        *_, gateway = fan_out.everybody()
        answer = await gateway.ask(provider, question, deadline=deadline, share=patience.share, patience=patience)
    if provider.config.daily_budget is None:
        fan_out.count_calls([provider], [answer])
    offered.calls += answer.latency_s is not None
    if answer.status not in _WELL:
        offered.failed.update(isbns)
        if answer.status is Status.THROTTLED and answer.retry_at and answer.retry_at > clock.unix_s() + patience.wait_s:
            offered.quota_until = answer.retry_at
        return
    if many:
        metrics.bulk_isbns.labels(provider.name).inc(len(isbns))
    _read(provider.name, isbns, answer.page.records, offered)


def _read(source: str, isbns: Sequence[str], records: Iterable[Record], offered: Offered) -> None:
    asked = set(isbns)
    found: dict[str, list[Edition]] = {}
    for record in records:
        for isbn in asked.intersection(record.edition.isbns):
            found.setdefault(isbn, []).append(record.edition)
    for isbn in isbns:
        editions = found.get(isbn, [])
        urls = tuple(dict.fromkeys(url for edition in editions for url in _addresses(source, isbn, edition)))
        if urls:
            offered.urls[isbn] = urls
        else:
            offered.absent.add(isbn)
        scans = tuple(dict.fromkeys(scan for edition in editions for scan in edition.archive_ids))
        if scans:
            offered.scans[isbn] = tuple(f"https://archive.org/services/img/{scan}" for scan in scans[:MOST_SCANS])


def _addresses(source: str, isbn: str, edition: Edition) -> tuple[str, ...]:
    """The pictures of an edition, best first."""
    if source == OPENLIBRARY:
        if edition.cover_url:
            return (edition.cover_url,)  # the large one, as it came to Open Library: smaller ones are made of it
        # Of two editions of one work in one question only one is shown: what the other has is told by its ISBN alone.
        return () if edition.openlibrary_id else (f"https://covers.openlibrary.org/b/isbn/{isbn}-L.jpg?default=false",)
    if source == GOOGLE:
        return tuple(reversed(edition.cover_urls or ()))  # not every size is there, and nothing says which
    return (edition.cover_url,) if edition.cover_url else ()


def _of_archive(offered: Offered, isbns: Sequence[str]) -> Offered:
    """Open Library's word on scans, as the archive's own."""
    told = [isbn for isbn in isbns if isbn not in offered.failed]
    absent = {isbn for isbn in told if isbn not in offered.scans}
    return Offered(dict(offered.scans), absent, offered.failed, calls=offered.calls, quota_until=offered.quota_until)


def _providers() -> dict[str, Provider]:
    """Who gives covers and is on, by name."""
    _, providers, _ = fan_out.everybody()
    enabled = {provider.name: provider for provider in providers if provider.enabled and provider.name in SOURCES}
    if OPENLIBRARY in enabled:
        enabled[OPENLIBRARY] = _LeanOpenLibrary(enabled[OPENLIBRARY].config)
    return enabled


async def cover_budget_left(share: float) -> dict[str, int]:
    """Calls that harvests may still make today, of each source that has a daily budget."""
    left: dict[str, int] = {}
    for name, provider in _providers().items():
        limit = provider.config.daily_budget
        if limit is not None:
            left[name] = max(0, int(limit * share) - await in_db(budget.used, name))
    return left
