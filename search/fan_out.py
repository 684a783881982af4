"""Everybody asked at once, within the budget; what came by then is the answer, and what comes later still fills the cache."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache as once

import orjson

from bookstrack.lib import clock
from search import conf, metrics, own_covers
from search.background import in_background
from search.cache import Cache, Entry, pack, unpack
from search.catalogue import answering
from search.demographics.entries import NOBODY_YET, Looked, complete, completed, looked
from search.entries import Rendered, rendered, spoils
from search.gateway import Gateway, Patience, ProviderAnswer, Status, refilling
from search.ledger import ledger
from search.provider import Provider, Question

# Who needs no ledger is asked first: threads that ask the database hold the interpreter while the requests are prepared, and a
# request that leaves later comes back later. Measured: 2 to 5 ms less for a cold search.
HEAD_START_S = 0.002
Render = Callable[[Question, Sequence[ProviderAnswer]], Rendered]


@dataclass(frozen=True, slots=True)
class Outcome(Rendered):
    """What a flight brought: an entry, or who failed and why."""

    kept: asyncio.Task[None] | None = None  # writes the entry for all processes


def packed(outcome: Outcome) -> bytes:
    """An outcome as bytes, to hand it to another process."""
    head = {"statuses": outcome.statuses, "retryAt": outcome.retry_at, "entry": outcome.entry is not None}
    return orjson.dumps(head) + b"\n" + (pack(outcome.entry) if outcome.entry else b"")


def unpacked(flown: bytes) -> Outcome:
    """The outcome in these bytes."""
    head, _, entry = flown.partition(b"\n")
    about = orjson.loads(head)
    return Outcome(unpack(entry) if about["entry"] else None, about["statuses"], about["retryAt"])


async def settled(outcome: Outcome) -> None:
    """Wait until the outcome's entry is written for all processes."""
    if outcome.kept is not None:
        await outcome.kept


async def just_kept(cache: Cache, key: str) -> Outcome | None:
    """The outcome of a round that ended a moment ago, by what it kept; None where that was nothing, or this task fills the cache anew."""
    found = await cache.find(key) if refilling.get() is None else None
    return Outcome(found[0], found[0].providers) if found and found[0].fresh else None


@once
def everybody() -> tuple[list[str], list[Provider], Gateway]:
    """Who is asked, in order of trust: all names, the outside providers among them, and the way to those."""
    return conf.provider_order(), conf.providers(), Gateway()


async def ask_everybody(
    cache: Cache, key: str, question: Question, patience: Patience | None = None, *, render: Render = rendered
) -> Outcome:
    """One round: ask, merge, keep. Without patience it is a search, which somebody waits for."""
    order, providers, gateway = everybody()
    patience = patience or refilling.get()
    wait_s = patience.wait_s if patience else conf.search_budget_s()
    share = patience.share if patience else 1.0
    deadline = clock.monotonic_s() + wait_s

    def asking(asked: Sequence[Provider]) -> dict[str, asyncio.Task[ProviderAnswer]]:
        return {
            p.name: asyncio.create_task(gateway.ask(p, question, deadline=deadline, share=share, patience=patience)) for p in asked
        }

    unlimited = [provider for provider in providers if provider.config.daily_budget is None and provider.enabled]
    tasks = asking(unlimited)
    if tasks:
        await asyncio.sleep(HEAD_START_S)
    tasks |= asking([provider for provider in providers if provider.name not in tasks])
    if conf.CATALOGUE in order:
        tasks[conf.CATALOGUE] = asyncio.create_task(answering.ask(question))
    _, pending = await asyncio.wait(tasks.values(), timeout=wait_s)
    answers = [tasks[name].result() if tasks[name] not in pending else ProviderAnswer(name, Status.LATE) for name in order if name in tasks]
    count_calls(unlimited, answers)
    covered, authors = await asyncio.gather(own_covers.laid_in(answers), looked(cache, answers))
    outcome = await keep(cache, key, question, render(question, covered), authors)
    if pending:
        _finish_later(cache, key, question, tasks, order, render)
    return outcome


def count_calls(unlimited: Sequence[Provider], answers: Sequence[ProviderAnswer]) -> None:
    """Note the calls of providers without a budget; those with one are counted before the call."""
    names = {provider.name for provider in unlimited}
    for answer in answers:
        if answer.provider in names and (answer.latency_s is not None or answer.status is Status.LATE):
            ledger.called(answer.provider)


def _finish_later(
    cache: Cache, key: str, question: Question, tasks: dict[str, asyncio.Task[ProviderAnswer]], order: list[str], render: Render
) -> None:
    async def finish() -> None:
        await asyncio.wait(tasks.values())
        answers = await own_covers.laid_in([tasks[name].result() for name in order if name in tasks])
        outcome = await keep(cache, key, question, render(question, answers))
        await settled(outcome)
        metrics.late_answers.inc()

    in_background(finish())


async def keep(cache: Cache, key: str, question: Question, found: Rendered, authors: Looked = NOBODY_YET) -> Outcome:
    """Keep what may be kept of a round, with what is already known of its authors; who is not is asked for behind."""
    entry = await completed(cache, found.entry, authors) if found.entry else None
    if entry is None or not found.may_be_kept:
        return Outcome(entry, found.statuses, found.retry_at)
    if refilling.get() is not None and (there := await cache.find(key)) and spoils(entry, there[0]):
        return Outcome(entry, found.statuses, found.retry_at)
    value = cache.keep_here(key, entry)
    kept = in_background(cache.keep_everywhere(key, entry, value))
    ledger.kept(key, question, entry, len(value))
    if not entry.completed and conf.demographics():
        in_background(_complete_after(kept, cache, key, entry))
    return Outcome(entry, found.statuses, found.retry_at, kept)


async def _complete_after(kept: asyncio.Task[None], cache: Cache, key: str, entry: Entry) -> None:
    await kept
    await complete(cache, key, entry)
