"""The page `/scan` as people use it, in Chromium: photos are chosen, sent, followed. The API is stood in for."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser import job_server
from tests.browser.conftest import OpenPage, failure, stand_in
from tests.browser.job_server import JOB_TIMEOUT_MS
from tests.browser.scanning import TOKEN, Scan, book, boxes, card, choose, drawn, file, row, scanned, sent, with_barcodes

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server = job_server.served, job_server.server

MB = 2**20
START = "**/api/scan-bookshelf/batch"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
WIDTH = "document.documentElement.scrollWidth"
DROP = """(contents) => {
  const given = new DataTransfer();
  for (const content of contents) given.items.add(new File([Uint8Array.from(content)], "same.png", { lastModified: 7 }));
  const about = { dataTransfer: given, bubbles: true, cancelable: true };
  for (const type of ["dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, about));
}"""
LARGE = """([head, name, padding]) => {
  const given = new DataTransfer();
  given.items.add(new File([Uint8Array.from(head), new Uint8Array(padding)], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true }));
}"""


# -- choosing
async def test_two_photos_from_the_choice_to_their_books(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    scan = Scan(photos=2, books=[book(0, "Dune", "Frank Herbert", "9780441172719", "found"), book(1, "Kindred", None, None, "maybe", 1)])
    await scan.install(page)
    await expect(page.locator("#scan-start")).to_be_hidden()
    await choose(page, file(drawn(), "one.jpg"), file(drawn(kind="PNG"), "two.png", "image/png"), file(drawn(kind="WEBP"), "three.webp"))
    await page.get_by_role("button", name="Take away photo 3, “three.webp”").click()
    await expect(page.locator("#scan-chosen img")).to_have_count(2)
    await page.get_by_role("button", name="Find the books on 2 photos").click()
    await expect(page.locator("#scan-live-title")).to_be_focused()
    assert [(part.get_param("name", header="content-disposition"), part.get_filename()) for part in sent(scan.posted[0])] == [
        ("images", "one.jpg"),
        ("images", "two.png"),
    ]
    first, second = page.locator("#scan-photos > li").first, page.locator("#scan-photos > li").nth(1)
    await expect(first.locator("img")).to_be_visible()
    waiting = {"index": 1, "status": "waiting", "booksFound": 0}
    await scan.progress(0.2, "reading spines", {"index": 0, "status": "reading spines", "booksFound": 1, "seen": ["Dune"]}, waiting)
    await expect(first).to_contain_text("reading spines…")
    await expect(first.locator(".seen li")).to_have_text(["Dune"])
    await expect(second).to_contain_text("waiting")
    done = {"index": 0, "status": "done", "booksFound": 1, "seen": ["Dune"]}
    await scan.progress(0.9, "matching", done, {**waiting, "status": "matching", "seen": ["Kindred"], "booksFound": 1})
    await expect(first.locator(".seen li")).to_have_count(1)
    await expect(page.locator("#scan-said")).to_have_text("Photo 1 is done: 1 book.")
    await scan.finish()
    await expect(page.locator("#scanned-words")).to_have_text("2 books on 2 photos: 1 sure, 1 to review.")
    await expect(page.locator("#scanned-title")).to_be_focused()
    await expect(boxes(page)).to_have_count(1)
    await expect(page.locator("#scanned-stage > img")).to_be_visible()
    await expect(page.locator("#scan-live")).to_be_hidden()


async def test_what_is_no_photo_is_said_at_once(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    none = [
        file(b"GIF89a" + b"x" * 100, "fun.gif", "image/gif"),
        file(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.jpg"),
        file(b"", "none.jpg"),
        file(drawn()[:300], "cut.jpg"),
    ]
    await choose(page, *none, file(drawn(), "good.jpg"))
    await expect(page.locator("#scan-refused li")).to_have_text(
        [
            "“fun.gif” is no JPEG, PNG, WebP or HEIC photo.",
            "“x.jpg” is no JPEG, PNG, WebP or HEIC photo.",
            "“none.jpg” is empty.",
            "“cut.jpg” cannot be opened as a picture: is it whole?",
        ]
    )
    await expect(page.locator("#scan-chosen li")).to_have_count(1)
    await expect(page.locator("#scan-start")).to_be_enabled()


async def test_a_sixth_photo_and_one_chosen_twice(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    photos = [file(drawn(90 + n, 60), f"{n}.jpg") for n in range(7)]
    await choose(page, *photos[:4])
    await choose(page, photos[0] | {"name": "4.jpg"}, *photos[5:])
    await expect(page.locator("#scan-refused li")).to_have_text(
        ["At most 5 photos at once: “5.jpg” was left out.", "At most 5 photos at once: “6.jpg” was left out."]
    )
    await expect(page.locator("#scan-chosen li")).to_have_count(5)
    await page.evaluate(DROP, [])
    await expect(page.locator("#scan-refused")).to_have_text("That was no file: save the picture first, then choose it.")


async def test_a_photo_that_is_dropped_twice_is_taken_once(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    content = list(drawn(30, 20))
    await page.evaluate(DROP, [content, content])
    await expect(page.locator("#scan-refused li")).to_have_text(["“same.png” is chosen already."])
    await expect(page.locator("#scan-chosen li")).to_have_count(1)


async def test_a_large_photo_that_the_browser_cannot_open(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    await page.evaluate(LARGE, [list(b"\0\0\0\x18ftypheic"), "large.heic", 5 * MB])
    await expect(page.locator("#scan-refused li")).to_have_text(
        ["“large.heic” has 5.0 MB: at most 5 MB are taken, and this browser cannot make it smaller."]
    )


async def test_a_photo_of_a_phone_is_made_smaller_and_upright(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    scan = Scan()
    await scan.install(page)
    exif = Image.Exif()
    exif[0x0112] = 6  # it is to be turned by a quarter
    await page.evaluate(LARGE, [list(drawn(600, 400, exif=exif)), "IMG_1.jpg", 5 * MB])
    await expect(page.locator("#scan-chosen li")).to_contain_text("made smaller")
    await page.locator("#scan-start").click()
    await expect(page.locator("#scan-live")).to_be_visible()
    content = sent(scan.posted[0])[0].get_payload(decode=True)
    picture = Image.open(io.BytesIO(content))
    assert len(content) <= 5 * MB and picture.format == "JPEG" and not picture.getexif()
    assert picture.size == (400, 600)


async def test_a_refusal_is_said_and_the_photos_stay(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    scan = Scan(photos=2)
    await scan.install(page)
    await choose(page, file(drawn(), "one.jpg"), file(drawn(), "two.jpg"))
    refusals: list[tuple[int, dict[str, Any], str]] = [
        (429, {"code": "RATE_LIMIT_EXCEEDED", "message": "Too fast.", "details": {"retryAfter": 42}}, "Too fast. Wait 42 s"),
        (503, {"code": "UNAVAILABLE", "message": "Jobs cannot be started."}, "Nothing was started."),
        (413, {"code": "FILE_TOO_LARGE", "message": "Photo 2 is too large.", "details": {"index": 1}}, "Choose a smaller one"),
        (415, {"code": "UNSUPPORTED_MEDIA_TYPE", "message": "Photo 2 is no photo.", "details": {"index": 1}}, "Choose a JPEG"),
    ]
    for status, error, said in refusals:
        await stand_in(page, failure(status, **error), START, status)
        await page.locator("#scan-start").click()
        await expect(page.locator("#scan-problem")).to_contain_text(said)
        await expect(page.locator("#scan-problem")).to_be_focused()
        await expect(page.locator("#scan-chosen li")).to_have_count(2)
        await page.unroute(START)
    await expect(page.locator("#scan-chosen li[data-bad]")).to_contain_text("Photo 2 is no photo.")
    await scan.install(page)
    await page.locator("#scan-start").click()
    await expect(page.locator("#scan-live")).to_be_visible()


# -- without a stand-in
async def test_photos_of_barcodes_become_their_books(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    await choose(page, file(with_barcodes("9780441172719", "9780441172696"), "one.jpg"), file(with_barcodes("9780141439587"), "two.jpg"))
    await page.locator("#scan-start").click()
    await expect(page.locator("#scanned-words")).to_have_text("3 books on 2 photos: 3 sure.", timeout=JOB_TIMEOUT_MS)
    await expect(page.locator("#scanned-stage > img")).to_be_visible()
    await expect(page.locator("#scanned-list .what strong")).to_have_text(["Dune", "Dune Messiah"])
    frame, stage = await boxes(page).first.bounding_box(), await page.locator("#scanned-stage").bounding_box()
    assert frame and stage and (frame["x"] + frame["width"] / 2 - stage["x"]) / stage["width"] == pytest.approx(0.25, abs=0.03)
    await boxes(page).first.click()
    await expect(card(page)).to_contain_text("ISBN 9780441172719")
    await expect(card(page)).to_contain_text("Read by barcode, 100\u00a0% sure of the reading.")
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Photo 2: 1").click()
    await expect(row(page, "Emma")).to_contain_text("Jane Austen")
    await page.reload()
    await expect(page.locator("#scanned-words")).to_have_text("3 books on 2 photos: 3 sure.")
    await expect(page.locator("#scanned-stage > img")).to_be_visible()


# -- the end
async def test_a_scan_that_fails_says_why_and_is_tried_again(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    error = {"code": "PROVIDER_ERROR", "message": "No engine could look at the photos.", "retryable": True}
    scan = Scan(books=[], error=error)
    await scan.install(page)
    await choose(page, file(drawn()))
    await page.locator("#scan-start").click()
    await expect(page.locator("#scan-live")).to_be_visible()
    await scan.finish("failed")
    await expect(page.locator("#scan-ended-words")).to_have_text(
        "The photos could not be read: No engine could look at the photos. Trying again may help."
    )
    await expect(page.locator("#scanned-words")).to_have_text("No books were found.")
    await expect(page.get_by_role("button", name="Download CSV")).to_be_hidden()
    scan.error, scan.status, scan.told = None, "running", []
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("#scan-live")).to_be_visible()
    await expect(page.locator("#scan-ended")).to_be_hidden()
    assert len(scan.posted) == 2


async def test_one_photo_that_fails_beside_one_that_does_not(open_page: OpenPage) -> None:
    scan = Scan(photos=2, failed_photos={0: {"code": "INVALID_FILE", "message": "The photo is cut off."}})
    scan.books = [book(0, "Dune", "Frank Herbert", None, "found", photo=1)]
    page, _ = await scanned(open_page, scan)
    await expect(page.get_by_role("tab", selected=True)).to_have_text("Photo 2: 1")
    await page.get_by_role("tab", name="Photo 1: failed").click()
    await expect(page.locator("#scanned-photo-words")).to_have_text("This photo could not be read: The photo is cut off.")
    await expect(page.locator("#scanned-none")).to_have_text("No books on this photo.")


async def test_cancel_shows_what_was_found_until_then(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    scan = Scan()
    await scan.install(page)
    await choose(page, file(drawn()))
    await page.locator("#scan-start").click()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.locator("#scan-state")).to_have_text("Stopping…")
    assert scan.canceled
    await scan.finish("canceled")
    await expect(page.locator("#scan-ended-words")).to_contain_text("The scan was canceled.")
    await expect(boxes(page)).to_have_count(5)
    await expect(page.locator("#scanned-photo-words")).to_contain_text("The photo cannot be shown. It is not kept any more.")


async def test_a_reload_goes_on_with_the_scan(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    scan = Scan()
    await scan.install(page)
    await choose(page, file(drawn()))
    await page.locator("#scan-start").click()
    await expect(page.locator("#scan-live")).to_be_visible()
    await scan.progress(0.3, "reading spines", {"index": 0, "status": "reading spines", "booksFound": 1, "seen": ["Dune"]})
    await expect(page.locator(".seen li")).to_have_text(["Dune"])
    await page.reload()
    await expect(page.locator(".seen li")).to_have_text(["Dune"])
    await expect(page.locator("#scan-photos .thumb img")).to_be_visible()
    await scan.finish()
    await expect(boxes(page)).to_have_count(5)
    await page.get_by_role("link", name="New scan").click()
    await expect(page.locator("#scan-choose")).to_be_visible()
    await page.reload()
    await expect(page.locator("#scan-choose")).to_be_visible()
    await expect(page.locator("#scanned")).to_be_hidden()


async def test_a_scan_whose_hours_are_over(open_page: OpenPage) -> None:
    page = await open_page("/scan")
    await stand_in(page, failure(401, code="TOKEN_EXPIRED", message="Expired."), "**/v1/jobs/*", 401)
    await page.evaluate("() => sessionStorage.setItem('bookstrack-scan', JSON.stringify({ id: 'gone', token: 'x' }))")
    await page.reload()
    await expect(page.locator("#scan-problem")).to_contain_text("its two hours are over")
    await expect(page.locator("#scan-choose")).to_be_visible()


# -- sizes, schemes, texts from outside
async def test_on_a_phone(open_page: OpenPage) -> None:
    page = await open_page("/scan", **PHONE)
    scan = Scan(photos=2)
    await scan.install(page)
    assert await page.evaluate(WIDTH) <= 390
    await expect(page.get_by_text("Take a photo")).to_be_visible()
    await choose(page, file(drawn(), "a-name-that-is-so-long-that-it-would-break-a-line-of-any-phone-0001.jpg"))
    assert await page.evaluate(WIDTH) <= 390
    await page.locator("#scan-start").tap()
    await scan.progress(0.3, "matching", {"index": 0, "status": "matching", "booksFound": 9, "seen": ["A" * 70, "Dune"]})
    await expect(page.locator(".seen li")).to_have_text(["Dune", "A" * 70, "and 7 more"])
    assert await page.evaluate(WIDTH) <= 390
    await scan.finish()
    await boxes(page).nth(2).tap()
    place = await card(page).bounding_box()
    assert place and place["x"] == 0 and place["width"] == 390 and place["y"] + place["height"] == pytest.approx(844, abs=1)
    await card(page).get_by_text("Search for it").tap()
    assert await page.evaluate(WIDTH) <= 390
    await page.get_by_role("button", name="Close").tap()
    await expect(card(page)).to_be_hidden()
    photo, list_ = await page.locator("#scanned-frame").bounding_box(), await page.locator("#scanned-list").bounding_box()
    assert photo and list_ and photo["y"] + photo["height"] < list_["y"]


async def test_the_page_of_the_job_shows_the_same(open_page: OpenPage) -> None:
    page = await open_page("/")
    scan = Scan()
    scan.status = "running"
    await scan.install(page)
    await page.goto(f"/jobs/{scan.job_id}#token={TOKEN}")
    await scan.progress(0.5, "matching", {"index": 0, "status": "failed", "error": {"code": "X", "message": "It is cut off."}})
    await expect(page.locator("#photos li")).to_have_text("Photo 1: failed (It is cut off.)")
    await scan.finish()
    await expect(boxes(page)).to_have_count(5)
    await expect(page.locator("#results")).to_be_hidden()
    await boxes(page).nth(2).click()
    await card(page).get_by_role("button", name="Choose Kin, Tayari Jones").click()
    await expect(row(page, "Tayari Jones")).to_be_visible()


async def test_without_a_script(open_page: OpenPage) -> None:
    page = await open_page("/scan", java_script_enabled=False)
    await expect(page.locator("#no-script")).to_be_visible()
    await expect(page.locator("#scan-choose")).to_be_hidden()
