"""A real server and a real Chromium: one of each for all browser tests, a fresh browser context for each test."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright, expect

from bookstrack.lib import embedded_redis

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
START_TIMEOUT_S = 30
STEP_TIMEOUT_MS = 15_000  # how long a step may take on a busy machine before the test fails
expect.set_options(timeout=STEP_TIMEOUT_MS)
VIOLATIONS = "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))"

API = "**/v1/search?*"
OpenPage = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program of the system's Chromium."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine ({', '.join(NAMES)}): browser tests need one")
    return found


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web process on a data folder of its own, with the sample catalogue and no other provider."""
    data_dir = tmp_path_factory.mktemp("browser")
    environ = {
        **os.environ,
        "BOOKSTRACK_DATA_DIR": str(data_dir),
        "SEARCH_PROVIDERS": "catalogue",
        "RATE_LIMITS_ENABLED": "0",
        "REDIS_URL": embedded_redis.ensure_running(data_dir, durable=False),
    }
    environ.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "-m", "bookstrack.prepare"], cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    listener = socket.create_server(("127.0.0.1", 0))
    command = [sys.executable, "-m", "bookstrack.web", "--fd", str(listener.fileno())]
    log_path = data_dir / "web.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, pass_fds=[listener.fileno()], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        _wait_until_ready(f"{address}/livez", process, log_path)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=START_TIMEOUT_S)
        listener.close()
        embedded_redis.stop(data_dir)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=START_TIMEOUT_S).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log_path.read_text(errors='replace')}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, server: str) -> AsyncIterator[OpenPage]:
    """Open the site in a fresh context with any of Playwright's options: `await open_page("/?q=x", java_script_enabled=False)`.

    When the test ends, every page must have been without script errors, console errors and breaches of its policy.
    """
    trouble: list[str] = []

    async with AsyncExitStack() as contexts:

        async def opened(path: str = "/", **options: Any) -> Page:
            context = await browser.new_context(base_url=server, **options)
            contexts.push_async_callback(context.close)
            context.set_default_timeout(STEP_TIMEOUT_MS)
            await context.add_init_script(VIOLATIONS)
            page = await context.new_page()
            page.on("pageerror", lambda error: trouble.append(f"script error: {error}"))
            page.on("console", lambda message: _note(trouble, message))
            await page.goto(path)
            return page

        yield opened
    assert trouble == []


def _note(trouble: list[str], message: ConsoleMessage) -> None:
    """Chromium itself reports every reply of 400 and above on the console: those are expected, and not our script's."""
    if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
        trouble.append(f"{message.type}: {message.text}")


# -- answers of the API, stood in for at the browser's network


def work(number: int, **members: Any) -> dict[str, Any]:
    """A work of a search answer."""
    found: dict[str, Any] = {
        "id": f"W{number}",
        "title": f"Book {number}",
        "authors": [{"name": "Gita Iyer", "gender": "Unknown"}],
        "isbn": [],
        "providers": ["openlibrary", "isbndb"],
        "match": {"level": "work_only", "score": 1.0, "reasons": ["title agrees (1.00)", "no author was asked"]},
    }
    return found | members


def answer(
    works: list[dict[str, Any]], *, total: int | None = None, edition: dict[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    """The envelope of a search; `total` is the number of works unless it is given."""
    data = {
        "works": works,
        "editions": [edition or {"isbns": []} for _ in works],
        "authors": [],
        "totalResults": len(works) if total is None else total,
    }
    return {"success": True, "data": data, "metadata": {"providers": {"openlibrary": "ok"}, **metadata}}


def failure(status: int = 502, **members: Any) -> dict[str, Any]:
    """The envelope of an error."""
    error = {"code": "PROVIDER_ERROR", "message": "No catalogue could answer just now.", "details": {}, "retryable": True}
    return {"success": False, "data": None, "error": {**error, "statusCode": status, **members}, "metadata": {}}


async def stand_in(page: Page, body: dict[str, Any], url: str = API, status: int = 200) -> None:
    """From now on, this is what the page gets from the API."""

    async def fulfil(route: Route) -> None:
        await route.fulfill(status=status, json=body)

    await page.route(url, fulfil)
