"""Use-cases of the back office, for views, commands, the admin and schedules.

Raises, all of them: ApiError.
"""

from harvest.cache_filling.warming import plan_warming, scheduled_warming, start_warming, warm_here, worth
from harvest.cover_search.starting_harvest import HarvestPlan, harvest_here, isbns_of, plan_harvest, scheduled_harvest, start_harvest
from harvest.models import Run
from harvest.tidying.archive import archival_outlook, archive_here, scheduled_archival
from harvest.tidying.expiry import expire_here, expiry_outlook, scheduled_expiry

__all__ = [
    "HarvestPlan",
    "Run",
    "archival_outlook",
    "archive_here",
    "expire_here",
    "expiry_outlook",
    "harvest_here",
    "isbns_of",
    "plan_harvest",
    "plan_warming",
    "scheduled_archival",
    "scheduled_expiry",
    "scheduled_harvest",
    "scheduled_warming",
    "start_harvest",
    "start_warming",
    "warm_here",
    "worth",
]
