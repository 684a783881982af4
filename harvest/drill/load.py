"""What a drill asks, in which order: planned from a seed, so that it can be repeated. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from harvest.drill.library import EVERYBODYS, NOBODYS, PER_AUTHOR, SHELF, book

LEAST = 20  # requests: fewer cannot hold some of everything


class Kind(StrEnum):
    """What is asked for."""

    ISBN = "isbn"
    TITLE = "title"
    AUTHOR = "author"
    COVER = "cover"
    BATCH = "batch"  # an item of an enrichment


class Group(StrEnum):
    """What the service can know of it beforehand."""

    KEPT = "kept"  # asked before the faults: warm, or expired by now
    COLD = "cold"
    UNKNOWN = "unknown"  # a book of which nobody has heard


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. `times` is how often it is asked, once after the other: the second shows what was kept of the first."""

    kind: Kind
    number: int  # of the book
    group: Group
    times: int = 1


@dataclass(frozen=True, slots=True)
class Shares:
    """How the requests are spread; together 1."""

    kept_isbn: float = 0.32
    kept_words: float = 0.14
    cold_isbn: float = 0.26  # half of it asked twice
    cold_title: float = 0.10
    cold_author: float = 0.05
    unknown: float = 0.07
    covers: float = 0.06


@dataclass(frozen=True, slots=True)
class Plan:
    """A drill's questions: those asked before the faults, those asked while there are faults, and the books of one enrichment."""

    warm: tuple[Ask, ...]
    faulty: tuple[Ask, ...]
    batch: tuple[Ask, ...]
    probes: tuple[Ask, ...]  # never asked before: they show when the service has recovered

    @property
    def requests(self) -> int:
        """How many searches and pictures are asked for while there are faults."""
        return sum(ask.times for ask in self.faulty)

    def again(self) -> tuple[Ask, ...]:
        """All that was asked while there were faults, each once: it must be right when they are over."""
        return tuple(dict.fromkeys(Ask(ask.kind, ask.number, ask.group) for ask in self.faulty))


def planned(seed: int, requests: int, *, shares: Shares | None = None, probes: int = 200) -> Plan:
    """The plan of a drill with so many requests. Every book is asked for in one way only, and no two are of one author."""
    dice, parts = random.Random(seed), shares or Shares()
    places = iter(dice.sample(range(SHELF // PER_AUTHOR), min(SHELF // PER_AUTHOR, 4 * requests + probes + 100)))

    def asks(kind: Kind, group: Group, share: float, *, shelf: int | None = None, times: int = 1, fitting: bool = False) -> list[Ask]:
        numbers = _numbers(dice, places, shelf=shelf, pictured=fitting)
        return [Ask(kind, next(numbers), group, times) for _ in range(_some(requests, share))]

    kept_isbns = asks(Kind.ISBN, Group.KEPT, parts.kept_isbn / 3)
    kept_words = [*asks(Kind.TITLE, Group.KEPT, parts.kept_words / 4), *asks(Kind.AUTHOR, Group.KEPT, parts.kept_words / 8)]
    kept_covers = asks(Kind.COVER, Group.KEPT, parts.covers / 4, fitting=True)
    drawn = ((kept_isbns, parts.kept_isbn), (kept_words, parts.kept_words), (kept_covers, parts.covers / 2))
    faulty = [dice.choice(those) for those, share in drawn for _ in range(_some(requests, share))]
    faulty += asks(Kind.ISBN, Group.COLD, parts.cold_isbn / 4, times=2) + asks(Kind.TITLE, Group.COLD, parts.cold_title)
    faulty += asks(Kind.AUTHOR, Group.COLD, parts.cold_author) + asks(Kind.COVER, Group.COLD, parts.covers / 2)
    faulty += asks(Kind.ISBN, Group.UNKNOWN, parts.unknown, shelf=NOBODYS)
    numbers = _numbers(dice, places)
    faulty += [Ask(Kind.ISBN, next(numbers), Group.COLD) for _ in range(requests - sum(ask.times for ask in faulty))]
    dice.shuffle(faulty)
    batch = asks(Kind.BATCH, Group.COLD, 0.10) + asks(Kind.BATCH, Group.UNKNOWN, 0.01, shelf=NOBODYS)
    certain = _numbers(dice, places, shelf=EVERYBODYS)
    return Plan(
        warm=(*kept_words, *kept_isbns, *kept_covers),
        faulty=tuple(_cut(faulty, requests)),
        batch=tuple(batch),
        probes=tuple(Ask(Kind.ISBN, next(certain), Group.COLD) for _ in range(probes)),
    )


def _numbers(dice: random.Random, places: Iterator[int], *, shelf: int | None = None, pictured: bool = False) -> Iterator[int]:
    """Numbers of books, each of another author; without a shelf most are everybody's, and some one catalogue's alone."""
    while True:
        own = shelf if shelf is not None else EVERYBODYS if dice.random() < 0.64 else dice.randrange(EVERYBODYS + 1, NOBODYS)
        number = own * SHELF + next(places) * PER_AUTHOR + dice.randrange(PER_AUTHOR)
        if book(number).pictured or not pictured:
            yield number


def _some(requests: int, share: float) -> int:
    return max(1, round(requests * share))


def _cut(asks: list[Ask], requests: int) -> Iterator[Ask]:
    """So many of them that the requests are just as many as wanted."""
    left = requests
    for ask in asks:
        times = min(ask.times, left)
        if times:
            left -= times
            yield replace(ask, times=times)
