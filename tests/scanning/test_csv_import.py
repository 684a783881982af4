"""CSV import from the request to the results, through the whole application and a worker's turn."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from bookstrack.lib.db import in_db
from jobs import checkpoints, endings, leases, runner, upkeep
from jobs.models import Job
from jobs.pipeline import Result
from jobs.progress import Standing
from scanning.conf import MAX_IMPORT_BYTES
from tests.scanning.model import said, serving
from tests.search.resolving.library import Library

PATHS = ("/v1/import/csv", "/api/import/csv-gemini")
ROWS = "Title,Author,ISBN,Signed by\nDune,Frank Herbert,9780441172719,the author\n,,,nobody\nEmma,Jane Austen,,\n"


def uploads() -> list[Path]:
    folder = Path(django_settings.STORAGES["uploads"]["OPTIONS"]["location"])
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    kept = settings.STORAGES["uploads"]
    here = {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "uploads"}}
    settings.STORAGES = {**settings.STORAGES, "uploads": here}


async def posted(
    client: httpx.AsyncClient, content: str | bytes, *, path: str = PATHS[0], name: str = "books.csv", **form: str
) -> httpx.Response:
    raw = content.encode() if isinstance(content, str) else content
    return await client.post(path, data={"enrich": "0", **form}, files={"file": (name, raw, "text/csv")})


async def worked(reply: httpx.Response) -> Job:
    assert reply.status_code == 202, reply.text
    await runner.take_turn(reply.json()["data"]["jobId"], "tester")
    return await Job.objects.aget(pk=reply.json()["data"]["jobId"])


async def results(client: httpx.AsyncClient, reply: httpx.Response, **params: Any) -> dict[str, Any]:
    data = reply.json()["data"]
    found = await client.get(f"/v1/csv/results/{data['jobId']}", headers={"Authorization": f"Bearer {data['token']}"}, params=params)
    assert found.status_code == 200, found.text
    shown: dict[str, Any] = found.json()["data"]
    return shown


async def done(client: httpx.AsyncClient, reply: httpx.Response) -> dict[str, Any]:
    job = await worked(reply)
    assert job.state == "completed", job.error
    return await results(client, reply)


def error_of(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    error: dict[str, Any] = reply.json()["error"]
    assert error["code"] == code
    return error


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("raw", [False, True])
async def test_every_row_is_a_book_or_an_error(client: httpx.AsyncClient, library: Library, path: str, raw: bool) -> None:
    if raw:
        reply = await client.post(path, params={"enrich": "0"}, content=ROWS.encode(), headers={"Content-Type": "text/csv"})
    else:
        reply = await posted(client, ROWS, path=path)
    assert reply.json()["data"]["detectedFormat"] == "generic" and reply.json()["data"]["totalRows"] == 3
    found = await done(client, reply)
    assert [(book["row"], book["title"], book.get("isbn")) for book in found["books"]] == [(1, "Dune", "9780441172719"), (3, "Emma", None)]
    [error] = found["errors"]
    assert error["row"] == 2 and "nobody" in error["raw"] and error["code"] and error["message"]
    assert (found["successRate"], found["summary"]["totalRows"], found["encoding"]) == ("2/3", 3, "utf-8")
    assert found["books"][0]["extra"] == {"Signed by": "the author"} and found["mapping"][0]["field"] == "title"
    assert library.calls.total() == 0 and not any("enrich" in book for book in found["books"])


async def test_pages_of_results(client: httpx.AsyncClient, library: Library) -> None:
    text = "Title,Author\n" + "".join(f"Book {n},Ann Bee\n" if n % 10 else ",\n" for n in range(1, 2501))
    reply = await posted(client, text)
    job = await worked(reply)
    assert (job.total_count, job.processed_count, job.success_count) == (2500, 2500, 2250)
    page = await results(client, reply, limit=20, offset=1990)
    assert [book["row"] for book in page["books"]] == [n for n in range(1991, 2011) if n % 10]
    assert [error["row"] for error in page["errors"]] == [2000, 2010] and page["pagination"]["total"] == 2500


async def test_the_end_is_told_in_few_words(client: httpx.AsyncClient, library: Library) -> None:
    text = ",".join(f"Column of some length {n}" for n in range(60)) + "\nTitle" + ",x" * 59 + "\n"
    job = await worked(await posted(client, text))
    _, payload = endings.last_message(job)
    assert len(json.dumps(payload)) < 900 and payload["summary"]["totalRows"] == 1 and "mapping" not in payload["summary"]


async def test_rows_are_looked_up(client: httpx.AsyncClient, library: Library) -> None:
    first, second = library.stocked(2)
    text = f"Title,Author,ISBN\n,,{first.isbn}\n{second.title},{second.author},\nzzz nobody wrote this,Ann Bee,\n,,\n"
    found = await done(client, await posted(client, text, enrich="1"))
    isbn, words, unknown = (book["enrich"] for book in found["books"])
    assert isbn["status"] == "success" and isbn["edition"]["isbn"] == first.isbn and isbn["match"]["by"] == "isbn"
    assert words["work"]["title"] == second.title and words["match"]["by"] == "title_author" and words["candidates"][0]["chosen"]
    assert unknown["status"] == "not_found" and [error["row"] for error in found["errors"]] == [4]
    before = library.calls.total()
    again = await done(client, await posted(client, text, enrich="1", name="another name.csv"))
    assert library.calls.total() == before and [b["enrich"]["status"] for b in again["books"]] == ["success", "success", "not_found"]


async def test_a_plan_starts_nothing(client: httpx.AsyncClient, library: Library) -> None:
    [volume] = library.stocked(1)
    text = f"Buchtitel;Autor;ISBN;Regal\nDune;Frank Herbert;{volume.isbn};3\n"
    reply = await client.post(PATHS[0], params={"plan": "1"}, files={"file": ("b.csv", text.encode(), "text/csv")})
    assert reply.status_code == 200, reply.text
    plan = reply.json()["data"]
    assert (plan["items"], plan["totalRows"], plan["delimiter"], plan["detectedFormat"]) == (1, 1, ";", "generic")
    assert plan["calls"]["openlibrary"] == 1 and plan["preview"]["rows"] == [["Dune", "Frank Herbert", volume.isbn, "3"]]
    assert [column["field"] for column in plan["mapping"]][:3] == ["title", "author", "isbn"]
    assert library.calls.total() == 0 and await Job.objects.acount() == 0 and not uploads()


async def test_a_column_may_be_named_by_hand(client: httpx.AsyncClient, library: Library) -> None:
    mapping = json.dumps({"aaa": "title", "bbb": "author", "ccc": ""})
    found = await done(client, await posted(client, "aaa,bbb,ccc\nDune,Frank Herbert,x\n", mapping=mapping))
    [book] = found["books"]
    assert (book["title"], book["author"], book["extra"]) == ("Dune", "Frank Herbert", {"ccc": "x"})
    assert {column["by"] for column in found["mapping"]} == {"user"}


@pytest.mark.parametrize(
    ("content", "form", "status", "code"),
    [
        (b"", {}, 400, "EMPTY_BATCH"),
        (b"Title,Author\n", {}, 400, "EMPTY_BATCH"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" * 50, {}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (ROWS, {"encoding": "klingon"}, 400, "INVALID_QUERY"),
        (ROWS, {"delimiter": "x"}, 400, "INVALID_QUERY"),
        (ROWS, {"enrich": "2"}, 400, "INVALID_QUERY"),
        (ROWS, {"mapping": "[1]"}, 400, "INVALID_QUERY"),
        (ROWS, {"mapping": '{"Title": "colour"}'}, 400, "INVALID_QUERY"),
        (ROWS, {"jobId": "no/id"}, 400, "INVALID_REQUEST"),
    ],
)
async def test_what_is_refused(
    client: httpx.AsyncClient, library: Library, content: str | bytes, form: dict[str, str], status: int, code: str
) -> None:
    error_of(await posted(client, content, **form), status, code)
    assert not uploads() and await Job.objects.acount() == 0


async def test_a_form_without_a_file_and_one_that_is_none(client: httpx.AsyncClient, library: Library) -> None:
    error_of(await client.post(PATHS[1], data={"x": "y"}, files={"other": ("a.csv", b"Title\nx\n", "text/csv")}), 400, "MISSING_PARAMETER")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    error_of(await client.post(PATHS[0], content=b"--y\r\n", headers=broken), 400, "MISSING_PARAMETER")
    error_of(await client.post(PATHS[0], content=b"--x", headers={"Content-Type": "multipart/form-data"}), 400, "INVALID_REQUEST")


@pytest.mark.parametrize("raw", [False, True])
async def test_a_file_that_is_too_large(client: httpx.AsyncClient, library: Library, raw: bool) -> None:
    content = b"Title\n" + b"x" * 99 + b"\n" * (MAX_IMPORT_BYTES - 104)
    if raw:
        reply = await client.post(PATHS[0], content=content, headers={"Content-Type": "text/csv"})
    else:
        reply = await posted(client, content)
    details = error_of(reply, 413, "FILE_TOO_LARGE")["details"]
    assert details == {"receivedBytes": MAX_IMPORT_BYTES + 1, "maxBytes": MAX_IMPORT_BYTES} and not uploads()
    endless = await client.post(PATHS[0], content=content + b"x" * 10**6, headers={"Content-Type": "text/csv"})
    assert error_of(endless, 413, "FILE_TOO_LARGE")["details"]["maxBytes"] == MAX_IMPORT_BYTES


async def test_too_many_rows_fail_the_job_and_are_not_cut(client: httpx.AsyncClient, library: Library) -> None:
    reply = await posted(client, "Title,Author\n" + "R,A\n" * 50_001)
    if reply.status_code == 202:
        job = await worked(reply)
        assert job.state == "failed" and job.error["code"] == "BATCH_TOO_LARGE" and job.processed_count == 0
    else:
        error_of(reply, 400, "BATCH_TOO_LARGE")


async def test_a_worker_that_dies_leaves_no_row_out_and_does_none_twice(client: httpx.AsyncClient, library: Library) -> None:
    reply = await posted(client, "Title,Author\n" + "".join(f"Book {n},Ann Bee\n" for n in range(1, 1301)))
    job_id = reply.json()["data"]["jobId"]
    job = await in_db(leases.acquire, job_id, "dead")
    assert job is not None
    early = [Result(index, True, "read", json.dumps({"row": index + 1, "title": "by the dead one"}).encode()) for index in (0, 1, 2, 700)]
    await in_db(checkpoints.write, job_id, job.run, early, Standing(0.1, 4, 1300), seq=0)
    await in_db(Job.objects.filter(pk=job_id).update, lease_until=timezone.now() - timedelta(seconds=1))
    await upkeep.reap()
    found = await done(client, reply)
    whole = [*found["books"], *(await results(client, reply, limit=1000, offset=1000))["books"]]
    assert [book["row"] for book in whole] == list(range(1, 1301))
    assert [book["row"] for book in whole if book["title"] == "by the dead one"] == [1, 2, 3, 701]


async def test_the_file_goes_with_the_jobs_data(client: httpx.AsyncClient, library: Library) -> None:
    reply = await posted(client, ROWS)
    await worked(reply)
    assert len(uploads()) == 1 and uploads()[0].name != "books.csv"
    await in_db(Job.objects.update, ended_at=timezone.now() - timedelta(days=2))
    await upkeep.purge()
    assert not uploads()


async def test_the_same_key_starts_one_job_and_keeps_one_file(client: httpx.AsyncClient, library: Library) -> None:
    async def sent(content: str) -> httpx.Response:
        file = {"file": ("b.csv", content.encode(), "text/csv")}
        return await client.post(PATHS[0], files=file, headers={"Idempotency-Key": "k"})

    first, second = await sent(ROWS), await sent(ROWS)
    assert second.status_code == 202, second.text
    assert first.json()["data"]["jobId"] == second.json()["data"]["jobId"] and len(uploads()) == 1
    error_of(await sent("Title\nEmma\n"), 409, "JOB_EXISTS")
    assert len(uploads()) == 1


async def test_a_file_that_is_gone_fails_the_job(client: httpx.AsyncClient, library: Library) -> None:
    reply = await posted(client, ROWS)
    uploads()[0].unlink()
    job = await worked(reply)
    assert (job.state, job.error["code"]) == ("failed", "INVALID_FILE")


async def test_rows_are_decided_again_from_their_ledgers(client: httpx.AsyncClient, library: Library) -> None:
    first, second = library.stocked(2)
    text = f"Title,Author,ISBN\n,,{first.isbn}\n{second.title},{second.author},\n{second.title.split()[0]},,\n"
    reply = await posted(client, text, enrich="1")
    await worked(reply)
    before = library.calls.total()

    async def statuses(**params: str) -> list[str]:
        return [book["enrich"]["status"] for book in (await results(client, reply, **params))["books"]]

    assert await statuses() == ["success", "success", "not_found"]
    assert await statuses(minMatch="exact_edition") == ["success", "below_min_match", "not_found"]
    assert await statuses(minMatch="work_only") == ["success", "success", "not_found"]
    guessed = (await results(client, reply, minMatch="guess"))["books"][2]["enrich"]
    assert guessed["status"] == "guess" and guessed["match"]["level"] == "guess" and guessed["guess"]["reason"] and "work" not in guessed
    data = reply.json()["data"]
    wrong = await client.get(f"/v1/csv/results/{data['jobId']}?minMatch=sure", headers={"Authorization": f"Bearer {data['token']}"})
    error_of(wrong, 400, "INVALID_QUERY")
    assert library.calls.total() == before


async def test_the_books_as_a_file(client: httpx.AsyncClient, library: Library) -> None:
    text = "Title,Author,My rating,Lent to\n" + "".join(f"Book {n},Ann Bee,4.5,=friend {n}\n" if n % 7 else ",,,\n" for n in range(1, 1501))
    reply = await posted(client, text)
    before = await done(client, reply)
    data = reply.json()["data"]

    async def file(layout: str, token: str = data["token"]) -> httpx.Response:
        return await client.get(f"/v1/csv/export/{data['jobId']}", params={"layout": layout, "token": token})

    own, goodreads, whole = [await file(layout) for layout in ("bookstrack", "goodreads", "json")]
    assert own.headers["content-type"].startswith("text/csv") and own.headers["content-disposition"] == 'attachment; filename="books.csv"'
    assert len(own.text.splitlines()) == len(goodreads.text.splitlines()) == len(whole.json()) + 1 == 1287
    assert "'=friend" in own.text and ",=friend" not in own.text
    again = await done(client, await posted(client, own.content))
    same = [{name: book[name] for name in ("title", "author", "userRating", "extra")} for book in before["books"]]
    assert [{name: book[name] for name in ("title", "author", "userRating", "extra")} for book in again["books"]][: len(same)] == same
    assert again["detectedFormat"] == "bookstrack"
    error_of(await file("xml"), 400, "INVALID_QUERY")
    error_of(await file("json", token="x" * 43), 401, "UNAUTHORIZED")


async def test_a_job_that_is_no_import_has_no_such_file(client: httpx.AsyncClient, library: Library) -> None:
    reply = await client.post("/v1/enrichment/batch", json={"books": [{"isbn": "9780441172719"}]})
    data = reply.json()["data"]
    headers = {"Authorization": f"Bearer {data['token']}"}
    error_of(await client.get(f"/v1/csv/export/{data['jobId']}", headers=headers), 404, "NOT_FOUND")


async def test_a_row_that_no_rule_can_part_is_read_by_gemini(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = '"Emma; the book, by Jane Austen: 9780141439587\n'
    text = "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n" + broken + "Kim,Rudyard Kipling,\n" * 9
    without = await done(client, await posted(client, text))
    [error] = without["errors"]
    assert error["row"] == 2 and "Jane Austen" in error["raw"] and len(without["books"]) == 10
    with serving() as model:
        for name, value in {"GEMINI_API_KEY": "k", "GEMINI_BASE_URL": model.url, "GEMINI_RATE": "1000"}.items():
            monkeypatch.setenv(name, value)
        book = {"row": 2, "title": "Emma", "author": "Jane Austen", "isbn": "9780141439587"}
        model.says(said(json.dumps({"books": [book]})))
        found = await done(client, await posted(client, text))
        assert (await done(client, await posted(client, text)))["books"] == found["books"] and len(model.asked) == 1
    emma = found["books"][1]
    assert (emma["row"], emma["title"], emma["author"], emma["isbn"]) == (2, "Emma", "Jane Austen", "9780141439587")
    assert found["errors"] == [] and "by Jane Austen" in emma["extra"]["row"] and emma["warnings"][0]["code"] == "READ_BY_GEMINI"
    assert found["successRate"] == "11/11" and found["summary"]["tokens"] == 120
