"""The keys that a run of cache warming filled, written down while it works; and what they were worth since.

Whoever filled a key waits until it is kept for all processes and written down here; all who wait do so together, in one statement.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from django.db import DatabaseError
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from bookstrack.lib.db import in_db
from harvest.models import Run, WarmedKey
from search import services as search

log = structlog.get_logger(__name__)
GATHERED_S = 0.02
AT_ONCE = 500  # rows of one statement


class KeyLog:
    """Writes for one turn at a run, in one event loop. `landed` waits until what was filled is kept; `figures` are the run's so far."""

    def __init__(self, run_id: int, landed: Callable[[], Awaitable[None]], figures: Callable[[], dict[str, Any]]) -> None:
        self._run_id, self._landed, self._figures = run_id, landed, figures
        self._waiting: dict[str, int] = {}
        self._writing: asyncio.Task[None] | None = None

    async def note(self, keys: Mapping[str, int]) -> None:
        """Write down filled keys, each with its hits before."""
        self._waiting.update(keys)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await asyncio.shield(self._writing)  # whoever drops what is in hand does not drop what is done

    async def close(self) -> None:
        """Write what is left, and the figures."""
        if self._writing is not None:
            await self._writing
        await self._written({})

    async def _write(self) -> None:
        await asyncio.sleep(GATHERED_S)
        keys, self._waiting, self._writing = self._waiting, {}, None
        await self._landed()
        await self._written(keys)

    async def _written(self, keys: Mapping[str, int]) -> None:
        try:
            await in_db(_note, self._run_id, dict(keys), self._figures())
        except DatabaseError:  # the keys are filled all the same
            log.warning("warmed keys are not written down: the database is away", run=self._run_id, keys=len(keys))


def _note(run_id: int, keys: dict[str, int], figures: dict[str, Any]) -> None:
    rows = [WarmedKey(run_id=run_id, key=key, hits_before=hits) for key, hits in keys.items()]
    WarmedKey.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
    Run.objects.filter(pk=run_id).update(figures=figures)


def taken_up(run_id: int) -> dict[str, Any]:
    """The figures of a run that is worked on, by earlier turns; it is running again where an operator retries its job."""
    Run.objects.filter(pk=run_id).exclude(state=Run.State.RUNNING).update(state=Run.State.RUNNING, ended_at=None)
    figures = Run.objects.filter(pk=run_id).values_list("figures", flat=True).first()
    return dict(figures or {})


def closed(run_id: int, state: Run.State, figures: Mapping[str, Any], note: str) -> None:
    """Close a run. May come twice."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        return
    run.state, run.note, run.ended_at = state, note[:300], run.ended_at or timezone.now()
    run.figures = {**run.figures, **figures}
    run.save(update_fields=["state", "note", "ended_at", "figures"])


def worth(run: Run) -> dict[str, int]:
    """What a run was worth until now: `{keys, hit, hits}`: keys that it filled, those that answered since, and how often."""
    rows = search.with_hits(WarmedKey.objects.filter(run=run))
    since = Q(hits_now__gt=F("hits_before"))
    found = rows.aggregate(
        keys=Count("pk"), hit=Count("pk", filter=since), hits=Sum(F("hits_now") - F("hits_before"), filter=since, default=0)
    )
    return {name: int(number or 0) for name, number in found.items()}
