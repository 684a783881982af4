"""Everybody asked at once, within the budget; what came by then is the answer, and what comes later still fills the cache."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache as once

import orjson

from bookstrack.lib import clock
from bookstrack.lib.errors import CircuitsOpen, ProvidersFailed, ProvidersLate, QuotaExhausted
from search import catalogue, conf, metrics
from search.cache import Cache, Entry, lifetime_s, mean_quality, pack, unpack
from search.dto import Book
from search.gateway import Gateway, ProviderAnswer, Status
from search.ledger import ledger
from search.matching import ranked
from search.merge import is_drawn, merged
from search.provider import Provider, Question
from search.wire import search_data

FAILED = frozenset({Status.LATE, Status.THROTTLED, Status.OPEN, Status.TIMEOUT, Status.ERROR})
# Who needs no ledger is asked first: threads that ask the database hold the interpreter while the requests are prepared, and a
# request that leaves later comes back later. Measured: 2 to 5 ms less for a cold search.
HEAD_START_S = 0.002
_late: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a flight brought: an entry, or who failed and why."""

    entry: Entry | None
    statuses: dict[str, str] = field(default_factory=dict)
    retry_at: float | None = None  # unix seconds
    kept: asyncio.Task[None] | None = None  # writes the entry for all processes

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


def packed(outcome: Outcome) -> bytes:
    """An outcome as bytes, to hand it to another process."""
    head = {"statuses": outcome.statuses, "retryAt": outcome.retry_at, "entry": outcome.entry is not None}
    return orjson.dumps(head) + b"\n" + (pack(outcome.entry) if outcome.entry else b"")


def unpacked(flown: bytes) -> Outcome:
    """The outcome in these bytes."""
    head, _, entry = flown.partition(b"\n")
    about = orjson.loads(head)
    return Outcome(unpack(entry) if about["entry"] else None, about["statuses"], about["retryAt"])


async def settled(outcome: Outcome) -> None:
    """Wait until the outcome's entry is written for all processes."""
    if outcome.kept is not None:
        await outcome.kept


def late_tasks() -> list[asyncio.Task[None]]:
    """Tasks that still wait for late providers."""
    return [task for task in _late if not task.done()]


@once
def everybody() -> tuple[list[str], list[Provider], Gateway]:
    """Who is asked, in order of trust: all names, the outside providers among them, and the way to those."""
    return conf.provider_order(), conf.providers(), Gateway()


async def ask_everybody(cache: Cache, key: str, question: Question) -> Outcome:
    """One round: ask, merge, keep."""
    order, providers, gateway = everybody()
    budget_s = conf.search_budget_s()
    deadline = clock.monotonic_s() + budget_s
    unlimited = [provider for provider in providers if provider.config.daily_budget is None and provider.enabled]
    tasks = {p.name: asyncio.create_task(gateway.ask(p, question, deadline=deadline)) for p in unlimited}
    if tasks:
        await asyncio.sleep(HEAD_START_S)
    limited = [provider for provider in providers if provider.name not in tasks]
    tasks |= {p.name: asyncio.create_task(gateway.ask(p, question, deadline=deadline)) for p in limited}
    if conf.CATALOGUE in order:
        tasks[conf.CATALOGUE] = asyncio.create_task(catalogue.ask(question))
    _, pending = await asyncio.wait(tasks.values(), timeout=budget_s)
    answers = [tasks[name].result() if tasks[name] not in pending else ProviderAnswer(name, Status.LATE) for name in order if name in tasks]
    without_budget = {provider.name for provider in unlimited}
    for answer in answers:
        if answer.provider in without_budget and (answer.latency_s is not None or answer.status is Status.LATE):
            ledger.called(answer.provider)
    outcome = _keep(cache, key, question, answers)
    if pending:
        _finish_later(cache, key, question, tasks, order)
    return outcome


def _finish_later(cache: Cache, key: str, question: Question, tasks: dict[str, asyncio.Task[ProviderAnswer]], order: list[str]) -> None:
    async def finish() -> None:
        await asyncio.wait(tasks.values())
        outcome = _keep(cache, key, question, [tasks[name].result() for name in order if name in tasks])
        await settled(outcome)
        metrics.late_answers.inc()

    task = asyncio.create_task(finish())
    _late.add(task)
    task.add_done_callback(_late.discard)


def _keep(cache: Cache, key: str, question: Question, answers: Sequence[ProviderAnswer]) -> Outcome:
    """Merge and render; keep it unless it is empty while somebody failed, which says nothing about the book."""
    statuses: dict[str, str] = {answer.provider: answer.status.value for answer in answers}
    retry_at = min((a.retry_at for a in answers if a.retry_at), default=None)
    failed = [answer.provider for answer in answers if answer.status in FAILED]
    records = [record for answer in answers for record in answer.page.records]
    books = ranked(question, merged(question, records))[: question.limit]
    asked_outside = [a for a in answers if a.provider != conf.CATALOGUE and a.status is not Status.OFF]
    if not books and asked_outside and all(answer.status in FAILED for answer in asked_outside):
        return Outcome(None, statuses, retry_at)
    entry = _entry(question, books, max((a.page.total for a in answers), default=0), statuses, failed)
    if books or not failed:
        value = cache.keep_here(key, entry)
        kept = asyncio.create_task(cache.keep_everywhere(key, entry, value))
        _late.add(kept)
        kept.add_done_callback(_late.discard)
        ledger.kept(key, question, entry, len(value))
        return Outcome(entry, statuses, retry_at, kept)
    return Outcome(entry, statuses, retry_at)


def _entry(question: Question, books: list[Book], total: int, statuses: dict[str, str], failed: list[str]) -> Entry:
    now = clock.unix_s()
    ttl_s = lifetime_s(question, books, degraded=bool(failed))
    contributed = {provider for book in books for provider in book.providers}
    provider = "+".join(name for name in statuses if name in contributed) or "none"
    data = search_data(books, total if books else 0)
    data["expiresAt"] = clock.iso_ms(clock.from_unix(now + ttl_s))
    rendered = orjson.dumps(data)
    return Entry(
        data=rendered,
        created_at=now,
        ttl_s=ttl_s,
        provider=provider,
        providers=statuses,
        degraded=failed,
        etag=_etag(rendered),
        completeness=mean_quality(books),
        image_quality=_image_quality(books),
        found=len(books),
    )


def _etag(rendered: bytes) -> str:
    return f'W/"{hashlib.blake2b(rendered, digest_size=12).hexdigest()}"'


def _image_quality(books: Sequence[Book]) -> str:
    """Of the first result: high with three sizes, medium with one, low when we drew it, missing."""
    if not books or not books[0].edition.cover_url:
        return "missing"
    if is_drawn(books[0].edition.cover_url):
        return "low"
    return "high" if books[0].edition.cover_urls else "medium"
