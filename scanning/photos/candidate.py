"""A book that a spine may be, and what was decided of a spine. Values only."""

from dataclasses import dataclass, field
from typing import Any, Literal

Dto = dict[str, Any]
Decision = Literal["found", "maybe", "unreadable"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A work that a catalogue or a provider offers for a text. `key` names the work (two offers of one work share it)."""

    key: str
    title: str
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    series: str = ""
    language: str = ""  # ISO 639-1
    isbns: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    year: int | None = None
    payload: Any = field(default=None, compare=False, repr=False)  # what the caller needs to show it: {work, edition}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate against a spine: `score` 0..1 is how sure it is that this is the book, `reasons` say why in words."""

    candidate: Candidate
    score: float
    title_score: float
    author_score: float | None  # None where the spine has no text that could be the author
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of one spine: `winner` is None where it is unreadable; `others` are the next best, best first, at most three.

    `title` and `author` are what was read, told apart as well as can be, for a spine without a winner too.
    """

    decision: Decision
    title: str | None
    author: str | None
    winner: Weighed | None = None
    others: tuple[Weighed, ...] = ()
    members: tuple[int, ...] = ()  # places of the detections that are this one spine
