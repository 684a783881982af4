"""What is over, by kind: how much that is, and deleting some hundred of it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from bookstrack.lib.db import in_db
from harvest import conf
from harvest.models import Alert, CoverVerdict, Run
from harvest.proxy import proxied_rows
from jobs import services as jobs
from search import services as search

AT_ONCE = 500


def _ended_runs(before: datetime) -> QuerySet[Any]:
    return Run.objects.filter(began_at__lt=before).exclude(state=Run.State.RUNNING)


_ROWS: dict[str, tuple[Callable[[datetime], QuerySet[Any]], int]] = {  # which are over at a moment, days before now
    "verdicts": (lambda before: CoverVerdict.objects.filter(at__lt=before), conf.RUNS_KEPT_DAYS),
    "runs": (_ended_runs, conf.RUNS_KEPT_DAYS),
    "alerts": (lambda before: Alert.objects.filter(ended_at__lt=before), conf.ALERTS_KEPT_DAYS),
}


async def _pictures() -> int:
    return await proxied_rows.expire_proxied(conf.PICTURES_KEPT_DAYS)


_STEPS: dict[str, Callable[[], Awaitable[int]]] = {
    "entries": lambda: search.delete_overdue("entries"),
    "coldEntries": lambda: search.delete_overdue("coldEntries"),
    "leftFiles": lambda: search.delete_overdue("leftFiles"),
    "pictures": _pictures,
    "uploads": jobs.expire_uploads,
    "jobs": jobs.purge,
    **{kind: (lambda kind=kind: in_db(_delete_rows, kind)) for kind in _ROWS},  # type: ignore[misc]
}
KINDS = tuple(_STEPS)


async def delete_some(kind: str) -> int:
    """Delete some hundred things of a kind whose time is over; how many, 0 when none is left.

    Raises: StorageAway, redis.Away, DatabaseError.
    """
    return await _STEPS[kind]()


async def overdue() -> dict[str, int]:
    """What is over, numbers by kind. Nothing is changed."""
    found = await search.overdue_entries() | {"pictures": await proxied_rows.expire_proxied(conf.PICTURES_KEPT_DAYS, dry_run=True)}
    return found | await in_db(_overdue)


def _overdue() -> dict[str, int]:
    own = {kind: _over(kind).count() for kind in _ROWS}
    theirs = jobs.overdue()
    return {"uploads": theirs["uploads"], "jobs": theirs["jobs"]} | own


def _over(kind: str) -> QuerySet[Any]:
    rows, days = _ROWS[kind]
    return rows(timezone.now() - timedelta(days=days))


def _delete_rows(kind: str) -> int:
    keys = list(_over(kind).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    _over(kind).filter(pk__in=keys).delete()
    return len(keys)
