"""What the scheduler deletes every ten minutes, told and done to its end: for the back office's record of a night."""

from datetime import timedelta

from django.utils import timezone

from bookstrack.lib.db import in_db
from jobs import conf, upkeep
from jobs.models import Job
from jobs.pipeline import pipelines


def overdue() -> dict[str, int]:
    """What would be deleted, numbers: jobs with their results, events and uploads; ids that need not be taken any longer; what
    pipelines keep longer than their jobs."""
    gone = Job.objects.filter(purged_at__lt=timezone.now() - timedelta(seconds=conf.TOMBSTONE_S))
    kept = sum(pipeline.overdue() for pipeline in pipelines().values())
    return {"jobs": upkeep.over().count(), "jobIds": gone.count(), "uploads": kept}


async def purge() -> int:
    """Delete some hundred jobs whose time is over, with all that belongs to them; how many.

    Raises: redis.Away, DatabaseError.
    """
    return await upkeep.purge()


async def expire_uploads() -> int:
    """Delete some of what pipelines keep longer than their jobs, the photos of scans for one; how much."""
    return sum([await in_db(pipeline.expire) for pipeline in pipelines().values()])
