"""What everybody says to words: offers with their status; one who fails takes nothing from the others."""

import asyncio

from search import breaker, conf, services
from search.look import by_fields
from search.services import Resolver
from tests.search.resolving.library import HOSTS, Library, Volume


async def test_title_and_author(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    told = await resolver.offers(title=volume.title, author=volume.author)
    assert (told.status, told.cached, told.absent, told.error) == ("success", False, (), None)
    assert [(offer.key, offer.work["title"], offer.edition["isbn"]) for offer in told.found] == [
        (volume.work_id, volume.title, volume.isbn)
    ]
    again = await resolver.offers(title=volume.title, author=volume.author)
    assert again.cached and again.found == told.found
    assert max(library.calls.values()) == 1


async def test_bare_words_and_an_author_alone(resolver: Resolver, library: Library) -> None:
    library.volumes += [Volume(1, "Silent Harbor", "Rosa Xu"), Volume(2, "Loud Orchard", "Rosa Xu"), Volume(3, "Granite", "Gita Iyer")]
    assert [offer.work["title"] for offer in (await resolver.offers(text="harbor rosa xu")).found] == ["Silent Harbor"]
    assert {offer.work["title"] for offer in (await resolver.offers(author="Rosa Xu")).found} == {"Silent Harbor", "Loud Orchard"}
    assert [offer.work["title"] for offer in (await resolver.offers(title="Granite")).found] == ["Granite"]


async def test_a_search_has_asked_already(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    await services.looked(by_fields(title=volume.title, author=volume.author))
    calls = library.calls.total()
    assert (await resolver.offers(title=volume.title, author=volume.author)).cached
    assert library.calls.total() == calls


async def test_same_words_at_once_cost_one_round(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    told = await asyncio.gather(*(resolver.offers(text=volume.title) for _ in range(20)))
    assert {offers.status for offers in told} == {"success"}
    assert max(library.calls.values()) == 1


async def test_one_is_dead_and_the_others_offer(resolver: Resolver, library: Library) -> None:
    [volume] = library.stocked(1)
    library.fail("openlibrary")
    told = await resolver.offers(title=volume.title, author=volume.author)
    assert (told.status, told.absent) == ("success", ("openlibrary",))
    assert told.found[0].work["title"] == volume.title
    nothing = await resolver.offers(text="zebra umbrella")
    assert (nothing.status, nothing.error_code, nothing.absent) == ("error", "PROVIDER_ERROR", ("openlibrary",))


async def test_all_dead_is_an_error(resolver: Resolver, library: Library) -> None:
    library.fail()
    told = await resolver.offers(text="silent harbor")
    assert (told.status, told.error_code, told.found) == ("error", "PROVIDER_ERROR", ())
    assert set(told.absent) == set(HOSTS.values())
    assert told.error and "internal" not in told.error


async def test_open_circuits(resolver: Resolver, library: Library) -> None:
    for provider in HOSTS.values():
        for _ in range(5):
            await breaker.record(provider, ok=False)
    told = await resolver.offers(text="silent harbor")
    assert (told.status, told.error_code) == ("circuit_open", "CIRCUIT_OPEN")
    assert library.calls.total() == 0


async def test_nobody_knows(resolver: Resolver, library: Library) -> None:
    told = await resolver.offers(title="Nothing Like It", author="Rosa Xu")
    assert (told.status, told.found, told.error) == ("not_found", (), None)


async def test_no_words_and_hostile_ones(resolver: Resolver, library: Library) -> None:
    for text in ("", " ", "\x00", "★", "a", "\ud800"):
        assert (await resolver.offers(text=text)).error_code == "MISSING_PARAMETER"
    assert library.calls.total() == 0
    for text in ("x" * 10_000, 'a" OR "b', "100 %s \\", "شمس القمر", "🦄 unicorn"):
        assert (await resolver.offers(text=text, title="", author="")).status == "not_found"


async def test_the_catalogue_is_among_them(sample_catalogue: int, resolver: Resolver, library: Library) -> None:
    library.fail()
    told = await resolver.offers(title="Dune Messiah", author="Frank Herbert")
    assert told.status == "success" and conf.CATALOGUE not in told.absent
    assert told.found[0].work["title"] == "Dune Messiah"
