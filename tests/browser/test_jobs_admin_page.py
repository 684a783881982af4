"""The admin's pages of jobs in Chromium, as far as a script makes them: a job that is followed, queues that come anew."""

import re

import pytest
from playwright.async_api import Dialog, Page, expect

from tests.browser import job_server
from tests.browser.conftest import OpenPage
from tests.browser.job_server import JOB_TIMEOUT_MS, Served, Start

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server, start = job_server.served, job_server.server, job_server.start


async def signed_in(open_page: OpenPage, served: Served) -> Page:
    page = await open_page("/admin/login/?next=/admin/")
    await page.fill("#id_username", "admin")
    await page.fill("#id_password", served.password())
    await page.keyboard.press("Enter")
    await expect(page.locator("#recent-actions-module")).to_be_visible()
    return page


async def test_a_job_is_followed_to_its_end(open_page: OpenPage, served: Served, start: Start) -> None:
    page = await signed_in(open_page, served)
    job = start(60, delay_s=0.3)
    await page.goto(f"/admin/jobs/job/{job.id}/change/")
    await expect(page.locator("#job-now h2")).to_have_text("running")
    await expect(page.locator("[data-live-text=processed]")).to_have_text(re.compile(r"^[1-5]\d$"))
    await expect(page.locator("[data-live-text=item]")).to_contain_text("number")
    await expect(page.locator("#job-now h2")).to_have_text("completed", timeout=JOB_TIMEOUT_MS)
    await expect(page.locator("#items")).to_contain_text("success (60)")  # the page was loaded anew
    await expect(page.locator("#job-moves tr").last).to_contain_text("completed")
    assert job.token not in await page.content()


async def test_an_operator_cancels_after_a_question(open_page: OpenPage, served: Served, start: Start) -> None:
    page = await signed_in(open_page, served)
    job = start(500, delay_s=0.3)
    await page.goto(f"/admin/jobs/job/{job.id}/change/")
    answers = [False, True]

    async def answer(dialog: Dialog) -> None:
        assert "Cancel this job?" in dialog.message
        await (dialog.accept() if answers.pop(0) else dialog.dismiss())

    page.on("dialog", answer)
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.locator("#job-now h2")).to_have_text("running")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.locator(".messagelist")).to_have_text("The job is canceled.")
    await expect(page.locator("#job-now h2")).to_have_text("canceled")
    assert answers == []


async def test_the_queues_come_anew(open_page: OpenPage, served: Served, start: Start) -> None:
    page = await signed_in(open_page, served)
    await page.goto("/admin/jobs/job/queues/")
    await expect(page.locator("#queues")).to_contain_text("Workers")
    job = start(60, delay_s=0.8)
    link = page.locator("#queues").get_by_role("link", name=f"counting {job.id}")
    await link.click(timeout=JOB_TIMEOUT_MS)
    await page.get_by_role("heading", name=f"counting {job.id}").wait_for()
