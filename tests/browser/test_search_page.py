"""The search page as people use it, in Chromium."""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.conftest import API, ROOT, OpenPage, answer, failure, stand_in, work

pytestmark = pytest.mark.asyncio(loop_scope="session")

MARK = "<script>alert(4711)</script><img src=x onerror=alert(1)>"


async def search(page: Page, text: str) -> None:
    await page.fill("#q", text)
    await page.press("#q", "Enter")


def first_title(page: Page) -> Any:
    return page.locator("#books .book:not(.ghost) h2").first


def sample_title(first: str, last: str) -> str:
    """A title of the sample catalogue that has letters between these two."""
    for line in (ROOT / "samples" / "catalogue.jsonl").read_text(encoding="utf-8").splitlines():
        title: str = json.loads(line)["title"]
        if any(first <= sign <= last for sign in title):
            return title
    pytest.skip(f"the sample has no title with letters {first} to {last}")


@pytest.mark.parametrize("text", ["The Left Hand of Darkness", "ノルウェイの森", "Война и мир"])
async def test_a_title_in_any_script(open_page: OpenPage, text: str) -> None:
    page = await open_page()
    await search(page, text)
    await expect(first_title(page)).to_contain_text(text)
    await expect(page).to_have_title(f"{text} · BooksTrack")
    await expect(page.locator("#summary")).to_contain_text("book")


@pytest.mark.parametrize("title", ["موسم الهجرة إلى الشمال", "סיפור על אהבה וחושך"])
async def test_a_title_from_right_to_left(open_page: OpenPage, title: str) -> None:
    page = await open_page()
    await stand_in(page, answer([work(1, title=title, originalLanguage="ar")]))
    await search(page, title)
    await expect(first_title(page)).to_have_text(title)
    for place in (first_title(page), page.locator("#q")):
        await expect(place).to_have_css("direction", "rtl")
    await expect(first_title(page)).to_have_attribute("lang", "ar")


@pytest.mark.parametrize(("first", "last"), [("\u0620", "\u064a"), ("\u05d0", "\u05ea")], ids=["Arabic", "Hebrew"])
async def test_a_title_from_right_to_left_is_found(open_page: OpenPage, first: str, last: str) -> None:
    page = await open_page()
    await search(page, sample_title(first, last))
    await expect(page.locator(".match").first).to_have_attribute("data-level", "work_only")


async def test_an_isbn_shows_its_edition_with_reasons(open_page: OpenPage) -> None:
    page = await open_page()
    await search(page, "978-0-441-17271-9")
    await expect(first_title(page)).to_have_text("Dune")
    await expect(page.locator(".match")).to_have_attribute("data-level", "exact_edition")
    await expect(page.get_by_text("ISBN agrees")).to_be_hidden()
    await page.get_by_text("exact edition").click()
    await expect(page.get_by_text("ISBN agrees")).to_be_visible()


async def test_a_wrong_check_digit_is_said_by_the_box(open_page: OpenPage) -> None:
    page = await open_page()
    await search(page, "9780441172710")
    await expect(page.locator("#problem")).to_contain_text("The check digit is wrong")
    await expect(page.locator("#q")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#q")).to_be_focused()
    await search(page, "9780441172719")
    await expect(first_title(page)).to_have_text("Dune")
    await expect(page.locator("#problem")).to_be_empty()


async def test_nothing_found_gives_advice(open_page: OpenPage) -> None:
    page = await open_page()
    await search(page, "zzznotfound anywhere")
    await expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await expect(page.get_by_text("Try fewer words")).to_be_visible()
    await search(page, "9780306406157")
    await expect(page.get_by_text("The ISBN is well formed")).to_be_visible()
    await expect(page.get_by_text("Try fewer words")).to_be_hidden()


async def test_a_failure_says_who_and_a_retry_searches_again(open_page: OpenPage) -> None:
    page = await open_page()
    providers = {"openlibrary": "late", "google-books": "throttled", "catalogue": "empty"}
    await stand_in(page, failure(details={"providers": providers}, retryAfterMs=45_000), status=502)
    await search(page, "Dune")
    said = "Open Library did not answer in time; Google Books takes no more questions for now."
    await expect(page.locator("#failure")).to_contain_text(said)
    await expect(page.locator("#advice")).to_have_text("Trying again in 45 seconds may help.")
    await page.unroute(API)
    await page.get_by_role("link", name="Try again").click()
    await expect(first_title(page)).to_have_text("Dune")


async def test_no_server_is_a_failure_too(open_page: OpenPage) -> None:
    page = await open_page()
    await page.route(API, lambda route: route.abort())
    await search(page, "Dune")
    await expect(page.locator("#failure")).to_contain_text("The server could not be reached.")


async def test_notes_on_what_is_incomplete_or_stale(open_page: OpenPage) -> None:
    page = await open_page()
    await stand_in(page, answer([work(1)], providers={"openlibrary": "ok", "google-books": "timeout"}))
    await search(page, "one")
    await expect(page.locator("#notes")).to_have_text("Google Books did not answer in time. Results may be incomplete.")
    await stand_in(page, answer([work(1)], staleBecause="all providers fail"))
    await search(page, "two")
    await expect(page.locator("#notes")).to_contain_text("may be out of date")


async def test_keyboard_alone(open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.locator("#q")).to_be_focused()
    await page.keyboard.type("Dune Messiah")
    await page.keyboard.press("Enter")
    await expect(first_title(page)).to_have_text("Dune Messiah")
    for _ in range(4):  # button, author, match, editions
        await page.keyboard.press("Tab")
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".match").first).to_have_attribute("open", "")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(page.locator(".editions").first).to_have_attribute("open", "")
    await expect(page.locator(".editions .found li").first).to_contain_text("Dune Messiah")


async def test_skip_link(open_page: OpenPage) -> None:
    page = await open_page("/?q=Dune")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await expect(first_title(page)).to_have_text("Dune")


async def test_back_and_forward(open_page: OpenPage) -> None:
    page = await open_page()
    await search(page, "Dune")
    await expect(first_title(page)).to_have_text("Dune")
    await search(page, "ノルウェイの森")
    await expect(first_title(page)).to_contain_text("ノルウェイの森")
    await page.go_back()
    await expect(first_title(page)).to_have_text("Dune")
    await expect(page.locator("#q")).to_have_value("Dune")
    await page.go_back()
    await expect(page.get_by_text("For example:")).to_be_visible()
    await expect(page.locator("#books")).to_be_hidden()
    await page.go_forward()
    await expect(first_title(page)).to_have_text("Dune")


async def test_the_second_of_two_quick_searches_wins(open_page: OpenPage) -> None:
    page = await open_page()
    may_answer = {"first": asyncio.Event(), "second": asyncio.Event(), "third": asyncio.Event()}

    async def fulfil(route: Route) -> None:
        name = next(name for name in may_answer if name in route.request.url)
        await may_answer[name].wait()
        await route.fulfill(json=answer([work(1, title=name)]))

    await page.route(API, fulfil)
    await search(page, "first")
    await expect(page.locator(".ghost").first).to_be_visible()
    await search(page, "second")
    await expect(page.locator("#summary")).to_have_text("Searching…")
    await expect(page.get_by_role("heading", name="The search failed")).to_be_hidden()
    may_answer["second"].set()
    await expect(first_title(page)).to_have_text("second")
    may_answer["first"].set()
    may_answer["third"].set()
    await page.evaluate("fetch('/v1/search?q=third')")  # by its answer, that of the first has come too
    await expect(first_title(page)).to_have_text("second")
    await expect(page.locator(".ghost")).to_have_count(0)


async def test_show_more_appends_and_keeps_the_focus(open_page: OpenPage) -> None:
    page = await open_page()

    async def fulfil(route: Route) -> None:
        offset = 20 if "offset=20" in route.request.url else 0
        works = [work(number) for number in range(offset, min(offset + 20, 30))]
        await route.fulfill(json=answer([*works, work(3)] if offset else works, total=30))

    await page.route(API, fulfil)
    await search(page, "many")
    await expect(page.locator("#summary")).to_have_text("The first 20 of about 30 books")
    await page.locator("#more").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#books .book")).to_have_count(30)
    await expect(page.locator("#summary")).to_have_text("30 books")
    await expect(page.locator("#more")).to_be_hidden()
    await expect(page.locator("#books .book").nth(20)).to_be_focused()


async def test_more_that_fails_leaves_what_is_there(open_page: OpenPage) -> None:
    page = await open_page()
    await stand_in(page, answer([work(number) for number in range(20)], total=30))
    await search(page, "many")
    await stand_in(page, failure(504), status=504)
    await page.get_by_role("link", name="Show more").click()
    await expect(page.get_by_role("heading", name="The search failed")).to_be_visible()
    await expect(page.locator("#books .book")).to_have_count(20)
    await stand_in(page, answer([work(20)], total=21))
    await page.get_by_role("link", name="Try again").click()
    await expect(page.locator("#books .book")).to_have_count(21)


async def test_editions_on_demand(open_page: OpenPage) -> None:
    page = await open_page("/?q=9780441172719")
    editions = page.locator(".editions").first
    await editions.locator("summary").click()
    await expect(editions.locator(".found li").first).to_contain_text("Ace Books")
    await editions.get_by_role("link", name="9780441172719").click()
    await expect(page.locator(".match")).to_have_attribute("data-level", "exact_edition")
    await expect(page.locator("#q")).to_have_value("9780441172719")


async def test_editions_empty_and_failed(open_page: OpenPage) -> None:
    page = await open_page("/?q=9780441172719")
    summary = page.locator(".editions summary").first
    said = page.locator(".editions [role=status]").first
    await stand_in(page, failure(503), "**/v1/editions/search?*", 503)
    await summary.click()
    await expect(said).to_contain_text("The editions could not be fetched: No catalogue could answer just now.")
    await stand_in(page, answer([]), "**/v1/editions/search?*")
    await summary.click()
    await summary.click()
    await expect(said).to_have_text("No further editions are known.")


async def test_text_from_outside_is_text(open_page: OpenPage) -> None:
    page = await open_page()
    edition = {"isbns": [], "publisher": MARK, "coverImageURL": "javascript:alert(1)", "format": MARK}
    hostile = work(1, title=MARK, subtitle=MARK, authors=[{"name": MARK}], isbn=[MARK], id='"><b>')
    await stand_in(page, answer([hostile], edition=edition))
    await stand_in(page, answer([hostile], edition=edition), "**/v1/editions/search?*")
    await search(page, MARK)
    await expect(first_title(page)).to_have_text(MARK)
    await page.locator(".editions summary").click()
    await expect(page.locator(".found li")).to_contain_text(MARK)
    await expect(page.locator("#books script, #books img")).to_have_count(0)


async def test_a_broken_cover_becomes_a_drawn_one(open_page: OpenPage) -> None:
    page = await open_page()
    await page.route("https://covers.example/**", lambda route: route.fulfill(status=404))
    await stand_in(page, answer([work(1)], edition={"isbns": [], "coverImageURL": "https://covers.example/1.jpg"}))
    await search(page, "one")
    await expect(page.locator("#books .cover img")).to_have_count(0)
    await expect(page.locator("#books .cover")).to_have_text("B")


@pytest.mark.parametrize(("query", "seen"), [("Dune", "Frank Herbert"), ("zzznotfound", "Nothing found"), ("9780441172710", "check digit")])
async def test_without_a_script(open_page: OpenPage, query: str, seen: str) -> None:
    page = await open_page(java_script_enabled=False)
    await search(page, query)
    await expect(page.locator("main")).to_contain_text(seen)
    await expect(page.locator("#q")).to_have_value(query)
    assert page.url.endswith(f"/?q={query}")


@pytest.mark.parametrize("query", ["", "Dune", "zzznotfound", "9780441172710"])
async def test_no_sideways_scrolling_at_320(open_page: OpenPage, query: str) -> None:
    page = await open_page(f"/?q={query}", viewport={"width": 320, "height": 640})
    await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_in_both_schemes(open_page: OpenPage, scheme: str) -> None:
    page = await open_page("/?q=Dune", color_scheme=scheme)
    ratios = await page.evaluate(CONTRASTS)
    assert len(ratios) > 10
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


# contrast of every visible text with the nearest background behind it (WCAG 2, 1.4.3)
CONTRASTS = """() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => rgb(colour).slice(0, 3).map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (rgb(colour)[3] !== 0) return colour;
    }
  };
  const ratios = {};
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(" ").trim();
    if (!text || !element.checkVisibility() || element.closest(".cover, script, template")) continue;
    const pair = [light(getComputedStyle(element).color), light(behind(element))].sort((one, other) => other - one);
    ratios[text] = (pair[0] + .05) / (pair[1] + .05);
  }
  return ratios;
}"""
