"""Shelf scans from the request to the results, through the whole application, a real picture process and a worker's turn."""

import asyncio
import base64
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from PIL import Image

from bookstrack.lib.db import in_db
from jobs import endings, events, leases, runner
from jobs.models import Job
from scanning import photo_store, scans
from scanning.models import ScanPhoto
from tests.scanning.model import said, serving
from tests.scanning.scanned import photo
from tests.search.resolving.library import Library

ONE, MANY = "/api/scan-bookshelf", "/api/scan-bookshelf/batch"
RETAIL = "4006381333931"


@pytest.fixture(autouse=True)
def _only_barcodes(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models are loaded in the one test that reads letters; uploads go to a folder of the test."""
    monkeypatch.setenv("SCAN_ENGINES", "barcode")
    kept = settings.STORAGES["uploads"]
    settings.STORAGES = {**settings.STORAGES, "uploads": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "uploads"}}}


@pytest.fixture(autouse=True)
async def _closed() -> Any:
    yield
    await scans.close()


def files() -> list[Path]:
    folder = Path(django_settings.STORAGES["uploads"]["OPTIONS"]["location"])
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def sent(client: httpx.AsyncClient, *photos: bytes, **form: str) -> httpx.Response:
    return await client.post(MANY, files=[("images", (f"{n}.jpg", one, "image/jpeg")) for n, one in enumerate(photos)], data=form)


async def worked(reply: httpx.Response) -> Job:
    assert reply.status_code == 202, reply.text
    job_id = reply.json()["data"]["jobId"]
    await runner.take_turn(job_id, "tester")
    return await Job.objects.aget(pk=job_id)


async def results(client: httpx.AsyncClient, reply: httpx.Response, **params: Any) -> dict[str, Any]:
    data = reply.json()["data"]
    found = await client.get(f"/v1/scan/results/{data['jobId']}", headers={"Authorization": f"Bearer {data['token']}"}, params=params)
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


# -- what is found
async def test_barcodes_become_books(client: httpx.AsyncClient, library: Library) -> None:
    first, second = library.stocked(2)
    reply = await client.post(ONE, content=photo(first.isbn or "", second.isbn or "", RETAIL), headers={"Content-Type": "image/jpeg"})
    body = reply.json()
    assert body["jobId"] == body["data"]["jobId"] and body["data"]["status"] == "started"
    assert [stage["name"] for stage in body["data"]["stages"]] == ["quality", "detection", "enrichment"]
    found = await done(client, reply)
    assert (found["totalDetected"], found["approved"], found["needsReview"], found["unreadable"]) == (2, 2, 0, 0)
    assert {book["isbn"] for book in found["books"]} == {first.isbn, second.isbn}
    book = next(one for one in found["books"] if one["isbn"] == first.isbn)
    assert (book["title"], book["author"], book["confidence"], book["engine"]) == (first.title, first.author, 1.0, "barcode")
    assert book["decision"] == "found" and book["enrichment"]["work"]["title"] == first.title
    assert book["enrichment"]["match"]["by"] == "isbn"
    box = book["boundingBox"]
    assert box["x"] == box["x1"] and abs(box["x"] + box["width"] - box["x2"]) < 0.001 and 0 <= box["x1"] < 0.5 and box["y2"] < 0.5
    assert found["metadata"]["engines"] == ["barcode"] and found["metadata"]["imageSize"] == {"width": 900, "height": 700}
    row = await ScanPhoto.objects.aget()
    assert (row.state, row.found, row.maybe, row.width) == ("done", 2, 0, 900) and row.books[0]["isbn"] in {first.isbn, second.isbn}


async def test_a_barcode_that_nobody_knows_is_to_be_looked_at(client: httpx.AsyncClient, library: Library) -> None:
    found = await done(client, await sent(client, photo("9780306406157")))
    [book] = found["books"]
    assert (book["decision"], book["approved"], book["isbn"], book["enrichmentStatus"]) == ("maybe", False, "9780306406157", "not_found")
    assert found["needsReview"] == 1 and found["approved"] == 0 and "enrichment" not in book


async def test_a_book_on_two_photos_is_one(client: httpx.AsyncClient, library: Library) -> None:
    a, b, c = (volume.isbn or "" for volume in library.stocked(3))
    found = await done(client, await sent(client, photo(a, b), photo(b, c, seed=2)))
    assert sorted(book["isbn"] for book in found["books"]) == sorted([a, b, c])
    twice = next(book for book in found["books"] if book["isbn"] == b)
    assert [one["photo"] for one in twice["seenIn"]] == [1 - twice["photo"]]
    assert [(one["index"], one["status"], one["booksFound"]) for one in found["photos"]] == [(0, "done", 2), (1, "done", 2)]
    assert found["summary"]["totalDetected"] == 3


async def test_books_are_paged(client: httpx.AsyncClient, library: Library) -> None:
    a, b, c = (volume.isbn or "" for volume in library.stocked(3))
    reply = await sent(client, photo(a, b), photo(c, seed=2))
    await worked(reply)
    page = await results(client, reply, limit=2, offset=1)
    assert len(page["books"]) == 2 and page["totalDetected"] == 3 and page["pagination"]["total"] == 3


async def test_the_end_is_told_with_the_counts(client: httpx.AsyncClient, library: Library) -> None:
    [volume] = library.stocked(1)
    job = await worked(await sent(client, photo(volume.isbn or "")))
    _, payload = endings.last_message(job)
    assert (payload["totalDetected"], payload["approved"], payload["needsReview"]) == (1, 1, 0)
    assert payload["summary"]["totalDetected"] == 1 and payload["summary"]["totalProcessed"] == 1


# -- what is refused
@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n" * 50, b"GIF89a" + b"\0" * 99, b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"words " * 99]
)
@pytest.mark.parametrize("multipart", [False, True])
async def test_what_is_no_photo(client: httpx.AsyncClient, library: Library, content: bytes, multipart: bool) -> None:
    if multipart:
        reply = await client.post(ONE, files={"image": ("shelf.jpg", content, "image/jpeg")})
    else:
        reply = await client.post(ONE, content=content, headers={"Content-Type": "image/jpeg"})
    error_of(reply, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert not files() and not await Job.objects.aexists() and not await ScanPhoto.objects.aexists()


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"images": []}, "EMPTY_BATCH", 400),
        ({}, "MISSING_PARAMETER", 400),
        ({"images": "all"}, "INVALID_REQUEST", 400),
        ({"images": [1]}, "INVALID_REQUEST", 400),
        ({"images": [{"index": -1, "data": ""}]}, "INVALID_REQUEST", 400),
        ({"images": [{"index": True, "data": ""}]}, "INVALID_REQUEST", 400),
        ({"images": [{"data": ""}]}, "INVALID_FILE", 400),
        ({"images": [{"data": "not base64 !!"}]}, "INVALID_FILE", 400),
        ({"images": [{"data": "é"}]}, "INVALID_FILE", 400),
        ({"images": [{"index": 3, "data": "/9j/"}, {"index": 3, "data": "/9j/"}]}, "INVALID_REQUEST", 400),
        ({"images": [{"data": "AAAA"}]}, "UNSUPPORTED_MEDIA_TYPE", 415),
        ({"images": [{"data": "/9j/"}] * 6}, "BATCH_TOO_LARGE", 400),
        ({"images": [{"data": "/9j/"}], "jobId": "no spaces"}, "INVALID_REQUEST", 400),
    ],
)
async def test_batches_that_are_none(client: httpx.AsyncClient, library: Library, body: Any, code: str, status: int) -> None:
    error_of(await client.post(MANY, json=body), status, code)
    assert not files() and not await Job.objects.aexists()


async def test_a_photo_that_is_too_large_is_named(client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_SCAN_FILE_SIZE", "20000")
    error = error_of(await sent(client, photo(size=(100, 100)), photo(seed=3)), 413, "FILE_TOO_LARGE")
    assert error["details"]["index"] == 1 and error["details"]["maxBytes"] == 20000 < error["details"]["receivedBytes"]


async def test_a_photo_alone_that_cannot_be_read_is_refused_at_once(client: httpx.AsyncClient, library: Library) -> None:
    whole = photo("9780306406157")
    error = error_of(await sent(client, whole[: len(whole) // 3]), 400, "INVALID_FILE")
    assert error["details"]["index"] == 0 and error["message"]
    black = io.BytesIO()
    Image.new("RGB", (800, 600)).save(black, "JPEG")
    error_of(await sent(client, black.getvalue()), 400, "INVALID_FILE")
    assert not files() and not await Job.objects.aexists()


async def test_one_bad_photo_is_reported_and_the_others_are_read(client: httpx.AsyncClient, library: Library) -> None:
    a, b = (volume.isbn or "" for volume in library.stocked(2))
    whole = photo(b, seed=4)
    reply = await sent(client, photo(a), whole[: len(whole) // 4], photo(b, seed=2))
    job = await worked(reply)
    assert (job.state, job.processed_count, job.success_count) == ("completed", 3, 2)
    found = await results(client, reply)
    assert sorted(book["isbn"] for book in found["books"]) == sorted([a, b])
    assert found["photos"][1]["status"] == "failed" and found["photos"][1]["error"]["code"] == "INVALID_FILE"
    assert any("Photo 2" in sentence for sentence in found["warnings"])


# -- what is kept
async def test_what_is_kept_has_pixels_and_nothing_else(client: httpx.AsyncClient, library: Library) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-MAKER"
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}
    given = photo("9780306406157", exif=exif.tobytes())
    assert b"SECRET-MAKER" in given
    reply = await sent(client, given + b"<script>SECRET-TAIL</script>")
    [kept] = files()
    assert kept.name == "photo-0.jpg" and kept.parent.name == reply.json()["data"]["jobId"] and kept.parent.parent.name == "bookshelf-scans"
    assert b"SECRET" not in kept.read_bytes() and not dict(Image.open(kept).getexif())


async def test_a_name_that_is_a_path_is_none(client: httpx.AsyncClient, library: Library) -> None:
    reply = await client.post(ONE, files={"image": ("../../../../tmp/evil.jpg", photo("9780306406157"), "image/jpeg")})
    assert reply.status_code == 202 and [path.name for path in files()] == ["photo-0.jpg"]


async def test_a_photo_is_seen_with_its_token_only(client: httpx.AsyncClient, library: Library) -> None:
    data = (await sent(client, photo("9780306406157", size=(1200, 900)))).json()["data"]
    path, token = f"/v1/scan/photos/{data['jobId']}/0", data["token"]
    reply = await client.get(path, headers={"Authorization": f"Bearer {token}"}, params={"side": "300"})
    assert reply.status_code == 200 and reply.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(reply.content)).size == (300, 225)
    assert Image.open(io.BytesIO((await client.get(path, params={"token": token})).content)).size == (1200, 900)
    error_of(await client.get(path), 401, "UNAUTHORIZED")
    error_of(await client.get(path, params={"token": "wrong"}), 401, "UNAUTHORIZED")
    error_of(await client.get(path[:-1] + "1", params={"token": token}), 404, "NOT_FOUND")
    error_of(await client.get(path, params={"token": token, "side": "1e9"}), 400, "INVALID_QUERY")


async def test_a_cancel_deletes_the_photos_and_keeps_what_was_found(client: httpx.AsyncClient, library: Library) -> None:
    [volume] = library.stocked(1)
    reply = await sent(client, photo(volume.isbn or ""), photo(seed=2))
    data = reply.json()["data"]
    assert len(files()) == 2
    canceled = await client.post("/api/scan-bookshelf/cancel", json={"jobId": data["jobId"], "token": data["token"]})
    assert canceled.json()["data"]["status"] == "canceled" and not files() and not await ScanPhoto.objects.aexists()
    assert (await results(client, reply))["books"] == []


async def test_photos_whose_time_is_over_are_deleted(client: httpx.AsyncClient, library: Library) -> None:
    await sent(client, photo("9780306406157"), photo(seed=2))
    assert await in_db(photo_store.expire) == 0
    row = await ScanPhoto.objects.afirst()
    assert row is not None and (row.expires_at - row.created_at).days == 90
    await ScanPhoto.objects.filter(pk=row.pk).aupdate(expires_at=row.created_at)
    assert await in_db(photo_store.expire) == 1 and len(files()) == 1


async def test_a_storage_that_is_away(client: httpx.AsyncClient, library: Library, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "uploads").write_bytes(b"no folder")
    error_of(await sent(client, photo("9780306406157")), 503, "SERVICE_UNAVAILABLE")
    assert not await Job.objects.aexists() and not await ScanPhoto.objects.aexists()


# -- starting again
async def test_a_job_id_that_is_taken_changes_nothing(client: httpx.AsyncClient, library: Library) -> None:
    a, b = (volume.isbn or "" for volume in library.stocked(2))
    first = await sent(client, photo(a), jobId="mine")
    before = [path.read_bytes() for path in files()]
    error_of(await sent(client, photo(b), jobId="mine"), 409, "JOB_EXISTS")
    assert [path.read_bytes() for path in files()] == before
    assert [book["isbn"] for book in (await done(client, first))["books"]] == [a]


async def test_the_same_request_again_is_the_same_job(client: httpx.AsyncClient, library: Library) -> None:
    picture = photo("9780306406157")
    headers = {"Idempotency-Key": "one", "Content-Type": "image/jpeg"}
    first, second = [await client.post(ONE, content=picture, headers=headers) for _ in range(2)]
    assert first.json()["data"]["jobId"] == second.json()["data"]["jobId"] and len(files()) == 1
    error_of(await client.post(ONE, content=photo(seed=9), headers=headers), 409, "JOB_EXISTS")
    assert len(files()) == 1 and await ScanPhoto.objects.acount() == 1


async def test_a_plan_starts_nothing(client: httpx.AsyncClient, library: Library) -> None:
    reply = await client.post(ONE, params={"plan": "1"}, content=photo("9780306406157"), headers={"Content-Type": "image/jpeg"})
    assert reply.status_code == 200, reply.text
    plan = reply.json()["data"]
    assert (plan["items"], plan["calls"], plan["engines"], plan["tokens"]) == (1, {}, ["barcode"], 0)
    assert not files() and not await Job.objects.aexists()


async def test_a_batch_of_json(client: httpx.AsyncClient, library: Library) -> None:
    a, b = (volume.isbn or "" for volume in library.stocked(2))
    images = [
        {"index": 7, "data": base64.b64encode(photo(a)).decode()},
        {"index": 2, "data": "data:image/png;base64," + base64.b64encode(photo(b, kind="PNG")).decode()},
    ]
    reply = await client.post(MANY, json={"jobId": "of-json", "images": images})
    assert reply.json()["data"]["jobId"] == "of-json" and reply.json()["data"]["totalPhotos"] == 2
    found = await done(client, reply)
    assert {book["photo"]: book["isbn"] for book in found["books"]} == {7: a, 2: b}


# -- engines that fail
async def test_a_photo_whose_only_engine_fails_fails_with_its_reason(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as model:
        for name, value in {"SCAN_ENGINES": "gemini", "GEMINI_API_KEY": "key", "GEMINI_BASE_URL": model.url}.items():
            monkeypatch.setenv(name, value)
        model.says(said("a poem instead"))
        job = await worked(await sent(client, photo("9780306406157")))
    assert job.state == "failed" and job.error["code"] == "PROVIDER_ERROR" and "JSON" in job.error["message"]
    row = await ScanPhoto.objects.aget()
    assert row.state == "failed" and row.engines[0]["error"]["code"] == "PROVIDER_ERROR"


async def test_an_engine_that_fails_beside_others_is_a_warning(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    [volume] = library.stocked(1)
    with serving() as model:
        for name, value in {"SCAN_ENGINES": "barcode,gemini", "GEMINI_API_KEY": "key", "GEMINI_BASE_URL": model.url}.items():
            monkeypatch.setenv(name, value)
        model.says((400, {"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}))
        found = await done(client, await sent(client, photo(volume.isbn or "")))
    assert [book["isbn"] for book in found["books"]] == [volume.isbn] and any("Gemini" in sentence for sentence in found["warnings"])


# -- what is away while it works
async def test_a_photo_that_is_gone_fails_and_a_storage_that_is_away_is_tried_again(
    client: httpx.AsyncClient, library: Library, settings: Any, tmp_path: Path
) -> None:
    a, b = (volume.isbn or "" for volume in library.stocked(2))
    reply = await sent(client, photo(a), photo(b, seed=2))
    kept = tmp_path / "uploads"
    kept.rename(tmp_path / "away")
    kept.write_bytes(b"no folder")
    job = await worked(reply)
    assert (job.state, job.failures, job.processed_count) == ("queued", 1, 0)
    kept.unlink()
    (tmp_path / "away").rename(kept)
    files()[1].unlink()
    await Job.objects.filter(pk=job.pk).aupdate(wake_at=None)
    found = await done(client, reply)
    assert [book["isbn"] for book in found["books"]] == [a]
    assert found["photos"][1]["error"] == {"code": "INVALID_FILE", "message": "The photo is not here any more: send it again."}


# -- a worker that dies
async def test_a_scan_goes_on_where_its_worker_died(client: httpx.AsyncClient, library: Library) -> None:
    a, b = (volume.isbn or "" for volume in library.stocked(2))
    reply = await sent(client, photo(a), photo(b, seed=2))
    job_id = reply.json()["data"]["jobId"]
    job = await in_db(leases.acquire, job_id, "dead")
    assert job is not None
    await Job.objects.filter(pk=job_id).aupdate(state="queued", lease_owner="", lease_until=None)
    found = await done(client, reply)
    assert sorted(book["isbn"] for book in found["books"]) == sorted([a, b])


async def test_the_books_of_barcodes_are_told_while_the_photo_is_read(client: httpx.AsyncClient, library: Library) -> None:
    [volume] = library.stocked(1)
    reply = await sent(client, photo(volume.isbn or ""))
    await worked(reply)
    steps = [one for one in await told(reply.json()["data"]["jobId"]) if "photos" in one]
    assert steps and all(one["photos"][0]["index"] == 0 for one in steps)
    assert steps[-1]["photos"][0] == {"index": 0, "status": "done", "booksFound": 1}


async def test_a_cancel_keeps_the_books_that_were_told_already(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    [volume] = library.stocked(1)
    with serving() as model:
        for name, value in {"SCAN_ENGINES": "barcode,gemini", "GEMINI_API_KEY": "key", "GEMINI_BASE_URL": model.url}.items():
            monkeypatch.setenv(name, value)
        model.delay_s = 60.0
        reply = await sent(client, photo(volume.isbn or ""))
        data = reply.json()["data"]
        turn = asyncio.create_task(runner.take_turn(data["jobId"], "tester"))
        async with asyncio.timeout(40):
            while not any("seen" in one for step in await told(data["jobId"]) for one in step.get("photos", [])):
                await asyncio.sleep(0.05)
        await client.delete(f"/v1/jobs/{data['jobId']}", headers={"Authorization": f"Bearer {data['token']}"})
        async with asyncio.timeout(20):
            await turn
    found = await results(client, reply)
    assert found["status"] == "canceled" and [book["isbn"] for book in found["books"]] == [volume.isbn] and not files()


async def told(job_id: str) -> list[dict[str, Any]]:
    return [event.whole["payload"] for event in await events.read(job_id, after=0, count=1000)]


async def test_who_could_not_be_asked_is_no_word_about_a_book(
    client: httpx.AsyncClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for provider in ("openlibrary", "google-books", "isbndb"):
        library.instead[provider] = (500, {}, {})
    answer = {"books": [{"title": "The Copper Lantern", "author": "Gita Iyer", "confidence": 0.9,
                         "boundingBox": {"x1": 0.1, "y1": 0.1, "x2": 0.3, "y2": 0.9}}]}  # fmt: skip
    with serving() as model:
        for name, value in {"SCAN_ENGINES": "gemini", "GEMINI_API_KEY": "key", "GEMINI_BASE_URL": model.url}.items():
            monkeypatch.setenv(name, value)
        model.says(said(json.dumps(answer)))
        found = await done(client, await sent(client, photo()))
    [book] = found["books"]
    assert (book["decision"], book["title"]) == ("unreadable", "The Copper Lantern")
    assert book["enrichmentStatus"] in ("error", "circuit_open")
    assert any("could not be asked" in sentence for sentence in found["warnings"])
