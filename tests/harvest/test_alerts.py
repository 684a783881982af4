"""Alerts from breach to recovery: one row, one message for each, whoever checks at once and whatever fails meanwhile."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from bookstrack import traffic
from bookstrack.lib import http, redis
from bookstrack.lib.db import in_db
from harvest.alerting import alert_channels, alert_looking, alerts, conf_alerts
from harvest.alerting.alert_rules import HarvestRun, ProviderNow, Seen
from harvest.models import Alert, CoverVerdict, Run
from search import metrics
from tests.harvest.test_alert_rules import FINE, WELL

NOON = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
WEBHOOK = "http://127.0.0.1:9/hook/secret-of-the-hook"
LETTERS = replace(WELL, dead_letters=4)


class Clock:
    now = NOON


class Hook:
    """The webhook's other end."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == WEBHOOK and request.headers["content-type"] == "application/json"
        if self.status == 0:
            raise httpx.ConnectError("refused")
        if self.status == 200:
            self.got.append(json.loads(request.content))
        return httpx.Response(self.status)

    @property
    def told(self) -> list[list[tuple[str, str, str]]]:
        """(state, rule, subject) of each message."""
        return [[(one["state"], one["rule"], one["subject"]) for one in message["alerts"]] for message in self.got]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(alerts.timezone, "now", lambda: made.now)
    return made


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Hook]:
    monkeypatch.setenv("ALERT_WEBHOOK_URL", WEBHOOK)
    monkeypatch.setenv("ALERT_EMAILS", "night@example.org, day@example.org")
    settings.EMAIL_HOST = "mail.example.org"
    made = Hook()
    with http.use_transport(httpx.MockTransport(made)):
        yield made


@pytest.fixture
async def house(transactional_db: None, clock: Clock, hook: Hook) -> AsyncIterator[None]:
    yield
    await http.close()
    await redis.close()


async def rows() -> list[Alert]:
    return await in_db(lambda: list(Alert.objects.order_by("pk")))


async def checks(clock: Clock, *seen: Seen) -> None:
    """A check every quarter of an hour."""
    for one in seen:
        await alerts.check(one)
        clock.now += QUARTER


# -- from breach to recovery
async def test_a_breach_is_told_once_and_its_end_once(house: None, clock: Clock, hook: Hook) -> None:
    await checks(clock, LETTERS, LETTERS, replace(WELL, dead_letters=9), LETTERS, WELL, WELL, WELL)
    [row] = await rows()
    assert (row.value, row.began_at, row.ended_at) == (9, NOON, NOON + 5 * QUARTER), "the worst counts; over at the second good check"
    assert row.message == "9 dead letters wait for somebody (at most 0)"
    assert hook.told == [[("breach", "dead_letters", "")], [("over", "dead_letters", "")]]
    assert [(one.subject, one.to) for one in mail.outbox] == [
        ("BooksTrack: 1 alert", ["night@example.org", "day@example.org"]),
        ("BooksTrack: 1 over", ["night@example.org", "day@example.org"]),
    ]
    assert "4 dead letters" in mail.outbox[0].body and "OVER after 75 min" in mail.outbox[1].body
    assert hook.got[1]["alerts"][0]["endedAt"] == "2026-03-28T13:15:00.000Z" and "4 dead letters" in hook.got[0]["text"]


async def test_what_swings_is_one_alert(house: None, clock: Clock, hook: Hook) -> None:
    await checks(clock, *[LETTERS, WELL] * 10)
    assert len(await rows()) == 1 and len(hook.got) == 1
    await checks(clock, WELL, WELL, LETTERS)
    assert hook.told == [[("breach", "dead_letters", "")], [("over", "dead_letters", "")], [("breach", "dead_letters", "")]]


async def test_what_is_just_inside_its_limit_is_not_over(house: None, clock: Clock, hook: Hook) -> None:
    near = replace(WELL, disk_free=0.105)
    await checks(clock, near, near)
    assert await rows() == [], "it begins nothing either"
    await checks(clock, replace(WELL, disk_free=0.08), near, near, near)
    [row] = await rows()
    assert row.ended_at is None and row.value == 0.08
    await checks(clock, replace(WELL, disk_free=0.2), replace(WELL, disk_free=0.2))
    assert (await rows())[0].ended_at is not None and len(hook.got) == 2


async def test_all_of_one_check_is_one_message(house: None, clock: Clock, hook: Hook) -> None:
    circuits = [ProviderNow(f"provider-{number}", "open", 1, None) for number in range(40)]
    await checks(clock, replace(LETTERS, providers=circuits, traffic=replace(FINE, hits=0)))
    assert len(hook.got) == len(mail.outbox) == 1 and len(hook.got[0]["alerts"]) == 42
    assert mail.outbox[0].subject == "BooksTrack: 42 alerts" and "and 12 more" in mail.outbox[0].body


async def test_what_cannot_be_told_of_neither_begins_nor_ends(house: None, clock: Clock, hook: Hook) -> None:
    await checks(clock, LETTERS, *[replace(WELL, dead_letters=None)] * 5)
    assert (await rows())[0].ended_at is None
    await checks(clock, WELL)
    assert (await rows())[0].ended_at is not None, "nothing was wrong since long"


async def test_a_subject_that_is_no_more_is_over(house: None, clock: Clock, hook: Hook) -> None:
    await checks(clock, replace(WELL, providers=[ProviderNow("isbndb", "open", 1, None)]), *[replace(WELL, providers=[])] * 2)
    assert hook.told == [[("breach", "circuit", "isbndb")], [("over", "circuit", "isbndb")]]


async def test_a_clock_that_jumped_ahead_does_not_keep_an_alert_open(house: None, clock: Clock) -> None:
    clock.now += timedelta(days=30)
    await checks(clock, LETTERS)
    clock.now = NOON
    await checks(clock, WELL, WELL, WELL)
    assert (await rows())[0].ended_at is not None


# -- telling
async def test_a_channel_that_fails_is_tried_again_and_the_other_is_not_told_twice(house: None, clock: Clock, hook: Hook) -> None:
    hook.status = 500
    done = await alerts.check(LETTERS)
    assert done.not_told == {"webhook": "it answered 500"} and len(mail.outbox) == 1
    assert (await rows())[0].told_at is None
    hook.status = 0
    clock.now += QUARTER
    assert "webhook" in (await alerts.check(LETTERS)).not_told
    hook.status = 200
    await checks(clock, LETTERS, LETTERS)
    assert hook.told == [[("breach", "dead_letters", "")]] and len(mail.outbox) == 1
    assert (await rows())[0].told_at is not None


async def test_what_is_over_before_it_could_be_told_is_told_as_over_alone(house: None, clock: Clock, hook: Hook) -> None:
    hook.status = 0
    await checks(clock, LETTERS, WELL, WELL)
    hook.status = 200
    await checks(clock, WELL, WELL)
    [row] = await rows()
    assert hook.told == [[("over", "dead_letters", "")]] and row.told_at is not None and row.end_told_at is not None
    assert len(mail.outbox) == 2


async def test_what_a_teller_took_with_it_when_it_died_is_told_later(house: None, clock: Clock, hook: Hook) -> None:
    await in_db(alerts._written, {"dead_letters": alerts.alert_rules.found(LETTERS, conf_alerts.limits())["dead_letters"]}, NOON)
    assert len(await in_db(alerts._claimed, NOON)) == 1, "and then it dies"
    await alerts.tell()
    assert hook.got == []
    clock.now += timedelta(seconds=conf_alerts.CLAIM_S + 1)
    await alerts.tell()
    await alerts.tell()
    assert len(hook.got) == len(mail.outbox) == 1


def test_of_many_hosts_at_once_one_begins_and_one_tells(transactional_db: None) -> None:
    findings = alerts.alert_rules.found(replace(LETTERS, disk_free=0.01), conf_alerts.limits())
    barrier, begun, claimed = threading.Barrier(5), [], []

    def host() -> None:
        try:
            barrier.wait()
            begun.append(alerts._written(findings, NOON)[0])
            barrier.wait()
            claimed.extend(alerts._claimed(NOON))
        finally:
            connection.close()

    threads = [threading.Thread(target=host) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(begun) == Alert.objects.count() == 2 and len(claimed) == 2


async def test_no_secret_of_a_channel_is_logged(house: None, clock: Clock, hook: Hook, capsys: pytest.CaptureFixture[str]) -> None:
    hook.status = 500
    await checks(clock, LETTERS)
    printed = capsys.readouterr()
    assert "secret-of-the-hook" not in printed.out + printed.err


# -- what is looked at
async def test_everything_is_looked_at_where_it_is_kept(house: None) -> None:
    def made() -> None:
        run = Run.objects.create(kind="harvest", state="done")
        for number, outcome in enumerate(["found", "error", "none"]):
            CoverVerdict.objects.create(run=run, isbn=f"978000000000{number}", outcome=outcome)

    await in_db(made)
    seen = await alert_looking.seen()
    assert seen.harvest == HarvestRun(False, 3, 1) and seen.dead_letters == 0
    assert seen.waiting is not None and set(seen.waiting.values()) == {0}
    assert seen.troubles == {"workers": "no worker process is running", "scheduler": "no scheduler process is running"}
    assert seen.disk_free is not None and 0 < seen.disk_free < 1
    assert seen.storages == {"covers": True, "archive": True, "uploads": True}
    assert seen.traffic is not None and seen.providers is not None and seen.schedules is not None


async def test_requests_and_look_ups_are_counted_where_they_are_answered(house: None) -> None:
    before = await alert_looking._traffic()
    slow = 20 + before.latency_s.get("/v1/search/isbn", (0, 0.0, 0.0))[0]  # enough of them, whatever was counted before
    for status, seconds in [(200, 0.1)] * 60 + [(503, 4.0)] * slow:
        traffic.count("/v1/search/isbn", "GET", status, seconds)
    for path in ("/admin/jobs/job/", "/no/route/of/ours"):
        traffic.count(path, "GET", 200, 9.0)
    for tier, number in (("memory", 3), ("redis-negative", 2), ("cold", 1), ("miss", 4)):
        metrics.cache_lookups.labels("isbn", tier).inc(number)
    after = await alert_looking._traffic()
    assert (after.requests - before.requests, after.errors - before.errors) == (62 + slow, slow)
    assert (after.lookups - before.lookups, after.hits - before.hits) == (10, 6)
    number, p95, p99 = after.latency_s["/v1/search/isbn"]
    assert number >= 80 and 2 < p95 <= p99
    assert not set(after.latency_s) & {"/admin/", "other"}


async def test_one_look_that_fails_keeps_no_other_from_its_limit(house: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(alert_looking.rollups, "counted", broken)
    seen = await alert_looking.seen()
    assert seen.traffic is None and seen.dead_letters == 0 and seen.disk_free is not None


async def test_without_redis_the_database_is_looked_at_still(house: None, settings: Any) -> None:
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    seen = await alert_looking.seen()
    assert (seen.waiting, seen.troubles) == (None, None) and seen.dead_letters == 0 and seen.disk_free is not None
    await redis.close()


async def test_the_schedule_says_what_came_of_it(house: None, clock: Clock, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.status = 503

    async def seen() -> Seen:
        return LETTERS

    monkeypatch.setattr(alert_looking, "seen", seen)
    outcome = await alerts.scheduled_check("schedule")
    assert (outcome.outcome, outcome.detail) == ("done", "1 open, 1 new, 0 over; not told by webhook: it answered 503")


# -- the command
def test_the_command_tries_every_channel(transactional_db: None, hook: Hook) -> None:
    out = StringIO()
    call_command("check_alerts", "--test", stdout=out)
    assert out.getvalue().splitlines() == ["log: sent", "email: sent", "webhook: sent"]
    assert "test" in mail.outbox[0].body and hook.got[0]["alerts"][0]["rule"] == "test" and not Alert.objects.exists()
    hook.status = 404
    with pytest.raises(CommandError, match="not told by webhook"):
        call_command("check_alerts", "--test", stdout=StringIO())


def test_the_command_fails_while_something_is_wrong(transactional_db: None, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [LETTERS]

    async def seen() -> Seen:
        return found[0]

    monkeypatch.setattr(alert_looking, "seen", seen)
    out = StringIO()
    with pytest.raises(CommandError, match="1 alerts are open: dead_letters"):
        call_command("check_alerts", stdout=out)
    assert "breach  dead_letters: 4 dead letters wait" in out.getvalue() and "ok      disk: 60 %" in out.getvalue()
    Alert.objects.all().delete()
    found[0] = replace(WELL, traffic=None)
    out = StringIO()
    call_command("check_alerts", stdout=out)
    assert "?       hit_rate: cannot be told now" in out.getvalue()


# -- settings
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_HIT_RATE_MIN", "50"),
        ("ALERT_ERROR_RATE_MAX", "nan"),
        ("ALERT_P95_S_MAX", "soon"),
        ("ALERT_QUEUE_DEPTH_MAX", "-1"),
        ("ALERT_EMAILS", "nobody"),
        ("ALERT_EMAILS", "somebody@example.org"),  # and no mail server
        ("ALERT_WEBHOOK_URL", "ftp://hook"),
    ],
)
def test_a_wrong_setting_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        conf_alerts.check()


def test_a_wrong_webhook_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERT_WEBHOOK_URL", "htp://hooks/secret-of-the-hook")
    with pytest.raises(ImproperlyConfigured) as raised:
        alert_channels.channels()
    assert "secret" not in str(raised.value)
