"""What the local catalogue holds, as other apps make labelled sets of it; and a resolver that asks nobody else and keeps nothing."""

import math
from collections.abc import Callable, Iterator

from search.cache import Cache
from search.catalogue import answering
from search.catalogue.keys import catalogue_id
from search.catalogue.rows import EditionFacts, WorkFacts, works
from search.entries import Lookup, rendered
from search.evaluation.held import HeldEdition, HeldWork
from search.gateway import PATIENT_S
from search.models import Work
from search.provider import Kind, Question
from search.resolver import Resolver
from search.tiers.memory import MemoryTier

AT_ONCE = 500  # works read by one round of queries


def held_works(limit: float = math.inf) -> Iterator[HeldWork]:
    """The works of the catalogue, or so many of them spread over it."""
    keys = list(Work.objects.order_by("pk").values_list("pk", flat=True))
    step = max(1, len(keys) / limit)
    chosen = [keys[int(place * step)] for place in range(int(min(limit, len(keys))))]
    for start in range(0, len(chosen), AT_ONCE):
        yield from map(_held, works(chosen[start : start + AT_ONCE]))


def _held(work: WorkFacts) -> HeldWork:
    return HeldWork(
        frozenset(filter(None, (work.openlibrary_id, catalogue_id(work.id)))),
        work.title,
        work.subtitle,
        tuple(author.name for row in work.authors for author in answering.authors_of(row)),
        tuple(work.other_titles),
        work.original_language,
        work.series_name,
        work.series_position,
        work.first_year,
        tuple(map(_held_edition, work.editions)),
    )


def _held_edition(row: EditionFacts) -> HeldEdition:
    return HeldEdition(row.isbns, row.title, row.subtitle, row.language, row.publisher, row.published, row.page_count)


class _CatalogueLookups:
    """Look-ups of ISBNs and of all other questions, answered by the catalogue alone."""

    def asks(self, provider: str) -> bool:
        """Nobody outside is asked."""
        return False

    async def look_up(self, asked: str | Question, *, is_sure: Callable[[Lookup], bool] | None = None) -> Lookup:
        """What the catalogue knows of an ISBN-13, or says to a question."""
        question = Question(Kind.ISBN, isbns=(asked,), limit=1) if isinstance(asked, str) else asked
        return Lookup(rendered(question, [await answering.ask(question)]), cached=False)

    async def close(self) -> None:
        """Nothing is left to stop."""


class CatalogueResolver(Resolver):
    """Finds the books of a labelled set as a job does, but in the local catalogue only: no network, no cache."""

    def __init__(self) -> None:
        super().__init__(Cache(MemoryTier(0)), share=0.0, concurrency=1, wait_s=PATIENT_S)
        self._isbns = self._others = _CatalogueLookups()  # type: ignore[assignment]  # they answer the same two questions
