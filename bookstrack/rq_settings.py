"""RQ_QUEUES, by which django-rq's pages find the queues. Our own code reaches them by `jobs.queue` alone."""

from collections.abc import Iterator, Mapping
from typing import Any

NAMES = ("high", "default", "low", "photos")  # those of jobs.pipeline.Queue


class Queues(Mapping[str, dict[str, Any]]):
    """Every queue, on the server where our own door to Redis leads at this moment: it is asked anew each time."""

    def __getitem__(self, name: str) -> dict[str, Any]:
        from bookstrack.lib import redis  # not before the settings are there

        if name not in NAMES:
            raise KeyError(name)
        return {"URL": redis.url()}

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)
