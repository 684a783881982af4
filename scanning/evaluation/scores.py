"""How good an import is: rows kept, fields right by layout, books found by kind of disturbance. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bookstrack.lib.evaluation import Table, wilson
from scanning.evaluation.copies import Copy, Group
from scanning.evaluation.labelled import FileRead, RowRead
from scanning.evaluation.verdicts import Verdict, edition_claimed_wrongly, fields_of, matched
from search.normalisers.text import dominant_script

FIELDS_KNOWN, FIELDS_OWN = 0.99, 0.95  # source: spec 08, "Accuracy", as all of these
LEAST = {Group.ISBN: 0.95, Group.WORDS: 0.90}
WRONG_AT_MOST = 0.005
FEW = 1_000  # below so many the interval is told
TOO_FEW = 20  # rows: a line of its own would say nothing
Judged = tuple[Copy, RowRead]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0

    def figures(self) -> dict[str, Any]:
        """Count, share and its 95 % interval."""
        low, high = wilson(self.count, self.of)
        return {"count": self.count, "of": self.of, "share": round(self.share, 4), "interval": [round(low, 4), round(high, 4)]}

    def __str__(self) -> str:
        if self.of >= FEW or not self.of:
            return f"{self.share:.1%}" if self.of else "–"
        low, high = wilson(self.count, self.of)
        return f"{self.share:.1%} ({100 * low:.1f}–{100 * high:.1f})"


@dataclass(frozen=True, slots=True)
class Fields:
    """Rows kept and fields right, of some files; `wrong` counts wrong ones by field."""

    rows: int
    kept: Share
    right: Share
    wrong: Counter[str]

    @classmethod
    def of(cls, files: Iterable[FileRead]) -> "Fields":
        """Count."""
        rows = [row for file in files for row in file.rows]
        told = [(member, right) for row in rows for member, right in fields_of(row.label, row.book)]
        wrong = Counter(member for member, right in told if not right)
        return cls(len(rows), Share(sum(row.kept for row in rows), len(rows)), Share(sum(right for _, right in told), len(told)), wrong)

    def figures(self) -> dict[str, Any]:
        """For machines."""
        return {"rows": self.rows, "kept": self.kept.figures(), "fieldsRight": self.right.figures(), "wrongByField": dict(self.wrong)}

    def line(self, name: str) -> tuple[str, ...]:
        """A line of the table."""
        worst = ", ".join(f"{member} {count}" for member, count in self.wrong.most_common(3))
        return name, f"{self.rows:,}", f"{self.kept.share:.1%}", f"{self.right.of:,}", str(self.right), worst


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found for some rows."""

    rows: int
    right: Share  # the book found; of a book that the catalogue has not: nothing found
    wrong: Share
    editions_wrong: int  # an edition claimed that is not the row's

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Matches":
        """Count."""
        verdicts = Counter(matched(copy, row.enrich) for copy, row in judged)
        right, wrong = (Share(verdicts[verdict], len(judged)) for verdict in (Verdict.RIGHT, Verdict.WRONG))
        return cls(len(judged), right, wrong, sum(edition_claimed_wrongly(copy, row.enrich) for copy, row in judged))

    def figures(self) -> dict[str, Any]:
        """For machines."""
        shares = {"right": self.right.figures(), "wrong": self.wrong.figures()}
        return {"rows": self.rows, **shares, "editionsClaimedWrongly": self.editions_wrong}

    def line(self, name: str) -> tuple[str, ...]:
        """A line of the table."""
        return name, f"{self.rows:,}", str(self.right), str(self.wrong)


def judged(files: Iterable[FileRead]) -> list[Judged]:
    """The rows of which it is known what they were made from."""
    return [(row.label.copy, row) for file in files for row in file.rows if row.label.copy]


def by(rows: Sequence[Judged], key: Callable[[Copy], str]) -> dict[str, Matches]:
    """Matches by something of the copy."""
    parts: dict[str, list[Judged]] = defaultdict(list)
    for copy, row in rows:
        parts[key(copy)].append((copy, row))
    return {name: Matches.of(part) for name, part in parts.items()}


def language_of(copy: Copy) -> str:
    """The language of the edition, or the script of its title where that is not known."""
    return copy.language or dominant_script(copy.title) or "no letters"


def fields_table(parts: dict[str, Fields]) -> Table:
    """Fields as a table."""
    header = ("export", "rows", "kept", "fields", "right", "most often wrong")
    return Table(header, tuple(part.line(name) for name, part in parts.items()))


def matches_table(first: str, parts: dict[str, Matches]) -> Table:
    """Matches as a table."""
    return Table((first, "rows", "right", "wrong"), tuple(part.line(name) for name, part in parts.items()))


def missed(files: Sequence[FileRead]) -> tuple[str, ...]:
    """The thresholds that are missed, in words."""
    reasons = [f"{file.file.name}: {file.problem}" for file in files if file.problem]
    reasons += [f"{file.file.name}: {file.surplus} rows that nobody wrote" for file in files if file.surplus]
    strange = [file for file in files if file.file.format not in ("", file.format) and not file.problem]
    reasons += [f"{file.file.name}: taken for {file.format}, it is {file.file.format}" for file in strange]
    rows = Fields.of(files)
    if rows.kept.count < rows.kept.of:
        reasons.append(f"{rows.kept.of - rows.kept.count} rows were lost")
    known = [file for file in files if file.file.format not in ("", "generic")]
    others = [file for file in files if file not in known]
    for what, part, least in (("known exports", known, FIELDS_KNOWN), ("other lists", others, FIELDS_OWN)):
        right = Fields.of(part).right
        if right.of and right.share < least:
            reasons.append(f"{what}: {right.share:.1%} of the fields are right, at least {least:.0%} are asked")
    return (*reasons, *_missed_matches(judged(files)))


def _missed_matches(rows: Sequence[Judged]) -> list[str]:
    reasons = []
    for group, least in LEAST.items():
        found = Matches.of([(copy, row) for copy, row in rows if copy.group is group])
        if found.rows and found.right.share < least:
            reasons.append(f"{group}: {found.right.share:.1%} are found, at least {least:.0%} are asked")
    every = Matches.of(rows)
    if every.wrong.share > WRONG_AT_MOST:
        reasons.append(f"{every.wrong.share:.2%} are matched to another book, at most {WRONG_AT_MOST:.1%} are allowed")
    if every.editions_wrong:
        reasons.append(f"{every.editions_wrong} editions are claimed that have another ISBN")
    return reasons
