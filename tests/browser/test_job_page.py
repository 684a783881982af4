"""The page of one job as people use it, in Chromium: followed to its end, whatever happens to the web process on the way."""

import asyncio
import json
import os
import re
import signal

import httpx
import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser import job_server
from tests.browser.conftest import OpenPage
from tests.browser.job_server import JOB_TIMEOUT_MS, Job, Served, Start, ended
from tests.browser.test_search_page import CONTRASTS

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server, start = job_server.served, job_server.server, job_server.start


async def newest_seq(served: Served, job: Job) -> int:
    async with httpx.AsyncClient(base_url=served.address, headers={"Authorization": f"Bearer {job.token}"}) as client:
        seq: int = (await client.get(f"/v1/jobs/{job.id}")).json()["data"]["lastSeq"]
    return seq


def frames_of(page: Page) -> list[int]:
    """Every seq that comes over any of the page's sockets from now on, as it comes."""
    seqs: list[int] = []

    def note(frame: str | bytes) -> None:
        message = json.loads(frame)
        if "seq" in message:
            seqs.append(message["seq"])

    page.on("websocket", lambda opened: opened.on("framereceived", note))
    return seqs


# -- following
async def test_a_job_is_followed_to_its_results(open_page: OpenPage, start: Start, served: Served) -> None:
    job = start(120, delay_s=0.15)
    page = await open_page(job.path)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Counting")
    await expect(page.locator("#line")).to_have_text("Connection: live")
    await expect(page.locator("#state")).to_have_text("Running")
    await expect(page.locator("#item")).to_contain_text("number ")
    await expect(page.locator("#processed")).to_contain_text(re.compile(r"^\d+ of 120 · \d+ %$"))
    await ended(page)
    await expect(page.locator("#outcome")).to_contain_text("120 of 120 succeeded")
    assert await page.locator("#bar").evaluate("bar => bar.value") == 1
    await expect(page.locator("#table tbody tr")).to_have_count(50)
    await expect(page.locator("#results-words")).to_have_text("1–50 of 120 items.")
    await expect(page).to_have_title("Done · Counting · BooksTrack")
    assert await page.locator("#job").get_attribute("data-seen") == f"1-{await newest_seq(served, job)}"


@pytest.mark.parametrize(("number", "said"), [(signal.SIGTERM, "server restarting…"), (signal.SIGKILL, "reconnecting…")])
async def test_a_restart_of_the_web_process_loses_no_step(
    open_page: OpenPage, start: Start, served: Served, number: int, said: str
) -> None:
    page = await open_page("/")
    seqs = frames_of(page)
    job = start(2_000, delay_s=0.3)
    await page.goto(job.path)
    await expect(page.locator("#line")).to_have_text("Connection: live")
    await expect(page.locator("#processed")).to_have_text(re.compile(r"^\d\d+ of 2,000"))
    web = served.web_pid()
    assert web is not None
    os.kill(web, number)
    await expect(page.locator("#line")).to_have_text(f"Connection: {said}")
    before = seqs[-1]
    await expect(page.locator("#line")).to_have_text("Connection: live", timeout=JOB_TIMEOUT_MS)
    await expect(page.locator("#state")).to_have_text("Running")
    await page.locator("#cancel").click()
    await page.locator("#sure-yes").click()
    await ended(page, "canceled")
    newest = await newest_seq(served, job)
    assert seqs == list(range(1, newest + 1)) and 1 < before < newest
    assert await page.locator("#job").get_attribute("data-seen") == f"1-{newest}"
    await expect(page.locator("#trouble")).to_be_empty()


async def test_a_step_that_is_missed_is_said(open_page: OpenPage, start: Start) -> None:
    page = await open_page("/")

    def relay(route: WebSocketRoute) -> None:
        there = route.connect_to_server()
        there.on_message(lambda message: None if json.loads(message).get("seq") == 2 else route.send(message))

    await page.route_web_socket(re.compile("/ws/progress"), relay)
    await page.goto(start(30, delay_s=0.1).path)
    await ended(page)
    await expect(page.locator("#trouble")).to_contain_text("Step 2 was expected and step 3 came")
    assert str(await page.locator("#job").get_attribute("data-seen")).startswith("1-1,3-")


NO_SOCKETS = """window.WebSocket = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close", { code: 1006 })), 0); }
  send() {}
  close() {}
}"""


async def test_where_no_socket_gets_through(open_page: OpenPage, start: Start, served: Served) -> None:
    page = await open_page("/")
    await page.add_init_script(NO_SOCKETS)
    job = start(150, delay_s=0.25)
    await page.goto(job.path)
    await expect(page.locator("#line")).to_have_text("Connection: live")
    await ended(page)
    assert await page.locator("#job").get_attribute("data-seen") == f"1-{await newest_seq(served, job)}"


async def test_a_late_visitor_sees_how_it_ended(open_page: OpenPage, start: Start) -> None:
    job = start(3)
    await ended(await open_page(job.path))
    page = await open_page(job.path)
    await ended(page)
    await expect(page.locator("#table tbody tr")).to_have_count(3)


# -- who may see it
async def test_the_token_stands_nowhere(open_page: OpenPage, start: Start, served: Served) -> None:
    job = start(30, delay_s=0.1)
    page = await open_page("/")
    addresses: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda opened: addresses.append(opened.url))
    page.on("console", lambda message: said.append(message.text))
    await page.goto(job.path)
    await ended(page)
    assert page.url == f"{served.address}/jobs/{job.id}"
    assert any("/ws/progress" in address for address in addresses) and any("/results?" in address for address in addresses)
    # the page's own address has it in its fragment, which stays in the browser
    sent = [address.partition("#")[0] for address in addresses]
    assert not any(job.token in text for text in [*sent, *said, await page.content(), await page.title()])
    await page.reload()
    await ended(page)
    other = await page.context.new_page()
    await other.goto(f"/jobs/{job.id}")
    await expect(other.locator("#ask-why")).to_have_text("This page shows a job to whoever has its token.")


async def test_a_bare_fragment_is_a_token_and_a_skip_link_is_none(open_page: OpenPage, start: Start) -> None:
    job = start(2)
    page = await open_page(f"/jobs/{job.id}#{job.token}")
    await ended(page)
    assert "#" not in page.url
    await page.goto(f"/jobs/{job.id}#main")
    await expect(page.locator("#ask")).to_be_hidden()
    await ended(page)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("wrong", "There is no such job, or this is not its token."),
        ("expired", "The token has expired."),
        ("unknown", "There is no such job, or this is not its token."),
        ("nonsense", "This is no token"),
        ("none", "This page shows a job to whoever has its token."),
    ],
)
async def test_without_a_valid_token(open_page: OpenPage, start: Start, kind: str, said: str) -> None:
    job = start(2, expired=kind == "expired")
    paths = {
        "wrong": f"/jobs/{job.id}#token={job.token[::-1]}",
        "unknown": f"/jobs/nobody#token={job.token}",
        "nonsense": f"/jobs/{job.id}#token=<b>",
        "none": f"/jobs/{job.id}",
    }
    page = await open_page(paths.get(kind, job.path))
    await expect(page.locator("#ask-why")).to_contain_text(said)
    await expect(page.locator("#token")).to_be_focused()
    await expect(page.locator("#now")).to_be_hidden()
    if kind in ("wrong", "none"):
        await page.keyboard.type(f" {job.token} ")
        await page.keyboard.press("Enter")
        await ended(page)
        assert job.token not in await page.content() and "?" not in page.url
    else:
        await page.reload()
        await expect(page.locator("#ask")).to_be_visible()


async def test_the_page_is_the_same_for_every_job(start: Start, served: Served) -> None:
    job = start(2)
    async with httpx.AsyncClient(base_url=served.address) as client:
        known, unknown = [await client.get(f"/jobs/{name}") for name in (job.id, "nobody")]
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace(job.id, "nobody") == unknown.text
        assert known.headers["content-security-policy"].startswith("default-src 'self'; script-src 'self'; style-src 'self';")
        for path in ("/jobs/a%20b", "/jobs/a.b", f"/jobs/{'x' * 129}", "/jobs/", "/jobs/a/b"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post("/jobs/nobody")).status_code in (403, 405)


# -- how it ends
async def test_a_job_that_fails(open_page: OpenPage, start: Start) -> None:
    page = await open_page(start(40, delay_s=0.1, fail_at=30).path)
    await ended(page, "failed")
    said = "The file is none. (INVALID_FILE) Starting it again with the same input will not help."
    await expect(page.locator("#outcome-words")).to_have_text(said)
    await expect(page.locator("#results-words")).to_contain_text("as far as the job came")
    await expect(page.locator("#cancel")).to_be_hidden()


async def test_a_job_is_canceled(open_page: OpenPage, start: Start) -> None:
    page = await open_page(start(500, delay_s=0.2).path)
    await expect(page.locator("#processed")).to_have_text(re.compile(r"^\d\d+ of 500"))
    await page.locator("#cancel").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_role("button", name="Let it run").click()
    await expect(page.locator("#state")).to_have_text("Running")
    await page.locator("#cancel").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    await ended(page, "canceled")
    await expect(page.locator("#outcome-words")).to_contain_text(re.compile(r"^\d+ of 500 items were done until then"))
    await expect(page.locator("#downloads")).to_be_visible()


async def test_items_that_went_wrong_stand_in_the_table(open_page: OpenPage, start: Start) -> None:
    page = await open_page(start(6, raise_at=3).path)
    await ended(page)
    await expect(page.locator("#outcome-words")).to_contain_text("5 of 6 succeeded, 1 did not")
    await expect(page.locator("#table tbody tr").nth(3)).to_contain_text("INTERNAL_ERROR")


async def test_a_job_that_waits_for_its_next_attempt(open_page: OpenPage, start: Start) -> None:
    page = await open_page(start(3, broken=True).path)
    await expect(page.locator("#state")).to_contain_text("Waiting for the next attempt", timeout=JOB_TIMEOUT_MS)
    await page.locator("#cancel").click()
    await page.locator("#sure-yes").click()
    await ended(page, "canceled")


# -- how it looks
@pytest.mark.parametrize("width", [320, 700])
async def test_no_sideways_scrolling(open_page: OpenPage, start: Start, width: int) -> None:
    job = start(books=[{"title": "x" * 300}, {"title": "Dune"}, {"isbn": "123"}])
    page = await open_page(job.path, viewport={"width": width, "height": 640})
    await ended(page)
    await expect(page.locator("#table tbody tr")).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_in_both_schemes(open_page: OpenPage, start: Start, scheme: str) -> None:
    page = await open_page(start(books=[{"title": "Dune"}, {"title": "zzznotfound"}, {"isbn": "123"}]).path, color_scheme=scheme)
    await ended(page)
    await expect(page.locator("#table tbody tr")).to_have_count(3)
    ratios = await page.evaluate(CONTRASTS)
    assert len(ratios) > 20
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


async def test_what_is_heard_of_a_running_job(open_page: OpenPage, start: Start) -> None:
    page = await open_page("/")
    await page.add_init_script(
        "window.heard = []; addEventListener('DOMContentLoaded', () => new MutationObserver(() =>"
        " window.heard.push(document.getElementById('said').textContent)).observe(document.getElementById('said'), { childList: true }))"
    )
    await page.goto(start(100, delay_s=0.15).path)
    await ended(page)
    await asyncio.sleep(0.3)
    heard = await page.evaluate("window.heard")
    assert heard[-1] == "The job is done" and any(text.startswith("Running") for text in heard) and len(heard) <= 5


async def test_without_a_script(open_page: OpenPage) -> None:
    page = await open_page("/jobs/nobody", java_script_enabled=False)
    await expect(page.locator("main")).to_contain_text("needs JavaScript")
    await expect(page.locator("#ask")).to_be_hidden()
