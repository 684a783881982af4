"""Schedules, alerts, service tokens and the audit log as operators use them in the admin; log-ins in the log."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import httpx
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookstrack.lib.db import in_db
from harvest.models import Alert, Run
from jobs import schedules
from jobs.models import AuditEntry, Schedule, ScheduleRun, ServiceToken
from search import breaker
from search.models import CacheEntry
from tests.functional.test_admin import form
from tests.functional.test_jobs_admin import PASSWORD, act, dead, log_in, post
from tests.jobs import hands, scheduling
from tests.jobs.scheduling import plan

SCHEDULES = "/admin/jobs/schedule/"
LISTS = (SCHEDULES, "/admin/jobs/schedulerun/", "/admin/jobs/auditentry/", "/admin/harvest/alert/", "/admin/jobs/servicetoken/")
TOKEN = re.compile(r"bt_[\w-]{40,}")


@pytest.fixture(autouse=True)
def drills(settings: Any) -> Iterator[None]:
    settings.SCHEDULES = {"nightly": plan(label="Nightly work"), "broken": plan("breaking", "*/15 * * * *", "Broken work")}
    scheduling.asked.clear()
    with hands.drilled(settings):
        yield


@pytest.fixture
async def root(client: httpx.AsyncClient) -> httpx.AsyncClient:
    return await log_in(client, "root")


async def ticked() -> None:
    await schedules.tick()
    await schedules.leave(8)


def may(user: str, *names: str) -> None:
    User.objects.get(username=user).user_permissions.set(Permission.objects.filter(codename__in=names))


# -- who may
async def test_staff_without_a_permission_see_and_change_nothing(client: httpx.AsyncClient) -> None:
    await in_db(ServiceToken.issue, "night", ["warming"])
    await log_in(client, "newcomer")
    for path in LISTS:
        assert (await client.get(path)).status_code == 403, path
    for what in ("run", "pause", "resume"):
        assert (await post(client, f"{SCHEDULES}nightly/{what}/")).status_code == 403
    assert not await in_db(ScheduleRun.objects.exists)


async def test_staff_who_may_look_get_no_buttons(client: httpx.AsyncClient) -> None:
    await in_db(ServiceToken.issue, "night", ["warming"])
    await log_in(client, "looker")
    await in_db(may, "looker", "view_schedule", "view_schedulerun", "view_auditentry", "view_alert", "view_servicetoken")
    for path in LISTS:
        assert (await client.get(path)).status_code == 200, path
    text = (await client.get(SCHEDULES)).text
    assert "Nightly work" in text and "Run now" not in text and "nightly/pause/" not in text
    assert (await post(client, f"{SCHEDULES}nightly/run/")).status_code == 403
    token = await in_db(ServiceToken.objects.get)
    await act(client, "/admin/jobs/servicetoken/", "revoke", token.pk)
    assert (await in_db(ServiceToken.objects.get)).revoked_at is None


@pytest.mark.parametrize("kind", ["jobs/auditentry", "jobs/schedulerun", "jobs/schedule", "harvest/alert"])
async def test_nobody_adds_edits_or_deletes_records(root: httpx.AsyncClient, kind: str) -> None:
    def made() -> int:
        schedule = Schedule.objects.create(pk="nightly")
        rows = {
            "jobs/auditentry": lambda: AuditEntry.objects.create(by="staff", who="root", action="added"),
            "jobs/schedulerun": lambda: ScheduleRun.objects.create(schedule=schedule),
            "jobs/schedule": lambda: schedule,
            "harvest/alert": lambda: Alert.objects.create(rule="disk", message="full", value=1, threshold=0),
        }
        found: int = rows[kind]().pk
        return found

    pk = await in_db(made)
    assert (await root.get(f"/admin/{kind}/add/")).status_code == 403
    assert (await post(root, f"/admin/{kind}/{pk}/delete/", post="yes")).status_code == 403
    if kind != "jobs/schedule":
        assert (await post(root, f"/admin/{kind}/{pk}/change/", who="nobody")).status_code == 403
    assert "delete_selected" not in (await root.get(f"/admin/{kind}/")).text


# -- schedules
async def test_the_page_of_schedules(root: httpx.AsyncClient) -> None:
    page = await root.get(SCHEDULES)
    assert "Nightly work" in page.text and "daily at 03:00" in page.text and "every 15 minutes" in page.text
    await schedules.run_now("broken", "emil")
    text = re.sub(r"\s+", " ", (await root.get(SCHEDULES)).text)
    assert "by emil" in text and '<strong class="error">failed</strong>' in text and "It failed (RuntimeError)" in text
    assert "hunter2" not in text
    runs = (await root.get("/admin/jobs/schedulerun/?schedule__name__exact=broken")).text
    assert "Broken work" in runs and "emil" in runs and "failed" in runs
    moved = await root.get("/admin/jobs/schedule/broken/change/")
    assert moved.headers["location"].endswith("/admin/jobs/schedulerun/?schedule__name__exact=broken")


async def test_run_now_pause_and_resume(root: httpx.AsyncClient) -> None:
    assert "Nightly work runs within seconds." in (await post(root, f"{SCHEDULES}nightly/run/")).text
    assert "its last run goes on still" in (await post(root, f"{SCHEDULES}nightly/run/")).text
    await ticked()
    assert scheduling.asked == ["root"]
    assert "Nightly work is paused." in (await post(root, f"{SCHEDULES}nightly/pause/")).text
    assert "Resume" in (await root.get(SCHEDULES)).text and (await in_db(Schedule.objects.get, pk="nightly")).paused
    assert "runs again from its next time on" in (await post(root, f"{SCHEDULES}nightly/resume/")).text
    assert "nothing was to be changed" in (await post(root, f"{SCHEDULES}nightly/resume/")).text
    said = await in_db(lambda: list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)))
    assert said == ["Run by hand.", "Paused.", "Resumed."]


async def test_buttons_are_posted_and_name_what_there_is(root: httpx.AsyncClient) -> None:
    assert (await root.get(f"{SCHEDULES}nightly/run/")).status_code == 405
    assert (await post(root, f"{SCHEDULES}unheard-of/run/")).status_code == 404
    assert (await root.post(f"{SCHEDULES}nightly/run/")).status_code == 403, "without the form's token"
    assert not await in_db(ScheduleRun.objects.exists)


def test_the_command_lists_runs_and_pauses(transactional_db: None) -> None:
    out = StringIO()
    call_command("schedules", "--run", "nightly", stdout=out)
    assert out.getvalue() == "nightly: done. Three things.\n" and scheduling.asked == ["command"]
    with pytest.raises(CommandError, match="broken failed"):
        call_command("schedules", "--run", "broken", stdout=StringIO())
    with pytest.raises(CommandError, match="no schedule 'unheard-of'"):
        call_command("schedules", "--pause", "unheard-of", stdout=StringIO())
    call_command("schedules", "--pause", "nightly", stdout=StringIO())
    out = StringIO()
    call_command("schedules", stdout=out)
    head, nightly, broken = out.getvalue().splitlines()
    assert head.split()[:2] == ["NAME", "WHEN"] and "paused" in nightly and "done" in nightly and "failed" in broken
    call_command("schedules", "--resume", "nightly", stdout=StringIO())
    said = list(AuditEntry.objects.order_by("pk").values_list("by", "what"))
    assert said == [("command", what) for what in ("Run by hand: nightly.", "Run by hand: broken.", "Paused.", "Resumed.")]


# -- alerts
async def test_alerts_open_and_past(root: httpx.AsyncClient) -> None:
    def made() -> None:
        Alert.objects.create(rule="disk", message="9 % is <b>free</b>", value=0.09, threshold=0.1)
        Alert.objects.create(rule="circuit", subject="isbndb", message="not asked", value=1, threshold=0, ended_at=timezone.now())

    await in_db(made)
    shown = (await root.get("/admin/harvest/alert/?open=1")).text
    assert "9 % is &lt;b&gt;free" in shown and "not asked" not in shown
    assert "not asked" in (await root.get("/admin/harvest/alert/?open=0")).text
    alert = await in_db(Alert.objects.get, rule="disk")
    assert "9 % is" in (await root.get(f"/admin/harvest/alert/{alert.pk}/change/")).text


# -- service tokens
async def test_a_token_is_replaced_with_an_overlap(root: httpx.AsyncClient) -> None:
    expires_at = timezone.now() + timedelta(days=90)
    old, first = await in_db(ServiceToken.issue, "night", ["warming", "metrics"], expires_at)
    path = "/admin/jobs/servicetoken/"
    page = await post(root, path, action="replace", overlap="7", _selected_action=str(old.pk))
    clear = TOKEN.search(page.text)
    assert clear and clear[0] != first
    new = await in_db(ServiceToken.find, clear[0])
    assert new is not None and (new.name, new.scopes) == ("night", ["metrics", "warming"])
    assert new.expires_at is not None and abs(new.expires_at - expires_at) < timedelta(minutes=1), "as long a life as the old one had"
    await in_db(old.refresh_from_db)
    assert old.expires_at is not None and timedelta(days=6, hours=23) < old.expires_at - timezone.now() <= timedelta(days=7)
    assert await in_db(ServiceToken.find, first) == old, "both are valid for a while"
    paths = (path, f"{path}{new.pk}/history/", f"{path}{old.pk}/history/", "/admin/jobs/auditentry/")
    pages = [(await root.get(one)).text for one in paths]
    assert not any(TOKEN.search(text) for text in pages), "it was shown once"
    assert f"Replaced by {new.hint}" in pages[2] and f"Replaced by {new.hint}" in pages[3]


async def test_a_token_that_cannot_be_replaced(root: httpx.AsyncClient) -> None:
    tokens = [(await in_db(ServiceToken.issue, name, ["warming"]))[0] for name in ("a", "b")]
    path = "/admin/jobs/servicetoken/"

    async def replaced(overlap: str, *chosen: ServiceToken) -> str:
        keys = [str(one.pk) for one in chosen]
        return (await post(root, path, action="replace", overlap=overlap, _selected_action=keys)).text

    assert "Choose one token" in await replaced("7", *tokens)
    assert "No action selected" in await replaced("9999", tokens[0])
    assert "1 revoked" in (await act(root, path, "revoke", tokens[0].pk)).text
    assert "has no successor" in await replaced("0", tokens[0])
    assert await in_db(ServiceToken.objects.count) == 2
    assert (await post(root, f"{path}{tokens[0].pk}/delete/", post="yes")).status_code == 403


async def test_an_expired_token_is_told_so_and_every_other_is_a_wrong_one(client: httpx.AsyncClient) -> None:
    async def refused(clear: str, **headers: str) -> tuple[int, Any]:
        reply = await client.get("/api/warming/dlq", headers={"Authorization": f"Bearer {clear}", **headers})
        return reply.status_code, reply.json()["error"]

    _, expired = await in_db(ServiceToken.issue, "late", ["warming"], timezone.now() - timedelta(seconds=1))
    row, revoked = await in_db(ServiceToken.issue, "gone", ["warming"], timezone.now() - timedelta(seconds=1))
    await in_db(ServiceToken.objects.filter(pk=row.pk).update, revoked_at=timezone.now())
    _, foreign = await in_db(ServiceToken.issue, "metrics", ["metrics"])
    status, error = await refused(expired)
    assert (status, error["code"]) == (401, "TOKEN_EXPIRED")
    answers = [await refused(clear) for clear in (revoked, "bt_" + "x" * 43, "nonsense", expired[:-1])]
    assert all(answer == answers[0] for answer in answers) and answers[0][1]["code"] == "UNAUTHORIZED"
    assert (await refused(expired, **{"X-Service-Name": "somebody"}))[1]["code"] == "UNAUTHORIZED", "its name is not given away"
    assert (await refused(foreign))[1]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("days", ["0", "-1", "99999999"])
def test_a_token_for_no_time_is_refused(transactional_db: None, days: str) -> None:
    with pytest.raises(CommandError, match="--expires"):
        call_command("create_service_token", "night", "--scope", "warming", "--expires", days, stdout=StringIO(), stderr=StringIO())
    assert not ServiceToken.objects.exists()


# -- the audit log
async def test_what_staff_tokens_and_commands_do_is_in_the_audit_log(root: httpx.AsyncClient) -> None:
    _, clear = await in_db(ServiceToken.issue, "night", ["warming"])
    letter = await dead()
    waits = (await hands.start()).job
    await act(root, "/admin/jobs/job/", "cancel", waits.pk)
    await root.post(f"/api/warming/dlq/{letter.pk}/retry", headers={"Authorization": f"Bearer {clear}"})
    for name in ("schedule", "command", "night", "root"):
        await in_db(Run.objects.create, kind="archival", asked_by=name)
    await in_db(call_command, "create_service_token", "day", "--scope", "metrics", stdout=StringIO(), stderr=StringIO())
    page = (await root.get("/admin/jobs/auditentry/")).text
    assert f'<a href="/admin/jobs/job/{waits.pk}/change/">' in page and "Canceled." in page
    found = await in_db(lambda: list(AuditEntry.objects.order_by("by", "who", "what").values_list("by", "who", "what", "kind")))
    assert found == [
        ("command", "command", "Started: archival.", "harvest.run"),
        ("command", "create_service_token", "Made, with the scopes metrics.", "jobs.servicetoken"),
        ("staff", "root", "Canceled.", "jobs.job"),
        ("token", "night", "Retried from its dead letter.", "jobs.job"),
        ("token", "night", "Started: archival.", "harvest.run"),
    ]
    assert not TOKEN.search(page) and clear not in str(await in_db(lambda: list(AuditEntry.objects.values())))
    for query, count in {"by=token": 2, "who=root": 1, "action=started": 4, "q=archival": 2, "by=staff&who=night": 0}.items():
        page = (await root.get(f"/admin/jobs/auditentry/?{query}")).text
        assert len(re.findall(r'<td class="field-who', page)) == count, query


async def test_a_user_who_is_deleted_leaves_what_they_did(root: httpx.AsyncClient) -> None:
    def done() -> None:
        user = User.objects.create_user("emil", is_staff=True)
        waits = Schedule.objects.create(pk="nightly")
        LogEntry.objects.log_actions(user.pk, [waits, waits], 2, "Paused.")  # at once, which no signal tells of
        user.delete()

    await in_db(done)
    assert not await in_db(LogEntry.objects.exists)
    assert "emil" in (await root.get("/admin/jobs/auditentry/")).text
    assert await in_db(AuditEntry.objects.filter(who="emil", what="Paused.").count) == 2
    await root.get("/admin/jobs/auditentry/")
    assert await in_db(AuditEntry.objects.count) == 2, "nothing is copied twice"


async def test_buttons_of_search_are_noted(root: httpx.AsyncClient) -> None:
    entry = await in_db(
        lambda: CacheEntry.objects.create(key="v1:isbn:x", kind="isbn", label="x", expires_at=timezone.now() + timedelta(days=1))
    )
    await act(root, "/admin/search/cacheentry/", "expire", entry.pk)
    for _ in range(breaker.FAILURES):
        await breaker.record("google-books", ok=False)
    await post(root, "/admin/search/providerday/close/google-books/")
    said = await in_db(lambda: list(LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")))
    assert [what for _, what in said] == ["Expired.", "Circuit closed."] and said[1][0] == "google-books"


async def test_what_a_superuser_does_in_rqs_pages_is_noted(root: httpx.AsyncClient) -> None:
    await post(root, "/admin/rq/queues/0/empty/", _empty="yes")
    await root.get("/admin/rq/queues/0/")
    found = await in_db(lambda: list(AuditEntry.objects.values_list("who", "what")))
    assert len(found) == 1 and found[0][0] == "root" and "RQ" in found[0][1]


# -- log-ins
async def test_log_ins_are_logged_without_a_password(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    await log_in(client, "emil")
    await client.post("/admin/logout/", data={"csrfmiddlewaretoken": form(await client.get("/admin/"))})
    page = await client.get("/admin/login/")
    for name, password in (("emil", "wrong-pass-phrase"), ("typed-password-here", PASSWORD)):
        await client.post("/admin/login/", data={"username": name, "password": password, "csrfmiddlewaretoken": form(page)})
    said: list[Any] = [record.msg for record in caplog.records if record.name == "bookstrack.logins"]
    assert [(one["event"], one["user"], one["client"]) for one in said] == [
        ("logged in", "emil", "127.0.0.1"),
        ("logged out", "emil", "127.0.0.1"),
        ("a log-in failed", "emil", "127.0.0.1"),
        ("a log-in failed", "(no such user)", "127.0.0.1"),
    ]
    assert not any(secret in caplog.text for secret in (PASSWORD, "wrong-pass-phrase", "typed-password-here"))
