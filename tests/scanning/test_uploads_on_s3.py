"""What clients send, kept in a bucket: the same words as on local files, also where the bucket is away."""

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from jobs import runner
from jobs.models import Job
from scanning import photo_store, uploads
from scanning.models import ScanPhoto
from scanning.photo_store import NewPhoto
from tests import s3
from tests.search.resolving.library import Library

ROWS = b"Title,Author,ISBN\nDune,Frank Herbert,9780441172719\nEmma,Jane Austen,\n"


@pytest.fixture
def away(settings: Any) -> None:
    settings.STORAGES = s3.storages(settings.STORAGES, s3.url_of("http://127.0.0.1:9", "books"))


@pytest.mark.django_db(transaction=True)
def test_photos_of_a_scan(s3_bucket: str, s3_address: str) -> None:
    pictures = [b"\xff\xd8 one", b"\xff\xd8 two"]
    photo_store.keep("scan-1", [NewPhoto(place, jpeg, 10, 20) for place, jpeg in enumerate(pictures)])
    assert s3.names(s3_address, s3_bucket) == [f"shelf/uploads/bookshelf-scans/scan-1/photo-{place}.jpg" for place in (0, 1)]
    assert [photo_store.picture(row) for row in photo_store.photos_of("scan-1")] == pictures
    ScanPhoto.objects.filter(index=0).update(expires_at=timezone.now() - timedelta(days=1))
    assert photo_store.overdue() == photo_store.expire() == 1
    photo_store.unwanted("scan-1")
    assert s3.names(s3_address, s3_bucket) == [] and not ScanPhoto.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_bucket_that_is_away_is_an_oserror_and_leaves_no_row(away: None) -> None:
    with pytest.raises(OSError, match="S3"):
        photo_store.keep("scan-1", [NewPhoto(0, b"\xff\xd8", 10, 20)])
    assert not ScanPhoto.objects.exists()
    with pytest.raises(OSError, match="S3"):
        uploads.keep(io.BytesIO(ROWS), "csv-imports")
    with pytest.raises(OSError, match="S3"):
        uploads.opened("csv-imports/x")


async def posted(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/v1/import/csv", data={"enrich": "0"}, files={"file": ("books.csv", ROWS, "text/csv")})


async def test_an_import(client: httpx.AsyncClient, library: Library, s3_bucket: str, s3_address: str) -> None:
    reply = await posted(client)
    assert reply.status_code == 202, reply.text
    [name] = s3.names(s3_address, s3_bucket)
    assert name.startswith("shelf/uploads/csv-imports/")
    await runner.take_turn(reply.json()["data"]["jobId"], "tester")
    job = await Job.objects.aget(pk=reply.json()["data"]["jobId"])
    assert (job.state, job.success_count) == ("completed", 2)


async def test_an_import_while_the_bucket_is_away_is_refused(client: httpx.AsyncClient, library: Library, away: None) -> None:
    reply = await posted(client)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["retryable"]) == (503, "SERVICE_UNAVAILABLE", True)
    assert "cannot be kept" in error["message"] and s3.SECRET not in reply.text
    assert not await Job.objects.aexists()
    health = (await client.get("/health")).json()
    assert health["checks"]["storage"]["status"] == "down" and health["status"] == "degraded"
    assert health["checks"]["storage"]["message"] == "the object storage does not answer"
