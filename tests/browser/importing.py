"""An import in the browser, for the tests of its page and of its rows: a small export of our own, and what people do with it."""

import csv
import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.job_server import JOB_TIMEOUT_MS, Served, ended

HOSTILE = "<img src=x onerror=alert(4711)>"
FORMULA = "=cmd|' /C calc'!A0"
GOODREADS = f'''\
Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,\
Bookshelves,Bookshelves with positions,Exclusive Shelf,My Review,Private Notes,Date Added,Moon
234225,"Dune (Dune, #1)",Frank Herbert,"Herbert, Frank",,"=""0441172717""","=""9780441172719""",5,4.27,Ace Books,\
a,a (#1),read,,,2020/05/17,full
,The Left Hand,Ursula K. Le Guin,"Le Guin, Ursula K.",Nemo Nobody,"=""""","=""""",4,4.1,,"b, c",,to-read,\
"Two
lines",{FORMULA},2021/03/04,-1
,The Book That Nobody Wrote,Nemo Nobody,"Nobody, Nemo",,"=""""","=""9780441172710""",0,3.9,,,,own,,,2021/03/04,
,,,,,,,,,,,,,,lost,2021/03/04,
,{HOSTILE},"{FORMULA}",,,,,0,0,,,,currently-reading,,,,
'''

DROP = """([text, name]) => {
  const given = new DataTransfer();
  given.items.add(new File([text], name));
  for (const type of ["dragover", "drop"]) {
    document.getElementById("drop").dispatchEvent(new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true }));
  }
}"""


async def drop(page: Page, text: str, name: str = "library.csv") -> None:
    await page.evaluate(DROP, [text, name])


async def look(page: Page, text: str, name: str = "library.csv") -> None:
    await drop(page, text, name)
    await expect(page.locator("#looked")).to_be_visible()
    await expect(page.locator("#sending")).to_be_hidden()


async def imported(page: Page) -> None:
    """From the button to the rows of a job that has ended."""
    await page.locator("#start").click()
    await page.wait_for_url("**/jobs/*")
    await ended(page)
    await expect(page.locator("#imported-words")).to_contain_text(re.compile(r"^\d[\d,]* rows?: "), timeout=JOB_TIMEOUT_MS)


def choice(page: Page, column: str) -> Any:
    return page.get_by_role("combobox", name=f"What the column “{column}” holds")


def rows(page: Page) -> Any:
    return page.locator("#imported-table tbody tr:not(.panel)")


async def counts(page: Page) -> dict[str, int]:
    texts = await page.locator("#groups label").all_inner_texts()
    return {name: int(count) for name, _, count in (text.strip().rpartition(" ") for text in texts)}


async def open_row(page: Page, number: int) -> Any:
    """The cards of a row."""
    row = page.locator(f'#imported-table tr[data-row="{number}"]')
    await row.get_by_role("button").click()
    panel = page.locator(f'tr[data-row="{number}"] + .panel')
    await expect(panel.locator(".card").first).to_be_visible()
    return panel


async def saved(page: Page, button: str) -> tuple[str, str]:
    async with page.expect_download() as waiting:
        await page.locator(button).click()
    download = await waiting.value
    return download.suggested_filename, Path(await download.path()).read_bytes().decode("utf-8-sig")


def cells(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


async def planned(served: Served, text: str) -> dict[str, Any]:
    """What a file would be read as, were it imported."""
    async with httpx.AsyncClient(base_url=served.address) as client:
        reply = await client.post("/v1/import/csv", params={"plan": 1, "enrich": 0}, files={"file": ("again.csv", text.encode())})
    assert reply.status_code == 200, reply.text
    data: dict[str, Any] = reply.json()["data"]
    return data


# -- the rows of an import; one import for all of them, each in a page of its own
Opened = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def link(served: Served) -> str:
    """The page of an import of GOODREADS, with its token."""
    reply = httpx.post(f"{served.address}/v1/import/csv", files={"file": ("library.csv", GOODREADS.encode())})
    assert reply.status_code == 202, reply.text
    data = reply.json()["data"]
    return f"/jobs/{data['jobId']}#token={data['token']}"


@pytest.fixture
def rows_page(open_page: OpenPage, link: str) -> Opened:
    async def opened(**options: Any) -> Page:
        page = await open_page(link, **options)
        await ended(page)
        await expect(page.locator("#imported-words")).to_have_text("5 rows: 4 of them are books.")
        return page

    return opened
