"""How much work waits and goes on, over all hosts, for operators. Part of the services."""

from dataclasses import dataclass, field

from django.db.models import Count
from django.utils import timezone

from jobs import queue
from jobs.models import DeadLetter, Job


@dataclass(frozen=True, slots=True)
class Load:
    """Jobs by state, dead letters; by queue the tickets that wait and the age of the oldest (0: none waits), and how many workers live.

    What the queues say is None while Redis is away.
    """

    jobs: dict[str, int]
    dead_letters: int
    waiting: dict[str, int] | None = None
    oldest_s: dict[str, float] = field(default_factory=dict)
    workers: int | None = None
    busy: int | None = None


def load() -> Load:
    """As it is now. In a thread that may use the database."""
    jobs: dict[str, int] = dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    letters = DeadLetter.objects.count()
    try:
        queues, workers = queue.states()
    except queue.Away:
        return Load(jobs, letters)
    now = timezone.now()
    return Load(
        jobs,
        letters,
        {one.name: one.depth for one in queues},
        {one.name: max(0.0, (now - one.oldest_at).total_seconds()) if one.oldest_at else 0.0 for one in queues},
        len(workers),
        sum(worker.job_id is not None for worker in workers),
    )
