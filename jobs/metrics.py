"""Counters of the jobs app; those of sockets are in sockets.py."""

from collections.abc import Sequence

from bookstrack.lib.telemetry import Counter, Histogram

started = Counter("bookstrack_jobs_started_total", "Jobs that were put into a queue.", ["pipeline"])
ended = Counter("bookstrack_jobs_ended_total", "Jobs that ended, by how.", ["pipeline", "outcome"])
seconds = Histogram(
    "bookstrack_job_seconds", "From a job's first turn to its end.", ["pipeline"], buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
)
items = Counter("bookstrack_job_items_total", "Items that were handled.", ["pipeline", "outcome"])
event_lag_seconds = Histogram(
    "bookstrack_event_lag_seconds", "From an event's making to its reading from the log",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5),
)


def handled(pipeline: str, successes: Sequence[bool]) -> None:
    """Count items that were handled, by whether each was a success."""
    if good := sum(successes):
        items.labels(pipeline, "success").inc(good)
    if bad := len(successes) - sum(successes):
        items.labels(pipeline, "failure").inc(bad)
