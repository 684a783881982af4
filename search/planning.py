"""What a batch would cost: cache and ledger are read, nobody outside is asked."""

import asyncio
import math
from collections.abc import Sequence

from bookstrack.lib import clock
from bookstrack.lib.db import in_db
from search import breaker, budget, metrics
from search.asked import Asked
from search.cache import Cache, key_of
from search.fan_out import everybody
from search.gateway import Patience
from search.provider import Kind, Provider, Question
from search.resolution import Plan

KEYS_AT_ONCE = 200
ITEM_S = 0.003  # of our own work, measured
USUAL_S = 0.5  # of a call to somebody who was not asked yet
UNKNOWN_SHARE = 0.2  # of ISBNs that nobody knows who is asked in bulk: the worse of two cases


async def plan(cache: Cache, items: Sequence[Asked], patience: Patience, concurrency: int) -> Plan:
    """The plan of these items. What the catalogue will answer alone is not known before, and counted as calls."""
    questions = [_first_question(asked) for asked in items]
    return await plan_of_keys(cache, [(key_of(question), question) if question else None for question in questions], patience, concurrency)


async def plan_of_keys(cache: Cache, asked: Sequence[tuple[str, Question] | None], patience: Patience, concurrency: int) -> Plan:
    """The plan of questions by the keys that their answers are kept under; None for an item that asks nothing."""
    keys = dict(one for one in asked if one)
    kept = await _kept(cache, list(keys))
    cold = [question for key, question in keys.items() if key not in kept]
    cached = sum(one is not None and one[0] in kept for one in asked)
    providers = [provider for provider in everybody()[1] if provider.enabled]
    calls = {provider.name: _calls(provider, cold, in_bulk=any(p.many_isbns for p in providers)) for provider in providers}
    left = {p.name: await in_db(budget.left, p.name, p.config.daily_budget) for p in providers if p.config.daily_budget is not None}
    p50, p90 = _seconds(providers, calls, cold, len(asked), concurrency)
    waits = await _waits_until([p for p in providers if calls[p.name]], patience) if cold else None
    return Plan(len(asked), cached, calls, left, p50, p90, waits)


def _first_question(asked: Asked) -> Question | None:
    """What is asked first for an item; None where nothing can be."""
    if asked.isbn:
        return Question(Kind.ISBN, isbns=(asked.isbn,), limit=1)
    if asked.ids:
        return Question(Kind.PROVIDER_ID, provider=asked.ids[0].provider, provider_id=asked.ids[0].text, limit=1)
    return asked.question if asked.meant.title else None


async def _kept(cache: Cache, keys: Sequence[str]) -> set[str]:
    """Those that are fresh in the cache."""
    kept: set[str] = set()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        found = await cache.find_many(keys[start : start + KEYS_AT_ONCE])
        kept.update(key for key, (entry, _) in found.items() if entry.fresh)
        await asyncio.sleep(0)
    return kept


def _calls(provider: Provider, cold: Sequence[Question], *, in_bulk: bool) -> int:
    """Calls to one provider. Who is asked for ISBNs singly is asked only for those that are unknown, hopefully none."""
    isbns = sum(question.kind is Kind.ISBN for question in cold)
    others = sum(_calls_singly(provider, question) for question in cold if question.kind is not Kind.ISBN)
    if provider.many_isbns:
        return math.ceil(isbns / provider.many_isbns) + others
    return others + (0 if in_bulk else isbns)


def _calls_singly(provider: Provider, question: Question) -> int:
    """Of a bibliography the first page of each list, at least, and who is meant before."""
    if question.kind is Kind.AUTHOR:
        return len(provider.author_lists) + provider.knows_people
    return int(provider.call(question) is not None)


def _seconds(
    providers: Sequence[Provider], calls: dict[str, int], cold: Sequence[Question], items: int, concurrency: int
) -> tuple[float, float]:
    """The usual time and the time of a bad day: the slowest provider's rate, and waiting for answers."""
    own_s = items * ITEM_S
    if not cold or not providers:
        return round(own_s, 1), round(own_s * 2, 1)
    latency_s = max((metrics.mean_ms(provider.name) or USUAL_S * 1000) / 1000 for provider in providers)
    isbns = sum(question.kind is Kind.ISBN for question in cold)
    rounds = math.ceil((len(cold) - isbns) / concurrency) + (1 if isbns else 0)
    by_rate_s = max(max(0, calls[p.name] - p.config.rate) / p.config.rate for p in providers)
    usual_s = own_s + max(by_rate_s, rounds * latency_s)
    singly = [provider.config.rate for provider in providers if not provider.many_isbns]
    unknown_s = isbns * UNKNOWN_SHARE * max((1 / rate for rate in singly), default=0.0)
    return round(usual_s, 1), round(usual_s * 2 + unknown_s, 1)


async def _waits_until(providers: Sequence[Provider], patience: Patience) -> float | None:
    """When the first of them can be asked; None when one can be now."""
    moments = [await _asked_from(provider, patience) for provider in providers]
    return None if not moments or None in moments else min(moment for moment in moments if moment)


async def _asked_from(provider: Provider, patience: Patience) -> float | None:
    """When a provider can be asked again (unix seconds); None for now."""
    circuit = await breaker.state(provider.name)
    limit = provider.config.daily_budget
    if limit is not None and await in_db(budget.used, provider.name) >= int(limit * patience.share):
        return budget.next_day_unix_s()
    held = circuit.open_until or circuit.held_until
    return held if held and held > clock.unix_s() + patience.wait_s else None
