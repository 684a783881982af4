"""The one way to an outside catalogue: circuit, rate, budget, time-outs, retries, counters. Its troubles are statuses, never exceptions.

Source: spec 05.
"""

import asyncio
import random
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

import orjson
import structlog

from bookstrack.lib import clock, http
from bookstrack.lib.db import in_db
from search import breaker, budget, metrics
from search.provider import BadShape, Call, Page, Provider, Question, Refusal

log = structlog.get_logger(__name__)
RETRIES = 2
BACKOFF_S = (0.1, 0.3)  # before the first and the second retry, +- half of it


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
    """What came of asking one provider. `retry_at` is unix seconds where it is known when asking again may help."""

    provider: str
    status: Status
    page: Page = Page()
    retry_at: float | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One HTTP call: its status, and whether (and after how long, by the provider's word) another may help."""

    status: Status
    page: Page = Page()
    retryable: bool = False
    retry_after_s: float | None = None
    http_status: int | None = None
    counts: bool = True  # for the circuit


class Gateway:
    """Asks providers."""

    async def ask(self, provider: Provider, question: Question, *, deadline: float) -> ProviderAnswer:
        """One question, with retries as long as they may start before `deadline` (monotonic seconds). Never raises."""
        began = clock.monotonic_s()
        try:
            answer = await self._ask(provider, question, deadline)
        except Exception:  # a fault of ours: the search goes on without this provider, and we get the traceback
            log.exception("provider could not be asked", provider=provider.name)
            answer = ProviderAnswer(provider.name, Status.ERROR)
        metrics.provider_calls.labels(provider.name, answer.status.value).inc()
        took_s = clock.monotonic_s() - began
        if answer.status not in (Status.OFF, Status.OPEN):
            metrics.provider_seconds.labels(provider.name).observe(took_s)
        return ProviderAnswer(answer.provider, answer.status, answer.page, answer.retry_at, took_s)

    async def _ask(self, provider: Provider, question: Question, deadline: float) -> ProviderAnswer:
        call = provider.call(question) if provider.enabled else None
        if call is None:
            return ProviderAnswer(provider.name, Status.OFF)
        max_wait_s = max(0.0, deadline - clock.monotonic_s())
        admission = await breaker.admit(provider.name, rate=provider.config.rate, max_wait_s=max_wait_s)
        if admission.answer == "open":
            return ProviderAnswer(provider.name, Status.OPEN, retry_at=admission.until)
        if admission.answer in ("held", "full"):
            retry_at = admission.until or clock.unix_s() + admission.wait_s
            return ProviderAnswer(provider.name, Status.THROTTLED, retry_at=retry_at)
        if admission.wait_s:
            await asyncio.sleep(admission.wait_s)
        return await self._attempts(provider, question, call, deadline)

    async def _attempts(self, provider: Provider, question: Question, call: Call, deadline: float) -> ProviderAnswer:
        attempt = _Attempt(Status.ERROR)
        tries = 0
        while tries <= RETRIES:
            if not await _reserved(provider):
                return ProviderAnswer(provider.name, Status.THROTTLED, retry_at=budget.next_day_unix_s())
            attempt = await _once(provider, question, call)
            tries += 1
            if not attempt.retryable or tries > RETRIES:
                break
            wait_s = _pause_s(tries, attempt)
            if clock.monotonic_s() + wait_s >= deadline:
                if attempt.retry_after_s:
                    await breaker.hold(provider.name, attempt.retry_after_s)
                break
            metrics.provider_retries.labels(provider.name).inc()
            await asyncio.sleep(wait_s)
        return await _ended(provider, attempt, tries)


async def _reserved(provider: Provider) -> bool:
    limit = provider.config.daily_budget
    return limit is None or await in_db(budget.reserve, provider.name, limit)


async def _ended(provider: Provider, attempt: _Attempt, tries: int) -> ProviderAnswer:
    well = attempt.status in (Status.OK, Status.EMPTY)
    if well or attempt.counts:
        await breaker.record(provider.name, ok=well)
    if not well:
        log.warning(
            "provider failed",
            provider=provider.name,
            status=attempt.status.value,
            http_status=attempt.http_status,
            attempts=tries,
        )
    retry_at = clock.unix_s() + attempt.retry_after_s if attempt.retry_after_s and not well else None
    return ProviderAnswer(provider.name, attempt.status, attempt.page, retry_at)


def _pause_s(tries: int, attempt: _Attempt) -> float:
    """Before the next attempt: what the provider said, else a backoff with jitter."""
    if attempt.retry_after_s is not None:
        return attempt.retry_after_s + random.uniform(0, 0.05)
    return BACKOFF_S[tries - 1] * random.uniform(0.5, 1.5)


async def _once(provider: Provider, question: Question, call: Call) -> _Attempt:
    try:
        reply = await http.fetch(
            call.method,
            provider.config.base_url + call.path,
            params=call.params,
            headers=call.headers,
            form=call.form,
            timeout_s=provider.config.timeout_s,
        )
    except http.UpstreamTimeout:
        return _Attempt(Status.TIMEOUT)  # it took all of its time: another try would not be in time
    except http.UpstreamUnreachable:
        return _Attempt(Status.ERROR, retryable=True)
    except http.UpstreamTooLarge:
        return _Attempt(Status.ERROR)
    if reply.status == 200:
        return _read(provider, question, reply)
    return _refused(provider, reply)


def _read(provider: Provider, question: Question, reply: http.Reply) -> _Attempt:
    try:
        page = provider.read(question, orjson.loads(reply.body))
    except (orjson.JSONDecodeError, BadShape):
        return _Attempt(Status.ERROR, http_status=reply.status)
    return _Attempt(Status.OK if page.records else Status.EMPTY, page, http_status=reply.status)


def _refused(provider: Provider, reply: http.Reply) -> _Attempt:
    try:
        payload = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        payload = None
    refusal = provider.refusal(reply.status, payload)
    if refusal is Refusal.ABSENT:
        return _Attempt(Status.EMPTY, http_status=reply.status)
    wait_s = _retry_after_s(reply)
    if refusal is Refusal.QUOTA:
        return _Attempt(Status.THROTTLED, retryable=reply.status == 429, retry_after_s=wait_s, http_status=reply.status)
    if refusal is Refusal.FAULT:
        return _Attempt(Status.ERROR, retryable=True, retry_after_s=wait_s, http_status=reply.status)
    # what we asked was wrong, not the provider: unless it is our key that is refused, its circuit is none of it
    return _Attempt(Status.ERROR, http_status=reply.status, counts=reply.status in (401, 403))


def _retry_after_s(reply: http.Reply) -> float | None:
    """Retry-After in seconds, given as such or as a date; None where it says nothing."""
    value = reply.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(min(int(value[:9]), 86_400))
    try:
        wait_s = parsedate_to_datetime(value).timestamp() - clock.unix_s()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait_s, 0.0), 86_400.0)
