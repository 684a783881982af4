"""Labelled exports made from the works of a catalogue. Pure; the same for one seed."""

import csv
import io
import random
from dataclasses import replace

from scanning.evaluation.copies import Copy, Group, copy_of
from scanning.evaluation.disturbances import KINDS
from scanning.evaluation.labelled import LabelledFile, RowLabel
from scanning.evaluation.layouts import Goodreads, Layout, LibraryThing, OwnList, StoryGraph
from scanning.evaluation.shelf import Shelf
from scanning.evaluation.tongues import TONGUES
from search.evaluation.held import HeldEdition, HeldWork

TRIES = 400  # works looked at for one row: some kinds fit few
ROWS_A_FILE = 50
PLAIN_SHARE = 4  # "title and author" and "ISBN-13" are as frequent as so many of the others
NO_BOOK = "no book"
NO_BOOKS = (
    ("", ""), ("Total: 53", ""), ("--- Fantasy ---", ""), ("", "to be continued"), ("=SUM(A2:A53)", ""), ("?", "?"), ("-", "-"),
)  # fmt: skip
_OWN_KIND = ("author turned", "capitals, author turned", "columns swapped")  # of hand-kept lists only
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16")


def labelled_files(shelf: Shelf, rows: int, seed: int) -> list[LabelledFile]:
    """About so many rows in files of fifty, half of them in the layouts of programs, half in lists in seven languages."""
    rng = random.Random(f"{seed}:files")
    layouts: list[Layout] = []
    tongues = list(TONGUES)
    for number in range(max(2, round(rows / ROWS_A_FILE))):
        programs: tuple[Layout, ...] = (Goodreads(), StoryGraph(), Goodreads(), LibraryThing())
        layouts.append(programs[number // 2 % 4] if number % 2 == 0 else OwnList(tongues[number // 2 % len(tongues)], rng))
    copies = _dealt(shelf, rows, seed, layouts)
    return [_file(layout, copies[place], f"{place + 1:03d}-{layout.name}", rng) for place, layout in enumerate(layouts)]


def _dealt(shelf: Shelf, rows: int, seed: int, layouts: list[Layout]) -> list[list[Copy]]:
    """Copies of every kind in equal numbers, dealt to the files in which such copies are found."""
    rng = random.Random(f"{seed}:dealt")
    files: list[list[Copy]] = [[] for _ in layouts]
    for kind, count in _counts(rows).items():
        maker = _Maker(shelf, kind, seed)
        suited = [place for place, layout in enumerate(layouts) if layout.name == "generic" or kind not in _OWN_KIND]
        for _ in range(count):
            place = rng.choice(suited)
            if copy := maker.made(layouts[place].language):
                files[place].append(copy)
    for place, layout in enumerate(layouts):
        rng.shuffle(files[place])
        if layout.name == "generic":
            at = rng.randrange(len(files[place]) + 1)
            files[place].insert(at, _no_book(rng))
    return files


def _counts(rows: int) -> dict[str, int]:
    weights = {kind: PLAIN_SHARE if kind in ("title and author", "ISBN-13") else 1 for kind in KINDS}
    return {kind: max(1, round(rows * weight / sum(weights.values()))) for kind, weight in weights.items()}


class _Maker:
    """Makes copies of one kind; it draws for itself, so that another kind more changes none of the others."""

    def __init__(self, shelf: Shelf, kind: str, seed: int) -> None:
        self._shelf, self._kind, self._rng = shelf, kind, random.Random(f"{seed}:{kind}")
        self._group, self._make = KINDS[kind]
        self._rows: set[tuple[str, str, str]] = set()

    def made(self, language: str) -> Copy | None:
        """A copy that was not made before, of an edition in the language where one is found soon; None where there are no more."""
        for attempt in range(TRIES if self._shelf.works else 0):
            work, edition = self._drawn(language if attempt < TRIES // 2 else "")
            made = self._make(copy_of(work, edition, self._rng), self._shelf, self._rng)
            row = (made.title, made.author or ", ".join(made.authors), made.isbn) if made else ("", "", "")
            if made and row not in self._rows:
                self._rows.add(row)
                truth = None if self._group is Group.ABSENT else work
                return replace(made, kind=self._kind, group=self._group, work=truth)
        return None

    def _drawn(self, language: str) -> tuple[HeldWork, HeldEdition]:
        if own := self._shelf.in_language.get(language) if language else None:
            return self._rng.choice(own)
        work = self._rng.choice(self._shelf.works)
        return work, self._rng.choice(work.editions) if work.editions else HeldEdition()


def _no_book(rng: random.Random) -> Copy:
    return Copy(None, HeldEdition(), "", (), kind=NO_BOOK, group=Group.NO_BOOK, cells=rng.choice(NO_BOOKS))


def _file(layout: Layout, copies: list[Copy], name: str, rng: random.Random) -> LabelledFile:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=layout.delimiter, quoting=rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    writer.writerow(layout.header)
    labels = []
    for number, copy in enumerate(copies, 1):
        no_book = copy.group is Group.NO_BOOK
        writer.writerow([*copy.cells, *[""] * (len(layout.header) - len(copy.cells))] if no_book else layout.cells(copy))
        labels.append(RowLabel(number, {} if no_book else layout.label(copy), copy))
    encoding = rng.choice(ENCODINGS) if layout.name == "generic" else "utf-8"
    try:
        data = out.getvalue().encode(encoding)
    except UnicodeEncodeError:  # a spreadsheet that cannot write it as it is set would have saved it as this
        encoding, data = "utf-8-sig", out.getvalue().encode("utf-8-sig")
    return LabelledFile(name, data, tuple(labels), layout.name, layout.language, encoding)


