"""The daily budget of a provider, held against a ledger in the database: atomic, and it survives every restart. Fails closed.

Source: spec 05.
"""

from datetime import UTC, datetime, time, timedelta

import structlog
from django.db import DatabaseError
from django.db.models import F

from bookstrack.lib import clock
from search.models import ProviderDay

log = structlog.get_logger(__name__)


def reserve(provider: str, daily_budget: int, calls: int = 1, *, share: float = 1.0) -> bool:
    """Take so many calls out of today's budget, or none: False when they are not left, or the ledger cannot be asked.

    `share` (0..1) is the part of the budget that this kind of use may exhaust.
    """
    day = clock.now().date()
    bound = int(daily_budget * share) - calls
    try:
        if _take(provider, day, calls, bound):
            return True
        ProviderDay.objects.get_or_create(provider=provider, day=day)
        return _take(provider, day, calls, bound)
    except DatabaseError:
        log.exception("budget ledger away", provider=provider)
        return False


def _take(provider: str, day: object, calls: int, bound: int) -> bool:
    row = ProviderDay.objects.filter(provider=provider, day=day, used__lte=bound)
    return bound >= 0 and row.update(used=F("used") + calls) == 1


def used(provider: str) -> int:
    """Calls of today."""
    row = ProviderDay.objects.filter(provider=provider, day=clock.now().date()).first()
    return row.used if row else 0


def next_day_unix_s() -> float:
    """When the budget is whole again: the next midnight, UTC."""
    tomorrow = clock.now().date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC).timestamp()
