"""What a batch would cost, told without spending anything."""

import pytest

from bookstrack.lib.db import in_db
from search import breaker, budget, services
from search.services import Resolver, Wanted
from tests.search.resolving.library import Library, isbn13


async def test_a_plan_spends_nothing(resolver: Resolver, library: Library) -> None:
    known = [Wanted(isbn=str(volume.isbn)) for volume in library.stocked(10)]
    for one in known:
        await resolver.resolve(one)
    await in_db(budget.reserve, "isbndb", 5000, 20)
    before, used = library.calls.total(), await in_db(budget.used, "isbndb")
    cold = [Wanted(isbn=isbn13(number)) for number in range(240)]
    words = [Wanted(title="Unheard", author="Rosa Xu"), Wanted(title="unheard", author="Xu, Rosa"), Wanted(title="Another")]
    ids = [Wanted(google_id="abcd1234"), Wanted(openlibrary_id="OL1W")]
    nothing = [Wanted(), Wanted(isbn="12")]
    plan = await resolver.plan([*known, *cold, *cold[:5], *words, *ids, *nothing])
    assert library.calls.total() == before and await in_db(budget.used, "isbndb") == used
    assert (plan.items, plan.cached, plan.waits_until) == (10 + 240 + 5 + 3 + 2 + 2, 10, None)
    assert plan.calls == {"openlibrary": 3 + 2 + 1, "isbndb": 1 + 2, "google-books": 2 + 1}
    assert plan.budget_left == {"google-books": 1000, "isbndb": 5000 - used}
    assert 0 < plan.seconds_p50 <= plan.seconds_p90


async def test_what_is_cached_costs_nothing(resolver: Resolver, library: Library) -> None:
    wanted = [Wanted(isbn=str(volume.isbn)) for volume in library.stocked(30)]
    before = await resolver.plan(wanted)
    assert before.calls == {"openlibrary": 1, "isbndb": 1, "google-books": 0}
    for one in wanted:
        await resolver.resolve(one)
    after = await resolver.plan(wanted)
    assert (after.cached, set(after.calls.values())) == (30, {0})
    assert after.seconds_p90 <= before.seconds_p90


async def test_when_somebody_can_be_asked_again(library: Library, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from search import fan_out

    monkeypatch.setenv("SEARCH_PROVIDERS", "google-books,isbndb")
    fan_out.everybody.cache_clear()
    wanted = [Wanted(title="Unheard")]
    async with services.resolver() as made:
        await in_db(budget.reserve, "google-books", 1000, 800)
        assert (await made.plan(wanted)).waits_until is None
        await breaker.hold("isbndb", 3600)
        waits = (await made.plan(wanted)).waits_until
        assert waits is not None and waits <= budget.next_day_unix_s()
        assert (await made.plan([Wanted()])).waits_until is None, "nobody needs to be asked"


async def test_rates_make_it_long(library: Library, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from search import fan_out

    monkeypatch.setenv("ISBNDB_RATE", "1")
    fan_out.everybody.cache_clear()
    async with services.resolver() as made:
        plan = await made.plan([Wanted(title=f"Unheard {'abcdefghij'[n % 10]}{'abcdefghij'[n // 10]}") for n in range(60)])
    assert plan.seconds_p50 >= 55
