"""The use-case of one work by Open Library's id: its search knows authors, ISBNs and years, its stored record the description.

Raises: ProvidersFailed and its kinds when nobody could answer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from search import conf, gathering, services
from search.cache import key_of
from search.dto import Record
from search.entries import Rendered, rendered
from search.fan_out import Outcome
from search.gateway import Gateway, ProviderAnswer
from search.provider import Kind, Provider, Question
from search.services import Answer

SIDES = (Kind.PROVIDER_ID, Kind.STORED_WORK)


class BothSides(gathering.ProviderGathering):
    """What one provider finds of a work, and what it stores."""

    def __init__(self, provider: Provider, gateway: Gateway, deadline: float, *, question: Question) -> None:
        super().__init__(provider, gateway, deadline)
        self._question = question
        self._records: dict[Kind, list[Record]] = {}

    async def run(self) -> None:
        """Ask for both at once."""
        await asyncio.gather(*(self._ask_for(kind) for kind in SIDES))

    async def _ask_for(self, kind: Kind) -> None:
        question = replace(self._question, kind=kind)
        if self.provider.call(question) is not None:
            self._records[kind] = list((await self.ask(question)).page.records)

    def records(self) -> list[Record]:
        """What its search found, before what it stores."""
        return [record for kind in SIDES for record in self._records.get(kind, [])]


async def search_whole_work(question: Question) -> Answer:
    """The work of a question by Open Library's id, as a search of one result."""
    key = key_of_whole(question)
    return await services.looked_up(key, question.kind.value, lambda: ask_everybody(key, question))


def key_of_whole(question: Question) -> str:
    """The cache key of a work from both sides."""
    return f"{key_of(question)}:whole"


async def ask_everybody(key: str, question: Question) -> Outcome:
    """One round of calls for both sides of a work."""

    def asking(provider: Provider, gateway: Gateway, deadline: float) -> BothSides:
        return BothSides(provider, gateway, deadline, question=question)

    def render(answers: Sequence[ProviderAnswer]) -> Rendered:
        return rendered(question, answers)

    wait_s = conf.search_budget_s()
    asked = gathering.everybody(asking, question, wait_s=wait_s)
    return await gathering.gather(services.cache, key, question, asked, render, wait_s=wait_s)
