"""The page `/import` as people use it, in Chromium: a file is dropped, looked at, set right, refused or sent."""

import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser import importing, job_server
from tests.browser.conftest import OpenPage, failure, stand_in
from tests.browser.importing import FORMULA, GOODREADS, HOSTILE, Opened, choice, drop, imported, look, open_row
from tests.browser.job_server import ended
from tests.browser.test_search_page import CONTRASTS

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server, link, rows_page = job_server.served, job_server.server, importing.link, importing.rows_page

API = "**/v1/import/csv*"


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
    await expect(page.locator("#books li").first).to_contain_text("ISBN9780441172719")
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
    await expect(page.locator("#books li").first).not_to_contain_text("PublisherAce Books")
    await page.get_by_role("button", name="Read them again").click()
    await expect(page.locator("#books li").first).to_contain_text("PublisherAce Books")
    await expect(page.locator("#outdated")).to_be_hidden()
    await choice(page, "Shown as").select_option("title")
    await imported(page)
    panel = await open_row(page, 2)
    await expect(panel.locator(".card").first).to_contain_text("Kindred")
    await expect(panel.locator(".card").first).to_contain_text("Beacon Press")


async def test_encoding_and_separator_by_hand(open_page: OpenPage) -> None:
    page = await open_page("/import")
    raw = "Titel|Autor\nŽivot|Čapek\n".encode("cp1250")
    await page.set_input_files("#file", {"name": "alt.csv", "mimeType": "text/csv", "buffer": raw})
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
    page.on("request", lambda request: sent.append(request.method))
    await page.set_input_files("#file", {"name": "big.csv", "mimeType": "text/csv", "buffer": b"x" * (10 * 2**20 + 1)})
    await expect(page.locator("#problem")).to_have_text(
        "“big.csv” has 10.0 MB; at most 10 MB are taken. Split the file and import its parts one after the other."
    )
    assert "POST" not in sent


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
        (429, {"code": "RATE_LIMIT_EXCEEDED", "message": "Too fast.", "details": {"retryAfter": 42}}, "Too fast. Wait 42 s"),
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


async def test_how_much_is_sent_is_shown(open_page: OpenPage) -> None:
    page = await open_page("/import")
    network = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    await network.send("Network.emulateNetworkConditions", slow)
    await page.evaluate(
        "window.parts = []; new MutationObserver(() => window.parts.push(document.getElementById('sent').value))"
        ".observe(document.getElementById('sent'), { attributes: true })"
    )
    await look(page, "Title,Author\n" + "".join(f"Book number {n},Nemo Nobody\n" for n in range(15_000)))
    parts = await page.evaluate("window.parts")
    assert parts == sorted(parts) and parts[-1] == 1 and any(0 < part < 1 for part in parts)


async def test_without_a_script(open_page: OpenPage) -> None:
    page = await open_page("/import", java_script_enabled=False)
    await expect(page.locator("main")).to_contain_text("needs JavaScript")
    await expect(page.locator("#choose")).to_be_hidden()


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
