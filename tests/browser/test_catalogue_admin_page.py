"""The catalogue in the admin in Chromium: two works merged and parted again, a title corrected and taken back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import job_server
from tests.browser.conftest import ROOT, OpenPage
from tests.browser.job_server import Served
from tests.browser.test_jobs_admin_page import signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server = job_server.served, job_server.server
SHOTS = os.environ.get("SCREENSHOTS")  # a folder, for whoever wants to see the pages


async def seen(page: Page, name: str) -> None:
    """Keep a picture, if somebody asked for pictures."""
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def search(page: Page, text: str) -> None:
    await page.fill("#searchbar", text)
    await page.keyboard.press("Enter")


async def test_works_are_merged_and_parted(open_page: OpenPage, served: Served) -> None:
    page = await signed_in(open_page, served)
    await page.goto("/admin/search/work/")
    await seen(page, "works")
    await search(page, "woolf")
    rows = page.locator("#result_list tbody tr")
    await expect(rows).to_have_count(4)
    names = await rows.locator("th").all_text_contents()
    for row in (rows.nth(0), rows.nth(1)):
        await row.locator("input[type=checkbox]").check()
    await page.select_option("select[name=action]", label="Merge: they are one and the same")
    await page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    await expect(page.locator(".side-by-side")).to_contain_text("Virginia Woolf")
    await expect(page.locator("#doubts")).to_contain_text("Their titles are not alike.")
    await seen(page, "merge")
    await page.get_by_label(names[1]).check()
    await page.get_by_role("button", name="Merge").click()
    await expect(page.locator(".messagelist")).to_contain_text("This can be undone.")
    await expect(page.locator(".field-other_names")).to_contain_text(names[0])
    await seen(page, "merged_work")
    await page.get_by_role("link", name="This can be undone.").click()
    await seen(page, "merges")
    await page.locator("#result_list tbody tr").first.locator("th a").click()
    await seen(page, "merged")
    await page.get_by_role("button", name="Undo this merge").click()
    await expect(page.locator(".messagelist")).to_contain_text("1 undone.")
    await page.goto("/admin/search/work/?q=woolf")
    await expect(rows).to_have_count(4)


async def test_a_title_is_corrected_and_taken_back(open_page: OpenPage, served: Served) -> None:
    page = await signed_in(open_page, served)
    await page.goto("/admin/search/work/?q=woolf")
    await page.locator("#result_list tbody th a").first.click()
    title = await page.input_value("#id_title")
    await page.fill("#id_first_year", "999")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".errorlist")).to_contain_text("A year from 1000")
    await seen(page, "wrong")
    await page.fill("#id_first_year", "1926")
    await page.fill("#id_title", f"{title} corrected")
    await page.get_by_role("button", name="Save and continue editing").click()
    await expect(page.locator(".field-corrections")).to_contain_text(f"the source says: {title}")
    await seen(page, "corrected")
    await page.goto("/admin/search/work/")
    await search(page, "woolf corrected")
    await expect(page.locator("#result_list tbody tr")).to_have_count(1)
    await page.goto("/admin/search/correction/")
    await seen(page, "corrections")
    await page.check("#action-toggle")
    await page.select_option("select[name=action]", label="Take back: the source's word counts again")
    await page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    await expect(page.locator(".messagelist")).to_contain_text("2 taken back.")
    await page.goto("/admin/search/work/?q=woolf corrected")
    await expect(page.locator("#result_list tbody tr")).to_have_count(0)


async def test_a_load_with_its_counts_and_bad_lines(open_page: OpenPage, served: Served, tmp_path: Path) -> None:
    path = tmp_path / "few.txt"
    lines = ['/type/work\t/works/OL90000001W\t1\t2020\t{"title": "Zinnias of Zanzibar"}', "/type/work\tonly", "<b>no line</b>"]
    path.write_text("\n".join(lines))
    command = [sys.executable, "manage.py", "load_catalogue", "--quiet", str(path)]
    subprocess.run(command, cwd=ROOT, env=served.environ, check=True, capture_output=True)
    page = await signed_in(open_page, served)
    await page.goto("/admin/search/load/")
    row = page.locator("#result_list tbody tr", has_text="few.txt")
    await expect(row).to_contain_text("1 works")
    await seen(page, "loads")
    await row.locator("th a").click()
    await expect(page.locator("#errors-group")).to_contain_text("<b>no line</b>")
    await seen(page, "load")
