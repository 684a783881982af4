"""Photos of scans in the admin: looked at with their boxes, by staff who may."""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Permission, User
from PIL import Image

from bookstrack.lib.db import in_db
from jobs import runner
from scanning import scans
from scanning.models import ScanPhoto
from tests.functional.test_admin import form
from tests.scanning.scanned import photo

PASSWORD = "a-long-pass-phrase-of-tests"
LIST = "/admin/scanning/scanphoto/"
ISBN = "9780306406157"


@pytest.fixture(autouse=True)
async def _here(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SCAN_ENGINES", "barcode")
    kept = settings.STORAGES["uploads"]
    settings.STORAGES = {**settings.STORAGES, "uploads": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "uploads"}}}
    yield
    await scans.close()


async def log_in(client: httpx.AsyncClient, *permissions: str) -> None:
    def make() -> None:
        user = User.objects.create_user("staff", password=PASSWORD, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="scanning", codename__in=permissions))

    await in_db(make)
    page = await client.get("/admin/login/")
    data = {"username": "staff", "password": PASSWORD, "csrfmiddlewaretoken": form(page), "next": "/admin/"}
    await client.post("/admin/login/", data=data)


async def scan(client: httpx.AsyncClient) -> ScanPhoto:
    reply = await client.post("/api/scan-bookshelf", content=photo(ISBN), headers={"Content-Type": "image/jpeg"})
    await runner.take_turn(reply.json()["data"]["jobId"], "tester")
    return await ScanPhoto.objects.aget()


async def test_a_photo_with_its_boxes(client: httpx.AsyncClient) -> None:
    row = await scan(client)
    await log_in(client, "view_scanphoto")
    listed = (await client.get(LIST)).text
    assert f"{LIST}{row.pk}/picture?side=160" in listed and row.job_id[:12] in listed and "barcode" in listed
    page = (await client.get(f"{LIST}{row.pk}/change/")).text
    assert ISBN in page and f'viewBox="0 0 {row.width} {row.height}"' in page and 'class="scan-maybe"' in page
    picture = await client.get(f"{LIST}{row.pk}/picture", params={"side": "160"})
    assert picture.headers["content-type"] == "image/jpeg" and max(Image.open(io.BytesIO(picture.content)).size) == 160
    assert Image.open(io.BytesIO((await client.get(f"{LIST}{row.pk}/picture")).content)).size == (900, 700)
    assert (await client.get(f"{LIST}999/picture")).status_code == 404


async def test_what_was_read_is_text(client: httpx.AsyncClient) -> None:
    row = await scan(client)
    row.books[0] |= {"title": "<script>alert(1)</script>", "text": '"><img src=x onerror=alert(1)>'}
    await row.asave()
    await log_in(client, "view_scanphoto")
    page = (await client.get(f"{LIST}{row.pk}/change/")).text
    assert "<script>alert" not in page and "<img src=x" not in page and "&lt;script&gt;alert(1)" in page


async def test_who_may_not_sees_nothing(client: httpx.AsyncClient) -> None:
    row = await scan(client)
    assert (await client.get(f"{LIST}{row.pk}/picture")).status_code == 302
    await log_in(client)
    assert (await client.get(f"{LIST}{row.pk}/picture")).status_code == 404
    assert (await client.get(LIST)).status_code == 403


async def test_nothing_is_changed_by_hand(client: httpx.AsyncClient) -> None:
    row = await scan(client)
    await log_in(client, "view_scanphoto", "change_scanphoto", "delete_scanphoto", "add_scanphoto")
    assert (await client.get(f"{LIST}add/")).status_code == 403
    assert (await client.get(f"{LIST}{row.pk}/delete/")).status_code == 403
    assert "photo" in (await client.get(f"{LIST}{row.pk}/change/")).text
