"""Results of a job in the browser: the table, the files, and the estimate while it runs."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import job_server
from tests.browser.conftest import OpenPage
from tests.browser.job_server import Start, ended

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server, start = job_server.served, job_server.server, job_server.start

HOSTILE = "<img src=x onerror=alert(4711)>"
FORMULA = "=cmd|' /C calc'!A0"


BOOKS = [
    {"title": "Dune", "author": "Frank Herbert"},
    {"isbn": "978-0-441-17271-9"},
    {"title": HOSTILE, "author": FORMULA},
    {"isbn": "123"},
    {"title": 'A "quoted", title\nof two lines'},
]


async def test_books_are_shown_as_text(open_page: OpenPage, start: Start) -> None:
    page = await open_page(start(books=BOOKS).path)
    await ended(page)
    heads = ["#", "Asked", "Found", "Authors", "Year", "Publisher", "Match", "Status", "Provider"]
    await expect(page.locator("#table th")).to_have_text(heads)
    rows = page.locator("#table tbody tr")
    await expect(rows).to_have_count(len(BOOKS))
    await expect(rows.nth(1)).to_contain_text("Frank Herbert")
    await expect(rows.nth(1).locator("[data-name=Match]")).to_have_text("ISBN, 100\u00a0%")
    await expect(rows.nth(1).locator("[data-name=Status]")).to_have_text("found")
    await expect(rows.nth(2).locator("[data-name=Asked]")).to_have_text(f"{HOSTILE} · {FORMULA}")
    await expect(rows.nth(3).locator("[data-name=Status]")).to_contain_text("error: ")
    await expect(page.locator("#table img, #table script")).to_have_count(0)


async def saved(page: Page, button: str) -> tuple[str, bytes]:
    async with page.expect_download() as waiting:
        await page.locator(button).click()
    download = await waiting.value
    return download.suggested_filename, Path(await download.path()).read_bytes()


async def test_results_as_files(open_page: OpenPage, start: Start) -> None:
    job = start(books=BOOKS)
    page = await open_page(job.path)
    await ended(page)
    name, raw = await saved(page, "#csv")
    assert name == f"bookstrack-batch-enrichment-{job.id[:12]}.csv"
    assert raw.startswith(b"\xef\xbb\xbf") and raw.endswith(b"\r\n")
    text = raw.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert (rows[1]["found_title"], rows[1]["match_by"], rows[1]["match_score"]) == ("Dune", "isbn", "1")
    assert (rows[2]["asked_title"], rows[2]["asked_author"]) == (HOSTILE, f"'{FORMULA}")
    assert rows[4]["asked_title"].startswith('A "quoted", title') and '"A ""quoted"", title' in text
    name, raw = await saved(page, "#json")
    found = json.loads(raw)
    assert name.endswith(".json") and found["jobId"] == job.id and found["status"] == "completed"
    assert [item["index"] for item in found["enrichedBooks"]] == [0, 1, 2, 3, 4]
    assert found["enrichedBooks"][2]["title"] == HOSTILE


async def test_five_thousand_items(open_page: OpenPage, start: Start) -> None:
    page = await open_page(start(5_000).path)
    await ended(page)
    await expect(page.locator("#results-words")).to_have_text("1–50 of 5,000 items.")
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator("#results-words")).to_have_text("51–100 of 5,000 items.")
    await expect(page.locator("#table tbody tr").first).to_contain_text("2500")
    await expect(page.locator("#results-title")).to_be_focused()
    await page.get_by_role("button", name="Previous").click()
    await expect(page.locator("#results-words")).to_have_text("1–50 of 5,000 items.")
    await expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    _, raw = await saved(page, "#json")
    assert [item["index"] for item in json.loads(raw)["books"]] == list(range(5_000))
    _, raw = await saved(page, "#csv")
    assert raw.decode("utf-8-sig").split("\r\n")[:3] == ["index,square", "0,0", "1,1"] and raw.count(b"\r\n") == 5_001


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", "plain"),
        ("=1+1", "'=1+1"),
        ("+49", "+49"),
        ("-1.5", "-1.5"),
        ("+49 30", "'+49 30"),
        ("-1+1", "'-1+1"),
        (" =1", "' =1"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "\"'\rx\""),
        ('a "b", c', '"a ""b"", c"'),
        ("two\nlines", '"two\nlines"'),
        (" edge ", '" edge "'),
        (-5, "-5"),
        (None, ""),
        (True, "true"),
    ],
)
async def test_cells_of_the_file(open_page: OpenPage, value: object, cell: str) -> None:
    page = await open_page("/jobs/nobody")
    script = "async (value) => (await import('/static/bookstrack/job_export.js')).csvOf([['a', (item) => item], ['b', () => 1]], [value])"
    assert await page.evaluate(script, value) == f"\ufeffa,b\r\n{cell},1\r\n"


# -- the estimate
LEFT = """async ([points, now, total]) => {
  const { Pace, leftInWords } = await import('/static/bookstrack/job_pace.js');
  const pace = new Pace();
  for (const [at, done] of points) pace.note(at, done);
  const left = pace.left(now, total);
  return left && [...left, leftInWords(left)];
}"""


async def test_an_estimate_is_a_range_around_the_truth(open_page: OpenPage) -> None:
    page = await open_page("/jobs/nobody")
    steady = [(second * 1000, second * 10) for second in range(31)]
    least, most, words = await page.evaluate(LEFT, [steady, 30_000, 2_100])
    assert least < 180 < most and most / least < 1.4 and re.fullmatch(r"about \d–\d min left", words)
    uneven = [(second * 1000, second // 3 * 30) for second in range(31)]
    wide_least, wide_most, _ = await page.evaluate(LEFT, [uneven, 30_000, 2_100])
    assert wide_least < 180 < wide_most and wide_most / wide_least > most / least


@pytest.mark.parametrize(
    ("points", "now"),
    [
        ([], 0),
        ([(0, 0), (1_000, 10), (2_000, 20)], 2_000),  # too soon
        ([(second * 1000, 0) for second in range(20)], 20_000),  # nothing done
        ([(second * 1000, 1) for second in range(10)] + [(10_000, 400)], 10_000),  # one leap
        ([(second * 1000, second * 10) for second in range(10)], 120_000),  # silent since
    ],
)
async def test_no_estimate_where_it_would_be_a_guess(open_page: OpenPage, points: list[tuple[int, int]], now: int) -> None:
    page = await open_page("/jobs/nobody")
    assert await page.evaluate(LEFT, [points, now, 1_000]) is None


async def test_an_estimate_is_shown(open_page: OpenPage, start: Start) -> None:
    job = start(400, delay_s=0.2)
    page = await open_page(job.path)
    await expect(page.locator("#left")).to_have_text(re.compile(r"^about \d+(–\d+)? s left$"))
    await page.locator("#cancel").click()
    await page.locator("#sure-yes").click()
    await ended(page, "canceled")
