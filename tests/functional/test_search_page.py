"""The search page without a script: what the server renders, for every state."""

import html
import json
import re

import httpx
import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from search import pages
from tests.functional.outside import AUTHOR, ISBN, TITLE, Outside, google

TAG = re.compile(r"<[^>]*>")
MARK = "<script>alert(4711)</script>"


async def opened(client: httpx.AsyncClient, query: str, status: int = 200, **more: str | int) -> str:
    """The page of a query, after what holds for every page."""
    reply = await client.get("/", params={"q": query, **more})
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "private, max-age=0"
    return reply.text


def shown(page: str) -> set[str]:
    """The states whose parts are not hidden."""
    parts = re.findall(r'data-when="([^"]+)"( hidden)?', page)
    return {state.split()[0] for state, hidden in parts if not hidden}


def books(page: str) -> list[str]:
    """The results as plain text, without the blank one that the script copies."""
    rendered = re.findall(r'<li class="book".*?</li>\s*(?=<li class="book"|</ol>)', page.partition("<template")[0], re.DOTALL)
    return [" ".join(html.unescape(TAG.sub(" ", book)).split()) for book in rendered]


async def test_the_empty_page_welcomes(client: httpx.AsyncClient) -> None:
    page = await opened(client, "")
    assert shown(page) == {"welcome"}
    assert '<label for="q">' in page and "autofocus" in page and 'lang="ja"' in page
    for path in ("/docs", "/health", "/admin/"):
        assert f'href="{path}"' in page


async def test_nothing_inline_that_the_policy_would_stop(client: httpx.AsyncClient, outside: Outside) -> None:
    for query in ("", TITLE, "123456789X"):
        reply = await client.get("/", params={"q": query})
        assert "'unsafe-inline'" not in reply.headers["content-security-policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", reply.text)
        assert re.findall(r"<script\b[^>]*>", reply.text) == [
            '<script type="module" src="/static/bookstrack/search.js">',
            '<script id="words" type="application/json">',
        ]


@pytest.mark.parametrize(
    ("query", "title", "author"),
    [
        ("The Left Hand of Darkness", "The Left Hand of Darkness", "Ursula K. Le Guin"),
        ("ノルウェイの森", "ノルウェイの森", "Haruki Murakami"),
        ("Война и мир", "Война и мир", "Leo Tolstoy"),
    ],
)
@pytest.mark.usefixtures("sample_catalogue")
async def test_a_title_in_any_script(client: httpx.AsyncClient, query: str, title: str, author: str) -> None:
    page = await opened(client, query)
    assert shown(page) == {"books"}
    first = books(page)[0]
    assert title in first and author.split()[-1] in first
    assert "words agree" in first and "Found by Local catalogue" in first
    assert f'value="{query}"' in page and f"<title>{query} · BooksTrack</title>" in page


async def test_a_book_from_several_catalogues(client: httpx.AsyncClient, outside: Outside) -> None:
    page = await opened(client, ISBN)
    [book] = books(page)
    for text in (TITLE, AUTHOR, "1931", "333 pages", "Paperback", "English", "exact edition", "ISBN agrees", ISBN):
        assert text in book
    assert "Found by Open Library, Google Books, ISBNdb" in book
    assert "1 book" in page


@pytest.mark.usefixtures("sample_catalogue")
async def test_the_example_isbn_is_in_the_sample(client: httpx.AsyncClient) -> None:
    for text, _, _ in pages.EXAMPLES:
        assert shown(await opened(client, text)) == {"books"}, text


@pytest.mark.usefixtures("sample_catalogue")
async def test_a_next_page_is_a_link(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PAGE_SIZE", 1)
    first = await opened(client, "Dune")
    [link] = re.findall(r'id="more"[^>]*href="([^"]+)">', first)
    second = (await client.get(html.unescape(link))).text
    assert len(books(first)) == len(books(second)) == 1 and books(first) != books(second)
    assert "The first 1 of about" in first and "Books 2 to 2 of about" in second
    assert re.search(r'id="previous"[^>]*href="/\?q=Dune">', second)


@pytest.mark.usefixtures("sample_catalogue")
async def test_past_the_end_says_so(client: httpx.AsyncClient) -> None:
    page = await opened(client, "Dune", offset=900)
    assert "There are no more books." in page and shown(page) == {"books"}
    assert re.search(r'id="more"[^>]* hidden>', page)


@pytest.mark.parametrize("offset", ["-1", "x", "", "²", "9" * 30, "1e3", "1001"])
async def test_a_strange_offset_does_no_harm(client: httpx.AsyncClient, offset: str) -> None:
    await opened(client, "Dune", offset=offset)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("9780441172710", "This was read as an ISBN. The check digit is wrong"),
        ("979-0-060-11561-5", "sheet music"),
        ("x", "2 to 500 characters"),
        ("word " * 300, "2 to 500 characters"),
        ("???", "no letter and no digit"),
    ],
)
async def test_bad_input_is_said_by_the_box(client: httpx.AsyncClient, query: str, message: str) -> None:
    page = await opened(client, query, 400)
    assert shown(page) == set()
    [said] = re.findall(r'<p id="problem"[^>]*>([^<]+)</p>', page)
    assert message in html.unescape(said)
    assert 'aria-invalid="true"' in page and 'aria-describedby="problem"' in page


async def test_nothing_found_gives_advice(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.know_nothing()
    by_words = await opened(client, "no such book anywhere")
    assert shown(by_words) == {"nothing"}
    assert 'data-kind="words">' in by_words and 'data-kind="isbn" hidden>' in by_words
    by_isbn = await opened(client, ISBN)
    assert 'data-kind="isbn">' in by_isbn and 'data-kind="words" hidden>' in by_isbn


async def test_a_catalogue_that_failed_is_named(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.fail("google-books")
    page = await opened(client, ISBN)
    assert shown(page) == {"books"}
    assert "Google Books failed. Results may be incomplete." in page


async def test_when_all_fail_it_says_who_and_offers_a_retry(client: httpx.AsyncClient, outside: Outside) -> None:
    outside.fail()
    page = await opened(client, TITLE, 502)
    assert shown(page) == {"failed"}
    assert "Open Library failed; Google Books failed; ISBNdb failed." in page
    assert re.search(r'id="retry"[^>]*href="/\?q=The%20Silent%20Harbor">Try again', page)
    assert "may help" in page and "internal detail" not in page


async def test_text_from_outside_is_text(client: httpx.AsyncClient, outside: Outside) -> None:
    hostile = google(title=f"{MARK} & more", publisher='"><b onmouseover=alert(1)>', imageLinks={"thumbnail": "javascript:alert(1)"})
    hostile["items"][0]["volumeInfo"]["authors"] = ["<img src=x onerror=alert(2)>"]
    outside.know_nothing()
    outside.say("google-books", hostile)
    page = await opened(client, ISBN)
    assert len(books(page)) == 1
    assert not re.search(r"<script>|<b |<img src=x|javascript:", page)


@pytest.mark.parametrize("query", [MARK, f'"><img src=x onerror=1>{MARK}', "{{ 7|add:7 }}{% debug %}", "</title></template>" + MARK])
async def test_what_was_typed_is_text(client: httpx.AsyncClient, query: str) -> None:
    page = await opened(client, query)
    assert MARK not in page and "<img src=x" not in page
    assert f'value="{html.escape(query)}"'.replace("&#x27;", "&#39;") in page


@pytest.mark.parametrize(
    "raw",
    [
        "%00", "a%00b", "%ff%fe", "%ed%a0%80abc", "%01%02", "%E2%80%AEtxet", "%2B%2B", "&q=&q=x",
        "a" * 50_000, "%F0%9F%91%A9" * 400, "a" + "%CC%81" * 400,
    ],
)  # fmt: skip
async def test_no_query_breaks_the_page(client: httpx.AsyncClient, raw: str) -> None:
    reply = await client.get(f"/?q={raw}")
    assert reply.status_code in (200, 400)
    assert len(reply.content) < 60_000


async def test_only_reading_is_allowed(client: httpx.AsyncClient) -> None:
    assert (await client.post("/", content=b"q=x")).status_code in (403, 405)
    assert (await client.head("/")).status_code == 200


@pytest.mark.parametrize("path", [f"/no/{MARK}", "/searching/nothing.html"])
async def test_an_unknown_address_is_not_repeated(client: httpx.AsyncClient, path: str) -> None:
    reply = await client.get(path)
    assert reply.status_code == 404 and "This page does not exist" in reply.text
    assert "alert" not in reply.text and "nothing.html" not in reply.text


@pytest.mark.parametrize("name", ["400", "403", "404", "500"])
def test_error_pages_need_no_request(name: str) -> None:
    """As Django renders 500.html: without a request and without a context."""
    assert 'href="/">Search for a book</a>' in render_to_string(f"{name}.html")


def test_the_words_for_the_script_are_json() -> None:
    assert json.loads(json.dumps(pages.WORDS)) == pages.WORDS


@pytest.mark.parametrize(
    ("wait_ms", "words"),
    [(None, "a moment"), (4_000, "a moment"), (45_000, "45 seconds"), (200_000, "4 minutes"), (36_000_000, "10 hours")],
)
def test_a_wait_in_words(wait_ms: int | None, words: str) -> None:
    assert pages.wait_in_words(wait_ms) == words


@pytest.mark.parametrize(("code", "name"), [("en", "English"), ("zh", "Chinese"), ("la", "Latin"), ("qq", "qq"), ("", "")])
def test_a_language_in_words(code: str, name: str) -> None:
    assert pages.language_name(code) == name


async def test_browsers_find_an_icon_where_no_page_names_one(client: httpx.AsyncClient) -> None:
    reply = await client.get("/favicon.ico")
    assert reply.status_code == 302 and finders.find(reply.headers["location"].removeprefix("/static/"))
