"""What each source says of the covers of many books: calls, addresses, and what a failure is not."""

from collections.abc import AsyncIterator

import pytest

from bookstrack.lib import http, redis
from bookstrack.lib.db import in_db
from search import fan_out, services
from search.models import ProviderDay
from tests.harvest.catalogues import Catalogues, isbn13


@pytest.fixture(autouse=True)
async def _left_clean(transactional_db: None, catalogues: Catalogues) -> AsyncIterator[None]:
    yield
    await services.settled()
    await http.close()
    await redis.close()


def isbns_of(count: int, start: int = 1000) -> list[str]:
    return [isbn13(number) for number in range(start, start + count)]


async def offers(source: str, isbns: list[str], share: float = 0.8) -> services.Offered:
    return await services.cover_offers(source, isbns, share=share, wait_s=5)


CALLS = [("isbndb", 1000, 1), ("isbndb", 1001, 2), ("openlibrary", 100, 1), ("openlibrary", 250, 3)]


@pytest.mark.parametrize(("source", "count", "calls"), CALLS)
async def test_many_books_are_one_call(catalogues: Catalogues, source: str, count: int, calls: int) -> None:
    isbns = isbns_of(count)
    catalogues.have(source, *isbns[::2])
    offered = await offers(source, isbns)
    assert catalogues.calls == {source: calls} and offered.calls == calls
    assert set(offered.urls) == set(isbns[::2]) and offered.absent == set(isbns[1::2]) and not offered.failed


async def test_the_addresses_of_each_source(catalogues: Catalogues) -> None:
    isbn = isbn13(1000)
    for source in catalogues.pictures:
        catalogues.have(source, isbn)
    found = {source: (await offers(source, [isbn])).urls[isbn] for source in services.cover_sources()}
    assert found == {
        "isbndb": (f"https://images.isbndb.com/covers/{isbn}.jpg",),
        "openlibrary": ("https://covers.openlibrary.org/b/id/1000-L.jpg?default=false",),
        "google-books": tuple(f"https://books.google.com/books/content?id=vol{isbn}&img=1&zoom={zoom}" for zoom in (3, 2, 1)),
        "archive": ("https://archive.org/services/img/scan1000",),
    }
    assert list(found) == ["isbndb", "openlibrary", "google-books", "archive"], "the order in which they are asked"


async def test_a_siblings_cover_is_not_offered(catalogues: Catalogues) -> None:
    """Open Library shows one edition of a work, and the work's cover may be of any."""
    known, sibling, bare = isbns_of(3)
    catalogues.together.append({known, sibling, bare})
    catalogues.have("openlibrary", known)
    both = await offers("openlibrary", [known, sibling])
    assert both.urls[known] == ("https://covers.openlibrary.org/b/id/1000-L.jpg?default=false",)
    assert both.urls[sibling] == (f"https://covers.openlibrary.org/b/isbn/{sibling}-L.jpg?default=false",), "by its own number alone"
    alone = await offers("openlibrary", [bare])
    assert alone.absent == {bare}, "its own edition is shown, and has none"


async def test_scans_come_with_open_librarys_answer(catalogues: Catalogues) -> None:
    scanned, other = isbns_of(2)
    catalogues.have("archive", scanned)
    offered = await offers("openlibrary", [scanned, other])
    assert offered.scans == {scanned: ("https://archive.org/services/img/scan1000",)} and offered.absent == {scanned, other}
    assert catalogues.calls == {"openlibrary": 1}


@pytest.mark.parametrize("told", [500, 403, b"<html>come back later</html>", b"[]"])
@pytest.mark.parametrize("source", ["isbndb", "openlibrary", "google-books"])
async def test_a_failure_is_no_absence(catalogues: Catalogues, source: str, told: object) -> None:
    isbns = isbns_of(3)
    catalogues.failing[source] = told
    offered = await offers(source, isbns)
    assert offered.failed == set(isbns) and not offered.absent and not offered.urls


async def test_a_part_of_the_days_calls_is_left_to_searches(catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_BOOKS_DAILY_BUDGET", "10")
    fan_out.everybody.cache_clear()
    isbns = isbns_of(12)
    catalogues.have("google-books", *isbns)
    assert await services.cover_budget_left(0.8) == {"google-books": 8, "isbndb": 4000}
    offered = await offers("google-books", isbns, share=0.8)
    assert catalogues.calls == {"google-books": 8} and len(offered.urls) == 8 and len(offered.failed) == 4
    assert offered.quota_until is not None and not offered.absent
    assert (await in_db(ProviderDay.objects.get, provider="google-books")).used == 8
    assert (await services.cover_budget_left(0.8))["google-books"] == 0


async def test_who_is_off_is_no_source(catalogues: Catalogues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISBNDB_API_KEY", "")
    monkeypatch.setenv("SEARCH_PROVIDERS", "isbndb,google-books")
    fan_out.everybody.cache_clear()
    assert list(services.cover_sources()) == ["google-books"]
    assert (await offers("isbndb", isbns_of(1))).failed == set(isbns_of(1)) and not catalogues.calls
