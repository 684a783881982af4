"""The contract of a pipeline: what it makes of an input, item by item. State, progress, retries, cancelling and checkpoints are the
runner's.

Adding one is one file in a package that PIPELINE_PACKAGES names, and its test.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from django.conf import settings

from bookstrack.lib.registry import implementations


class Queue(StrEnum):
    """Which jobs are taken first, and by whom."""

    HIGH = "high"
    DEFAULT = "default"
    LOW = "low"
    PHOTOS = "photos"  # by workers of its own: reading a photo takes a gigabyte, and both cores for seconds


COMMON = (Queue.HIGH, Queue.DEFAULT, Queue.LOW)  # what a worker takes that is told nothing else, in this order


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do. `index` is its place in the input from 0 and names it over all attempts; `label` is shown as currentItem."""

    index: int
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item: `body` is the JSON that clients read, rendered once."""

    index: int
    success: bool
    status: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """An item's result as it is read again."""

    success: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a job is: items."""

    processed: int
    succeeded: int
    total: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended. `error` is what its clients are told, {code, message, …}; `summary` what the pipeline added to the job's."""

    state: str  # completed, failed, canceled
    counts: Counts
    summary: dict[str, Any]
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the work with its share of the progress; the shares of all stages are 1 together."""

    name: str  # shown as status
    weight: float


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """How often progress reaches the database: after so many progress messages, or so many seconds. It is also what a killed worker
    may have to do again."""

    updates: int = 20
    seconds: float = 30.0


class Park(Exception):
    """Nothing more can be done before `until` (unix seconds): the job waits and costs no worker."""

    def __init__(self, until: float, reason: str) -> None:
        super().__init__(reason)
        self.until, self.reason = until, reason


class JobFailed(Exception):
    """The job cannot succeed; code and message are for clients, and so is `retryable`: that starting it once more may help.

    `again`: by itself it is tried again after a pause, as after an unexpected error, and becomes a dead letter when that did not help.
    """

    def __init__(
        self, code: str, message: str, details: dict[str, Any] | None = None, *, retryable: bool = False, again: bool = False
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.details, self.retryable, self.again = code, message, details or {}, retryable, again


Tell = Callable[[int, float], None]  # how much of which stage is done: its place, 0..1
TellPart = Callable[[Item, float, str, str], None]  # how much of an item in hand is done, 0..1; status; what is shown as currentItem


@dataclass(frozen=True, slots=True)
class Arranged:
    """A page of results: the members of `data` that are the pipeline's own, each rendered JSON; how many things are on the page, of
    how many."""

    members: dict[str, bytes]
    count: int
    total: int


class Pipeline(ABC):
    """One run of a kind of job. `payload` is what `services.start` was given, decoded JSON."""

    name: ClassVar[str]  # as in messages: "batch_enrichment"
    label: ClassVar[str]  # for people
    queue: ClassVar[Queue] = Queue.DEFAULT
    collection: ClassVar[str] = "items"  # the member of the result that holds the items
    stages: ClassVar[tuple[Stage, ...]] = (Stage("working", 1.0),)  # items are the last one; `prepare` does those before it
    concurrency: int = 10  # items in hand at once; it may depend on the input, and so may the next
    at_once: int = 1  # items that a hand takes together: more where each is a matter of microseconds
    item_timeout_s: ClassVar[float] = 300.0
    writes: ClassVar[WritePolicy] = WritePolicy()
    options: ClassVar[tuple[str, ...]] = ()  # query parameters that its results take
    read_whole: ClassVar[bool] = False  # its few items are larger things than those that clients page through: see `page_of`

    def __init__(self, payload: Any) -> None:
        self.payload = payload
        self.tell_part: TellPart = _untold  # the runner's, once it works on the items

    def restored(self, done: Mapping[int, Done]) -> None:
        """Take up what earlier attempts have done, by index; called before the items are worked on, where it is `read_whole`."""
        return

    def told(self) -> dict[str, Any]:
        """Members that every progress message has beside the usual ones; small."""
        return {}

    async def prepare(self, tell: Tell) -> None:
        """Do what comes before the items. After a crash it is done again.

        Raises: Park, JobFailed.
        """
        return

    @abstractmethod
    def items(self) -> Sequence[Item]:
        """Everything to do, in the order of the input; the same at every attempt.

        Raises: JobFailed when the input cannot be used.
        """

    @abstractmethod
    async def handle(self, item: Item) -> Result:
        """Do one item; it may be done again after a crash, so its effects are idempotent.

        Raises: Park, JobFailed. Anything else is this item's failure alone.
        """

    async def handle_all(self, items: Sequence[Item]) -> list[Result]:
        """Do `at_once` items together; where it fails, they are done one by one. Raises: Park, JobFailed."""
        return [await self.handle(item) for item in items]

    @abstractmethod
    def failed(self, item: Item, code: str, message: str) -> Result:
        """The result of an item that could not be handled."""

    def salvaged(self) -> Sequence[Result]:
        """What is worth keeping of items in hand when the owner ends the job: as their results. Called after they were dropped."""
        return ()

    def estimated_s(self, total: int) -> float:
        """A first guess of the duration in seconds."""
        return max(1.0, total * 0.05)

    def summary(self) -> dict[str, Any]:
        """Members that this run adds to the job's summary; also asked for after `prepare`, so that first results have them."""
        return {}

    async def close(self) -> None:
        """Release what the run held."""
        return

    @classmethod
    def arranged(cls, done: Sequence[Done], summary: dict[str, Any], counts: Counts) -> dict[str, bytes]:
        """A page of results as the members of `data` that are this pipeline's own, each rendered JSON."""
        return {cls.collection: b"[" + b",".join(one.body for one in done) + b"]"}

    @classmethod
    def page_of(cls, done: Sequence[Done], summary: dict[str, Any], counts: Counts, *, limit: int, offset: int) -> Arranged:
        """A page of the results of a pipeline that is `read_whole`; `done` are all of its items."""
        page = done[offset : offset + limit]
        return Arranged(cls.arranged(page, summary, counts), len(page), len(done))

    @classmethod
    def canceled(cls, job_id: str) -> None:
        """Delete what a job's owner no longer wants to be kept. May come twice; what it finds gone is gone."""
        return

    @classmethod
    def ended(cls, payload: Any, how: Ended) -> None:
        """Write down how a job ended, where the pipeline keeps records of its own. May come twice, and after a retry again."""
        return

    @classmethod
    def expire(cls) -> int:
        """Delete what outlives its job and has its own time; how much that was. The scheduler asks again and again."""
        return 0

    @classmethod
    def overdue(cls) -> int:
        """How much `expire` would delete, asked again and again."""
        return 0

    @classmethod
    def forget(cls, payload: Any) -> None:
        """Delete what belongs to a job beside its rows, a file for one: its data has expired. It may be gone already."""
        return

    @classmethod
    async def shown(cls, bodies: Sequence[bytes], options: Mapping[str, str]) -> Sequence[bytes]:
        """Bodies of items as clients get them now: what became known after they were kept may be added.

        Raises: InvalidQuery for an option that is none.
        """
        return bodies


def _untold(_item: Item, _share: float, _status: str, _label: str) -> None:
    """Where nobody listens."""


@cache
def pipelines() -> dict[str, type[Pipeline]]:
    """Every pipeline by name."""
    found = [cls for package in settings.PIPELINE_PACKAGES for cls in implementations(package, Pipeline)]  # type: ignore[type-abstract]
    return {cls.name: cls for cls in found}
