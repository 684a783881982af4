"""The admin as staff use it: log in, see what is cached and expire it, see providers and close a circuit, make a token."""

import re

import httpx
import pytest
from django.contrib.auth.models import User

from bookstrack.lib.db import in_db
from jobs.models import ServiceToken
from search import breaker, services
from search.models import CacheEntry
from tests.functional.outside import ISBN, Outside

PASSWORD = "a-long-pass-phrase-of-tests"


def form(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


@pytest.fixture
async def staff(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await in_db(User.objects.create_superuser, "staff", "staff@example.org", PASSWORD)
    page = await client.get("/admin/login/")
    data = {"username": "staff", "password": PASSWORD, "csrfmiddlewaretoken": form(page), "next": "/admin/"}
    await client.post("/admin/login/", data=data)
    assert (await client.get("/admin/")).status_code == 200
    return client


async def test_nobody_gets_in_without_a_password(client: httpx.AsyncClient) -> None:
    for path in ("/admin/", "/admin/search/cacheentry/", "/admin/search/providerday/", "/admin/jobs/servicetoken/"):
        reply = await client.get(path)
        assert reply.status_code == 302 and "/admin/login/" in reply.headers["location"]
    assert (await client.post("/admin/login/", data={"username": "admin", "password": "admin"})).status_code == 403


async def test_a_cached_answer_is_shown_and_expired(staff: httpx.AsyncClient, outside: Outside) -> None:
    await staff.get(f"/v1/search/isbn?isbn={ISBN}")
    await services.settled()
    entry = await in_db(CacheEntry.objects.get)
    listed = await staff.get("/admin/search/cacheentry/?q=9780306")
    assert ISBN in listed.text
    shown = await staff.get(f"/admin/search/cacheentry/{entry.pk}/change/")
    assert "The Silent Harbor" in shown.text
    done = await staff.post(
        "/admin/search/cacheentry/", data={"action": "expire", "_selected_action": str(entry.pk), "csrfmiddlewaretoken": form(listed)}
    )
    assert done.status_code == 302 and not await in_db(CacheEntry.objects.exists)
    outside.calls.clear()
    assert (await staff.get(f"/v1/search/isbn?isbn={ISBN}")).headers["x-cache"] == "MISS"
    assert outside.calls.total() == 3


async def test_providers_with_circuit_and_budget(staff: httpx.AsyncClient, outside: Outside) -> None:
    for _ in range(breaker.FAILURES):
        await breaker.record("google-books", ok=False)
    page = await staff.get("/admin/search/providerday/")
    assert "Google Books" in page.text and "Close the circuit" in page.text
    assert (await staff.get("/health")).json()["checks"]["providers"]["google-books"]["status"] == "open"
    done = await staff.post("/admin/search/providerday/close/google-books/", data={"csrfmiddlewaretoken": form(page)})
    assert done.status_code == 302
    assert (await breaker.state("google-books")).status == "closed"


async def test_a_token_is_shown_once(staff: httpx.AsyncClient) -> None:
    page = await staff.get("/admin/jobs/servicetoken/add/")
    data = {"name": "night", "scopes": ["warming"], "expires_at_0": "", "expires_at_1": "", "csrfmiddlewaretoken": form(page)}
    saved = await staff.post("/admin/jobs/servicetoken/add/", data=data)
    assert saved.status_code == 302, saved.text[:2000]
    first, second = [await staff.get("/admin/jobs/servicetoken/") for _ in range(2)]
    clear = re.search(r"bt_[\w-]{40,}", first.text)
    assert clear and clear[0] not in second.text
    assert (await in_db(ServiceToken.find, clear[0])) is not None
