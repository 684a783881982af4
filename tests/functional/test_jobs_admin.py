"""Jobs in the admin as operators use it: looked at, canceled, retried; dead letters; queues and workers; django-rq's pages."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookstrack.lib import redis
from bookstrack.lib.db import in_db
from jobs import queue, services
from jobs.models import DeadLetter, Job, JobMove
from jobs.states import State
from tests.functional.test_admin import form
from tests.jobs import hands

PASSWORD = "a-long-pass-phrase-of-tests"
MARKED = "a-title-that-only-the-payload-has"
LISTS = ("/admin/jobs/job/", "/admin/jobs/deadletter/", "/admin/jobs/job/queues/")
RQ = (
    "/admin/rq/", "/admin/rq/stats.json", "/admin/rq/metrics", "/admin/rq/queues/0/", "/admin/rq/queues/0/details/",
    "/admin/rq/queues/0/finished/", "/admin/rq/queues/0/failed/", "/admin/rq/queues/0/scheduled/", "/admin/rq/queues/0/started/",
    "/admin/rq/queues/0/deferred/", "/admin/rq/workers/0/",
)  # fmt: skip


@pytest.fixture(autouse=True)
def drills(settings: Any) -> Iterator[None]:
    with hands.drilled(settings):
        yield


def make_user(name: str, *permissions: str) -> User:
    """Staff with these permissions; a superuser where it is called root."""
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True, is_superuser=name == "root")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=permissions))
    return user


async def log_in(client: httpx.AsyncClient, name: str, *permissions: str) -> httpx.AsyncClient:
    await in_db(make_user, name, *permissions)
    page = await client.get("/admin/login/")
    data = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": form(page), "next": "/admin/"}
    await client.post("/admin/login/", data=data)
    assert (await client.get("/admin/")).status_code == 200
    return client


@pytest.fixture
async def root(client: httpx.AsyncClient) -> httpx.AsyncClient:
    return await log_in(client, "root")


async def post(client: httpx.AsyncClient, path: str, **data: Any) -> httpx.Response:
    token = form(await client.get("/admin/"))  # of the form by which one logs out
    return await client.post(path, data={"csrfmiddlewaretoken": token, **data}, follow_redirects=True)


async def act(client: httpx.AsyncClient, path: str, action: str, *keys: object) -> httpx.Response:
    """Choose rows of a list and an action."""
    return await post(client, path, action=action, _selected_action=[str(key) for key in keys])


async def dead(count: int = 4) -> DeadLetter:
    """A job that failed each time."""
    started = await hands.start(count, broken=True)
    for _ in range(3):
        await hands.turn(started.job.pk)
        await hands.set_row(started.job.pk, wake_at=None)
    return await in_db(DeadLetter.objects.select_related("job").get, job_id=started.job.pk)


def page_of(job: Job, name: str = "change/") -> str:
    return f"/admin/jobs/job/{job.pk.replace('_', '_5F')}/{name}"


# -- who may
async def test_nobody_gets_in_without_a_password(client: httpx.AsyncClient) -> None:
    job = (await hands.start()).job
    for path in (*LISTS, *RQ, page_of(job), page_of(job, "live/"), page_of(job, "results.json")):
        reply = await client.get(path)
        assert reply.status_code == 302 and "/admin/login/" in reply.headers["location"], path
    for path in (page_of(job, "cancel/"), page_of(job, "retry/"), "/admin/jobs/deadletter/1/retry/", "/admin/rq/queues/0/empty/"):
        assert (await client.post(path)).status_code in (302, 403), path
    assert (await hands.fresh(job.pk)).place is State.QUEUED


async def test_staff_without_a_permission_see_nothing(client: httpx.AsyncClient) -> None:
    job = (await hands.start()).job
    await log_in(client, "newcomer")
    for path in (*LISTS, *RQ, page_of(job), page_of(job, "live/"), page_of(job, "results.json")):
        assert (await client.get(path)).status_code == 403, path
    assert "Queues and workers" not in (await client.get("/admin/")).text


async def test_staff_who_may_only_look(client: httpx.AsyncClient) -> None:
    letter = await dead()
    job = (await hands.start()).job
    await log_in(client, "looker", "view_job", "view_deadletter")
    for path in (*LISTS, *RQ, page_of(job), page_of(job, "live/"), page_of(job, "results.json")):
        assert (await client.get(path)).status_code == 200, path
    for text in ((await client.get(page_of(job))).text, (await client.get("/admin/jobs/deadletter/")).text):
        assert "/cancel/" not in text and "/retry/" not in text and "/discard/" not in text and 'name="action"' not in text
    letters = f"/admin/jobs/deadletter/{letter.pk}"
    for path in (page_of(job, "cancel/"), page_of(letter.job, "retry/"), f"{letters}/retry/", f"{letters}/discard/", *RQ[3:4]):
        assert (await post(client, path)).status_code == 403, path
    await act(client, "/admin/jobs/job/", "cancel", job.pk)
    await act(client, "/admin/jobs/deadletter/", "discard", letter.pk)
    assert (await hands.fresh(job.pk)).place is State.QUEUED and (await hands.fresh(letter.job_id)).place is State.FAILED
    assert await in_db(DeadLetter.objects.count) == 1
    assert "Queues and workers" in (await client.get("/admin/")).text


async def test_nothing_is_added_edited_or_deleted_by_hand(root: httpx.AsyncClient) -> None:
    letter = await dead()
    for path in ("/admin/jobs/job/add/", "/admin/jobs/deadletter/add/", page_of(letter.job, "delete/")):
        assert (await root.get(path)).status_code == 403, path
    assert (await post(root, page_of(letter.job), state="completed")).status_code == 403
    assert (await hands.fresh(letter.job_id)).place is State.FAILED
    for path in (page_of(letter.job, "cancel/"), page_of(letter.job, "retry/"), f"/admin/jobs/deadletter/{letter.pk}/retry/"):
        assert (await root.get(path)).status_code == 405, path
    assert "delete_selected" not in (await root.get("/admin/jobs/job/")).text


async def test_a_form_of_another_site_changes_nothing(root: httpx.AsyncClient) -> None:
    job = (await hands.start()).job
    assert (await root.post(page_of(job, "cancel/"))).status_code == 403
    assert (await hands.fresh(job.pk)).place is State.QUEUED


async def test_no_secret_is_shown(root: httpx.AsyncClient) -> None:
    started = await services.start(
        pipeline="counting", payload={"count": 2, "note": MARKED}, total=2, job_id=None, client="192.0.2.1", route="r", key="k", body=b"{}"
    )
    row = await hands.fresh(started.job.pk)
    secrets = [started.token, row.token_digest, row.token_salt, str(row.idempotency_key), row.body_digest, MARKED]
    paths = ["/admin/jobs/job/", *(page_of(row, name) for name in ("change/", "live/", "results.json", "history/")), *LISTS, *RQ]
    for path in [*paths, f"/admin/rq/queues/0/{row.pk}-0/"]:
        reply = await root.get(path)
        assert reply.status_code == 200, path
        assert not any(secret in reply.text for secret in secrets), path
        assert not re.search(r"token_(digest|salt)|idempotency|body_digest", reply.text, re.IGNORECASE), path


# -- the list
async def test_the_list_with_filters_and_search(root: httpx.AsyncClient) -> None:
    done, waits = await hands.completed(3), await hands.start(7, job_id="of_a_client")
    await hands.set_row(waits.job.pk, trace_id="trace-of-two")
    text = (await root.get("/admin/jobs/job/")).text
    assert done.job.pk[:12] in text and "of_a_client" in text and "3 / 3" in text and 'value="100"' in text
    for query, found in {
        "state__exact=completed": done, "state__exact=queued": waits, "q=of_a_c": waits, f"q={done.job.pk}": done, "q=trace-of-two": waits,
    }.items():  # fmt: skip
        shown = (await root.get(f"/admin/jobs/job/?{query}")).text
        other = waits if found is done else done
        assert page_of(found.job) in shown and page_of(other.job) not in shown, query
    for query, count in {"pipeline=counting": 2, "pipeline=ai_scan": 0, "queue=default": 2, "queue=low": 0}.items():
        shown = (await root.get(f"/admin/jobs/job/?{query}")).text
        assert shown.count('class="action-select"') == count, query
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    assert 'class="action-select"' not in (await root.get(f"/admin/jobs/job/?created_at__gte={tomorrow}")).text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/admin/jobs/job/", "/admin/jobs/deadletter/"])
def test_a_list_costs_the_same_for_many_and_loads_no_payload(path: str) -> None:
    from django.db import connection

    client = Client()
    client.force_login(make_user("root"))

    def make(count: int, prefix: str) -> None:
        in_two_hours = timezone.now() + timedelta(hours=2)
        for number in range(count):
            job = Job.objects.create(
                pk=f"{prefix}{number}", pipeline="counting", queue="low", state="failed", payload={"books": [MARKED]},
                token_salt="salt", token_digest="digest", token_expires_at=in_two_hours,
            )  # fmt: skip
            DeadLetter.objects.create(job=job, kind="INTERNAL_ERROR", error="none", attempts=3)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        assert not any('."payload"' in query["sql"] for query in queries)
        return len(queries)

    make(2, "few")
    client.get(path)  # what is looked up once, such as content types
    few = cost()
    make(40, "many")
    assert cost() == few


# -- one job
async def test_the_page_of_a_job(root: httpx.AsyncClient) -> None:
    started = await hands.start(60, job_id="of_a_client", raise_at=55)
    size = len(json.dumps(started.job.payload))
    job = await hands.turn(started.job.pk)
    page = await root.get(page_of(job))
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))
    assert "60 of 60" in text and f"Input {size} bytes" in text and job.trace_id in text and "192.0.2.1" in text
    assert "data-live=" not in page.text  # it has ended: there is nothing to follow
    assert re.search(r"queued [\d.]+ s .*running [\d.]+ s tester .*completed", text)
    assert "all (60)" in text and "error (1)" in text and "success (59)" in text
    assert '&quot;square&quot;:2401}' in page.text and '&quot;square&quot;:2500}' not in page.text and "Page 1 of 2" in text
    second = (await root.get(page_of(job) + "?items=&page=2")).text
    assert '&quot;square&quot;:2500}' in second and '&quot;square&quot;:2401}' not in second
    wrong = (await root.get(page_of(job) + "?items=error")).text
    assert "INTERNAL_ERROR" in wrong and "square" not in wrong
    assert page_of(job, "results.json") in page.text and f"/jobs/{job.pk}" in page.text
    results = (await root.get(page_of(job, "results.json"))).json()
    assert [item["index"] for item in results["books"]] == list(range(60)) and results["status"] == "completed"
    assert (await root.get(page_of(job, "results.json?offset=58"))).json()["pagination"]["offset"] == 58
    assert (await root.get(page_of(job, "results.json?offset=x"))).status_code == 404


async def test_what_a_job_found_out_is_shown(root: httpx.AsyncClient) -> None:
    started = await hands.completed(2)
    rows = [{"column": "<b>Titel</b>", "field": "title"}, {"column": "Regal", "field": None, "by": "user"}]
    summary = {"detectedFormat": "generic", "encoding": None, "mapping": rows, "warnings": [], "odd": [1]}
    await hands.set_row(started.job.pk, summary=summary)
    page = (await root.get(f"/admin/jobs/job/{started.job.pk}/change/")).text
    assert "detectedFormat" in page and "&lt;b&gt;Titel&lt;/b&gt;" in page and "<td>user</td>" in page and "None" not in page


async def test_a_job_that_goes_on_is_followed(root: httpx.AsyncClient) -> None:
    started = await hands.start(5)
    text = (await root.get(page_of(started.job))).text
    assert f'data-live="{page_of(started.job, "live/")}"' in text and "bookstrack/jobs_admin.js" in text
    first = (await root.get(page_of(started.job, "live/"))).json()
    assert (first["state"], first["ended"], first["progress"], first["processed"]) == ("queued", False, 0.0, 0)
    await hands.dead_worker(started.job.pk, done=2)
    second = (await root.get(page_of(started.job, "live/"))).json()
    assert (second["state"], second["processed"], second["run"], second["worker"]) == ("running", 2, 1, "dead")
    assert [move["target"] for move in second["moves"]] == ["queued", "running"]
    await hands.set_row(started.job.pk, state="queued")
    await hands.turn(started.job.pk)
    last = (await root.get(page_of(started.job, "live/"))).json()
    assert (last["state"], last["ended"], last["progress"], last["succeeded"]) == ("completed", True, 1.0, 5)


async def test_a_job_that_is_not(root: httpx.AsyncClient) -> None:
    for name in ("live/", "results.json"):
        assert (await root.get(f"/admin/jobs/job/nobody/{name}")).status_code == 404
    assert (await post(root, "/admin/jobs/job/nobody/cancel/")).status_code == 404


async def test_what_has_expired_is_said(root: httpx.AsyncClient) -> None:
    job = (await dead()).job
    await hands.set_row(job.pk, purged_at=timezone.now(), payload={})
    page = await root.get(page_of(job))
    assert "they were deleted a day after the end" in page.text and "Retry from the checkpoint" not in page.text
    assert (await root.get(page_of(job, "results.json"))).status_code == 404
    assert "Only a failed job" in (await post(root, page_of(job, "retry/"))).text
    assert (await hands.fresh(job.pk)).place is State.FAILED


async def test_a_pipeline_that_is_gone(root: httpx.AsyncClient) -> None:
    job = (await hands.start()).job
    await hands.set_row(job.pk, pipeline="of_old")
    assert page_of(job, "results.json") not in (await root.get(page_of(job))).text
    assert (await root.get(page_of(job, "results.json"))).status_code == 404


# -- cancel, retry
async def test_a_waiting_job_is_canceled(root: httpx.AsyncClient) -> None:
    started = await hands.start(5)
    reply = await post(root, page_of(started.job, "cancel/"))
    assert "The job is canceled." in reply.text
    assert (await hands.fresh(started.job.pk)).place is State.CANCELED
    assert [one["type"] for one in await hands.told(started.job.pk)] == ["job_started", "job_canceled"]
    assert await in_db(lambda: [entry.change_message for entry in LogEntry.objects.filter(object_id=started.job.pk)]) == ["Canceled."]
    assert "Canceled." in (await root.get(page_of(started.job, "history/"))).text
    assert "had ended before" in (await post(root, page_of(started.job, "cancel/"))).text


async def test_a_running_job_is_told_to_stop(root: httpx.AsyncClient) -> None:
    started = await hands.start(5)
    await hands.dead_worker(started.job.pk, done=1)
    await post(root, page_of(started.job, "cancel/"))
    assert (await hands.fresh(started.job.pk)).place is State.CANCELING
    assert "Cancel this job" not in (await root.get(page_of(started.job))).text


async def test_a_failed_job_is_retried_from_its_checkpoint(root: httpx.AsyncClient) -> None:
    started = await hands.start(20, fail_at=12)
    job = await hands.turn(started.job.pk)
    page = (await root.get(page_of(job))).text
    assert "INVALID_FILE: The file is none." in page and "Retry from the checkpoint" in page
    done = await hands.items_of(job.pk)
    reply = await post(root, page_of(job, "retry/"))
    assert "goes on from its checkpoint" in reply.text
    job = await hands.fresh(job.pk)
    assert (job.place, job.error, job.ended_at) == (State.QUEUED, None, None)
    assert await hands.items_of(job.pk) == done
    notes = await in_db(lambda: list(JobMove.objects.filter(job=job).values_list("note", flat=True)))
    assert notes[-1] == "retried by an operator" and "retried by an operator" in reply.text


async def test_many_are_canceled_and_many_retried(root: httpx.AsyncClient) -> None:
    waiting = [(await hands.start()).job for _ in range(3)]
    done = (await hands.completed()).job
    letter = await dead()
    reply = await act(root, "/admin/jobs/job/", "cancel", *[job.pk for job in (*waiting, done)])
    assert "3 canceled. 1 had ended." in reply.text
    assert [(await hands.fresh(job.pk)).state for job in (*waiting, done)] == ["canceled"] * 3 + ["completed"]
    reply = await act(root, "/admin/jobs/job/", "retry", done.pk, letter.job_id)
    assert "1 retried. 1 had not failed." in reply.text
    assert (await hands.fresh(letter.job_id)).place is State.QUEUED and not await in_db(DeadLetter.objects.exists)


async def test_cancel_while_redis_is_away(root: httpx.AsyncClient, settings: Any) -> None:
    job = (await hands.start()).job
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert (await root.get(page_of(job))).status_code == 200
    await post(root, page_of(job, "cancel/"))
    assert (await hands.fresh(job.pk)).place is State.CANCELED


# -- dead letters
async def test_dead_letters_are_listed(root: httpx.AsyncClient) -> None:
    letter = await dead()
    text = (await root.get("/admin/jobs/deadletter/")).text
    assert page_of(letter.job) in text and "INTERNAL_ERROR" in text and "counting" in text and letter.error in text
    assert 'class="field-attempts">3<' in text
    assert f"/admin/jobs/deadletter/{letter.pk}/retry/" in text and f"/admin/jobs/deadletter/{letter.pk}/discard/" in text
    assert letter.error in (await root.get(f"/admin/jobs/deadletter/{letter.pk}/change/")).text
    assert "It is a dead letter, after 3 attempts" in (await root.get(page_of(letter.job))).text
    assert page_of(letter.job) in (await root.get(f"/admin/jobs/deadletter/?q={letter.job_id}&kind=INTERNAL_ERROR")).text
    assert page_of(letter.job) not in (await root.get("/admin/jobs/deadletter/?q=nobody")).text


async def test_one_is_retried_or_discarded(root: httpx.AsyncClient) -> None:
    first, second = await dead(), await dead()
    reply = await post(root, f"/admin/jobs/deadletter/{first.pk}/retry/")
    assert "goes on from its checkpoint" in reply.text and reply.url.path == page_of(first.job)
    reply = await post(root, f"/admin/jobs/deadletter/{second.pk}/discard/")
    assert "was given up" in reply.text
    assert not await in_db(DeadLetter.objects.exists)
    assert (await hands.fresh(first.job_id)).place is State.QUEUED
    assert (await hands.fresh(second.job_id)).place is State.FAILED
    assert "Dead letter discarded." in (await root.get(page_of(second.job, "history/"))).text
    for name in ("retry", "discard"):
        assert (await post(root, f"/admin/jobs/deadletter/{first.pk}/{name}/")).status_code == 404


async def test_many_are_retried_or_discarded(root: httpx.AsyncClient) -> None:
    letters = [await dead() for _ in range(4)]
    assert "2 retried." in (await act(root, "/admin/jobs/deadletter/", "retry", *[letter.pk for letter in letters[:2]])).text
    assert "2 discarded." in (await act(root, "/admin/jobs/deadletter/", "discard", *[letter.pk for letter in letters[2:]])).text
    assert not await in_db(DeadLetter.objects.exists)
    assert [(await hands.fresh(letter.job_id)).state for letter in letters] == ["queued", "queued", "failed", "failed"]


# -- queues and workers
def working_on(job: Job) -> queue.JobWorker:
    """A worker that says that it has this job in hand."""
    worker = queue.JobWorker(redis.queue_client(), lambda: None)
    worker.register_birth()
    worker.set_state("busy")
    ticket = worker.queues[queue.NAMES.index(job.queue)].fetch_job(f"{job.pk}-0")
    assert ticket is not None
    worker.prepare_execution(ticket)
    return worker


async def test_queues_and_workers(root: httpx.AsyncClient) -> None:
    first, second = await hands.start(job_id="of_a_client"), await hands.start()
    await dead()
    await hands.dead_worker(first.job.pk)
    worker = await in_db(working_on, first.job)
    page = await root.get("/admin/jobs/job/queues/")
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))
    assert re.search(r"high 0 – default \d [\d.]+ s low 0 –", text), text
    assert re.search(rf"{worker.name} busy counting of_a_client [\d.]+ s", text), text
    assert page_of(first.job) in page.text and "silent" not in text
    assert re.search(r"queued \d running 1 waiting on quota 0 canceling 0 dead letters 1", text)
    assert second.token not in page.text


async def test_no_worker_runs(root: httpx.AsyncClient) -> None:
    assert "No worker runs: jobs wait." in (await root.get("/admin/jobs/job/queues/")).text


async def test_queues_while_redis_is_away(root: httpx.AsyncClient, settings: Any) -> None:
    await redis.close()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    page = await root.get("/admin/jobs/job/queues/")
    assert page.status_code == 503 and "Redis is away" in page.text and "Jobs that have not ended" in page.text
    page = await root.get("/admin/rq/")
    assert page.status_code == 503 and "Redis is away" in page.text
    assert (await root.get("/admin/jobs/job/")).status_code == 200


# -- django-rq
async def test_django_rq_shows_our_tickets(root: httpx.AsyncClient) -> None:
    job = (await hands.start()).job
    names = re.findall(r'/admin/rq/queues/\d/details/">\s*(\w+)', (await root.get("/admin/rq/")).text)
    assert sorted(names) == sorted(queue.NAMES)
    assert f"{job.pk}-0" in (await root.get("/admin/rq/queues/0/")).text
    ticket = await root.get(f"/admin/rq/queues/0/{job.pk}-0/")
    assert ticket.status_code == 200 and "jobs.worker.work" in ticket.text
    assert ticket.headers["content-security-policy"].startswith("default-src 'self'; script-src 'self';")
    worker = await in_db(working_on, job)
    assert worker.name in (await root.get("/admin/rq/workers/0/")).text
    for path in ("/admin/rq/queues/9/", "/admin/rq/queues/0/nobody/", "/admin/rq/workers/0/rq:worker:nobody/"):
        assert (await root.get(path)).status_code == 404, path
    for path in ("/admin/", "/admin/jobs/", "/admin/jobs/job/queues/"):
        assert 'href="/admin/rq/"' in (await root.get(path)).text, path


async def test_only_a_superuser_changes_tickets(client: httpx.AsyncClient) -> None:
    job = (await hands.start()).job
    await log_in(client, "operator", "view_job", "change_job", "view_deadletter", "change_deadletter", "delete_deadletter")
    for path in ("empty/", "requeue-all/", "failed/clear/", f"{job.pk}-0/delete/", f"{job.pk}-0/stop/"):
        assert (await post(client, f"/admin/rq/queues/0/{path}")).status_code == 403, path
    assert (job.pk, 0) in await in_db(queue.waiting, "default")
    client.cookies.clear()
    await log_in(client, "root")
    reply = await post(client, f"/admin/rq/queues/0/{job.pk}-0/stop/")
    assert "cancel it on the job" in reply.text
    assert (await post(client, "/admin/rq/queues/0/empty/")).status_code == 200
    assert (job.pk, 0) not in await in_db(queue.waiting, "default")
    assert (await hands.fresh(job.pk)).place is State.QUEUED  # the scheduler brings its ticket back


async def test_the_queues_are_where_our_own_door_leads(settings: Any) -> None:
    assert list(settings.RQ_QUEUES) == list(queue.NAMES)
    settings.REDIS_URL = "redis://elsewhere:6379/3"
    assert settings.RQ_QUEUES["high"] == {"URL": "redis://elsewhere:6379/3"}
    with pytest.raises(KeyError):
        settings.RQ_QUEUES["other"]
