"""The one way to an outside catalogue: circuit, rate, budget, time-outs, retries, counters. Its troubles are statuses.

Source: spec 05.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import orjson
import structlog

from bookstrack.lib import backoff, clock, http
from bookstrack.lib.db import in_db
from search import breaker, budget, metrics
from search.background import in_background
from search.provider import BadShape, Call, Kind, Page, Provider, Question, Refusal

log = structlog.get_logger(__name__)
TURN_S = 0.005  # reading an answer holds the event loop no longer than this
LEAST_REST_S, MOST_REST_S = 0.01, 1.0  # between two questions whether it is our turn
LEDGER_S = 0.25  # the ledger may take so long also when no time is left
NOTHING = Page()
PATIENT_S = 60.0  # so long a job waits for an answer, turns included
MAX_HOLD_S = 86_400.0  # a daily quota is whole again by then; more is a mistake


class Status(StrEnum):
    """How asking a provider ended, as shown in metadata.providers."""

    OK = "ok"
    EMPTY = "empty"
    LATE = "late"
    THROTTLED = "throttled"
    OPEN = "open"
    TIMEOUT = "timeout"
    ERROR = "error"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What came of asking one provider.

    `retry_at` (unix seconds) is when asking again may help, None where that is not known; `latency_s` is the time from the
    question to the answer, None when nothing was sent.
    """

    provider: str
    status: Status
    page: Page = NOTHING
    retry_at: float | None = None
    latency_s: float | None = None


@dataclass(slots=True)
class Patience:
    """How a job asks: it waits so long, leaves the rest of the daily budget (0..1) to searches, and the next turn too.

    It takes a turn only when one is free at once and queues for none, so that whoever is in a hurry comes first. Once it is `ended`
    nothing is asked for it any more.
    """

    wait_s: float
    share: float = 1.0
    ended: bool = False
    calls: Counter[str] = field(default_factory=Counter)  # made on these terms, by provider: where `refilling` names them


# The terms on which this task fills the cache anew; None: it answers somebody. Whatever it asks, however deep down, is asked so.
refilling: ContextVar[Patience | None] = ContextVar("refilling", default=None)


class Gateway:
    """Asks providers."""

    async def ask(
        self, provider: Provider, question: Question, *, deadline: float, share: float = 1.0, patience: Patience | None = None
    ) -> ProviderAnswer:
        """One question, with retries as long as they start before `deadline` (monotonic seconds).

        An answer may come later, up to the provider's own time-out: whoever asks stops waiting when it likes. `share` (0..1) is
        the part of the daily budget that this use may exhaust. Never raises for troubles of the provider or our own stores.
        """
        try:
            call = provider.call(question) if provider.enabled else None
            if call is None:
                return ProviderAnswer(provider.name, Status.OFF)
            answer = await _Conversation(provider, question, call, deadline, share, patience).run()
        except Exception:  # a fault of ours: the search goes on without this provider, and we get the traceback
            log.exception("provider could not be asked", provider=provider.name)
            answer = ProviderAnswer(provider.name, Status.ERROR)
        metrics.called(provider.name, answer.status.value, answer.latency_s)
        return answer


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one HTTP call brought; `retry_after_s` is the provider's own word."""

    status: Status
    page: Page = NOTHING
    http_status: int | None = None
    retryable: bool = False
    retry_after_s: float | None = None
    counts: bool = True  # for the circuit

    @property
    def well(self) -> bool:
        return self.status in (Status.OK, Status.EMPTY)


class _Conversation:
    """One question to one provider: an attempt, and its retries."""

    def __init__(
        self, provider: Provider, question: Question, call: Call, deadline: float, share: float, patience: Patience | None
    ) -> None:
        self.provider, self.question, self.call = provider, question, call
        self.deadline, self.share, self.patience = deadline, share, patience
        self.began_s = clock.monotonic_s()
        self.attempts = 0
        self.probe = False

    async def run(self) -> ProviderAnswer:
        attempt: _Attempt | None = None
        while True:
            refused = await self._refused()
            if refused is not None:
                return refused if attempt is None else await self._ended(attempt)
            self.attempts += 1
            if (terms := refilling.get()) is not None:
                terms.calls[self.provider.name] += 1
            attempt = await _attempt(self.provider, self.question, self.call)
            if attempt.retry_after_s:
                await breaker.hold(self.provider.name, attempt.retry_after_s)
                if attempt.retryable and attempt.retry_after_s >= self._left_s():
                    attempt = replace(attempt, status=Status.THROTTLED, retryable=False)
            if not attempt.retryable or self.attempts > backoff.MAX_RETRIES or not await self._paused(attempt):
                return await self._ended(attempt)

    def _left_s(self) -> float:
        return max(0.0, self.deadline - clock.monotonic_s())

    async def _refused(self) -> ProviderAnswer | None:
        """Wait for our turn; an answer where there is none."""
        name, again = self.provider.name, self.attempts > 0
        admission = await self._admission(again)
        if admission.answer != "go":
            status = Status.OPEN if admission.answer == "open" else Status.THROTTLED
            return ProviderAnswer(name, status, retry_at=admission.until)
        self.probe = self.probe or admission.probe
        if admission.wait_s:
            await asyncio.sleep(admission.wait_s)
        limit = self.provider.config.daily_budget
        if limit is not None and not await self._in_ledger(budget.reserve, name, limit, share=self.share):
            return ProviderAnswer(name, Status.THROTTLED, retry_at=budget.next_day_unix_s())
        if again:
            metrics.provider_retries.labels(name).inc()
        return None

    async def _admission(self, again: bool) -> breaker.Admission:
        """Our turn, or why there is none before the deadline."""
        name, rate = self.provider.name, self.provider.config.rate
        if self.patience is None:
            return await breaker.admit(name, rate=rate, max_wait_s=self._left_s(), again=again)
        while not self.patience.ended:
            admission = await breaker.admit(name, rate=rate, max_wait_s=0.0, again=again)
            if admission.answer in ("go", "open") or admission.until is None:
                return admission
            rest_s = max(LEAST_REST_S, admission.until - clock.unix_s())
            if rest_s >= self._left_s():
                return admission
            await asyncio.sleep(min(rest_s, MOST_REST_S))
        return breaker.Admission("full")

    async def _in_ledger(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The function's answer, or None when the database is too slow for us."""
        try:
            async with asyncio.timeout(max(LEDGER_S, self._left_s())):
                return await in_db(function, *args, **kwargs)
        except TimeoutError:
            log.warning("the ledger of budgets is too slow", provider=self.provider.name)
            return None

    async def _paused(self, attempt: _Attempt) -> bool:
        """Pause before a retry, unless it could not start in time. A Retry-After is waited for in the queue for our turn."""
        pause_s = 0.0 if attempt.retry_after_s else backoff.pause_s(self.attempts)
        if pause_s >= self._left_s():
            return False
        await asyncio.sleep(pause_s)
        return True

    async def _ended(self, attempt: _Attempt) -> ProviderAnswer:
        name = self.provider.name
        if attempt.well and not self.probe:
            in_background(breaker.record(name, ok=True))  # the answer need not wait for that
        elif attempt.well or attempt.counts or self.probe:
            await breaker.record(name, ok=attempt.well or not attempt.counts, probe=self.probe)
        latency_s = clock.monotonic_s() - self.began_s
        if attempt.well:
            return ProviderAnswer(name, attempt.status, attempt.page, latency_s=latency_s)
        log.warning(
            "provider call failed",
            provider=name,
            status=attempt.status.value,
            http_status=attempt.http_status,
            attempts=self.attempts,
            latency_ms=round(latency_s * 1000),
        )
        if self.provider.config.daily_budget is not None:
            await self._in_ledger(budget.note_failure, name)
        retry_at = clock.unix_s() + attempt.retry_after_s if attempt.retry_after_s else None
        return ProviderAnswer(name, attempt.status, retry_at=retry_at, latency_s=latency_s)


async def _attempt(provider: Provider, question: Question, call: Call) -> _Attempt:
    try:
        reply = await http.fetch(
            call.method,
            f"{provider.config.base_url.rstrip('/')}/{call.path.lstrip('/')}",
            params=call.params,
            headers=call.headers,
            form=call.form,
            timeout_s=provider.config.timeout_s,
        )
    except http.UpstreamTimeout:
        return _Attempt(Status.TIMEOUT, retryable=True)
    except http.UpstreamUnreachable:
        return _Attempt(Status.ERROR, retryable=True)
    except http.UpstreamTooLarge:
        return _Attempt(Status.ERROR)
    metrics.provider_bytes.labels(provider.name).inc(len(reply.body))
    try:
        return await _read(provider, question, reply)
    except (orjson.JSONDecodeError, BadShape):
        return _Attempt(Status.ERROR, http_status=reply.status)
    except Exception:  # its reader did not foresee this answer: garbage all the same, but we want to know
        log.exception("provider's answer could not be read", provider=provider.name)
        return _Attempt(Status.ERROR, http_status=reply.status)


async def _read(provider: Provider, question: Question, reply: http.Reply) -> _Attempt:
    """Raises: BadShape, orjson.JSONDecodeError."""
    if reply.status == 200:
        page = await _page(provider, question, orjson.loads(reply.body))
        return _Attempt(Status.EMPTY if page.empty else Status.OK, page, 200)
    if reply.status < 400:
        raise BadShape(f"status {reply.status}")  # also a redirect: it leads away from what the operator set
    refusal = provider.refusal(reply.status, _json(reply.body))
    if refusal is Refusal.ABSENT:
        return _Attempt(Status.EMPTY, http_status=reply.status)
    wait_s = retry_after_s(reply.headers.get("retry-after", ""))
    if refusal is Refusal.QUOTA:  # with another status than 429 today's calls are used up, and another one would be too many
        return _Attempt(Status.THROTTLED, NOTHING, reply.status, retryable=reply.status == 429, retry_after_s=wait_s)
    if refusal is Refusal.FAULT:
        # Google Books answers 503 for the id of a volume that it does not know: that says nothing about how it is.
        counts = question.kind is not Kind.PROVIDER_ID
        return _Attempt(Status.ERROR, NOTHING, reply.status, retryable=True, retry_after_s=wait_s, counts=counts)
    # What we asked was wrong, which says nothing about the provider, unless it is our key that it refuses.
    return _Attempt(Status.ERROR, http_status=reply.status, counts=reply.status in (401, 403))


async def _page(provider: Provider, question: Question, payload: Any) -> Page:
    """The answer, read in parts: a thousand books take a third of a second, and others wait for the loop meanwhile."""
    pages, began_s = [], clock.monotonic_s()
    for part in provider.parts(question, payload):
        pages.append(part)
        if clock.monotonic_s() - began_s >= TURN_S:
            await asyncio.sleep(0)
            began_s = clock.monotonic_s()
    return Page.joined(pages)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def retry_after_s(value: str) -> float | None:
    """Seconds to wait by a Retry-After header, given as such or as a date; None where it says nothing, or not to wait."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        wait_s = float(value[:9])
    else:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait_s = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - clock.unix_s()
    return min(wait_s, MAX_HOLD_S) if wait_s > 0 else None
