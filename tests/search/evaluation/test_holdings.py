"""What the catalogue holds for labelled sets, and a resolver that asks it alone."""

import asyncio

from search.evaluation.holdings import CatalogueResolver, held_works
from search.services import Wanted


def test_works_with_their_editions(sample_catalogue: int) -> None:
    works = list(held_works())
    assert len(works) == sample_catalogue
    [dune] = [work for work in works if work.title == "Dune"]
    assert dune.authors == ("Frank Herbert",) and (dune.series, dune.place) == ("Dune", 1.0)
    assert "9780441172719" in dune.isbns and {"en", "es"} <= {edition.language for edition in dune.editions}


def test_some_of_them_are_spread_over_all(sample_catalogue: int) -> None:
    every, some = [work.title for work in held_works()], [work.title for work in held_works(10)]
    assert len(some) == 10 and [title for title in every if title in some] == some
    assert some != every[:10]


def test_books_are_found_in_the_catalogue_and_nothing_is_kept(sample_catalogue: int) -> None:
    from bookstrack.lib import redis
    from search import services
    from search.ledger import ledger
    from search.models import CacheEntry

    async def found() -> list[str]:
        async with CatalogueResolver() as resolver:
            wanted = (
                Wanted(isbn="0441172717"),
                Wanted(title="Dune", author="F. Herbert"),
                Wanted(title="Dune Messiah Returns", author="F. Herbert"),
                Wanted(title="Dune", openlibrary_id="OL1W"),
            )
            told = [await resolver.resolve(one) for one in wanted]
        await ledger.flush()
        return [one.work["title"] if one.work else one.status for one in told]

    assert asyncio.run(found()) == ["Dune", "Dune", "not_found", "Dune"]
    assert not CacheEntry.objects.exists() and not redis.sync_client().dbsize() and not len(services.cache.memory)
