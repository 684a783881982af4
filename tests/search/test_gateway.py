"""The gateway with a real Redis and a real ledger; the catalogue is stood in for at the transport."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import format_datetime
from typing import Any, ClassVar

import httpx
import pytest
import structlog

from bookstrack.lib import backoff, clock, http, redis
from search import breaker, budget
from search.circuit import FAILURES, OPEN_MS
from search.dto import Record
from search.gateway import Gateway, Patience, ProviderAnswer, Status, retry_after_s
from search.provider import BadShape, Call, Kind, Page, Provider, ProviderConfig, Question, Refusal

QUESTION = Question(Kind.TITLE, text="dune")
KEY = "very-secret-key"
GOOD = {"books": ["Dune"]}
Reply = httpx.Response | Exception


class Shelf(Provider):
    """A catalogue that answers {"books": [title, …]}."""

    name = "shelf"
    label = "Shelf"
    setting = "SHELF"
    default_base_url = "https://shelf.example"
    default_rate = 1000.0
    default_daily_budget: ClassVar[int | None] = None

    def call(self, question: Question) -> Call | None:
        if question.kind is not Kind.TITLE:
            return None
        return Call("/search", (("q", question.text), ("key", KEY)), headers={"Authorization": KEY})

    def read(self, question: Question, payload: Any) -> Page:
        if not isinstance(payload, dict):
            raise BadShape
        records = tuple(Record(self.name, title) for title in payload["books"])
        return Page(records, len(records))

    def refusal(self, status: int, payload: Any) -> Refusal:
        return Refusal.QUOTA if isinstance(payload, dict) and payload.get("quota") else super().refusal(status, payload)


class Upstream:
    """Answers with what it was given, in turn, and with the last of it for ever."""

    def __init__(self) -> None:
        self.replies: list[Reply | Callable[[], Any]] = [httpx.Response(200, json=GOOD)]
        self.requests: list[httpx.Request] = []

    def will(self, *replies: Reply | Callable[[], Any]) -> None:
        self.replies, self.requests = list(replies), []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        answer: httpx.Response = await reply()
        return answer


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Upstream]:
    monkeypatch.setattr(backoff, "PAUSES_S", (0.001, 0.002))
    made = Upstream()
    with http.use_transport(httpx.MockTransport(made)):
        yield made
        await redis.close()


def shelf(**config: Any) -> Shelf:
    defaults: dict[str, Any] = {"base_url": "https://shelf.example/api/", "rate": 1000.0}
    return Shelf(ProviderConfig(**(defaults | config)))


async def ask(*, wait_s: float = 2.5, question: Question = QUESTION, share: float = 1.0, **config: Any) -> ProviderAnswer:
    return await Gateway().ask(shelf(**config), question, deadline=clock.monotonic_s() + wait_s, share=share)


async def test_an_answer(upstream: Upstream) -> None:
    answer = await ask()
    assert (answer.status, answer.page.records[0].title, answer.page.total) == (Status.OK, "Dune", 1)
    assert answer.latency_s is not None
    assert str(upstream.requests[0].url) == f"https://shelf.example/api/search?q=dune&key={KEY}"
    assert upstream.requests[0].headers["authorization"] == KEY


@pytest.mark.parametrize("reply", [httpx.Response(200, json={"books": []}), httpx.Response(404, text="<html>")])
async def test_absence_is_no_failure(upstream: Upstream, reply: httpx.Response) -> None:
    upstream.will(reply)
    for _ in range(FAILURES + 1):
        assert (await ask()).status is Status.EMPTY
    assert (await breaker.state("shelf")).failures == 0


async def test_who_cannot_answer_is_not_asked(upstream: Upstream) -> None:
    assert (await ask(question=Question(Kind.ISBN))).status is Status.OFF

    class Keyed(Shelf):
        needs_key = True

    asked = Keyed(ProviderConfig("https://shelf.example"))
    assert (await Gateway().ask(asked, QUESTION, deadline=clock.monotonic_s() + 1)).status is Status.OFF
    assert upstream.requests == []


# -- retries

TRANSIENT = [
    httpx.Response(500, text="x"),
    httpx.Response(503, text="x"),
    httpx.Response(429, text="x"),
    httpx.ReadError("cut"),
    httpx.RemoteProtocolError("cut"),
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
]
ENDS = [Status.ERROR, Status.ERROR, Status.THROTTLED, *[Status.ERROR] * 3, Status.TIMEOUT]


@pytest.mark.parametrize("reply", TRANSIENT, ids=repr)
async def test_a_passing_fault_is_not_noticed(upstream: Upstream, reply: Reply) -> None:
    upstream.will(reply, reply, httpx.Response(200, json=GOOD))
    assert (await ask()).status is Status.OK
    assert len(upstream.requests) == 3
    assert (await breaker.state("shelf")).failures == 0


@pytest.mark.parametrize(("reply", "status"), list(zip(TRANSIENT, ENDS, strict=True)))
async def test_two_retries_and_one_failed_call(upstream: Upstream, reply: Reply, status: Status) -> None:
    upstream.will(reply)
    answer = await ask()
    assert (answer.status, answer.page, answer.retry_at) == (status, Page(), None)
    assert len(upstream.requests) == 3
    assert (await breaker.state("shelf")).failures == 1


async def test_no_retry_starts_after_the_deadline(upstream: Upstream) -> None:
    upstream.will(httpx.Response(500))
    assert (await ask(wait_s=0)).status is Status.ERROR
    assert len(upstream.requests) == 1


async def test_an_answer_may_come_after_the_deadline(upstream: Upstream) -> None:
    async def late() -> httpx.Response:
        await asyncio.sleep(0.1)
        return httpx.Response(200, json=GOOD)

    upstream.will(late)
    assert (await ask(wait_s=0.01)).status is Status.OK


async def test_a_provider_that_is_too_slow(upstream: Upstream) -> None:
    async def never() -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits for that")

    upstream.will(never)
    assert (await ask(wait_s=0.05, timeout_s=0.1)).status is Status.TIMEOUT
    assert len(upstream.requests) == 1
    assert (await breaker.state("shelf")).failures == 1


BROKEN = {
    "html": httpx.Response(200, text="<html>upstream</html>"),
    "cut JSON": httpx.Response(200, text='{"books": ["Du'),
    "binary": httpx.Response(200, content=b"\x00\xff\xfe\x81"),
    "null": httpx.Response(200, text="null"),
    "list": httpx.Response(200, json=[]),
    "unforeseen": httpx.Response(200, json={"other": 1}),
    "deep": httpx.Response(200, text="[" * 100_000),
    "empty": httpx.Response(200),
    "no content": httpx.Response(204),
    "10 MB": httpx.Response(200, content=b" " * 10 * 2**20),
    "redirect": httpx.Response(302, headers={"Location": "https://evil.example/"}),
    "forbidden": httpx.Response(403, json={"error": "key"}),
    "quota": httpx.Response(403, json={"quota": True}),
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_a_failure_without_retries(upstream: Upstream, reply: httpx.Response) -> None:
    upstream.will(reply)
    answer = await ask()
    assert answer.status is (Status.THROTTLED if reply is BROKEN["quota"] else Status.ERROR)
    assert answer.page == Page()
    assert len(upstream.requests) == 1
    assert upstream.requests[0].url.host == "shelf.example"
    assert (await breaker.state("shelf")).failures == 1


async def test_a_question_that_it_rejects_says_nothing_about_the_provider(upstream: Upstream) -> None:
    upstream.will(httpx.Response(400, json={"error": "bad"}))
    for _ in range(FAILURES + 1):
        assert (await ask()).status is Status.ERROR
    assert len(upstream.requests) == FAILURES + 1
    assert (await breaker.state("shelf")).failures == 0


# -- Retry-After


@pytest.mark.parametrize("status", [429, 503])
async def test_a_short_retry_after_is_waited_for(upstream: Upstream, status: int) -> None:
    upstream.will(httpx.Response(status, headers={"Retry-After": "1"}), httpx.Response(200, json=GOOD))
    first = asyncio.create_task(ask())
    while not upstream.requests:
        await asyncio.sleep(0.01)
    other = await ask(wait_s=0.1)  # another question in the meantime
    assert other.status is Status.THROTTLED
    assert len(upstream.requests) == 1
    assert (await first).status is Status.OK
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_long_retry_after_is_held_by_everybody(upstream: Upstream, status: int, form: str) -> None:
    value = "30" if form == "seconds" else format_datetime(clock.from_unix(clock.unix_s() + 30), usegmt=True)
    upstream.will(httpx.Response(status, headers={"Retry-After": value}))
    answer = await ask()
    assert answer.status is Status.THROTTLED
    assert answer.retry_at == pytest.approx(clock.unix_s() + 30, abs=3)
    again = await ask()
    assert again.status is Status.THROTTLED
    assert again.latency_s is None
    assert again.retry_at == pytest.approx(answer.retry_at, abs=1)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 5000, 86_400.0),
        ("Sat, 31 Jan 2026 12:00:30 GMT", 30.0),
        ("Sat, 31 Jan 2026 12:00:30 -0000", 30.0),
        ("Sat, 31 Jan 2026 11:00:00 GMT", None),
        ("Sat, 31 Jan 9999 11:00:00 GMT", 86_400.0),
        ("Sat, 99 Jan 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "unix_s", lambda: 1_769_860_800.0)
    assert retry_after_s(value) == seconds


# -- circuit, rate, budget


async def test_the_circuit_opens_and_a_probe_closes_it(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream.will(httpx.Response(500))
    for _ in range(FAILURES):
        assert (await ask()).status is Status.ERROR
    upstream.will(httpx.Response(200, json=GOOD))
    refused = await ask()
    assert (refused.status, refused.latency_s, upstream.requests) == (Status.OPEN, None, [])
    assert refused.retry_at == pytest.approx(clock.unix_s() + OPEN_MS / 1000, abs=5)
    later = clock.unix_s() + OPEN_MS / 1000 + 1
    monkeypatch.setattr(clock, "unix_s", lambda: later)
    answered = asyncio.Event()

    async def waits() -> httpx.Response:
        await answered.wait()
        return httpx.Response(200, json=GOOD)

    upstream.will(waits)
    probe = asyncio.create_task(ask())
    while not upstream.requests:
        await asyncio.sleep(0.001)
    assert [answer.status for answer in await asyncio.gather(*(ask() for _ in range(9)))] == [Status.OPEN] * 9
    answered.set()
    assert (await probe).status is Status.OK
    assert len(upstream.requests) == 1
    assert (await ask()).status is Status.OK


async def test_a_probe_that_is_rejected_closes_it_too(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(FAILURES):
        await breaker.record("shelf", ok=False)
    later = clock.unix_s() + OPEN_MS / 1000 + 1
    monkeypatch.setattr(clock, "unix_s", lambda: later)
    upstream.will(httpx.Response(400))
    assert (await ask()).status is Status.ERROR
    assert (await breaker.state("shelf")).status == "closed"


async def test_the_rate_is_waited_for_within_the_deadline(upstream: Upstream) -> None:
    answers = await asyncio.gather(*(ask(wait_s=0.1, rate=0.5) for _ in range(5)))  # one in two seconds, also on a busy machine
    assert [answer.status for answer in answers].count(Status.OK) == 1
    throttled = [answer for answer in answers if answer.status is Status.THROTTLED]
    assert len(throttled) == 4
    assert all(answer.retry_at for answer in throttled)
    assert (await ask(wait_s=4.0, rate=0.5)).status is Status.OK
    assert len(upstream.requests) == 2


async def test_every_attempt_is_paid(upstream: Upstream, transactional_db: None) -> None:
    upstream.will(httpx.Response(500), httpx.Response(200, json=GOOD))
    assert (await ask(daily_budget=3)).status is Status.OK
    assert (await ask(daily_budget=3, share=0.6)).status is Status.THROTTLED
    assert (await ask(daily_budget=3)).status is Status.OK
    spent = await ask(daily_budget=3)
    assert (spent.status, spent.retry_at) == (Status.THROTTLED, budget.next_day_unix_s())
    assert len(upstream.requests) == 3


async def test_paid_calls_are_not_made_without_a_ledger(upstream: Upstream, no_ledger: None) -> None:
    assert (await ask(daily_budget=1000)).status is Status.THROTTLED
    assert upstream.requests == []
    assert (await ask()).status is Status.OK


@pytest.fixture
def no_ledger(transactional_db: None) -> Iterator[None]:
    from django.db import connection

    from search.models import ProviderDay

    with connection.schema_editor() as editor:
        editor.delete_model(ProviderDay)
    yield
    with connection.schema_editor() as editor:
        editor.create_model(ProviderDay)


async def test_without_redis_providers_are_asked(upstream: Upstream, settings: Any) -> None:
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    breaker._here.clear()
    assert (await ask()).status is Status.OK
    upstream.will(httpx.Response(500))
    for _ in range(FAILURES):
        assert (await ask()).status is Status.ERROR
    assert (await ask()).status is Status.OPEN
    breaker._here.clear()


# -- what is told


async def test_a_fault_of_ours_is_an_error_with_its_traceback(upstream: Upstream) -> None:
    class Faulty(Shelf):
        def call(self, question: Question) -> Call | None:
            raise KeyError("fault")

    with structlog.testing.capture_logs() as logs:
        answer = await Gateway().ask(Faulty(ProviderConfig("https://x.example")), QUESTION, deadline=clock.monotonic_s() + 1)
    assert answer.status is Status.ERROR
    assert logs[0]["exc_info"]


@pytest.mark.parametrize("reply", [httpx.Response(500, text="upstream-detail"), httpx.ReadError(f"https://shelf.example/?key={KEY}")])
async def test_one_line_a_failed_call_without_addresses_keys_and_bodies(
    upstream: Upstream, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.will(reply)
    with structlog.testing.capture_logs() as logs, caplog.at_level("DEBUG"):
        await ask()
    assert len(logs) == 1
    assert {name: logs[0][name] for name in ("provider", "status", "attempts")} == {"provider": "shelf", "status": "error", "attempts": 3}
    assert logs[0]["http_status"] == (500 if isinstance(reply, httpx.Response) else None)
    assert "latency_ms" in logs[0]
    for secret in (KEY, "upstream-detail", "https://"):
        assert secret not in str(logs) + caplog.text


async def test_counters(upstream: Upstream) -> None:
    from prometheus_client import REGISTRY

    def count(status: str) -> float:
        return REGISTRY.get_sample_value("bookstrack_provider_calls_total", {"provider": "shelf", "status": status}) or 0.0

    before, retries = count("ok"), REGISTRY.get_sample_value("bookstrack_provider_retries_total", {"provider": "shelf"}) or 0.0
    upstream.will(httpx.Response(500), httpx.Response(200, json=GOOD))
    await ask()
    assert count("ok") == before + 1
    assert REGISTRY.get_sample_value("bookstrack_provider_retries_total", {"provider": "shelf"}) == retries + 1


# -- patience


async def test_who_has_patience_takes_no_turn_ahead(upstream: Upstream) -> None:
    began = clock.monotonic_s()
    patient = shelf(rate=2.0)

    async def job() -> ProviderAnswer:
        return await Gateway().ask(patient, QUESTION, deadline=began + 20, patience=Patience(20))

    jobs = [asyncio.create_task(job()) for _ in range(6)]
    while len(upstream.requests) < 2:
        await asyncio.sleep(0.01)
    hurried = await ask(rate=2.0, wait_s=5)
    assert hurried.status is Status.OK and len(upstream.requests) < 7, "it queued behind the jobs"
    assert {(await one).status for one in jobs} == {Status.OK}
    assert len(upstream.requests) == 7 and clock.monotonic_s() - began >= 3


async def test_patience_that_has_an_end(upstream: Upstream) -> None:
    patience = Patience(20)
    deadline = clock.monotonic_s() + 20
    await Gateway().ask(shelf(rate=1.0), QUESTION, deadline=deadline, patience=patience)
    waiting = asyncio.create_task(Gateway().ask(shelf(rate=1.0), QUESTION, deadline=deadline, patience=patience))
    await asyncio.sleep(0.1)
    patience.ended = True
    assert (await asyncio.wait_for(waiting, 10)).status is Status.THROTTLED
    assert len(upstream.requests) == 1
    held = Gateway().ask(shelf(rate=1.0), QUESTION, deadline=clock.monotonic_s() + 0.5, patience=Patience(0.5))
    assert (await held).status in (Status.THROTTLED, Status.OK)


async def test_an_id_that_fails_says_nothing_about_the_provider(upstream: Upstream) -> None:
    class Numbered(Shelf):
        def call(self, question: Question) -> Call | None:
            return Call("/book")

    upstream.will(httpx.Response(503, text="x"))
    asked = Question(Kind.PROVIDER_ID, provider="shelf", provider_id="1")
    for _ in range(FAILURES + 1):
        numbered = Numbered(ProviderConfig("https://shelf.example", rate=1000.0))
        answer = await Gateway().ask(numbered, asked, deadline=clock.monotonic_s() + 5)
        assert answer.status is Status.ERROR
    assert (await breaker.state("shelf")).failures == 0


async def test_a_long_answer_is_read_in_parts(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    from collections.abc import Iterator

    from search import gateway

    class Long(Shelf):
        def parts(self, question: Question, payload: Any) -> Iterator[Page]:
            for title in payload["books"]:
                yield Page((Record(self.name, title),), 7)

    monkeypatch.setattr(gateway, "TURN_S", 0.0)
    upstream.will(httpx.Response(200, json={"books": ["One", "Two", "Three"]}))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    config = ProviderConfig("https://shelf.example", rate=1000.0)
    answer = await Gateway().ask(Long(config), QUESTION, deadline=clock.monotonic_s() + 5)
    counting.cancel()
    assert [record.title for record in answer.page.records] == ["One", "Two", "Three"] and answer.page.total == 7
    assert turns > 3
