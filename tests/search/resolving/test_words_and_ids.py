"""Items known by title and author, or by an id that a provider gave; and what happens where an identifier leads nowhere."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from bookstrack.lib.db import in_db
from search import fan_out, services
from search.services import Resolver, Wanted
from tests.search.catalogue.loading.files import ALL, dump
from tests.search.resolving.library import Library, Volume, isbn13

SILENT = Volume(77, "The Silent Harbor")
ONE_EACH = {"openlibrary": 1, "google-books": 1, "isbndb": 1}


@pytest.fixture(autouse=True)
def stocked(library: Library) -> None:
    library.volumes += [
        SILENT,
        Volume(78, "The Silent Harbor Returns"),
        Volume(79, "The Silent Harbor", author="Omar Whitfield"),
        Volume(80, "Little Men", author="Louisa May Alcott"),
        Volume(81, "Silent Waters, Vol. 3", author="Rosa Xu"),
    ]


# -- by words


async def test_title_and_author(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(title="silent harbor", author="Iyer, Gita"))
    assert library.calls == ONE_EACH
    assert (found.status, found.match, found.cached) == ("success", {"score": 1.0, "by": "title_author"}, False)
    assert found.work and found.edition and found.work["authors"][0]["name"] == "Gita Iyer"
    assert found.edition["isbn"] == SILENT.isbn
    chosen, *others = found.candidates
    assert (chosen["chosen"], chosen["reason"], chosen["titleScore"], chosen["authorScore"]) == (True, "accepted", 1.0, 1.0)
    assert not any(other["chosen"] for other in others)


async def test_a_title_alone(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(title="The Silent Harbor Returns"))
    assert found.match == {"score": 1.0, "by": "title"}
    assert (await resolver.resolve(Wanted(title="The Silent Harbour Returned"))).status == "not_found"
    two = await resolver.resolve(Wanted(title="The Silent Harbor"))  # of two people
    assert two.match == {"score": 0.9, "by": "title"} and len(two.candidates) > 1


async def test_a_subtitle_of_another_book_is_seen(resolver: Resolver, library: Library) -> None:
    library.volumes.append(Volume(82, "Copper Wars: The Lantern", author="Rosa Xu"))
    assert (await resolver.resolve(Wanted(title="Copper Wars: The Lantern", author="Rosa Xu"))).success
    assert (await resolver.resolve(Wanted(title="Copper Wars: The Glacier", author="Rosa Xu"))).status == "not_found"
    assert (await resolver.resolve(Wanted(title="The Silent Harbor: Workbook", author="Gita Iyer"))).status == "not_found"


@pytest.mark.parametrize(
    ("wanted", "other", "reason"),
    [
        (Wanted(title="The Silent Harbor", author="Quentin Hart"), 77, "another author"),
        (Wanted(title="Little Women", author="Louisa May Alcott"), 80, "other words in its title"),
        (Wanted(title="Silent Waters, Vol. 2", author="Rosa Xu"), 81, "another title"),
    ],
)
async def test_another_book_is_never_taken_for_it(
    resolver: Resolver, library: Library, wanted: Wanted, other: int, reason: str
) -> None:
    hit = next(volume for volume in library.volumes if volume.number == other)
    library.say("openlibrary", {"numFound": 1, "docs": [{"key": "/works/OL1W", "title": hit.title, "author_name": [hit.author]}]})
    found = await resolver.resolve(wanted)
    assert (found.status, found.work, found.match) == ("not_found", None, None)
    assert any(row["reason"].startswith(reason) for row in found.candidates)


async def test_an_author_alone_or_nothing_is_an_error_of_the_item(resolver: Resolver, library: Library) -> None:
    for wanted in (Wanted(author="Gita Iyer"), Wanted(), Wanted(title=" – ", isbn="  ")):
        found = await resolver.resolve(wanted)
        assert (found.status, found.error_code) == ("error", "MISSING_PARAMETER")
        assert found.error == "A title, an ISBN or an id is needed."
    assert library.calls.total() == 0


async def test_duplicates_cost_one_look_up_and_a_second_job_none(resolver: Resolver, library: Library) -> None:
    spellings = [("The Silent Harbor", "Gita Iyer"), ("silent harbor", "GITA IYER"), ("Sïlent Harbor!", "Iyer, Gita")]
    wanted = [Wanted(title=title, author=author) for title, author in spellings * 3]
    found = await asyncio.gather(*map(resolver.resolve, wanted))
    assert library.calls == ONE_EACH
    assert [(one.wanted.title, one.success) for one in found] == [(one.title, True) for one in wanted]
    async with services.resolver() as other:
        again = await asyncio.gather(*map(other.resolve, wanted))
    assert library.calls == ONE_EACH and all(one.cached and one.success for one in again)


async def test_a_search_finds_what_a_job_kept_by_words(client: Any, resolver: Resolver, library: Library) -> None:
    await resolver.resolve(Wanted(title="The Silent Harbor", author="Gita Iyer"))
    await resolver.resolve(Wanted(title="The Silent Harbor Returns"))
    before = library.calls.total()
    for path, params in [
        ("advanced", {"title": "The Silent Harbor", "author": "Gita Iyer"}),
        ("title", {"q": "the silent harbor returns"}),
    ]:
        reply = await client.get(f"/v1/search/{path}", params=params)
        assert reply.headers["x-cache"] == "HIT" and reply.json()["data"]["works"]
    assert library.calls.total() == before


async def test_no_more_than_ten_at_once(resolver: Resolver, library: Library) -> None:
    now, most = 0, 0
    answer = Library.__call__

    async def counted(self: Library, request: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        reply = await answer(self, request)
        now -= 1
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Library, "__call__", counted)
        await asyncio.gather(*(resolver.resolve(Wanted(title=f"Unheard {'abcdefghijklmnopqrstuvwxyz'[n]}x")) for n in range(26)))
    assert most <= 30, "ten items, three providers"


async def test_what_the_catalogue_surely_has_costs_no_call(sample_catalogue: int, resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(title="Dune", author="Frank Herbert"))
    assert (found.status, found.provider) == ("success", "catalogue")
    translated = await resolver.resolve(Wanted(title="ノルウェイの森", author="Haruki Murakami"))
    assert translated.success and translated.provider == "catalogue"
    assert library.calls.total() == 0
    await resolver.resolve(Wanted(title="Dune"))
    assert library.calls == ONE_EACH, "a title alone is nothing sure"


# -- identifiers that lead nowhere


async def test_an_unknown_isbn_with_a_title_gives_the_work_alone(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(title="The Silent Harbor", author="Gita Iyer", isbn=isbn13(1)))
    assert (found.status, found.match) == ("success", {"score": 0.95, "by": "title_author"})
    assert found.work and found.edition is None and "edition" not in found.as_item()["enriched"]
    assert not {"pageCount", "publicationDate", "isbndbID", "googleBooksVolumeID"} & set(found.work)
    assert found.work["title"] == "The Silent Harbor" and found.work["openLibraryWorkID"] == SILENT.work_id
    by_title = await resolver.resolve(Wanted(title="The Silent Harbor Returns", isbn=isbn13(2)))
    assert by_title.match == {"score": 0.95, "by": "title"} and by_title.edition is None


async def test_a_bad_isbn(resolver: Resolver, library: Library) -> None:
    alone = await resolver.resolve(Wanted(isbn="9780306406158"))
    assert (alone.status, alone.error_code) == ("error", "INVALID_ISBN")
    assert alone.error and "check digit" in alone.error and alone.as_item()["isbn"] == "9780306406158"
    assert library.calls.total() == 0
    titled = await resolver.resolve(Wanted(title="The Silent Harbor", author="Gita Iyer", isbn="12"))
    assert titled.success and titled.match == {"score": 0.95, "by": "title_author"} and titled.edition is None
    nowhere = await resolver.resolve(Wanted(title="Unheard", isbn="9.78E+12"))
    assert nowhere.status == "not_found" and nowhere.error and "spreadsheet" in nowhere.error


async def test_an_isbn_of_another_book_is_not_accepted(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(title="The Silent Harbor", author="Gita Iyer", isbn=isbn13(80)))
    assert (found.match, found.edition) == ({"score": 0.95, "by": "title_author"}, None)
    assert found.work and found.work["title"] == "The Silent Harbor"
    nowhere = await resolver.resolve(Wanted(title="Unheard Granite", author="Nobody Known", isbn=isbn13(80)))
    assert (nowhere.status, nowhere.error) == ("not_found", "This ISBN is of another book than title and author say.")
    for title, author in [("Little Men", "L. M. Alcott"), ("Little Men", ""), ("", "Gita Iyer")]:
        same = await resolver.resolve(Wanted(title=title, author=author, isbn=isbn13(80)))
        assert same.match == {"score": 1.0, "by": "isbn"}, (title, author)
    doubted = await resolver.resolve(Wanted(title="Petits Hommes", author="Alcott", isbn=isbn13(80)))  # a translation's title, perhaps
    assert doubted.match == {"score": 0.8, "by": "isbn"}


async def test_a_language_that_does_not_fit_the_isbn_lowers_the_score(resolver: Resolver, library: Library) -> None:
    library.volumes.append(Volume(300_000_000, "Granite Meadow", language="en"))
    found = await resolver.resolve(Wanted(isbn=isbn13(300_000_000)))
    assert found.match == {"score": 0.8, "by": "isbn"}


# -- ids


async def test_a_volume_of_google(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(google_id=SILENT.google_id))
    assert library.calls == {"google-books": 1}
    assert (found.match, found.provider) == ({"score": 1.0, "by": "google_id"}, "google-books")
    assert found.edition and found.edition["googleBooksVolumeID"] == SILENT.google_id
    async with services.resolver() as other:
        assert (await other.resolve(Wanted(google_id=SILENT.google_id))).cached
    assert library.calls == {"google-books": 1}


async def test_a_work_of_open_library(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(openlibrary_id=f"/works/{SILENT.work_id}"))
    assert library.calls == {"openlibrary": 1}
    assert (found.match, found.edition) == ({"score": 1.0, "by": "openlibrary_id"}, None)
    assert found.work and found.authors[0]["name"] == "Gita Iyer" and "pageCount" not in found.work


@pytest.mark.parametrize("of", ["work", "edition"])
async def test_what_open_library_has_stored_and_not_indexed(resolver: Resolver, library: Library, of: str) -> None:
    library.without_search = True
    wanted = Wanted(openlibrary_id=SILENT.work_id if of == "work" else SILENT.edition_id)
    found = await resolver.resolve(wanted)
    assert found.match == {"score": 1.0, "by": "openlibrary_id"}
    assert found.work and found.work["title"] == SILENT.title and found.authors[0]["name"] == "Gita Iyer"
    assert (found.edition is None) == (of == "work")
    if found.edition:
        assert (found.edition["isbn"], found.edition["openLibraryEditionID"]) == (SILENT.isbn, SILENT.edition_id)
    before = library.calls.total()
    async with services.resolver() as other:
        again = await other.resolve(wanted)
    assert again.cached and again.work == found.work and library.calls.total() == before


async def test_an_edition_without_isbn_gets_its_authors_from_its_work(resolver: Resolver, library: Library) -> None:
    library.volumes.append(Volume(500, "Walnut Thunder", isbn=None))
    found = await resolver.resolve(Wanted(openlibrary_id="OL500M"))
    assert found.success and found.edition and found.authors[0]["name"] == "Gita Iyer"
    assert found.edition["openLibraryEditionID"] == "OL500M"


async def test_an_id_that_leads_nowhere(resolver: Resolver, library: Library) -> None:
    unknown = await resolver.resolve(Wanted(openlibrary_id="OL999W"))
    assert unknown.status == "not_found"
    assert (await resolver.resolve(Wanted(openlibrary_id="OL999M"))).status == "not_found"
    titled = await resolver.resolve(Wanted(title="The Silent Harbor", author="Gita Iyer", openlibrary_id="OL999W"))
    assert titled.match == {"score": 0.95, "by": "title_author"} and titled.edition is None
    bad = await resolver.resolve(Wanted(openlibrary_id="Dune", google_id="?"))
    assert bad.status == "error" and bad.error == "This is no Open Library id of a work or an edition."
    before = library.calls["google-books"]
    for number in range(7):  # Google answers 503 for an id that it does not know
        assert (await resolver.resolve(Wanted(google_id=f"unknown{number}"))).status == "error"
    assert library.calls["google-books"] == before + 21
    assert (await resolver.resolve(Wanted(google_id=SILENT.google_id))).success, "its circuit opened"


async def test_an_id_of_somebody_who_is_off(library: Library, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from search import fan_out

    monkeypatch.delenv("GOOGLE_BOOKS_API_KEY")
    fan_out.everybody.cache_clear()
    async with services.resolver() as made:
        off = await made.resolve(Wanted(google_id=SILENT.google_id))
        titled = await made.resolve(Wanted(title="The Silent Harbor", author="Gita Iyer", google_id=SILENT.google_id))
    assert off.status == "error" and off.error and "google-books" in off.error
    assert titled.match == {"score": 0.95, "by": "title_author"}
    await services.settled()


async def test_ids_that_the_catalogue_knows_need_nobody_outside(
    transactional_db: None, library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    moved = ("/type/redirect", "/works/OL7W", 1, {"location": "/works/OL1W"})
    await in_db(call_command, "load_catalogue", str(dump(tmp_path / "dump", *ALL, moved)), quiet=True)
    monkeypatch.setenv("SEARCH_PROVIDERS", "catalogue")
    fan_out.everybody.cache_clear()
    async with services.resolver() as offline:
        found = [await offline.resolve(Wanted(openlibrary_id=olid)) for olid in ("OL1W", "OL1M", "OL7W")]
        found.append(await offline.resolve(Wanted(google_id="B1hSG45JCX4C")))
        unknown = await offline.resolve(Wanted(openlibrary_id="OL404W"))
    assert [(each.status, each.work["openLibraryWorkID"] if each.work else None) for each in found] == [("success", "OL1W")] * 4
    assert found[1].edition and found[1].edition["isbn"] == "9780441172719" and found[0].edition is None
    assert (unknown.status, unknown.error_code) == ("error", "PROVIDER_ERROR") and library.calls.total() == 0


async def test_ids_of_other_schemes_lead_through_the_catalogue(
    transactional_db: None, library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await in_db(call_command, "load_catalogue", str(dump(tmp_path / "dump", *ALL)), quiet=True)
    monkeypatch.setenv("SEARCH_PROVIDERS", "catalogue")
    fan_out.everybody.cache_clear()
    ids = {"goodreads": "234225", "asin": "B00B7NPRY8", "lccn": "2001-1114", "oclc": "ocm00123456"}
    async with services.resolver() as offline:
        for scheme, value in ids.items():
            found = await offline.resolve(Wanted(ids={scheme: value}))
            assert found.match == {"score": 1.0, "by": scheme} and found.edition and found.edition["isbn"] == "9780441172719"
        other = await offline.resolve(Wanted(ids={"goodreads": "234225"}, title="The Silent Harbor", author="Gita Iyer"))
        unknown = await offline.resolve(Wanted(ids={"goodreads": "5", "nobody": "7"}, title="Dune", author="Frank Herbert"))
    assert other.status == "not_found" and "another book" in (other.error or "")
    assert unknown.match == {"score": 0.95, "by": "title_author"} and unknown.edition is None
