"""The operators' page: real figures, each of which leads to its rows; for staff who may see it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import httpx
import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from bookstrack.lib import redis as redis_door
from bookstrack.lib.db import in_db
from harvest.counting import metrics, rollups
from harvest.models import Alert, Cover, CoverVerdict, Run
from jobs.models import DeadLetter, Job
from tests.functional.outside import Outside
from tests.functional.test_admin import PASSWORD, form, staff  # noqa: F401  (a fixture)

PAGE = "/admin/harvest-dashboard"


def section(page: httpx.Response, name: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="{name}".*?</section>', page.text, re.DOTALL)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(found[0])).split())


def links(page: httpx.Response) -> Iterator[str]:
    content = page.text[page.text.index('id="dashboard"') :]
    for href in dict.fromkeys(re.findall(r'href="([^"]+)"', content)):
        yield unescape(href)


def a_busy_night() -> None:
    """Covers of two sources, a harvest with errors, an open alert, a dead letter."""
    now = timezone.now()
    for number in range(6):
        Cover.objects.create(
            isbn=f"978000000000{number}", state="kept", source="isbndb" if number % 3 else "openlibrary", version="v1",
            width=600, height=900, original_bytes=100_000, stored_bytes=30_000, score=0.8, likeness="0" * 16,
            kept_at=now - timedelta(days=number),
        )  # fmt: skip
    Cover.objects.create(isbn="9780306406157", state="none")
    run = Run.objects.create(kind="harvest", state="done", ended_at=now, figures={"found": 6, "none": 1, "errors": {"late": 2}})
    for number in range(2):
        CoverVerdict.objects.create(run=run, isbn=f"978111111111{number}", outcome="error", reason="Open Library did not answer in time")
    Alert.objects.create(rule="disk", message="The disk is nearly full: 3 % are free.", value=0.03, threshold=0.05)
    secrets = {"token_salt": "s", "token_digest": "d", "token_expires_at": now}
    job = Job.objects.create(id="lost", pipeline="csv_import", queue="high", state="failed", **secrets)
    DeadLetter.objects.create(job=job, kind="WORKER_LOST", error="It died.", attempts=3)


async def test_it_says_what_happened(
    staff: httpx.AsyncClient, outside: Outside, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
) -> None:  # fmt: skip
    monkeypatch.setattr(metrics, "_summed", (0.0, []))  # it keeps sums for a while, also those of the test before
    await in_db(a_busy_night)
    await rollups.step()
    for _ in range(3):
        assert (await staff.get("/v1/search/isbn?isbn=9780306406157")).status_code == 200
    page = await staff.get(PAGE)
    assert page.status_code == 200
    look = section(page, "dash-look")
    assert "The disk is nearly full" in look and "1 dead letter waits" in look
    covers = section(page, "dash-covers")
    assert "covers kept 6" in covers and "none 1" in covers and "saved 70.0 %" in covers
    assert "ISBNdb 4" in covers and "Open Library 2" in covers and "2 × Open Library did not answer in time" in covers
    assert page.text.count("/small.webp?v=v1") == 6
    assert "harvest done" in section(page, "dash-runs").replace("cover ", "")
    cache = section(page, "dash-cache")
    assert "answered from the cache" in cache and "look-ups" in cache
    assert re.search(r"google-books|Google Books", section(page, "dash-calls"))
    assert "failed 1" in section(page, "dash-jobs")


async def test_requests_show_at_once(staff: httpx.AsyncClient, outside: Outside) -> None:  # noqa: F811
    def asked(page: httpx.Response) -> int:
        found = re.search(r"/v1/search/isbn (\d+)", section(page, "dash-latency"))
        return int(found[1]) if found else 0

    await rollups.step()
    before = asked(await staff.get(PAGE))
    for _ in range(5):
        await staff.get("/v1/search/isbn?isbn=9780306406157")
    assert asked(await staff.get(PAGE)) == before + 5


@pytest.mark.parametrize("period", ["24h", "7d", "nonsense"])
async def test_every_number_leads_to_its_rows(staff: httpx.AsyncClient, period: str) -> None:  # noqa: F811
    await in_db(a_busy_night)
    page = await staff.get(f"{PAGE}?period={period}")
    assert page.status_code == 200
    found = list(links(page))
    assert len(found) > 30
    for href in found:
        reply = await staff.get(href, follow_redirects=True)
        assert reply.status_code == 200 and 'type="password"' not in reply.text, href


async def test_empty_it_says_so(staff: httpx.AsyncClient) -> None:  # noqa: F811
    page = await staff.get(PAGE)
    assert "No cover was harvested yet." in page.text and "None so far." in section(page, "dash-alerts")
    assert "never" in section(page, "dash-runs")


async def test_without_redis_it_says_what_is_not_known(staff: httpx.AsyncClient, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    await in_db(a_busy_night)
    monkeypatch.setattr(redis_door, "url", lambda: "unix:///nowhere/valkey.sock")
    await redis_door.close()
    page = await staff.get(PAGE)
    assert page.status_code == 200
    assert "Redis is away" in section(page, "dash-look") and "covers kept 6" in section(page, "dash-covers")


async def test_it_is_for_staff_who_may_see_it(client: httpx.AsyncClient) -> None:
    reply = await client.get(PAGE)
    assert reply.status_code == 302 and "/admin/login/" in reply.headers["location"]

    user = await in_db(lambda: User.objects.create_user("reader", password=PASSWORD, is_staff=True))
    page = await client.get("/admin/login/")
    typed = {"username": "reader", "password": PASSWORD, "csrfmiddlewaretoken": form(page), "next": "/admin/"}
    await client.post("/admin/login/", data=typed)
    assert (await client.get(PAGE)).status_code == 403
    assert "Harvest dashboard" not in (await client.get("/admin/")).text
    await in_db(user.user_permissions.add, await in_db(Permission.objects.get, codename="view_run"))
    allowed = await client.get(PAGE)
    assert allowed.status_code == 200 and "Harvest now" not in allowed.text
    assert "Harvest dashboard" in (await client.get("/admin/")).text


async def test_all_dead_letters_are_retried(staff: httpx.AsyncClient) -> None:  # noqa: F811
    await in_db(a_busy_night)
    page = await staff.get(PAGE)
    done = await staff.post("/admin/jobs/deadletter/retry-all/", data={"csrfmiddlewaretoken": form(page)})
    assert done.status_code == 302
    assert not await in_db(DeadLetter.objects.exists)
    assert (await in_db(Job.objects.get, pk="lost")).state == "queued"


async def test_a_schedule_is_paused_and_resumed_from_the_page(staff: httpx.AsyncClient) -> None:  # noqa: F811
    page = await staff.get(PAGE)
    for button, shown in (("pause", "Cover harvest is paused."), ("resume", "Nothing wants a look.")):
        action = f"/admin/jobs/schedule/cover_harvest/{button}/"
        assert f'action="{action}"' in page.text
        assert (await staff.post(action, data={"csrfmiddlewaretoken": form(page)})).status_code == 302
        page = await staff.get(PAGE)
        assert shown in section(page, "dash-look").replace("No worker runs: jobs wait.", "Nothing wants a look.")
