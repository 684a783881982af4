"""`manage.py evaluate spines`: which book is a spine, on labelled texts of real spines against a list of titles held in memory."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bookstrack.lib.evaluation import Area, Findings, NothingToMeasure, Table
from scanning.evaluation.scores import Share
from scanning.evaluation.spine_labels import (
    BOOK,
    KINDS,
    NOT_HELD,
    BadSpineLabels,
    SpineLabel,
    is_book,
    listed,
    shelf_detections,
    shelves,
    spine_labels,
    stands_there,
)
from scanning.evaluation.spine_titles import Titles
from scanning.photos.candidate import Candidate, Judgement
from scanning.photos.shelf import decide
from scanning.photos.spine_text import spine_text

PRECISION = 0.97  # source: issue 6, "Must hold"
_DATA = Path("../shared/data")
TEXTS, TITLES = _DATA / "photos/llabres_spine_annotations.csv", _DATA / "catalogues/llabres_library_books.csv"
RIGHT, WRONG, THERE, NONE = "right", "wrong", "there after all", "none"


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled spine and what was decided of it; `offered` is whether its book was among the candidates."""

    label: SpineLabel
    offered: bool
    judgement: Judgement

    @property
    def verdict(self) -> str:
        """Of the book that was found."""
        winner, meant = self.judgement.winner, self.label.book
        if self.judgement.decision != "found" or winner is None:
            return NONE
        if meant is not None:
            return RIGHT if is_book(meant, winner.candidate) else WRONG
        return THERE if stands_there(self.label.text, winner.candidate) else WRONG

    @property
    def shown(self) -> bool:
        """Whether the right book is found, or among those that are offered."""
        weighed = [*([self.judgement.winner] if self.judgement.winner else []), *self.judgement.others]
        return self.label.book is not None and any(is_book(self.label.book, one.candidate) for one in weighed[:3])


class SpinesArea(Area):
    """The matching of spines."""

    name = "spines"
    help = "labelled texts of real spines, matched with a list of titles: nothing but the matching, no photo, no network"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--texts", type=Path, default=TEXTS, metavar="FILE", help="labelled spine texts, a CSV")
        parser.add_argument("--titles", type=Path, default=TITLES, metavar="FILE", help="the books that they may be, a CSV")
        parser.add_argument("--alone", action="store_true", help="decide each spine for itself, as if it stood on no shelf")
        parser.add_argument("--answers", type=Path, metavar="FILE", help="write every spine and what was found for it, a JSON line each")

    def run(self, options: dict[str, Any]) -> Findings:
        try:
            labels, books = spine_labels(options["texts"]), listed(options["titles"])
        except (OSError, BadSpineLabels) as error:
            raise NothingToMeasure(str(error)) from None
        if not labels or not books:
            raise NothingToMeasure("there are no labelled spines, or no titles")
        titles = Titles(books)
        judged = [each for shelf in shelves(labels) for each in _judged(shelf, titles, alone=options["alone"])]
        if file := options["answers"]:
            file.write_bytes(b"".join(orjson.dumps(_line(each)) + b"\n" for each in judged))
        return _findings(judged, len(books), alone=options["alone"])


def _judged(labels: list[SpineLabel], titles: Titles, *, alone: bool) -> list[Judged]:
    detections = shelf_detections(labels)
    offers = [titles.like(spine_text(detection)) for detection in detections]
    if alone:
        by_place = {at: decide([detection], [books])[0] for at, (detection, books) in enumerate(zip(detections, offers, strict=True))}
    else:
        by_place = {place: judgement for judgement in decide(detections, offers) for place in judgement.members}
    return [Judged(label, _is_offered(label, offers[place]), by_place[place]) for place, label in enumerate(labels)]


def _is_offered(label: SpineLabel, books: Sequence[Candidate]) -> bool:
    return label.book is not None and any(is_book(label.book, book) for book in books)


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of some spines. `precision` is of those whose label says which book it is, or that the list has it not."""

    spines: int
    offered: Share
    recall: Share
    shown: Share
    precision: Share
    as_labelled: Share  # the same of all spines, every book found for an unlabelled one being wrong
    there: int  # of these stand on the spine letter by letter

    @classmethod
    def of(cls, judged: Iterable[Judged]) -> "Measures":
        """Count."""
        every = list(judged)
        books = [each for each in every if each.label.kind == BOOK]
        verdicts = Counter(each.verdict for each in every)
        right = verdicts[RIGHT]
        sure = [each for each in every if each.label.kind in (BOOK, NOT_HELD) and each.verdict != NONE]
        return cls(
            len(every), Share(sum(each.offered for each in books), len(books)), Share(right, len(books)),
            Share(sum(each.shown for each in books), len(books)), Share(right, len(sure)),
            Share(right, len(every) - verdicts[NONE]), verdicts[THERE],
        )  # fmt: skip

    def figures(self) -> dict[str, Any]:
        """For machines."""
        shares = {"offered": self.offered, "recall": self.recall, "shown": self.shown, "precision": self.precision}
        told = {name: share.figures() for name, share in (shares | {"precisionAsLabelled": self.as_labelled}).items()}
        return {"spines": self.spines, **told, "thereAfterAll": self.there}

    def line(self, name: str) -> tuple[str, ...]:
        """A line of the table."""
        shares = (self.offered, self.recall, self.shown, self.precision, self.as_labelled)
        return (name, f"{self.spines:,}", *(f"{share.share:.1%}" if share.of else "–" for share in shares))


_HEADER = ("half", "spines", "book among candidates", "found", "found or offered", "precision", "precision, all as labelled")


def _findings(judged: list[Judged], titles: int, *, alone: bool) -> Findings:
    halves = {
        "tuned on": [each for each in judged if not each.label.held_out],
        "held out": [each for each in judged if each.label.held_out],
        "all": judged,
    }
    measures = {name: Measures.of(part) for name, part in halves.items()}
    by_kind = {kind: [each for each in judged if each.label.kind == kind] for kind in KINDS}
    counts = {kind: Counter(each.verdict for each in part) for kind, part in by_kind.items()}
    offered = {kind: sum(each.judgement.decision == "maybe" for each in part) for kind, part in by_kind.items()}
    verdicts = (RIGHT, WRONG, THERE, NONE)
    rows = tuple(
        (kind, f"{len(by_kind[kind]):,}", *(f"{counts[kind][each]:,}" for each in verdicts), f"{offered[kind]:,}") for kind in KINDS
    )
    precision = measures["held out"].precision if measures["held out"].precision.of else measures["all"].precision
    missed = (
        () if precision.share >= PRECISION else (f"{precision.share:.1%} of the books found are right, at least {PRECISION:.0%} are asked",)
    )
    how = "each spine by itself" if alone else "each shelf together"
    return Findings(
        f"{len(judged):,} spines against {titles:,} titles, {how}.",
        (
            Table(_HEADER, tuple(part.line(name) for name, part in measures.items())),
            Table(("label", "spines", "found, right", "found, wrong", "found, there after all", "none found", "of these offered"), rows),
        ),
        {"halves": {name: part.figures() for name, part in measures.items()}, "kinds": {kind: dict(counts[kind]) for kind in KINDS}},
        missed,
    )


def _line(each: Judged) -> dict[str, Any]:
    winner, meant = each.judgement.winner, each.label.book
    return {
        "image": each.label.image, "number": each.label.number, "text": each.label.text, "kind": each.label.kind,
        "meant": f"{meant.title} | {', '.join(meant.authors)}" if meant else "", "decision": each.judgement.decision,
        "best": f"{winner.candidate.title} | {', '.join(winner.candidate.authors)}" if winner else "", "verdict": each.verdict,
        "score": winner.score if winner else None, "reasons": winner.reasons if winner else (), "heldOut": each.label.held_out,
    }  # fmt: skip
