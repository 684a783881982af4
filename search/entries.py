"""What providers answered, as the entry that is kept and shown: merged, ranked, rendered once. One place for every way of asking."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bookstrack.lib import clock, exact_json
from bookstrack.lib.errors import CircuitsOpen, ProvidersFailed, ProvidersLate, QuotaExhausted
from search import conf
from search.cache import Entry, lifetime_s, mean_quality
from search.dto import Book
from search.gateway import ProviderAnswer, Status
from search.matching import ranked
from search.merge import is_drawn, merged
from search.provider import Question
from search.wire import search_data

FAILED = frozenset({Status.LATE, Status.THROTTLED, Status.OPEN, Status.TIMEOUT, Status.ERROR})


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a round of asking brought. `entry` is None when everybody who was asked outside failed and nobody else knew the book."""

    entry: Entry | None
    statuses: dict[str, str] = field(default_factory=dict)
    retry_at: float | None = None  # unix seconds

    @property
    def may_be_kept(self) -> bool:
        """Not when it is empty while somebody failed, which says nothing about the book."""
        return self.entry is not None and (self.entry.found > 0 or not self.entry.degraded)

    def error(self) -> ProvidersFailed:
        """The error that says why nobody could answer."""
        failed = {status for status in self.statuses.values() if status in FAILED}
        kind = ProvidersFailed
        if failed and failed <= {Status.LATE, Status.TIMEOUT}:
            kind = ProvidersLate
        elif failed == {Status.OPEN}:
            kind = CircuitsOpen
        elif failed == {Status.THROTTLED}:
            kind = QuotaExhausted
        wait_ms = max(0, int((self.retry_at - clock.unix_s()) * 1000)) if self.retry_at else None
        return kind(
            "No catalogue could answer just now; this says nothing about whether the book exists.",
            details={"providers": self.statuses},
            retry_after_ms=wait_ms,
        )


@dataclass(frozen=True, slots=True)
class Lookup:
    """What is known of a question. `cached`: nobody was asked for it."""

    found: Rendered
    cached: bool
    stored: bool = False  # it was kept just now

    @property
    def entry(self) -> Entry | None:
        return self.found.entry

    @classmethod
    def kept(cls, entry: Entry) -> "Lookup":
        """Of an entry that was there."""
        return cls(Rendered(entry, entry.providers), cached=True)


def rendered(question: Question, answers: Sequence[ProviderAnswer], *, base_ttl_at_most_s: float = math.inf) -> Rendered:
    """The answers, in the order of trust, as one entry."""
    statuses: dict[str, str] = {answer.provider: answer.status.value for answer in answers}
    retry_at = min((answer.retry_at for answer in answers if answer.retry_at), default=None)
    failed = [answer.provider for answer in answers if answer.status in FAILED]
    records = [record for answer in answers for record in answer.page.records]
    books = ranked(question, merged(question, records))[: question.limit]
    asked_outside = [answer for answer in answers if answer.provider != conf.CATALOGUE and answer.status is not Status.OFF]
    if not books and asked_outside and all(answer.status in FAILED for answer in asked_outside):
        return Rendered(None, statuses, retry_at)
    ttl_s = lifetime_s(question, books, degraded=bool(failed), base_at_most_s=base_ttl_at_most_s)
    total = max((answer.page.total for answer in answers), default=0)
    return Rendered(entry_of(books, total, statuses, ttl_s=ttl_s), statuses, retry_at)


def spoils(new: Entry, kept: Entry) -> bool:
    """Whether a new answer is worse than what is kept: somebody did not answer this time, or nobody tells any more what was known."""
    if not kept.found:
        return False
    if not new.found or (new.degraded and not kept.degraded):
        return True
    return bool(new.degraded) and new.completeness < kept.completeness


def entry_of(
    books: list[Book], total: int, statuses: dict[str, str], *, ttl_s: float, more: Mapping[str, Any] | None = None
) -> Entry:
    """Books in their order as an entry; `more` are further members of its data."""
    now = clock.unix_s()
    contributed = {provider for book in books for provider in book.providers}
    data = search_data(books, total if books else 0) | dict(more or {})
    data["expiresAt"] = clock.iso_ms(clock.from_unix(now + ttl_s))
    shown = exact_json.dumps(data)
    return Entry(
        data=shown,
        created_at=now,
        ttl_s=ttl_s,
        provider="+".join(name for name in statuses if name in contributed) or "none",
        providers=statuses,
        degraded=[name for name, status in statuses.items() if status in FAILED],
        etag=etag_of(shown),
        completeness=mean_quality(books),
        image_quality=_image_quality(books),
        found=len(books),
    )


def etag_of(shown: bytes) -> str:
    """The weak tag of an answer's data."""
    return f'W/"{hashlib.blake2b(shown, digest_size=12).hexdigest()}"'


def _image_quality(books: Sequence[Book]) -> str:
    """Of the first result: high with three sizes, medium with one, low when we drew it, missing."""
    if not books or not books[0].edition.cover_url:
        return "missing"
    if is_drawn(books[0].edition.cover_url):
        return "low"
    return "high" if books[0].edition.cover_urls else "medium"
