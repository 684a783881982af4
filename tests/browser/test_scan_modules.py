"""Rules of the page `/scan` that need no page: its modules by themselves, in Chromium."""

import pytest

from tests.browser import job_server
from tests.browser.conftest import OpenPage
from tests.browser.scanning import box

pytestmark = pytest.mark.asyncio(loop_scope="session")
served, server = job_server.served, job_server.server  # the one that runs already


async def test_the_list_reads_as_a_shelf_does(open_page: OpenPage) -> None:
    page = await open_page("/livez")
    places = {
        "low left": box(0.05, 0.55, 0.1, 0.95),
        "right": box(0.8, 0.05, 0.85, 0.45),
        "left, and lower": box(0.05, 0.15, 0.1, 0.46),
        "lying, upper": box(0.3, 0.3, 0.6, 0.35),
        "lying, lower": box(0.31, 0.36, 0.6, 0.41),
        "small print": box(0.7, 0.4, 0.72, 0.44),
        "low right": box(0.5, 0.5, 0.55, 0.95),
    }
    script = """async (books) => {
      const { inReadingOrder } = await import("/static/bookstrack/scan_order.js");
      return inReadingOrder(books, ([, box]) => box).map(([name]) => name);
    }"""
    books = [["added", None], *map(list, places.items())]
    first = ["left, and lower", "lying, upper", "lying, lower", "small print", "right"]
    assert await page.evaluate(script, books) == [*first, "low left", "low right", "added"]
    assert await page.evaluate(script, books[:1] + books[:0:-1]) == [*first, "low left", "low right", "added"]


async def test_isbns_that_are_typed(open_page: OpenPage) -> None:
    page = await open_page("/livez")
    script = "async (typed) => { const { isbn13 } = await import('/static/bookstrack/scan_lookup.js'); return typed.map(isbn13); }"
    right = {"978-0-441-17271-9": "9780441172719", "0 8044 2957 x": "9780804429573", "979-10-90636-07-1": "9791090636071"}
    wrong = ["9780441172710", "0804429570", "9770441172719", "no isbn", ""]
    assert await page.evaluate(script, [*right, *wrong]) == [*right.values(), *[None] * len(wrong)]
