"""How good answers are: shares by kind, group and language, with what chance leaves open. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from bookstrack.lib.evaluation import Table, wilson
from search.dto import Book, MatchLevel
from search.evaluation.labels import Group, Query

PAGE = 10
LEAST = {Group.TITLE: 0.98, Group.MISSPELT: 0.90}  # success at 10; source: spec 08 and the issue
WRONG_AT_MOST = 0.005  # of all queries; source: spec 08, "wrong-match rate"
TOO_FEW = 20  # queries: a row of its own would say nothing
FEW = 1_000  # below so many the interval is told


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a query. `place` is where the first right book stands, from 1; None where there is none in the first ten."""

    query: Query
    place: int | None
    sure: bool  # whether the first result claims to be more than a guess
    first: str  # "title | author" of the first result; empty where there is none
    level: str = ""

    @property
    def empty(self) -> bool:
        return not self.first

    @property
    def wrong(self) -> bool:
        """Another book that claims to be the one."""
        return self.sure and self.place != 1

    @property
    def right(self) -> bool:
        """Right at 1; of a book that the catalogue has not: nothing sure."""
        return not self.sure if self.query.group is Group.ABSENT else self.place == 1

    @property
    def found(self) -> bool:
        """Right among the first ten."""
        return not self.sure if self.query.group is Group.ABSENT else self.place is not None


def outcome(query: Query, books: Sequence[Book]) -> Outcome:
    """Score the books that a query brought, best first."""
    first = books[0] if books else None
    place = next((place for place, book in enumerate(books[:PAGE], 1) if query.accepts(book)), None)
    level = first.match.level if first and first.match else None
    shown = f"{first.title} | {first.authors[0].name if first.authors else ''}" if first else ""
    return Outcome(query, place, level is not None and level is not MatchLevel.GUESS, shown, level or "")


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of some queries."""

    queries: int
    at_1: int
    at_10: int
    wrong: int
    empty: int

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Score":
        """Count."""
        every = list(outcomes)
        counts = (sum(each.right for each in every), sum(each.found for each in every), sum(each.wrong for each in every))
        return cls(len(every), *counts, sum(each.empty for each in every))

    def figures(self) -> dict[str, Any]:
        """Counts, shares, and the 95 % interval of each share."""
        shares = {"successAt1": self.at_1, "successAt10": self.at_10, "wrongAt1": self.wrong, "empty": self.empty}
        told: dict[str, Any] = {"queries": self.queries}
        for name, count in shares.items():
            low, high = wilson(count, self.queries)
            told[name] = {"count": count, "share": round(count / self.queries, 4), "interval": [round(low, 4), round(high, 4)]}
        return told

    def row(self, name: str) -> tuple[str, ...]:
        """A row of the table."""
        return (name, f"{self.queries:,}", *(_share(count, self.queries) for count in (self.at_1, self.at_10, self.wrong, self.empty)))


def _share(count: int, of: int) -> str:
    if of >= FEW:
        return f"{count / of:.1%}"
    low, high = wilson(count, of)
    return f"{count / of:.1%} ({100 * low:.1f}–{100 * high:.1f})"


HEADER = ("queries", "success at 1", "success at 10", "wrong at 1", "empty")


def by(outcomes: Sequence[Outcome], key: Callable[[Query], str]) -> dict[str, Score]:
    """Scores by something of the query, in the order of first appearance."""
    parts: dict[str, list[Outcome]] = {}
    for each in outcomes:
        parts.setdefault(key(each.query), []).append(each)
    return {name: Score.of(part) for name, part in parts.items()}


def table(first: str, scores: dict[str, Score]) -> Table:
    """The scores as a table."""
    return Table((first, *HEADER), tuple(score.row(name) for name, score in scores.items()))


def gathered(scores: dict[str, Score]) -> dict[str, Score]:
    """The same with those of few queries as one row."""
    few = {name: score for name, score in scores.items() if score.queries < TOO_FEW}
    if len(few) < 2:
        return scores
    sums = (sum(counts) for counts in zip(*(astuple(score) for score in few.values()), strict=True))
    return {name: score for name, score in scores.items() if name not in few} | {f"{len(few)} others": Score(*sums)}


def missed(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The thresholds that are missed, in words."""
    reasons = []
    for group, score in by(outcomes, lambda query: query.group.value).items():
        least = LEAST.get(Group(group))
        if least is not None and score.at_10 < least * score.queries:
            reasons.append(f"{group}: success at 10 is {score.at_10 / score.queries:.1%}, at least {least:.0%} is asked")
    every = Score.of(outcomes)
    if every.wrong > WRONG_AT_MOST * every.queries:
        reasons.append(f"wrong at 1 is {every.wrong / every.queries:.2%}, at most {WRONG_AT_MOST:.1%} is allowed")
    return tuple(reasons)
