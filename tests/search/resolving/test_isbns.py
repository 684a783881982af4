"""Many ISBNs: how few calls they cost, what they bring, and what is kept of it."""

import asyncio
import random
import re
from collections.abc import Iterable
from typing import Any

import pytest

from bookstrack.lib.db import in_db
from search import conf, services
from search.cache import key_of
from search.provider import Kind, Question
from search.services import Resolution, Resolver, Wanted
from tests.search.resolving.library import Library, Volume, isbn13


async def resolved(resolver: Resolver, wanted: Iterable[Wanted]) -> list[Resolution]:
    return list(await asyncio.gather(*(resolver.resolve(one) for one in wanted)))


def by_isbn(volumes: Iterable[Volume]) -> list[Wanted]:
    return [Wanted(isbn=str(volume.isbn)) for volume in volumes]


def used() -> dict[str, int]:
    from search.models import ProviderDay

    return dict(ProviderDay.objects.values_list("provider", "used"))


async def test_a_hundred_books_cost_two_calls(resolver: Resolver, library: Library) -> None:
    volumes = library.stocked(100)
    found = await resolved(resolver, by_isbn(volumes))
    assert library.calls == {"openlibrary": 1, "isbndb": 1}
    for volume, one in zip(volumes, found, strict=True):
        assert one.work and one.edition
        assert (one.status, one.match, one.provider) == ("success", {"score": 1.0, "by": "isbn"}, "openlibrary+isbndb")
        assert (one.work["title"], one.work["firstPublicationYear"]) == (volume.title, 1931)
        assert (one.edition["isbn"], one.edition["format"], one.edition["pageCount"]) == (volume.isbn, "Paperback", 333)
        assert one.authors[0]["name"] == "Gita Iyer" and one.cached is False


async def test_an_item_as_it_is_reported(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    spelt = f"urn:isbn:{volume.isbn}"
    item = (await resolver.resolve(Wanted(title=volume.title.lower(), isbn=spelt))).as_item()
    assert set(item) == {"title", "author", "isbn", "success", "status", "provider", "cached", "candidates", "match", "enriched"}
    assert (item["title"], item["isbn"], item["success"], item["match"]["by"]) == (volume.title.lower(), spelt, True, "isbn")
    assert set(item["enriched"]) == {"work", "edition", "authors"}
    [candidate] = item["candidates"]
    assert candidate["chosen"] and candidate["reason"] == "ISBN agrees"


async def test_fifteen_hundred_books_cost_a_call_a_hundred(resolver: Resolver, library: Library) -> None:
    found = await resolved(resolver, by_isbn(library.stocked(1500)))
    assert all(one.success for one in found)
    asked = [len(re.findall(rb"\d{13}", request.content)) for request in library.requests if request.method == "POST"]
    assert sum(asked) == 1500 and max(asked) <= 1000
    # 15 and 2, and a few more where the machine is so busy that a batch does not fill within its second
    assert library.calls["openlibrary"] <= 20 and len(asked) <= 5


async def test_a_job_that_has_a_part_of_them_in_hand_costs_few_more(resolver: Resolver, library: Library) -> None:
    library.delays_s = {"openlibrary": 0.05, "isbndb": 0.05}
    in_hand = asyncio.Semaphore(400)

    async def one(wanted: Wanted) -> bool:
        async with in_hand:
            return (await resolver.resolve(wanted)).success

    assert all(await asyncio.gather(*(one(wanted) for wanted in by_isbn(library.stocked(1200)))))
    assert library.calls.total() <= 30


@pytest.mark.parametrize("provider", ["openlibrary", "isbndb", "google-books"])
async def test_a_fifth_unknown_to_one_of_them(resolver: Resolver, library: Library, provider: str) -> None:
    volumes = library.stocked(100)
    library.unknown[provider] = {str(volume.isbn) for volume in volumes[::5]}
    found = await resolved(resolver, by_isbn(volumes))
    assert all(one.success for one in found)
    assert library.calls == {"openlibrary": 1, "isbndb": 1}, "Google was asked for books that were found"


async def test_what_nobody_knows_in_bulk_is_asked_singly(resolver: Resolver, library: Library) -> None:
    volumes = library.stocked(100)
    missing = {str(volume.isbn) for volume in volumes[:20]}
    library.unknown = {"openlibrary": missing, "isbndb": missing}
    library.delays_s = {"google-books": 0.02}
    found = await resolved(resolver, by_isbn(volumes))
    assert library.calls == {"openlibrary": 1, "isbndb": 1, "google-books": 20}
    assert [one.provider for one in found] == ["google-books"] * 20 + ["openlibrary+isbndb"] * 80


async def test_duplicates_cost_one_look_up(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1, start=306_406_15)
    ten = "0" + str(volume.isbn)[4:12]
    ten += "0123456789X"[-sum(int(digit) * (10 - place) for place, digit in enumerate(ten)) % 11]
    spellings = [str(volume.isbn), ten, f"ISBN {volume.isbn}", f"978-{str(volume.isbn)[3:]}"]
    found = await resolved(resolver, [Wanted(isbn=spelling) for spelling in spellings * 5])
    assert library.calls == {"openlibrary": 1, "isbndb": 1}
    assert [one.as_item()["isbn"] for one in found] == spellings * 5
    assert len({id(one.work) for one in found}) == 1
    again = await resolver.resolve(Wanted(isbn=ten))
    assert again.success and library.calls.total() == 2


async def test_a_second_job_asks_nobody(resolver: Resolver, library: Library) -> None:
    wanted = [*by_isbn(library.stocked(250)), Wanted(isbn=isbn13(7))]
    first = await resolved(resolver, wanted)
    before = library.calls.total()
    for emptied in (False, True):
        if emptied:
            services.cache.memory.clear()
        async with services.resolver() as other:
            second = await resolved(other, wanted)
        assert library.calls.total() == before
        assert all(one.cached for one in second)
        assert [one.work for one in second] == [one.work for one in first]
    assert second[-1].status == "not_found"


async def test_a_search_finds_what_a_job_kept(client: Any, resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    await resolver.resolve(Wanted(isbn=str(volume.isbn)))
    before = library.calls.total()
    reply = await client.get("/v1/search/isbn", params={"isbn": volume.isbn})
    assert library.calls.total() == before
    assert reply.headers["x-cache"] == "HIT" and reply.headers["etag"]
    body = reply.json()
    [work], [edition] = body["data"]["works"], body["data"]["editions"]
    assert (work["title"], work["match"]["level"], edition["isbn"]) == (volume.title, "exact_edition", volume.isbn)
    assert body["metadata"]["provider"] == "openlibrary+isbndb"
    assert body["metadata"]["providers"] == {"catalogue": "empty", "openlibrary": "ok", "isbndb": "ok"}
    assert body["metadata"]["ttl"] <= conf.TTL.bulk * 2 * 1.1


async def test_a_job_finds_what_a_search_kept(client: Any, resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    await client.get("/v1/search/isbn", params={"isbn": volume.isbn})
    before = library.calls.total()
    found = await resolver.resolve(Wanted(isbn=str(volume.isbn)))
    assert found.success and found.cached and library.calls.total() == before
    assert found.provider == "openlibrary+google-books+isbndb"


async def test_the_ledger_has_calls_and_entries(resolver: Resolver, library: Library) -> None:
    from search.models import CacheEntry

    await resolved(resolver, by_isbn(library.stocked(120)))
    await services.settled()
    assert await in_db(used) == {name: library.calls[name] for name in ("openlibrary", "isbndb")}
    assert await in_db(CacheEntry.objects.filter(kind="isbn", found=1, hits=0).count) == 120
    async with services.resolver() as other:
        await resolved(other, by_isbn(library.volumes))
    await services.settled()
    assert await in_db(CacheEntry.objects.filter(hits=1).count) == 120


async def test_an_isbn_that_nobody_knows_is_remembered_as_such(resolver: Resolver, library: Library) -> None:
    found = await resolver.resolve(Wanted(isbn=isbn13(1)))
    assert (found.status, found.error, found.provider) == ("not_found", None, "none")
    assert library.calls == {"openlibrary": 1, "isbndb": 1, "google-books": 1}
    kept = await services.cache.find(key_of(Question(Kind.ISBN, isbns=(isbn13(1),))))
    assert kept is not None and kept[0].found == 0
    assert kept[0].ttl_s == pytest.approx(conf.TTL.nothing_isbn, rel=0.11)


async def test_the_catalogue_is_merged_with_the_others(
    sample_catalogue: int, resolver: Resolver, library: Library
) -> None:
    from search.models import Identifier

    isbn = await in_db(lambda: Identifier.objects.filter(edition__work__source_id="sample:dune").values_list("value", flat=True)[0])
    library.volumes.append(Volume(5, "Dune", "Frank Herbert", isbn=isbn))
    found = await resolver.resolve(Wanted(isbn=isbn))
    assert found.provider == "catalogue+openlibrary+isbndb"
    library.volumes.clear()
    services.cache.memory.clear()
    await services.expire([key_of(Question(Kind.ISBN, isbns=(isbn,)))])
    async with services.resolver() as other:
        alone = await other.resolve(Wanted(isbn=isbn))
    assert alone.success and alone.provider == "catalogue"
    assert library.calls["google-books"] == 0, "the catalogue knows it"


async def test_without_providers_the_catalogue_answers(
    sample_catalogue: int, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from search import fan_out
    from search.models import Identifier

    monkeypatch.setenv("SEARCH_PROVIDERS", "catalogue")
    fan_out.everybody.cache_clear()
    isbn = await in_db(lambda: Identifier.objects.values_list("value", flat=True)[0])
    async with services.resolver() as offline:
        known, unknown = await resolved(offline, [Wanted(isbn=isbn), Wanted(isbn=isbn13(3))])
    assert (known.status, known.provider, unknown.status) == ("success", "catalogue", "not_found")
    assert library.calls.total() == 0


async def test_other_tasks_have_their_turns_meanwhile(resolver: Resolver, library: Library) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    working = asyncio.create_task(other())
    await resolved(resolver, by_isbn(library.stocked(1000)))
    working.cancel()
    assert turns > 20


async def test_a_job_that_ends_asks_no_more(library: Library, transactional_db: None) -> None:
    library.delays_s = dict.fromkeys(["openlibrary", "isbndb", "google-books"], 5.0)
    made = services.resolver()
    wanted = [*(Wanted(isbn=isbn13(number)) for number in range(150)), *(Wanted(title=f"Unheard {'x' * n}") for n in range(20))]
    jobs = [asyncio.create_task(made.resolve(one)) for one in wanted]
    await asyncio.sleep(0.6)  # the first ones are out, the others wait
    for job in jobs:
        job.cancel()
    await asyncio.wait_for(made.close(), 10)
    await asyncio.sleep(0.3)  # a call whose turn had come still goes out
    before = library.calls.total()
    library.delays_s.clear()
    await asyncio.sleep(0.3)
    assert library.calls.total() == before


async def test_the_order_of_arrival_does_not_matter(resolver: Resolver, library: Library) -> None:
    volumes = library.stocked(300)

    async def late(wanted: Wanted) -> Resolution:
        await asyncio.sleep(random.random() * 0.05)
        return await resolver.resolve(wanted)

    found = await asyncio.gather(*(late(wanted) for wanted in by_isbn(volumes)))
    assert [one.edition and one.edition["isbn"] for one in found] == [volume.isbn for volume in volumes]


async def test_an_isbn_beside_the_title_of_another_book(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    asked = Wanted(title="Manual of Quiet Fishing", isbn=volume.isbn or "")
    found = await resolver.resolve(asked)
    assert (found.status, found.error) == ("not_found", "This ISBN is of another book than title and author say.")
    assert (await resolver.resolve(Wanted(title="Untitled", isbn=volume.isbn or ""))).success  # one word may be a placeholder


async def test_an_isbn_beside_another_title_of_its_author_is_doubted(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    asked = Wanted(title="Manual of Quiet Fishing", author=volume.author, isbn=volume.isbn or "")
    found = await resolver.resolve(asked)
    assert found.success and found.match == {"score": 0.8, "by": "isbn"} and "title differs" in found.candidates[0]["reason"]
    same = await resolver.resolve(Wanted(title=volume.title.upper(), author=volume.author, isbn=volume.isbn or ""))
    assert same.match == {"score": 1.0, "by": "isbn"}
