"""Harvests as they are started from outside: over HTTP with a token, by command, by a button of the admin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from bookstrack.lib import logging
from bookstrack.lib.db import in_db
from harvest.models import Cover, CoverVerdict, Run
from jobs.models import ServiceToken
from scanning.pictures import pictures
from tests.harvest.catalogues import Catalogues, isbn13
from tests.jobs import hands

PATH = "/api/harvest-covers"
ISBN, ISBN10 = "9780306406157", "0306406152"


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    stream = logging._printer.stream
    yield
    logging._printer.stream = stream


async def token(*scopes: str) -> dict[str, str]:
    _, clear = await in_db(ServiceToken.issue, "night", scopes or ("harvest",))
    return {"Authorization": f"Bearer {clear}"}


# -- HTTP
async def test_a_harvest_over_http(client: httpx.AsyncClient, catalogues: Catalogues) -> None:
    catalogues.have("isbndb", ISBN)
    reply = await client.post(PATH, json={"isbns": [ISBN10, "978-0-306-40615-7"]}, headers=await token())
    data = reply.json()["data"]
    assert reply.status_code == 202 and data["totalCount"] == 1 and data["token"] and data["websocketUrl"].endswith(data["jobId"])
    busy = await client.post(PATH, json={"isbns": [isbn13(1)]}, headers=await token())
    assert busy.status_code == 409 and busy.json()["error"]["details"]["jobId"] == data["jobId"]
    await hands.turn(data["jobId"])
    results = await client.get(f"/v1/jobs/{data['jobId']}/results", headers={"Authorization": f"Bearer {data['token']}"})
    assert results.json()["data"]["covers"][0]["isbn"] == ISBN and results.json()["data"]["summary"]["found"] == 1
    assert (await in_db(Run.objects.get)).asked_by == "night"
    await pictures.close()


async def test_a_plan_starts_nothing(client: httpx.AsyncClient, catalogues: Catalogues) -> None:
    await in_db(Cover.objects.create, isbn=isbn13(1), state=Cover.State.KEPT)
    body = {"isbns": [isbn13(number) for number in range(1, 151)]}
    reply = await client.post(PATH + "?plan=1", json=body, headers=await token())
    data = reply.json()["data"]
    assert reply.status_code == 200 and data["items"] == 150 and data["cached"] == 1
    assert data["calls"] == {"isbndb": 1, "openlibrary": 2, "google-books": 149} and data["budgetLeft"]["google-books"] == 800
    assert not catalogues.calls and not await in_db(Run.objects.exists)


async def test_who_may(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for headers in ({}, {"Authorization": "Bearer " + "G" * 43}, {"X-Harvest-Secret": "wrong"}):
        assert (await client.post(PATH, json={"isbns": [ISBN]}, headers=headers)).status_code == 401
    assert (await client.post(PATH, json={"isbns": [ISBN]}, headers=await token("warming"))).status_code == 403
    monkeypatch.setenv("HARVEST_SECRET", "a-secret-of-the-operator")
    assert (await client.post(PATH, json={"isbns": [ISBN]}, headers={"X-Harvest-Secret": "a-secret-of-the-operator"})).status_code == 202


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"isbns": ["123"]}', "INVALID_ISBN"), (b'{"isbns": ["9780306406158"]}', "INVALID_ISBN"),
        (b'{"isbns": "9780306406157"}', "INVALID_REQUEST"), (b'{"isbns": [null]}', "INVALID_REQUEST"),
        (b'{"isbns": {}}', "INVALID_REQUEST"), (b'{"isbns": []}', "EMPTY_BATCH"),
        (b'{"limit": -1}', "INVALID_REQUEST"), (b'{"limit": 0}', "INVALID_REQUEST"),
        (b'{"limit": "many"}', "INVALID_REQUEST"), (b'{"limit": true}', "INVALID_REQUEST"), (b'{"limit": 10001}', "INVALID_REQUEST"),
        (b"[]", "INVALID_REQUEST"), (b"{", "INVALID_REQUEST"), (b'{"jobId": "a b"}', "INVALID_REQUEST"),
    ],
)  # fmt: skip
async def test_bad_bodies(client: httpx.AsyncClient, body: bytes, code: str) -> None:
    reply = await client.post(PATH, content=body, headers={**await token(), "Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
    assert not await in_db(Run.objects.exists)


async def test_a_bad_isbn_is_named_by_its_place(client: httpx.AsyncClient) -> None:
    reply = await client.post(PATH, json={"isbns": [ISBN, "123"]}, headers=await token())
    assert reply.json()["error"]["details"]["index"] == 1


async def test_nothing_due_is_a_harvest_of_nothing(client: httpx.AsyncClient, catalogues: Catalogues) -> None:
    reply = await client.post(PATH, headers=await token())
    assert reply.status_code == 202 and reply.json()["data"]["totalCount"] == 0
    await hands.turn(reply.json()["data"]["jobId"])
    assert (await in_db(Run.objects.get)).state == Run.State.DONE and not catalogues.calls


# -- the command
def listed(folder: Path, *isbns: str) -> str:
    path = folder / "isbns.txt"
    path.write_text("# mine\n" + "\n".join(f"{isbn}  # one" for isbn in isbns))
    return str(path)


@pytest.mark.django_db(transaction=True)
def test_the_command(catalogues: Catalogues, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    isbns = [isbn13(number) for number in (1, 2, 3)]
    catalogues.have("isbndb", isbns[0])
    file = listed(tmp_path, *isbns)
    call_command("harvest_covers", isbns=file, dry_run=True)
    told = capsys.readouterr().out
    assert "3 covers" in told and all(isbn in told for isbn in isbns) and not catalogues.calls and not Run.objects.exists()
    call_command("harvest_covers", isbns=file, limit=2, quiet=True)
    told = capsys.readouterr().out
    assert "1 found, 0 skipped, 1 none, 0 errors" in told and Run.objects.get().state == Run.State.DONE
    catalogues.failing["openlibrary"] = 503
    with pytest.raises(CommandError, match="1 covers") as raised:
        call_command("harvest_covers", isbns=file, quiet=True)
    assert raised.value.returncode == 1 and "1 x Open Library did not answer" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "", "no isbn", "9780306406158"])
def test_a_list_that_names_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "isbns.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError):
        call_command("harvest_covers", isbns=str(path))


# -- the admin
def staff(client: Client, *permissions: str) -> None:
    user = User.objects.create_user("staff", password="a-long-pass-phrase-of-tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="harvest", codename__in=permissions))
    client.force_login(user)


@pytest.mark.django_db(transaction=True)
def test_the_button_of_the_admin(client: Client, catalogues: Catalogues) -> None:
    client = Client()
    button = "/admin/harvest/run/harvest-now/"
    staff(client, "view_run", "view_coververdict")
    assert "Harvest now" not in client.get("/admin/harvest/run/").content.decode() and client.post(button).status_code == 403
    User.objects.get().user_permissions.add(Permission.objects.get(codename="add_run"))
    assert "Harvest now" in client.get("/admin/harvest/run/").content.decode() and client.get(button).status_code == 405
    assert "has begun" in client.post(button, follow=True).content.decode()
    run = Run.objects.get()
    assert run.asked_by == "staff" and LogEntry.objects.get().object_id == str(run.pk)
    assert "one at a time" in client.post(button, follow=True).content.decode() and Run.objects.count() == 1


@pytest.mark.django_db
def test_the_lists_of_the_admin(django_assert_max_num_queries: Any) -> None:
    client = Client()
    staff(client, "view_run", "view_coververdict")
    figures = {"found": 1, "errors": {"Open Library did not answer": 2}, "bytes": 40_000, "calls": {"isbndb": 1}}
    done = {"kind": "harvest", "state": "done", "ended_at": timezone.now(), "figures": figures}
    runs = [Run.objects.create(job_id=f"job-{number}", **done) for number in range(30)]
    kept = {"outcome": "found", "source": "isbndb", "score": 0.9, "stored_bytes": 40_000, "original_bytes": 90_000}
    for run in runs:
        CoverVerdict.objects.create(run=run, isbn=ISBN, **kept)
    books = "/admin/harvest/coververdict/"
    lists = ("/admin/harvest/run/", books, f"{books}?run__id__exact={runs[0].pk}&source=isbndb", f"{books}?q={ISBN}")
    for page in (*lists, f"/admin/harvest/run/{runs[0].pk}/change/"):
        with django_assert_max_num_queries(20):
            assert client.get(page).status_code == 200, page
    whole = client.get(f"/admin/harvest/run/{runs[0].pk}/change/").content.decode()
    assert "Open Library did not answer 2" in whole and "40.0 kB" in whole and 'href="/admin/jobs/job/job-0/change/"' in whole
    assert client.post("/admin/harvest/run/add/").status_code == 403
