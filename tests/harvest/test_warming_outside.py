"""Warming as it is started from outside: over HTTP with a token, by command, on a page of the admin."""

import base64
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command

from bookstrack.lib import logging
from bookstrack.lib.db import in_db
from harvest import conf
from harvest.models import Run, WarmedKey
from harvest.pipelines.cache_warming import CacheWarming
from jobs import runner
from jobs.models import Job, ServiceToken
from scanning import uploads
from search import services
from tests.functional.test_admin import form
from tests.search.resolving.conftest import library
from tests.search.resolving.library import Library, isbn13

__all__ = ["library"]
PATH = "/api/warming/upload"
AUTHOR = b"author\nGita Iyer\n"
PAGE = "/admin/harvest/warmedkey/warm/"
PASSWORD = "a-long-pass-phrase-of-tests"


@pytest.fixture(autouse=True)
def _here(settings: Any, tmp_path: Path) -> Iterator[None]:
    kept, stream = settings.STORAGES["uploads"], logging._printer.stream
    settings.STORAGES = {**settings.STORAGES, "uploads": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "uploads"}}}
    settings.RATE_LIMITS_ENABLED = False
    yield
    logging._printer.stream = stream


def kept_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]


async def token(*scopes: str) -> dict[str, str]:
    _, clear = await in_db(ServiceToken.issue, "warmer", scopes or ("warming",))
    return {"Authorization": f"Bearer {clear}"}


async def posted(client: httpx.AsyncClient, content: bytes, *, query: str = "", key: str = "", **form: str) -> httpx.Response:
    files = {"file": ("list.csv", content, "text/csv")}
    headers = await token() | ({"Idempotency-Key": key} if key else {})
    return await client.post(PATH + query, data=form, files=files, headers=headers)


async def sent(client: httpx.AsyncClient, content: bytes, **more: Any) -> httpx.Response:
    body = {"csv": base64.b64encode(content).decode(), **more}
    return await client.post(PATH, json=body, headers=await token())


def error_of(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    error: dict[str, Any] = reply.json()["error"]
    assert error["code"] == code, error
    return error


# -- who may
async def test_a_token_of_the_scope_is_needed(client: httpx.AsyncClient, library: Library) -> None:
    body = {"csv": base64.b64encode(AUTHOR).decode()}
    error_of(await client.post(PATH, json=body), 401, "UNAUTHORIZED")
    error_of(await client.post(PATH, json=body, headers={"Authorization": "Bearer wrong"}), 401, "UNAUTHORIZED")
    error_of(await client.post(PATH, json=body, headers={"X-Harvest-Secret": "x"}), 401, "UNAUTHORIZED")
    error_of(await client.post(PATH, json=body, headers=await token("harvest")), 403, "FORBIDDEN")
    assert not await Job.objects.aexists() and not await Run.objects.aexists()
    assert (await client.post(PATH, json=body, headers=await token("harvest", "warming"))).status_code == 202


# -- starting
@pytest.mark.parametrize("multipart", [True, False])
async def test_a_file_is_warmed_as_a_job(client: httpx.AsyncClient, library: Library, tmp_path: Path, multipart: bool) -> None:
    volumes = library.stocked(3)
    rows = "".join(f"{volume.title},{volume.author},{volume.isbn}\n" for volume in volumes)
    content = f"Title,Author,ISBN\n{rows}{rows},,\n".encode()
    reply = await (posted(client, content, priority="normal") if multipart else sent(client, content, priority="normal", jobId="mine"))
    data = reply.json()["data"]
    assert reply.status_code == 202 and data["token"] and data["websocketUrl"].endswith(data["jobId"]), reply.text
    assert (data["authorsQueued"], data["estimatedWorks"], data["rowsUnusable"]) == (0, 3, 1)
    job = await Job.objects.aget(pk=data["jobId"])
    assert job.queue == "default" and job.total_count == 3 and (multipart or job.pk == "mine")
    await runner.take_turn(job.pk, "tester")
    run = await Run.objects.aget(job_id=job.pk)
    assert run.asked_by == "warmer" and run.figures["warmed"] == 3 and run.figures["rowsUnusable"] == 1
    results = await client.get(f"/v1/jobs/{job.pk}/results", headers={"Authorization": f"Bearer {data['token']}"}, params={"limit": 2})
    page = results.json()["data"]
    assert [item["status"] for item in page["warmed"]] == ["warmed", "warmed"] and page["pagination"]["hasMore"]
    assert len(kept_files(tmp_path)) == 1
    await job.arefresh_from_db()
    await in_db(CacheWarming.forget, job.payload)
    assert not kept_files(tmp_path)


async def test_what_is_queued_and_estimated(client: httpx.AsyncClient, library: Library) -> None:
    content = b"author\nGita Iyer\nAnn Bee\nANN BEE\n=1+1\nx\n"
    data = (await posted(client, content)).json()["data"]
    assert data["authorsQueued"] == 2 and data["estimatedWorks"] == 50 and data["rowsUnusable"] == 2
    books = b"title,author,isbn\nDune,Frank Herbert,9780306406157\nEmma,Jane Austen,\n"
    assert (await posted(client, books)).json()["data"]["authorsQueued"] == 0
    deep = (await posted(client, books, maxDepth="3")).json()["data"]
    assert deep["authorsQueued"] == 2 and deep["estimatedWorks"] == 52


async def test_the_estimate_knows_bibliographies_that_were_asked_for(client: httpx.AsyncClient, library: Library) -> None:
    library.stocked(4)
    await client.get("/v1/search/author", params={"q": "Gita Iyer"})
    await services.settled()
    known = (await posted(client, AUTHOR)).json()["data"]["estimatedWorks"]
    assert known == 4


async def test_a_plan_starts_and_asks_nothing(client: httpx.AsyncClient, library: Library) -> None:
    isbns = "\n".join(str(volume.isbn) for volume in library.stocked(150))
    reply = await posted(client, f"isbn\n{isbns}\n".encode(), query="?plan=1")
    plan = reply.json()["data"]
    assert reply.status_code == 200 and plan["items"] == plan["keys"] == 150 and plan["cached"] == 0
    assert plan["calls"] == {"openlibrary": 2, "google-books": 0, "isbndb": 1} and plan["rowsUnusable"] == 0
    authors = (await posted(client, AUTHOR, query="?plan=1")).json()["data"]
    assert authors["calls"]["openlibrary"] >= 2 and authors["estimatedSeconds"]["p50"] <= authors["estimatedSeconds"]["p90"]
    assert not library.calls and not await Job.objects.aexists() and not await Run.objects.aexists()


async def test_an_idempotency_key_starts_once(client: httpx.AsyncClient, library: Library, tmp_path: Path) -> None:
    first, second = [await posted(client, AUTHOR, key="k") for _ in range(2)]
    assert first.json()["data"]["jobId"] == second.json()["data"]["jobId"] and await Run.objects.acount() == 1
    error_of(await posted(client, AUTHOR, key="k", maxDepth="2"), 409, "JOB_EXISTS")
    error_of(await sent(client, AUTHOR, jobId=first.json()["data"]["jobId"]), 409, "JOB_EXISTS")
    assert await Run.objects.acount() == 1 and len(kept_files(tmp_path)) == 1


# -- bad input
BAD_MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({}, "csv"),
    ({"csv": ""}, "csv"),
    ({"csv": None}, "csv"),
    ({"csv": "not base64 !!"}, "csv"),
    ({"csv": 7}, "csv"),
    ({"csv": ["x"]}, "csv"),
    ({"maxDepth": 0}, "maxDepth"),
    ({"maxDepth": 9}, "maxDepth"),
    ({"maxDepth": True}, "maxDepth"),
    ({"maxDepth": 1.0}, "maxDepth"),
    ({"maxDepth": "x"}, "maxDepth"),
    ({"maxDepth": [1]}, "maxDepth"),
    ({"priority": "urgent"}, "priority"),
    ({"priority": 1}, "priority"),
    ({"jobId": "../etc"}, "jobId"),
]


async def test_bad_members(client: httpx.AsyncClient) -> None:
    headers = await token()
    for body, field in BAD_MEMBERS:
        given = body if "csv" in body or not body else {"csv": base64.b64encode(AUTHOR).decode(), **body}
        reply = await client.post(PATH, json=given, headers=headers)
        assert reply.status_code == 400 and reply.json()["error"]["details"]["field"] == field, (body, reply.text)


async def test_a_body_that_is_no_object(client: httpx.AsyncClient) -> None:
    headers = {**await token(), "Content-Type": "application/json"}
    for body in (b"", b"[]", b"{", b"\xff\xfe", b'{"csv": "QQ==", "csv": {'):
        error_of(await client.post(PATH, content=body, headers=headers), 400, "INVALID_REQUEST")


HOSTILE: list[tuple[bytes, set[int]]] = [
    (b"", {400}),
    (b"\x00\x01\x02\xff" * 500, {400, 415}),
    (b"title,author\n\x00\x00,\x00\n", {202, 400, 415}),
    (b"\x89PNG\r\n\x1a\n" + b"\x00" * 200, {400, 415}),
    (b"a," * 50_000 + b"b\n1\n", {400}),
    (b"author\n", {400}),
    (b"author\n\n \n,\n", {400}),
    (b"colour\nred\n", {202, 400}),
    (b'author\n"never closed\nGita Iyer\n', {202, 400}),
    (b"isbn\n9780306406158\nnone\n", {400}),
    (b"author\n" + b"x" * 200_000 + b"\n", {400}),
    ("Autor;Titel\nMüller;Äpfel\n".encode("cp1252"), {202}),
    ("author\nУрсула Ле Гуин\n".encode("utf-16"), {202}),
    (b"author\n=cmd|' /C calc'!A0\n@SUM(1)\n", {202}),
]


async def test_hostile_files_are_never_our_fault(client: httpx.AsyncClient, library: Library) -> None:
    for content, statuses in HOSTILE:
        reply = await posted(client, content)
        assert reply.status_code in statuses, (content[:50], reply.text)
        assert reply.status_code == 202 or reply.json()["error"]["code"]


async def test_a_file_has_its_bounds(client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conf, "MAX_WARMING_BYTES", 1000)
    error_of(await posted(client, b"author\n" + b"Gita Iyer\n" * 200), 413, "FILE_TOO_LARGE")
    error_of(await sent(client, b"author\n" + b"Gita Iyer\n" * 200), 413, "FILE_TOO_LARGE")
    monkeypatch.setattr(conf, "MAX_WARMED", 3)
    error_of(await posted(client, ("isbn\n" + "\n".join(isbn13(n) for n in range(5))).encode()), 400, "BATCH_TOO_LARGE")


async def test_a_large_file_comes_through(client: httpx.AsyncClient, library: Library) -> None:
    """More than Django takes by itself, as a form and as JSON."""
    content = b"author,notes\n" + b"".join(b"Gita Iyer,%d%s\n" % (number, b"y" * 3000) for number in range(1000))
    assert len(content) > 3_000_000
    for reply in (await posted(client, content), await sent(client, content)):
        assert reply.status_code == 202 and reply.json()["data"]["authorsQueued"] == 1, reply.text


async def test_a_full_disk_leaves_nothing_half_started(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "keep", full)
    reply = await posted(client, AUTHOR)
    assert reply.status_code >= 500 and "No space" not in reply.text
    assert not await Job.objects.aexists() and not await Run.objects.aexists()


# -- the command
def commanded(*args: str) -> str:
    out = StringIO()
    call_command("warm_cache", *args, "--quiet", stdout=out)
    return out.getvalue()


def test_the_command(transactional_db: None, library: Library, tmp_path: Path) -> None:
    volumes = library.stocked(5)
    listed = tmp_path / "isbns.txt"
    listed.write_text("# of the shop window\n" + "\n".join(str(volume.isbn) for volume in volumes) + "\nnone\n")
    shown = commanded("--isbns", str(listed), "--dry-run")
    assert "5 keys to warm" in shown and "openlibrary 1" in shown and str(volumes[0].isbn) in shown
    assert not library.calls and not Run.objects.exists() and not Job.objects.exists()
    shown = commanded("--isbns", str(listed))
    assert "warmed 5" in shown and "calls: isbndb 1, openlibrary 1" in shown and "Done" in shown
    assert Run.objects.get().asked_by == "command" and WarmedKey.objects.count() == 5
    assert "fresh already 5" in commanded("--isbns", str(listed))
    assert library.calls.total() == 2
    assert "Nothing" in commanded("--popular", "10") and "Nothing" in commanded("--expiring")
    file = tmp_path / "books.csv"
    file.write_text(f"Title;Author\n{volumes[0].title};{volumes[0].author}\n")
    assert "warmed 2" in commanded("--csv", str(file))


BAD_ARGUMENTS: list[list[str]] = [
    [],
    ["--popular", "0"],
    ["--isbns", "/nowhere"],
    ["--csv", "/nowhere"],
    ["--expiring", "--days", "-1"],
    ["--popular", "1", "--depth", "4"],
]


def test_bad_arguments(transactional_db: None) -> None:
    for args in BAD_ARGUMENTS:
        with pytest.raises(CommandError):
            commanded(*args)


def test_the_command_says_what_failed(transactional_db: None, library: Library, tmp_path: Path) -> None:
    listed = tmp_path / "isbns.txt"
    listed.write_text("9780306406157\n")
    library.fail()
    with pytest.raises(CommandError, match="1 keys could not be filled") as failure:
        commanded("--isbns", str(listed))
    assert failure.value.returncode == 1
    listed.write_text("none\n")
    with pytest.raises(CommandError, match="No row names"):
        commanded("--isbns", str(listed))


# -- the admin
async def log_in(client: httpx.AsyncClient, *permissions: str) -> None:
    def make() -> None:
        user = User.objects.create_user("staff", password=PASSWORD, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="harvest", codename__in=permissions))

    await in_db(make)
    page = await client.get("/admin/login/")
    data = {"username": "staff", "password": PASSWORD, "csrfmiddlewaretoken": form(page), "next": "/admin/"}
    await client.post("/admin/login/", data=data)


async def test_staff_warm_by_a_page(client: httpx.AsyncClient, library: Library) -> None:
    volumes = library.stocked(2)
    await log_in(client, "add_run", "view_run", "view_warmedkey")
    page = await client.get(PAGE)
    assert page.status_code == 200 and 'type="file"' in page.text
    data = {"what": "file", "depth": "1", "priority": "high", "csrfmiddlewaretoken": form(page)}
    content = "isbn\n" + "\n".join(str(volume.isbn) for volume in volumes)
    reply = await client.post(PAGE, data=data, files={"file": ("b.csv", content.encode(), "text/csv")})
    run = await Run.objects.aget()
    assert reply.status_code == 302 and reply.headers["location"] == f"/admin/harvest/run/{run.pk}/change/"
    job = await Job.objects.aget(pk=run.job_id)
    assert job.queue == "high" and run.asked_by == "staff"
    assert (await LogEntry.objects.aget()).object_id == str(run.pk)
    await runner.take_turn(job.pk, "tester")
    await client.get("/v1/search/isbn", params={"isbn": volumes[0].isbn})
    await services.settled()
    listed = await client.get("/admin/harvest/warmedkey/", params={"run__id__exact": run.pk})
    assert listed.status_code == 200 and listed.text.count("search:isbn:") == 2 and PAGE in listed.text
    assert '<td class="field-hits">1</td>' in listed.text and '<td class="field-hits">0</td>' in listed.text


async def test_the_page_tells_what_is_wrong(client: httpx.AsyncClient, library: Library) -> None:
    await log_in(client, "add_run")
    data = {"what": "file", "depth": "1", "priority": "low", "csrfmiddlewaretoken": form(await client.get(PAGE))}
    assert "Choose a file" in (await client.post(PAGE, data=data)).text
    bad = await client.post(PAGE, data=data, files={"file": ("b.csv", b"\x00\x01" * 99, "text/csv")})
    assert bad.status_code == 200 and "errorlist" in bad.text
    for what in ("popular", "expiring"):
        assert (await client.post(PAGE, data={**data, "what": what})).headers["location"] == PAGE
    assert "errorlist" in (await client.post(PAGE, data={**data, "depth": "7"})).text
    assert (await client.post(PAGE, data={"what": "file"})).status_code == 403, "without the token of the form"
    assert not await Run.objects.aexists()


async def test_staff_without_the_permission_may_not(client: httpx.AsyncClient) -> None:
    await log_in(client, "view_run", "view_warmedkey")
    assert (await client.get(PAGE)).status_code == 403
    assert PAGE not in (await client.get("/admin/harvest/warmedkey/")).text
