"""The books of a scan in Chromium: on the photo and in the list, looked through, set right, taken along. The API is stood in for."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser import job_server
from tests.browser.conftest import OpenPage, answer, failure, stand_in, work
from tests.browser.importing import planned
from tests.browser.job_server import Served
from tests.browser.scanning import FORMULA, HOSTILE, Scan, book, box, boxes, card, counts, row, scanned
from tests.browser.test_search_page import CONTRASTS

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server = job_server.served, job_server.server


# -- looking through
async def test_the_photo_and_the_list_lead_to_each_other(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    await expect(page.locator("#scanned-words")).to_have_text("5 books: 2 sure, 2 to review, 1 not recognised.")
    assert [await boxes(page).nth(n).get_attribute("data-group") for n in range(5)] == ["sure", "sure", "review", "review", "unreadable"]
    styles = [await boxes(page).nth(n).evaluate("(box) => getComputedStyle(box).borderTopStyle") for n in (0, 2, 4)]
    assert styles == ["solid", "dashed", "dotted"]
    await row(page, "Kindred").hover()
    await expect(boxes(page).nth(2)).to_have_attribute("data-on", "")
    await boxes(page).nth(1).hover()
    await expect(card(page)).to_contain_text("The Left Hand of Darkness")
    await expect(card(page)).to_contain_text("Read: URSULA K. LE GUIN THE LEFT HAND OF DARKNESS")
    await expect(card(page)).to_contain_text("Match 100\u00a0% · ISBN")
    await expect(card(page).locator("canvas")).to_be_visible()
    await expect(row(page, "Left Hand")).to_have_attribute("data-on", "")
    await page.mouse.move(2, 2)
    await expect(card(page)).to_be_hidden()
    await expect(row(page, "Left Hand")).not_to_have_attribute("data-on", "")


async def test_frames_scale_with_the_photo(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    for _ in range(3):
        await page.get_by_role("button", name="Larger photo").click()
    stage = await page.locator("#scanned-stage").bounding_box()
    frame = await boxes(page).nth(1).bounding_box()
    assert stage and frame and stage["width"] > 1500
    assert (frame["x"] - stage["x"]) / stage["width"] == pytest.approx(0.23, abs=0.005)
    assert frame["height"] / stage["height"] == pytest.approx(0.8, abs=0.005)


async def test_frames_by_the_keyboard(open_page: OpenPage) -> None:
    scan = Scan()
    scan.books[4]["boundingBox"] = box(0.23, 0.92, 0.37, 0.99)  # it stands below the second
    page, _ = await scanned(open_page, scan)
    await page.locator("#scanned-groups input").first.focus()
    await page.keyboard.press("Tab")
    await expect(boxes(page).nth(0)).to_be_focused()
    await expect(card(page)).to_contain_text("Dune")
    await page.keyboard.press("ArrowRight")
    await expect(boxes(page).nth(1)).to_be_focused()
    await expect(boxes(page).nth(1)).to_have_accessible_name("2: The Left Hand of Darkness by Ursula K. Le Guin, sure, 100 %")
    await page.keyboard.press("ArrowDown")
    await expect(boxes(page).nth(4)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("End")
    await expect(boxes(page).nth(4)).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(card(page)).to_be_focused()
    await expect(card(page)).to_have_accessible_name("Kindred")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Escape")
    await expect(card(page)).to_be_hidden()
    await expect(boxes(page).nth(2)).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Shift+Tab")
    await expect(boxes(page).nth(2)).to_be_focused()
    await page.keyboard.press("Delete")
    await expect(boxes(page)).to_have_count(4)
    await page.keyboard.press("Enter")  # the button that takes it back has the focus
    await expect(boxes(page)).to_have_count(5)


async def test_groups_are_shown_alone(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    assert await counts(page) == {"all": 5, "sure": 2, "to review": 2, "not recognised": 1}
    await page.get_by_text("not recognised 1").click()
    await expect(page.locator("#scanned-list .spine")).to_have_count(1)
    await expect(page.locator("#scanned-list .spine")).to_contain_text("“XK QQ”")
    await expect(boxes(page).locator("visible=true")).to_have_count(5)
    await page.keyboard.press("Tab")
    await expect(boxes(page).nth(4)).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(boxes(page).nth(4)).to_be_focused()


async def test_what_is_left_to_review_one_after_the_other(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    await page.get_by_role("button", name="Review the 2 left").click()
    await expect(card(page)).to_contain_text("Kindred")
    await card(page).get_by_role("button", name="Accept").click()
    await expect(card(page).get_by_role("button", name="Accepted")).to_be_focused()
    await card(page).get_by_role("button", name="Next to review").click()
    await expect(card(page)).to_contain_text(HOSTILE)
    await expect(page.locator("#scanned-next")).to_have_text("Review the one left")
    await card(page).get_by_role("button", name="Accept").click()
    await expect(page.locator("#scanned-next")).to_be_hidden()
    assert await counts(page) == {"all": 5, "sure": 4, "to review": 0, "not recognised": 1}


# -- setting right
async def test_another_candidate_is_taken_and_kept(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    await boxes(page).nth(2).click()
    await card(page).get_by_role("button", name="Choose Kin, Tayari Jones").click()
    await expect(card(page).locator("h3")).to_have_text("Kin")
    await expect(card(page)).to_contain_text("Match 41\u00a0% · your choice")
    await expect(card(page)).to_contain_text("It may also be")
    await expect(boxes(page).nth(2)).to_have_attribute("data-group", "sure")
    await expect(page.locator("#scanned-toast")).to_contain_text("“Kin” is taken, match 41\u00a0%.")
    await page.reload()
    await expect(row(page, "Tayari Jones")).to_contain_text("Kin")
    assert (await counts(page))["sure"] == 3


async def test_a_barcode_that_no_catalogue_knows(open_page: OpenPage) -> None:
    scan = Scan(books=[book(0, None, None, "9780000000019", "maybe")])
    scan.books[0]["candidates"] = []
    page, _ = await scanned(open_page, scan)
    await row(page, "ISBN 9780000000019").get_by_role("button", name="Look up").click()
    await expect(card(page).get_by_role("searchbox")).to_have_value("9780000000019")
    await card(page).get_by_role("button", name="Accept").click()
    text = await saved(page, "Download CSV")
    assert next(csv.DictReader(io.StringIO(text)))["isbn"] == "9780000000019"


async def test_a_book_is_looked_up_by_words(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    await page.get_by_role("button", name="Look up “XK QQ”").click()
    box_ = card(page).get_by_role("searchbox")
    await expect(box_).to_be_focused()
    await box_.fill("messiah of dune")
    await page.keyboard.press("Enter")
    await card(page).get_by_role("button", name="Choose Dune Messiah, Frank Herbert").click()
    await expect(row(page, "Dune Messiah")).to_contain_text("Frank Herbert · 1969")
    await expect(card(page)).not_to_contain_text("ISBN 978")  # words tell the work, and no edition
    await expect(boxes(page).nth(4)).to_have_attribute("data-group", "sure")
    await stand_in(page, failure(503), "**/v1/search?*", 503)
    await card(page).get_by_text("Search for it").click()
    await card(page).get_by_role("button", name="Search", exact=True).click()
    await expect(card(page).locator(".lookup [role=status]")).to_have_text("No catalogue could answer just now.")


async def test_a_book_is_written_by_hand(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    await row(page, "Kindred").get_by_role("button", name="Change Kindred").click()
    await card(page).get_by_text("Write it by hand").click()
    await card(page).get_by_label("Title", exact=True).fill("Kindred: A Graphic Novel")
    await card(page).get_by_label(re.compile("^Author")).fill("Damian Duffy; John Jennings")
    await card(page).get_by_label("ISBN", exact=True).fill("0-8070-8369-1")
    await card(page).get_by_role("button", name="Save").click()
    await expect(card(page).get_by_role("alert")).to_contain_text("This is no ISBN")
    await card(page).get_by_label("ISBN", exact=True).fill("0-441-17271-7")
    await card(page).get_by_role("button", name="Save").click()
    await expect(card(page).locator("h3")).to_have_text("Kindred: A Graphic Novel")
    await expect(card(page)).to_contain_text("ISBN 9780441172719")
    await expect(card(page)).to_contain_text("by your hand")


async def test_delete_and_undo(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    await row(page, "Kindred").get_by_role("button", name="Delete Kindred").click()
    await expect(boxes(page)).to_have_count(4)
    await expect(page.locator("#scanned-words")).to_have_text("4 books: 2 sure, 1 to review, 1 not recognised.")
    await page.reload()
    await expect(boxes(page)).to_have_count(4)
    await row(page, "Dune").get_by_role("button", name="Delete Dune").click()
    await expect(page.locator("#scanned-toast button")).to_be_focused()
    await page.locator("#scanned-toast button").click()
    await expect(boxes(page)).to_have_count(4)
    await expect(row(page, "Dune")).to_be_visible()
    await expect(page.locator("#scanned-undo")).to_be_hidden()


async def test_a_book_that_is_missing_is_added(open_page: OpenPage) -> None:
    page, _ = await scanned(open_page)
    by_isbn = {"level": "exact_edition", "score": 1.0, "reasons": ["ISBN agrees"]}
    works = [work(7, title="Beloved", authors=[{"name": "Toni Morrison"}], match=by_isbn)]
    await stand_in(page, answer(works, edition={"isbns": [], "isbn": "9781400033416", "publisher": "Vintage", "publicationYear": 2004}))
    await page.get_by_role("button", name="Add a book that is missing").click()
    await page.keyboard.type("beloved")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Choose Beloved, Toni Morrison").click()
    await expect(row(page, "Beloved")).to_contain_text("Toni Morrison · 2004 · Vintage")
    await expect(boxes(page)).to_have_count(5)
    await page.reload()
    await expect(row(page, "Beloved").locator(".place")).to_have_text("6")
    await row(page, "Beloved").locator(".open").click()
    await expect(card(page)).to_contain_text("ISBN 9781400033416")
    await expect(card(page).locator("canvas")).to_have_count(0)


async def test_a_book_on_two_photos_has_a_frame_on_each(open_page: OpenPage) -> None:
    scan = Scan(photos=2, suggestions=["Move closer."], warnings=["Photo 2 is dark."])
    scan.books[0]["seenIn"] = [{"photo": 1, "boundingBox": box(0.5, 0.1, 0.7, 0.9)}]
    scan.books.append(book(0, "Emma", "Jane Austen", None, "found", photo=1))
    page, _ = await scanned(open_page, scan)
    await expect(page.locator("#scanned-words")).to_have_text("6 books on 2 photos: 3 sure, 2 to review, 1 not recognised.")
    await expect(page.locator("#scanned-warnings li")).to_have_text(["Photo 2 is dark."])
    await expect(page.locator("#scanned-tips li")).to_have_text(["Move closer."])
    await page.get_by_role("tab", selected=True).focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="Photo 2: 2")).to_be_focused()
    await expect(boxes(page)).to_have_count(2)
    await expect(page.locator("#scanned-list .spine .place")).to_have_text(["1", "2"])
    await expect(page.locator("#scanned-list .spine").nth(1)).to_contain_text("told with photo 1")


# -- files
async def saved(page: Page, name: str) -> str:
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name=name).click()
    download = await waiting.value
    assert re.fullmatch(r"bookstrack-scan-[\w-]+\.(csv|json)", download.suggested_filename)
    return Path(await download.path()).read_bytes().decode("utf-8-sig")


async def test_the_books_as_files(open_page: OpenPage, served: Served) -> None:
    scan = Scan()
    names = ["Octavia E. Butler", "Damian Duffy", "John Jennings, Jr."]
    scan.books[2]["candidates"][0] |= {
        "author": ", ".join(names),
        "work": {"title": "Kindred", "authors": [{"name": name} for name in names]},
    }
    page, _ = await scanned(open_page, scan)
    await row(page, "Kindred").get_by_role("button", name="Accept Kindred").click()
    text = await saved(page, "Download CSV")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(found["title"], found["result"]) for found in rows] == [
        ("Dune", "sure"),
        ("The Left Hand of Darkness", "sure"),
        ("Kindred", "sure"),
        (HOSTILE.upper(), "review"),  # nobody chose: it stands there as it was read
    ]
    assert (rows[3]["suggestedTitle"], rows[3]["suggestedAuthor"]) == (HOSTILE, f"'{FORMULA}")
    assert (rows[3]["author"], rows[0]["isbn"], rows[0]["originalPublicationYear"]) == (f"'{FORMULA.upper()}", "9780441172719", "1965")
    again = await planned(served, text)
    assert again["detectedFormat"] == "bookstrack"
    books = again["preview"]["books"]
    assert [(found["title"], found.get("author"), found.get("isbn")) for found in books[:2]] == [
        ("Dune", "Frank Herbert", "9780441172719"),
        ("The Left Hand of Darkness", "Ursula K. Le Guin", "9780441478125"),
    ]
    assert (rows[2]["author"], rows[2]["additionalAuthors"]) == ("Octavia E. Butler", "Damian Duffy; John Jennings, Jr.")
    assert again["preview"]["books"][2]["additionalAuthors"] == ["Damian Duffy", "John Jennings, Jr."]
    whole = json.loads(await saved(page, "Download JSON"))
    assert [found["title"] for found in whole["books"]][2:] == ["Kindred", HOSTILE.upper(), None]
    assert [found["result"] for found in whole["books"]] == ["sure", "sure", "sure", "review", "unreadable"]
    await page.get_by_label("Only books that are sure").check()
    assert len(json.loads(await saved(page, "Download JSON"))["books"]) == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_in_both_schemes(open_page: OpenPage, scheme: str) -> None:
    page, _ = await scanned(open_page, color_scheme=scheme, reduced_motion="reduce")
    await boxes(page).nth(2).click()
    await expect(card(page)).to_be_visible()
    ratios = await page.evaluate(CONTRASTS)
    assert len(ratios) > 30
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


async def test_text_from_outside_is_text(open_page: OpenPage) -> None:
    scan = Scan(suggestions=[HOSTILE], warnings=[HOSTILE])
    scan.books[3] |= {"text": HOSTILE, "publisher": HOSTILE, "coverUrl": "javascript:alert(1)"}
    page, _ = await scanned(open_page, scan)
    await boxes(page).nth(3).click()
    await expect(card(page).locator("h3")).to_have_text(HOSTILE)
    await expect(page.locator("main img[src*=x], main script:not(#words)")).to_have_count(0)
    await expect(page.locator("main img")).to_have_count(2)  # the photo, and the drawing at the top
