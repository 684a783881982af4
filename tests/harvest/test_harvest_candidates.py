"""Whose covers are sought: in which order, each once, without those that are settled."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.lib import http, redis
from bookstrack.lib.db import in_db
from harvest import services
from harvest.cover_search import candidates
from harvest.models import Cover, Run
from jobs.models import Job, JobItem
from jobs.states import State
from search import services as search
from search.cache import Entry, key_of
from search.look import by_title
from search.models import CacheEntry
from search.provider import Kind, Question
from tests.harvest.catalogues import Catalogues, isbn13

ISBNS = st.integers(0, 30).map(isbn13)


@pytest.fixture
async def rows(transactional_db: None, catalogues: Catalogues) -> AsyncIterator[None]:
    yield
    await search.settled()
    await http.close()
    await redis.close()


async def answered(question: Question, hits: int, *books: dict[str, Any], cover: str | None = None) -> None:
    """An answer in the cache, with its row."""
    works = [{"title": f"Book {book['isbn']}", "authors": [], "openLibraryWorkID": book.get("work")} for book in books]
    editions = [{"isbn": book["isbn"], **book} for book in books]
    quality = "missing" if cover is None else "low" if cover.startswith("/covers/drawn/") else "high"
    data = orjson.dumps({"works": works, "editions": editions})
    entry = Entry(data, 4e9, 1e6, "openlibrary", {}, image_quality=quality, found=len(books))
    await search.cache.keep_everywhere(key_of(question), entry, search.cache.keep_here(key_of(question), entry))
    row = {"kind": question.kind.value, "found": len(books), "hits": hits, "expires_at": "2100-01-01T00:00:00Z"}
    await in_db(CacheEntry.objects.create, key=key_of(question), **row)


async def asked_for(number: int, hits: int, cover: str | None = None) -> str:
    isbn = isbn13(number)
    await answered(Question(Kind.ISBN, isbns=(isbn,)), hits, {"isbn": isbn}, cover=cover)
    return isbn


async def imported(*isbns: str, state: State = State.COMPLETED) -> None:
    """An import of these books and a row that is none."""
    job = Job(pk=f"import-{state}", pipeline="csv_import", queue="high", state=state.value, token_salt="s", token_digest=f"d{state}")
    job.token_expires_at = job.created_at
    await in_db(job.save)
    bodies = [{"row": 1, "code": "EMPTY_ROW"}, {"row": 2, "title": "No ISBN"}, *({"row": 3, "isbn": isbn} for isbn in isbns)]
    items = [JobItem(job=job, index=i, success=i > 0, status="read", body=orjson.dumps(body)) for i, body in enumerate(bodies)]
    await in_db(JobItem.objects.bulk_create, items)


async def test_in_the_order_of_the_specification_each_once(rows: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    twice, once = await asked_for(2, hits=5), await asked_for(1, hits=9)
    drawn = await asked_for(3, hits=4, cover="/covers/drawn/x.png")
    popular = await asked_for(4, hits=50, cover="https://covers.openlibrary.org/b/id/1-L.jpg")
    seldom = await asked_for(5, hits=1)
    listed = tmp_path / "curated.txt"
    listed.write_text(f"# wanted\n{isbn13(20)}  # a favourite\nno isbn\n{twice}\n")
    monkeypatch.setenv("HARVEST_CURATED", str(listed))
    plain, best = {"isbn": isbn13(31), "work": "OL1W"}, {"isbn": isbn13(32), "work": "OL2W", "pageCount": 100}
    await answered(Question(Kind.TITLE, text="dune"), 7, plain, {"isbn": isbn13(33), "work": "OL3W"})
    await answered(Question(Kind.ANY, text="emma"), 70, best)
    await imported(isbn13(40), isbn13(20))
    await imported(isbn13(41), state=State.RUNNING)
    await in_db(Cover.objects.create, isbn=once, state=Cover.State.KEPT)
    found = await candidates.candidates(100)
    assert found.isbns == [twice, drawn, isbn13(20), isbn13(32), popular, isbn13(31), seldom, isbn13(40)]
    assert found.origins == {"asked": 2, "curated": 1, "popular": 4, "imported": 1}
    assert (await candidates.candidates(3)).isbns == found.isbns[:3]
    plan = await services.plan_harvest(limit=4)
    assert plan.due == found.isbns[:4] and plan.known == 0 and plan.calls == {"isbndb": 1, "openlibrary": 1, "google-books": 4}


async def test_the_catalogues_editions_of_a_popular_work(rows: None, sample_catalogue: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_PROVIDERS", "catalogue,openlibrary")
    answer = await search.looked(by_title("dune", limit=1))
    isbn = answer.data["editions"][0]["isbn"]
    await search.settled()
    await in_db(CacheEntry.objects.filter(kind="title").update, hits=3)
    works = await search.popular_editions(10)
    assert len(works) == 1 and len(works[0]) > 1 and isbn in {edition.isbn for edition in works[0]}
    chosen = candidates.best_editions(works, 2026)
    assert len(chosen) == min(candidates.EDITIONS_OF_A_WORK, len(works[0])) and set(chosen) <= {edition.isbn for edition in works[0]}


async def test_a_night_without_anything_due_starts_nothing(rows: None) -> None:
    told = await services.scheduled_harvest("schedule")
    assert (told.outcome, told.job_id) == ("nothing", "") and not await in_db(Run.objects.exists)


async def test_a_night_with_something_due(rows: None) -> None:
    await asked_for(1, hits=9)
    told = await services.scheduled_harvest("schedule")
    run = await in_db(Run.objects.get)
    assert told.outcome == "started" and told.job_id == run.job_id and run.asked_by == "schedule"
    job = await in_db(Job.objects.get, pk=told.job_id)
    assert job.payload == {"run": run.pk, "isbns": [isbn13(1)]} and run.figures["candidates"]["asked"] == 1


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe\x00", None])
def test_a_list_that_names_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "curated.txt"
    if content is not None:
        path.write_bytes(content)
    assert candidates.curated(str(path)) == [] == candidates.curated("")


@given(st.dictionaries(st.sampled_from(candidates.ORIGINS), st.lists(ISBNS, max_size=12)))
def test_who_names_a_book_first_is_its_origin(lists: dict[str, list[str]]) -> None:
    found = candidates.first_origins(lists)
    flat = [isbn for isbns in lists.values() for isbn in isbns]
    assert list(found) == list(dict.fromkeys(flat))
    for isbn, origin in found.items():
        assert origin == next(name for name, isbns in lists.items() if isbn in isbns)


@given(st.lists(st.lists(st.builds(search.KnownEdition, ISBNS, year=st.none() | st.integers(1900, 2026)), max_size=6), max_size=4))
def test_of_each_work_the_best_come_first(works: list[list[search.KnownEdition]]) -> None:
    chosen = candidates.best_editions(works, 2026)
    assert len(chosen) == sum(min(len(work), candidates.EDITIONS_OF_A_WORK) for work in works)
    start = 0
    for work in works:
        count = min(len(work), candidates.EDITIONS_OF_A_WORK)
        assert set(chosen[start : start + count]) <= {edition.isbn for edition in work}
        start += count
