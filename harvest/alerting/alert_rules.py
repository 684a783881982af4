"""When something is wrong: what was looked at, held against limits. Pure.

Each rule answers what it found for every subject that it can tell of. What it cannot tell (Redis away, nobody counted) is None: no word,
neither that something is wrong nor that it is over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MARGIN = 0.1  # of the limit: on this side of it nothing new is wrong, and nothing is over


class Side(StrEnum):
    """Where a value is."""

    BREACH = "breach"
    NEAR = "near"  # inside the limit, but not by the margin
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is wrong from where on; see docs/settings.md. Shares are 0..1."""

    hit_rate_min: float = 0.5
    hit_rate_least: int = 200  # look-ups, below which nothing is said
    error_rate_max: float = 0.02
    error_rate_least: int = 100  # requests
    p95_s_max: float = 3.0
    p99_s_max: float = 8.0
    latency_least: int = 50  # requests of a route
    budget_max: float = 0.9
    queue_depth_max: int = 500
    queue_age_s_max: float = 600.0
    dead_letters_max: int = 0
    disk_free_min: float = 0.1
    harvest_errors_max: float = 0.3
    harvest_least: int = 20  # books of a harvest


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was counted in the last hour."""

    requests: float
    errors: float  # of them answered 5xx
    lookups: float
    hits: float  # of them answered by a tier
    latency_s: dict[str, tuple[int, float, float]]  # route -> number, p95, p99


@dataclass(frozen=True, slots=True)
class ProviderNow:
    """A provider at this moment; `limit` is None where its day has no budget."""

    name: str
    circuit: str  # closed, half open, open
    used: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class HarvestRun:
    """The newest harvest that has ended."""

    failed: bool
    books: int
    errors: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was looked at. None: it could not be told."""

    traffic: Traffic | None = None
    providers: Sequence[ProviderNow] | None = None
    waiting: dict[str, int] | None = None  # tickets by queue
    oldest_s: dict[str, float] | None = None  # age of the oldest by queue
    dead_letters: int | None = None
    troubles: dict[str, str] | None = None  # workers, scheduler, or a queue that nobody takes from -> in words
    disk_free: float | None = None  # share (0..1) of the disk that the data folder is on
    storages: dict[str, bool] | None = None  # name -> whether an object was kept, read and deleted
    schedules: dict[str, str] | None = None  # name -> how it failed; "" where it did not
    harvest: HarvestRun | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A value held against a limit. `subject` is a provider, a queue, a route; empty where there is only one."""

    rule: str
    subject: str
    value: float  # in the rule's own unit
    threshold: float
    side: Side
    message: str  # for people, with value and limit
    low: bool = False  # the lower the worse

    def worse_than(self, value: float) -> bool:
        """Whether this is further on the wrong side than a value that was seen before."""
        return self.value < value if self.low else self.value > value


def found(seen: Seen, limits: Limits) -> dict[str, list[Found] | None]:
    """What each rule found, by its name; None where nothing can be told."""
    return {name: rule(seen, limits) for name, rule in RULES.items()}


# -- the rules
def _hit_rate(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.traffic is None:
        return None
    if seen.traffic.lookups < max(1, limits.hit_rate_least):
        return []
    rate = seen.traffic.hits / seen.traffic.lookups
    said = f"{_percent(rate)} of {seen.traffic.lookups:.0f} look-ups in the last hour were answered from the cache"
    return [_below("hit_rate", "", rate, limits.hit_rate_min, f"{said} (at least {_percent(limits.hit_rate_min)} should be)")]


def _error_rate(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.traffic is None:
        return None
    if seen.traffic.requests < max(1, limits.error_rate_least):
        return []
    rate = seen.traffic.errors / seen.traffic.requests
    said = f"{_percent(rate)} of {seen.traffic.requests:.0f} requests in the last hour were answered 5xx"
    return [_above("error_rate", "", rate, limits.error_rate_max, f"{said} (at most {_percent(limits.error_rate_max)} should be)")]


def _latency(rule: str, place: int, limit_of: Callable[[Limits], float]) -> Callable[[Seen, Limits], list[Found] | None]:
    def check(seen: Seen, limits: Limits) -> list[Found] | None:
        if seen.traffic is None:
            return None
        limit, measured = limit_of(limits), []
        for route, figures in seen.traffic.latency_s.items():
            if figures[0] >= max(1, limits.latency_least):
                said = f"{route}: {rule.removeprefix('latency_')} of the last hour is {figures[place]:.2f} s (at most {limit:g} s)"
                measured.append(_above(rule, route, figures[place], limit, said))
        return measured

    return check


def _circuit(seen: Seen, _limits: Limits) -> list[Found] | None:
    if seen.providers is None:
        return None
    sides = {"open": Side.BREACH, "half open": Side.NEAR}
    return [
        Found(
            "circuit", one.name, float(one.circuit != "closed"), 0.0, sides.get(one.circuit, Side.GOOD),
            f"{one.name} is not asked: its circuit is {one.circuit}",
        )
        for one in seen.providers
    ]  # fmt: skip


def _budget(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.providers is None:
        return None
    measured = []
    for one in seen.providers:
        if one.limit:
            share = one.used / one.limit
            said = f"{one.name} has used {_percent(share)} of its budget of the day: {one.used} of {one.limit}"
            measured.append(_above("budget", one.name, share, limits.budget_max, said))
    return measured


def _queue_depth(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.waiting is None:
        return None
    limit = limits.queue_depth_max
    return [
        _above("queue_depth", name, depth, limit, f"{depth} jobs wait in the queue {name} (at most {limit})")
        for name, depth in seen.waiting.items()
    ]


def _queue_age(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.oldest_s is None:
        return None
    limit = limits.queue_age_s_max
    return [
        _above("queue_age", name, age_s, limit, f"the oldest job in the queue {name} waits for {age_s:.0f} s (at most {limit:.0f} s)")
        for name, age_s in seen.oldest_s.items()
    ]


def _dead_letters(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.dead_letters is None:
        return None
    said = f"{seen.dead_letters} dead letters wait for somebody (at most {limits.dead_letters_max})"
    return [_above("dead_letters", "", seen.dead_letters, limits.dead_letters_max, said)]


def _processes(seen: Seen, _limits: Limits) -> list[Found] | None:
    if seen.troubles is None:
        return None
    return [_wrong("processes", subject, words) for subject, words in seen.troubles.items()]


def _disk(seen: Seen, limits: Limits) -> list[Found] | None:
    if seen.disk_free is None:
        return None
    said = f"{_percent(seen.disk_free)} of the data folder's disk is free (at least {_percent(limits.disk_free_min)} should be)"
    return [_below("disk", "", seen.disk_free, limits.disk_free_min, said)]


def _storage(seen: Seen, _limits: Limits) -> list[Found] | None:
    if seen.storages is None:
        return None
    return [_wrong("storage", name, f"the storage of {name} keeps nothing") for name, works in seen.storages.items() if not works]


def _schedule(seen: Seen, _limits: Limits) -> list[Found] | None:
    if seen.schedules is None:
        return None
    return [_wrong("schedule", name, f"the schedule {name} failed: {how}") for name, how in seen.schedules.items() if how]


def _harvest(seen: Seen, limits: Limits) -> list[Found] | None:
    run = seen.harvest
    if run is None:
        return None
    if run.failed:
        return [_wrong("harvest", "", "the last cover harvest failed")]
    if run.books < max(1, limits.harvest_least):
        return []
    share = run.errors / run.books
    said = f"{_percent(share)} of {run.books} books of the last cover harvest failed (at most {_percent(limits.harvest_errors_max)} should)"
    return [_above("harvest", "", share, limits.harvest_errors_max, said)]


RULES: dict[str, Callable[[Seen, Limits], list[Found] | None]] = {
    "hit_rate": _hit_rate,
    "error_rate": _error_rate,
    "latency_p95": _latency("latency_p95", 1, lambda limits: limits.p95_s_max),
    "latency_p99": _latency("latency_p99", 2, lambda limits: limits.p99_s_max),
    "circuit": _circuit,
    "budget": _budget,
    "queue_depth": _queue_depth,
    "queue_age": _queue_age,
    "dead_letters": _dead_letters,
    "processes": _processes,
    "disk": _disk,
    "storage": _storage,
    "schedule": _schedule,
    "harvest": _harvest,
}


# -- held against a limit
def _above(rule: str, subject: str, value: float, limit: float, message: str) -> Found:
    near = limit * (1 - MARGIN)
    side = Side.BREACH if value > limit else Side.NEAR if value > near else Side.GOOD
    return Found(rule, subject, value, limit, side, message)


def _below(rule: str, subject: str, value: float, limit: float, message: str) -> Found:
    """Of shares: the margin ends half way to the whole, which can be reached."""
    near = limit + min(limit * MARGIN, (1 - limit) / 2)
    side = Side.BREACH if value < limit else Side.NEAR if value < near else Side.GOOD
    return Found(rule, subject, value, limit, side, message, low=True)


def _wrong(rule: str, subject: str, message: str) -> Found:
    """What is so or is not."""
    return Found(rule, subject, 1.0, 0.0, Side.BREACH, message)


def _percent(share: float) -> str:
    """ "4.2 %", "31 %": never rounded to what would be the other side of a limit of whole percents."""
    percent = share * 100
    return f"{percent:.1f} %" if percent < 10 or percent > 90 else f"{percent:.0f} %"
