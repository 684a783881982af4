"""One book's cover: the sources in their order until a good picture is kept. What came of it is a verdict."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookstrack.lib import foreign
from bookstrack.lib.db import in_db
from harvest import conf
from harvest.counting import metrics
from harvest.cover_search import laid_aside
from harvest.cover_search.asking import USED_UP, Asking
from harvest.cover_search.fetching import NotFetched, fetched
from harvest.cover_store import covers
from harvest.models import Cover, CoverVerdict, Run

FOUND, SKIPPED, NONE, ERROR = (outcome.value for outcome in CoverVerdict.Outcome)
NO_SOURCE = "no source of covers is on"
NO_COVER = "no source has a cover"
REASON_CHARS = 200
_FIELDS = ("outcome", "reason", "source", "score", "stored_bytes", "original_bytes")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a harvest did about a book. `score` (0..1) and the bytes are of the picture that was kept, or was not better."""

    outcome: str
    reason: str = ""
    source: str = ""
    score: float | None = None
    stored_bytes: int = 0
    original_bytes: int = 0

    @property
    def for_another_day(self) -> bool:
        """Whether it was left because a source's calls of the day are used up."""
        return self.outcome == ERROR and self.reason.startswith(USED_UP)


class Harvest:
    """The work of one run. `pictures` are fetches by source."""

    def __init__(self, run_id: int, isbns: Sequence[str]) -> None:
        self.asking = Asking(run_id, isbns, share=conf.harvest_budget_share())
        self.pictures: Counter[str] = Counter()
        self._run_id = run_id

    async def cover_of(self, isbn: str) -> Verdict:
        """See to one book's cover, and write down what came of it. Raises: StorageAway."""
        verdict = await self._sought(isbn)
        self.asking.done(isbn)
        await in_db(_write, self._run_id, {isbn: verdict})
        await laid_aside.drop(isbn)
        return verdict

    async def _sought(self, isbn: str) -> Verdict:
        if not self.asking.sources:
            return Verdict(ERROR, NO_SOURCE)
        best: Verdict | None = None
        troubles: list[Verdict] = []
        for source in self.asking.sources:
            if best is not None and (best.score or 0.0) >= self._enough_for(source):
                continue
            word = await self.asking.word(source, isbn)
            if word.trouble:
                troubles.append(Verdict(ERROR, word.trouble, source))
                continue
            looked_at = await self._looked_at(isbn, source, word.urls, troubles)
            if looked_at is not None and (best is None or looked_at.outcome == FOUND):
                best = looked_at
        if best is not None:
            return best
        if troubles:  # what did not answer today may have it
            return next((trouble for trouble in troubles if trouble.for_another_day), troubles[0])
        await covers.note_none(isbn)
        return Verdict(NONE, NO_COVER)

    def _enough_for(self, source: str) -> float:
        """The score of a cover from which a source is not asked for a better one."""
        return conf.FAIR_SCORE if self.asking.takes_one(source) else conf.GOOD_SCORE

    async def _looked_at(self, isbn: str, source: str, urls: Iterable[str], troubles: list[Verdict]) -> Verdict | None:
        """The first of a source's pictures that is a cover; None where none is."""
        for url in urls:
            try:
                picture = await self._picture(isbn, source, url)
            except foreign.Absent:
                await self.asking.is_none(source, isbn, url)
                continue
            except NotFetched as error:
                troubles.append(Verdict(ERROR, str(error), source))
                continue
            considered = await covers.consider(isbn, source, url, picture)
            if considered.outcome == "refused":
                await self.asking.is_none(source, isbn, url)
                continue
            kept = considered.outcome == "kept"
            return Verdict(
                FOUND if kept else SKIPPED,
                (considered.reason or ("" if kept else "not better than what is kept"))[:REASON_CHARS],
                source,
                considered.score,
                considered.stored_bytes if kept else 0,
                considered.original_bytes if kept else 0,
            )
        return None

    async def _picture(self, isbn: str, source: str, url: str) -> bytes:
        """What is there, or an earlier turn left. Raises: foreign.Absent, NotFetched."""
        left = await laid_aside.find(isbn, url)
        if left is not None:
            return left
        self.pictures[source] += 1
        body = (await fetched(source, url)).body
        await laid_aside.lay(isbn, url, body)
        return body


async def verdicts_so_far(run_id: int, began_at: datetime, isbns: Sequence[str]) -> dict[str, Verdict]:
    """What is known of a run's books before any is sought: by earlier turns at it, and of those that are left out."""
    known = await in_db(_verdicts_of, run_id)
    rest = [isbn for isbn in isbns if isbn not in known]
    due = set(await covers.due(rest))
    left_out = await in_db(_left_out, [isbn for isbn in rest if isbn not in due], began_at)
    await in_db(_write, run_id, left_out)
    return known | left_out


def figures_of(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    """`{found, skipped, none, errors: {reason: number}, bytes, originalBytes, savings}`; savings are of the pictures as they came."""
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    stored = original = 0
    for verdict in verdicts:
        counts[verdict.outcome] += 1
        if verdict.outcome == ERROR:
            errors[verdict.reason] += 1
        stored, original = stored + verdict.stored_bytes, original + verdict.original_bytes
    numbers = {name: counts[name] for name in (FOUND, SKIPPED, NONE)}
    return {**numbers, "errors": dict(errors), "bytes": stored, "originalBytes": original, "savings": original - stored}


def figures_of_run(run_id: int) -> dict[str, Any]:
    """The same by the rows of a run."""
    return figures_of(_verdicts_of(run_id).values())


def _verdicts_of(run_id: int) -> dict[str, Verdict]:
    rows = CoverVerdict.objects.filter(run_id=run_id).values_list("isbn", *_FIELDS)
    return {isbn: Verdict(*facts) for isbn, *facts in rows}


def _left_out(isbns: Sequence[str], began_at: datetime) -> dict[str, Verdict]:
    """Why books are not due. What this run itself did, and was killed before it wrote it down, counts as done by it."""
    found: dict[str, Verdict] = {}
    rows = {row.pk: row for start in range(0, len(isbns), 500) for row in Cover.objects.filter(pk__in=isbns[start : start + 500])}
    for isbn in isbns:
        row = rows.get(isbn)
        ours = row is not None and row.checked_at >= began_at
        if row is None:
            found[isbn] = Verdict(SKIPPED, "not due")
        elif row.state == Cover.State.KEPT:
            facts = (row.source, row.score, row.stored_bytes, row.original_bytes)
            found[isbn] = Verdict(FOUND, "", *facts) if ours else Verdict(SKIPPED, "there already", row.source, row.score)
        elif row.state == Cover.State.NONE:
            found[isbn] = Verdict(NONE, NO_COVER) if ours else Verdict(SKIPPED, "known to have none")
        else:
            found[isbn] = Verdict(SKIPPED, "refused by staff")
    return found


def _write(run_id: int, verdicts: dict[str, Verdict]) -> None:
    rows = [
        CoverVerdict(run_id=run_id, isbn=isbn, **{name: getattr(verdict, name) for name in _FIELDS})
        for isbn, verdict in verdicts.items()
    ]
    CoverVerdict.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["run", "isbn"], update_fields=[*_FIELDS, "at"], batch_size=500
    )
    for verdict in verdicts.values():
        metrics.judged(verdict.source, verdict.outcome, verdict.original_bytes, verdict.stored_bytes)


def run_of(run_id: int) -> Run | None:
    """The record of a harvest."""
    return Run.objects.filter(pk=run_id, kind=Run.Kind.HARVEST).first()
