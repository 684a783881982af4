"""The daily budget of a provider, held against a ledger in the database: atomic, lasting, and it fails closed.

Source: spec 05.
"""

from datetime import UTC, date, datetime, time, timedelta

import structlog
from django.db import Error
from django.db.models import F
from django.db.models.functions import Greatest

from bookstrack.lib import clock
from search.models import ProviderDay

log = structlog.get_logger(__name__)


def reserve(provider: str, daily_budget: int, calls: int = 1, *, share: float = 1.0) -> bool:
    """Take so many calls out of today's budget, or none: False when they are not left, or the ledger cannot be asked.

    `share` (0..1) is the part of the budget that this kind of use may exhaust.
    """
    day = clock.now().date()
    at_most = int(daily_budget * share) - calls
    if at_most < 0:
        return False
    try:
        if _take(provider, day, calls, at_most):
            return True
        ProviderDay.objects.get_or_create(provider=provider, day=day)  # the first call of the day
        return _take(provider, day, calls, at_most)
    except Error as error:
        log.warning("the ledger of budgets cannot be asked", provider=provider, error=type(error).__name__)
        return False


def _take(provider: str, day: date, calls: int, at_most: int) -> bool:
    row = ProviderDay.objects.filter(provider=provider, day=day, used__lte=at_most)
    return row.update(used=F("used") + calls) == 1


def give_back(provider: str, calls: int) -> None:
    """Put back what was taken and not used; lost when the database is away, which errs on the safe side. Negative: it was more."""
    try:
        row = ProviderDay.objects.filter(provider=provider, day=clock.now().date())
        row.update(used=Greatest(F("used") - calls, 0))
    except Error as error:
        log.warning("what was not used is not in the ledger", provider=provider, error=type(error).__name__)


def note_failure(provider: str) -> None:
    """Count a call that failed, beside what was used; lost when the database is away."""
    try:
        ProviderDay.objects.filter(provider=provider, day=clock.now().date()).update(failed=F("failed") + 1)
    except Error as error:
        log.warning("a failed call is not in the ledger", provider=provider, error=type(error).__name__)


def used(provider: str) -> int:
    """Calls of today."""
    row = ProviderDay.objects.filter(provider=provider, day=clock.now().date()).first()
    return row.used if row else 0


def left(provider: str, daily_budget: int) -> int:
    """Calls that today's budget still has."""
    return max(0, daily_budget - used(provider))


def next_day_unix_s() -> float:
    """When the budget is whole again: the next midnight, UTC."""
    tomorrow = clock.now().date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC).timestamp()
