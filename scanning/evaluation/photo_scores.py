"""How good a scan is, over photos: precision, recall, wrong matches, by set of engines and by photo. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bookstrack.lib.evaluation import Table
from scanning.evaluation.photo_verdicts import Fate, PhotoVerdict, Worth
from scanning.evaluation.scores import Share

PRECISION_LEAST = 0.95  # of found; source: issue 6, as the next
RECALL_LEAST = 0.80  # of found and maybe, on photos whose books' places are known: drawn ones
HEADER = (
    "photos", "books", "found right", "found wrong", "maybe", "unreadable", "missed", "precision of found", "recall of found",
    "recall with maybe", "wrong matches", "on no book", "s a photo",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """Of some photos. `nowhere` counts answers that stand on no book, None where no photo tells the places of its books."""

    photos: int
    fates: Counter[Fate]
    worths: Counter[Worth]
    nowhere: int | None
    median_s: float

    @classmethod
    def of(cls, verdicts: Iterable[PhotoVerdict]) -> "Score":
        """Count."""
        every = list(verdicts)
        nowhere = [each.nowhere for each in every if each.nowhere is not None]
        fates, worths = Counter(fate for each in every for fate in each.fates), Counter(worth for each in every for worth in each.worths)
        return cls(len(every), fates, worths, sum(nowhere) if nowhere else None, median([each.seconds for each in every] or [0.0]))

    @property
    def books(self) -> int:
        return sum(self.fates.values())

    @property
    def precision(self) -> Share:
        return Share(self.worths[Worth.RIGHT], self.worths[Worth.RIGHT] + self.worths[Worth.WRONG])

    @property
    def recall(self) -> Share:
        return Share(self.fates[Fate.FOUND], self.books)

    @property
    def recall_with_maybe(self) -> Share:
        return Share(self.fates[Fate.FOUND] + self.fates[Fate.MAYBE], self.books)

    @property
    def wrong_matches(self) -> Share:
        """Found and wrong, among all that was said of the photos."""
        return Share(self.worths[Worth.WRONG], sum(self.worths.values()))

    def figures(self) -> dict[str, Any]:
        """For machines."""
        return {
            "photos": self.photos,
            "books": self.books,
            "fates": {fate.value: self.fates[fate] for fate in Fate},
            "answers": {worth.value: self.worths[worth] for worth in Worth},
            "precision": self.precision.figures(),
            "recall": self.recall.figures(),
            "recallWithMaybe": self.recall_with_maybe.figures(),
            "wrongMatches": self.wrong_matches.figures(),
            "onNoBook": self.nowhere,
            "medianSeconds": round(self.median_s, 2),
        }

    def cells(self) -> tuple[str, ...]:
        """A line of the table, without its name."""
        fates, nowhere = self.fates, "–" if self.nowhere is None else f"{self.nowhere:,}"
        counts = (self.photos, self.books, fates[Fate.FOUND], self.worths[Worth.WRONG], fates[Fate.MAYBE], fates[Fate.UNREADABLE])
        missed = fates[Fate.MISSED] + fates[Fate.WRONG]
        shares = (self.precision, self.recall, self.recall_with_maybe, self.wrong_matches)
        return (*(f"{count:,}" for count in (*counts, missed)), *map(str, shares), nowhere, f"{self.median_s:.1f}")


def table(first: str, parts: Mapping[str, Iterable[PhotoVerdict]]) -> Table:
    """Scores as a table."""
    return Table((first, *HEADER), tuple((name, *Score.of(part).cells()) for name, part in parts.items()))


def missed(together: Sequence[PhotoVerdict]) -> tuple[str, ...]:
    """The thresholds that all engines together miss, in words."""
    reasons = [f"{each.photo}: {each.failed}" for each in together if each.failed]
    precision = Score.of(together).precision
    if precision.of and precision.share < PRECISION_LEAST:
        reasons.append(f"{precision.share:.1%} of the found books are right, at least {PRECISION_LEAST:.0%} are asked")
    drawn = Score.of(each for each in together if each.boxed)
    if drawn.books and drawn.recall_with_maybe.share < RECALL_LEAST:
        told = f"{drawn.recall_with_maybe.share:.1%} of the books are found or offered"
        reasons.append(f"{told}, at least {RECALL_LEAST:.0%} are asked")
    return tuple(reasons)
