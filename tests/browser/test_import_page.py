"""An import as people do it, in Chromium: a file is dropped, looked at, set right, imported, and its rows are judged and downloaded."""

import csv
import io
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.browser import job_server
from tests.browser.conftest import STEP_TIMEOUT_MS, OpenPage, failure, stand_in
from tests.browser.job_server import JOB_TIMEOUT_MS, Served, ended
from tests.browser.test_search_page import CONTRASTS

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server = job_server.served, job_server.server

API = "**/v1/import/csv*"
HOSTILE = "<img src=x onerror=alert(4711)>"
FORMULA = "=cmd|' /C calc'!A0"
GOODREADS = f'''\
Book Id,Title,Author,Author l-f,Additional Authors,ISBN,ISBN13,My Rating,Average Rating,Publisher,Bookshelves,Bookshelves with positions,\
Exclusive Shelf,My Review,Private Notes,Date Added,Moon
234225,"Dune (Dune, #1)",Frank Herbert,"Herbert, Frank",,"=""0441172717""","=""9780441172719""",5,4.27,Ace Books,a,a (#1),read,,,2020/05/17,full
,The Left Hand,Ursula K. Le Guin,"Le Guin, Ursula K.",Nemo Nobody,"=""""","=""""",4,4.1,,"b, c",,to-read,"Two
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


# -- looking
async def test_a_dropped_file_is_shown_before_anything_starts(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await look(page, GOODREADS)
    await expect(page.locator("#format")).to_have_text("Recognised: Goodreads")
    await expect(page.locator("#format")).to_be_focused()
    await expect(page.locator("#format-words")).to_have_text("library.csv: 5 rows, rows of text, UTF-8, separated by commas.")
    await expect(page.locator("#columns tbody tr")).to_have_count(17)
    await expect(choice(page, "ISBN13")).to_have_value("isbn")
    await expect(choice(page, "Moon")).to_have_value("")
    await expect(page.locator("#columns tbody tr").nth(1)).to_contain_text("Dune (Dune, #1) · The Left Hand")
    await expect(page.locator("#books li")).to_have_count(5)
    await expect(page.locator("#books li").first).to_contain_text("ISBN: 9780441172719")
    await expect(page.locator("#books li").nth(3)).to_contain_text("Row 4 is no book: There is no title")
    await expect(page.locator("#books li").nth(4).locator("strong")).to_have_text(HOSTILE)
    await page.get_by_text("The first rows as they stand in the file").click()
    await expect(page.locator("#rows tbody tr").nth(1)).to_contain_text(FORMULA)
    await expect(page.locator("#plan")).to_contain_text("Rows5")
    await expect(page.locator("#start")).to_have_text("Import 5 rows")
    await expect(page.locator("main img, main script:not(#words)")).to_have_count(0)


async def test_columns_are_set_right_by_hand(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await look(page, "Shown as;Written by;Etc\nDune;Frank Herbert;Ace Books\nKindred;Octavia E. Butler;Beacon Press\n")
    await expect(page.locator("#format")).to_have_text("No program’s export that is known")
    await choice(page, "Etc").select_option("publisher")
    await expect(page.locator("#columns tbody tr").nth(2)).to_contain_text("chosen by you")
    await expect(page.locator("#outdated")).to_be_visible()
    await expect(page.locator("#books li").first).not_to_contain_text("Publisher: Ace Books")
    await page.get_by_role("button", name="Read them again").click()
    await expect(page.locator("#books li").first).to_contain_text("Publisher: Ace Books")
    await expect(page.locator("#outdated")).to_be_hidden()
    await choice(page, "Shown as").select_option("title")
    await imported(page)
    panel = await open_row(page, 2)
    await expect(panel.locator(".card").first).to_contain_text("Kindred")
    await expect(panel.locator(".card").first).to_contain_text("Beacon Press")


async def test_encoding_and_separator_by_hand(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await page.set_input_files("#file", {"name": "alt.csv", "mimeType": "text/csv", "buffer": "Titel|Autor\nŽivot|Čapek\n".encode("cp1250")})
    await expect(page.locator("#looked")).to_be_visible()
    await page.get_by_text("How the file is read").click()
    await page.get_by_label("Encoding").select_option("cp1251")
    await expect(page.locator("#books li").first).not_to_contain_text("Život")
    await page.get_by_label("Encoding").select_option("cp1250")
    await page.get_by_label("Separator").select_option("pipe")
    await expect(page.locator("#books li").first.locator("strong")).to_have_text("Život")
    await expect(page.locator("#format-words")).to_contain_text("Windows-1250, separated by vertical bars")


# -- what is refused
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%PDF-1.7\n" + "x" * 500, "Export your library as CSV, TSV, XLSX or JSON, and choose that file."),
        ("", "Check that the export has finished"),
        ("Title,Author\n", "Check that the export has finished"),
    ],
)
async def test_a_file_that_is_none_is_refused_in_words(open_page: OpenPage, text: str, said: str) -> None:
    page = await open_page("/import")
    await look(page, "Title,Author\nDune,Frank Herbert\n")
    await drop(page, text, "wrong.csv")
    await expect(page.locator("#problem")).to_contain_text(said)
    await expect(page.locator("#problem")).to_be_focused()
    await expect(page.locator("#looked")).to_be_hidden()
    await expect(page.locator("#again")).to_be_hidden()
    await look(page, "Title,Author\nKindred,Octavia E. Butler\n")
    await expect(page.locator("#problem")).to_be_empty()


async def test_a_file_that_is_too_large_is_not_sent(open_page: OpenPage) -> None:
    page = await open_page("/import")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    await page.set_input_files("#file", {"name": "big.csv", "mimeType": "text/csv", "buffer": b"x" * (10 * 2**20 + 1)})
    await expect(page.locator("#problem")).to_have_text(
        "“big.csv” has 10.0 MB; at most 10 MB are taken. Split the file and import its parts one after the other."
    )
    assert sent == []


async def test_several_files_at_once_are_refused(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await page.evaluate(
        "() => { const given = new DataTransfer(); for (const name of 'ab') given.items.add(new File(['x'], name));"
        " document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true })); }"
    )
    await expect(page.locator("#problem")).to_have_text("These are several files. Drop them one after the other.")


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (429, {"code": "RATE_LIMIT_EXCEEDED", "message": "Too many.", "details": {"retryAfter": 42}}, "Too many. Trying again in 42 s will work."),
        (503, {"code": "UNAVAILABLE", "message": "Jobs cannot be started."}, "Jobs cannot be started. Nothing was started."),
    ],
)
async def test_what_passes_by_can_be_tried_again(open_page: OpenPage, status: int, error: dict[str, Any], said: str) -> None:
    page = await open_page("/import")
    await look(page, "Title,Author\nDune,Frank Herbert\n")
    await stand_in(page, failure(status, **error), API, status)
    await page.locator("#start").click()
    await expect(page.locator("#problem")).to_contain_text(said)
    await expect(page.locator("#looked")).to_be_visible()
    await page.unroute(API)
    await page.get_by_role("button", name="Try again").click()
    await page.wait_for_url("**/jobs/*")
    await ended(page)


async def test_no_server_is_said_and_a_start_sent_twice_is_one_job(open_page: OpenPage) -> None:
    page = await open_page("/import")
    keys: list[str] = []

    async def lost(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        await (route.abort() if len(keys) == 1 else route.continue_())

    await look(page, "Title,Author\nDune,Frank Herbert\n")
    await page.route(re.compile(r"/v1/import/csv$"), lost)
    await page.locator("#start").click()
    await expect(page.locator("#problem")).to_contain_text("The server could not be reached. Check your connection")
    await page.get_by_role("button", name="Try again").click()
    await page.wait_for_url("**/jobs/*")
    await ended(page)
    assert len(keys) == 2 and len(set(keys)) == 1 and len(keys[0]) == 32


async def test_a_sending_is_stopped(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await page.route(API, lambda route: None)  # it is never answered
    await drop(page, "Title,Author\nDune,Frank Herbert\n")
    await expect(page.locator("#sending-words")).to_have_text("Reading “library.csv”…")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#sending")).to_be_hidden()
    await expect(page.locator("#problem")).to_be_empty()
    await page.unroute(API)
    await look(page, "Title,Author\nDune,Frank Herbert\n")


async def test_without_a_script(open_page: OpenPage) -> None:
    page = await open_page("/import", java_script_enabled=False)
    await expect(page.locator("main")).to_contain_text("needs JavaScript")
    await expect(page.locator("#choose")).to_be_hidden()


# -- the rows of an import; one import for all of them, each in a page of its own
Opened = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def link(browser: Browser, server: str) -> str:
    """The page of an import of GOODREADS that has ended, with its token."""
    page = await browser.new_page(base_url=server)
    page.set_default_timeout(STEP_TIMEOUT_MS)
    await page.goto("/import")
    await look(page, GOODREADS)
    async with page.expect_response(lambda reply: reply.status == 202) as waiting:
        await page.locator("#start").click()
    data = (await (await waiting.value).json())["data"]
    await page.wait_for_url("**/jobs/*")
    await ended(page)
    await page.close()
    return f"/jobs/{data['jobId']}#token={data['token']}"


@pytest.fixture
def rows_page(open_page: OpenPage, link: str) -> Opened:
    async def opened(**options: Any) -> Page:
        page = await open_page(link, **options)
        await ended(page)
        await expect(page.locator("#imported-words")).to_have_text("5 rows: 4 of them are books.")
        return page

    return opened


async def test_rows_are_filtered(rows_page: Opened) -> None:
    page = await rows_page()
    assert await counts(page) == {"all": 5, "matched": 1, "unsure": 1, "not found": 2, "errors": 1}
    await expect(page.locator("#results")).to_be_hidden()
    await expect(rows(page)).to_have_count(5)
    await page.get_by_text("unsure 1").click()
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page)).to_contain_text("The Left Hand")
    await page.keyboard.press("ArrowRight")
    await expect(rows(page)).to_have_count(2)
    await expect(rows(page).nth(1)).to_contain_text(f"{HOSTILE} · {FORMULA}")
    await page.keyboard.press("ArrowRight")
    await expect(rows(page).locator("[data-name=Result]")).to_have_text(re.compile("^error: There is no title"))
    await expect(page.locator("#imported img, #imported script")).to_have_count(0)


async def test_a_row_beside_what_was_found(rows_page: Opened) -> None:
    page = await rows_page()
    panel = await open_row(page, 1)
    await expect(panel.locator("h3")).to_have_text(["In your file", "Found"])
    await expect(panel.locator(".card").first).to_contain_text("Dune, #1")
    await expect(panel.locator(".card").first).to_contain_text("Moon")
    await expect(panel.locator(".card").nth(1)).to_contain_text("ISBN agrees")
    await expect(panel.get_by_role("button")).to_have_count(0)
    button = page.locator('tr[data-row="1"]').get_by_role("button")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await button.click()
    await expect(panel).to_have_count(0)
    panel = await open_row(page, 3)
    await expect(panel).to_contain_text("“=\"9780441172710\"” is no ISBN. The check digit is wrong")
    panel = await open_row(page, 4)
    await expect(panel).to_contain_text(",,,,,,,,,,,,,,lost,2021/03/04,")


async def test_another_candidate_is_taken_and_given_back(rows_page: Opened) -> None:
    page = await rows_page()
    panel = await open_row(page, 2)
    card = panel.locator(".card").nth(1)
    await expect(card).to_contain_text("The Left Hand of Darkness")
    await expect(card).to_contain_text("another title")
    await card.get_by_role("button", name="Take this one").click()
    await expect(card.locator("h3")).to_have_text("Your choice")
    await expect(card.get_by_role("button")).to_be_focused()
    row = page.locator('tr[data-row="2"]')
    await expect(row.locator("[data-name=Result]")).to_have_text("your choice")
    await expect(row.locator("[data-name=Found]")).to_contain_text("The Left Hand of Darkness")
    assert await counts(page) == {"all": 5, "matched": 2, "unsure": 0, "not found": 2, "errors": 1}
    _, text = await saved(page, "#rows-csv")
    assert cells(text)[1]["takenTitle"] == "The Left Hand of Darkness" and cells(text)[1]["result"] == "matched"
    await page.reload()
    await expect(row.locator("[data-name=Result]")).to_have_text("your choice")
    panel = await open_row(page, 2)
    await panel.get_by_role("button", name="Undo this choice").click()
    await expect(row.locator("[data-name=Result]")).to_have_text("unsure")
    await page.reload()
    await expect(row.locator("[data-name=Result]")).to_have_text("unsure")


async def test_all_rows_as_files(rows_page: Opened) -> None:
    page = await rows_page()
    name, text = await saved(page, "#rows-csv")
    found = cells(text)
    assert re.fullmatch(r"bookstrack-import-[\w-]{12}\.csv", name)
    assert [row["row"] for row in found] == ["1", "2", "3", "4", "5"]
    assert [row["result"] for row in found] == ["matched", "unsure", "not_found", "error", "not_found"]
    assert (found[0]["isbn"], found[0]["foundTitle"], found[0]["series"], found[0]["seriesPosition"]) == ("9780441172719", "Dune", "Dune", "1")
    assert (found[4]["title"], found[4]["author"], found[1]["notes"]) == (HOSTILE, f"'{FORMULA}", f"'{FORMULA}")
    name, text = await saved(page, "#rows-json")
    whole = json.loads(text)
    assert name.endswith(".json") and [book["row"] for book in whole["books"]] == [1, 2, 3, 5]
    assert whole["errors"][0]["raw"].startswith(",,,") and whole["detectedFormat"] == "goodreads"


async def test_rows_to_correct_in_the_columns_of_the_file(rows_page: Opened, served: Served) -> None:
    page = await rows_page()
    await expect(page.locator("#rows-correct")).to_have_text("Download 4 rows to correct")
    name, text = await saved(page, "#rows-correct")
    assert name.endswith("-to-correct.csv")
    found = cells(text)
    assert list(found[0]) == GOODREADS.partition("\n")[0].split(",")
    assert [row["Title"] for row in found] == ["The Left Hand", "The Book That Nobody Wrote", "", HOSTILE]
    assert (found[0]["Private Notes"], found[0]["Moon"], found[0]["Exclusive Shelf"]) == (f"'{FORMULA}", "-1", "to-read")
    assert found[2]["Private Notes"] == "lost" and found[1]["ISBN13"] == "'=\"9780441172710\""
    first, again = await planned(served, GOODREADS), await planned(served, text)
    assert again["detectedFormat"] == "goodreads" and again["mapping"] == first["mapping"]
    kept, read = (without_rows(data["preview"]["books"]) for data in (first, again))
    assert read[0] == kept[1] and read[3] == kept[4]
    assert (read[1]["title"], read[1]["shelves"]) == ("The Book That Nobody Wrote", ["own"])


def without_rows(books: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in book.items() if name != "row"} for book in books]


SEMICOLONS = """\
Buchtitel;Untertitel;Autor;ISBN;Bewertung;Reihe;Regal;Notiz;Gelesen am;Seiten
Messiah of Dune;;Frank Herbert;;7,5;Dune #2;a, b;'=x;17.05.2020;331
Niemandes Buch;"Ein ""Titel""; lang";Nemo Nobody & Ann Onym;;10;;SF;+49 30;2021;12 S.
Noch eins;;;9780441172710;9;;;"zwei
Zeilen";;
"""


async def test_rows_of_any_file_come_back_as_they_were(open_page: OpenPage, served: Served) -> None:
    page = await open_page("/import")
    await look(page, SEMICOLONS)
    await imported(page)
    _, text = await saved(page, "#rows-correct")
    assert text.startswith("Buchtitel;Untertitel;Autor;ISBN;Bewertung;Reihe;Regal;Notiz;Gelesen am;Seiten\r\n")
    first, again = await planned(served, SEMICOLONS), await planned(served, text)
    assert without_rows(again["preview"]["books"]) == without_rows(first["preview"]["books"])


async def test_only_read_is_shown_as_read(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await look(page, GOODREADS)
    await page.get_by_label("Look the books up in the catalogues").uncheck()
    await expect(page.locator("#plan")).to_contain_text("Cataloguesare not asked")
    await imported(page)
    assert await counts(page) == {"all": 5, "errors": 1, "read only": 4}
    await expect(page.locator("#rows-correct")).to_have_text("Download 1 row to correct")


async def test_twelve_hundred_rows_by_pages(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await look(page, "Title,Author\n" + "".join(f"Book number {n},\n" for n in range(1_200)))
    await page.get_by_label("Look the books up in the catalogues").uncheck()
    await expect(page.locator("#plan")).to_contain_text("are not asked")
    await imported(page)
    await expect(page.locator("#imported-words")).to_have_text("1,200 rows: 1,200 of them are books.")
    await expect(rows(page)).to_have_count(50)
    await page.get_by_role("button", name="Next").click()
    await expect(rows(page).first).to_contain_text("Book number 50")
    await expect(page.locator("#imported-title")).to_be_focused()
    _, text = await saved(page, "#rows-csv")
    assert [row["title"] for row in cells(text)] == [f"Book number {n}" for n in range(1_200)]


async def test_rows_that_cannot_be_fetched_are_fetched_again(open_page: OpenPage, link: str) -> None:
    page = await open_page("/")
    results = "**/results?*"
    await stand_in(page, failure(503), results, 503)
    await page.goto(link)
    await expect(page.locator("#imported-words")).to_contain_text("The rows could not be read to the end: No catalogue", timeout=JOB_TIMEOUT_MS)
    await page.unroute(results)
    await page.get_by_role("button", name="Fetch them again").click()
    await expect(rows(page)).to_have_count(5)


# -- how it looks
@pytest.mark.parametrize("width", [320, 700])
async def test_no_sideways_scrolling(open_page: OpenPage, rows_page: Opened, width: int) -> None:
    page = await open_page("/import", viewport={"width": width, "height": 640})
    await look(page, GOODREADS + f"1,{'x' * 300},{'y' * 300},,,,,,,,,,,,,,\n")
    await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    page = await rows_page(viewport={"width": width, "height": 640})
    for number in (1, 2, 4):
        await open_row(page, number)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_in_both_schemes(open_page: OpenPage, rows_page: Opened, scheme: str) -> None:
    page = await open_page("/import", color_scheme=scheme)
    await look(page, GOODREADS)
    others = await rows_page(color_scheme=scheme)
    for number in (1, 2, 4):
        await open_row(others, number)
    for shown in (page, others):
        ratios = await shown.evaluate(CONTRASTS)
        assert len(ratios) > 30
        assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


async def test_keyboard_alone(open_page: OpenPage) -> None:
    page = await open_page("/import")
    await page.set_input_files("#file", {"name": "one.csv", "mimeType": "text/csv", "buffer": b"Title,Author\nDune,Frank Herbert\n"})
    await expect(page.locator("#format")).to_be_focused()
    for _ in range(2):  # the fold of the columns, the first column
        await page.keyboard.press("Tab")
    await expect(choice(page, "Title")).to_be_focused()
    await page.locator("#start").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/jobs/*")
    await ended(page)
    await page.get_by_role("button", name="Details of row 1").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".panel .card")).not_to_have_count(0)
