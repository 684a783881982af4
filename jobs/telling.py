"""What a turn tells while the items are worked on: how many are done, and how far those in hand are."""

from jobs.checkpoints import Done
from jobs.pipeline import Item, Pipeline
from jobs.progress import ProgressReporter

SHORT_OF_WHOLE = 0.999  # whole is only the end


class Telling:
    """The items' share of the progress, which is that of the last stage."""

    def __init__(self, pipeline: Pipeline, reporter: ProgressReporter, done: Done, total: int) -> None:
        self._pipeline, self._reporter, self._finished, self._total = pipeline, reporter, done, total
        self._parts: dict[int, float] = {}  # of items in hand: by index, 0..1

    def done(self, item: Item | None) -> None:
        """One more is done; None: how it stands at the beginning."""
        if item is not None:
            self._parts.pop(item.index, None)
        self._tell(self._pipeline.stages[-1].name, item.label if item else "")

    def part(self, item: Item, share: float, status: str, label: str) -> None:
        """So much of an item in hand is done."""
        self._parts[item.index] = share
        self._tell(status, label)

    def _tell(self, status: str, label: str) -> None:
        count, weight = len(self._finished.indexes), self._pipeline.stages[-1].weight
        share = (count + sum(self._parts.values())) / self._total if self._total else 1.0
        progress = 1.0 - weight + weight * min(1.0, share) * SHORT_OF_WHOLE
        self._reporter.advance(count, progress, status=status, item=label, **self._pipeline.told())
