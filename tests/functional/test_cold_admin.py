"""Cold answers as staff see them: where they are, what they say, and that expiring one ends it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from search import services
from search.models import CacheEntry
from tests.functional.outside import ISBN, Outside
from tests.functional.test_admin import form, staff  # noqa: F401 - a fixture


@pytest.fixture
def archive(settings: Any, tmp_path: Path) -> Path:
    kept = settings.STORAGES["archive"]
    settings.STORAGES = {**settings.STORAGES, "archive": {**kept, "OPTIONS": {**kept["OPTIONS"], "location": tmp_path / "archive"}}}
    return tmp_path / "archive"


async def test_a_cold_answer_is_shown_and_expired(staff: httpx.AsyncClient, outside: Outside, archive: Path) -> None:  # noqa: F811
    await staff.get(f"/v1/search/isbn?isbn={ISBN}")
    await services.settled()
    rule = services.ArchiveRule(timezone.now() + timedelta(seconds=1), 10)
    for part in await services.archive_parts(rule):
        await services.archive(part, rule)
    assert len(list(archive.rglob("*.json.zst"))) == 1
    row = await CacheEntry.objects.aget()
    listed = await staff.get("/admin/search/cacheentry/?tier=cold")
    assert ISBN in listed.text and '<td class="field-tier">cold</td>' in listed.text
    assert "The Silent Harbor" in (await staff.get(f"/admin/search/cacheentry/{row.pk}/change/")).text
    await services.settled()
    assert (await CacheEntry.objects.aget()).tier == "cold", "looking at it does not bring it back"
    data = {"action": "expire", "_selected_action": str(row.pk), "csrfmiddlewaretoken": form(listed)}
    assert (await staff.post("/admin/search/cacheentry/", data=data)).status_code == 302
    assert not await CacheEntry.objects.aexists() and list(archive.rglob("*.json.zst")) == []
    outside.calls.clear()
    assert (await staff.get(f"/v1/search/isbn?isbn={ISBN}")).headers["x-cache"] == "MISS"
    assert outside.calls.total() == 3
