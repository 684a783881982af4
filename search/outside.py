"""Who is asked outside: how providers stand, and a turn or a budget for whoever is no catalogue. Part of the services."""

import asyncio
from typing import Any

from bookstrack.lib.db import in_db
from search import breaker, budget, provider_states
from search.catalogue import answering
from search.gateway import Status
from search.provider import Kind, Question


async def states_of_providers() -> dict[str, dict[str, Any]]:
    """Every provider's state for /health and the admin, by name."""
    return await provider_states.states()


async def catalogue_answers() -> str | None:
    """A smoke test: the catalogue answers a search by words; None when it does, else what is wrong."""
    found = await answering.ask(Question(Kind.ANY, text="dune", limit=1))
    return "the catalogue does not answer" if found.status is Status.ERROR else None


async def turn(provider: str, *, rate: float, wait_s: float) -> breaker.Admission:
    """A turn at somebody outside who is no catalogue, by the same circuit and rate (calls a second); waits for it at most so long.

    Whoever got one says with `turned` how it went.
    """
    admission = await breaker.admit(provider, rate=rate, max_wait_s=wait_s)
    if admission.answer == "go" and admission.wait_s:
        await asyncio.sleep(admission.wait_s)
    return admission


async def turned(provider: str, admission: breaker.Admission, *, ok: bool) -> None:
    """How a turn went."""
    await breaker.record(provider, ok=ok, probe=admission.probe)


async def spend(provider: str, amount: int, daily_budget: int) -> bool:
    """Take out of a day's budget of whatever is counted, tokens for one; False where so much is not left, or nobody can tell."""
    return await in_db(budget.reserve, provider, daily_budget, amount)


async def give_back(provider: str, amount: int) -> None:
    """Put back what was taken and not used; negative where it was more."""
    await in_db(budget.give_back, provider, amount)


async def budget_left(provider: str, daily_budget: int) -> int:
    """How much of a day's budget is left."""
    return await in_db(budget.left, provider, daily_budget)


async def provider_table() -> list[dict[str, Any]]:
    """Every provider for the admin: state, circuit, calls of today, budget left, rate."""
    return await provider_states.table()


async def close_circuit(provider: str) -> None:
    """Let a provider be asked again at once."""
    await breaker.reset(provider)
